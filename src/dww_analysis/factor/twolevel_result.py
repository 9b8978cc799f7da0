"""The numbers of a two-level model beside its saturated and baseline models: errors, statistic, indices and cautions.

Standard errors rest on the observed information, as in lavaan. Whatever leans on a saturated or baseline model that
was not found is missing, and said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor import fit_indices
from dww_analysis.factor.fit_indices import Size, Statistic
from dww_analysis.factor.fitted import NAN
from dww_analysis.factor.fitting import scaled_indices
from dww_analysis.factor.normal import LOG_2PI
from dww_analysis.factor.parameters import heywood_cases, parameter_frame
from dww_analysis.factor.result import FactorFit
from dww_analysis.factor.robust import sandwich
from dww_analysis.factor.twolevel_search import SAME, TwoLevelFit
from dww_analysis.factor.twolevel_teams import Teams

Array = NDArray[Any]


def assemble(own: TwoLevelFit, saturated: TwoLevelFit, baseline: TwoLevelFit, missing: str) -> FactorFit:
    """Every number of the result by ML, NaN where a search did not converge or ended at a bound. missing: how gaps
    were treated, as the result shows it."""
    model, teams, found = own.model, own.teams, own.search
    n = sum(t.moments.n_rows for t in teams)
    h1, df = saturated.highest, saturated.model.n_theta - model.n_theta
    null = Statistic(2 * (h1 - baseline.highest), saturated.model.n_theta - baseline.model.n_theta)
    given = _covariate_log_likelihood(teams, {level: model.table.roles[level].covariates for level in (1, 2)})
    logl = found.log_likelihood - given
    plain = fit_indices.unknown(df)
    if _comparable(own, saturated):
        chi = Statistic(max(2 * (h1 - found.log_likelihood), 0.0), df)
        plain = fit_indices.indices(chi, null, Size(n, len(teams)))
    covariance = np.full((model.n_theta,) * 2, NAN)
    if found.converged and not own.bounded:
        covariance = own.information_inverse
    return FactorFit(
        estimator="ML",
        missing=missing,
        n_obs=n,
        group_labels=tuple(t.label for t in teams),
        n_clusters=sum(t.moments.n_teams for t in teams),
        converged=found.converged,
        srmr=_srmr(own, saturated),
        log_likelihood=logl,
        log_likelihood_saturated=h1 - given,
        baseline_chi_square=null.chi,
        baseline_df=int(null.df),
        parameters=parameter_frame(model, own.values, covariance, own.implied),
        heywood=heywood_cases(model, own.values),
        shown=plain,
        unscaled=plain,
        scaled=None,
        robust=None,
        theta=found.theta,
        covariance=covariance,
        theta_of_row=model.theta_of_row,
        n_steps=found.n_steps,
        levels=_level_covariances(saturated),
    )


def robust(fit: FactorFit, own: TwoLevelFit, saturated: TwoLevelFit, baseline: TwoLevelFit) -> FactorFit:
    """The same estimates with errors and statistic that do not lean on normal answers (Yuan & Bentler 2000, Mplus
    variant, with teams as the independent units).
    """
    nothing = fit_indices.unknown(fit.df)
    if not own.search.converged or own.bounded:
        return replace(fit, estimator="MLR", scaled=nothing, shown=nothing)
    covariance = sandwich(own.information_inverse, own.meat)
    fit = replace(
        fit,
        estimator="MLR",
        covariance=covariance,
        parameters=parameter_frame(own.model, own.values, covariance, own.implied),
        scaling_h0=own.trace / max(own.model.n_theta, 1),
    )
    if fit.df == 0 or not _comparable(own, saturated):
        return fit
    if saturated.bounded:
        return replace(fit, scaled=nothing, shown=nothing)
    h0, h1, null = own.trace, saturated.trace, baseline.trace
    null_scaling = (h1 - null) / fit.baseline_df if fit.baseline_df else 1.0
    of_null = Statistic(fit.baseline_chi_square, fit.baseline_df, null_scaling)
    chi, size = Statistic(fit.chi_square_unscaled, fit.df, (h1 - h0) / fit.df), Size(fit.n_obs, fit.n_groups)
    proper = fit_indices.robust_indices(chi, of_null, size)
    return replace(
        fit,
        scaled=scaled_indices(chi, of_null, size),
        robust=proper,
        shown=proper,
        scaling_h1=h1 / saturated.model.n_theta,
    )


def _comparable(own: TwoLevelFit, saturated: TwoLevelFit) -> bool:
    """Whether the saturated model is one in which the model lies."""
    if not saturated.search.converged:
        return False
    return not saturated.bounded or own.search.log_likelihood <= saturated.search.log_likelihood + SAME


def _covariate_log_likelihood(teams: list[Teams], given: dict[int, tuple[str, ...]]) -> float:
    total = 0.0
    for team in teams:
        for level, source in ((1, team.values), (2, team.team_values)):
            if given[level]:
                x = np.array([source[name] for name in given[level]])
                cov = np.cov(x, bias=True).reshape(len(x), len(x))
                total -= 0.5 * x.shape[1] * (len(x) * (LOG_2PI + 1) + np.linalg.slogdet(cov)[1])
    return total


def _srmr(own: TwoLevelFit, saturated: TwoLevelFit) -> float:
    """Root mean squared difference of correlations, within plus between (lavaan); missing without a saturated model."""
    if not saturated.search.converged:
        return NAN
    n = np.array([t.moments.n_rows for t in own.teams], dtype=float)
    levels = []
    for level in ("at_within", "at_between"):
        parts = [
            _correlation_gap(getattr(s, level).sigma, getattr(h, level).sigma)
            for s, h in zip(own.states, saturated.states, strict=True)
        ]
        levels.append(float(np.average(parts, weights=n)))
    return levels[0] + levels[1]


def _correlation_gap(sigma: Array, observed: Array) -> float:
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = np.sqrt(np.diag(sigma)), np.sqrt(np.diag(observed))
        gap = (observed / np.outer(b, b) - sigma / np.outer(a, a))[np.tril_indices(len(a))]
    return float(np.sqrt(np.mean(gap**2)))


def _level_covariances(saturated: TwoLevelFit) -> tuple[tuple[pd.DataFrame, pd.DataFrame], ...]:
    """Covariances within and between teams, group by group; missing where the saturated model was not found."""
    known = 1.0 if saturated.search.converged else NAN
    out = []
    for k, state in enumerate(saturated.states):
        pair = []
        for block, at in zip(
            saturated.model.blocks_of(k + 1), (state.at_within, state.at_between), strict=True
        ):
            pair.append(
                pd.DataFrame(known * at.sigma, index=list(block.observed), columns=list(block.observed))
            )
        out.append((pair[0], pair[1]))
    return tuple(out)


def cautions(own: TwoLevelFit, saturated: TwoLevelFit, baseline: TwoLevelFit) -> list[str]:
    """What a reader must know of the three searches, a sentence each; none is raised as an error."""
    said = []
    if not saturated.search.converged:
        said.append(
            "the saturated model did not converge: no chi-square, fit index or intraclass correlation is given"
        )
    elif saturated.bounded:
        said.append(
            "the saturated model is kept to covariances between teams that can exist, outside which its likelihood "
            "rises without end; no scaled statistic rests on it"
        )
        if not _comparable(own, saturated):
            said.append("the model lies outside those bounds: no chi-square or fit index is given")
    if own.bounded:
        said.append(
            "covariances between teams are kept to what can exist; at that edge no standard error is given"
        )
    if saturated.search.converged and not baseline.search.converged:
        said.append("the baseline model did not converge: no CFI and TLI are given")
    if own.best_seen > own.search.log_likelihood + SAME:
        gain = own.best_seen - own.search.log_likelihood
        said.append(
            f"another solution has a log-likelihood higher by {gain:.2f}; there the first item hardly "
            "measures the factor. One factor may not describe these items at both levels"
        )
    if saturated.indefinite:
        said.append(
            "the covariance matrix between teams is not positive definite: too few teams or no team variance"
        )
    return said
