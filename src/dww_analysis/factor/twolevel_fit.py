"""Fitting a model with two levels: the search, the saturated and baseline models beside it, and the fit indices.

The saturated model has free covariances at both levels, the baseline none; both go through the same search as the model
itself. Standard errors rest on the observed information, as in lavaan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor import estimate, fit_indices
from dww_analysis.factor.cautions import with_cautions
from dww_analysis.factor.data import Prepared, prepare
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.fitted import NAN, check_identified, inverse
from dww_analysis.factor.likelihood import Likelihood
from dww_analysis.factor.model import Model, compile_model
from dww_analysis.factor.normal import LOG_2PI
from dww_analysis.factor.parameters import heywood_cases, parameter_frame
from dww_analysis.factor.result import FactorFit
from dww_analysis.factor.starts import start
from dww_analysis.factor.syntax import ModelText, Statement
from dww_analysis.factor.table import Choices, Table, build_table
from dww_analysis.factor.twolevel import TeamMoments, TwoLevel, TwoLevelState, team_moments

Array = NDArray[Any]
LOOK_AROUND = 30  # steps of the second search, which only has to show whether a better solution exists


@dataclass(frozen=True)
class Teams:
    """One group's answers by level."""

    label: str
    moments: TeamMoments
    values: dict[str, Array]  # level-1 columns and, once a team, level-2 columns
    team_values: dict[str, Array]


@dataclass(frozen=True)
class TwoLevelFit:
    """A two-level model at its maximum."""

    model: Model
    likelihood: Likelihood
    search: estimate.Search
    states: list[TwoLevelState]
    best_seen: float  # highest log-likelihood over all starts

    @property
    def highest(self) -> float:
        """The log-likelihood at the maximum; missing where the search did not reach it."""
        return self.search.log_likelihood if self.search.converged else NAN


def fit_two_level(
    text: ModelText,
    data: pd.DataFrame,
    group: str | None,
    cluster: str | None,
    choices: Choices,
) -> FactorFit:
    """A two-level factor model by maximum likelihood; answers must be complete (rows with a gap are left out)."""
    if cluster is None:
        raise FactorError.of(
            "levels without clusters", "fit_cfa", "cluster=, the column of teams", "name the column"
        )
    table = build_table(text, choices)
    prepared = prepare(data, _columns(table), group, cluster, "listwise")
    choices = replace(choices, n_groups=len(prepared.groups))
    table = build_table(text, choices)
    teams = [_teams(prepared, k, table) for k in range(len(prepared.groups))]
    given = {level: table.roles[level].covariates for level in (1, 2)}
    n_groups = len(teams)
    saturated = _maximum(_other(table, _all_covariances(table), given, n_groups), teams)
    baseline = _maximum(_other(table, [], given, n_groups), teams)
    own = _maximum(table, teams)
    if own.model.n_theta > saturated.model.n_theta:
        raise FactorError.of(
            f"{own.model.n_theta} free parameters",
            "two-level model",
            "no more parameters than moments",
            "fix some",
        )
    if own.search.converged:
        check_identified(own.likelihood.information(own.states, True), own.model)  # type: ignore[arg-type]
    return _assemble(own, saturated, baseline, teams, prepared)


def _columns(table: Table) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*table.roles[1].observed, *table.roles[2].observed)))


def _teams(prepared: Prepared, k: int, table: Table) -> Teams:
    group = prepared.groups[k]
    assert group.cluster is not None
    at = {name: j for j, name in enumerate(prepared.columns)}
    y = table.roles[1].observed
    z = [name for name in table.roles[2].observed if name not in y]
    if group.cluster.max() < 1 or len(group.values) == group.cluster.max() + 1:
        raise FactorError.of(
            "one team, or teams of one member",
            f"group {group.label}",
            "several teams of several members",
            "fit one level",
        )
    level_1, level_2 = group.values[:, [at[n] for n in y]], group.values[:, [at[n] for n in z]]
    moments = team_moments(level_1, level_2, group.cluster)
    if moments.n_teams <= len(table.roles[2].observed):
        raise FactorError.of(
            f"{moments.n_teams} teams for {len(table.roles[2].observed)} variables between teams",
            "two-level model",
            "more teams than variables at level 2",
            "fit one level with cluster=",
        )
    assert moments.within is not None
    _check_within(moments.within.cov[0], y)
    _, first = np.unique(group.cluster, return_index=True)
    values = {name: group.values[:, at[name]] for name in y}
    return Teams(group.label, moments, values, {name: group.values[first, at[name]] for name in z})


def _check_within(cov: Array, names: tuple[str, ...]) -> None:
    flat = [name for name, v in zip(names, np.diag(cov), strict=True) if v <= 0]
    if flat:
        raise FactorError.of(
            f"no variance within teams in {', '.join(flat)}",
            "level 1",
            "items that vary within teams",
            "move to level 2",
        )
    sd = np.sqrt(np.diag(cov))
    if np.linalg.eigvalsh(cov / np.outer(sd, sd))[0] < 1e-10:
        raise FactorError.of(
            "a covariance matrix within teams that is not positive definite",
            "level 1",
            "items that are no copies",
            "drop one of them",
        )


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


def _maximum(table: Table, teams: list[Teams]) -> TwoLevelFit:
    model = _with_covariates(compile_model(table), teams)
    components = []
    for k, team in enumerate(teams):
        within, between = model.blocks_of(k + 1)
        components.append(TwoLevel(within, between, team.moments))
    likelihood = Likelihood(model, tuple(components))  # type: ignore[arg-type]
    covs, means = [], []
    for component, team in zip(components, teams, strict=True):
        w, b, mean = _crude(component, team)
        covs += [w, b]
        means += [np.zeros(len(w)), mean]
    searches: list[estimate.Search] = []
    for rule in ("marker", "principal", "modest") if model.blocks[0].factors else ("marker",):
        found_one = any(search.converged for search in searches)
        if rule == "modest" and found_one:
            break
        theta = start(model, covs, means, rule)
        _set_within_means(theta, model, teams)
        if np.isfinite(likelihood.value(theta)):
            steps = LOOK_AROUND if found_one else estimate.MAX_STEPS
            searches.append(estimate.maximise(likelihood, theta, steps))
    if not searches:
        raise FactorError.of(
            "start values that imply impossible covariances", "two-level model", "others", "use start()"
        )
    found = next((s for s in searches if s.converged), searches[0])
    best = max(s.log_likelihood for s in searches)
    return TwoLevelFit(model, likelihood, found, likelihood.states(found.theta), best)  # type: ignore[arg-type]


def _set_within_means(theta: Array, model: Model, teams: list[Teams]) -> None:
    for k, row in enumerate(model.rows):
        if row.op == "~1" and row.level == 1 and model.theta_of_row[k] >= 0 and row.lhs in teams[0].values:
            theta[model.theta_of_row[k]] = teams[row.group - 1].values[row.lhs].mean()


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
    own: TwoLevelFit, saturated: TwoLevelFit, baseline: TwoLevelFit, teams: list[Teams], prepared: Prepared
) -> FactorFit:
    model, found = own.model, own.search
    n = sum(t.moments.n_rows for t in teams)
    h1, df = saturated.highest, saturated.model.n_theta - model.n_theta
    null = (2 * (h1 - baseline.highest), saturated.model.n_theta - baseline.model.n_theta)
    given = _covariate_log_likelihood(teams, {level: model.table.roles[level].covariates for level in (1, 2)})
    logl = found.log_likelihood - given
    plain = fit_indices.unknown(df)
    if saturated.search.converged:
        plain = fit_indices.indices(max(2 * (h1 - found.log_likelihood), 0.0), df, null, n, len(teams))
    information = own.likelihood.information(own.states, expected=False)  # type: ignore[arg-type]
    covariance = inverse(information) if found.converged else np.full((model.n_theta,) * 2, NAN)
    at = [part for state in own.states for part in (state.at_within, state.at_between)]
    values = model.values(found.theta)
    fit = FactorFit(
        estimator="ML",
        missing="listwise",
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
    return with_cautions(fit, model.blocks, at, prepared.notes, _cautions(own, saturated, baseline))


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


def _cautions(own: TwoLevelFit, saturated: TwoLevelFit, baseline: TwoLevelFit) -> list[str]:
    said = []
    if not saturated.search.converged:
        said.append(
            "the saturated model did not converge: no chi-square, fit index or intraclass correlation is given"
        )
    elif not baseline.search.converged:
        said.append("the baseline model did not converge: no CFI and TLI are given")
    if own.best_seen > own.search.log_likelihood + 0.01:
        gain = own.best_seen - own.search.log_likelihood
        said.append(
            f"another solution has a log-likelihood higher by {gain:.2f}; there the first item hardly "
            "measures the factor. One factor may not describe these items at both levels"
        )
    for state in saturated.states:
        if np.linalg.eigvalsh(state.at_between.sigma)[0] < -1e-8:
            said.append(
                "the covariance matrix between teams is not positive definite: too few teams or no team variance"
            )
    return said
