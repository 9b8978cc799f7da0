"""Correcting p values within a family of estimates: Holm for a primary family, Benjamini-Hochberg for exploring."""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.plan import Plan

METHODS = {"holm": "holm", "BH": "fdr_bh"}


def adjust_families(estimates: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The estimates table with p_adjusted and adjust_method filled in, row order kept.

    Each family's primary contrasts are corrected together (rows with a family and a unit of their own); a standardised
    row is the same test as the row it restates and carries the same adjusted p. Rows without a family keep NaN.
    `p_value` is never changed: it belongs to the interval.
    """
    from statsmodels.stats.multitest import multipletests

    result = estimates.copy()
    result["p_adjusted"] = float("nan")
    result["adjust_method"] = "none"
    own = ~result["standardised"].astype(bool) & result["p_value"].notna()
    for family in plan.families.values():
        rows = result.index[own & (result["family"] == family.id)]
        if len(rows) == 0:
            continue
        p = result.loc[rows, "p_value"].to_numpy(float)
        adjusted = p if family.adjust == "none" else multipletests(p, method=METHODS[family.adjust])[1]
        for row, value in zip(rows, adjusted, strict=True):
            same_test = result["primary"].astype(bool) & (result["entry"] == result.at[row, "entry"])
            result.loc[same_test, "p_adjusted"] = value
            result.loc[same_test, "adjust_method"] = family.adjust
    return result
