"""The allocation list: which team (or organisation) was given to which arm, with hand-typed names settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import code_text, fold, name_reader, person_code, text_column
from dww_analysis.delivery.declared import column_problems
from dww_analysis.delivery.ledger import Met, identifier_rules, unmet
from dww_analysis.delivery.rows import Rows, drop_declared
from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.study import Source, Study
from dww_analysis.errors import MeasurementError, Problem, raise_all
from dww_analysis.ingest.allocated import contradictions, person_problems, with_pseudonyms, with_starts
from dww_analysis.ingest.labels import arm_meanings, label_problems
from dww_analysis.ingest.rules_met import name_rules


def read_allocation(
    given: DeliveredTable, study: Study, *, pseudonymise: Callable[[str], str] | None = None
) -> pd.DataFrame:
    """The delivered list as a table: organisation, team, arm, then further declared columns; one row a unit.

    `pseudonymise`: a person's code -> pseudonym, where persons were allocated; codes never leave this function.

    `arm` holds ids of the study's arms; an arm's label counts as its id. `recode` translates other words of any column;
    team names go through the source's team_aliases as well. Raises one `MeasurementError`
    with every absent column, empty cell, unknown arm, unit that is listed twice or in two spellings, and rule that met
    nothing; also an arm that the file's own label says is another one.
    """
    data, source, unit = given.data, given.source, study.unit
    needed = ["start" if study.starts else "arm", unit]
    problems = column_problems(data, source, needed)
    raise_all(problems, MeasurementError)
    rows = Rows(np.ones(len(data), dtype=bool))
    drop_declared(rows, data, source)
    problems += [*rows.problems, *unmet(_ledger(data, source, rows), source)]
    problems += label_problems(arm_meanings(data, given.variables, source, study), source)
    data, lines = data[rows.keep], given.lines[rows.keep]
    columns = {
        ours: text_column(data[theirs], code_text if ours == "arm" else name_reader(ours, source))
        for ours, theirs in source.columns.items()
    }
    table = pd.DataFrame(columns, copy=False)
    for name in ("organisation", "team", "arm"):
        if name not in table:
            table[name] = pd.Series([None] * len(table), dtype="str")
    if unit == "person":
        table["person"] = text_column(data[source.columns["person"]], person_code)
    if study.starts:
        table, found = with_starts(table, source, study, lines)
        problems += found
    else:
        problems += _arm_problems(table, source, study, lines)
        table["arm"] = _translated(table["arm"], arm_words(source, study))
    of_units = person_problems(table, source, lines) if unit == "person" else None
    problems += of_units if of_units is not None else _unit_problems(table, unit, source, lines)
    problems += [] if problems else contradictions(table, source, study, lines)
    raise_all(problems, MeasurementError)
    if "person" in table:
        table = with_pseudonyms(table, pseudonymise if unit == "person" else None)
    others = [c for c in table.columns if c not in ("organisation", "team", "arm")]
    free = [c for c in others if c not in ("start", "person")]
    return _numbers(table[["organisation", "team", "arm", *others]], free)


def _ledger(data: pd.DataFrame, source: Source, rows: Rows) -> list[Met]:
    names = [str(name) for name in data.columns]
    ledger = [*rows.met, *name_rules(source, data, source.columns), *identifier_rules(names, source)]
    for ours in sorted(set(source.recode) - {"organisation", "team"}):
        given = [fold(code_text(value)) for value in data[source.columns[ours]].tolist()]
        parts = {theirs: given.count(fold(theirs)) for theirs in source.recode[ours]}
        ledger.append(Met("recode", ours, parts, len(data), "rows"))
    return ledger


def arm_words(source: Source, study: Study) -> dict[str, str]:
    """Every word that stands for an arm: its labels, its id, and the study's recoding (the strongest)."""
    words = {word: arm.id for arm in study.arms for word in arm.label.values()}
    return words | {arm.id: arm.id for arm in study.arms} | dict(source.recode.get("arm", {}))


def _translated(column: pd.Series, words: Mapping[str, str]) -> pd.Series:
    by_fold = {fold(word): meaning for word, meaning in words.items()}
    return text_column(column, lambda v: by_fold.get(fold(code_text(v)), code_text(v)))


def _arm_problems(table: pd.DataFrame, source: Source, study: Study, lines: np.ndarray) -> list[Problem]:
    known = {arm.id for arm in study.arms}
    arms = _translated(table["arm"], arm_words(source, study))
    problems = []
    for row, (arm, delivered) in enumerate(zip(arms, table["arm"], strict=True)):
        if isinstance(arm, str) and arm in known:
            continue
        found = f"the arm {delivered!r}" if isinstance(delivered, str) else "no arm"
        problems.append(
            Problem(
                found=found,
                where=f"{source.file}, line {lines[row]}",
                expected="one of " + ", ".join(sorted(known)),
                action='correct the list, or translate the word: recode: {arm: {"their word": "our id"}}',
            )
        )
    unused = known - set(arms.dropna())
    if unused and not problems:
        problems.append(
            Problem(
                found=f"no unit is allocated to {', '.join(sorted(unused))}",
                where=source.file,
                expected="units in every arm of study.yaml",
                action="correct the list or the arms",
            )
        )
    return problems


def _unit_problems(table: pd.DataFrame, unit: str, source: Source, lines: np.ndarray) -> list[Problem]:
    problems = [
        Problem(
            found=f"no {unit}",
            where=f"{source.file}, line {lines[row]}",
            expected=f"the name of the {unit}",
            action="fill it in",
        )
        for row in table.index[table[unit].isna()]
    ]
    of_teams = unit == "team" or table["team"].notna().all()  # organisations may be listed by their teams
    key = ["organisation", "team"] if of_teams else [unit]
    named = table[table[unit].notna()]
    twice = named[named.duplicated(key, keep=False)]
    for names, rows in twice.groupby(key, dropna=False, sort=False):
        numbers = ", ".join(str(lines[row]) for row in rows.index)
        problems.append(
            Problem(
                found=f"the {unit} {names[-1]!r} is listed {len(rows)} times (lines {numbers})",
                where=source.file,
                expected=f"each {unit} once",
                action="remove the repetition, or give two teams of one name different ids in team_aliases",
            )
        )
    return problems + _spelling_problems(named, unit, source, lines)


def _spelling_problems(named: pd.DataFrame, unit: str, source: Source, lines: np.ndarray) -> list[Problem]:
    """Names that differ in case, accents, spaces or punctuation only: answers could be given to either."""
    home = named["organisation"].fillna("") if unit == "team" else pd.Series("", index=named.index)
    problems = []
    for _, rows in named.groupby([home, named[unit].map(fold)], sort=False):
        spellings = list(dict.fromkeys(rows[unit]))
        if len(spellings) > 1:
            numbers = ", ".join(str(lines[row]) for row in rows.index)
            problems.append(
                Problem(
                    found=f"the {unit}s {' and '.join(map(repr, spellings))} differ in spelling only (lines {numbers})",
                    where=source.file,
                    expected=f"one spelling for each {unit}",
                    action="correct the list, or give them different ids by recode or team_aliases",
                )
            )
    return problems


def _numbers(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Further columns that hold numbers only, as numbers."""
    result = table.copy()
    for name in names:
        numbers = pd.to_numeric(result[name], errors="coerce")
        if numbers.notna().sum() == result[name].notna().sum() and numbers.notna().any():
            result[name] = numbers
    return result
