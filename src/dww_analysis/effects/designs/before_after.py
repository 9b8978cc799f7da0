"""Units start and not by lot, so that the answer is a difference that goes with the start and not an effect of it.

Units that start one after the other, or never, have the model of a stepped wedge. Where all start at the same wave that
model cannot tell a start from its wave: the waves after it are compared with those before, as without arms.
"""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.contrasts import MEAN_EXPOSURE, Contrast
from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.effects.designs import stepped_wedge
from dww_analysis.effects.designs.around import around, few_waves, formula_of, time_terms
from dww_analysis.effects.designs.terms import modelled
from dww_analysis.effects.models import Model, Target


def prepare(frame: pd.DataFrame, entry: PlanEntry, study: Study) -> pd.DataFrame:
    """As of a stepped wedge; with the columns of two trends, where all units start at one wave and waves allow them."""
    frame = stepped_wedge.prepare(frame, entry, study)
    start = common_start(frame)
    return frame if start is None else around(study, frame, start).prepared(frame)


def model(entry: PlanEntry, plan: Plan, study: Study, frame: pd.DataFrame) -> Model:
    """The model of a stepped wedge; of one common start waves as categories or two trends, and by exposure how the
    waves after it differ from the last one before it, or from where the trend before it would have led. Contrasts
    of fewer persons than the minimum are left out, but for the planned one.

    frame: a row per person and wave, as `frames` makes it.
    """
    start = common_start(frame)
    if start is None:
        return stepped_wedge.model(entry, plan, study, frame)
    found = around(study, frame, start)
    planned = str(entry.exposure or MEAN_EXPOSURE)
    mean = Contrast(study.treated_arm, study.reference_arm, exposure=MEAN_EXPOSURE)
    targets = [Target(found.mean_of(found.after), mean, planned == MEAN_EXPOSURE)]
    targets += [
        Target(found.weights_at(w), _at(study, w - start + 1), planned == str(w - start + 1))
        for w in found.after
        if planned == str(w - start + 1)
        or stepped_wedge.persons_at(frame, w - start + 1) >= study.min_cell_size
    ]
    parts = modelled(time_terms(found, frame), entry, plan, study, frame)
    shown = tuple(sorted(targets, key=lambda t: not t.primary))
    return Model(formula_of(parts, found), shown, parts.methods, (*parts.warnings, *few_waves(found, entry)))


def common_start(frame: pd.DataFrame) -> int | None:
    """The wave at which every unit with answers starts; None where they differ, or some never do."""
    starts = frame.loc[frame["score"].notna(), "start"].unique()
    return int(starts[0]) if len(starts) == 1 and starts[0] == starts[0] else None


def _at(study: Study, exposure: int) -> Contrast:
    return Contrast(study.treated_arm, study.reference_arm, exposure=str(exposure))
