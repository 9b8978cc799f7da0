"""A parameter table compiled to index arrays: which free parameter stands where in which group and level.

The vector theta holds each free parameter once; parameters that share a label share an entry. Everything numeric
works on `values`, one number a row of the table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.ram import Paths
from dww_analysis.factor.table import Row, Table

Array = NDArray[Any]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Block:
    """One group at one level: its variables (observed first, in data order) and where its table rows sit."""

    group: int
    level: int
    observed: tuple[str, ...]
    factors: tuple[str, ...]
    rows: Index  # (r,) table rows that are paths of this block
    paths: Paths  # the same rows as positions
    free: Index  # positions within `rows` that are free

    @property
    def variables(self) -> tuple[str, ...]:
        """Observed variables, then factors: the order of the rows of A, S and M."""
        return (*self.observed, *self.factors)

    @property
    def free_paths(self) -> Paths:
        return subset(self.paths, self.free)

    @property
    def free_rows(self) -> Index:
        """Rows of the parameter table that are free in this block."""
        return self.rows[self.free]


@dataclass(frozen=True)
class Model:
    table: Table
    blocks: tuple[Block, ...]
    theta_of_row: Index  # (R,) entry of theta, -1 where the row is fixed
    fixed: Array  # (R,) value of fixed rows, zero elsewhere
    n_theta: int
    mean_structure: bool

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.table.rows

    def values(self, theta: Array) -> Array:
        """One number a table row."""
        return np.where(self.theta_of_row >= 0, theta[np.maximum(self.theta_of_row, 0)], self.fixed)

    def blocks_of(self, group: int) -> tuple[Block, ...]:
        return tuple(b for b in self.blocks if b.group == group)

    @property
    def first_rows(self) -> Index:
        """The first table row of each entry of theta."""
        return np.array(
            [int(np.flatnonzero(self.theta_of_row == k)[0]) for k in range(self.n_theta)], dtype=np.intp
        )

    def name(self, k: int) -> str:
        """What entry k of theta is called, after the first row that has it; with its group where there are several."""
        row = self.rows[self.first_rows[k]]
        return f"{row.name} (group {row.group})" if self.table.n_groups > 1 else row.name


def subset(paths: Paths, which: Index) -> Paths:
    """The paths at these positions, in that order: parameters as rows of the table."""
    return replace(paths, kind=paths.kind[which], i=paths.i[which], j=paths.j[which])


def compile_model(table: Table) -> Model:
    """Index arrays of the table; covariate rows stay fixed and get their values from the data later."""
    theta_of_row, n_theta = _enumerate(table.rows)
    if n_theta == 0:
        raise FactorError.of(
            found="no free parameter",
            where="factor model",
            expected="something to estimate",
            action="leave a value out of the model text",
        )
    fixed = np.array([0.0 if row.value is None else row.value for row in table.rows])
    blocks = tuple(
        _block(table, group, level, theta_of_row)
        for group in range(1, table.n_groups + 1)
        for level in table.levels
    )
    return Model(table, blocks, theta_of_row, fixed, n_theta, table.mean_structure)


def _enumerate(rows: tuple[Row, ...]) -> tuple[Index, int]:
    by_label: dict[str, int] = {}
    index, n = [], 0
    for row in rows:
        if not row.free:
            index.append(-1)
        elif row.label and row.label in by_label:
            index.append(by_label[row.label])
        else:
            index.append(n)
            if row.label:
                by_label[row.label] = n
            n += 1
    return np.array(index, dtype=np.intp), n


def _block(table: Table, group: int, level: int, theta_of_row: Index) -> Block:
    who = table.roles[level]
    at = {name: k for k, name in enumerate((*who.observed, *who.factors))}
    rows, kind, i, j = [], [], [], []
    for k, row in enumerate(table.rows):
        if row.group != group or row.level != level or row.op in ("|", "~*~"):
            continue
        target, source = (row.rhs, row.lhs) if row.op == "=~" else (row.lhs, row.rhs)
        rows.append(k)
        kind.append({"=~": 0, "~": 0, "~~": 1, "~1": 2}[row.op])
        i.append(at[target])
        j.append(at[source] if source else 0)
    where = np.array(rows, dtype=np.intp)
    paths = Paths(
        np.array(kind, dtype=np.intp),
        np.array(i, dtype=np.intp),
        np.array(j, dtype=np.intp),
        len(who.observed),
        len(at),
    )
    free = np.flatnonzero(theta_of_row[where] >= 0)
    return Block(group, level, who.observed, who.factors, where, paths, free)
