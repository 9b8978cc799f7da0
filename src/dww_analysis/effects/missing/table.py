"""From the analysis frame to what the sampler takes: scores side by side, the fixed part, the levels; and refusals.

The fixed part has a mean for every arm at every wave (or for every wave and exposure time), strata, and background.
The levels are those of the analysis model itself, so that what it estimates is in the imputed values too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.effects.missing.expected import KEYS
from dww_analysis.effects.missing.gibbs import Rows
from dww_analysis.effects.missing.imputable import few_units
from dww_analysis.errors import FitError, Problem, raise_all

Array = NDArray[Any]
INDEPENDENT = 1e-8  # share of a column's length that must be left beside the columns before it


@dataclass(frozen=True, eq=False)
class ModelTable:
    """Rows for the sampler, with names. The outcome is the first score."""

    rows: Rows
    scores: tuple[str, ...]
    columns: tuple[str, ...]  # of the fixed part
    left_out: tuple[str, ...]  # columns that the answers cannot tell from others


def model_table(
    frame: pd.DataFrame,
    outcome: str,
    auxiliaries: Mapping[str, pd.DataFrame],
    background: Sequence[str],
    levels: Sequence[str],
    strata: bool,
) -> ModelTable:
    """The rows of an analysis frame (a row per expected person and wave) as the sampler takes them.

    auxiliaries: scale -> person, wave, score. background: columns of the frame. levels: groups of the analysis model,
    "team:wave" for a unit at a wave. strata: whether organisations are in the fixed part.
    FitError with all problems: clusters of one person, fewer units than scores + 2, no values of a score in a cell.
    """
    scores = (outcome, *auxiliaries)
    Y = np.column_stack([frame["score"], *(_aligned(frame, table) for table in auxiliaries.values())])
    cells = _cells(frame)
    raise_all([*few_units(frame, levels, len(scores)), *_empty_cells(cells, Y, scores)], FitError)
    others = [_dummies(frame["organisation"]).iloc[:, 1:]] if strata else []
    fixed = pd.concat([cells, *others, *(_background(frame[b]) for b in background)], axis=1)
    kept = independent(fixed.to_numpy(float), [~np.isnan(y) for y in Y.T])
    return ModelTable(
        Rows(Y, fixed.to_numpy(float)[:, kept], {level: _codes(frame, level) for level in levels}),
        scores,
        tuple(fixed.columns[kept]),
        tuple(fixed.columns[~kept]),
    )


def _aligned(frame: pd.DataFrame, table: pd.DataFrame) -> Array:
    """A score of the rows of the frame; persons as text, as in the frame."""
    keys = pd.DataFrame(
        {"person": frame["person"].astype(str), "wave": frame["wave"].astype(str).astype(int)}
    )
    given = table[[*KEYS, "score"]].astype({"person": str})
    found: Array = keys.merge(given, on=KEYS, how="left")["score"].to_numpy(float)
    return found


def _cells(frame: pd.DataFrame) -> pd.DataFrame:
    """One 0/1 column per arm and wave; per wave and per exposure time where units start at waves of their own."""
    wave = frame["wave"].astype(str)
    if "exposure" in frame:
        exposed = _dummies(frame["exposure"].astype(int)).iloc[:, 1:]
        return pd.concat([_dummies("wave " + wave), exposed.add_prefix("exposure ")], axis=1)
    if frame["arm"].notna().all():
        return _dummies(frame["arm"].astype(str) + " at wave " + wave)
    return _dummies("wave " + wave)


def _dummies(values: pd.Series) -> pd.DataFrame:
    plain = values.astype(str) if isinstance(values.dtype, pd.CategoricalDtype) else values
    table = pd.get_dummies(plain, dtype=float)
    table.columns = table.columns.astype(str)
    return table


def _background(values: pd.Series) -> pd.DataFrame:
    """A background variable: categories without the first, or a centred number; what is not known is a category."""
    name = str(values.name)
    if pd.api.types.is_numeric_dtype(values):
        centred = values.astype(float) - values.astype(float).mean()
        columns = {name: centred.fillna(0.0), f"{name} not known": values.isna().astype(float)}
        return pd.DataFrame(columns)
    known = values.astype("string").fillna("not known")
    return _dummies(known).iloc[:, 1:].add_prefix(f"{name} ")


def independent(X: Array, seen: Sequence[Array]) -> Array:
    """(q,) bool: columns that are no sum of those before them, in the rows of every score by themselves."""
    kept = np.zeros(X.shape[1], dtype=bool)
    bases = [np.zeros((int(rows.sum()), 0)) for rows in seen]
    for j in range(X.shape[1]):
        left = [_left(X[rows, j], basis) for rows, basis in zip(seen, bases, strict=True)]
        found = [rest for rest in left if rest is not None]
        if len(found) == len(bases):
            kept[j] = True
            bases = [np.column_stack([b, rest]) for b, rest in zip(bases, found, strict=True)]
    return kept


def _left(column: Array, basis: Array) -> Array | None:
    """What is left of a column beside the basis, of length one; None where nothing is."""
    rest = column - basis @ (basis.T @ column)
    rest = rest - basis @ (basis.T @ rest)
    length, whole = float(np.linalg.norm(rest)), float(np.linalg.norm(column))
    return None if length <= INDEPENDENT * max(whole, 1.0) else rest / length


def _codes(frame: pd.DataFrame, level: str) -> Array:
    codes: Array = frame.groupby(level.split(":"), observed=True, sort=True).ngroup().to_numpy()
    return codes


def _empty_cells(cells: pd.DataFrame, Y: Array, scores: Sequence[str]) -> list[Problem]:
    found = []
    for name, y in zip(scores, Y.T, strict=True):
        filled = cells.to_numpy()[~np.isnan(y)].any(axis=0)
        found += [
            Problem(
                found=f"imputation is not possible: `{name}` has no values for {cell}",
                where="plan.yaml, missing: imputation",
                expected="values of every score for each arm at each wave; what nobody answered cannot be imputed",
                action="take the scale out of `auxiliaries`, or leave `imputation` out",
            )
            for cell in cells.columns[~filled]
        ]
    return found
