"""Whether as many persons of every group dropped out: shares of the table of participation."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from dww_analysis.domain.answer import Criterion
from dww_analysis.domain.measurements import NOT_RECOGNISED
from dww_analysis.domain.study import Study

DIFFERENTIAL = 5  # percentage points of difference in drop-out between arms from which they are not alike


def alike(flow: pd.DataFrame | None, study: Study, sample: str) -> Criterion:
    """Whether drop-out differs by less than five percentage points between arms that persons stay in; value: the
    difference in points.

    flow: rows by level, sample, arm, wave and step, with hidden counts absent; None or no rows: unknown.
    """
    if not study.groups:
        return Criterion(False, "no_groups")
    if flow is None or flow.empty:
        return Criterion(False, "unknown")
    persons = flow[(flow["level"] == "person") & (flow["sample"] == sample)]
    if persons.loc[persons["step"] == NOT_RECOGNISED, "count"].sum() > 0:
        return Criterion(False, "not_recognised")
    shares = list(_shares(persons, study))
    if len(shares) < 2 or not all(math.isfinite(s) for s in shares):
        return Criterion(False, "unknown")
    points = round(100 * (max(shares) - min(shares)), 6)
    return Criterion(points < DIFFERENTIAL, "alike" if points < DIFFERENTIAL else "differs", points)


def _shares(persons: pd.DataFrame, study: Study) -> Iterable[float]:
    """Share of each arm's persons that did not answer again, or with one wave of those who were allocated that did not
    answer at all; NaN where the table does not say."""
    first, later = study.waves[0].number, [w.number for w in study.waves[1:]]
    for arm in study.groups:
        own = persons[persons["arm"] == arm.id]
        start = _total(own, "answered", [first])
        if not later:
            allotted = float(own.loc[own["step"] == "allocated", "count"].sum())
            yield 1 - start / allotted if allotted > 0 and start > 0 else math.nan
            continue
        left = own[(own["step"] == "left") & own["wave"].isin(later)]
        everyone = start + _total(own, "newly in", later)
        yield float(left["count"].sum()) / everyone if everyone > 0 and len(left) else math.nan


def _total(rows: pd.DataFrame, step: str, waves: list[int]) -> float:
    return float(rows.loc[(rows["step"] == step) & rows["wave"].isin(waves), "count"].sum())
