"""Completed scores from chains: one over all rows, or one for each arm. Every chain is a part of its own.

A chain is not cut: each iteration starts where the one before it ended, and other cuts would be other draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.plan import Imputation
from dww_analysis.effects.missing.gibbs import Chain, Draws, Rows, draw
from dww_analysis.effects.missing.table import ModelTable, independent
from dww_analysis.parts import Part

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class OneChain:
    """A chain over some rows of the table: which (bool), or None for all."""

    mine: Array | None
    rows: Rows
    chain: Chain

    def run(self) -> dict[str, Any]:
        """What it draws, as a part: the fields of `Draws`."""
        return vars(draw(self.rows, self.chain))


def chains(
    table: ModelTable, frame: pd.DataFrame, imputation: Imputation, prior_scale: float
) -> list[OneChain]:
    """One chain, or one for each arm. frame: the rows of `table`, of which column arm is read."""
    chain = Chain(imputation.m, imputation.burn_in, imputation.between, imputation.seed, prior_scale)
    if not imputation.by_arm or frame["arm"].isna().any():
        return [OneChain(None, table.rows, chain)]
    found = []
    for number, arm in enumerate(frame["arm"].cat.categories):
        mine = (frame["arm"] == arm).to_numpy()
        found.append(OneChain(mine, _of_arm(table.rows, mine), replace(chain, seed=chain.seed + number)))
    return found


def named(some: Sequence[OneChain], name: str) -> dict[str, Part]:
    """The chains as parts, by name."""
    return {f"{name} {number}": one.run for number, one in enumerate(some)}


def laid_together(some: Sequence[OneChain], name: str, done: Mapping[str, Any]) -> Draws:
    """Completed scores (m, rows, scores) of all rows; traces are those of the (first) chain. done: of `named`."""
    parts = [done[part] for part in named(some, name)]
    drawn = [Draws(**{**part, "levels": tuple(part["levels"])}) for part in parts]
    if some[0].mine is None:
        return drawn[0]
    m, _, scores = drawn[0].completed.shape
    completed = np.empty((m, len(some[0].mine), scores))
    for one, own in zip(some, drawn, strict=True):
        completed[:, one.mine] = own.completed
    return replace(drawn[0], completed=completed)


def draw_completed(
    table: ModelTable, frame: pd.DataFrame, imputation: Imputation, prior_scale: float
) -> Draws:
    """The same, drawn here."""
    some = chains(table, frame, imputation, prior_scale)
    return laid_together(some, "", {name: run() for name, run in named(some, "").items()})


def _of_arm(rows: Rows, mine: Array) -> Rows:
    X, Y = rows.X[mine], rows.Y[mine]
    kept = independent(X, [~np.isnan(y) for y in Y.T])
    codes = {name: np.unique(level[mine], return_inverse=True)[1] for name, level in rows.levels.items()}
    return Rows(Y, X[:, kept], codes)
