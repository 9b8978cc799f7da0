"""Diaries and experience sampling: what became of every beep, who kept it up, and what was learned from whom.

A long file with one row a beep (m-Path, Ethica, Movisens, a daily questionnaire) is read by the rules that the study
declares; every problem is collected. What is computed of the beeps is in `beeps.py`. Expired beeps hold no answers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import code_text, fold
from dww_analysis.delivery.declared import column_problems
from dww_analysis.delivery.idle import rule_problems
from dww_analysis.delivery.rows import DUPLICATE, Rows
from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.exposure import BEEP_STATUS, BEEP_TIMES, DiaryRules, Exposure
from dww_analysis.domain.study import Source, Study
from dww_analysis.errors import MeasurementError, Problem, raise_all
from dww_analysis.exposure import exposed
from dww_analysis.exposure.beeps import beep_status, centred, diary_features, learning_moments, with_lags
from dww_analysis.exposure.contracts import check
from dww_analysis.exposure.periods import EARLIEST, read_times, waves_of

LEARNING = ("learning_source", "learning_process")
STRUCTURE = ("person", "team", "beep", *BEEP_TIMES, *LEARNING)
TICKED = ("source_", "process_")  # columns of boxes, one a source or process
_NOT_TICKED = frozenset({"", "0", "n", "no", "nee", "false", "onwaar", "not selected", "niet geselecteerd"})
_MINUTE = pd.Timedelta(minutes=1)


def read_diary(
    data: pd.DataFrame,
    source: Source,
    study: Study,
    pseudonymise: Callable[[str], str],
    *,
    lines: np.ndarray | None = None,
) -> Exposure:
    """A delivered diary as beeps, learning moments and features per person and wave.

    Columns of `source.columns`: person; finished or started; if delivered scheduled, sent, expired, beep (its number),
    team, learning_source and learning_process (codes, several joined by the separator) or boxes source_<id> and
    process_<id>; every other column is an item with numbers. Without scheduled and sent every row is an answer, and
    compliance is known only when the rules say how many beeps were expected. Raises one `MeasurementError` with all
    problems: absent columns, cells that are not times or numbers, answers before the beep was sent, unknown codes,
    beeps delivered twice without a rule. Lines are named, cells never.
    """
    rules = source.rules if isinstance(source.rules, DiaryRules) else DiaryRules()
    given = DeliveredTable.of(data, source, lines=lines)
    problems = column_problems(data, source, ["person"]) + _absent_times(source)
    problems += rule_problems(data, source, rules.separator)
    raise_all(problems, MeasurementError)
    rows, codes = exposed.chosen_rows(data, source)
    times, problems = _times(given, rules, rows)
    beeps = pd.DataFrame({"person": codes, "team": exposed.text_of(data, "team", source), **times})
    beeps["beep"] = exposed.text_of(data, "beep", source)
    rows.drop(beeps["sent"].fillna(beeps["scheduled"]).isna().to_numpy(), "no time of the beep")
    named = beeps["beep"].where(pd.to_numeric(beeps["beep"], errors="coerce").isna())
    problems += exposed.free_text(named, "beep", source, longest=20)
    problems += _impossible(beeps, rows, rules, given)
    problems += _settle_duplicates(beeps, rows, given)
    asked = _asked(source)
    items, found = _items(given, rules, rows)
    learning, unknown = _learning(given, rules, rows)
    raise_all([*problems, *found, *unknown], MeasurementError)
    at = np.flatnonzero(rows.keep)
    whole = pd.concat([beeps, items], axis=1).iloc[at]
    whole["person"] = exposed.pseudonyms(codes.iloc[at], pseudonymise).to_numpy()
    table = _laid_out(whole, list(items), source, study, rules)
    named = {what: [codes[row] for row in at] for what, codes in learning.items()}
    moments = learning_moments(table, named, rules)
    table = table.sort_values(["person", "time"], kind="stable", ignore_index=True)
    table = with_lags(table, list(items))
    table = centred(table, list(items))
    features = diary_features(table, moments, rules, asked)
    steps = exposed.row_steps(len(data), rows)
    if not {"scheduled", "sent"} & set(source.columns) and rules.expected_beeps is None:
        features["compliance"] = np.nan
    steps += [("status", status, int((table["status"] == status).sum())) for status in BEEP_STATUS]
    return Exposure(
        check(table.drop(columns="row"), "beeps"),
        check(features, "diary_features"),
        exposed.flow_table(source, steps),
        check(moments, "moments"),
        exposed.notes_of(rows.dropped, source),
    )


def _absent_times(source: Source) -> list[Problem]:
    if {"finished", "started"} & set(source.columns):
        return []
    return [
        Problem(
            found="`columns` names neither finished nor started",
            where=source.file,
            expected="the column with the time an answer was finished or started",
            action="name one of them in sources.yaml",
        )
    ]


def _times(
    given: DeliveredTable, rules: DiaryRules, rows: Rows
) -> tuple[dict[str, pd.Series], list[Problem]]:
    data, source = given.data, given.source
    nothing = pd.Series(np.full(len(data), np.datetime64("NaT", "us")))
    times: dict[str, pd.Series] = {}
    problems: list[Problem] = []
    for name in BEEP_TIMES:
        if name not in source.columns:
            times[name] = nothing
            continue
        times[name], wrong = read_times(data[source.columns[name]], rules.epoch)
        problems += given.rows_problem(
            wrong & rows.keep,
            "not a time",
            name,
            "times such as 2026-03-02 09:15, or seconds since 1970",
            "correct the cells, or leave the rows out with drop_rows",
        )
    if "finished" not in source.columns:
        times["finished"] = times["started"]
    if "sent" not in source.columns:
        unknown = "scheduled" not in source.columns  # a daily questionnaire says only when it was filled in
        times["sent"] = times["started"].fillna(times["finished"]) if unknown else times["scheduled"]
    return times, problems


def _impossible(beeps: pd.DataFrame, rows: Rows, rules: DiaryRules, given: DeliveredTable) -> list[Problem]:
    """Answers before the beep was sent, that were finished before they were started, or of a clock that was reset."""
    early = (beeps["started"] < beeps["sent"]) | (beeps["finished"] < beeps["sent"])
    reset = (beeps[list(BEEP_TIMES)] < EARLIEST).any(axis=1).to_numpy()
    found = (early | (beeps["finished"] < beeps["started"])).to_numpy() & rows.keep
    if rules.impossible_times == "drop":
        rows.drop(reset, "wrong clock")
        rows.drop(found, "answered before it was sent")
        return []
    return given.rows_problem(
        found | (reset & rows.keep),
        f"an answer from before the beep was sent, finished before it was started, or from before {EARLIEST.year},",
        "finished",
        "scheduled, sent, started and finished in this order, on a clock that was set",
        "correct the times, or leave such rows out with diary: {impossible_times: drop}",
    )


def _settle_duplicates(beeps: pd.DataFrame, rows: Rows, given: DeliveredTable) -> list[Problem]:
    """One row a beep of a person: by its number where it has one, otherwise by its time."""
    source = given.source
    moment = beeps["scheduled"].fillna(beeps["sent"])
    key = pd.DataFrame({"person": beeps["person"], "beep": beeps["beep"].fillna(""), "moment": moment})
    if beeps["beep"].notna().any():
        # numbers start again in a next period of the diary: the day tells the periods apart
        key["moment"] = key["moment"].dt.normalize().where(beeps["beep"].notna(), moment)
    kept = key[rows.keep]
    if source.duplicates == "stop":
        twice = np.zeros(len(key), dtype=bool)
        twice[np.flatnonzero(rows.keep)] = kept.duplicated(keep=False).to_numpy()
        return given.rows_problem(
            twice,
            "the same beep of one person more than once",
            "beep",
            "one row a beep",
            "declare duplicates: keep_first or keep_last_complete for this source",
        )
    order = kept
    if source.duplicates == "keep_last_complete":
        answered = beeps.loc[kept.index, "finished"].notna()
        order = kept.iloc[np.lexsort((-np.arange(len(kept)), ~answered.to_numpy()))]
    second = np.zeros(len(key), dtype=bool)
    second[order.index[order.duplicated().to_numpy()]] = True
    rows.drop(second, DUPLICATE)
    return []


def _items(given: DeliveredTable, rules: DiaryRules, rows: Rows) -> tuple[pd.DataFrame, list[Problem]]:
    data, source = given.data, given.source
    items: dict[str, pd.Series] = {}
    problems: list[Problem] = []
    names = [c for c in source.columns if c not in STRUCTURE and not c.startswith(TICKED)]
    for name in names:
        values, wrong, outside = exposed.numbers_of(data, name, source, rules.ranges.get(name))
        problems += given.rows_problem(
            wrong & rows.keep,
            "not a number",
            name,
            "numbers, or codes of missing_codes",
            "translate the words with recode, or leave the column out",
        )
        if source.out_of_range == "missing":
            values = values.mask(outside)
        elif name in rules.ranges:
            low, high = rules.ranges[name]
            problems += given.rows_problem(
                outside & rows.keep,
                "an answer out of range",
                name,
                f"{low:g} to {high:g}",
                "correct the range, or declare out_of_range: missing",
            )
        items[name] = values
    return pd.DataFrame(items, index=data.index if not items else None).reset_index(drop=True), problems


def _learning(
    given: DeliveredTable, rules: DiaryRules, rows: Rows
) -> tuple[dict[str, list[list[str]]], list[Problem]]:
    """For each row the codes of sources and of processes of learning."""
    data, source = given.data, given.source
    vocabulary = {"source": list(rules.sources), "process": list(rules.processes)}
    result: dict[str, list[list[str]]] = {}
    problems: list[Problem] = []
    for what, known in vocabulary.items():
        codes, wrong = _joined_codes(data, f"learning_{what}", source, rules.separator, known)
        problems += given.rows_problem(
            wrong & rows.keep,
            f"an unknown {what} of learning",
            f"learning_{what}",
            "one of " + ", ".join(known),
            f"translate the words with recode: {{learning_{what}: {{theirs: ours}}}}",
        )
        boxes = {c.removeprefix(f"{what}_"): c for c in source.columns if c.startswith(f"{what}_")}
        problems += [
            Problem(
                found=f"`columns` names the box {box!r}",
                where=source.file,
                expected="one of " + ", ".join(f"{what}_{k}" for k in known),
                action="correct `columns` in sources.yaml",
            )
            for box in (c for code, c in boxes.items() if code not in known)
        ]
        for code, box in boxes.items():
            for row in np.flatnonzero(_ticked(exposed.text_of(data, box, source))):
                codes[row] = [*codes[row], code]
        result[what] = [list(dict.fromkeys(c)) for c in codes]
    return result, problems


def _asked(source: Source) -> list[str]:
    """What the diary asks of learning: "source", "process", both or neither."""
    delivered = set(source.columns)
    return [
        what
        for what in ("source", "process")
        if f"learning_{what}" in delivered or any(c.startswith(f"{what}_") for c in delivered)
    ]


def _joined_codes(
    data: pd.DataFrame, name: str, source: Source, separator: str, known: list[str]
) -> tuple[list[list[str]], np.ndarray]:
    if name not in source.columns:
        return [[] for _ in range(len(data))], np.zeros(len(data), dtype=bool)
    words = {fold(w): c for w, c in {**{k: k for k in known}, **source.recode.get(name, {})}.items()}
    codes, wrong = [], []
    for value in data[source.columns[name]].tolist():
        text = code_text(value)
        parts = [] if text in source.missing_codes else [p for p in text.split(separator) if p.strip()]
        ours = [words.get(fold(part), "") for part in parts]
        codes.append([code for code in ours if code in known])
        wrong.append(any(code not in known for code in ours))
    return codes, np.array(wrong, dtype=bool)


def _ticked(column: pd.Series) -> np.ndarray:
    return np.array([code_text(value).casefold() not in _NOT_TICKED for value in column.tolist()], dtype=bool)


def _laid_out(
    beeps: pd.DataFrame, items: list[str], source: Source, study: Study, rules: DiaryRules
) -> pd.DataFrame:
    """Rows with our columns, status and latency; answers of beeps that were not answered in time are no answers."""
    table = beeps.reset_index(drop=True)
    table["row"] = np.arange(len(table))
    table.insert(0, "sample", pd.Series([source.sample] * len(table), dtype="str"))
    table["time"] = table["sent"].fillna(table["scheduled"])
    table["wave"] = waves_of(table["time"], source, study)
    early = pd.Timedelta(hours=rules.day_starts_hour)
    table["day"] = (table["time"] - early).dt.normalize()
    table["status"] = beep_status(table, rules.expires_after_minutes)
    answered = table["status"] == "answered"
    begun = table["started"].fillna(table["finished"])
    table["latency_minutes"] = ((begun - table["time"]) / _MINUTE).where(answered)
    table["minutes"] = ((table["finished"] - table["started"]) / _MINUTE).where(answered)
    table[items] = table[items].where(answered)
    first = ["sample", "person", "wave", "team", "beep", "time", "day", "status"]
    return table[[*first, "latency_minutes", "minutes", *items, "row"]]
