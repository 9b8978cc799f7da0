"""Where arms are compared and no test can be had: how much units of an arm differ is not known from one unit, and a lot
with few possible outcomes gives no small p either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.contrasts import Contrast
from dww_analysis.domain.estimate import rejects
from dww_analysis.domain.study import Study
from dww_analysis.effects.fitted import EntryData
from dww_analysis.effects.lots import lot_of

PERMUTATION = "permutation"  # the df method of a test over what the lot could have given


def untested(data: EntryData, used: pd.DataFrame, contrast: Contrast) -> str:
    """Why a contrast of arms has an estimate and no test at the plan's level; "" where it has one.

    used: the rows that it rests on, with wave, arm, organisation and the unit of allocation.
    """
    study = data.study
    if not study.groups or study.unit == "person" or not contrast.arm:
        return ""
    here = used if contrast.wave is None else used[used["wave"] == str(contrast.wave)]
    facts = here.dropna(subset=[study.unit]).drop_duplicates(study.unit)
    arm = arm_of_one(study, facts)
    level = 1 - data.plan.conf_level
    smallest = None if arm is None else _smallest_by_lot(data, facts)
    if arm is None or (smallest is not None and rejects(smallest, level)):
        return ""
    alone = f"one {study.unit} in arm {arm}"
    by_lot = "" if smallest is None else f", and by lot no p below {short_p(smallest)} can come out"
    return (
        f"no test at {short_p(level)} exists: {alone}, so how much {study.unit}s of an arm differ is not "
        f"known{by_lot}."
    )


def arm_of_one(study: Study, rows: pd.DataFrame) -> str | None:
    """The arm with rows of a single unit of allocation; None where arms have several, or persons were allocated."""
    if not study.groups or study.unit == "person":
        return None
    units = rows.groupby("arm", observed=True)[study.unit].nunique()
    return str(units.idxmin()) if len(units) and units.min() < 2 else None


def _smallest_by_lot(data: EntryData, facts: pd.DataFrame) -> float | None:
    """The share of one allocation among all that could have been drawn; None where it was not by lot."""
    if not data.study.by_lot:
        return None
    allocations, _ = lot_of(data.study, facts, data.drawable).allocations(data.study.seed)
    return 1 / len(allocations)


def short_p(p: float) -> str:
    """A p value as sentences have it, .05."""
    return f"{p:.2g}".removeprefix("0")


def without_tests(rows: pd.DataFrame, record: Mapping[str, Any]) -> pd.DataFrame:
    """Estimates, or other analyses beside them, of an entry: without statistic and p_value (NaN), and called no
    effect, where its record says that no test exists. Rows of what the lot itself says stay; intervals stay, as what
    the model makes of how units differ."""
    if "untested" not in record:
        return rows
    by_model = rows["df_method"] != PERMUTATION
    bare = {name: rows[name].mask(by_model) for name in ("statistic", "p_value")}
    if "noun" in rows:
        bare["noun"] = rows["noun"].mask(by_model & rows["noun"].eq("effect"), "difference")
    return rows.assign(**bare)
