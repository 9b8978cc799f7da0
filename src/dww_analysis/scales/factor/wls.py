"""Diagonally weighted least squares for ordered items, with robust errors and a scaled and shifted statistic (WLSMV).

Minimises sum_g n_g / n (s - sigma)' W (s - sigma) with W the inverse diagonal of the asymptotic covariance of
thresholds and polychoric correlations (Muthen, du Toit & Spisic 1997); the statistic is adjusted in mean and
variance by a scale and a shift (Asparouhov & Muthen 2010).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import block_diag

from dww_analysis.errors import ScaleError
from dww_analysis.scales.factor import estimate, fit_indices
from dww_analysis.scales.factor.data import Prepared, prepare
from dww_analysis.scales.factor.distributions import chi_square_tail
from dww_analysis.scales.factor.fitting import NAN, check_identified, inverse, without_numbers
from dww_analysis.scales.factor.model import Model, compile_model
from dww_analysis.scales.factor.ordinal import OrdinalGroup, fill_residuals, ordinal_group
from dww_analysis.scales.factor.parameters import heywood_cases, parameter_frame
from dww_analysis.scales.factor.polychoric import OrdinalMoments, ordinal_moments
from dww_analysis.scales.factor.result import FactorFit
from dww_analysis.scales.factor.starts import start
from dww_analysis.scales.factor.syntax import ModelText
from dww_analysis.scales.factor.table import Choices, build_table

Array = NDArray[Any]
MOST_CATEGORIES = 12
TOLERANCE = 1e-12  # expected fall of the criterion, times n, of one more step


@dataclass(frozen=True)
class OrdinalSummary:
    """Ordered answers reduced to statistics, shared by all models on the same data."""

    prepared: Prepared
    categories: tuple[int, ...]  # number of categories of each item
    moments: tuple[OrdinalMoments, ...]

    @property
    def n_obs(self) -> int:
        return sum(m.n for m in self.moments)

    @property
    def shares(self) -> Array:
        return np.array([m.n for m in self.moments]) / self.n_obs

    @property
    def ordered(self) -> dict[str, int]:
        return {name: k - 1 for name, k in zip(self.prepared.columns, self.categories, strict=True)}

    @cached_property
    def weights(self) -> tuple[Array, ...]:
        return tuple(1 / np.diag(m.gamma) for m in self.moments)


def summarise_ordinal(
    data: pd.DataFrame, columns: tuple[str, ...], group: str | None, item_of: Mapping[str, str] | None = None
) -> OrdinalSummary:
    """Thresholds and polychoric correlations of each group; rows with a gap are left out.

    `item_of` names the item behind each column when an item has several columns (waves), which then share categories.
    Refuses items with too many categories and categories that occur in one group or wave only.
    """
    prepared = prepare(data, columns, group, None, "listwise")
    everything = np.vstack([g.values for g in prepared.groups])
    item = [(item_of or {}).get(name, name) for name in columns]
    levels = [np.unique(everything[:, [k for k, other in enumerate(item) if other == own]]) for own in item]
    for name, found in zip(columns, levels, strict=True):
        if len(found) > MOST_CATEGORIES:
            raise ScaleError.of(
                f"{len(found)} different values",
                f"item {name}",
                f"at most {MOST_CATEGORIES} categories",
                "use ML or MLR",
            )
    moments = []
    for g in prepared.groups:
        codes = np.column_stack([np.searchsorted(found, g.values[:, j]) for j, found in enumerate(levels)])
        for j, (name, found) in enumerate(zip(columns, levels, strict=True)):
            unused = [f"{v:g}" for k, v in enumerate(found) if not (codes[:, j] == k).any()]
            if unused:
                raise ScaleError.of(
                    f"nobody{f' in group {g.label}' if group else ''} chose category {', '.join(unused)}",
                    f"item {name}",
                    "every category in every group and wave, because thresholds are compared",
                    "join it with the category beside it everywhere, or use MLR",
                )
        moments.append(ordinal_moments(codes, [len(found) for found in levels]))
    return OrdinalSummary(prepared, tuple(len(found) for found in levels), tuple(moments))


@dataclass(frozen=True)
class WlsFit:
    """A model at the minimum of the criterion."""

    model: Model
    summary: OrdinalSummary
    groups: tuple[OrdinalGroup, ...]
    search: estimate.Search  # `log_likelihood` holds minus half the statistic

    @cached_property
    def values(self) -> Array:
        return self.model.values(self.search.theta)

    @cached_property
    def jacobians(self) -> tuple[Array, ...]:
        return tuple(_jacobian(self.model, g, self.values) for g in self.groups)

    @cached_property
    def chi_square(self) -> float:
        """sum_g (n_g - 1) (s - sigma)' W (s - sigma), the multiplier that lavaan uses outside maximum likelihood."""
        residuals = _residuals(self.model, self.groups, self.search.theta)
        parts = zip(self.summary.moments, self.summary.weights, residuals, strict=True)
        return float(sum((m.n - 1) * (r @ (w * r)) for m, w, r in parts))

    @cached_property
    def information(self) -> Array:
        """sum_g n_g / n Delta' W Delta."""
        parts = zip(self.summary.shares, self.jacobians, self.summary.weights, strict=True)
        return np.asarray(sum(share * D.T @ (w[:, None] * D) for share, D, w in parts))

    @cached_property
    def information_inverse(self) -> Array:
        return inverse(self.information)

    @cached_property
    def covariance(self) -> Array:
        meat = np.zeros_like(self.information)
        parts = zip(
            self.summary.shares, self.jacobians, self.summary.weights, self.summary.moments, strict=True
        )
        for share, D, w, m in parts:
            WD = w[:, None] * D
            meat += share * WD.T @ m.gamma @ WD
        return (
            self.information_inverse
            @ meat
            @ self.information_inverse
            / (self.summary.n_obs - len(self.groups))
        )

    @cached_property
    def u_gamma(self) -> Array:
        """U Gamma, whose traces scale and shift the statistic."""
        V = np.diag(
            np.concatenate([s * w for s, w in zip(self.summary.shares, self.summary.weights, strict=True)])
        )
        D = np.vstack(self.jacobians)
        gamma = block_diag(
            *[m.gamma / s for s, m in zip(self.summary.shares, self.summary.moments, strict=True)]
        )
        VD = V @ D
        return (V - VD @ self.information_inverse @ VD.T) @ gamma


def _jacobian(model: Model, group: OrdinalGroup, values: Array) -> Array:
    at, _ = group.implied(values)
    by_row = group.jacobian(values, at, len(model.rows))
    out = np.zeros((len(by_row), model.n_theta))
    free = model.theta_of_row >= 0
    np.add.at(out.T, model.theta_of_row[free], by_row.T[free])
    return out


def search_wls(model: Model, summary: OrdinalSummary, warm: Array | None = None) -> WlsFit:
    """Gauss-Newton with damping from polychoric start values."""
    groups = tuple(ordinal_group(model, b, m) for b, m in zip(model.blocks, summary.moments, strict=True))
    theta = _start(model, summary, groups) if warm is None else warm
    found = _minimise(model, summary, groups, theta)
    if warm is not None and not found.converged:
        found = _minimise(model, summary, groups, _start(model, summary, groups))
    fit = WlsFit(model, summary, groups, found)
    if found.converged:
        check_identified(fit.information, model)
    return fit


def _start(model: Model, summary: OrdinalSummary, groups: tuple[OrdinalGroup, ...]) -> Array:
    covs = [m.correlation for m in summary.moments]
    theta = start(model, covs, [np.zeros(len(c)) for c in covs])
    for group in groups:
        for row, value in zip(group.threshold_rows, group.moments.threshold, strict=True):
            if model.theta_of_row[row] >= 0:
                theta[model.theta_of_row[row]] = value
        for row in group.scale_rows:
            if model.theta_of_row[row] >= 0:
                theta[model.theta_of_row[row]] = 1.0
    return theta


def _residuals(model: Model, groups: tuple[OrdinalGroup, ...], theta: Array) -> list[Array]:
    values = model.values(theta)
    return [g.moments.observed - g.implied(values)[1] for g in groups]


def _minimise(
    model: Model, summary: OrdinalSummary, groups: tuple[OrdinalGroup, ...], theta: Array
) -> estimate.Search:
    weights = [m.n * w for m, w in zip(summary.moments, summary.weights, strict=True)]

    def criterion(residuals: list[Array]) -> float:
        return float(sum(r @ (w * r) for r, w in zip(residuals, weights, strict=True)))

    residuals, ridge, gain, calm = _residuals(model, groups, theta), 0.0, np.inf, 0
    value = criterion(residuals)
    gradient = np.zeros(model.n_theta)
    for step in range(estimate.MAX_STEPS):
        jacobians = [_jacobian(model, g, model.values(theta)) for g in groups]
        gradient = np.asarray(
            sum(D.T @ (w * r) for D, w, r in zip(jacobians, weights, residuals, strict=True))
        )
        info = np.asarray(sum(D.T @ (w[:, None] * D) for D, w in zip(jacobians, weights, strict=True)))
        damped = info + ridge * np.diag(np.diag(info) + 1e-12)
        move = np.linalg.lstsq(damped, gradient, rcond=1e-12)[0]
        gain = float(gradient @ move)
        calm = calm + 1 if gain < TOLERANCE * max(1.0, value) else 0
        if calm and ridge == 0:
            return estimate.Search(theta, -value / 2, True, step, float(np.abs(gradient).max()), gain)
        proposal = theta + move
        new = _residuals(model, groups, proposal)
        reached = criterion(new)
        if np.isfinite(reached) and reached <= value + 1e-10 * max(1.0, value):
            theta, residuals, value = proposal, new, reached
            ridge = 0.0 if ridge < 1e-3 else ridge / 10
        else:
            ridge = max(10 * ridge, 1e-3)
            if ridge > 1e9:
                break
    return estimate.Search(theta, -value / 2, False, estimate.MAX_STEPS, float(np.abs(gradient).max()), gain)


def fit_wlsmv(text: ModelText, data: pd.DataFrame, group: str | None, choices: Choices) -> FactorFit:
    """A factor model of ordered items by WLSMV."""
    roles = build_table(text, Choices()).roles[1]
    if roles.covariates or set(roles.observed) != set(roles.indicators):
        raise ScaleError.of(
            "variables that are no indicators of a factor",
            "WLSMV",
            "ordered items of factors only",
            "use MLR",
        )
    summary = summarise_ordinal(data, roles.observed, group)
    return fit_ordinal_model(ordinal_model(text, summary, choices), summary)


def ordinal_model(text: ModelText, summary: OrdinalSummary, choices: Choices) -> Model:
    return compile_model(
        build_table(
            text,
            Choices(
                len(summary.moments),
                choices.std_lv,
                True,
                choices.equal,
                choices.partial,
                ordered=summary.ordered,
            ),
        )
    )


def fit_ordinal_model(model: Model, summary: OrdinalSummary, warm: Array | None = None) -> FactorFit:
    n_statistics = sum(len(m.observed) for m in summary.moments)
    if model.n_theta > n_statistics:
        raise ScaleError.of(
            f"{model.n_theta} free parameters",
            "factor model",
            "no more than thresholds and correlations",
            "fix some",
        )
    return _assemble(search_wls(model, summary, warm))


def degrees_of_freedom(fit: WlsFit) -> int:
    return sum(len(m.observed) for m in fit.summary.moments) - fit.model.n_theta


def scaled_shifted(chi: float, df: int, u_gamma: Array) -> tuple[float, float, float]:
    """Statistic with the mean and variance of chi-square on df, its scale (1 / a) and its shift b."""
    if df == 0:
        return chi, 1.0, 0.0
    a = float(np.sqrt(df / np.sum(u_gamma * u_gamma.T)))
    shift = df - a * float(np.trace(u_gamma))
    return a * chi + shift, 1 / a, shift


def difference_wls(less: WlsFit, more: WlsFit) -> tuple[float, float]:
    """Scaled and shifted difference of two nested models and its p-value (Satorra 2000; Asparouhov & Muthen 2010).

    The constraints are those that lead from the tangent space of the wider model to that of the narrower one.
    """
    df = degrees_of_freedom(more) - degrees_of_freedom(less)
    wide, narrow = np.vstack(less.jacobians), np.vstack(more.jacobians)
    H = np.linalg.lstsq(wide, narrow, rcond=None)[0]
    basis, singular, _ = np.linalg.svd(H, full_matrices=True)
    A = basis[:, int((singular > 1e-9 * singular[0]).sum()) :].T
    P = less.information_inverse
    core = P @ A.T @ np.linalg.pinv(A @ P @ A.T, hermitian=True) @ A @ P
    W = np.concatenate(less.summary.weights)
    gamma = block_diag(*[s * m.gamma for s, m in zip(less.summary.shares, less.summary.moments, strict=True)])
    WD = W[:, None] * wide
    u_gamma = WD @ core @ WD.T @ gamma
    statistic, _, _ = scaled_shifted(more.chi_square - less.chi_square, df, u_gamma)
    return statistic, chi_square_tail(max(statistic, 0.0), df)


def _null(summary: OrdinalSummary) -> tuple[float, int, float]:
    """Plain and scaled-shifted statistic of uncorrelated items, whose thresholds are free."""
    chi, weighted, gammas = 0.0, [], []
    for m, share, w in zip(summary.moments, summary.shares, summary.weights, strict=True):
        t = len(m.threshold)
        chi += (m.n - 1) * float((w[t:] * m.observed[t:] ** 2).sum())
        weighted.append(share * w[t:])
        gammas.append(m.gamma[t:, t:] / share)
    u_gamma = np.concatenate(weighted)[:, None] * block_diag(*gammas)
    df = len(u_gamma)
    return chi, df, scaled_shifted(chi, df, u_gamma)[0]


def _assemble(fitted: WlsFit) -> FactorFit:
    model, summary, found = fitted.model, fitted.summary, fitted.search
    n, n_groups, df = summary.n_obs, len(summary.moments), degrees_of_freedom(fitted)
    null, null_df, null_scaled = _null(summary)
    spare = n - n_groups  # the size that enters RMSEA outside maximum likelihood
    plain = fit_indices.indices(fitted.chi_square, df, (null, null_df), spare, n_groups)
    scaled: fit_indices.FitIndices = plain
    robust: fit_indices.FitIndices | None = None
    covariance = np.full((model.n_theta,) * 2, NAN)
    if found.converged:
        statistic, scale, _ = scaled_shifted(fitted.chi_square, df, fitted.u_gamma)
        scaled = fit_indices.indices(statistic, df, (null_scaled, null_df), spare, n_groups, scale)
        robust = _categorical_ml(fitted, df)
        covariance = fitted.covariance
    values = fill_residuals(model, fitted.groups, fitted.values)
    at = [_with_residuals(model, g, values) for g in fitted.groups]
    frame = parameter_frame(model, values, covariance, at)
    heywood = _heywood(model, values, fitted.groups) if found.converged else ()
    fit = FactorFit(
        estimator="WLSMV",
        missing="listwise",
        n_obs=n,
        n_groups=n_groups,
        group_labels=tuple(g.label for g in summary.prepared.groups),
        n_clusters=None,
        converged=found.converged,
        chi_square=scaled.chi_square,
        df=df,
        p_value=scaled.p_value,
        chi_square_unscaled=plain.chi_square,
        cfi=scaled.cfi,
        tli=scaled.tli,
        rmsea=scaled.rmsea,
        rmsea_low=scaled.rmsea_low,
        rmsea_high=scaled.rmsea_high,
        srmr=_srmr(fitted),
        log_likelihood=NAN,
        log_likelihood_saturated=NAN,
        aic=NAN,
        bic=NAN,
        n_parameters=model.n_theta,
        baseline_chi_square=null,
        baseline_df=null_df,
        scaling_factor=scaled.scaling_factor,
        parameters=frame,
        heywood=heywood,
        warnings=_warnings(fitted, heywood),
        unscaled=plain,
        scaled=scaled,
        robust=robust,
        theta=found.theta,
        covariance=covariance,
        theta_of_row=model.theta_of_row,
        n_steps=found.n_steps,
        _wls=fitted,
    )
    return fit if found.converged else without_numbers(fit)


def _with_residuals(model: Model, group: OrdinalGroup, values: Array):  # type: ignore[no-untyped-def]
    from dww_analysis.scales.factor import ram

    return ram.implied(group.block.paths, values[group.block.rows])


def _heywood(model: Model, values: Array, groups: tuple[OrdinalGroup, ...]) -> tuple[str, ...]:
    found = list(heywood_cases(model, values))
    for group in groups:
        for k in group.block.rows:
            row = model.rows[k]
            if row.op == "~~" and row.lhs == row.rhs and row.lhs in group.block.observed and values[k] < 0:
                found.append(row.lhs + (f" (group {row.group})" if len(groups) > 1 else ""))
    return tuple(dict.fromkeys(found))


def _srmr(fitted: WlsFit) -> float:
    """Root mean squared residual correlation; the diagonal, which fits by definition, is counted as in lavaan."""
    total = 0.0
    for share, group in zip(fitted.summary.shares, fitted.groups, strict=True):
        t = len(group.moments.threshold)
        residual = (group.moments.observed - group.implied(fitted.values)[1])[t:]
        total += share * float(np.sqrt(residual @ residual / (len(residual) + len(group.scale_rows))))
    return float(total)


def _categorical_ml(fitted: WlsFit, df: int) -> fit_indices.FitIndices | None:
    """CFI and RMSEA as if the variables behind the items had been seen (Savalei 2021).

    The normal-theory statistic at the WLSMV estimates is corrected by the mean of its distribution. Not offered
    when the polychoric matrix is not positive definite.
    """
    summary = fitted.summary
    if any(np.linalg.eigvalsh(m.correlation)[0] < 1.5e-8 for m in summary.moments):
        return None
    chi, null, trace_null = 0.0, 0.0, 0.0
    blocks = []
    for share, group, D, w in zip(
        summary.shares, fitted.groups, fitted.jacobians, summary.weights, strict=True
    ):
        m, t = group.moments, len(group.moments.threshold)
        implied = np.eye(len(m.correlation))
        for (i, j), value in zip(m.pairs, group.implied(fitted.values)[1][t:], strict=True):
            implied[i, j] = implied[j, i] = value
        if np.linalg.eigvalsh(implied)[0] <= 0:
            return None
        inner = np.linalg.inv(implied)
        logdet, own = np.linalg.slogdet(implied)[1], np.linalg.slogdet(m.correlation)[1]
        chi += m.n * float(logdet + np.sum(inner * m.correlation) - own - len(implied))
        null -= m.n * float(own)
        gamma = m.gamma[t:, t:] / share
        trace_null += float(np.trace(gamma))
        blocks.append((share * _correlation_information(inner, m.pairs), share * w[t:], D[t:], gamma))
    V, W = block_diag(*[b[0] for b in blocks]), np.concatenate([b[1] for b in blocks])
    D, gamma = np.vstack([b[2] for b in blocks]), block_diag(*[b[3] for b in blocks])
    P = np.eye(len(D)) - D @ fitted.information_inverse @ (W[:, None] * D).T
    in_correlations = [r.op not in ("|", "~1") for r in fitted.model.rows]
    n_structure = len(set(fitted.model.theta_of_row[np.array(in_correlations)]) - {-1})
    df_structure = len(D) - n_structure
    if (
        df_structure != df or df <= 0
    ):  # thresholds or means are restricted too, of which this statistic knows nothing
        return None
    c = float(np.sum((P.T @ V @ P) * gamma.T)) / df_structure
    c_null = trace_null / len(D)
    n_groups = len(summary.moments)
    n = summary.n_obs - n_groups
    low, high = fit_indices.rmsea_interval(chi / c, df_structure, n, n_groups, c)
    return fit_indices.FitIndices(
        chi / c,
        df_structure,
        chi_square_tail(chi / c, df_structure),
        fit_indices.cfi(chi, df, null, len(D), c, c_null),
        fit_indices.tli(chi, df, null, len(D), c, c_null),
        fit_indices.rmsea(chi, df_structure, n, n_groups, c),
        low,
        high,
        c,
    )


def _correlation_information(inner: Array, both: list[tuple[int, int]]) -> Array:
    """Normal-theory information per person in the correlations, from the inverse of the implied matrix."""
    i, j = (np.array(x, dtype=np.intp) for x in zip(*both, strict=True))
    return inner[np.ix_(i, i)] * inner[np.ix_(j, j)] + inner[np.ix_(i, j)] * inner[np.ix_(j, i)]


def _warnings(fitted: WlsFit, heywood: tuple[str, ...]) -> tuple[str, ...]:
    said = list(fitted.summary.prepared.notes)
    if not fitted.search.converged:
        return (*said, "the search did not converge: no estimate, standard error or fit index is given")
    if heywood:
        said.append(f"Heywood case: negative variance of {', '.join(heywood)}")
    empty = sum(m.empty_cells for m in fitted.summary.moments)
    if empty:
        said.append(f"{empty} pairs of items have an empty cell in their table of answers")
    if any(np.linalg.eigvalsh(m.correlation)[0] < 1.5e-8 for m in fitted.summary.moments):
        said.append(
            "the polychoric correlation matrix is not positive definite; robust indices are not given"
        )
    return tuple(said)
