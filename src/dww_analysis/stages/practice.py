"""Stage practice: what sessions and learning networks chose, rated and told, to quantities as they may be shown.

Delivered rows are read, counted and forgotten: nothing of a single person is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import fold, shown, text_column
from dww_analysis.delivery.declared import lines_of
from dww_analysis.domain.networks import METS
from dww_analysis.domain.practice import AGENDA_LEVELS, AGENDA_STATUSES, APP_CODES, Practice
from dww_analysis.domain.study import Source
from dww_analysis.errors import DisclosureError, Problem, amount, raise_all
from dww_analysis.stages import places
from dww_analysis.stages.deliveries import Delivery
from dww_analysis.stages.places import Place
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import reporting
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Made, Stage, Tables

TABLE = "quantities"
AGENDA = "agenda"
BESIDE = ("descriptives", "reliability")  # tables in which teams report what blocks ask for
FREE = (  # columns that no list says the words of
    *("person", "ballot", "group", "id", "coder", "text", "from", "to", "rater", "organisation", "example"),
    *("strong", "gap", "take", "leave", "step", "evidence", "item", "since", "fragment", "way"),
)
CODES = ("person", "from", "to", "rater")  # of persons: compared, never shown


def practice_tables(project: Project) -> list[str]:
    """Names of the tables about sessions; none in a study without such sources."""
    sources = project.practice_sources()
    counted = bool(sources or project.profile_sources())
    return [*([TABLE] if counted else []), *([AGENDA] if any(s.kind == AGENDA for s in sources) else [])]


def read_session_source(project: Project, source: Source) -> Any:
    """One source under its rules, nothing written. DisclosureError, before a word is shown, where it names persons."""
    from dww_analysis.practice import lengthened, read_long

    table = Delivery(project, source).table()
    long = lengthened(table.data, source, table.lines)
    _refuse_names(long.data, long.lines, long.source, _practice(project))
    return read_long(long, _practice(project))


def _refuse_names(data: pd.DataFrame, lines: np.ndarray, source: Source, practice: Practice) -> None:
    """DisclosureError for words of the columns that are read that look like a person; words that are known are none."""
    from dww_analysis.privacy.scan import scan_frame

    known = {fold(word) for word in _known_words(source, practice)}
    columns = [c for ours, c in source.columns.items() if ours not in CODES and c in data.columns]
    searched = pd.DataFrame({c: _unknown(data[c], known) for c in columns})
    listed = {c for ours, c in source.columns.items() if ours not in FREE and c in searched}
    at = lines_of(data, lines)
    found = [
        *scan_frame(searched, source.file, lines=at).to_dict("records"),
        *_single_names(searched, listed, at),
    ]
    raise_all([_named(row, source) for row in found], DisclosureError)


def _single_names(
    searched: pd.DataFrame, listed: Collection[str], lines: np.ndarray
) -> Iterator[dict[str, Any]]:
    """Unknown words where a list says what there may be: one that can be a name is not said, alone as it is."""
    from dww_analysis.privacy.names import is_single_name

    for column in (c for c in searched if c in listed and not pd.api.types.is_numeric_dtype(searched[c])):
        named = searched[column].map(is_single_name, na_action="ignore").fillna(False).astype(bool).to_numpy()
        if named.any():
            yield {
                "count": int(named.sum()),
                "kind": "a name",
                "lines": shown(lines[named]),
                "column": column,
            }


def _unknown(column: pd.Series, known: set[str]) -> pd.Series:
    """A column without its known words; numbers stay numbers."""
    if pd.api.types.is_numeric_dtype(column):
        return column
    texts = text_column(column)
    return texts.mask(texts.map(fold, na_action="ignore").isin(known))


def _known_words(source: Source, practice: Practice) -> list[str]:
    """Words that the configuration has: ids, and what is translated to them."""
    from dww_analysis.practice import items_of

    lists: list[Sequence[Any]] = [
        *(practice.roles, practice.themes, practice.sessions, practice.votes, practice.blocks),
        *(practice.regions, practice.national, practice.networks, practice.relations),
        *(practice.elements, practice.situations, practice.functions),
    ]
    options = [option for vote in practice.votes for option in vote.options]
    recoded = [word for codes in source.recode.values() for word in codes]
    items = [item for used in practice.checklists for item in items_of(used.id)]
    organisations = [m.organisation for n in practice.networks for m in n.members]
    known = [entry.id for entries in lists for entry in entries]
    fixed = (*practice.kinds, *APP_CODES, *AGENDA_LEVELS, *AGENDA_STATUSES, *METS)
    return [*known, *fixed, *options, *recoded, *items, *organisations]


def _named(row: Mapping[str, Any], source: Source) -> Problem:
    return Problem(
        found=f"{row['count']} values that look like {row['kind']} (line {row['lines']})",
        where=f"{source.file}, source {source.id}, column {row['column']}",
        expected="codes, and remarks that name nobody",
        action="take the name out of the file and have it delivered again, or leave the column or row out; "
        "a word that names nobody can be translated with `recode`",
    )


def quantities_of(
    project: Project,
    read: Mapping[str, Any],
    beside: Sequence[Any] = (),
    events: Mapping[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """All quantities of the study's sessions and practice profile, before the gate. read: source -> its rows, as they
    were read.

    beside: those of what teams report. events: source -> the events of its app log.
    """
    from dww_analysis.practice import as_table, in_order, practice_quantities, profile_quantities

    study = project.files.study
    parts = [(project.source(name), rows) for name, rows in read.items()]
    found = practice_quantities(parts, _practice(project), study.min_cell_size, study.id)
    found += profile_quantities(_log(events), _practice(project).functions, study.id, study.min_cell_size)
    return as_table(in_order([*found, *beside]))


def _log(events: Mapping[str, pd.DataFrame] | None) -> pd.DataFrame | None:
    """The events of all app logs."""
    return pd.concat(events.values(), ignore_index=True) if events else None


def _agenda_of(project: Project, read: Mapping[str, Any]) -> pd.DataFrame:
    """The items of all learning agendas, as they stand now."""
    from dww_analysis.practice import agenda_items, agenda_table

    parts = [(project.source(name), rows) for name, rows in read.items()]
    own = [(source, rows) for source, rows in parts if source.kind == AGENDA]
    return agenda_table(agenda_items(own, _practice(project)))


def _beside(project: Project, tables: Tables) -> list[Any]:
    """What teams report on the scales that building blocks belong to; nothing in a study without answers or blocks."""
    from dww_analysis.practice import team_values

    if BESIDE[0] not in tables:
        return []
    scales = sorted({b.scale for b in _practice(project).blocks if b.scale})
    return team_values(*(tables[table] for table in BESIDE), scales, project.files.study.id)


def _reads(project: Project, name: str) -> dict[str, Any]:
    """What was measured, where blocks of a session belong to scales; app logs in which functions are counted."""
    logs = {s.id: places.EXPOSURE.at(project.paths, s.id) for s in project.profile_sources()}
    return {**_measured(project), **({"events": logs} if logs else {})}


def _measured(project: Project) -> dict[str, Path]:
    pasted = any(source.kind == "blocks" for source in project.practice_sources())
    if not (pasted and project.answer_sources() and any(b.scale for b in _practice(project).blocks)):
        return {}
    return {table: places.safe_table(table).at(project.paths) for table in BESIDE}


def _practice(project: Project) -> Practice:
    assert project.files.practice is not None  # a study with such sources has one
    return project.files.practice


def _run(project: Project, name: str, tables: Tables) -> Made:
    """All sources, through the gate."""
    from dww_analysis.practice import silent_verbs
    from dww_analysis.privacy.gate import let_out

    read = {source.id: read_session_source(project, source) for source in project.practice_sources()}
    found = {TABLE: quantities_of(project, read, _beside(project, tables), tables.get("events"))}
    if AGENDA in practice_tables(project):
        found[AGENDA] = _agenda_of(project, read)
    shown = let_out(found, project.files.study.min_cell_size)
    log = _log(tables.get("events"))
    silent = silent_verbs(log, _practice(project).functions) if log is not None else []
    return Made(shown, [*lines_of_sources(project, read), *silent])


def lines_of_sources(project: Project, read: Mapping[str, Any]) -> list[str]:
    """How many rows of each source say again what another row says, and count once; what looks odd of networks."""
    from dww_analysis.practice import network_kind, network_lines

    repeated = [
        f"{id}: {amount(n, 'row says the same again and counts', 'rows say the same again and count')} once"
        for id, rows in read.items()
        if (n := rows.repeated)
    ]
    left = [note for rows in read.values() for note in rows.notes]
    parts = [(project.source(id), rows) for id, rows in read.items() if network_kind(project.source(id))]
    return [*repeated, *left, *(network_lines(parts, _practice(project)) if parts else ())]


def _raw(project: Project, name: str) -> list[Path]:
    return [file for source in project.practice_sources() for file in Delivery(project, source).files]


def _config(project: Project, name: str) -> tuple[Any, ...]:
    return (
        project.files.study.id,
        bare(project.practice_sources()),
        bare(project.files.practice),
        reporting(project),
    )


def _makes(project: Project) -> dict[str, Place]:
    return {table: places.safe_table(table) for table in practice_tables(project)}


STAGE = Stage(
    "practice",
    per="study",
    reads=_reads,
    makes=_makes,
    config=_config,
    run=_run,
    names=lambda project: ["sessions"] if practice_tables(project) else [],
    raw=_raw,
)
