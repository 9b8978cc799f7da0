"""Disclosure control for every table of the report, in one place: what is suppressed, and by which count.

Statistics of answers need the study's minimum of persons. Participation counts of arms and organisations stay exact;
counts of single teams below the minimum are printed as `<8`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

# table -> column with the number of persons behind a row, or None where rows are counts or rest on all persons
TABLES: Mapping[str, str | None] = {
    "estimates": "n_persons",
    "variance_components": None,
    "flow": None,
    "baseline": "n",
    "reliability": "n_persons",
    "items": "n",
    "descriptives": "n",
    "sensitivity": "n_persons",
    "missing_by_scale": "n",
    "missing_by_item": "n",
    "missing_by_team": None,
    "drift": "n",
    "careless": None,
    "stability": "n_persons",
    "invariance": "n_persons",
    "invariance_steps": None,
    "factor_structure": "n_persons",
}
# numbers that say nothing about answers
NOT_ANSWERS = {
    "wave",
    "from_wave",
    "n",
    "n_items",
    "n_teams",
    "missing",
    "conf_level",
    "score_min",
    "score_max",
}
NOT_ANSWERS |= {"n_obs", "n_persons", "n_organisations", "rows_left_out", "asked", "wave_1", "wave_2"}


def safe_tables(tables: Mapping[str, pd.DataFrame], minimum: int) -> dict[str, pd.DataFrame]:
    """The same tables with statistics of fewer than `minimum` persons suppressed."""
    return {name: _safe(name, frame, minimum) for name, frame in tables.items()}


def _safe(name: str, frame: pd.DataFrame, minimum: int) -> pd.DataFrame:
    from dww_analysis.privacy.disclosure import suppress

    n_column = TABLES[name]
    if name == "careless":
        return _small_counts(frame, minimum)
    if n_column is None:
        return frame
    values = [c for c in frame.select_dtypes("number").columns if c not in NOT_ANSWERS]
    result = suppress(frame, n_column, values, minimum)
    if name == "baseline":
        is_category = result["category"].fillna("").ne("")
        hidden = small_cells(frame[is_category], minimum)
        result.loc[hidden, values] = float("nan")
        result.loc[hidden, "suppressed"] = True
    return result


def _small_counts(frame: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Counts of persons from 1 up to the minimum as text, `<8`; a wave's number of persons stays."""
    result = frame.copy()
    for column in frame.columns.drop([c for c in ("sample", "wave", "n") if c in frame]):
        counts = pd.to_numeric(frame[column])
        small = (counts > 0) & (counts < minimum)
        result[column] = [
            f"<{minimum}" if hide else str(int(n)) for n, hide in zip(counts, small, strict=True)
        ]
    return result


def small_cells(cells: pd.DataFrame, minimum: int) -> pd.Index:
    """Rows of small categories to hide. Whole categories (all arms) are hidden, and enough of them that none can be had
    by subtraction: at least two, with `minimum` persons together in each arm."""
    hidden: list = []
    for _, variable in cells.groupby(["sample", "variable"], sort=False):
        counts = variable.pivot_table(index="category", columns="arm", values="count", aggfunc="sum")
        smallest = counts.min(axis=1)
        chosen = list(smallest.index[(smallest < minimum) & (counts.max(axis=1) > 0)])
        rest = [c for c in smallest.sort_values(kind="stable").index if c not in chosen]
        while chosen and rest and (len(chosen) < 2 or counts.loc[chosen].sum().min() < minimum):
            chosen.append(rest.pop(0))
        hidden += list(variable.index[variable["category"].isin(chosen)])
    return pd.Index(hidden)
