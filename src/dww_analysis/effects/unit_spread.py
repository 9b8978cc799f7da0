"""How far units lie apart by a model: from its variances alone, so that no unit is in it."""

from __future__ import annotations

import math

import pandas as pd

from dww_analysis.domain.study import level_of

INTERCEPT = ("(Intercept)", "")
ABOVE = {"team": ("team", "organisation"), "organisation": ("organisation",)}


def spread_of_units(components: pd.DataFrame, unit: str) -> float | None:
    """The SD of the expected scores of units at one wave: the root of the sum of the variances of units and of what
    they lie in, over all waves and at one wave.

    components: rows of the table `variance_components` of one entry, on the scale of the outcome. unit: "team" or
    "organisation". None where the model has no such variance, one is hidden, or slopes make it another at each wave.
    """
    groups = components["group"].astype(str).map(level_of)
    own = components[groups.str.split(":").str[0].isin(ABOVE.get(unit, ()))]
    if unit not in set(groups[own.index]):
        return None
    slopes = ~own["term_1"].fillna("").isin(INTERCEPT) | (own["term_2"].fillna("") != "")
    total = own["estimate"].sum(skipna=False)
    return None if slopes.any() or not math.isfinite(total) else math.sqrt(max(float(total), 0.0))
