"""What one entry is answered by: its mixed model, and of yes or no the difference and ratio of shares beside it; of
leaving the employer its hazards and risks.

Absolute and relative stand together. Which is the planned answer is in the plan; where a mixed model of yes or no
carries no test (hardly any yes or no in an arm, or 0 and 1 separated) the difference of shares answers alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pandas as pd

from dww_analysis.domain.estimate import COLUMNS
from dww_analysis.domain.outcomes import ODDS_RATIO, RISK_DIFFERENCE, RISK_RATIO
from dww_analysis.domain.tables.effects import VARIANCE_COMPONENTS
from dww_analysis.effects import logistic
from dww_analysis.effects.deciding import Decided, as_decided, decided, planned_estimates
from dww_analysis.effects.estimate import fit_entry, read_estimates
from dww_analysis.effects.fitted import EntryData, EntryFit, EntryResult
from dww_analysis.effects.leaving import KIND, Leaving, estimate_leaving
from dww_analysis.effects.refusals import REFUSALS
from dww_analysis.effects.shares import (
    HARDLY_ANYONE,
    UnitShares,
    share_difference,
    share_ratio,
    unit_shares,
)
from dww_analysis.effects.standardised import STANDARDISED, standardised_means, standardised_rows
from dww_analysis.effects.untested import untested, without_tests
from dww_analysis.effects.ways import (
    BY_UNIT,
    UNIT_RATIO,
    Way,
    compares_shares,
    odds_of_few,
    planned_way,
)
from dww_analysis.errors import openly

FEW_UNITS = (
    "{entry}: the plan asks for an odds ratio of few units at one wave. Its test rejects too often where units differ "
    "in size; the difference of the units' shares beside it keeps its level."
)
NO_ODDS_RATIO, LOGISTIC = "no_odds_ratio", "logistic"


@dataclass(frozen=True, eq=False)
class Analysis:
    """Always true: there is a mixed model (`found`), or there are shares, or `leaving` alone; `way` where yes or no is
    compared, its summary by unit only with shares, else only with a model, of which `deciding` is the test."""

    found: EntryFit | None
    shares: UnitShares | None = None
    way: Way | None = None  # which answer is the planned one
    notes: tuple[str, ...] = ()  # why one of them is not there
    leaving: Leaving | None = None
    logistic: bool = False  # whether the odds ratio is one of persons who each answered once
    deciding: Decided = field(default_factory=Decided)

    @property
    def of_units(self) -> bool:
        """Whether the planned answer is one of the units' shares."""
        return self.way is not None and self.way.of_units

    @property
    def used(self) -> pd.DataFrame:
        """The rows that the planned answer rests on, with person and wave; of leaving months stand for waves."""
        if self.leaving is not None:
            return self.leaving.months.after.rename(columns={"month": "wave"})
        if self.shares is not None and (self.of_units or self.found is None):
            return self.shares.answers
        assert self.found is not None  # always true, see above
        return self.found.used

    def answered_by(self, way: Way | None) -> Analysis | None:
        """The same with another planned answer; None where that is not there."""
        by_unit = way is not None and way.of_units
        there = self.shares if by_unit or self.logistic else self.found
        refused = way == UNIT_RATIO and self.way == BY_UNIT
        return None if there is None or refused else replace(self, way=way)


def estimate_entry(data: EntryData) -> EntryResult:
    """The estimates of one entry. FitError or PlanError when it cannot be estimated."""
    return result_of(data, analyse(data))


def analyse(data: EntryData) -> Analysis:
    """Fit one entry's model, by the kind of its outcome, and where it has them compare shares.

    FitError or PlanError when the planned answer, or what stands in for it, cannot be had.
    """
    if data.scale.measure == KIND.id:
        return Analysis(None, leaving=estimate_leaving(data))
    if not compares_shares(data):
        found = fit_entry(data)
        return Analysis(found, deciding=decided(data, found))
    way = planned_way(data)
    side_by_side = bool(data.study.groups)
    shares, no_shares = _tried(lambda: _with_difference(data) if side_by_side else None)
    if shares is None and way.of_units:
        raise no_shares
    few = shares is not None and shares.few
    found, no_fit = _tried(lambda: None if few else _with_standardised(data, way))
    odds = found is None and shares is not None and _has_odds(data, shares)
    if shares is None and found is None:
        raise no_fit
    no_ratio = _no_ratio(data, shares) if way == UNIT_RATIO else []
    no_others = _no_shares(data, no_shares if way.by_unit else None)
    few_units = [FEW_UNITS.format(entry=data.entry.id)] if found is not None and odds_of_few(data) else []
    notes = [*few_units, *no_others, *no_ratio, *([] if odds else _no_fit(data, found, few, no_fit))]
    there = (found is not None or odds or way.of_units) and not no_ratio
    return Analysis(found, shares, way if there else BY_UNIT, tuple(notes), logistic=odds)


def _has_odds(data: EntryData, shares: UnitShares) -> bool:
    """Whether a logistic regression gives the odds ratio, where no mixed model does."""
    found, _ = _tried(lambda: logistic.odds_estimate(data, shares, planned=False))
    return logistic.offered(data, shares) and found is not None


def _with_difference(data: EntryData) -> UnitShares:
    """The shares, where they can be compared."""
    shares = unit_shares(data)
    share_difference(data, shares, planned=False)
    return shares


def _no_ratio(data: EntryData, shares: UnitShares) -> list[str]:
    """Why there is no planned ratio of the units' shares; [] where there is one."""
    _, error = _tried(lambda: share_ratio(data, shares, planned=True))
    if error is None:
        return []
    return [f"{data.entry.id}: no ratio of shares, their difference answers: {openly(error)}"]


def _with_standardised(data: EntryData, way: Way) -> EntryFit:
    """The mixed model, where it gives the planned answer."""
    found = fit_entry(data)
    if not way.by_unit and way.summary != ODDS_RATIO:
        standardised_rows(found, _modelled(data, found, Decided()), data.plan.conf_level)
    return found


def _modelled(data: EntryData, found: EntryFit, deciding: Decided) -> list[dict[Any, Any]]:
    return planned_estimates(data, found, deciding).to_dict("records")


def _tried(make: Callable[[], Any]) -> tuple[Any, Any]:
    """(what was made, None), or (None, the refusal)."""
    try:
        return make(), None
    except REFUSALS as error:
        return None, error


def _no_shares(data: EntryData, error: Exception | None) -> list[str]:
    if error is None:
        return []
    return [f"{data.entry.id}: no difference of shares beside the odds ratio: {openly(error)}"]


def _no_fit(data: EntryData, found: EntryFit | None, few: bool, error: Exception | None) -> list[str]:
    if found is not None:
        return []
    why = HARDLY_ANYONE if few or error is None else openly(error)
    return [f"{data.entry.id}: no odds ratio, the difference of shares answers alone: {why}"]


def result_of(data: EntryData, analysis: Analysis) -> EntryResult:
    """The estimates, variance components and record of an analysis; no test where none exists."""
    found = _result(data, analysis)
    return replace(found, estimates=without_tests(found.estimates, found.record))


def _result(data: EntryData, analysis: Analysis) -> EntryResult:
    if analysis.leaving is not None:
        return analysis.leaving.result
    if analysis.found is not None and analysis.way is None:
        return as_decided(data, analysis.found, analysis.deciding)
    table = analysis_estimates(data, analysis)
    if analysis.found is None:
        return EntryResult(
            table, pd.DataFrame(columns=list(VARIANCE_COMPONENTS.names)), _record(data, analysis)
        )
    own = read_estimates(data, analysis.found)
    record = own.record | _added(own.record, analysis)
    if analysis.way == Way(RISK_DIFFERENCE, False):
        record["means"] = standardised_means(data, analysis.found)
    return EntryResult(table, own.components, record)


def _added(record: dict[str, Any], analysis: Analysis) -> dict[str, Any]:
    shares = analysis.shares if analysis.way is not None and analysis.way.by_unit else None
    how = (STANDARDISED,) if analysis.way is not None and not analysis.way.by_unit else ()
    methods = (*how, *(shares.methods if shares else ()), *_odds_method(analysis))
    notes = (*(shares.notes if shares else ()), *analysis.notes)
    return {
        "methods": [*record.get("methods", []), *methods],
        "warnings": [*record.get("warnings", []), *notes],
    }


def _odds_method(analysis: Analysis) -> tuple[str, ...]:
    return () if analysis.found else (LOGISTIC if analysis.logistic else NO_ODDS_RATIO,)


def _record(data: EntryData, analysis: Analysis) -> dict[str, Any]:
    """What the report says of an answer without a mixed model."""
    entry, shares = data.entry, analysis.shares
    assert shares is not None  # always true without a model, see `analyse`
    lacking = untested(data, shares.answers, shares.contrast)
    own = {"entry": entry.id, "outcome": entry.outcome, "means": []}
    if not lacking:
        return {**own, **_added({}, analysis)}
    return {**own, "untested": lacking, **_added({"warnings": [f"{entry.id}: {lacking}"]}, analysis)}


def analysis_estimates(data: EntryData, analysis: Analysis) -> pd.DataFrame:
    """Columns of domain.estimate: the planned answer first, the other ways to compare right behind it, then others."""
    if analysis.leaving is not None:
        return analysis.leaving.result.estimates
    modelled = (
        _odds(data, analysis)
        if analysis.found is None
        else _modelled(data, analysis.found, analysis.deciding)
    )
    if analysis.way is None:
        return pd.DataFrame(modelled, columns=list(COLUMNS))
    shares = _shares(data, analysis, modelled)
    planned = analysis.way.summary
    ways, others = (
        [*modelled[:1], *shares[:2]],
        [*modelled[1:], *shares[2:]],
    )  # the planned contrast, and others
    rows = [
        *(_planned(row, data) for row in ways if row["summary"] == planned),
        *(_beside(row) for row in ways if row["summary"] != planned),
        *others,
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _shares(data: EntryData, analysis: Analysis, modelled: list[dict[Any, Any]]) -> list[dict[Any, Any]]:
    """Differences and ratios of shares: of units, or standardised, as the planned answer has it."""
    if analysis.way is None or not analysis.way.by_unit:
        model = analysis.found
        assert model is not None  # always true, see Analysis
        rows, _ = _tried(lambda: standardised_rows(model, modelled, data.plan.conf_level))
        return rows or []
    if analysis.shares is None:
        return []
    shares, planned = analysis.shares, analysis.way.summary
    ratio, _ = _tried(lambda: share_ratio(data, shares, planned=planned == RISK_RATIO))
    found = [share_difference(data, shares, planned=planned == RISK_DIFFERENCE), *([ratio] if ratio else [])]
    return [asdict(row) for row in found]


def _odds(data: EntryData, analysis: Analysis) -> list[dict[Any, Any]]:
    """The odds ratio without a mixed model; none where there is none."""
    if not analysis.logistic or analysis.shares is None:
        return []
    planned = analysis.way is not None and analysis.way.summary == ODDS_RATIO
    return [asdict(logistic.odds_estimate(data, analysis.shares, planned=planned))]


def _planned(row: dict[Any, Any], data: EntryData) -> dict[Any, Any]:
    return {**row, "id": data.entry.id, "primary": True, "family": data.entry.family}


def _beside(row: dict[Any, Any]) -> dict[Any, Any]:
    """The planned contrast compared in another way than the plan asks for."""
    return {**row, "id": f"{row['entry']}.{row['summary']}", "primary": False, "family": ""}
