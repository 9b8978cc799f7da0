"""Fitting a model with two levels: the search, the saturated and baseline models beside it, and the fit indices.

The saturated model has free covariances at both levels, the baseline none; both go through the same search as the model
itself. Standard errors rest on the observed information, as in lavaan. With absent answers the search begins where
the same model ends for answers of which the gaps are filled by team means.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor import estimate, fit_indices
from dww_analysis.factor.baseline import Baseline
from dww_analysis.factor.cautions import few_clusters, with_cautions
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.fitted import NAN, check_identified, inverse
from dww_analysis.factor.fitting import scaled_indices
from dww_analysis.factor.likelihood import Likelihood
from dww_analysis.factor.model import Model, compile_model
from dww_analysis.factor.normal import LOG_2PI
from dww_analysis.factor.parameters import heywood_cases, parameter_frame
from dww_analysis.factor.result import FactorFit
from dww_analysis.factor.robust import sandwich
from dww_analysis.factor.starts import RULES, start
from dww_analysis.factor.syntax import ModelText, Statement
from dww_analysis.factor.table import Choices, Table, build_table
from dww_analysis.factor.twolevel import TwoLevel
from dww_analysis.factor.twolevel_saturated import has_free_covariances, within_bounds
from dww_analysis.factor.twolevel_teams import (
    Teams,
    complete_teams,
    prepare_levels,
    team_cross_product,
    teams_of,
    with_gaps,
)

Array = NDArray[Any]
SAME = 0.01  # log-likelihoods nearer than this belong to one solution
LOOK_AROUND = 30  # steps of the second search, which only has to show whether a better solution exists


@dataclass(frozen=True)
class TwoLevelFit:
    """A two-level model at its maximum."""

    model: Model
    likelihood: Likelihood
    search: estimate.Search
    states: list[Any]
    best_seen: float  # highest log-likelihood over all starts
    bounded: bool = False  # kept to covariance matrices that can exist

    @property
    def highest(self) -> float:
        """The log-likelihood at the maximum; missing where the search did not reach it."""
        return self.search.log_likelihood if self.search.converged else NAN

    @cached_property
    def information(self) -> Array:
        """Observed, in theta."""
        if self.search.observed_information is not None:
            return self.search.observed_information
        return self.likelihood.information(self.states, expected=False)

    @cached_property
    def information_inverse(self) -> Array:
        return inverse(self.information)


def fit_two_level(
    text: ModelText,
    data: pd.DataFrame,
    group: str | None,
    cluster: str | None,
    choices: Choices,
    missing: str = "listwise",
    mlr: bool = False,
    patience: int | None = None,
) -> FactorFit:
    """A two-level factor model by maximum likelihood, on all answers or on complete rows.

    `mlr`: standard errors and statistic by the sums of scores of each team, robust to answers that are not normal.
    `patience`: steps that a search gets where the covariance matrix between teams is not positive definite, and a
    factor between them may have no estimate to find; as many as it takes, unless said.
    """
    if cluster is None:
        raise FactorError.of(
            "levels without clusters", "fit_cfa", "cluster=, the column of teams", "name the column"
        )
    table = build_table(text, choices)
    prepared = prepare_levels(data, table, group, cluster, missing)
    choices = replace(choices, n_groups=len(prepared.groups))
    table = build_table(text, choices)
    teams = [teams_of(prepared, k, table) for k in range(len(prepared.groups))]
    given = {level: table.roles[level].covariates for level in (1, 2)}
    n_groups = len(teams)
    saturated = _saturated(_other(table, _all_covariances(table), given, n_groups), teams, patience)
    baseline = _maximum(_other(table, [], given, n_groups), teams, patience)
    clear = saturated.search.converged and not (
        saturated.bounded or any(_indefinite(state) for state in saturated.states)
    )
    own = _bounded(_maximum(table, teams, None if clear else patience), teams)
    if own.model.n_theta > saturated.model.n_theta:
        raise FactorError.of(
            f"{own.model.n_theta} free parameters",
            "two-level model",
            "no more parameters than moments",
            "fix some",
        )
    if own.search.converged:
        check_identified(own.likelihood.information(own.states, True), own.model)
    fit = _assemble(own, saturated, baseline, teams, missing)
    if mlr:
        fit = _robust(fit, own, saturated, baseline, teams)
    at = [part for state in own.states for part in (state.at_within, state.at_between)]
    said = _cautions(own, saturated, baseline) + (few_clusters(fit) if mlr else [])
    return with_cautions(fit, own.model.blocks, at, prepared.notes, said)


def _other(
    table: Table, covariances: Sequence[Statement], given: dict[int, tuple[str, ...]], n_groups: int
) -> Table:
    """A table with free variances at both levels and the stated covariances."""
    said = [
        Statement(name, "~~", name, level=level)
        for level in (1, 2)
        for name in table.roles[level].observed
        if name not in given[level]
    ]
    kept = [s for s in covariances if not (s.lhs in given[s.level] and s.rhs in given[s.level])]
    # covariates that meet nobody in the text must still be known to their level
    kept += [Statement(name, "~~", name, level=level) for level in (1, 2) for name in given[level]]
    order = {level: table.roles[level].observed for level in (1, 2)}
    statements = tuple(
        sorted(
            (*said, *kept), key=lambda s: (s.level, order[s.level].index(s.lhs), order[s.level].index(s.rhs))
        )
    )
    built = build_table(
        ModelText(statements, (), 2), Choices(n_groups=n_groups, mean_structure=True, covariates=given)
    )
    for row in built.rows:
        if row.op == "~~" and row.lhs in given[row.level] and row.rhs in given[row.level]:
            row.of_covariate = True
    return built


def _all_covariances(table: Table) -> list[Statement]:
    return [
        Statement(a, "~~", b, level=level)
        for level in (1, 2)
        for a, b in combinations(table.roles[level].observed, 2)
    ]


def _maximum(table: Table, teams: list[Teams], patience: int | None = None) -> TwoLevelFit:
    model = _with_covariates(compile_model(table), teams)
    easy = complete_teams(model, teams)
    starts = _starts(model, easy, teams)
    searches = _searches(easy, starts, patience)
    if all(team.complete for team in teams):
        return _best(model, easy, searches)
    hard = with_gaps(model, teams)
    searches = _searches(hard, _apart([s for s in searches if s.converged]), patience)
    if not searches or not (patience or any(search.converged for search in searches)):
        searches += _searches(hard, starts, patience)
    return _best(model, hard, searches)


def _saturated(table: Table, teams: list[Teams], patience: int | None) -> TwoLevelFit:
    fit = _maximum(table, teams, patience or estimate.MAX_STEPS)
    return fit if any(table.roles[level].covariates for level in table.levels) else _bounded(fit, teams)


def _bounded(fit: TwoLevelFit, teams: list[Teams]) -> TwoLevelFit:
    """The same; where free covariances between teams have no maximum, that over the matrices that can exist."""
    model = fit.model
    if fit.search.converged or not all(has_free_covariances(model, b) for b in model.blocks if b.level == 2):
        return fit
    for theta in _starts(model, complete_teams(model, teams), teams):
        if np.isfinite(fit.likelihood.value(theta)):
            found = within_bounds(model, fit.likelihood, theta)
            if found.converged:
                states = fit.likelihood.states(found.theta)
                return TwoLevelFit(model, fit.likelihood, found, states, found.log_likelihood, bounded=True)
    return fit


def _starts(model: Model, likelihood: Likelihood, teams: list[Teams]) -> list[Array]:
    covs, means = [], []
    for component, team in zip(likelihood.components, teams, strict=True):
        w, b, mean = _crude(component, team)  # type: ignore[arg-type]
        covs += [w, b]
        means += [np.zeros(len(w)), mean]
    found = []
    for rule in RULES if model.blocks[0].factors else ("marker",):
        theta = start(model, covs, means, rule)
        _set_within_means(theta, model, teams)
        found.append(theta)
    return found


def _searches(likelihood: Likelihood, starts: Sequence[Array], patience: int | None) -> list[estimate.Search]:
    """From each start where the likelihood exists. Once a maximum is found a second start only looks around."""
    searches: list[estimate.Search] = []
    for k, theta in enumerate(starts):
        found_one = any(search.converged for search in searches)
        if found_one and k > 1:
            break
        if not np.isfinite(likelihood.value(theta)):
            continue
        if found_one or patience:
            steps = LOOK_AROUND if found_one else patience or estimate.MAX_STEPS
            searches.append(estimate.scoring(likelihood, theta, steps))
        else:
            searches.append(estimate.maximise(likelihood, theta))
    return searches


def _apart(searches: Sequence[estimate.Search]) -> list[Array]:
    """The first solution, and the second where it is another one."""
    return [
        search.theta
        for k, search in enumerate(searches)
        if k == 0 or abs(search.log_likelihood - searches[0].log_likelihood) > SAME
    ]


def _best(model: Model, likelihood: Likelihood, searches: list[estimate.Search]) -> TwoLevelFit:
    if not searches:
        raise FactorError.of(
            "start values that imply impossible covariances", "two-level model", "others", "use start()"
        )
    found = next((s for s in searches if s.converged), searches[0])
    best = max(s.log_likelihood for s in searches)
    return TwoLevelFit(model, likelihood, found, likelihood.states(found.theta), best)


def _set_within_means(theta: Array, model: Model, teams: list[Teams]) -> None:
    for k, row in enumerate(model.rows):
        if row.op == "~1" and row.level == 1 and model.theta_of_row[k] >= 0 and row.lhs in teams[0].values:
            theta[model.theta_of_row[k]] = np.nanmean(teams[row.group - 1].values[row.lhs])


def _crude(component: TwoLevel, team: Teams) -> tuple[Array, Array, Array]:
    """Covariances within and between and means between, good enough to start from."""
    assert team.moments.within is not None
    y, b = component.block_within.observed, component.block_between.observed
    within = team.moments.within.cov[0]
    pooled = np.zeros((len(component.placement),) * 2)
    mean = np.zeros(len(component.placement))
    weight = sum(m.n[0] for m in team.moments.between)
    for size, m in zip(team.moments.sizes, team.moments.between, strict=True):
        scale = np.ones(len(mean))
        scale[: len(y)] = 1 / np.sqrt(size)
        mean += m.n[0] * scale * m.mean[0] / weight
    for size, m in zip(team.moments.sizes, team.moments.between, strict=True):
        scale = np.ones(len(mean))
        scale[: len(y)] = 1 / np.sqrt(size)
        d = scale * m.mean[0] - mean
        part = np.outer(scale, scale) * m.cov[0] + np.outer(d, d)
        part[: len(y), : len(y)] -= within / size
        pooled += m.n[0] * part / weight
    between = component.placement.T @ pooled @ component.placement
    at = [y.index(name) if name in y else None for name in b]
    floor = np.array([0.05 * within[k, k] if k is not None else 1e-8 for k in at])
    sd = np.sqrt(np.maximum(np.diag(between), floor))
    between = between * 0.5
    between[np.diag_indices_from(between)] = sd**2
    return within, between, component.placement.T @ mean


def _with_covariates(model: Model, teams: list[Teams]) -> Model:
    fixed = model.fixed.copy()
    for k, row in enumerate(model.rows):
        if not row.of_covariate:
            continue
        source = teams[row.group - 1].values if row.level == 1 else teams[row.group - 1].team_values
        x, y = source[row.lhs], source[row.rhs or row.lhs]
        fixed[k] = x.mean() if row.op == "~1" else float(np.mean((x - x.mean()) * (y - y.mean())))
    return replace(model, fixed=fixed)


def _covariate_log_likelihood(teams: list[Teams], given: dict[int, tuple[str, ...]]) -> float:
    total = 0.0
    for team in teams:
        for level, source in ((1, team.values), (2, team.team_values)):
            if given[level]:
                x = np.array([source[name] for name in given[level]])
                cov = np.cov(x, bias=True).reshape(len(x), len(x))
                total -= 0.5 * x.shape[1] * (len(x) * (LOG_2PI + 1) + np.linalg.slogdet(cov)[1])
    return total


def _srmr(own: TwoLevelFit, saturated: TwoLevelFit, teams: list[Teams]) -> float:
    """Root mean squared difference of correlations, within plus between (lavaan); missing without a saturated model."""
    if not saturated.search.converged:
        return NAN
    n = np.array([t.moments.n_rows for t in teams], dtype=float)
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


def _assemble(
    own: TwoLevelFit, saturated: TwoLevelFit, baseline: TwoLevelFit, teams: list[Teams], missing: str
) -> FactorFit:
    model, found = own.model, own.search
    n = sum(t.moments.n_rows for t in teams)
    h1, df = saturated.highest, saturated.model.n_theta - model.n_theta
    null = (2 * (h1 - baseline.highest), saturated.model.n_theta - baseline.model.n_theta)
    given = _covariate_log_likelihood(teams, {level: model.table.roles[level].covariates for level in (1, 2)})
    logl = found.log_likelihood - given
    plain = fit_indices.unknown(df)
    if _comparable(own, saturated):
        plain = fit_indices.indices(max(2 * (h1 - found.log_likelihood), 0.0), df, null, n, len(teams))
    covariance = np.full((model.n_theta,) * 2, NAN)
    if found.converged and not own.bounded:
        covariance = own.information_inverse
    at = [part for state in own.states for part in (state.at_within, state.at_between)]
    values = model.values(found.theta)
    return FactorFit(
        estimator="ML",
        missing=missing,
        n_obs=n,
        group_labels=tuple(t.label for t in teams),
        n_clusters=sum(t.moments.n_teams for t in teams),
        converged=found.converged,
        srmr=_srmr(own, saturated, teams),
        log_likelihood=logl,
        log_likelihood_saturated=h1 - given,
        baseline_chi_square=null[0],
        baseline_df=null[1],
        parameters=parameter_frame(model, values, covariance, at),
        heywood=heywood_cases(model, values),
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


def _robust(
    fit: FactorFit, own: TwoLevelFit, saturated: TwoLevelFit, baseline: TwoLevelFit, teams: list[Teams]
) -> FactorFit:
    """The same estimates with errors and statistic that do not lean on normal answers (Yuan & Bentler 2000, Mplus
    variant, with teams as the independent units).
    """
    nothing = fit_indices.unknown(fit.df)
    if not own.search.converged or own.bounded:
        return replace(fit, estimator="MLR", scaled=nothing, shown=nothing)
    meat = team_cross_product(own.model, own.search.theta, teams)
    bread = own.information_inverse
    covariance = sandwich(bread, meat)
    at = [part for state in own.states for part in (state.at_within, state.at_between)]
    values = own.model.values(own.search.theta)
    fit = replace(
        fit,
        estimator="MLR",
        covariance=covariance,
        parameters=parameter_frame(own.model, values, covariance, at),
        scaling_h0=float(np.sum(meat * bread)) / max(own.model.n_theta, 1),
    )
    if fit.df == 0 or not _comparable(own, saturated):
        return fit
    if saturated.bounded:
        return replace(fit, scaled=nothing, shown=nothing)
    h0, h1, null = (_trace(model, teams) for model in (own, saturated, baseline))
    n, n_groups = fit.n_obs, fit.n_groups
    null_scaling = (h1 - null) / fit.baseline_df if fit.baseline_df else 1.0
    of_null = Baseline(fit.baseline_chi_square, fit.baseline_df, null_scaling)
    c, chi = (h1 - h0) / fit.df, fit.chi_square_unscaled
    proper = fit_indices.robust_indices(
        chi, fit.df, c, (of_null.chi_square, of_null.df), null_scaling, n, n_groups
    )
    return replace(
        fit,
        scaled=scaled_indices(chi, fit.df, c, of_null, n, n_groups),
        robust=proper,
        shown=proper,
        scaling_h1=h1 / saturated.model.n_theta,
    )


def _trace(fit: TwoLevelFit, teams: list[Teams]) -> float:
    """tr(B A^-1) of a model at its maximum."""
    return float(np.sum(team_cross_product(fit.model, fit.search.theta, teams) * fit.information_inverse))


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


def _comparable(own: TwoLevelFit, saturated: TwoLevelFit) -> bool:
    """Whether the saturated model is one in which the model lies."""
    if not saturated.search.converged:
        return False
    return not saturated.bounded or own.search.log_likelihood <= saturated.search.log_likelihood + SAME


def _cautions(own: TwoLevelFit, saturated: TwoLevelFit, baseline: TwoLevelFit) -> list[str]:
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
    for state in saturated.states:
        if _indefinite(state):
            said.append(
                "the covariance matrix between teams is not positive definite: too few teams or no team variance"
            )
    return said


def _indefinite(state: Any) -> bool:
    """Whether the covariance matrix between teams is not positive semi-definite."""
    return bool(np.linalg.eigvalsh(state.at_between.sigma)[0] < -1e-8)
