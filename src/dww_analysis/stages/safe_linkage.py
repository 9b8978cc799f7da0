"""Disclosure control for the tables about linking persons by their own codes.

Counts over all teams are exact. Counts of single teams below the study's minimum are hidden, and enough others with
them that no hidden one follows from a total. Means of few linked or unlinked persons are hidden on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.stages.safe_tables import small_cells

LINKAGE_TABLES = ("linkage", "linkage_compare", "linkage_placebo")
_STATISTICS = ("mean_linked", "sd_linked", "mean_unlinked", "sd_unlinked", "difference")


def safe_linkage(tables: Mapping[str, pd.DataFrame], minimum: int) -> dict[str, pd.DataFrame]:
    """The three tables as they may be shown, each with a column `suppressed`."""
    return {
        "linkage": _safe_counts(tables["linkage"], minimum),
        "linkage_placebo": tables["linkage_placebo"].assign(suppressed=False),
        "linkage_compare": _safe_comparison(tables["linkage_compare"], minimum),
    }


def _safe_counts(report: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Hidden: counts of a team's outcomes from 1 to minimum - 1, and more of them until neither a team's total nor
    the total of an outcome over teams gives one away."""
    result = report.reset_index(drop=True)
    of_team = (result["team"] != "").to_numpy()
    count = result["count"].to_numpy(dtype="float64")
    hidden = of_team & (count > 0) & (count < minimum)
    teams = result[of_team]
    groups = [teams.groupby(["sample", "wave", by], sort=False).indices for by in ("team", "outcome")]
    hidden[of_team] = _with_company(count[of_team], hidden[of_team], groups, minimum)
    for name in ("count", "share"):
        result[name] = result[name].astype("float64").mask(hidden)
    return result.assign(suppressed=hidden)


def _with_company(
    count: np.ndarray, hidden: np.ndarray, groupings: Sequence[Mapping[Any, np.ndarray]], minimum: int
) -> np.ndarray:
    """`hidden` extended, smallest count first, until every group of every grouping that hides something hides at least
    two counts and `minimum` persons together, or all it has."""
    hidden = hidden.copy()
    changed = True
    while changed:
        changed = False
        for rows in (rows for groups in groupings for rows in groups.values()):
            there = hidden[rows]
            enough = there.sum() >= 2 and count[rows][there].sum() >= minimum
            shown = rows[~there & (count[rows] > 0)]
            if there.any() and not enough and len(shown):
                hidden[shown[np.argmin(count[shown])]] = True
                changed = True
    return hidden


def _safe_comparison(compared: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """Hidden: rows in which either group is small, and small categories of background variables."""
    result = compared.reset_index(drop=True)
    counts = result[["n_linked", "n_unlinked"]].to_numpy(dtype="float64")
    hidden = ((counts > 0) & (counts < minimum)).any(axis=1)
    cells = _category_cells(result, minimum)
    hidden[cells] = True
    for name in _STATISTICS:
        result[name] = result[name].astype("float64").mask(hidden)
    return result.assign(suppressed=hidden)


def _category_cells(result: pd.DataFrame, minimum: int) -> np.ndarray:
    """Positions of the categories that few persons of a group chose (or all but few did)."""
    categories = result[result["category"].fillna("").ne("")]
    if categories.empty:
        return np.empty(0, dtype="int64")
    parts = [
        categories.assign(
            arm=group,
            sample=categories["sample"].astype("str") + "|" + categories["wave"].astype("str"),
            count=(categories[f"mean_{group}"] * categories[f"n_{group}"]).round().fillna(0),
        )
        for group in ("linked", "unlinked")
    ]
    return np.unique(small_cells(pd.concat(parts), minimum)).astype("int64")
