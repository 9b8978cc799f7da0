"""One model on summarised answers: search, standard errors, test statistic and fit indices.

The estimators differ only in three places, kept apart here: which information gives standard errors, how the test
statistic is scaled, and which version of the indices is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.errors import ScaleError
from dww_analysis.scales.factor import estimate, fit_indices, robust
from dww_analysis.scales.factor.baseline import Baseline, baseline
from dww_analysis.scales.factor.distributions import chi_square_tail
from dww_analysis.scales.factor.likelihood import Likelihood, SingleLevel, SingleLevelState, single_level
from dww_analysis.scales.factor.model import Model
from dww_analysis.scales.factor.parameters import heywood_cases, parameter_frame
from dww_analysis.scales.factor.result import FactorFit
from dww_analysis.scales.factor.starts import RULES, start
from dww_analysis.scales.factor.summary import Summary

Array = NDArray[Any]
NOT_IDENTIFIED = 1e-9  # smallest eigenvalue of the information in correlation form
NAN = float("nan")


@dataclass(frozen=True)
class Fitted:
    """A model at its maximum, with the data it was fitted to."""

    model: Model
    summary: Summary
    likelihood: Likelihood
    search: estimate.Search
    robust: bool
    fiml: bool

    @cached_property
    def values(self) -> Array:
        return self.model.values(self.search.theta)

    @cached_property
    def states(self) -> list[SingleLevelState]:
        return self.likelihood.states(self.search.theta)  # type: ignore[return-value]

    @cached_property
    def implied_moments(self) -> tuple[tuple[Array, Array], ...]:
        return tuple((s.mu, s.at.sigma) for s in self.states)

    @cached_property
    def expected_information(self) -> Array:
        return self.likelihood.information(self.states, expected=True)  # type: ignore[arg-type]

    @cached_property
    def information(self) -> Array:
        """The information behind the standard errors: observed for gaps or robust errors, expected otherwise."""
        if self.robust or self.fiml:
            if self.search.observed_information is not None:
                return self.search.observed_information
            return self.likelihood.information(self.states, expected=False)  # type: ignore[arg-type]
        return self.expected_information

    @cached_property
    def information_inverse(self) -> Array:
        return inverse(self.information)

    @cached_property
    def meat(self) -> Array:
        """Sum over groups of the cross-products of scores in theta."""
        total = np.zeros((self.model.n_theta,) * 2)
        for component, state in zip(self.likelihood.components, self.states, strict=True):
            total += self._group_meat(component, state)  # type: ignore[arg-type]
        return total

    def _group_meat(self, component: SingleLevel, state: SingleLevelState) -> Array:
        by_row = component.scores(state)
        scores = np.zeros((len(by_row), self.model.n_theta))
        np.add.at(scores.T, self.model.theta_of_row[component.rows], by_row.T)
        return robust.cross_product(scores, component.moments.cluster)

    @cached_property
    def covariance(self) -> Array:
        bread = self.information_inverse
        return robust.sandwich(bread, self.meat) if self.robust else bread

    def jacobians(self) -> tuple[Array, ...]:
        """(theta, m) derivatives of each group's (mu, vech Sigma), or vech Sigma without a mean structure."""
        found = []
        for component, state in zip(self.likelihood.components, self.states, strict=True):
            d_mu, d_sigma = component.jacobian(state)  # type: ignore[attr-defined]
            by_row = np.hstack([d_mu, d_sigma]) if self.model.mean_structure else d_sigma
            delta = np.zeros((self.model.n_theta, by_row.shape[1]))
            np.add.at(delta, self.model.theta_of_row[component.rows], by_row)
            found.append(delta)
        return tuple(found)

    def implied_frames(self) -> tuple[pd.DataFrame, ...]:
        return tuple(
            pd.DataFrame(sigma, index=list(b.observed), columns=list(b.observed))
            for (_, sigma), b in zip(self.implied_moments, self.model.blocks, strict=True)
        )

    def sample_frames(self) -> tuple[pd.DataFrame, ...]:
        return tuple(
            pd.DataFrame(h1.cov, index=list(b.observed), columns=list(b.observed))
            for h1, b in zip(self.summary.saturated, self.model.blocks, strict=True)
        )


def inverse(information: Array) -> Array:
    """Inverse of an information matrix, not a number where it is singular."""
    diagonal = np.abs(np.diag(information))
    scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = information * np.outer(scale, scale)
    try:
        return np.linalg.inv(scaled) * np.outer(scale, scale)
    except np.linalg.LinAlgError:
        return np.full_like(information, NAN)


def fit_model(
    model: Model, summary: Summary, *, mlr: bool, fiml: bool, estimator: str, warm: Array | None = None
) -> FactorFit:
    """Fit a compiled model to summarised answers."""
    fitted = search(model, summary, mlr, fiml, warm)
    return assemble(fitted, baseline(summary, model, mlr), estimator)


def search(model: Model, summary: Summary, mlr: bool, fiml: bool, warm: Array | None = None) -> Fitted:
    """The maximum; with gaps the search starts from the fit to the saturated moments."""
    model = with_covariates(model, summary)
    if degrees_of_freedom(model, summary) < 0:
        raise ScaleError.of(
            f"{model.n_theta} free parameters",
            "factor model",
            "no more parameters than moments of the items",
            "fix parameters or add items",
        )
    covs, means = [h1.cov for h1 in summary.saturated], [h1.mean for h1 in summary.saturated]
    easy = single_level(model, summary.without_gaps())
    starts: list[Callable[[], Array]] = [partial(start, model, covs, means, rule) for rule in RULES]
    found = _first_success(easy, starts if warm is None else [lambda: warm, *starts])
    likelihood = single_level(model, summary.moments)
    if not summary.complete:
        near = found.theta
        found = _first_success(likelihood, [lambda: near, *starts] if found.converged else starts)
    fitted = Fitted(model, summary, likelihood, found, mlr, fiml)
    if found.converged:
        # gaps do not change what the model can tell apart, and complete moments are quicker to ask
        check_identified(easy.information(easy.states(found.theta), expected=True), model)
    return fitted


def _first_success(likelihood: Likelihood, starts: Sequence[Callable[[], Array]]) -> estimate.Search:
    """The search from the first start from which it converges; the best of them when none does."""
    tried: list[estimate.Search] = []
    for begin in starts:
        theta = begin()
        if not np.isfinite(likelihood.value(theta)):
            continue
        found = estimate.maximise(likelihood, theta)
        if found.converged:
            return found
        tried.append(found)
    if not tried:
        raise ScaleError.of(
            "start values that imply impossible covariances",
            "factor model",
            "values that fit together",
            "check the fixed and start values in the model text",
        )
    return max(tried, key=lambda search: search.log_likelihood)


def with_covariates(model: Model, summary: Summary) -> Model:
    """Moments of covariates are taken from the data."""
    fixed = model.fixed.copy()
    at = {name: k for k, name in enumerate(summary.columns)}
    for k, row in enumerate(model.rows):
        if row.of_covariate:
            h1 = summary.saturated[row.group - 1]
            fixed[k] = h1.cov[at[row.lhs], at[row.rhs]] if row.op == "~~" else h1.mean[at[row.lhs]]
    return replace(model, fixed=fixed)


def degrees_of_freedom(model: Model, summary: Summary) -> int:
    kept = summary.modelled_moments(model.table.roles[1].covariates)
    return int(kept.sum()) * len(summary.moments) - model.n_theta


def check_identified(information: Array, model: Model) -> None:
    """Refuse a model in which some parameters can move without any change in the implied moments."""
    diagonal = np.diag(information)
    flat = np.flatnonzero(diagonal <= 0)
    if len(flat) == 0:
        scale = 1 / np.sqrt(diagonal)
        values, vectors = np.linalg.eigh(information * np.outer(scale, scale))
        if len(values) == 0 or values[0] > NOT_IDENTIFIED:
            return
        flat = np.flatnonzero(np.abs(vectors[:, 0]) > 0.2)
    raise ScaleError.of(
        f"parameters that the data cannot tell apart: {', '.join(model.name(int(k)) for k in flat[:6])}",
        "factor model",
        "an identified model: three items a factor, or constraints that replace them",
        "fix or equate some of these parameters",
    )


def assemble(fitted: Fitted, null: Baseline, estimator: str) -> FactorFit:
    """Every number of the result."""
    model, summary, found = fitted.model, fitted.summary, fitted.search
    n, n_groups = summary.n_obs, len(summary.moments)
    df = degrees_of_freedom(model, summary)
    h1 = sum(g.log_likelihood for g in summary.saturated)
    given = null.log_likelihood_covariates
    chi = max(2 * (h1 - found.log_likelihood), 0.0)
    plain = fit_indices.indices(chi, df, (null.chi_square, null.df), n, n_groups)
    scaled, proper = (None, None) if not found.converged else _other_indices(fitted, null, chi, df)
    shown = proper if fitted.robust and proper is not None else plain
    headline = scaled or plain
    logl = found.log_likelihood - given
    covariance = fitted.covariance if found.converged else np.full((model.n_theta,) * 2, NAN)
    frame = parameter_frame(model, fitted.values, covariance, [s.at for s in fitted.states])
    heywood = heywood_cases(model, fitted.values) if found.converged else ()
    fit = FactorFit(
        estimator=estimator,
        missing="fiml" if fitted.fiml else "listwise",
        n_obs=n,
        n_groups=n_groups,
        group_labels=tuple(g.label for g in summary.prepared.groups),
        n_clusters=_n_clusters(summary),
        converged=found.converged,
        chi_square=headline.chi_square,
        df=df,
        p_value=headline.p_value,
        chi_square_unscaled=chi,
        cfi=shown.cfi,
        tli=shown.tli,
        rmsea=shown.rmsea,
        rmsea_low=shown.rmsea_low,
        rmsea_high=shown.rmsea_high,
        srmr=_srmr(fitted),
        log_likelihood=logl,
        log_likelihood_saturated=h1 - given,
        aic=-2 * logl + 2 * model.n_theta,
        bic=-2 * logl + model.n_theta * float(np.log(n)),
        n_parameters=model.n_theta,
        baseline_chi_square=null.chi_square,
        baseline_df=null.df,
        scaling_factor=1.0 if scaled is None else scaled.scaling_factor,
        parameters=frame,
        heywood=heywood,
        warnings=warnings_of(fitted, heywood, frame),
        unscaled=plain,
        scaled=scaled,
        robust=proper,
        theta=found.theta,
        covariance=covariance,
        theta_of_row=model.theta_of_row,
        n_steps=found.n_steps,
        _fitted=fitted,
    )
    return fit if found.converged else without_numbers(fit)


def _n_clusters(summary: Summary) -> int | None:
    if summary.moments[0].cluster is None:
        return None
    return sum(int(m.cluster.max()) + 1 for m in summary.moments if m.cluster is not None)


def _srmr(fitted: Fitted) -> float:
    groups = [
        (h1.cov, h1.mean, sigma, mu)
        for h1, (mu, sigma) in zip(fitted.summary.saturated, fitted.implied_moments, strict=True)
    ]
    weights = np.array([m.total for m in fitted.summary.moments])
    return fit_indices.srmr(groups, weights, fitted.model.mean_structure)


def _other_indices(
    fitted: Fitted, null: Baseline, chi: float, df: int
) -> tuple[fit_indices.FitIndices | None, fit_indices.FitIndices | None]:
    """Scaled indices where the statistic is scaled; robust ones where it is scaled or answers are missing."""
    n, n_groups = fitted.summary.n_obs, len(fitted.summary.moments)
    if df == 0 or not (fitted.robust or fitted.fiml):
        return None, None
    c, scaled = 1.0, None
    if fitted.robust:
        c = scaling_factor(fitted, df)
        scaled = _scaled_indices(chi, df, c, null, n, n_groups)
    if not fitted.fiml:
        return scaled, fit_indices.robust_indices(
            chi, df, c, (null.chi_square, null.df), null.scaling_factor, n, n_groups
        )
    h1 = fitted.summary.saturated_with_information
    own = robust.missing_data_correction(
        fitted.summary.moments, h1, fitted.implied_moments, fitted.jacobians(), df, fitted.robust
    )
    of_null = null.correction
    assert of_null is not None
    return scaled, fit_indices.robust_indices(
        own.chi_square, df, own.scaling, (of_null.chi_square, null.df), of_null.scaling, n, n_groups
    )


def scaling_factor(fitted: Fitted, df: int) -> float:
    """Yuan & Bentler (2000), Mplus variant: mean of the eigenvalues that the statistic's distribution mixes."""
    kept = fitted.summary.modelled_moments(fitted.model.table.roles[1].covariates)
    every = None if kept.all() else np.flatnonzero(kept)
    h1 = robust.trace_of_saturated(fitted.summary.saturated_with_information, every)
    h0 = float(np.sum(fitted.meat * fitted.information_inverse))
    return (h1 - h0) / df


def _scaled_indices(
    chi: float, df: int, c: float, null: Baseline, n: int, n_groups: int
) -> fit_indices.FitIndices:
    """CFI and TLI from the scaled statistics; RMSEA from the plain one with c * df expected under the model.

    A scaling factor that is not positive, which happens in tiny samples, leaves no statistic.
    """
    if c <= 0:
        return fit_indices.FitIndices(NAN, df, NAN, NAN, NAN, NAN, NAN, NAN, NAN)
    scaled = chi / c
    of_null = (null.chi_square / null.scaling_factor, null.df)
    low, high = fit_indices.rmsea_interval(chi, c * df, n, n_groups)
    return fit_indices.FitIndices(
        scaled,
        df,
        chi_square_tail(scaled, df),
        fit_indices.cfi(scaled, df, *of_null),
        fit_indices.tli(scaled, df, *of_null),
        fit_indices.rmsea(chi, c * df, n, n_groups),
        low,
        high,
        c,
    )


def warnings_of(fitted: Fitted, heywood: tuple[str, ...], frame: pd.DataFrame) -> tuple[str, ...]:
    said = list(fitted.summary.prepared.notes)
    if not fitted.search.converged:
        said.append("the search did not converge: no estimate, standard error or fit index is given")
        return tuple(said)
    if heywood:
        said.append(f"Heywood case: negative variance of {', '.join(heywood)}")
    for block, state in zip(fitted.model.blocks, fitted.states, strict=True):
        psi = state.at.C[len(block.observed) :, len(block.observed) :]
        if len(psi) and np.linalg.eigvalsh((psi + psi.T) / 2)[0] < -1e-8:
            said.append(
                f"the covariance matrix of the factors is not positive definite (group {block.group})"
            )
    if fitted.model.n_theta > fitted.summary.n_obs:
        said.append(
            f"{fitted.summary.n_obs} persons for {fitted.model.n_theta} free parameters: little can be trusted"
        )
    n_clusters = _n_clusters(fitted.summary)
    if n_clusters is not None and n_clusters < fitted.model.n_theta:
        said.append(
            f"{n_clusters} clusters for {fitted.model.n_theta} free parameters: robust errors lean on few teams"
        )
    if not np.all(np.isfinite(frame["std_error"])):
        said.append(
            "some standard errors cannot be computed: the information matrix is not positive definite"
        )
    return tuple(said)


def without_numbers(fit: FactorFit) -> FactorFit:
    """A search that failed leaves nothing that looks like a result."""
    frame = fit.parameters.copy()
    numbers = [c for c in frame.columns if c not in ("lhs", "op", "rhs", "group", "level", "label", "free")]
    frame[numbers] = NAN
    return replace(
        fit,
        parameters=frame,
        scaled=None,
        robust=None,
        unscaled=fit_indices.FitIndices(NAN, fit.df, NAN, NAN, NAN, NAN, NAN, NAN),
        theta=np.full_like(fit.theta, NAN),
        chi_square=NAN,
        p_value=NAN,
        chi_square_unscaled=NAN,
        cfi=NAN,
        tli=NAN,
        rmsea=NAN,
        rmsea_low=NAN,
        rmsea_high=NAN,
        srmr=NAN,
        log_likelihood=NAN,
        aic=NAN,
        bic=NAN,
        scaling_factor=NAN,
    )
