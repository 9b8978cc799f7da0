"""Months at risk counted by unit and month, and how long each person could have been seen to leave.

A hazard without covariates of persons is the same for everybody of a unit in a month, so that a binomial count of each
such cell has the likelihood of the single months, but for a constant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.effects.fitted import EntryFit
from dww_analysis.effects.leaving import Months, groups_of

if TYPE_CHECKING:
    from dww_analysis.multilevel.generalised.families import Family
    from dww_analysis.multilevel.model import Design, RandomTerm

Array = NDArray[Any]
PLACES = ["organisation", "team", "arm"]


@dataclass(frozen=True, eq=False)
class Follow:
    """The months of n persons in which each could be seen to leave. seen: (n, M) bool, as in the records; block: (n,)
    place in `Cells`; last: (n,) last month seen; left: (n,) bool; moves: (arms, M) chance of those who do not leave in
    a month to be lost from sight after it; arm: (n,)."""

    seen: Array
    block: Array
    last: Array
    left: Array
    moves: Array
    arm: Array

    @classmethod
    def of(cls, months: Months, cells: Cells) -> Follow:
        """The months of everybody in the cells."""
        rows = months.rows[months.rows["month"].isin(cells.months) & (cells.block_of(months.rows) >= 0)]
        people, names = pd.factorize(rows["person"].astype(str))
        seen = np.zeros((len(names), len(cells.months)), dtype=bool)
        seen[people, cells.months.get_indexer(rows["month"])] = True
        left = np.zeros(len(names), dtype=bool)
        left[people[rows["left"].to_numpy() == 1]] = True
        first = rows.drop_duplicates("person")
        block, arm = cells.block_of(first), first["arm"].cat.codes.to_numpy()
        last = seen.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
        return cls(seen, block, last, left, _moves(seen, last, left, arm), arm)

    def potential(self, rng: np.random.Generator) -> Array:
        """(n, M) bool: with what is not known of those who left drawn."""
        found, who = self.seen.copy(), np.flatnonzero(self.left)
        month = np.arange(self.seen.shape[1])
        since = month[None, :] >= self.last[who, None]
        moved = (rng.random(since.shape) < self.moves[self.arm[who]]) & since
        until = np.where(moved.any(axis=1), moved.argmax(axis=1), month[-1])
        found[who] |= since & (month[None, :] <= until[:, None])
        return found


def _moves(seen: Array, last: Array, left: Array, arm: Array) -> Array:
    """(arms, M) of those who were there in a month and did not leave in it the share that was not seen after it,
    though the records go on."""
    n_months = seen.shape[1]
    gone = (last < n_months - 1) & ~left
    moved, there = np.zeros((2, arm.max() + 1, n_months))
    np.add.at(moved, (arm[gone], last[gone]), 1.0)
    for a in range(arm.max() + 1):
        there[a] = seen[arm == a].sum(axis=0) - np.bincount(last[left & (arm == a)], minlength=n_months)
    return moved / np.maximum(there, 1.0)


@dataclass(frozen=True, eq=False)
class Drawn:
    """One trial. at_risk, events: (B, M) persons by block and month; risks: (J,) life tables of the units, NaN where
    nobody was there after the start; persons, left: (arms,) from the start on."""

    at_risk: Array
    events: Array
    risks: Array
    persons: Array
    left: Array

    def too_few(self, least: int) -> bool:
        """Whether fewer persons of an arm were there, or left, than may be shown; nobody who left may be."""
        return bool(self.persons.min() < least or ((self.left > 0) & (self.left < least)).any())


@dataclass(frozen=True, eq=False)
class Cells:
    """B blocks of persons with one hazard (teams, with their organisation and arm) by M months: what is fitted of them.

    level: (M,) log hazard of the months; strata: (B, s) columns of the organisations, with names and coefficients beta;
    terms: random intercepts whose rows are the blocks; arm, unit: (B,) place of the arm and of the unit of allocation.
    """

    months: pd.DatetimeIndex
    in_force: Array  # (M,) bool
    level: Array
    blocks: pd.MultiIndex  # organisation, team, arm
    arm: Array
    treated: Array  # (B,) bool
    treated_name: str
    strata: Array
    names: tuple[str, ...]
    beta: Array
    terms: tuple[RandomTerm, ...]
    unit: Array
    n_units: int
    link: str

    @classmethod
    def of(cls, found: EntryFit, months: Months, unit: str, units: pd.Index) -> Cells:
        """The cells of a hazard model; months before the start in which nobody left have no hazard and are not there.
        units: of allocation, in order."""
        design, beta = found.fitted.design, found.fitted.solution.beta
        used = found.used.reset_index(drop=True)
        used["month"] = months.rows.loc[found.used.index, "month"].to_numpy()
        column = {name: i for i, name in enumerate(design.x_names)}
        strata = tuple(n for n in column if n.startswith("organisation"))
        bare = design.X.copy()
        bare[:, [column[n] for n in (*strata, months.treated)]] = 0.0
        by_month = used.drop_duplicates("month").sort_values("month")
        blocks = used.drop_duplicates(PLACES)
        rows = blocks.index.to_numpy()
        return cls(
            pd.DatetimeIndex(by_month["month"]),
            by_month["in_force"].to_numpy(dtype=bool),
            bare[by_month.index] @ beta,
            _places(blocks),
            blocks["arm"].cat.codes.to_numpy(),
            (blocks["arm"] == found.model.planned.contrast.arm).to_numpy(),
            months.treated,
            design.X[np.ix_(rows, [column[n] for n in strata])],
            strata,
            beta[[column[n] for n in strata]],
            tuple(_kept(term, rows) for term in design.random),
            pd.Index(units.astype(str)).get_indexer(blocks[unit].astype(str)),
            len(units),
            found.fitted.solution.extra.link,
        )

    @property
    def number(self) -> int:
        """Of cells."""
        return len(self.blocks) * len(self.months)

    @property
    def family(self) -> Family:
        from dww_analysis.multilevel.generalised.known import family_named

        return family_named("binomial", self.link)

    @property
    def after_strata(self) -> Array:
        """(B, M) log hazards without effect, where the random effects are zero."""
        return np.asarray(self.level[None, :] + (self.strata @ self.beta)[:, None])

    @property
    def whole_hazards(self) -> Array:
        """(J,) hazards of each unit without effect, summed over the months from the start on."""
        of_blocks = np.exp(self.after_strata[:, self.in_force]).sum(axis=1)
        _, first = np.unique(self.unit, return_index=True)
        return np.asarray(of_blocks[first])

    def block_of(self, rows: pd.DataFrame) -> Array:
        """The block of each row, by organisation, team and arm; -1 of those that the model has not."""
        return np.asarray(self.blocks.get_indexer(_places(rows)))

    def draw(self, follow: Follow, size: float, theta: Array, rng: np.random.Generator) -> Drawn:
        """One trial with a log hazard ratio and SDs theta (k,) of the random effects."""
        effects = np.zeros(len(self.blocks))
        for term, sd in zip(self.terms, theta, strict=True):
            effects += sd * rng.standard_normal(term.n_levels)[term.codes]
        treated = self.treated[:, None] & self.in_force[None, :]
        hazard = -np.expm1(-np.exp(self.after_strata + size * treated + effects[:, None]))
        there = follow.potential(rng)
        leaves = there & (rng.random(there.shape) < hazard[follow.block])
        earlier = np.cumsum(leaves, axis=1) - leaves
        return self.counted(follow, there & (earlier == 0), leaves & (earlier == 0))

    def counted(self, follow: Follow, there: Array, leaves: Array) -> Drawn:
        """Months at risk and those in which somebody left, both (n, M) bool, by cell, unit and arm."""
        at_risk, events = (self._by_block(follow.block, table) for table in (there, leaves))
        shape = (self.n_units, int(self.in_force.sum()))
        of_units = np.zeros((2, *shape))
        for table, cells in zip(of_units, (at_risk, events), strict=True):
            np.add.at(table, self.unit, cells[:, self.in_force])
        stay = (1 - of_units[1] / np.maximum(of_units[0], 1.0)).prod(axis=1)
        risks = np.where(of_units[0].any(axis=1), 1 - stay, np.nan)
        present, gone = (t[:, self.in_force].any(axis=1) for t in (there, leaves))
        n_arms = int(self.arm.max()) + 1
        persons, left = (np.bincount(follow.arm[who], minlength=n_arms) for who in (present, gone))
        return Drawn(at_risk, events, risks, persons, left)

    def _by_block(self, block: Array, table: Array) -> Array:
        n_months = table.shape[1]
        person, month = np.nonzero(table)
        found = np.bincount(block[person] * n_months + month, minlength=self.number)
        return np.asarray(found.reshape(len(self.blocks), n_months), dtype=np.float64)

    # --- the model of one trial

    def place(self, theta: Array) -> Array:
        """(k + M + 1 + s,) SDs theta (k,) lifted off zero, and the coefficients without effect: of every month, the arm
        and the organisations."""
        from dww_analysis.multilevel.generalised.solve import LIFT

        return np.concatenate([np.maximum(theta, LIFT), self.level, [0.0], self.beta])

    def as_seen(self, follow: Follow) -> Design:
        """The design of the months as they were, with a level for every month."""
        gone = np.zeros_like(follow.seen)
        gone[np.flatnonzero(follow.left), follow.last[follow.left]] = True
        return self._design(self.counted(follow, follow.seen, gone), np.eye(len(self.months)))

    def problem(self, trial: Drawn, curvature: Array, place: Array) -> tuple[Design, Array, Array]:
        """The planned model of a trial, where its search begins (k + p,) and the Hessian there (k + p, k + p), from the
        curvature at `place` (months joined: the least of its square form). DesignError where columns say the same."""
        from dww_analysis.multilevel.errors import DesignError

        groups = self._joined(trial)
        design = self._design(trial, groups)
        if np.linalg.matrix_rank(design.X) < design.X.shape[1]:
            raise DesignError("the arm, months and organisations of a trial cannot be told apart")
        k, rest = len(self.terms), 1 + len(self.names)
        turn = np.zeros((len(place), k + groups.shape[1] + rest))
        turn[:k, :k] = np.eye(k)
        turn[k : k + len(groups), k : k + groups.shape[1]] = groups
        turn[k + len(groups) :, k + groups.shape[1] :] = np.eye(rest)
        hessian = turn.T @ curvature @ turn
        begin = np.linalg.solve(hessian, turn.T @ curvature @ place)
        begin[:k] = place[:k]
        return design, begin, hessian

    def _joined(self, trial: Drawn) -> Array:
        """(M, groups) which month is in which group, as `leaving.joined_months` has it; a month that is left out, or in
        which nobody was there, is in none."""
        seen, left, columns = trial.at_risk.any(axis=0), trial.events.sum(axis=0), []
        for stage in (~self.in_force, self.in_force):
            own = np.flatnonzero(stage & seen)
            for group in groups_of(pd.Series(left[own], index=own)):
                columns.append(np.isin(np.arange(trial.events.shape[1]), group).astype(float))
        return np.array(columns).T

    def _design(self, trial: Drawn, groups: Array) -> Design:
        """Cells with somebody at risk as rows; the columns are those of groups (M, g) of months, the arm and the
        organisations."""
        from dww_analysis.multilevel.model import Design

        block, month = np.nonzero((trial.at_risk > 0) & (groups.sum(axis=1) > 0)[None, :])
        n = trial.at_risk[block, month]
        treated = self.treated[block] & self.in_force[month]
        X = np.column_stack([groups[month], treated.astype(float), self.strata[block]])
        names = (*(f"month{i}" for i in range(groups.shape[1])), self.treated_name, *self.names)
        terms = tuple(_kept(term, block) for term in self.terms)
        y, nothing = trial.events[block, month] / n, np.zeros(len(n))
        return Design("", "left", y, X, names, terms, n, nothing, pd.DataFrame(index=range(len(n))), 0)


def _places(rows: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(rows[PLACES].astype(str))


def _kept(term: RandomTerm, rows: Array) -> RandomTerm:
    """A random intercept for some rows, with the levels that these have."""
    levels, codes = np.unique(term.codes[rows], return_inverse=True)
    return replace(term, Z=term.Z[rows], codes=codes, levels=tuple(term.levels[i] for i in levels))
