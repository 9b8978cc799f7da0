"""Which test decides a planned contrast, where the plan names another than the mixed model's own (Kenward-Roger).

The test that decides gives the planned row its p value and interval; of a permutation also the estimate, which is that
of the planned estimator under the covariance without effects. The model's own test then stands beside it.
Where the plan averages over units, all contrasts are of least squares in which each unit counts once; CR2 decides, or
permutation where the plan says so, and the mixed model stands beside.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from dww_analysis.domain.analyses import permutation_of, robust_by
from dww_analysis.domain.contrasts import Contrast
from dww_analysis.domain.estimate import rejects
from dww_analysis.domain.outcomes import OutcomeKind
from dww_analysis.domain.plan import CR2, KENWARD_ROGER, PERMUTATION, DecidingTest, PlanEntry, TestName
from dww_analysis.effects.averages import fixed_part
from dww_analysis.effects.checks import LEAST_UNITS, cluster_robust, permutation
from dww_analysis.effects.estimate import estimates_of, identity_of, read_estimates
from dww_analysis.effects.fitted import EntryData, EntryFit, EntryResult, standardiser
from dww_analysis.effects.refusals import REFUSALS
from dww_analysis.effects.sizes import Spread, correction, in_sd, standardised
from dww_analysis.effects.untested import short_p
from dww_analysis.errors import FitError, openly

OF_THE_LOT = ("n_allocations", "exact", "smallest_p")  # of a permutation: what the lot could have given
UNITS_ONCE = "averaged_over_units"  # method of the report
Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Decided:
    """The test that decides. row: its numbers, None where the model's own stand. lacking: why no test at the plan's
    level can come out of it; note: why the model's own stands in for it. others: id of a further contrast -> its
    numbers where they are not the model's either, None where it has none."""

    test: TestName = KENWARD_ROGER
    row: Row | None = None
    lacking: str = ""
    note: str = ""
    others: Mapping[str, Row | None] = field(default_factory=dict)


def decided(data: EntryData, found: EntryFit) -> Decided:
    """The test of the planned contrast that decides by the plan, with its numbers. FitError where the plan averages
    over units, and that cannot be had."""
    test = planned_test(data, found)
    if test == KENWARD_ROGER:
        return Decided()
    row, why = _tried(test, data, found)
    if row is None and data.entry.units_once:
        raise _no_average(data, why)
    if row is None:
        return Decided(note=_stands_in(data.entry, test, why))
    smallest, level = row.get("smallest_p", 0.0), 1 - data.plan.conf_level
    lacking = ""
    if not rejects(smallest, level):
        lacking = f"no test at {short_p(level)} exists: by lot no p below {short_p(smallest)} can come out."
    if not data.entry.units_once:
        return Decided(test, None if lacking else row, lacking)
    if lacking:
        test, (row, why) = CR2, _tried(CR2, data, found)
        if row is None:
            raise _no_average(data, f"{lacking.rstrip('.')}; {why}")
    return Decided(test, row, lacking, others=_others(test, data, found))


def _others(test: TestName, data: EntryData, found: EntryFit) -> dict[str, Row | None]:
    """The contrasts beside the planned one by the test that decides that one."""
    rows = {}
    for target in (t for t in found.model.targets if not t.primary):
        targets = tuple(replace(t, primary=t is target) for t in found.model.targets)
        there = replace(found, model=replace(found.model, targets=targets))
        rows[identity_of(data.entry, target)], _ = _tried(test, data, there)
    return rows


def _no_average(data: EntryData, why: str) -> FitError:
    unit = data.study.unit
    return FitError.of(
        found=f"`{data.entry.id}` cannot be estimated as an average over {unit}s: {why}",
        where=f"plan.yaml, entry {data.entry.id}, estimand: average",
        expected=f"eight {unit}s or more, independent of each other, that differ within arms; or fewer, and a lot that "
        "`test` lets decide",
        action="leave `average` out, as a reported deviation: the mixed model answers then",
    )


def _tried(test: TestName, data: EntryData, found: EntryFit) -> tuple[Row | None, str]:
    """The numbers of a test, or None and why they cannot be had."""
    try:
        row = _row(test, data, found)
    except REFUSALS as error:
        return None, openly(error)
    return row, "" if row else _too_few(data.study.unit)


def planned_test(data: EntryData, found: EntryFit) -> TestName:
    """The test that the plan names for as many units as there are in the smallest arm at the planned wave; where it
    names none CR2 of an average over units, else the model's own, which is also that of outcomes that are no numbers.
    """
    if found.kind.family != "gaussian":
        return KENWARD_ROGER
    own: TestName = CR2 if data.entry.units_once else KENWARD_ROGER
    if data.entry.test == DecidingTest():
        return own
    contrast, used = found.model.planned.contrast, found.used
    here = used if contrast.wave is None else used[used["wave"] == str(contrast.wave)]
    fewest = int(here.groupby("arm", observed=True)[data.study.unit].nunique().min())
    chosen = _named_test(data.entry, fewest)
    return own if chosen == KENWARD_ROGER else chosen


def _named_test(entry: PlanEntry, fewest: int) -> TestName:
    """The test that an entry names where the smallest arm has so many units."""
    return next((then for below, then in entry.test.when if fewest < below), entry.test.primary)


def require_average(data: EntryData, frame: pd.DataFrame) -> None:
    """FitError where the plan averages over units and those of `frame` are too few for CR2, with no permutation that
    decides."""
    if not data.entry.units_once or data.entry.test.primary == PERMUTATION:
        return
    units = frame.dropna(subset=["score"]).groupby("arm", observed=True)[data.study.unit].nunique()
    permuted = data.entry.test != DecidingTest() and _named_test(data.entry, int(units.min())) == PERMUTATION
    if units.sum() < LEAST_UNITS and not permuted:
        raise _no_average(data, _too_few(data.study.unit))


def foreseen_stand_in(data: EntryData, kind: OutcomeKind, contrast: Contrast, rows: pd.DataFrame) -> str:
    """Why the planned test of a difference cannot be had with the units of `rows`, in the words of the run; "" where it
    can be, or another one decides anyway."""
    if kind.family != "gaussian" or data.entry.units_once or data.entry.test == DecidingTest():
        return ""
    here = rows if contrast.wave is None else rows[rows["wave"] == str(contrast.wave)]
    fewest = int(here.groupby("arm", observed=True)[data.study.unit].nunique().min())
    few = rows[data.study.unit].nunique() < LEAST_UNITS and _named_test(data.entry, fewest) == CR2
    return _stands_in(data.entry, CR2, _too_few(data.study.unit)) if few else ""


def _stands_in(entry: PlanEntry, test: TestName, why: str) -> str:
    return f"{entry.id}: the planned test ({test}) cannot be had, so Kenward-Roger stands in for it: {why}."


def _too_few(unit: str) -> str:
    return f"fewer than eight {unit}s, or {unit}s that are not independent"


def stands_beside(analysis: str, data: EntryData, deciding: Decided) -> bool:
    """Whether a check stands beside the planned contrast: CR2 and permutation where the plan has them there, and do not
    decide themselves."""
    unit = data.study.unit
    test = {robust_by(unit): CR2, permutation_of(unit): PERMUTATION}.get(analysis)
    decides = deciding.row is not None and deciding.test == test
    return test is None or (test in data.entry.test.beside and not decides)


def _row(test: TestName, data: EntryData, found: EntryFit) -> Row | None:
    if test == CR2:
        return cluster_robust(data, found)
    row = permutation(data, found)
    if row is None:
        return None
    own = ("estimate", "p_value", "conf_low", "conf_high", "df", "statistic", "df_method", *OF_THE_LOT)
    beside = _precision(data, found) if data.entry.units_once else {}
    return {**{name: row[name] for name in own}, **beside}


def _precision(data: EntryData, found: EntryFit) -> Row:
    """Standard error and df (`df_beside`) of an average that is permuted: those of CR2, as the mixed model's are of
    another estimate; NaN where units are too few for CR2."""
    robust, _ = _tried(CR2, data, found)
    own = robust or {"std_error": math.nan, "df": math.nan}
    return {"std_error": own["std_error"], "df_beside": own["df"]}


def planned_estimates(data: EntryData, found: EntryFit, deciding: Decided) -> pd.DataFrame:
    """The estimates of a fitted entry, the planned contrast as the test that decides has it."""
    return _restated(estimates_of(data, found), deciding, standardiser(data.entry, found))


def as_decided(data: EntryData, found: EntryFit, deciding: Decided) -> EntryResult:
    """What a fit gave, with the test that decides and what the report says about it; `planned_formula` of the record is
    that of an average over units."""
    result = read_estimates(data, found)
    record = dict(result.record)
    if deciding.row is not None:
        record["methods"] = [*record["methods"], *_methods(data, deciding)]
        if data.entry.units_once:
            record["planned_formula"] = fixed_part(found.model.formula)
        if deciding.test == PERMUTATION:
            record["lot"] = {name: deciding.row[name] for name in OF_THE_LOT}
    said = [deciding.note] if deciding.note else []
    if deciding.lacking and "untested" not in record:
        record["untested"] = deciding.lacking
        said = [f"{data.entry.id}: {deciding.lacking}"]
    gone = [name for name, row in deciding.others.items() if row is None]
    said += [f"{name} is left out: it has no average over {data.study.unit}s." for name in gone]
    if said:
        record["warnings"] = [*record["warnings"], *said]
    estimates = _restated(result.estimates, deciding, standardiser(data.entry, found))
    return replace(result, estimates=estimates, record=record)


def _methods(data: EntryData, deciding: Decided) -> list[str]:
    """Ids of what the report says about the test that decides."""
    averaged = [UNITS_ONCE] if data.entry.units_once else []
    return [*averaged, *([] if averaged and deciding.test == CR2 else [f"decided_by_{deciding.test}"])]


def _restated(rows: pd.DataFrame, deciding: Decided, spread: Spread | None) -> pd.DataFrame:
    """Estimates with the planned contrast as the test that decides has it, also in SD units (of `spread`); the others
    as `Decided.others` has them."""
    planned = rows["primary"].astype(bool)
    if deciding.note:
        return rows.assign(fallback=rows["fallback"].mask(planned, KENWARD_ROGER))
    if deciding.row is None:
        return rows
    level = float(rows["conf_level"].iloc[0])
    in_sd_units = rows["standardised"].astype(bool)
    own = rows["id"].where(~in_sd_units, rows["id"].str.removesuffix(".sd"))
    given = {str(own[planned].iloc[0]): deciding.row, **deciding.others}
    found = rows[~own.isin([name for name, numbers in given.items() if numbers is None])]
    for name, numbers in given.items():
        if numbers is None:
            continue
        found = _with(found, (own == name) & ~in_sd_units, numbers)
        if spread is not None:
            found = _with(found, (own == name) & in_sd_units, _in_sd(numbers, level, spread))
    return found


def _with(rows: pd.DataFrame, where: pd.Series, numbers: Mapping[str, Any]) -> pd.DataFrame:
    return rows.assign(**{name: rows[name].mask(where, v) for name, v in numbers.items() if name in rows})


def _in_sd(row: Mapping[str, Any], level: float, spread: Spread) -> Mapping[str, Any]:
    """The numbers of the test that decides in SD units, so that interval and p are of one test. Limits of a permutation
    are divided by the SD as it is: SE and df stay those of the model, or are those beside an average."""
    if row["df_method"] != PERMUTATION:
        return {**row, **in_sd(row["estimate"], row["std_error"], row["df"], level, spread)}
    per_sd = correction(spread.df) / spread.sd
    scaled = {name: row[name] * per_sd for name in ("estimate", "conf_low", "conf_high")}
    if "df_beside" in row:
        size = standardised(row["estimate"], row["std_error"], spread)
        scaled |= {"std_error": size.std_error, "df": row["df_beside"]}
    return {**{n: row[n] for n in ("p_value", "statistic", "df_method")}, **scaled}
