"""When something happened: delivered times and dates in one form, and the wave to which a moment belongs.

What happened after the date of one wave and up to the date of the next belongs to that next wave: it is what a person
met before answering. What happened before the first wave's date belongs to the first wave.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.exposure import HOME_ZONE
from dww_analysis.domain.study import Source, Study

TIME_DTYPE = "datetime64[us]"
EARLIEST = pd.Timestamp("1990-01-01")  # of diaries, apps and check-lists: a clock that was reset says 1970
_MILLISECONDS_FROM = (
    1e11  # numbers above this are milliseconds since 1970: as seconds they would be the year 5138
)
_DUTCH = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(.*)$", re.DOTALL)
_MONTH = re.compile(r"^(?:(\d{4})[-/](\d{1,2})|(\d{1,2})[-/](\d{4}))$")
_OPEN_YEAR = 2100  # personnel systems end an open contract on 31-12-2999 or 31-12-9999


def read_times(column: pd.Series, epoch: str = "utc") -> tuple[pd.Series, np.ndarray]:
    """Times as naive local (Dutch) time, NaT where blank, and a mask of cells that are not times.

    Accepts times as readers give them, ISO 8601 with or without a zone, "dd-mm-yyyy hh:mm[:ss]", and seconds or
    milliseconds since 1970 (`epoch` says whether those count in "utc" or "local" time).
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        zoned = column.dt.tz is not None
        local = column.dt.tz_convert(HOME_ZONE).dt.tz_localize(None) if zoned else column
        return local.astype(TIME_DTYPE).reset_index(drop=True), np.zeros(len(column), dtype=bool)
    numbers, distinct = pd.factorize(column, use_na_sentinel=True)
    read = [_time(value, epoch) for value in distinct.tolist()]
    moments = np.array([m if isinstance(m, datetime) else None for m in read] + [None], dtype=TIME_DTYPE)
    wrong = np.array([m is False for m in read] + [False])
    return pd.Series(moments[numbers]), wrong[numbers]


def _time(value: Any, epoch: str) -> datetime | bool | None:
    """A local time; None for blank; False for anything else."""
    text = str(value).strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = None
    try:
        if number is not None:
            return _since_1970(number, epoch)
        dutch = _DUTCH.match(text)
        if dutch:
            day, month, year, rest = dutch.groups()
            text = f"{year}-{int(month):02d}-{int(day):02d}{rest}"
        return _local(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return False


def _since_1970(number: float, epoch: str) -> datetime:
    seconds = number / 1000 if abs(number) >= _MILLISECONDS_FROM else number
    if seconds < 1e8:  # before 1973: a spreadsheet's day number or a code, not a time of this study
        raise ValueError("not a time")
    moment = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return moment if epoch == "local" else _local(pd.Timestamp(moment, tz="UTC").to_pydatetime())


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment
    return pd.Timestamp(moment).tz_convert(HOME_ZONE).tz_localize(None).to_pydatetime()


def read_dates(column: pd.Series, *, last_day: bool = False) -> tuple[pd.Series, np.ndarray]:
    """Dates, NaT where blank or open (year 2100 and later), and a mask of cells that are not dates.

    A month ("2025-09" or "09-2025") is its first day, or its last with `last_day`.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        plain = column.dt.tz_localize(None) if column.dt.tz is not None else column
        dates = plain.astype(TIME_DTYPE).dt.normalize().reset_index(drop=True)
        return dates.mask(dates.dt.year >= _OPEN_YEAR), np.zeros(len(column), dtype=bool)
    numbers, distinct = pd.factorize(column, use_na_sentinel=True)
    read = [_date(value, last_day) for value in distinct.tolist()]
    days = [d if isinstance(d, date) and d.year < _OPEN_YEAR else None for d in read]
    wrong = np.array([d is False for d in read] + [False])
    return pd.Series(np.array([*days, None], dtype=TIME_DTYPE)[numbers]), wrong[numbers]


def _date(value: Any, last_day: bool) -> date | bool | None:
    if isinstance(value, date):  # a datetime is one, too
        return value.date() if isinstance(value, datetime) else value
    text = str(value).strip()
    if not text:
        return None
    try:
        month = _MONTH.match(text)
        if month:
            year, number = (int(month[1]), int(month[2])) if month[1] else (int(month[4]), int(month[3]))
            first = date(year, number, 1)
            return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1) if last_day else first
        dutch = _DUTCH.match(text)
        if dutch:
            return date(int(dutch[3]), int(dutch[2]), int(dutch[1]))
        return datetime.fromisoformat(text).date()
    except (ValueError, OverflowError):
        return False


def wave_dates(study: Study) -> np.ndarray:
    """The dates of the study's waves, in order; NaT for a wave without one."""
    return np.array([w.date or "NaT" for w in study.waves], dtype="datetime64[D]")


def waves_of(moments: pd.Series, source: Source, study: Study) -> pd.Series:
    """The wave of each moment (Int64): the source's own wave, or the first wave whose date is not before the moment.

    Missing after the last wave's date, for a missing moment, and where waves have no dates.
    """
    if source.wave is not None:
        return pd.Series(source.wave, index=moments.index, dtype="Int64").where(moments.notna())
    dates = wave_dates(study)
    days = moments.to_numpy(dtype="datetime64[D]")
    numbers = np.searchsorted(dates, days)
    known = moments.notna().to_numpy() & (numbers < len(dates)) & ~np.isnat(dates).any()
    numbered = np.array([w.number for w in study.waves])[np.minimum(numbers, len(dates) - 1)]
    return pd.Series(numbered, index=moments.index, dtype="Int64").where(known)
