"""One entry from its data to everything that is stored, whatever comes up: what cannot be estimated is a sentence."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dww_analysis.domain.estimate import COLUMNS
from dww_analysis.effects.analysis import COMPONENT_COLUMNS, analyse, result_of
from dww_analysis.effects.estimate import EntryData, EntryResult
from dww_analysis.effects.refusals import REFUSALS
from dww_analysis.effects.sensitivity import COLUMNS as SENSITIVITY_COLUMNS
from dww_analysis.effects.sensitivity import sensitivity_of


@dataclass(frozen=True, eq=False)
class Answered:
    """The result of an entry and the table of sensitivity beside it; both empty, with the reason, when it failed."""

    result: EntryResult
    sensitivity: pd.DataFrame


def answered(data: EntryData, careless: pd.DataFrame) -> Answered:
    """The estimates, record and other analyses of one entry. Never raises for what data, design or engine refuse: the
    record then holds `failed`, a sentence, and the tables are empty with their columns."""
    try:
        analysis = analyse(data)
        result = result_of(data, analysis)
    except REFUSALS as error:
        return _failed(data, error)
    shares = analysis.shares if analysis.absolute else None
    return Answered(result, sensitivity_of(data, analysis.found, careless, shares))


def _failed(data: EntryData, error: Exception) -> Answered:
    record = {"entry": data.entry.id, "outcome": data.entry.outcome, "failed": str(error)}
    nothing = (pd.DataFrame(columns=list(c)) for c in (COLUMNS, COMPONENT_COLUMNS, SENSITIVITY_COLUMNS))
    estimates, components, sensitivity = nothing
    return Answered(EntryResult(estimates, components, record), sensitivity)
