"""Use of an app and leaving as time goes on, by arm: what figures over time draw, ready for disclosure control.

Periods are fixed beforehand (four weeks, three months), so that nobody's use or leaving decides where one ends, and two
deliveries can be laid beside each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.design import first_treated_wave
from dww_analysis.domain.records import LEFT
from dww_analysis.domain.study import Study
from dww_analysis.exposure.periods import wave_dates

WEEKS = 4  # of one period of app use: in single weeks too few persons use an app
MONTHS = 3  # of one period of leaving
APP_COLUMNS = ("sample", "arm", "week_from", "week_to", "n_persons", "n_users", "share_users")
LEAVING_COLUMNS = (
    *("sample", "wave", "arm", "code", "span", "period", "month_from", "month_to"),
    *("n_at_risk", "n_left", "risk"),
)
Row = dict[str, Any]


def app_periods(
    events: Sequence[pd.DataFrame], features: Sequence[pd.DataFrame], study: Study
) -> pd.DataFrame:
    """Who used the app in each four weeks since the wave before the arms started; columns of APP_COLUMNS.

    events: sample, person, time of each source. features: sample, person, wave, perhaps arm (see `exposed.placed`);
    everybody in them from that period on counts in `n_persons`, whether they used the app or not. Weeks are counted
    from the day after that wave to the last wave; days after the last whole period are left out. No rows where waves
    have no dates, or there is one wave.
    """
    start, end = _bounds(study)
    persons = _with_arm(features)
    persons = persons[persons["wave"] >= first_treated_wave(study)].drop_duplicates(["sample", "person"])
    number = 0 if start is None or end is None else (end - start).days // (7 * WEEKS)
    rows: list[Row] = []
    if number and len(persons):
        used = _used(pd.concat(list(events), ignore_index=True), start, persons)
        for (sample, arm), own in persons.groupby(["sample", "arm"], sort=True):
            users = used[(used["sample"] == sample) & (used["arm"] == arm)]
            n_users = users.groupby("period")["person"].nunique()
            rows += [_app_row(sample, arm, i, len(own), int(n_users.get(i, 0))) for i in range(1, number + 1)]
    return pd.DataFrame(rows, columns=list(APP_COLUMNS))


def _bounds(study: Study) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """The dates of the wave before the arms started and of the last wave; None where one is not known."""
    dates = wave_dates(study)
    first = [w.number for w in study.waves].index(first_treated_wave(study)) - 1
    known = [None if np.isnat(d) else pd.Timestamp(d) for d in (dates[max(first, 0)], dates[-1])]
    return (known[0], known[1]) if first >= 0 else (None, None)


def _with_arm(features: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Features of all sources; without persons whose arm is not known, and arm "" where there are no arms."""
    table = pd.concat(list(features), ignore_index=True)
    return table[table["arm"].notna()] if "arm" in table else table.assign(arm="")


def _used(events: pd.DataFrame, start: Any, persons: pd.DataFrame) -> pd.DataFrame:
    """One row an event since the start: sample, person, arm, period (1 is the first)."""
    days = (events["time"].dt.normalize() - start).dt.days
    found = events[["sample", "person"]].assign(period=(days - 1) // (7 * WEEKS) + 1)
    return found[days.to_numpy() > 0].merge(persons[["sample", "person", "arm"]], on=["sample", "person"])


def _app_row(sample: Any, arm: Any, period: int, n_persons: int, n_users: int) -> Row:
    return {
        "sample": sample,
        "arm": arm,
        "week_from": (period - 1) * WEEKS + 1,
        "week_to": period * WEEKS,
        "n_persons": n_persons,
        "n_users": n_users,
        "share_users": n_users / n_persons,
    }


def leaving_periods(
    months: Sequence[pd.DataFrame], features: Sequence[pd.DataFrame], study: Study
) -> pd.DataFrame:
    """Who left the employer, by arm: over the whole period, between two waves, and there by three months.

    months: person-months of each source (`employments.person_months`); features: as of `hr_flow`, with each person's
    arm. Columns of LEAVING_COLUMNS; `month_from` and `month_to` count months since the arms started (1 is the first).
    n_left is that of `hr_flow`: persons who left, once per wave. n_at_risk are persons in the first month of the row:
    employed then, or gone before to another place with the same employer, which is no leaving. risk = 1 - product over
    months of (1 - left / at risk): Kaplan and Meier (1958), with persons entering when they are employed. A wave of
    less than six months has no rows of three months; a last part shorter than three belongs to the part before.
    """
    persons = _with_arm(features).dropna(subset=["wave"])
    counted = _counted(pd.concat(list(months), ignore_index=True), persons)
    rows = [row for _, own in counted.groupby(["sample", "arm"], sort=True) for row in _of_arm(own, study)]
    return pd.DataFrame(rows, columns=list(LEAVING_COLUMNS))


def _counted(months: pd.DataFrame, persons: pd.DataFrame) -> pd.DataFrame:
    """Per sample, arm and month that belongs to a wave: how many were at risk and how many left."""
    arms = persons[["sample", "person", "wave", "arm"]]
    there = months[months["wave"].notna()].merge(arms, on=["sample", "person", "wave"])
    there = pd.concat([there, _elsewhere(there)], ignore_index=True)
    left = persons[persons["left"].astype(bool)].drop_duplicates(["sample", "person", "wave"])
    keys = ["sample", "arm", "month"]
    waves = there.groupby(keys)["wave"].first().astype("int64")
    n_left = left.rename(columns={"exit_month": "leaving"}).groupby(["sample", "arm", "leaving"]).size()
    found = pd.DataFrame({"wave": waves, "at_risk": there.groupby(keys)["person"].nunique()})
    found["left"] = n_left.rename_axis(keys).reindex(found.index).fillna(0).astype("int64")
    return found.reset_index()


def _elsewhere(there: pd.DataFrame) -> pd.DataFrame:
    """The months after the last one of who went to another place with the same employer, up to the end of the records
    of their sample: as far as known they did not leave."""
    last = there.sort_values("month", kind="stable").drop_duplicates(["sample", "person"], keep="last")
    moved = last[(last["event"] == "moved").to_numpy()]
    known = there[["sample", "month", "wave"]].drop_duplicates(["sample", "month"])
    later = moved.drop(columns="wave").merge(known, on="sample", suffixes=("_last", ""))
    return later[later["month"] > later["month_last"]].drop(columns="month_last")


def _of_arm(own: pd.DataFrame, study: Study) -> Iterator[Row]:
    """The rows of one sample and arm."""
    own = own.sort_values("month", kind="stable", ignore_index=True)
    started = own.loc[own["wave"] >= first_treated_wave(study), "month"]
    first = started.min() if len(started) else own["month"].min()
    calendar = own["month"].dt.year * 12 + own["month"].dt.month
    own = own.assign(number=calendar - (first.year * 12 + first.month) + 1)
    yield _leaving_row(own, "whole", None, None)
    for wave, rows in own.groupby("wave", sort=True):
        yield _leaving_row(rows, "wave", int(wave), None)
        parts = len(rows) // MONTHS
        if parts > 1:
            number = np.minimum(np.arange(len(rows)) // MONTHS, parts - 1) + 1
            for period, part in rows.groupby(number, sort=True):
                yield _leaving_row(part, "months", int(wave), int(period))


def _leaving_row(rows: pd.DataFrame, span: str, wave: int | None, period: int | None) -> Row:
    stayed = 1 - rows["left"] / rows["at_risk"]
    return {
        "sample": rows["sample"].iloc[0],
        "wave": pd.NA if wave is None else wave,
        "arm": rows["arm"].iloc[0],
        "code": LEFT,
        "span": span,
        "period": pd.NA if period is None else period,
        "month_from": int(rows["number"].iloc[0]),
        "month_to": int(rows["number"].iloc[-1]),
        "n_at_risk": int(rows["at_risk"].iloc[0]),
        "n_left": int(rows["left"].sum()),
        "risk": float(1 - stayed.prod()),
    }
