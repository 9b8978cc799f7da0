"""The way back: what units said, agreed on and counted, as the steps interpretations, actions and counts read it.

Every cell is searched for persons before a word of it is shown. What is shared with nobody is read, counted and
forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis import storage
from dww_analysis.delivery.codes import fold, shown, text_column
from dww_analysis.delivery.declared import lines_of
from dww_analysis.delivery.identifiers import identifying_columns
from dww_analysis.domain.cycle import CHOICES, CYCLE_KINDS, FEWEST_SPEAKERS
from dww_analysis.domain.sheets import UNIT_LEVELS
from dww_analysis.domain.study import Source
from dww_analysis.errors import DisclosureError, DwwError, PracticeError, Problem, amount, raise_all
from dww_analysis.language import LANGUAGES, Words
from dww_analysis.language.labels import Labels
from dww_analysis.stages import places
from dww_analysis.stages.deliveries import Delivery
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import allocation_read, design
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Made, Stage, Tables

ALONE = ("action", "unit", "owner_role")  # columns in which one word may be somebody's name
WITHOUT_SHEET = "of a region or the study only answers for all are printed"


def told(
    project: Project, kind: str, answers: pd.DataFrame | None, allocation: pd.DataFrame | None
) -> tuple[pd.DataFrame, list[str]]:
    """All rows of one kind that are shared with anybody, and notes with counts; nothing written.

    answers: the Measurements; None where they cannot be read yet, and then units are not checked. DisclosureError and
    PracticeError with every problem of every source.
    """
    from dww_analysis.practice import cycles_together

    listed, known = listed_persons(project, kind), known_of(project, answers, allocation)
    parts: list[tuple[Source, Any]] = []
    problems: list[Problem] = []
    for source in project.cycle_sources(kind):
        try:
            parts.append((source, _read(project, source, known, listed)))
        except DwwError as error:
            problems += error.problems
    raise_all(problems, PracticeError)
    rows, notes = cycles_together(kind, parts)
    return _as_shared(rows, kind, notes)


def _as_shared(rows: pd.DataFrame, kind: str, notes: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """Without what is shared with nobody; what one person alone said stays with the own unit."""
    if "share" in rows:
        kept = rows[rows["share"] != "no"].reset_index(drop=True)
        hidden = len(rows) - len(kept)
        notes = [
            *notes,
            *([f"{kind}: {amount(hidden, 'row is', 'rows are')} shared with nobody"] if hidden else []),
        ]
        rows = kept
    if "present" in rows:
        alone = (rows["present"] < FEWEST_SPEAKERS) & (rows["level"] != "study") & (rows["share"] != "unit")
        rows = rows.assign(share=rows["share"].mask(alone, "unit"))
        rows_go = amount(int(alone.sum()), "row of one person alone goes", "rows of one person alone go")
        said = f"{kind}: {rows_go} no further than their unit"
        notes = [*notes, *([said] if alone.any() else [])]
    if "round" in rows:
        rows = rows.astype({"round": "int64"})
    nowhere = int(_without_document(rows, kind).sum())
    return rows, [
        *notes,
        *(
            [f"{kind}: {amount(nowhere, 'row goes', 'rows go')} into no document: {WITHOUT_SHEET}"]
            if nowhere
            else []
        ),
    ]


def _without_document(rows: pd.DataFrame, kind: str) -> pd.Series:
    """Rows that nobody can print: sheets are of teams and organisations; a region and the study have their words on the
    page only where they are for all."""
    elsewhere = ~rows["level"].isin(UNIT_LEVELS)
    return elsewhere & (rows["share"] != "all") if kind == "interpretations" else elsewhere


def _read(project: Project, source: Source, known: Any, listed: Any) -> Any:
    """One source, its cells searched for persons first."""
    from dww_analysis.practice import read_cycle

    delivery = Delivery(project, source)
    table = delivery.table()
    _refuse_persons(table.data, lines_of(table.data, table.lines), source, known, listed)
    sheet = source.options.get("sheet")
    formulas = storage.formula_cells(delivery.file(), sheet) if table.format == "xlsx" else {}
    return read_cycle(table.data, source, known, lines=table.lines, formulas=formulas)


def listed_persons(project: Project, kind: str) -> Any:
    """Names and addresses in identifying columns of the study's deliveries; of the way back those of one kind only."""
    from dww_analysis.privacy.listed import NOBODY, listed_names

    found = NOBODY
    for source in searched_sources(project, kind):
        data = Delivery(project, source).table().data
        columns = identifying_columns(map(str, data.columns), source.identifiers)
        found |= listed_names(data, [c for c in columns if c in data.columns])
    return found


def searched_sources(project: Project, kind: str) -> list[Source]:
    """Sources with columns that may list persons."""
    others = [c for c in CYCLE_KINDS if c != kind]
    return [s for s in project.files.sources if s.kind not in ("events", *others)]


def _refuse_persons(data: pd.DataFrame, lines: np.ndarray, source: Source, known: Any, listed: Any) -> None:
    """DisclosureError for cells that are read and look like a person, or hold a name or address of the lists."""
    from dww_analysis.privacy.scan import scan_frame

    texts = {ours: _unknown(data[c], ours, known) for ours, c in source.columns.items() if c in data.columns}
    searched = pd.DataFrame({source.columns[ours]: cells for ours, cells in texts.items()})
    found = scan_frame(searched, source.file, lines=lines).to_dict("records")
    found += list(_listed(searched, lines, listed))
    found += list(_single(searched, [source.columns[c] for c in ALONE if c in texts], lines))
    where = f"{source.file}, source {source.id}"
    raise_all([_problem(row, where) for row in found], DisclosureError)


def _unknown(column: pd.Series, ours: str, known: Any) -> pd.Series:
    """A column without words that the study knows: its units, and the words of lists."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    texts = text_column(column)
    words = {*known.words.get(ours, {}), *map(fold, CHOICES.get(ours, ()))}
    if ours == "unit":
        names = [n for names in (known.units or {}).values() for n in names]
        words |= {fold(name) for name in (*names, *known.combined, *known.split, known.study)}
    return texts.mask(texts.map(fold, na_action="ignore").isin(words))


def _listed(searched: pd.DataFrame, lines: np.ndarray, listed: Any) -> Iterator[Mapping[str, Any]]:
    kind = "the name or address of a person in the delivered lists"
    yield from _cells(searched, list(searched), lines, listed.is_in, kind)


def _single(searched: pd.DataFrame, columns: Sequence[str], lines: np.ndarray) -> Iterator[Mapping[str, Any]]:
    from dww_analysis.privacy.names import is_single_name

    yield from _cells(searched, columns, lines, is_single_name, "a name")


def _cells(
    searched: pd.DataFrame, columns: Collection[str], lines: np.ndarray, is_found: Any, kind: str
) -> Iterator[Mapping[str, Any]]:
    for column in columns:
        if pd.api.types.is_numeric_dtype(searched[column]):
            continue
        found = searched[column].map(is_found, na_action="ignore").fillna(False).astype(bool).to_numpy()
        if found.any():
            yield {"count": int(found.sum()), "kind": kind, "column": column, "lines": shown(lines[found])}


def _problem(row: Mapping[str, Any], where: str) -> Problem:
    return Problem(
        found=f"{row['count']} cells that look like {row['kind']} (line {row['lines']})",
        where=f"{where}, column {row['column']}",
        expected="texts that name nobody; a role where somebody does something",
        action="take the name out of the file, and ask the unit to look at its other texts",
    )


# --- what rows may name


def known_of(project: Project, answers: pd.DataFrame | None, allocation: pd.DataFrame | None) -> Any:
    """Rounds, outcomes, units and words that rows may name."""
    from dww_analysis.practice import Known

    study = project.files.study
    rounds, outcomes = tuple(w.number for w in study.waves), tuple(outcome_names(project))
    words = words_of(project)
    if answers is None:
        return Known(study.id, rounds, outcomes, words=words)
    own = answers[answers["sample"] == next(iter(study.samples))]
    units, combined = units_of(project, own, allocation)
    current = int(own["wave"].max()) if len(own) else None
    return Known(study.id, rounds, outcomes, units, combined, _split(project, own), words, current)


def units_of(
    project: Project, own: pd.DataFrame, allocation: pd.DataFrame | None
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Level -> names of units as sheets call them, and team -> the name it stands under where teams are combined.

    own: columns team, current_team and organisation, those there are; allocation: None in a study without arms.
    """
    from dww_analysis.sheets.units import homes_of, renamed

    homes = homes_of(*([allocation] if allocation is not None else []), own)
    teams = {str(t) for c in ("team", "current_team") if c in own for t in own[c].dropna().unique()} | {
        *homes
    }
    places_ = {str(o) for o in own["organisation"].dropna().unique()} if "organisation" in own else set()
    settings = project.files.reports.units
    combined = renamed(settings.combine) if settings is not None else {}
    named = (teams - set(combined)) | set(combined.values())
    return {"team": sorted(named), "organisation": sorted(places_ | {*homes.values()})}, combined


def _split(project: Project, own: pd.DataFrame) -> dict[str, tuple[tuple[str, ...], int]]:
    """Team -> the teams that were made of it, and the last wave at which it answered."""
    made: dict[str, list[str]] = {}
    for team, origins in project.files.study.linking.came_from.items():
        for origin in origins:
            if origin != team:
                made.setdefault(origin, []).append(team)
    column = "current_team" if "current_team" in own else "team"
    last = own.groupby(column)["wave"].max() if column in own else pd.Series(dtype="int64")
    return {team: (tuple(parts), int(last.get(team, -1))) for team, parts in made.items()}


def outcome_names(project: Project) -> list[str]:
    """Ids of the outcomes that a text may be about: scales, and their subscales (`<scale>.<subscale>`)."""
    names: list[str] = []
    for scale in project.files.outcomes():
        names.append(scale.id)
        names += [f"{scale.id}.{part}" for part in scale.key.subscales] if scale.key is not None else []
    return names


def words_of(project: Project) -> dict[str, dict[str, str]]:
    """Column -> folded word -> id, in every language; of outcomes their labels."""
    from dww_analysis.reports.documents.form import word_of

    study, found = project.files.study, {column: {fold(i): i for i in ids} for column, ids in CHOICES.items()}
    found["about"] = {}
    for language in LANGUAGES:
        words = Words(language).named(study.level_labels)
        labels = Labels(study, project.files.outcomes(), words)
        for column, ids in CHOICES.items():
            found[column] |= {fold(word_of(words, column, id)): id for id in ids}
        found["about"] |= {fold(labels.outcome(name)): name for name in outcome_names(project)}
    return found


# --- what the three steps share


def _reads(project: Project, name: str) -> dict[str, Any]:
    return {"answers": places.MEASUREMENTS.at(project.paths), **allocation_read(project)}


def _config(kind: str, project: Project) -> tuple[Any, ...]:
    files = project.files
    own = [bare(s) for s in searched_sources(project, kind)]
    units = files.reports.units
    return own, design(project), bare(files.study.linking), units.combine if units else {}, words_of(project)


def _raw(kind: str, project: Project) -> list[Path]:
    return [f for s in searched_sources(project, kind) for f in Delivery(project, s).files]


Parts = Callable[[pd.DataFrame, Project, Tables], tuple[dict[str, Any], list[str]]]
Makes = Mapping[str, places.Place] | Callable[[Project], Mapping[str, places.Place]]


def only_told(rows: pd.DataFrame, project: Project, tables: Tables) -> tuple[dict[str, Any], list[str]]:
    """The rows, and nothing made of them."""
    return {"told": rows}, []


def named_units(project: Project, tables: Tables) -> list[str]:
    """The names of all teams and organisations, also of those that stand under another name or were split; once each.
    tables: `answers`, and `allocation` where there is one."""
    known = known_of(project, tables["answers"], tables.get("allocation"))
    names = [name for names in (known.units or {}).values() for name in names]
    return list(dict.fromkeys([*names, *known.combined, *known.split]))


def stage_of(kind: str, makes: Makes, parts: Parts) -> Stage:
    """The step of one kind. parts: the rows -> part -> table, for what is made, and notes."""

    def run(project: Project, name: str, tables: Tables) -> Made:
        rows, notes = told(project, kind, tables["answers"], tables.get("allocation"))
        made, more = parts(rows, project, tables)
        return Made(made, [*notes, *more])

    return Stage(
        kind,
        per="study",
        reads=_reads,
        makes=makes,
        config=lambda project, name: _config(kind, project),
        run=run,
        names=lambda project: ["study"] if project.cycle_sources(kind) else [],
        raw=lambda project, name: _raw(kind, project),
    )
