"""Fitting a model with two levels: the door, and the saturated and baseline models beside the model itself.

The saturated model has free covariances at both levels, the baseline none; both go through the same search as the model
itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from dww_analysis.factor import estimate
from dww_analysis.factor.cautions import few_clusters, with_cautions
from dww_analysis.factor.data import Answers, Prepared
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.fitted import check_identified
from dww_analysis.factor.result import FactorFit
from dww_analysis.factor.syntax import ModelText, Statement
from dww_analysis.factor.table import Choices, Table, build_table, roles_by_level
from dww_analysis.factor.twolevel_result import assemble, cautions, robust
from dww_analysis.factor.twolevel_search import TwoLevelFit, bounded, maximum
from dww_analysis.factor.twolevel_teams import Teams, prepare_levels, teams_of


def fit_two_level(
    text: ModelText,
    given: Answers,
    choices: Choices,
    mlr: bool = False,
    patience: int | None = None,
    beside: Beside | None = None,
) -> FactorFit:
    """A two-level factor model by maximum likelihood, on all answers or on complete rows.

    `mlr`: standard errors and statistic by the sums of scores of each team, robust to answers that are not normal.
    `patience`: steps that a search gets where the covariance matrix between teams is not positive definite, and a
    factor between them may have no estimate to find; as many as it takes, unless said.
    `beside`: what stands beside the model, where it is known; else it is sought.
    """
    beside = beside_models(text, given, choices, patience) if beside is None else beside
    saturated, baseline, prepared, teams = beside.saturated, beside.baseline, beside.prepared, beside.teams
    table = build_table(text, replace(choices, n_groups=len(teams)))
    clear = saturated.search.converged and not (saturated.bounded or saturated.indefinite)
    own = bounded(maximum(table, teams, None if clear else patience))
    if own.model.n_theta > saturated.model.n_theta:
        raise FactorError.of(
            found=f"{own.model.n_theta} free parameters",
            where="two-level model",
            expected="no more parameters than moments",
            action="fix some",
        )
    if own.search.converged:
        check_identified(own.likelihood.information(own.states, True), own.model)
    fit = replace(assemble(own, saturated, baseline, given.missing), _two_level=own, _answers=prepared)
    if mlr:
        fit = robust(fit, own, saturated, baseline)
    said = cautions(own, saturated, baseline) + (few_clusters(fit) if mlr else [])
    return with_cautions(fit, own.model.blocks, own.implied, prepared.notes, said)


@dataclass(frozen=True)
class Beside:
    """What stands beside every model of the same variables: the answers, and the models that know nothing and all."""

    prepared: Prepared
    teams: list[Teams]
    saturated: TwoLevelFit
    baseline: TwoLevelFit


def beside_models(text: ModelText, given: Answers, choices: Choices, patience: int | None = None) -> Beside:
    """The answers by level to the variables of the text, with their saturated and baseline models. `patience`: as of
    `fit_two_level`, and FactorError for what it refuses of answers."""
    if given.cluster is None:
        raise FactorError.of(
            found="levels without clusters",
            where="fit_cfa",
            expected="cluster=, the column of teams",
            action="name the column",
        )
    prepared = prepare_levels(given, roles_by_level(text))
    choices = replace(choices, n_groups=len(prepared.groups))
    table = build_table(text, choices)
    teams = [teams_of(prepared, k, table) for k in range(len(prepared.groups))]
    covariates = {level: table.roles[level].covariates for level in (1, 2)}
    n_groups = len(teams)
    saturated = _saturated(_other(table, _all_covariances(table), covariates, n_groups), teams, patience)
    baseline = maximum(_other(table, [], covariates, n_groups), teams, patience)
    return Beside(prepared, teams, saturated, baseline)


def _saturated(table: Table, teams: list[Teams], patience: int | None) -> TwoLevelFit:
    fit = maximum(table, teams, patience or estimate.MAX_STEPS)
    return fit if any(table.roles[level].covariates for level in table.levels) else bounded(fit)


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
