"""Which test decides a planned contrast, where the plan names another than the mixed model's own (Kenward-Roger).

The test that decides gives the planned row its p value and interval; of a permutation also the estimate, which is that
of the planned estimator under the covariance without effects. The model's own test then stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from dww_analysis.domain.analyses import permutation_of, robust_by
from dww_analysis.domain.plan import CR2, KENWARD_ROGER, PERMUTATION, DecidingTest, TestName
from dww_analysis.effects.checks import cluster_robust, permutation
from dww_analysis.effects.estimate import estimates_of
from dww_analysis.effects.fitted import EntryData, EntryFit, EntryResult, standardiser
from dww_analysis.effects.refusals import REFUSALS
from dww_analysis.effects.sizes import Spread, correction, in_sd

OF_THE_LOT = ("n_allocations", "exact", "smallest_p")  # of a permutation: what the lot could have given


@dataclass(frozen=True, eq=False)
class Decided:
    """The test that decides. row: its numbers, None where the model's own stand. lacking: why no test at the plan's
    level can come out of it; note: why the model's own stands in for it."""

    test: TestName = KENWARD_ROGER
    row: Mapping[str, Any] | None = None
    lacking: str = ""
    note: str = ""


def decided(data: EntryData, found: EntryFit) -> Decided:
    """The test of the planned contrast that decides by the plan, with its numbers."""
    test = planned_test(data, found)
    if test == KENWARD_ROGER:
        return Decided()
    try:
        row = _row(test, data, found)
    except REFUSALS as error:
        row, why = None, str(error).split("\n")[0]
    else:
        why = f"fewer than eight {data.study.unit}s, or {data.study.unit}s that are not independent"
    if row is None:
        said = f"{data.entry.id}: the planned test ({test}) cannot be had, so Kenward-Roger stands in for it: {why}."
        return Decided(note=said)
    smallest, level = row.get("smallest_p", 0.0), round(1 - data.plan.conf_level, 10)
    if smallest > level + 1e-9:
        lacking = f"no test at {_short(level)} exists: by lot no p below {_short(smallest)} can come out."
        return Decided(test, lacking=lacking)
    return Decided(test, row)


def planned_test(data: EntryData, found: EntryFit) -> TestName:
    """The test that the plan names for as many units as there are in the smallest arm at the planned wave; the model's
    own where it names no other, and of outcomes that are no numbers."""
    if data.entry.test == DecidingTest() or found.kind.family != "gaussian":
        return KENWARD_ROGER
    contrast, used = found.model.planned.contrast, found.used
    here = used if contrast.wave is None else used[used["wave"] == str(contrast.wave)]
    fewest = int(here.groupby("arm", observed=True)[data.study.unit].nunique().min())
    return next((then for below, then in data.entry.test.when if fewest < below), data.entry.test.primary)


def stands_beside(analysis: str, data: EntryData, deciding: Decided) -> bool:
    """Whether a check stands beside the planned contrast: CR2 and permutation where the plan has them there, and do not
    decide themselves."""
    unit = data.study.unit
    test = {robust_by(unit): CR2, permutation_of(unit): PERMUTATION}.get(analysis)
    decides = deciding.row is not None and deciding.test == test
    return test is None or (test in data.entry.test.beside and not decides)


def _row(test: TestName, data: EntryData, found: EntryFit) -> Mapping[str, Any] | None:
    if test == CR2:
        return cluster_robust(data, found)
    row = permutation(data, found)
    own = ("estimate", "p_value", "conf_low", "conf_high", "df", "statistic", "df_method", *OF_THE_LOT)
    return None if row is None else {name: row[name] for name in own}


def _short(p: float) -> str:
    return f"{p:.2g}".removeprefix("0")


def planned_estimates(data: EntryData, found: EntryFit) -> pd.DataFrame:
    """The estimates of a fitted entry, the planned contrast as the test that decides has it."""
    return _restated(estimates_of(data, found), decided(data, found), standardiser(data.entry, found))


def as_decided(data: EntryData, found: EntryFit, result: EntryResult) -> EntryResult:
    """What a fit gave, with the test that decides and what the report says about it."""
    deciding, record = decided(data, found), dict(result.record)
    if deciding.row is not None:
        record["methods"] = [*record["methods"], f"decided_by_{deciding.test}"]
        if deciding.test == PERMUTATION:
            record["lot"] = {name: deciding.row[name] for name in OF_THE_LOT}
    said = [deciding.note] if deciding.note else []
    if deciding.lacking and "untested" not in record:
        record["untested"] = deciding.lacking
        said = [f"{data.entry.id}: {deciding.lacking}"]
    if said:
        record["warnings"] = [*record["warnings"], *said]
    estimates = _restated(result.estimates, deciding, standardiser(data.entry, found))
    return replace(result, estimates=estimates, record=record)


def _restated(rows: pd.DataFrame, deciding: Decided, spread: Spread | None) -> pd.DataFrame:
    """Estimates with the planned contrast as the test that decides has it, also in SD units (of `spread`)."""
    planned = rows["primary"].astype(bool)
    if deciding.note:
        return rows.assign(fallback=rows["fallback"].mask(planned, KENWARD_ROGER))
    if deciding.row is None:
        return rows
    in_sd_units = rows["standardised"].astype(bool)
    found = _with(rows, planned & ~in_sd_units, deciding.row)
    if spread is None:
        return found
    level = float(rows["conf_level"].iloc[0])
    return _with(found, planned & in_sd_units, _in_sd(deciding.row, level, spread))


def _with(rows: pd.DataFrame, where: pd.Series, numbers: Mapping[str, Any]) -> pd.DataFrame:
    return rows.assign(**{name: rows[name].mask(where, v) for name, v in numbers.items() if name in rows})


def _in_sd(row: Mapping[str, Any], level: float, spread: Spread) -> Mapping[str, Any]:
    """The numbers of the test that decides in SD units, so that interval and p are of one test. Limits of a permutation
    are divided by the SD as it is: SE and df stay those of the model."""
    if row["df_method"] != PERMUTATION:
        return {**row, **in_sd(row["estimate"], row["std_error"], row["df"], level, spread)}
    per_sd = correction(spread.df) / spread.sd
    scaled = {name: row[name] * per_sd for name in ("estimate", "conf_low", "conf_high")}
    return {**{n: row[n] for n in ("p_value", "statistic", "df_method")}, **scaled}
