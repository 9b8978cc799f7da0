"""The result of a model of ordered items: indices beside their baseline, standard errors, cautions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from dww_analysis.factor import fit_indices, ram
from dww_analysis.factor.cautions import few_clusters, with_cautions
from dww_analysis.factor.fit_indices import Size, Statistic
from dww_analysis.factor.fitted import NAN
from dww_analysis.factor.model import Model
from dww_analysis.factor.ordinal import OrdinalGroup, fill_residuals
from dww_analysis.factor.ordinal_summary import OrdinalSummary
from dww_analysis.factor.parameters import heywood_cases, parameter_frame
from dww_analysis.factor.result import FactorFit
from dww_analysis.factor.wls import WlsFit, degrees_of_freedom, scaled_shifted

Array = NDArray[Any]


def _null(summary: OrdinalSummary) -> tuple[float, int, float]:
    """Plain and scaled-shifted statistic of uncorrelated items, whose thresholds, means and variances are free."""
    chi, weighted, gammas = 0.0, [], []
    for m, share, w in zip(summary.moments, summary.shares, summary.weights, strict=True):
        t = m.first_covariance
        chi += (m.n - 1) * float((w[t:] * m.observed[t:] ** 2).sum())
        weighted.append(share * w[t:])
        gammas.append(m.gamma[t:, t:] / share)
    u_gamma = np.concatenate(weighted)[:, None] * block_diag(*gammas)
    df = len(u_gamma)
    return chi, df, scaled_shifted(chi, df, u_gamma)[0]


def assemble_wls(fitted: WlsFit) -> FactorFit:
    """Every number of the result. DWLS has errors from the information alone and a plain statistic, other estimators
    robust ones; a search that did not converge has NaN."""
    model, summary, found = fitted.model, fitted.summary, fitted.search
    n, n_groups, df = summary.n_obs, len(summary.moments), degrees_of_freedom(fitted)
    null, null_df, null_scaled = _null(summary)
    spare = n - n_groups  # the size that enters RMSEA outside maximum likelihood
    size = Size(spare, n_groups)
    plain = fit_indices.indices(Statistic(fitted.chi_square, df), Statistic(null, null_df), size)
    scaled: fit_indices.FitIndices = plain
    robust: fit_indices.FitIndices | None = None
    covariance = np.full((model.n_theta,) * 2, NAN)
    if found.converged and summary.estimator == "DWLS":
        covariance = fitted.information_inverse / spare
    elif found.converged:
        statistic, scale, _ = scaled_shifted(fitted.chi_square, df, fitted.u_gamma)
        of_null = Statistic(null_scaled, null_df)
        scaled = fit_indices.indices(Statistic(statistic, df), of_null, size, scale)
        robust = _categorical_ml(fitted, df)
        covariance = fitted.covariance
    values = fill_residuals(model, fitted.groups, fitted.values)
    at = [_with_residuals(model, g, values) for g in fitted.groups]
    fit = FactorFit(
        estimator=summary.estimator,
        missing=summary.missing,
        n_obs=n,
        group_labels=tuple(g.label for g in summary.prepared.groups),
        n_clusters=summary.n_clusters,
        converged=found.converged,
        srmr=_srmr(fitted),
        log_likelihood=NAN,
        log_likelihood_saturated=NAN,
        baseline_chi_square=null,
        baseline_df=null_df,
        parameters=parameter_frame(model, values, covariance, at),
        heywood=_heywood(model, values, fitted.groups),
        shown=scaled,
        unscaled=plain,
        scaled=None if summary.estimator == "DWLS" else scaled,
        robust=robust,
        theta=found.theta,
        covariance=covariance,
        theta_of_row=model.theta_of_row,
        n_steps=found.n_steps,
        _wls=fitted,
        _answers=summary.prepared,
    )
    said = _cautions(summary) + few_clusters(fit)
    return with_cautions(fit, model.blocks, at, summary.prepared.notes, said)


def _with_residuals(model: Model, group: OrdinalGroup, values: Array):  # type: ignore[no-untyped-def]

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
        m = group.moments
        residual = (m.observed - group.implied(fitted.values)[1])[len(m.location) :]
        variance, (i, j) = np.diag(m.covariance), np.array(m.pairs).T
        unit = np.concatenate([variance[m.continuous], np.sqrt(variance[i] * variance[j])])
        r = residual / unit
        total += share * float(np.sqrt(r @ r / (len(i) + len(variance))))
    return float(total)


def _categorical_ml(fitted: WlsFit, df: int) -> fit_indices.FitIndices | None:
    """CFI and RMSEA as if the variables behind the items had been seen (Savalei 2021).

    The normal-theory statistic at the WLSMV estimates is corrected by the mean of its distribution. Not offered
    when the polychoric matrix is not positive definite, and for mixed items.
    """
    summary = fitted.summary
    if any(len(m.continuous) for m in summary.moments):
        return None
    if any(np.linalg.eigvalsh(m.correlation)[0] < 1.5e-8 for m in summary.moments):
        return None
    chi, null, trace_null = 0.0, 0.0, 0.0
    blocks = []
    for share, group, D, w in zip(
        summary.shares, fitted.groups, fitted.jacobians, summary.weights, strict=True
    ):
        m, t = group.moments, group.moments.first_covariance
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
    size = Size(summary.n_obs - len(summary.moments), len(summary.moments))
    found, of_null = Statistic(chi, df_structure, c), Statistic(null, len(D), c_null)
    return fit_indices.robust_indices(found, of_null, size)


def _correlation_information(inner: Array, both: list[tuple[int, int]]) -> Array:
    """Normal-theory information per person in the correlations, from the inverse of the implied matrix."""
    i, j = (np.array(x, dtype=np.intp) for x in zip(*both, strict=True))
    return inner[np.ix_(i, i)] * inner[np.ix_(j, j)] + inner[np.ix_(i, j)] * inner[np.ix_(j, i)]


def _cautions(summary: OrdinalSummary) -> list[str]:
    said = list(summary.notes)
    empty = sum(m.empty_cells for m in summary.moments)
    if empty:
        said.append(f"{empty} pairs of items have an empty cell in their table of answers")
    if any(np.linalg.eigvalsh(m.correlation)[0] < 1.5e-8 for m in summary.moments):
        said.append(
            "the polychoric correlation matrix is not positive definite; robust indices are not given"
        )
    return said
