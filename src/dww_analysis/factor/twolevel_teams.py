"""Answers by level: from a data frame to one group's persons in teams, and what cannot be analysed.

Columns of level 2 alone have one value a team. Every refusal names columns and counts, never a team or a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor.data import ROUNDING, Answers, Prepared, prepare
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.likelihood import Likelihood
from dww_analysis.factor.model import Block, Model
from dww_analysis.factor.robust import cross_product
from dww_analysis.factor.summary import check_coverage
from dww_analysis.factor.table import Roles, Table
from dww_analysis.factor.twolevel import TeamMoments, TwoLevel, team_moments
from dww_analysis.factor.twolevel_gaps import TeamAnswers, TwoLevelGaps, complete_guess

Array = NDArray[Any]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Teams:
    """One group's answers by level."""

    label: str
    answers: TeamAnswers
    moments: TeamMoments  # of the answers; of a guess where some are absent
    values: dict[str, Array]  # level-1 columns and, once a team, level-2 columns
    team_values: dict[str, Array]

    @property
    def complete(self) -> bool:
        return self.answers.complete


def prepare_levels(given: Answers, roles: Mapping[int, Roles]) -> Prepared:
    """Rows that enter: complete ones (listwise), or all of persons who answered something at level 1. roles: by level;
    FactorError where one of the two says nothing."""
    if set(roles) != {1, 2}:
        raise FactorError.of(
            found=f"relations at level {', '.join(map(str, sorted(roles)))} only",
            where="model text",
            expected="relations below 'level: 1' and below 'level: 2'",
            action="write both, or neither heading",
        )
    within, between = roles[1], roles[2]
    columns = tuple(dict.fromkeys((*within.observed, *between.observed)))
    needed = (*within.covariates, *between.covariates)
    if given.missing == "fiml":
        given = replace(given, data=_known_of_teams(given, between.covariates))
    return prepare(given, columns, needed, within.observed)


def _known_of_teams(given: Answers, columns: tuple[str, ...]) -> pd.DataFrame:
    """What one member's row says of the team holds for the rows of the others; each group has its own teams."""
    data = given.data
    there = [name for name in columns if name in data.columns]
    of_team = [name for name in (given.group, given.cluster) if name is not None]
    if not there or not set(of_team) <= set(data.columns):
        return data
    known = data.groupby(of_team, observed=True)[there].transform("first")
    return data.assign(**{name: data[name].fillna(known[name]) for name in there})


def teams_of(prepared: Prepared, k: int, table: Table) -> Teams:
    """The answers of group k, checked for what a two-level model needs: FactorError for one team or teams of one
    member, for no more teams than variables between them, and for items that do not vary within teams."""
    group = prepared.groups[k]
    assert group.cluster is not None
    at = {name: j for j, name in enumerate(prepared.columns)}
    y = table.roles[1].observed
    z = tuple(name for name in table.roles[2].observed if name not in y)
    if group.cluster.max() < 1 or len(group.values) == group.cluster.max() + 1:
        raise FactorError.of(
            found="one team, or teams of one member",
            where=f"group {group.label}",
            expected="several teams of several members",
            action="fit one level",
        )
    level_1, level_2 = group.values[:, [at[n] for n in y]], group.values[:, [at[n] for n in z]]
    answers = TeamAnswers.of(level_1, _once_a_team(level_2, group.cluster), group.cluster)
    _check_gaps(answers, y, z, table)
    moments = _moments(level_1, level_2, group.cluster, answers)
    if moments.n_teams <= len(table.roles[2].observed):
        raise FactorError.of(
            found=f"{moments.n_teams} teams for {len(table.roles[2].observed)} variables between teams",
            where="two-level model",
            expected="more teams than variables at level 2",
            action="fit one level with cluster=",
        )
    assert moments.within is not None
    _check_within(moments.within.cov[0], y, np.nanmax(np.abs(level_1), axis=0))
    values = {name: level_1[:, j] for j, name in enumerate(y)}
    return Teams(group.label, answers, moments, values, {n: answers.level_2[:, j] for j, n in enumerate(z)})


def _moments(level_1: Array, level_2: Array, team: Index, answers: TeamAnswers) -> TeamMoments:
    if answers.complete:
        return team_moments(level_1, level_2, team)
    known = np.where(np.isnan(answers.level_2), np.nanmean(answers.level_2, axis=0), answers.level_2)
    return team_moments(complete_guess(answers), known[answers.team], answers.team)


def _once_a_team(rows: Array, team: Index) -> Array:
    """(J, q) the one value of each team, NaN where no row has it."""
    n_teams = int(team.max()) + 1
    low, high = np.full((n_teams, rows.shape[1]), np.inf), np.full((n_teams, rows.shape[1]), -np.inf)
    np.minimum.at(low, team, np.where(np.isnan(rows), np.inf, rows))
    np.maximum.at(high, team, np.where(np.isnan(rows), -np.inf, rows))
    known = low <= high
    low, high = np.where(known, low, np.nan), np.where(known, high, np.nan)
    if known.any() and np.nanmax(high - low) > 1e-8 * (1 + np.nanmax(np.abs(high))):
        raise FactorError.of(
            found="values that differ within teams",
            where="columns of level 2 only",
            expected="one value a team",
            action="model them at level 1 too",
        )
    return low


def _check_gaps(answers: TeamAnswers, y: tuple[str, ...], z: tuple[str, ...], table: Table) -> None:
    """Gaps must leave something to estimate each variance and covariance from, at both levels."""
    answered = answers.by_team((~np.isnan(answers.level_1)).astype(float))
    alone = [name for name, most in zip(y, answered.max(axis=0), strict=True) if most < 2]
    if alone:
        raise FactorError.of(
            found=f"no team in which two persons answered {', '.join(alone)}",
            where="level 1",
            expected="teams with two answers or more to each item",
            action="drop the item, or move it to level 2",
        )
    check_coverage(answers.level_1, y, "level 1")
    known = dict(zip((*y, *z), np.hstack([answered > 0, ~np.isnan(answers.level_2)]).T, strict=True))
    names = table.roles[2].observed
    seen = np.array([known[name] for name in names], dtype=float)
    both = seen @ seen.T
    first, second = np.unravel_index(int(both.argmin()), both.shape)
    if both[first, second] < 2:
        what = names[first] if first == second else f"{names[first]} together with {names[second]}"
        raise FactorError.of(
            found=f"answers to {what} in {int(both[first, second])} teams",
            where="level 2",
            expected="several teams that say something of each pair of variables",
            action="drop one of them, or leave it out of level 2",
        )


def _check_within(cov: Array, names: tuple[str, ...], largest: Array) -> None:
    """largest: (p,) the size of each item's answers, of which rounding is a part."""
    least = (ROUNDING * largest) ** 2
    flat = [name for name, v, rounding in zip(names, np.diag(cov), least, strict=True) if v <= rounding]
    if flat:
        raise FactorError.of(
            found=f"no variance within teams in {', '.join(flat)}",
            where="level 1",
            expected="items that vary within teams",
            action="move to level 2",
        )
    sd = np.sqrt(np.diag(cov))
    if np.linalg.eigvalsh(cov / np.outer(sd, sd))[0] < 1e-10:
        raise FactorError.of(
            found="a covariance matrix within teams that is not positive definite",
            where="level 1",
            expected="items that are no copies",
            action="drop one of them",
        )


def complete_teams(model: Model, teams: list[Teams]) -> Likelihood:
    """The likelihood of teams in which everybody answered everything, or as good as."""
    return Likelihood(
        model, tuple(TwoLevel(*_levels(model, k), team.moments) for k, team in enumerate(teams))
    )


def with_gaps(model: Model, teams: list[Teams]) -> Likelihood:
    """The likelihood of the answers that are there, team by team."""
    return Likelihood(
        model, tuple(TwoLevelGaps(*_levels(model, k), team.answers) for k, team in enumerate(teams))
    )


def _levels(model: Model, k: int) -> tuple[Block, Block]:
    within, between = model.blocks_of(k + 1)
    return within, between


def team_cross_product(model: Model, theta: Array, teams: list[Teams]) -> Array:
    """Sum over teams of outer products of their scores in theta, shape (n_theta, n_theta)."""
    likelihood = with_gaps(model, teams)
    total = np.zeros((model.n_theta,) * 2)
    for component, state in zip(likelihood.components, likelihood.states(theta), strict=True):
        by_row = component.scores(state)  # type: ignore[attr-defined]
        scores = np.zeros((len(by_row), model.n_theta))
        np.add.at(scores.T, model.theta_of_row[component.rows], by_row.T)
        total += cross_product(scores, None)
    return total
