"""One delivered file as measurements: `ingest_source` applies the study's rules and collects every problem once.

Identifiers never come along: only declared columns are read, and columns that are known to identify a person are
refused as answers. Person codes leave as pseudonyms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import code_text, name_reader, nearest, person_code, text_column
from dww_analysis.delivery.declared import WHO_AND_WHERE, column_problems, lacks_columns
from dww_analysis.delivery.ledger import rules_table, unmet
from dww_analysis.delivery.rows import (
    NO_PERSON,
    UNANSWERED,
    Rows,
    drop_declared,
    finished_rows,
    refuse_contradictions,
    refuse_previews,
    settle_duplicates,
)
from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.measurements import Ingested, MissingReason
from dww_analysis.domain.study import Source, Study
from dww_analysis.errors import MeasurementError, Problem, raise_all
from dww_analysis.ingest.labels import category_meanings, label_problems, range_problems
from dww_analysis.ingest.plausible import spellings
from dww_analysis.ingest.records import background_of, codebook, constant, flow, missing_table, valid_range
from dww_analysis.ingest.rules_met import ledger_of
from dww_analysis.ingest.values import (
    PRESENT,
    Column,
    Facts,
    read_categories,
    read_numbers,
    reason_index,
)


def ingest_source(
    given: DeliveredTable,
    study: Study,
    item_ranges: Mapping[str, tuple[float, float]],
    pseudonymise: Callable[[str], str],
    *,
    persons: pd.Series | None = None,
) -> Ingested:
    """The answers of one delivered file under the study's rules.

    `item_ranges`: our column -> lowest and highest valid answer. `pseudonymise`: a person's code -> pseudonym.
    `persons`: a pseudonym for each delivered row (missing: no code), for persons linked by self-generated codes.
    Returns answers, missing reasons, the counts of rows and the codebook of this file. Blank answers are "skipped",
    but "left the study" after the last answer of somebody who did not finish. Raises one `MeasurementError` with
    all problems: absent columns, codes outside the range, duplicates without a rule, previews without a rule, words
    instead of codes. Messages name lines of the delivered file, never a person.
    """
    data, source = given.data, given.source
    problems, present = _declaration_problems(data, source, study), given.present
    rows = Rows(np.ones(len(data), dtype=bool))
    drop_declared(rows, data, source)
    refuse_previews(rows, given)
    finished = finished_rows(rows, data, source)
    content = [ours for ours in present if ours not in WHO_AND_WHERE]
    if source.complete is not None:
        rows.drop(~finished & nothing_answered(data, [present[c] for c in content]), UNANSWERED)
    codes = _person_codes(rows, given, persons)
    teams = _names(given, "team")
    if codes is not None:
        numbers = pd.factorize(codes)[0]
        about = {kind: _background_columns(given, study, kind) for kind in ("category", "number")}
        refuse_contradictions(rows, numbers, about["category"], about["number"], given)
        settle_duplicates(rows, numbers, pd.factorize(teams)[0], finished, given)
    problems += rows.problems
    at = np.flatnonzero(rows.keep)
    columns = {c: read_column(c, given, study, item_ranges, at) for c in content}
    for column in columns.values():
        problems += column.problems
    ledger = ledger_of(source, data, present, rows, columns)
    problems += unmet(ledger, source) if not lacks_columns(data, source) else []
    problems += _empty_problem(at, rows, source)
    problems += _label_problems(given, study)
    raise_all(problems, MeasurementError)
    _mark_broken_off(columns, finished[at], given, at)
    named = _persons(at, source, codes, pseudonymise if persons is None else str)
    keys = _keys(at, given, teams, named, finished)
    keys["participated"] = took_part(columns, source, len(at))
    answers = pd.DataFrame(keys | {name: c.values for name, c in columns.items()}, copy=False)
    book = codebook(columns, keys, given, study, item_ranges)
    raise_all(range_problems(book, source), MeasurementError)
    return Ingested(
        answers,
        missing_table(keys, columns, source),
        flow(len(data), rows, columns, data, source),
        book,
        rules_table(ledger, source),
        _spelled(codes if persons is None else None, at, source, study, pseudonymise),
    )


def _label_problems(given: DeliveredTable, study: Study) -> list[Problem]:
    """Labels of the file for background categories that belong to other codes of the study."""
    found = [
        category_meanings(b, given.present[b.name], given.variables, given.source)
        for b in study.background
        if b.categories and b.name in given.present
    ]
    return label_problems(found, given.source)


def _declaration_problems(data: pd.DataFrame, source: Source, study: Study) -> list[Problem]:
    """What sources.yaml says that this file cannot carry."""
    problems = column_problems(data, source)
    if source.persons == "key" and "person" not in source.columns:
        problems.append(
            Problem(
                found="no column says who answered",
                where=source.file,
                expected="columns: {person: ...}, or persons: anonymous",
                action="name the column with the person's code in sources.yaml",
            )
        )
    return problems + _reason_problems(source) + _wave_problem(source, study)


def _reason_problems(source: Source) -> list[Problem]:
    known = {str(reason) for reason in MissingReason}
    return [
        Problem(
            found=f"missing_codes gives the reason {reason!r} for the code {code!r}",
            where=source.file,
            expected="one of " + ", ".join(sorted(known)) + nearest(reason, known),
            action="correct missing_codes in sources.yaml",
        )
        for code, reason in source.missing_codes.items()
        if reason not in known
    ]


def _wave_problem(source: Source, study: Study) -> list[Problem]:
    waves = [w.number for w in study.waves]
    if source.wave in waves:
        return []
    found = "no wave is declared" if source.wave is None else f"wave {source.wave} is not a wave of the study"
    expected = "one of " + ", ".join(map(str, waves))
    return [
        Problem(
            found=found,
            where=source.file,
            expected=expected,
            action="correct `wave` in sources.yaml or the waves in study.yaml",
        )
    ]


def nothing_answered(data: pd.DataFrame, delivered: list[str]) -> np.ndarray:
    """For each row whether all of these delivered columns are empty; True without any column."""
    nothing = np.ones(len(data), dtype=bool)
    for name in delivered:
        nothing &= data[name].isna().to_numpy()
    return nothing


def _background_columns(given: DeliveredTable, study: Study, kind: str) -> dict[str, pd.Series]:
    return {
        b.name: given.column(b.name) for b in study.background if b.kind == kind and b.name in given.present
    }


def _person_codes(rows: Rows, given: DeliveredTable, persons: pd.Series | None) -> pd.Series | None:
    """The code of each row in one spelling; rows without one are dropped. None for anonymous persons."""
    if given.source.persons == "anonymous" or "person" not in given.present:
        return None
    codes = persons if persons is not None else text_column(given.column("person"), person_code)
    rows.drop(codes.isna().to_numpy(), NO_PERSON)
    return codes


def _names(given: DeliveredTable, column: str) -> pd.Series:
    """Team or organisation of each row, hand-typed names replaced by ids; missing where not delivered."""
    if column not in given.present:
        return pd.Series([None] * len(given.data), dtype="str")
    return text_column(given.column(column), name_reader(column, given.source))


def _facts(ours: str, given: DeliveredTable, bounds: tuple[float, float] | None) -> Facts:
    theirs, source = given.present[ours], given.source
    found = given.variables[given.variables["name"] == theirs]
    about: dict[str, Any] = found.iloc[0].to_dict() if len(found) else {}
    known = {str(reason) for reason in MissingReason}
    return Facts(
        ours,
        theirs,
        f"{source.file}, column {theirs} ({ours})",
        about.get("value_labels") or {},
        about.get("missing_values") or (),
        about.get("missing_ranges") or (),
        {code_text(code): reason for code, reason in source.missing_codes.items() if reason in known},
        {code_text(theirs): code_text(to) for theirs, to in source.recode.get(ours, {}).items()},
        bounds,
        source.out_of_range,
    )


def read_column(
    ours: str,
    given: DeliveredTable,
    study: Study,
    item_ranges: Mapping[str, tuple[float, float]],
    at: np.ndarray,
) -> Column:
    """The answers of one column, of the rows `at`. What cannot be read is a problem of the Column, not raised."""
    facts = _facts(ours, given, valid_range(ours, study, item_ranges))
    delivered, lines = given.column(ours), given.lines
    if len(at) < len(delivered):
        delivered, lines = delivered.iloc[at], lines[at]
    background = background_of(ours, study)
    facts = replace(facts, open_number=background is not None)
    if background is not None and background.kind == "category":
        return read_categories(delivered, background, facts, lines)
    return read_numbers(delivered, facts, lines)


def _empty_problem(at: np.ndarray, rows: Rows, source: Source) -> list[Problem]:
    if len(at):
        return []
    why = ", ".join(f"{count} {reason}" for reason, count in rows.dropped.items()) or "the file has no rows"
    return [
        Problem(
            found=f"no row is left ({why})",
            where=source.file,
            expected="rows of answers",
            action="check the file and its rules",
        )
    ]


def _mark_broken_off(
    columns: Mapping[str, Column], finished: np.ndarray, given: DeliveredTable, at: np.ndarray
) -> None:
    """Blanks after the last delivered value of an unfinished row are "left the study": it was never reached.

    A code for "no answer" says that the question was seen, so it counts as reached.
    """
    stopped = np.flatnonzero(~finished)
    if not len(stopped):
        return
    order = {name: i for i, name in enumerate(given.data.columns)}
    skipped, left = reason_index(MissingReason.SKIPPED), reason_index(MissingReason.LEFT_STUDY)
    reached = np.zeros(len(stopped), dtype=bool)
    for ours in sorted(columns, key=lambda c: order[given.present[c]], reverse=True):
        column = columns[ours]
        blank = given.column(ours).iloc[at[stopped]].isna().to_numpy()
        never = blank & ~reached & (column.reasons[stopped] == skipped)
        if never.any():
            column.reasons = column.reasons.copy()
            column.reasons[stopped[never]] = left
        reached |= ~blank


def _keys(
    at: np.ndarray, given: DeliveredTable, teams: pd.Series, persons: pd.Series, finished: np.ndarray
) -> dict[str, Any]:
    source, organisations = given.source, _names(given, "organisation")
    return {
        "sample": constant(source.sample, len(at)),
        "person": persons,
        "wave": np.full(len(at), source.wave, dtype="int64"),
        "source": constant(source.id, len(at)),
        "organisation": organisations.take(at).reset_index(drop=True),
        "team": teams.take(at).reset_index(drop=True),
        "complete": finished[at],
    }


def took_part(columns: Mapping[str, Column], source: Source, length: int) -> np.ndarray:
    """For each row whether it holds any answer. A column that other waves take from the same delivered column (the
    age band of one wide file) says nothing about this wave, unless there is no other."""
    asked = [c for name, c in columns.items() if name not in source.shared] or list(columns.values())
    if not asked:
        return np.ones(length, dtype=bool)
    given = (PRESENT, reason_index(MissingReason.OUT_OF_RANGE))
    return np.any([np.isin(column.reasons, given) for column in asked], axis=0)


def _spelled(
    codes: pd.Series | None, at: np.ndarray, source: Source, study: Study, pseudonymise: Callable[[str], str]
) -> pd.DataFrame:
    """Other spellings of the persons' codes, where another wave can be compared; no rows otherwise."""
    compared = codes is not None and len(study.waves) > 1
    distinct = pd.unique(codes.take(at)).tolist() if codes is not None and compared else []
    return spellings(distinct, source.sample, source.wave, pseudonymise)


def _persons(
    at: np.ndarray, source: Source, codes: pd.Series | None, pseudonymise: Callable[[str], str]
) -> pd.Series:
    if codes is None:
        return pd.Series([f"{source.id}-{number}" for number in range(1, len(at) + 1)], dtype="str")
    numbers, distinct = pd.factorize(codes.take(at))
    names = pd.Series([pseudonymise(code) for code in distinct.tolist()], dtype="str")
    return names.take(numbers).reset_index(drop=True)
