"""What follows from published sums: bounds of hidden cells by linear programming.

A published total, mean or share is a linear statement about cells. Together such statements leave each hidden cell an
interval, found by minimising and maximising it (HiGHS, through scipy; Fischetti & Salazar-Gonzalez 2000, Manage Sci 46,
on auditing suppressed cells). A statement that was rounded holds within half of its last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Cell = int
SLACK = 1e-7  # of a statement's size: sums of floating-point numbers


@dataclass(frozen=True)
class Statement:
    """low <= sum of coefficient x cell <= high."""

    cells: Mapping[Cell, float]
    low: float
    high: float


def exactly(cells: Mapping[Cell, float], value: float) -> Statement:
    """The statement that the sum is `value`, up to floating-point error."""
    slack = SLACK * max(1.0, abs(value))
    return Statement(cells, value - slack, value + slack)


def bounds(
    statements: Sequence[Statement],
    limits: Mapping[Cell, tuple[float, float]],
    wanted: Iterable[Cell],
    enough: float = np.inf,
) -> dict[Cell, tuple[float, float]]:
    """Lowest and highest value that each wanted cell can have under all statements and within its own limits.

    Cells that no statement joins are not in one programme, so many small problems are solved instead of a large one.
    enough: of cells whose bounds are at least so wide, two values that far apart, not the widest: many are then found
    at once. A programme that HiGHS cannot solve (statements that contradict each other) gives (nan, nan): nothing is
    known safe.
    """
    wanted = list(wanted)
    asked, found = set(wanted), dict[Cell, tuple[float, float]]()
    for cells, joined in _components(statements, limits):
        own = [cell for cell in cells if cell in asked]
        if own and joined:
            found |= _Programme(cells, joined, limits).bounds(own, enough)
    return {cell: found.get(cell, limits[cell]) for cell in wanted}


def _components(
    statements: Sequence[Statement], limits: Mapping[Cell, tuple[float, float]]
) -> list[tuple[list[Cell], list[Statement]]]:
    """Cells that are joined to each other, with the statements that join them."""
    parent = {cell: cell for cell in limits}

    def root(cell: Cell) -> Cell:
        while parent[cell] != cell:
            parent[cell] = parent[parent[cell]]
            cell = parent[cell]
        return cell

    for statement in statements:
        first, *others = statement.cells
        for other in others:
            parent[root(other)] = root(first)
    members: dict[Cell, tuple[list[Cell], list[Statement]]] = {}
    for cell in limits:
        members.setdefault(root(cell), ([], []))[0].append(cell)
    for statement in statements:
        members[root(next(iter(statement.cells)))][1].append(statement)
    return list(members.values())


class _Programme:
    """Statements about cells that are joined, ready to be minimised and maximised over."""

    def __init__(
        self, cells: list[Cell], statements: list[Statement], limits: Mapping[Cell, tuple[float, float]]
    ):
        from scipy.sparse import coo_array, vstack

        self.at = {cell: i for i, cell in enumerate(cells)}
        rows = np.repeat(np.arange(len(statements)), [len(s.cells) for s in statements])
        columns = [self.at[cell] for s in statements for cell in s.cells]
        values = [coefficient for s in statements for coefficient in s.cells.values()]
        A = coo_array((values, (rows, columns)), shape=(len(statements), len(cells)))
        low, high = (np.array([getattr(s, end) for s in statements]) for end in ("low", "high"))
        self.A, self.b = vstack([A, -A], format="csr"), np.concatenate([high, -low])
        self.box = [tuple(None if np.isinf(v) else v for v in limits[cell]) for cell in cells]

    def bounds(self, wanted: Sequence[Cell], enough: float) -> dict[Cell, tuple[float, float]]:
        """Bounds of each wanted cell, or two values of it that are `enough` apart."""
        rest = list(wanted)
        found: dict[Cell, tuple[float, float]] = {}
        while len(rest) > 1 and np.isfinite(enough) and (wide := self._together(rest, enough)):
            found |= wide
            rest = [cell for cell in rest if cell not in wide]
        return found | {cell: self._extremes(cell) for cell in rest}

    def _together(self, wanted: Sequence[Cell], enough: float) -> dict[Cell, tuple[float, float]]:
        """The cells that are `enough` apart where the sum of all wanted ones is least and where it is most."""
        least, most = (self._solved(wanted, sign) for sign in (1.0, -1.0))
        if least.status or most.status:
            return {}
        ends = {cell: (float(least.x[self.at[cell]]), float(most.x[self.at[cell]])) for cell in wanted}
        return {cell: (low, high) for cell, (low, high) in ends.items() if high - low >= enough}

    def _extremes(self, wanted: Cell) -> tuple[float, float]:
        low, high = (_value(self._solved([wanted], sign), sign) for sign in (1.0, -1.0))
        return low, high

    def _solved(self, wanted: Sequence[Cell], sign: float) -> Any:
        from scipy.optimize import linprog

        goal = np.zeros(len(self.at))
        goal[[self.at[cell] for cell in wanted]] = sign
        return linprog(goal, self.A, self.b, bounds=self.box, method="highs")


def _value(solved: Any, sign: float) -> float:
    if solved.status == 3:  # unbounded
        return -sign * np.inf
    return float(sign * solved.fun) if solved.status == 0 else np.nan
