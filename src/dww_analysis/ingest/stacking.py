"""All sources of a study together: `combine` stacks the waves, settles teams and background, and counts the flow.

What files cannot know of each other is checked here: a code that changes its meaning between waves, a person twice
in one wave, a team that was never allocated.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dww_analysis.domain.measurements import Ingested, Measurements, MissingReason
from dww_analysis.domain.study import KEY_COLUMNS, Study
from dww_analysis.errors import MeasurementError, Problem, raise_all
from dww_analysis.ingest.allocated import unlisted_persons
from dww_analysis.ingest.conflicts import conflict_problems, wave_conflicts
from dww_analysis.ingest.flow import flow_table
from dww_analysis.ingest.plausible import link_plausibility, plausibility_problems, unmet_teams
from dww_analysis.ingest.teams import first_given, qualify_teams, settle_units, with_teams

FIRST_COLUMNS = (
    "sample",
    "person",
    "wave",
    "source",
    "organisation",
    "team",
    "arm",
    "start",
    "current_team",
    "complete",
    "participated",
)


def combine(
    parts: Sequence[Ingested], allocation: pd.DataFrame | None, study: Study
) -> tuple[Measurements, pd.DataFrame]:
    """Measurements of the whole study and its flow table.

    A person's team, organisation and arm are those of the first observation; current_team is where the answer came
    from. Background is the first answer given over the waves. A column that a source does not have is "not asked".
    Raises one `MeasurementError` with: codes that mean something else in another wave, persons twice in one wave over
    two files, teams that are not in the allocation (with suggestions), persons without a team in a study with arms,
    teams of `came_from` that nobody is in, links that cannot be right.
    """
    if not parts:
        raise MeasurementError.of(
            found="no answers",
            where="sources.yaml",
            expected="at least one source of answers",
            action="declare one",
        )
    problems = conflict_problems(wave_conflicts(parts))
    answers = _stacked([part.answers for part in parts])
    if "participated" not in answers:
        answers["participated"] = True
    person = _person_numbers(answers)
    problems += _repeated(answers, person)
    problems += _without_allocation(allocation, study)
    delivered = answers["team"]
    answers, allocation, of_several = qualify_teams(answers, allocation)
    problems += of_several
    problems += unmet_teams(pd.concat([delivered, answers["team"]]), study.linking.came_from)
    if allocation is not None and study.has_arms and study.allocation is not None:
        by_person = study.allocation.unit == "person"
        problems += unlisted_persons(answers, allocation) if by_person else []
        listed = allocation["team"].notna().any() and study.allocation.unit == "organisation"
        for level in ("team", "organisation") if listed else () if by_person else (study.allocation.unit,):
            answers, unknown = settle_units(answers, allocation, level)
            problems += unknown
    pairs = link_plausibility(parts, answers, study)
    problems += plausibility_problems(pairs, study.linking.plausible, parts)
    raise_all(problems, MeasurementError)
    answers, problems = with_teams(answers, allocation, study, person)
    raise_all(problems, MeasurementError)
    background = [b.name for b in study.background if b.name in answers and not b.each_wave]
    given = {name: first_given(answers, person, name) for name in background}
    missing = _missing(parts, answers, given)
    answers = answers.assign(**given)
    first = [c for c in FIRST_COLUMNS if c in answers]
    answers = answers[[*first, *(c for c in answers.columns if c not in first)]]
    return Measurements(answers, missing, pairs), flow_table(parts, answers, person, allocation, study)


def _stacked(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    if len(tables) == 1:
        return tables[0].copy(deep=False)
    names = list(dict.fromkeys(name for table in tables for name in table.columns))
    return pd.concat(tables, ignore_index=True)[names]


def _person_numbers(answers: pd.DataFrame) -> np.ndarray:
    """A number for every person (within sample), one per row."""
    sample = pd.factorize(answers["sample"])[0]
    person = pd.factorize(answers["person"])[0]
    return pd.factorize(sample.astype("int64") * (person.max() + 1) + person)[0]


def _repeated(answers: pd.DataFrame, person: np.ndarray) -> list[Problem]:
    """The same person twice in one wave, over two sources (within one source its own rule has settled it)."""
    table = pd.DataFrame(
        {"person": person, "wave": answers["wave"].to_numpy(), "source": answers["source"].to_numpy()}
    )
    twice = table[table.duplicated(["person", "wave"], keep=False)]
    return [
        Problem(
            found=f"{rows['person'].nunique()} persons are in more than one file of wave {wave}",
            where="sources " + ", ".join(sorted(rows["source"].unique())),
            expected="one row per person in a wave",
            action="remove one of the files, or give its persons another sample",
        )
        for wave, rows in twice.groupby("wave", sort=True)
    ]


def _without_allocation(allocation: pd.DataFrame | None, study: Study) -> list[Problem]:
    if not study.has_arms or allocation is not None:
        return []
    return [
        Problem(
            found="the study has arms but no allocation was read",
            where="sources.yaml",
            expected="a source of kind allocation",
            action="declare it and name it in study.yaml (allocation: source)",
        )
    ]


def _missing(parts: Sequence[Ingested], answers: pd.DataFrame, given: dict[str, pd.Series]) -> pd.DataFrame:
    """Reasons of all absent answers: those of the sources, and "not asked" for columns that a source lacks.

    A background answer that another wave gives is not absent any more.
    """
    keys = set(FIRST_COLUMNS)
    columns = [name for name in answers.columns if name not in keys]
    tables = [part.missing for part in parts]
    starts = np.cumsum([0] + [len(part.answers) for part in parts])
    for part, start in zip(parts, starts, strict=False):
        lacking = [name for name in columns if name not in part.answers]
        if lacking:
            tables.append(_not_asked(answers, start, start + len(part.answers), lacking))
    missing = (
        pd.concat([t for t in tables if len(t)], ignore_index=True) if any(map(len, tables)) else tables[0]
    )
    for name, values in given.items():
        known = answers.loc[values.notna().to_numpy() & answers[name].isna().to_numpy(), list(KEY_COLUMNS)]
        if len(known):
            missing = _without(missing, name, known)
    return missing.reset_index(drop=True)


def _not_asked(answers: pd.DataFrame, start: int, stop: int, names: Sequence[str]) -> pd.DataFrame:
    rows = np.tile(np.arange(start, stop), len(names))
    table = answers[list(KEY_COLUMNS)].take(rows).reset_index(drop=True)
    column = pd.Series(list(names), dtype="str").take(np.repeat(np.arange(len(names)), stop - start))
    reason = pd.Series([str(MissingReason.NOT_ASKED)], dtype="str").take(np.zeros(len(rows), dtype="int64"))
    return table.assign(column=column.reset_index(drop=True), reason=reason.reset_index(drop=True))


def _without(missing: pd.DataFrame, name: str, known: pd.DataFrame) -> pd.DataFrame:
    """`missing` without the rows of column `name` for the persons and waves in `known`."""
    of_column = (missing["column"] == name).to_numpy()
    mine = pd.MultiIndex.from_frame(missing.loc[of_column, list(KEY_COLUMNS)])
    drop = np.zeros(len(missing), dtype=bool)
    drop[np.flatnonzero(of_column)[mine.isin(pd.MultiIndex.from_frame(known))]] = True
    return missing[~drop]
