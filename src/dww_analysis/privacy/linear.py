"""What follows from published sums: bounds of hidden cells by linear programming.

A published total, mean or share is a linear statement about cells. Together such statements leave each hidden cell an
interval, found by minimising and maximising it (HiGHS, through scipy; Fischetti & Salazar-Gonzalez 2000, Manage Sci 46,
on auditing suppressed cells). A statement that was rounded holds within half of its last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    statements: Sequence[Statement], limits: Mapping[Cell, tuple[float, float]], wanted: Iterable[Cell]
) -> dict[Cell, tuple[float, float]]:
    """Lowest and highest value that each wanted cell can have under all statements and within its own limits.

    Cells that no statement joins are not in one programme, so many small problems are solved instead of a large one.
    A programme that HiGHS cannot solve (statements that contradict each other) gives (nan, nan): nothing is known safe.
    """
    wanted = list(wanted)
    parts = _components(statements, limits)
    return {cell: _extremes(*parts[cell], limits, cell) for cell in wanted}


def _components(
    statements: Sequence[Statement], limits: Mapping[Cell, tuple[float, float]]
) -> dict[Cell, tuple[list[Cell], list[Statement]]]:
    """For each cell, the cells and statements that are joined to it."""
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
    return {cell: members[root(cell)] for cell in limits}


def _extremes(
    cells: list[Cell], statements: list[Statement], limits: Mapping[Cell, tuple[float, float]], wanted: Cell
) -> tuple[float, float]:
    from scipy.optimize import linprog

    if not statements:
        return limits[wanted]
    at = {cell: i for i, cell in enumerate(cells)}
    A = np.zeros((len(statements), len(cells)))
    for row, statement in enumerate(statements):
        for cell, coefficient in statement.cells.items():
            A[row, at[cell]] = coefficient
    low, high = (np.array([getattr(s, end) for s in statements]) for end in ("low", "high"))
    box = [tuple(None if np.isinf(v) else v for v in limits[cell]) for cell in cells]
    found = []
    for sign in (1.0, -1.0):
        goal = np.zeros(len(cells))
        goal[at[wanted]] = sign
        solved = linprog(goal, np.vstack([A, -A]), np.concatenate([high, -low]), bounds=box, method="highs")
        found.append(_value(solved, sign))
    return found[0], found[1]


def _value(solved: object, sign: float) -> float:
    status = solved.status  # type: ignore[attr-defined]
    if status == 3:  # unbounded
        return -sign * np.inf
    return float(sign * solved.fun) if status == 0 else np.nan  # type: ignore[attr-defined]


def half_digit(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    """Half of the last of `digits` significant digits of each value: how far the true value can be away."""
    size = np.abs(np.asarray(values, dtype="float64"))
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = np.where(size > 0, np.floor(np.log10(size)), 0.0)
    return np.asarray(0.5 * 10.0 ** (exponent - digits + 1))
