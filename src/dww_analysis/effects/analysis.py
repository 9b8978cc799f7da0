"""What one entry is answered by: its mixed model, and of yes or no between arms the difference of shares beside it; of
leaving the employer its hazards and risks.

Absolute and relative stand together. Which is the planned answer is in the plan; where a mixed model of yes or no
carries no test (hardly any yes or no in an arm, or 0 and 1 separated) the difference of shares answers alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from dww_analysis.domain.estimate import COLUMNS
from dww_analysis.domain.outcomes import RISK_DIFFERENCE
from dww_analysis.domain.tables.effects import VARIANCE_COMPONENTS
from dww_analysis.effects.estimate import estimates_of, fit_entry, read_estimates
from dww_analysis.effects.fitted import EntryData, EntryFit, EntryResult
from dww_analysis.effects.leaving import KIND, Leaving, estimate_leaving
from dww_analysis.effects.refusals import REFUSALS
from dww_analysis.effects.shares import UnitShares, has_shares, share_difference, unit_shares

NO_ODDS_RATIO = "no_odds_ratio"


@dataclass(frozen=True, eq=False)
class Analysis:
    """Always true: there is a mixed model (`found`), or there are shares, or `leaving` alone; `absolute` only with
    shares."""

    found: EntryFit | None
    shares: UnitShares | None = None
    absolute: bool = False  # whether the difference of shares is the planned answer
    notes: tuple[str, ...] = ()  # why one of the two is not there
    leaving: Leaving | None = None

    @property
    def used(self) -> pd.DataFrame:
        """The rows that the planned answer rests on, with person and wave; of leaving months stand for waves."""
        if self.leaving is not None:
            return self.leaving.months.after.rename(columns={"month": "wave"})
        if self.shares is not None and self.absolute:
            return self.shares.answers
        assert self.found is not None  # always true, see above
        return self.found.used


def estimate_entry(data: EntryData) -> EntryResult:
    """The estimates of one entry. FitError or PlanError when it cannot be estimated."""
    return result_of(data, analyse(data))


def analyse(data: EntryData) -> Analysis:
    """Fit one entry's model, by the kind of its outcome, and where it has them compare shares.

    FitError or PlanError when the planned answer, or what stands in for it, cannot be had.
    """
    if data.scale.measure == KIND.id:
        return Analysis(None, leaving=estimate_leaving(data))
    if not has_shares(data):
        return Analysis(fit_entry(data))
    planned = data.entry.summary == RISK_DIFFERENCE
    shares, no_shares = _tried(lambda: _with_difference(data))
    if shares is None and planned:
        raise no_shares
    few = shares is not None and shares.few
    found, no_fit = _tried(lambda: None if few else fit_entry(data))
    if shares is None and found is None:
        raise no_fit
    notes = [*_no_shares(data, no_shares), *_no_fit(data, found, few, no_fit)]
    return Analysis(found, shares, planned or found is None, tuple(notes))


def _with_difference(data: EntryData) -> UnitShares:
    """The shares, where they can be compared."""
    shares = unit_shares(data)
    share_difference(data, shares, planned=False)
    return shares


def _tried(make: Callable[[], Any]) -> tuple[Any, Any]:
    """(what was made, None), or (None, the refusal)."""
    try:
        return make(), None
    except REFUSALS as error:
        return None, error


def _no_shares(data: EntryData, error: Exception | None) -> list[str]:
    if error is None:
        return []
    return [f"{data.entry.id}: no difference of shares beside the odds ratio: {_first_line(error)}"]


def _no_fit(data: EntryData, found: EntryFit | None, few: bool, error: Exception | None) -> list[str]:
    if found is not None:
        return []
    why = "hardly anyone in an arm says yes, or no" if few else _first_line(error)
    return [f"{data.entry.id}: no odds ratio, the difference of shares answers alone: {why}"]


def _first_line(error: Exception | None) -> str:
    return str(error).split("\n")[0]


def result_of(data: EntryData, analysis: Analysis) -> EntryResult:
    """The estimates, variance components and record of an analysis."""
    if analysis.leaving is not None:
        return analysis.leaving.result
    shares, table = analysis.shares, analysis_estimates(data, analysis)
    if analysis.found is None:
        return EntryResult(
            table, pd.DataFrame(columns=list(VARIANCE_COMPONENTS.names)), _record(data, analysis)
        )
    own = read_estimates(data, analysis.found)
    if shares is None and not analysis.notes:
        return own
    record = own.record | _added(own.record, analysis)
    return EntryResult(table, own.components, record)


def _added(record: dict[str, Any], analysis: Analysis) -> dict[str, Any]:
    methods = (
        *(analysis.shares.methods if analysis.shares else ()),
        *(() if analysis.found else (NO_ODDS_RATIO,)),
    )
    notes = (*(analysis.shares.notes if analysis.shares else ()), *analysis.notes)
    return {
        "methods": [*record.get("methods", []), *methods],
        "warnings": [*record.get("warnings", []), *notes],
    }


def _record(data: EntryData, analysis: Analysis) -> dict[str, Any]:
    return {"entry": data.entry.id, "outcome": data.entry.outcome, "means": [], **_added({}, analysis)}


def analysis_estimates(data: EntryData, analysis: Analysis) -> pd.DataFrame:
    """Columns of domain.estimate: the planned answer first, and the other way to compare the arms right behind it."""
    if analysis.leaving is not None:
        return analysis.leaving.result.estimates
    mixed = [] if analysis.found is None else estimates_of(data, analysis.found).to_dict("records")
    if analysis.shares is None:
        return pd.DataFrame(mixed, columns=list(COLUMNS))
    share = asdict(share_difference(data, analysis.shares, planned=analysis.absolute))
    first, others = mixed[:1], mixed[1:]
    pair = [share, *(_beside(row) for row in first)] if analysis.absolute else [*first, share]
    return pd.DataFrame([*pair, *others], columns=list(COLUMNS))


def _beside(row: dict[Any, Any]) -> dict[Any, Any]:
    """The planned contrast of the mixed model, where that is not the planned answer."""
    return {**row, "id": f"{row['entry']}.{row['summary']}", "primary": False, "family": ""}
