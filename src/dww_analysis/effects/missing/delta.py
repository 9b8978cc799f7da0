"""How wrong may the imputed values be before the answer turns: they are moved by arm, and everything is pooled again.

Where whoever did not answer would have scored `delta` lower than imputed, the mean of an arm moves by delta times the
share that is missing (Cro, Morris, Kenward & Carpenter 2020).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.estimate import rejects
from dww_analysis.domain.plan import Delta
from dww_analysis.effects.missing.pooling import Pooled

Array = NDArray[Any]
# (sets, m, n) completed outcomes, and (sets, m, k) theta close to their optima where that is known -> one pooled answer
# a set, and the optima (sets, m, k)
PoolMany = Callable[[Array, Array | None], tuple[list[Pooled], Array]]
PREFIX = "delta_"
AT_ONCE = 25  # points of the grid that are held and refitted together
ANCHORS = 5  # deltas of each arm at which no optimum is known beforehand


def delta_values(delta: Delta) -> list[float]:
    """The deltas of one arm, in order, zero among them."""
    n = int(np.floor((delta.high - delta.low) / delta.step + 1e-9)) + 1
    values = {round(delta.low + i * delta.step, 10) + 0.0 for i in range(n)}
    return sorted({*values, 0.0})


def grid(delta: Delta) -> list[dict[str, float]]:
    """Every combination of the arms' deltas, arm -> delta; so each arm is also moved alone."""
    return [
        dict(zip(delta.arms, values, strict=True))
        for values in product(delta_values(delta), repeat=len(delta.arms))
    ]


def shifted(completed: Array, missing: Array, arm: Array, deltas: Mapping[str, float], size: float) -> Array:
    """(m, n) completed outcomes with the imputed ones of each arm moved by its delta times `size`; others stay."""
    moved = np.zeros(len(arm))
    for name, value in deltas.items():
        moved[(arm == name) & missing] = value * size
    found: Array = completed + moved
    return found


@dataclass(frozen=True, eq=False)
class Moving:
    """Completed outcomes (m, n), which of them were imputed (n,) and in which arm (n,); `size`: a delta of one in units
    of the outcome; `refit`: what pools sets of them."""

    completed: Array
    missing: Array
    arm: Array
    size: float
    refit: PoolMany

    def answers(
        self, points: Sequence[Mapping[str, float]], near: Array | None
    ) -> tuple[list[Pooled], Array]:
        """A pooled answer a point, and the optima (points, m, k); near: what these are close to."""
        found: list[Pooled] = []
        optima: list[Array] = []
        for at in range(0, len(points), AT_ONCE):
            part = slice(at, at + AT_ONCE)
            moved = [shifted(self.completed, self.missing, self.arm, p, self.size) for p in points[part]]
            pooled, theta = self.refit(np.stack(moved), None if near is None else near[part])
            found += pooled
            optima.append(theta)
        return found, np.concatenate(optima)


def delta_table(moving: Moving, delta: Delta, pooled: Pooled) -> pd.DataFrame:
    """Columns delta_<arm> for each arm, estimate, std_error, df, p_value: a row per combination.

    moving: the outcome over the rows of the fit. The row without any move is the pooled answer itself. Optima follow
    the deltas smoothly: those of a few points, interpolated, are where the searches of all others begin.
    """
    points = grid(delta)
    anchors = _anchors(delta)
    found, optima = moving.answers(anchors, None)
    known = {tuple(p.values()): answer for p, answer in zip(anchors, found, strict=True)}
    others = [p for p in points if tuple(p.values()) not in known]
    if others:
        found, _ = moving.answers(others, interpolated(anchors, optima, others))
        known |= {tuple(p.values()): answer for p, answer in zip(others, found, strict=True)}
    rows = [_row(p, known[tuple(p.values())] if any(p.values()) else pooled) for p in points]
    return pd.DataFrame(rows)


def _anchors(delta: Delta) -> list[dict[str, float]]:
    """Points of the grid, evenly spread, at ANCHORS values of each arm."""
    values = delta_values(delta)
    places = np.unique(np.linspace(0, len(values) - 1, ANCHORS).round().astype(int))
    some = [values[place] for place in places]
    return [dict(zip(delta.arms, point, strict=True)) for point in product(some, repeat=len(delta.arms))]


def interpolated(
    anchors: Sequence[Mapping[str, float]], optima: Array, points: Sequence[Mapping[str, float]]
) -> Array:
    """(points, m, k) theta at points, from those at the anchors (anchors, m, k): polynomials in the delta of each arm,
    of the variance ratios theta squared. Anchors are all combinations of some deltas."""
    some = sorted({value for anchor in anchors for value in anchor.values()})
    largest = max(map(abs, some)) or 1.0

    def terms(of: Sequence[Mapping[str, float]]) -> Array:
        deltas = np.array([list(point.values()) for point in of]) / largest
        powers = [np.vander(column, len(some)) for column in deltas.T]
        return reduce(lambda a, b: (a[:, :, None] * b[:, None]).reshape(len(a), -1), powers)

    coefficients = np.linalg.solve(terms(anchors), optima.reshape(len(anchors), -1) ** 2)
    ratios = (terms(points) @ coefficients).reshape(len(points), *optima.shape[1:])
    theta: Array = np.sqrt(np.maximum(ratios, 0.0))
    return theta


def _row(deltas: Mapping[str, float], pooled: Pooled) -> dict[str, float]:
    named = {f"{PREFIX}{arm}": value for arm, value in deltas.items()}
    tests = {name: getattr(pooled, name) for name in ("estimate", "std_error", "df", "p_value")}
    return {**named, **tests}


def tipping_points(table: pd.DataFrame, arms: Sequence[str], alpha: float) -> pd.DataFrame:
    """For each arm moved alone, down and up: the smallest delta at which the test no longer says what it says at zero.

    Columns arm, direction (-1 or 1), delta (NaN where no delta of the grid turns the answer), estimate, p_value.
    """
    columns = [f"{PREFIX}{arm}" for arm in arms]
    unmoved = table[(table[columns] == 0).all(axis=1)].iloc[0]
    rows = []
    for arm, direction in product(arms, (-1, 1)):
        own = f"{PREFIX}{arm}"
        alone = (table[[c for c in columns if c != own]] == 0).all(axis=1) & (table[own] * direction > 0)
        steps = table[alone].sort_values(own, key=np.abs)
        turned = steps[[_verdict(row, alpha) != _verdict(unmoved, alpha) for _, row in steps.iterrows()]]
        first = turned.iloc[0] if len(turned) else {own: np.nan, "estimate": np.nan, "p_value": np.nan}
        rows.append((arm, direction, first[own], first["estimate"], first["p_value"]))
    return pd.DataFrame(rows, columns=["arm", "direction", "delta", "estimate", "p_value"])


def _verdict(row: Any, alpha: float) -> int:
    """-1, 0 or 1: the sign of the estimate where the test rejects."""
    return int(np.sign(row["estimate"])) if rejects(row["p_value"], alpha) else 0
