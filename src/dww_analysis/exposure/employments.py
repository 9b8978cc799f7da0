"""What is computed of contracts: employments with the event that ended them, months at risk, and features per wave.

Contracts within a month of each other are one employment. An employment ends by leaving, by a move to another team, or
not at all within the observed period (it is censored).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.study import Source, Study
from dww_analysis.exposure.periods import TIME_DTYPE, waves_of

COLUMNS = (
    *(
        "person",
        "team",
        "start",
        "end",
        "observed_from",
        "observed_to",
        "left_truncated",
        "event",
        "destination",
    ),
    *("exit_reason", "function", "fte", "outside", "line"),
)


def employments_of(
    contracts: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp, gap_days: int = 31
) -> pd.DataFrame:
    """One row an employment of a person in a team, with how it ended.

    `contracts`: person, team, start, end (NaT = open), destination, exit_reason, internal_transfer, function, fte,
    line.
    `first` and `last` bound what is observed. Contracts that overlap, or follow within `gap_days` in the same team, are
    one employment; following in another team, the earlier one ended in a move. Otherwise it ended by leaving, or by a
    move out of sight when the destination is "stayed" or the transfer is said to be internal. An end after `last` is
    not seen: event "none". `outside` marks employments that ended before `first` or started after `last`;
    left_truncated those that had begun before `first`.
    """
    ordered = contracts.dropna(subset=["person"]).sort_values(["person", "start", "end"], kind="stable")
    records = [
        {"person": person, **employment}
        for person, rows in groupby(ordered.to_dict("records"), key=itemgetter("person"))
        for employment in _of_person(list(rows), last, gap_days)
    ]
    table = pd.DataFrame(records, columns=[*COLUMNS[:4], "event", *COLUMNS[8:12], "line"])
    table[["start", "end"]] = table[["start", "end"]].astype(TIME_DTYPE)
    for name in ("person", "team", "event", "destination", "exit_reason", "function"):
        table[name] = table[name].astype("str").where(table[name].notna(), None)
    table["left_truncated"] = table["start"] < first
    table["observed_from"] = table["start"].clip(lower=first).astype(TIME_DTYPE)
    table["observed_to"] = table["end"].fillna(last).clip(upper=last).astype(TIME_DTYPE)
    table["outside"] = (table["end"] < first) | (table["start"] > last)
    return table[list(COLUMNS)]


def _of_person(
    contracts: list[dict[str, Any]], last: pd.Timestamp, gap_days: int
) -> Iterator[dict[str, Any]]:
    """The employments of one person, in order."""
    current = dict(contracts[0])
    for following in contracts[1:]:
        gap = (following["start"] - current["end"]).days if pd.notna(current["end"]) else -1
        same_team = _same(current["team"], following["team"])
        if gap < 0 or (gap <= gap_days and same_team):
            current = _joined(current, following)
        else:
            yield _ended(current, "moved" if gap <= gap_days else "", last)
            current = dict(following)
    yield _ended(current, "", last)


def _same(one: Any, other: Any) -> bool:
    return (pd.isna(one) and pd.isna(other)) or bool(one == other)


def _joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Two contracts as one: from the first start to the last end, ended as the one that ended last."""
    ends = (one["end"], other["end"])
    later = other if pd.isna(other["end"]) or (pd.notna(one["end"]) and other["end"] >= one["end"]) else one
    joined = {**later, "start": one["start"], "team": one["team"], "function": one["function"]}
    return {**joined, "end": pd.NaT if any(pd.isna(e) for e in ends) else max(ends)}


def _ended(contract: dict[str, Any], event: str, last: pd.Timestamp) -> dict[str, Any]:
    """An employment with its event; what is not over by `last` has none."""
    destination = contract["destination"] if isinstance(contract["destination"], str) else ""
    over = pd.notna(contract["end"]) and contract["end"] <= last
    if not over:
        event = "none"
    elif not event:
        event = "moved" if destination == "stayed" or contract["internal_transfer"] else "left"
    reason = contract["exit_reason"] if event == "left" else None
    kept = {name: contract[name] for name in ("team", "start", "end", "function", "fte", "line")}
    return {
        **kept,
        "event": event,
        "destination": destination if event == "left" else "",
        "exit_reason": reason,
    }


def person_months(table: pd.DataFrame, source: Source, study: Study, first: pd.Timestamp) -> pd.DataFrame:
    """One row per person and calendar month at risk: the table of a discrete-time hazard model.

    A person is at risk in every month in which she was employed on at least one observed day. The event stands in the
    month of the last day; a month in which somebody moved belongs to the team she left. months_employed counts the
    months since the employment began, also those before the observed period: with left truncation the risk depends on
    it. A month belongs to the wave by its fifteenth day.
    """
    began = table["observed_from"].to_numpy("datetime64[M]")
    ended = table["observed_to"].to_numpy("datetime64[M]")
    counts = (ended - began).astype("int64") + 1
    at = np.repeat(np.arange(len(table)), counts)
    steps = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    month = began[at] + steps
    is_last = month == ended[at]
    result = table[["sample", "person", "team", "function", "fte"]].iloc[at].reset_index(drop=True)
    result["month"] = pd.Series(month.astype(TIME_DTYPE))
    result["months_employed"] = (month - table["start"].to_numpy("datetime64[M]")[at]).astype("int64")
    result["event"] = np.where(is_last, table["event"].to_numpy(str)[at], "none")
    result["destination"] = np.where(is_last, table["destination"].to_numpy(str)[at], "")
    result[["event", "destination"]] = result[["event", "destination"]].astype("str")
    result = result.drop_duplicates(["sample", "person", "month"], ignore_index=True)
    middle = (result["month"] + pd.Timedelta(days=14)).clip(lower=first + pd.Timedelta(days=1))
    result.insert(2, "wave", waves_of(middle, source, study))
    return result


def hr_features(months: pd.DataFrame) -> pd.DataFrame:
    """Per sample, person and wave: months at risk, whether the person left, stayed with the employer, moved; where to.

    `stayed` is everybody at risk who did not leave, those who moved to another team included. Months after the last
    wave have no row.
    """
    rows = months[months["wave"].notna()]
    grouped = rows.groupby(["sample", "person", "wave"], sort=True)
    left = (rows["event"] == "left").groupby([rows["sample"], rows["person"], rows["wave"]]).any()
    moved = (rows["event"] == "moved").groupby([rows["sample"], rows["person"], rows["wave"]]).any()
    gone = rows[(rows["event"] == "left").to_numpy()].groupby(["sample", "person", "wave"])
    features = pd.DataFrame({"team": grouped["team"].first(), "person_months": grouped.size()})
    features["left"] = left.reindex(features.index).astype(bool)
    features["stayed"] = ~features["left"]
    features["moved"] = moved.reindex(features.index).astype(bool)
    features["destination"] = gone["destination"].last().reindex(features.index).fillna("").astype("str")
    features["exit_month"] = gone["month"].last().reindex(features.index)
    features["fte"] = grouped["fte"].mean()
    return features.reset_index()
