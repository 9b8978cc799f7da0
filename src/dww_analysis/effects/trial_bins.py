"""Estimates of invented trials, counted in bins: how they spread, and which of them the test calls an effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[Any]
COLUMNS = ("entry", "effect", "is_sesoi", "bin", "low", "high", "trials", "rejected")
FEWEST = 25  # bins from the lowest to the highest estimate, about; at most two and a half times as many
STEPS = (5.0, 2.0, 1.0)  # what a width may be, times a power of ten


def bin_rows(
    estimate: Array, rejected: Mapping[tuple[float, bool], Array], head: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """`binned` of trials without effect, which serve all effects: an effect moves every estimate by itself.

    estimate: (n,). rejected: (true effect, whether it is the smallest of interest) -> (n,) bool."""
    return binned({key: (estimate + key[0], found) for key, found in rejected.items()}, head)


def binned(
    tried: Mapping[tuple[float, bool], tuple[Array, Array]], head: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """A row for each true effect and each bin that holds an estimate.

    tried: (true effect, whether it is the smallest of interest) -> estimates (n,) of its trials, NaN where a fit failed
    (such a trial is in no bin), and (n,) bool, what the test called an effect. All effects have the same edges, which
    are multiples of the width. A bin holds its low edge and not its high one.
    """
    known = {key: np.isfinite(estimate) for key, (estimate, _) in tried.items()}
    moved = {key: estimate[known[key]] for key, (estimate, _) in tried.items() if known[key].any()}
    if not moved:
        return []
    edges = edges_of([float(f(m)) for m in moved.values() for f in (np.min, np.max)])
    rows: list[dict[str, Any]] = []
    for (effect, is_sesoi), values in moved.items():
        called_effect = tried[effect, is_sesoi][1][known[effect, is_sesoi]]
        at = np.searchsorted(edges, values, side="right") - 1
        found = np.bincount(at, minlength=len(edges) - 1)
        called = np.bincount(at, weights=called_effect, minlength=len(edges) - 1)
        rows += [
            {
                **head, "effect": effect, "is_sesoi": is_sesoi, "bin": int(i),
                "low": edges[i], "high": edges[i + 1], "trials": int(found[i]), "rejected": int(called[i]),
            }
            for i in np.flatnonzero(found)
        ]  # fmt: skip
    return rows


def edges_of(values: Sequence[float]) -> Array:
    """Edges of bins of equal width around all values: multiples of a round width, at least FEWEST bins or so."""
    low, high = min(values), max(values)
    width = _round_width((high - low) / FEWEST)
    first, last = int(np.floor(low / width)), int(np.floor(high / width)) + 1
    return np.array([float(f"{i * width:.12g}") for i in range(first, last + 1)])


def _round_width(width: float) -> float:
    """The largest round width that is at most this; 1 where all values are the same."""
    if width <= 0:
        return 1.0
    ten = 10.0 ** np.floor(np.log10(width))
    return float(next(step * ten for step in STEPS if step * ten <= width * (1 + 1e-9)))


def bin_table(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The rows with their columns in order; without rows an empty table."""
    return pd.DataFrame([dict(r) for r in rows], columns=list(COLUMNS))
