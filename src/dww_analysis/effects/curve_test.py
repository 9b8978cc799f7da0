"""One p value for all points of a curve: the median of their estimates under other allocations.

Every point's planned estimator is computed under the same allocations (`planned`), so that what the points share is in
the reference distribution too. Only where units were allocated by lot and work side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.effects.checks import Allotted, allotted
from dww_analysis.effects.fitted import EntryData, EntryFit
from dww_analysis.effects.lots import lot_of
from dww_analysis.effects.permutation import Reference
from dww_analysis.effects.planned import blocks_of, estimates_under
from dww_analysis.effects.refusals import REFUSALS

Array = NDArray[Any]
MOST = 9_999  # allocations; of more, so many are drawn: a p value of .05 then has a standard error of .002


@dataclass(frozen=True)
class JointTest:
    """Two-sided permutation test of no effect, over the median of the points' estimates."""

    n_points: int
    median: float
    p_value: float
    n_allocations: int
    exact: bool
    smallest_p: float


@dataclass(frozen=True, eq=False)
class _Point:
    """One point's allocation with the unit of each row by name."""

    by_lot: Allotted
    facts: pd.DataFrame  # unit -> organisation (of other units), arm, start


def joint_test(points: Sequence[tuple[EntryData, EntryFit]]) -> JointTest | None:
    """The test over the points of one entry; None where it is not offered or the points' units cannot be laid together:
    no lot, starts at waves of their own, a formula of the plan's own, outcomes that are no numbers."""
    if not points or not all(_offered(*point) for point in points):
        return None
    try:
        parts = [_part(*point) for point in points]
    except REFUSALS:
        return None
    facts = pd.concat([p.facts for p in parts])
    facts = facts[~facts.index.duplicated()].sort_index()
    if any(not p.facts.equals(facts.loc[p.facts.index]) for p in parts):
        return None  # a unit in two arms or strata, by other links
    data = points[0][0]
    unit = facts.rename_axis(data.study.unit).reset_index()
    try:
        lot = lot_of(data.study, unit, data.drawable)
    except REFUSALS:
        return None
    allocations, exact = lot.some(data.study.seed, MOST)
    tried = np.vstack([lot.given, allocations])  # the allocation as it was, then what it is laid beside
    medians = np.median([_estimates(p, facts.index, lot.given, tried) for p in parts], axis=0)
    own, under = float(medians[0]), medians[1:]
    ones = np.ones(len(under))
    reference = Reference(under, 0 * ones, ones, exact, (own, 0.0, 1.0))
    return JointTest(len(parts), own, reference.p_value(), len(under), exact, reference.smallest_p())


def _offered(data: EntryData, found: EntryFit) -> bool:
    study = data.study
    side_by_side = study.design == "parallel_cluster" and study.by_lot and not study.starts
    return side_by_side and data.entry.formula is None and found.kind.family == "gaussian"


def _part(data: EntryData, found: EntryFit) -> _Point:
    by_lot = allotted(data, found)
    rows = found.frame.loc[by_lot.null.frame.index]
    unit = data.study.unit
    facts = rows.drop_duplicates(unit).set_index(unit)
    facts = facts[[name for name in ("organisation", "arm", "start") if name != unit]]
    texts = {name: str for name in ("organisation", "arm") if name in facts}
    return _Point(by_lot, facts.set_axis(facts.index.astype(str)).astype(texts))


def _estimates(part: _Point, units: pd.Index, given: Array, allocations: Array) -> Array:
    """(m,) the planned estimate of one point under each allocation of all units; units without rows add nothing."""
    number = units.get_indexer(pd.Index(part.by_lot.names))[part.by_lot.units]
    blocks = blocks_of(part.by_lot.null, number, len(units), part.by_lot.effects)
    return estimates_under(blocks, allocations, given)[0]
