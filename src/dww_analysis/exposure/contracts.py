"""Contracts of the tables about workplace learning: what is always true of every column.

`check` is the last thing a reader does. It lists every breach at once, by column and rule, and never shows a value.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pandas as pd

from dww_analysis.domain.exposure import BEEP_STATUS, DESTINATIONS, EVENT_KINDS
from dww_analysis.errors import MeasurementError, Problem

HR_EVENTS = ("none", "left", "moved")  # what ended an employment, seen within the study


def check(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """`table` itself when it keeps the contract `name`; otherwise a `MeasurementError` with every breach."""
    import pandera.errors

    try:
        _contract(name).validate(table.reset_index(drop=True), lazy=True)
    except pandera.errors.SchemaErrors as error:
        raise MeasurementError(_problems(error.failure_cases, name)) from None
    return table


def contracts() -> tuple[str, ...]:
    """The names of all contracts."""
    return tuple(_COLUMNS)


def _problems(failures: pd.DataFrame, name: str) -> list[Problem]:
    """One problem for each column and rule; the cells that failed are counted, not shown."""
    table = failures.assign(column=failures["column"].fillna(""), check=failures["check"].astype(str))
    problems = []
    for (column, rule), rows in table.groupby(["column", "check"], sort=True):
        absent = rule == "column_in_dataframe"
        which = ", ".join(sorted(map(str, rows["failure_case"]))) if absent else str(column)
        problems.append(
            Problem(
                found=f"no column {which}" if absent else f"{len(rows)} values break the rule `{rule}`",
                where=f"table `{name}`" + (f", column {column}" if column and not absent else ""),
                expected="what the contract of this table says",
                action=(
                    "check the source's columns and rules; if they are right, report this as an "
                    "error of the program"
                ),
            )
        )
    return problems


@cache
def _contract(name: str) -> Any:
    import pandera.pandas as pa

    columns = {
        column: pa.Column(
            nullable=nullable,
            required=True,
            checks=[pa.Check(test, error=rule) for rule, test in rules.items()],
        )
        for column, (nullable, rules) in _COLUMNS[name].items()
    }
    rules = [pa.Check(test, error=rule) for rule, test in _WHOLE.get(name, {}).items()]
    if _UNIQUE[name]:
        key = list(_UNIQUE[name])
        rules.append(
            pa.Check(lambda t: ~t.duplicated(key, keep=False), error="one row for each " + ", ".join(key))
        )
    return pa.DataFrameSchema(columns, checks=rules, strict=False)


Rules = dict[str, Callable[[Any], Any]]
Column = tuple[bool, Rules]  # may be missing; rules by their names


def _text(column: pd.Series) -> bool:
    return bool(pd.api.types.is_string_dtype(column) or column.isna().all())


def _person(nullable: bool = False) -> Column:
    # A pseudonym, never an address: what a log calls an actor may not slip through.
    return nullable, {"text": _text, "no address": lambda s: ~s.astype("str").str.contains("@", regex=False)}


def _texts(nullable: bool = True) -> Column:
    return nullable, {"text": _text}


def _one_of(values: tuple[str, ...], nullable: bool = False) -> Column:
    return nullable, {"one of the known words": lambda s: s.astype("str").isin(values)}


def _number(low: float | None = None, high: float | None = None, nullable: bool = True) -> Column:
    rules: Rules = {"a number": lambda s: pd.api.types.is_numeric_dtype(s)}
    if low is not None:
        rules[f"at least {low:g}"] = lambda s: s >= low
    if high is not None:
        rules[f"at most {high:g}"] = lambda s: s <= high
    return nullable, rules


def _moment(nullable: bool = False) -> Column:
    return nullable, {"a time": lambda s: pd.api.types.is_datetime64_any_dtype(s)}


def _flag() -> Column:
    return True, {"true or false": lambda s: pd.api.types.is_bool_dtype(s.dtype)}


_KEY: dict[str, Column] = {"sample": _texts(False), "person": _person()}
_WAVE = {"wave": _number(0)}
_COUNT = _number(0, nullable=False)

_COLUMNS: dict[str, dict[str, Column]] = {
    "beeps": _KEY
    | _WAVE
    | {
        "time": _moment(),
        "day": _moment(),
        "status": _one_of(BEEP_STATUS),
        "latency_minutes": _number(0),
        "minutes": _number(0),
        "lag_beeps": _number(1),
        "lag_minutes": _number(0),
        "night_minutes": _number(0),
    },
    "moments": _KEY
    | _WAVE
    | {
        "moment": _COUNT,
        "time": _moment(),
        "learning": _one_of(("source", "process")),
        "code": _texts(False),
        "direct": _flag(),
    },
    "diary_features": _KEY
    | {
        "wave": _COUNT,
        "beeps_scheduled": _COUNT,
        "beeps_sent": _COUNT,
        "beeps_answered": _COUNT,
        "beeps_expired": _COUNT,
        "compliance": _number(0, 1),
    },
    "events": _KEY
    | _WAVE
    | {
        "time": _moment(),
        "kind": _one_of(EVENT_KINDS),
        "session": _number(1, nullable=False),
        "duration_seconds": _number(0),
        "score_scaled": _number(-1, 1),
    },
    "sessions": _KEY
    | _WAVE
    | {
        "session": _number(1, nullable=False),
        "start": _moment(),
        "minutes": _COUNT,
        "events": _number(1, nullable=False),
    },
    "event_features": _KEY
    | {
        "wave": _COUNT,
        "events": _COUNT,
        "sessions": _COUNT,
        "active_days": _COUNT,
        "active_weeks": _COUNT,
        "feedback_events": _COUNT,
        "reflection_events": _COUNT,
        "first_use": _moment(True),
    },
    "employments": _KEY
    | {
        "team": _texts(),
        "start": _moment(),
        "observed_from": _moment(),
        "observed_to": _moment(),
        "left_truncated": _flag(),
        "event": _one_of(HR_EVENTS),
        "destination": _one_of(("", *DESTINATIONS)),
        "fte": _number(0, 2),
    },
    "person_months": _KEY
    | _WAVE
    | {
        "month": _moment(),
        "months_employed": _COUNT,
        "event": _one_of(HR_EVENTS),
        "destination": _one_of(("", *DESTINATIONS)),
    },
    "hr_features": _KEY
    | {
        "wave": _COUNT,
        "person_months": _number(1, nullable=False),
        "left": _flag(),
        "stayed": _flag(),
        "moved": _flag(),
        "destination": _one_of(("", *DESTINATIONS)),
    },
    "observations": _KEY
    | _WAVE
    | {
        "observer": _person(True),
        "date": _moment(),
        "n_observed": _COUNT,
        "met": _number(0, 1),
    },
    "observed_items": _KEY
    | _WAVE
    | {
        "date": _moment(),
        "observation": _COUNT,
        "item": _texts(False),
        "value": _number(0, 1, nullable=False),
    },
    "observation_features": _KEY
    | {
        "wave": _COUNT,
        "observations": _number(1, nullable=False),
        "observers": _COUNT,
        "met": _number(0, 1),
    },
}
_UNIQUE: dict[str, tuple[str, ...]] = {
    "beeps": (),
    "moments": ("sample", "person", "moment", "learning", "code"),
    "diary_features": ("sample", "person", "wave"),
    "events": (),
    "sessions": ("sample", "person", "session"),
    "event_features": ("sample", "person", "wave"),
    "employments": ("sample", "person", "start"),
    "person_months": ("sample", "person", "month"),
    "hr_features": ("sample", "person", "wave"),
    "observations": ("sample", "person", "date", "observer"),
    "observed_items": ("sample", "observation", "item"),
    "observation_features": ("sample", "person", "wave"),
}
_WHOLE: dict[str, Rules] = {
    "beeps": {
        "only answered beeps have a latency": lambda t: (
            t["latency_minutes"].isna() | (t["status"] == "answered")
        )
    },
    "diary_features": {
        "answered and expired are part of sent": lambda t: (
            (t["beeps_answered"] + t["beeps_expired"] <= t["beeps_sent"])
            & (t["beeps_sent"] <= t["beeps_scheduled"])
        )
    },
    "employments": {
        "observed after the start": lambda t: (
            (t["observed_from"] >= t["start"]) & (t["observed_to"] >= t["observed_from"])
        ),
        "a destination only for who left": lambda t: (t["event"] == "left") == (t["destination"] != ""),
    },
    "hr_features": {"left or stayed": lambda t: t["left"] != t["stayed"]},
}
