"""Personnel records: contracts become employments with how they ended, and months at risk of leaving.

Staff employed before the first wave enter late (left truncation), and an exit is known by its month (interval
censoring): the table of person-months is the one that discrete-time hazard models need (Singer and Willett 2003,
chapters 10-12). Leaving and moving to another team are different events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.delivery.declared import column_problems
from dww_analysis.delivery.idle import rule_problems
from dww_analysis.delivery.rows import DUPLICATE, Rows
from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.exposure import DESTINATIONS, HR_WORDS, Exposure, HrRules
from dww_analysis.domain.study import Source, Study
from dww_analysis.errors import MeasurementError, Problem, raise_all
from dww_analysis.exposure import exposed
from dww_analysis.exposure.contracts import check
from dww_analysis.exposure.employments import employments_of, hr_features, person_months
from dww_analysis.exposure.periods import read_dates

_FTE = (0.0, 2.0)
_WORKING_LIFE = pd.DateOffset(years=60)
_TRUE = frozenset({"1", "ja", "j", "yes", "y", "true", "waar"})
_FALSE = frozenset({"0", "nee", "n", "no", "false", "onwaar"})


@dataclass(frozen=True)
class Window:
    """The period in which exits are seen: both dates included."""

    first: pd.Timestamp
    last: pd.Timestamp


def read_hr(
    data: pd.DataFrame,
    source: Source,
    study: Study,
    pseudonymise: Callable[[str], str],
    *,
    lines: np.ndarray | None = None,
) -> Exposure:
    """Delivered contracts, one row each, as employments, person-months at risk and features per person and wave.

    Columns of `source.columns`: person, start, end; if delivered team, fte, function, exit_reason, destination (after
    recode: stayed, other_care, outside_care, not_employee) and internal_transfer (yes or no). A blank or far end is an
    open contract, one after the extract is not over yet. Raises one `MeasurementError` with all problems: cells that
    are no dates, ends before starts, overlapping contracts, unknown destinations, exits without a destination.
    """
    rules = source.rules if isinstance(source.rules, HrRules) else HrRules()
    given = DeliveredTable.of(data, source, lines=lines)
    problems = column_problems(data, source, ["person", "start", "end"])
    raise_all([*problems, *rule_problems(data, source)], MeasurementError)
    rows, codes = exposed.chosen_rows(data, source)
    window, problems = _window(source, study, rules)
    contracts, found = _contracts(given, rules, rows)
    found += _long_ago(contracts["start"], window, rules, rows, given)
    contracts["person"] = codes
    problems += exposed.free_text(contracts["function"], "function", source, most=150)
    problems += exposed.free_text(contracts["exit_reason"], "exit_reason", source)
    problems += [*found, *_settle_duplicates(contracts, rows, given)]
    problems += _overlaps(contracts, rows, rules, given)
    raise_all(problems, MeasurementError)
    at = np.flatnonzero(rows.keep)
    contracts = contracts.iloc[at].assign(line=given.lines[at])
    table = employments_of(contracts, window.first, window.last, rules.gap_days)
    raise_all(_without_destination(table, rules, source), MeasurementError)
    table["destination"] = table["destination"].where(
        ~((table["event"] == "left") & (table["destination"] == "")), "unknown"
    )
    outside = int(table["outside"].sum())
    table = table[~table["outside"]].drop(columns=["outside", "line"]).reset_index(drop=True)
    raise_all(_empty(table, source), MeasurementError)
    table["person"] = exposed.pseudonyms(table["person"], pseudonymise).to_numpy()
    table.insert(0, "sample", pd.Series([source.sample] * len(table), dtype="str"))
    table = table.sort_values(["person", "start"], kind="stable", ignore_index=True)
    months = person_months(table, source, study, window.first)
    steps = exposed.row_steps(len(data), rows)
    steps.append(("employments", "outside the observed period", outside))
    steps.append(("employments", "observed", len(table)))
    steps.append(("employments", "employed before the observed period", int(table["left_truncated"].sum())))
    steps.append(("person-months", "at risk", len(months)))
    return Exposure(
        check(table, "employments"),
        check(hr_features(months), "hr_features"),
        exposed.flow_table(source, steps),
        check(months, "person_months"),
        exposed.notes_of(rows.dropped, source),
    )


def _window(source: Source, study: Study, rules: HrRules) -> tuple[Window, list[Problem]]:
    first = rules.observed_from or study.waves[0].date
    last = rules.observed_to or study.delivered
    if first is None or pd.Timestamp(first) > pd.Timestamp(last):
        problem = Problem(
            found="no first day of observation"
            if first is None
            else "the observed period ends before it starts",
            where=source.file,
            expected="a date of the first wave and a later date of the extract",
            action="give hr: {observed_from: ..., observed_to: ...}",
        )
        return Window(pd.Timestamp(last), pd.Timestamp(last)), [problem]
    return Window(pd.Timestamp(first), pd.Timestamp(last)), []


def _contracts(given: DeliveredTable, rules: HrRules, rows: Rows) -> tuple[pd.DataFrame, list[Problem]]:
    """start, end, the texts and fte of each contract; impossible dates dropped by rule."""
    data, source = given.data, given.source
    columns: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in ("start", "end"):
        columns[name], wrong = read_dates(data[source.columns[name]], last_day=name == "end")
        problems += given.rows_problem(
            wrong & rows.keep,
            "not a date",
            name,
            "dates such as 2025-09-01 or 01-09-2025, or months such as 2025-09",
            "correct the cells, or leave the rows out with drop_rows",
        )
        if name == "start":
            problems += given.rows_problem(
                columns[name].isna().to_numpy() & ~wrong & rows.keep,
                "no start of the contract",
                name,
                "the first day of every contract",
                "complete the cells, or leave the rows out with drop_rows",
            )
    backward = (columns["end"] < columns["start"]).to_numpy() & rows.keep
    if rules.impossible_dates == "drop":
        rows.drop(backward, "ends before it starts")
    else:
        problems += given.rows_problem(
            backward,
            "a contract that ends before it starts",
            "end",
            "an end on or after the start",
            "correct the dates, or leave such rows out with hr: {impossible_dates: drop}",
        )
    for name in HR_WORDS:
        columns[name] = exposed.text_of(data, name, source)
    columns["fte"], found = _fte(given, rows)
    problems += [*found, *_word_problems(columns, given, rows)]
    transfer = columns["internal_transfer"].fillna("").str.casefold()
    columns["internal_transfer"] = transfer.isin(_TRUE)
    return pd.DataFrame(columns), problems


def _long_ago(
    start: pd.Series, window: Window, rules: HrRules, rows: Rows, given: DeliveredTable
) -> list[Problem]:
    """Starts that no working life reaches, such as 1900 or 0001 for a date that was not known; dropped by rule."""
    early = (start < window.last - _WORKING_LIFE).to_numpy()
    if rules.impossible_dates == "drop":
        rows.drop(early, "starts before a working life")
        return []
    return given.rows_problem(
        early & rows.keep,
        "a contract that starts before a working life",
        "start",
        "starts in the 60 years before the extract",
        "correct the dates, or leave such rows out with hr: {impossible_dates: drop}",
    )


def _fte(given: DeliveredTable, rows: Rows) -> tuple[pd.Series, list[Problem]]:
    data, source = given.data, given.source
    values, wrong, outside = exposed.numbers_of(data, "fte", source, _FTE)
    if source.out_of_range == "missing":
        return values.mask(outside), []
    return values, given.rows_problem(
        (wrong | outside) & rows.keep,
        "not an FTE",
        "fte",
        "a part of full time: 0.5, 0,89, 1",
        "deliver FTE instead of hours, or declare out_of_range: missing",
    )


def _word_problems(columns: dict[str, Any], given: DeliveredTable, rows: Rows) -> list[Problem]:
    destination = exposed.unknown_words(columns["destination"], DESTINATIONS) & rows.keep
    problems = given.rows_problem(
        destination,
        "an unknown destination",
        "destination",
        "one of " + ", ".join(DESTINATIONS),
        "translate the words with recode: {destination: {theirs: ours}}",
    )
    transfer = columns["internal_transfer"].str.casefold()
    return problems + given.rows_problem(
        exposed.unknown_words(transfer, _TRUE | _FALSE) & rows.keep,
        "neither yes nor no",
        "internal_transfer",
        "ja or nee, yes or no, 1 or 0",
        "translate the words with recode: {internal_transfer: {theirs: ja}}",
    )


def _settle_duplicates(contracts: pd.DataFrame, rows: Rows, given: DeliveredTable) -> list[Problem]:
    """The same contract listed twice."""
    source = given.source
    key = contracts[["person", "team", "start", "end"]]
    if source.duplicates == "stop":
        twice = np.zeros(len(key), dtype=bool)
        twice[rows.keep] = key[rows.keep].duplicated(keep=False).to_numpy()
        return given.rows_problem(
            twice,
            "the same contract",
            "start",
            "every contract once",
            "declare duplicates: keep_first for this source",
        )
    second = np.zeros(len(key), dtype=bool)
    second[rows.keep] = key[rows.keep].duplicated().to_numpy()
    rows.drop(second, DUPLICATE)
    return []


def _overlaps(contracts: pd.DataFrame, rows: Rows, rules: HrRules, given: DeliveredTable) -> list[Problem]:
    """Contracts of one person that start before an earlier one has ended; the same day is no overlap."""
    if rules.overlapping == "merge":
        return []
    kept = contracts[rows.keep & contracts["start"].notna().to_numpy()].sort_values(
        ["person", "start", "end"], kind="stable"
    )
    kept = kept.drop_duplicates(["person", "team", "start", "end"])  # told apart as duplicates
    ends = kept["end"].fillna(pd.Timestamp.max.floor("D").as_unit("us"))
    latest = ends.groupby(kept["person"], sort=False).cummax()
    before = latest.groupby(kept["person"], sort=False).shift()
    overlapping = np.zeros(len(contracts), dtype=bool)
    overlapping[kept.index[(kept["start"] < before).to_numpy()]] = True
    return given.rows_problem(
        overlapping,
        "a contract that starts before an earlier one of the same person has ended",
        "start",
        "one contract at a time",
        "correct the dates, or join such contracts with hr: {overlapping: merge}",
    )


def _without_destination(table: pd.DataFrame, rules: HrRules, source: Source) -> list[Problem]:
    blank = table[(table["event"] == "left") & (table["destination"] == "") & ~table["outside"]]
    if rules.blank_destination == "unknown" or not len(blank):
        return []
    from dww_analysis.delivery.codes import shown

    return [
        Problem(
            found=f"{len(blank)} persons left without a destination (line {shown(blank['line'])})",
            where=f"{source.file}, column {source.columns.get('destination', 'destination')}",
            expected="one of " + ", ".join(DESTINATIONS),
            action="complete the column, or declare hr: {blank_destination: unknown}",
        )
    ]


def _empty(table: pd.DataFrame, source: Source) -> list[Problem]:
    if len(table):
        return []
    return [
        Problem(
            found="nobody was employed in the observed period",
            where=source.file,
            expected="contracts between the first wave and the extract",
            action="check the dates, and hr: {observed_from, observed_to}",
        )
    ]
