"""One entry from its data to everything that is stored, whatever comes up: what cannot be estimated is a sentence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from dww_analysis.domain.estimate import COLUMNS
from dww_analysis.domain.tables.effects import (
    CORRELATIONS,
    RESIDUALS,
    SENSITIVITY,
    VARIANCE_COMPONENTS,
    WEIGHTING,
)
from dww_analysis.effects.analysis import Analysis, analyse, result_of
from dww_analysis.effects.correlations import DRAWS, DRAWS_BESIDE, correlations
from dww_analysis.effects.fitted import EntryData, EntryFit, EntryResult
from dww_analysis.effects.refusals import REFUSALS
from dww_analysis.effects.residuals import residuals_of
from dww_analysis.effects.sensitivity import sensitivity_of
from dww_analysis.effects.untested import without_tests
from dww_analysis.effects.weighting import Weighed, weighed, weighting_of
from dww_analysis.errors import openly


@dataclass(frozen=True, eq=False)
class Answered:
    """The result of an entry, with correlations within units, balance of groups, other analyses and residuals beside.

    All empty, with the reason in the record, when it failed.
    """

    result: EntryResult
    correlations: pd.DataFrame
    weighting: pd.DataFrame
    sensitivity: pd.DataFrame
    residuals: pd.DataFrame


def answered(data: EntryData, careless: pd.DataFrame) -> Answered:
    """The estimates, record and other analyses of one entry. Never raises for what data, design or engine refuse: the
    record then holds `failed`, a sentence, and the tables are empty with their columns."""
    try:
        analysis = analyse(data)
        result = result_of(data, analysis)
    except REFUSALS as error:
        return _failed(data, error)
    if data.notes:
        warnings = [*data.notes, *result.record.get("warnings", [])]
        result = replace(result, record={**result.record, "warnings": warnings})
    units = weighed(data, analysis.found)
    return Answered(
        result,
        _correlations(data, analysis.found),
        weighting_of(data, analysis.found, units),
        without_tests(_sensitivity(data, analysis, careless, units), result.record),
        residuals_of(analysis.found),
    )


def _sensitivity(data: EntryData, analysis: Analysis, careless: pd.DataFrame, units: Weighed) -> pd.DataFrame:
    if analysis.leaving is not None:
        return pd.DataFrame(analysis.leaving.beside, columns=list(SENSITIVITY.names))
    return sensitivity_of(data, analysis.found, careless, units, analysis)


def _correlations(data: EntryData, found: EntryFit | None) -> pd.DataFrame:
    """How much answers of one unit resemble each other, for planned outcomes; without rows where that has no answer."""
    entry, plan, study = data.entry, data.plan, data.study
    nothing = pd.DataFrame(columns=list(CORRELATIONS.names))
    if entry.status == "exploratory" or found is None:
        return nothing
    draws = DRAWS if entry.family == plan.primary else DRAWS_BESIDE
    try:
        return correlations(found.fitted, entry.id, study.unit, plan.conf_level, study.seed, draws)
    except REFUSALS:
        return nothing


def _failed(data: EntryData, error: Exception) -> Answered:
    why = {"failed": str(error), "failed_openly": openly(error)}
    record: dict[str, Any] = {"entry": data.entry.id, "outcome": data.entry.outcome, **why}
    if data.notes:
        record["warnings"] = [*data.notes]
    declared = (VARIANCE_COMPONENTS, CORRELATIONS, WEIGHTING, SENSITIVITY, RESIDUALS)
    components, *beside = (pd.DataFrame(columns=list(t.names)) for t in declared)
    estimates = pd.DataFrame(columns=list(COLUMNS))
    return Answered(EntryResult(estimates, components, record), *beside)
