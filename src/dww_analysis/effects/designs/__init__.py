"""The designs, one row each: how the frame is prepared and which model is fitted where the plan gives no formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.effects.designs import before_after, parallel_cluster, stepped_wedge, waves_only
from dww_analysis.effects.designs.given import given_model
from dww_analysis.effects.frames import PERIOD, PRECISION, UNWEIGHTED
from dww_analysis.effects.models import Model
from dww_analysis.errors import amount


@dataclass(frozen=True)
class DesignModel:
    """One design. prepare: the frame with the columns the model names; model: what is fitted and estimated."""

    prepare: Callable[[pd.DataFrame, PlanEntry, Study], pd.DataFrame]
    model: Callable[[PlanEntry, Plan, Study, pd.DataFrame], Model]


DESIGNS: Mapping[str, DesignModel] = {
    "parallel_cluster": DesignModel(parallel_cluster.prepare, parallel_cluster.model),
    "stepped_wedge": DesignModel(stepped_wedge.prepare, stepped_wedge.model),
    "before_after": DesignModel(before_after.prepare, before_after.model),
    "waves_only": DesignModel(waves_only.prepare, waves_only.model),
}


def prepared(frame: pd.DataFrame, entry: PlanEntry, study: Study) -> pd.DataFrame:
    """The frame as the entry's model needs it. FitError where the rows cannot carry the planned contrast."""
    return frame if entry.formula is not None else DESIGNS[study.design].prepare(frame, entry, study)


def model_for(entry: PlanEntry, plan: Plan, study: Study, frame: pd.DataFrame) -> Model:
    """The model of one entry on a prepared frame (`frames`): the formula of the plan, or the design's own. FitError
    or PlanError where the design cannot be estimated on these rows."""
    if entry.formula is not None:
        model = given_model(entry, study, frame)
    else:
        model = DESIGNS[study.design].model(entry, plan, study, frame)
    model = model if entry.weights is None else _weighted(model, entry, frame)
    return model if entry.per is None else _over_time(model, entry, frame)


def _weighted(model: Model, entry: PlanEntry, frame: pd.DataFrame) -> Model:
    """The same model with the precision of each row, and a note of rows that have none."""
    lost = _lost(entry, str(entry.weights), frame)
    methods = (*model.methods, "precision_weights")
    return replace(model, weights=PRECISION, methods=methods, warnings=(*model.warnings, *lost))


def _over_time(model: Model, entry: PlanEntry, frame: pd.DataFrame) -> Model:
    """The same model of counts by the time of each row."""
    lost = _lost(entry, str(entry.per), frame)
    return replace(
        model, period=PERIOD, methods=(*model.methods, "counted_over"), warnings=(*model.warnings, *lost)
    )


def _lost(entry: PlanEntry, name: str, frame: pd.DataFrame) -> list[str]:
    lost = int(frame[UNWEIGHTED].sum())
    have, count = ("has", "does") if lost == 1 else ("have", "do")
    rows = amount(lost, "row", "rows")
    return [f"{entry.id}: {rows} with a score {have} no `{name}` and {count} not count."] if lost else []
