"""What an allocation list must agree on with itself and with the design: starts, units in one arm, strata with both."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import code_text
from dww_analysis.domain.design import is_date, start_wave
from dww_analysis.domain.study import Source, Study
from dww_analysis.errors import Problem

MOST_LINES = 5  # of one start that cannot be, that are named
DAY_FIRST_OR_MONTH_FIRST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4})")


def with_starts(
    table: pd.DataFrame, source: Source, study: Study, lines: np.ndarray
) -> tuple[pd.DataFrame, list[Problem]]:
    """The list with `start` as the number of a wave (NaN: never) and the arm that a unit ends up in."""
    texts = [None if pd.isna(v) else code_text(v).strip() for v in table["start"]]
    starts = [start_wave(t, study.waves) if t else None for t in texts]
    wrong: dict[str, list[int]] = {}  # text -> its lines
    for line, text, start in zip(lines, texts, starts, strict=True):
        if text and (start is None or _too_early(text, study)):
            wrong.setdefault(text, []).append(int(line))
    undated = [] if all(w.date for w in study.waves) else [text for text in wrong if is_date(text)]
    problems = [_undated(sum(len(wrong.pop(text)) for text in undated), source)] if undated else []
    problems += [_start_problem(text, _at(source, found), study) for text, found in wrong.items()]
    start = pd.Series([float("nan") if s is None else float(s) for s in starts], index=table.index)
    if not problems and start.isna().all():
        problems.append(
            Problem(
                found="no unit starts",
                where=source.file,
                expected="units with a start",
                action="fill in the starts",
            )
        )
    arm = np.where(start.notna(), study.treated_arm, study.reference_arm)
    return table.assign(start=start, arm=pd.Series(arm, index=table.index, dtype="str")), problems


def _too_early(text: str, study: Study) -> bool:
    first = study.waves[0].date
    return not text.isdecimal() and first is not None and text < first


def _undated(count: int, source: Source) -> Problem:
    """Dates cannot be laid beside waves that have none: said once for the whole list."""
    said = "1 start is a date" if count == 1 else f"{count} starts are dates"
    return Problem(
        found=f"{said}, and not every wave in study.yaml has a date",
        where=source.file,
        expected="a `date` for every wave, so that the first wave on or after a start can be found",
        action="add the dates in study.yaml, or give starts as numbers of waves",
    )


def _at(source: Source, lines: list[int]) -> str:
    said = ", ".join(map(str, lines[:MOST_LINES])) + (
        f" and {len(lines) - MOST_LINES} more" if len(lines) > MOST_LINES else ""
    )
    return f"{source.file}, line{'s' if len(lines) > 1 else ''} {said}"


def _start_problem(text: str, where: str, study: Study) -> Problem:
    if DAY_FIRST_OR_MONTH_FIRST.fullmatch(text):
        return Problem(
            found=f"the start {text!r} may be read with the day or the month first",
            where=where,
            expected="dates written YYYY-MM-DD; dd-mm-yyyy too where every start of the list is written so",
            action="write all starts alike",
        )
    waves = ", ".join(f"{w.number} ({w.date})" if w.date else str(w.number) for w in study.waves)
    return Problem(
        found=(
            f"the start {text!r} is before the first wave or after the last: nobody was asked "
            "both before and after it"
            if is_date(text) or text.isdecimal()
            else f"the start {text!r} is no wave and no date"
        ),
        where=where,
        expected=(
            "the number of a wave, or a date (YYYY-MM-DD) from the first wave up to the "
            f"last: {waves}; empty for never"
        ),
        action="correct the start, or leave it empty when the unit never started",
    )


def contradictions(table: pd.DataFrame, source: Source, study: Study, lines: np.ndarray) -> list[Problem]:
    """Problems of organisations in two arms (or with two starts) where these were allocated, of units without stratum,
    and of strata without both arms (or two starts); [] where the list agrees with the design. table: columns team,
    organisation and arm or start, a row a unit; lines: of these rows."""
    unit = study.unit
    if unit == "organisation":
        return list(_in_two(table, source, "start" if study.starts else "arm"))
    stratified = study.allocation is not None and study.allocation.strata == "organisation"
    return _strata_problems(table, source, study, lines) if stratified else []


def _in_two(table: pd.DataFrame, source: Source, what: str) -> Iterator[Problem]:
    for organisation, rows in table.dropna(subset=["organisation"]).groupby("organisation", sort=True):
        given = list(dict.fromkeys(rows[what].astype(str)))
        if len(given) > 1:
            yield Problem(
                found=f"the organisation {organisation!r} has the {what}s {' and '.join(given)}",
                where=source.file,
                expected=f"one {what} for each organisation: organisations were allocated",
                action="correct the list, or say `unit: team` in study.yaml",
            )


def _strata_problems(table: pd.DataFrame, source: Source, study: Study, lines: np.ndarray) -> list[Problem]:
    homeless = table["organisation"].isna().to_numpy()
    if homeless.all():
        return [
            Problem(
                found="study.yaml says `strata: organisation` and the list names no organisations",
                where=source.file,
                expected=f"the organisation of every {study.unit}",
                action="add the column, or remove `strata`",
            )
        ]
    if homeless.any():
        return [
            Problem(
                found="study.yaml says `strata: organisation` and no organisation is given",
                where=_at(source, [int(line) for line in lines[homeless]]),
                expected=f"the organisation of every {study.unit}: chance worked within them",
                action="fill it in, or remove `strata`",
            )
        ]
    what = "start" if study.starts else "arm"
    by_stratum = table.groupby("organisation")[what].nunique(dropna=False)
    if (by_stratum > 1).any():
        return []
    one = f"({len(by_stratum)} organisations with one {what} each)"
    return [
        Problem(
            found=f"no organisation has {study.unit}s "
            + (f"that start at different waves {one}" if study.starts else f"in both arms {one}"),
            where=source.file,
            expected="strata that hold "
            + ("several starts" if study.starts else "both arms")
            + ": chance worked within them",
            action="say `unit: organisation` in study.yaml when organisations were allocated, or remove `strata`",
        )
    ]


def person_problems(table: pd.DataFrame, source: Source, lines: np.ndarray) -> list[Problem]:
    """Rows without a person and persons who are listed twice, by line: codes are not repeated."""
    absent = [
        Problem(
            found="no person",
            where=f"{source.file}, line {lines[row]}",
            expected="the person's code",
            action="fill it in",
        )
        for row in table.index[table["person"].isna()]
    ]
    twice = table[table["person"].notna() & table["person"].duplicated(keep=False)]
    places = (
        ", ".join(str(lines[row]) for row in rows.index) for _, rows in twice.groupby("person", sort=False)
    )
    return absent + [
        Problem(
            found=f"one person is listed twice (lines {p})",
            where=source.file,
            expected="each person once",
            action="remove one",
        )
        for p in places
    ]


def with_pseudonyms(table: pd.DataFrame, pseudonymise: Callable[[str], str] | None) -> pd.DataFrame:
    """The list with column person under pseudonyms; without a way to make these (None), without that column."""
    if pseudonymise is None:
        return table.drop(columns="person")
    return table.assign(person=pd.Series([pseudonymise(c) for c in table["person"]], dtype="str"))


def unlisted_persons(answers: pd.DataFrame, allocation: pd.DataFrame) -> list[Problem]:
    """A Problem for each source with answers of persons who are not in the list of persons and arms (column person
    of both), with how many."""
    known = set(allocation["person"].dropna()) if "person" in allocation else set()
    unknown = answers[~answers["person"].isin(known)].groupby("source", sort=True)["person"].nunique()
    return [
        Problem(
            found=f"{count} person{'s' if count > 1 else ''} with answers not in the allocation",
            where=f"source {source}",
            expected="every person in the list of persons and arms, under the same code",
            action="complete the list, compare how codes are written, or leave such rows out with drop_rows",
        )
        for source, count in unknown.items()
    ]
