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
from numpy.typing import NDArray

Array = NDArray[np.float64]
Cell = int
SLACK = 1e-7  # of a statement's size: sums of floating-point numbers
WIDE, MANY = 0.05, 200  # a statement about more than this share of so many cells joins what is else apart


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

        self.cells, self.statements, self.limits = cells, statements, limits
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
        for search in (self._together, self._apart) if np.isfinite(enough) else ():
            while len(rest) > 1 and (wide := search(rest, enough)):
                found |= wide
                rest = [cell for cell in rest if cell not in wide]
        return found | {cell: self._extremes(cell) for cell in rest}

    def _together(self, wanted: Sequence[Cell], enough: float) -> dict[Cell, tuple[float, float]]:
        """The cells that are `enough` apart where the sum of all wanted ones is least and where it is most."""
        points = self._ends(wanted)
        if points is None:
            return {}
        at = {cell: self.at[cell] for cell in wanted}
        ends = {cell: (float(points[0][i]), float(points[1][i])) for cell, i in at.items()}
        return {cell: (low, high) for cell, (low, high) in ends.items() if high - low >= enough}

    def _ends(self, wanted: Sequence[Cell]) -> tuple[Array, Array] | None:
        """All cells where the sum of the wanted ones is least, and where it is most; None where that has no end."""
        least, most = (self._solved(wanted, sign) for sign in (1.0, -1.0))
        return None if least.status or most.status else (least.x, most.x)

    def _apart(self, wanted: Sequence[Cell], enough: float) -> dict[Cell, tuple[float, float]]:
        """The cells that are `enough` apart in a part of the programme, the other parts held where all statements are
        true. Parts are what hangs together without the statements about a large share of all cells; none where all
        does."""
        if len(self.cells) < MANY:
            return {}
        least = WIDE * len(self.cells)
        over = [s for s in self.statements if len(s.cells) > least]
        parts = _components(
            [s for s in self.statements if len(s.cells) <= least],
            {cell: self.limits[cell] for cell in self.cells},
        )
        points = self._ends(wanted) if over and len(parts) > 1 else None
        if points is None:
            return {}
        middle = dict(zip(self.cells, ((points[0] + points[1]) / 2).tolist(), strict=True))
        said = [sum(value * middle[cell] for cell, value in s.cells.items()) for s in over]
        asked, found = set(wanted), dict[Cell, tuple[float, float]]()
        for cells, own in parts:
            if mine := [cell for cell in cells if cell in asked]:
                held = [_held(s, total, cells, middle) for s, total in zip(over, said, strict=True)]
                part = _Programme(cells, [*own, *(s for s in held if s.cells)], self.limits)
                found |= part.bounds(mine, enough)
        return {cell: (low, high) for cell, (low, high) in found.items() if high - low >= enough}

    def _extremes(self, wanted: Cell) -> tuple[float, float]:
        low, high = (_value(self._solved([wanted], sign), sign) for sign in (1.0, -1.0))
        return low, high

    def _solved(self, wanted: Sequence[Cell], sign: float) -> Any:
        from scipy.optimize import linprog

        goal = np.zeros(len(self.at))
        goal[[self.at[cell] for cell in wanted]] = sign
        return linprog(goal, self.A, self.b, bounds=self.box, method="highs")


def _held(one: Statement, total: float, cells: Iterable[Cell], at: Mapping[Cell, float]) -> Statement:
    """What a statement says of some of its cells when the others are as they are; total: its sum now."""
    own = {cell: one.cells[cell] for cell in cells if cell in one.cells}
    others = total - sum(value * at[cell] for cell, value in own.items())
    return Statement(own, one.low - others, one.high - others)


def _value(solved: Any, sign: float) -> float:
    if solved.status == 3:  # unbounded
        return -sign * np.inf
    return float(sign * solved.fun) if solved.status == 0 else np.nan
