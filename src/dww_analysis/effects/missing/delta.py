"""How wrong may the imputed values be before the answer turns: they are moved by arm, and everything is pooled again.

Where whoever did not answer would have scored `delta` lower than imputed, the mean of an arm moves by delta times the
share that is missing (Cro, Morris, Kenward & Carpenter 2020).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.plan import Delta
from dww_analysis.effects.missing.pooling import Pooled

Array = NDArray[Any]
PoolMany = Callable[[Array], list[Pooled]]  # (sets, m, n) completed outcomes -> one pooled answer a set
PREFIX = "delta_"
AT_ONCE = 25  # points of the grid that are held and refitted together


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


def delta_table(
    completed: Array,
    missing: Array,
    arm: Array,
    delta: Delta,
    size: float,
    pooled: Pooled,
    pool_many: PoolMany,
) -> pd.DataFrame:
    """Columns delta_<arm> for each arm, estimate, std_error, df, p_value: a row per combination.

    completed (m, n), missing and arm (n,): the outcome over the rows of the fit. size: a delta of one, in units of the
    outcome. The row without any move is the pooled answer itself.
    """
    points = grid(delta)
    moved = [p for p in points if any(p.values())]
    found = []
    for at in range(0, len(moved), AT_ONCE):
        sets = [shifted(completed, missing, arm, p, size) for p in moved[at : at + AT_ONCE]]
        found += pool_many(np.stack(sets))
    again = iter(found)
    rows = [_row(p, next(again) if any(p.values()) else pooled) for p in points]
    return pd.DataFrame(rows)


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
    return int(np.sign(row["estimate"])) if row["p_value"] < alpha else 0
