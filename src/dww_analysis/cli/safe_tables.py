"""Disclosure control for every table of the report, in one place: what is suppressed, and by which count.

Statistics of answers need the study's minimum of persons. Participation counts of arms and organisations stay exact;
counts of single teams below the minimum are printed as `<8`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

# table -> (column with the number of persons, columns with statistics of their answers)
TABLES: Mapping[str, tuple[str | None, tuple[str, ...]]] = {
    "estimates": (
        "n_persons",
        ("estimate", "std_error", "statistic", "p_value", "p_adjusted", "conf_low", "conf_high"),
    ),
    "variance_components": (None, ()),
    "flow": (None, ()),
    "baseline": ("n", ("mean", "sd", "count", "share", "smd")),
    "reliability": (
        "n_persons",
        (
            "alpha",
            "alpha_low",
            "alpha_high",
            "omega",
            "omega_low",
            "omega_high",
            "item_rest_min",
            "item_rest_max",
            "icc1",
            "icc2",
            "icc_f_p",
            "rwgj_mean",
            "rwgj_median",
            "rwgj_min",
            "rwgj_max",
        ),
    ),
    "items": ("n", ("mean", "sd", "floor_share", "ceiling_share", "item_rest", "alpha_if_dropped")),
    "descriptives": ("n", ("mean", "sd", "q25", "median", "q75")),
}


def safe_tables(tables: Mapping[str, pd.DataFrame], minimum: int) -> dict[str, pd.DataFrame]:
    """The same tables with statistics of fewer than `minimum` persons suppressed."""
    return {name: _safe(name, frame, minimum) for name, frame in tables.items()}


def _safe(name: str, frame: pd.DataFrame, minimum: int) -> pd.DataFrame:
    from dww_analysis.privacy.disclosure import suppress

    n_column, values = TABLES[name]
    if name == "baseline":
        return _safe_baseline(frame, minimum)
    if n_column is None:
        return frame
    return suppress(frame, n_column, [v for v in values if v in frame.columns], minimum)


def _safe_baseline(frame: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Numbers by their n. Of categories also the shares of small cells, with a second cell so that none can be had
    by subtraction from the total of its arm or from the other arm."""
    from dww_analysis.privacy.disclosure import suppress

    values = [v for v in TABLES["baseline"][1] if v in frame.columns]
    result = suppress(frame, "n", values, minimum)
    is_category = frame["category"].fillna("").ne("")
    hidden = _small_cells(frame[is_category], minimum)
    result.loc[hidden, values] = float("nan")
    result.loc[hidden, "suppressed"] = True
    return result


def _small_cells(cells: pd.DataFrame, minimum: int) -> pd.Index:
    """Rows of categories to hide: whole categories (all arms), until what is hidden together has `minimum` persons."""
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
