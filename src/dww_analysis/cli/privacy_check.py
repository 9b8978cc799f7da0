"""`dww check --privacy`: which delivered columns hold identifiers and where they stop, and whether any output has one.

Looks at cells, names, labels, value labels, what the file says beside its table, the name of the file, and the lists
that are declared in the configuration. Says file, column, kind and count; never the content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis import storage
from dww_analysis.cli.messages import tell
from dww_analysis.config import StudyFiles
from dww_analysis.domain.about import PROMPTS
from dww_analysis.domain.study import Source
from dww_analysis.errors import DwwError, Problem
from dww_analysis.stages.deliveries import Delivery
from dww_analysis.stages.project import Project

_KEY = {"team", "organisation", "arm"}  # delivered words of these are not persons' own


@dataclass(frozen=True)
class PrivacyCheck:
    """`stopped`: what was found in columns that go no further, or may name a person in words around a table.

    `problems`: what gets through, or got through.
    """

    stopped: tuple[str, ...]
    problems: tuple[Problem, ...]


def check_privacy(project: Project, language: str) -> PrivacyCheck:
    """Scan every delivered file and, after a run, every output for what was found there. Lines and problems name
    kinds, columns and numbers of rows, never an identifier.

    Files that cannot be read are left out: `dww check` says why. In a study with public data nothing may be found.
    """
    declared = _declared(project)
    stopped = [tell(language, "identifier_perhaps", **row) for row in declared if _is_guess(row)]
    problems = [_is_declared(row) for row in declared if not _is_guess(row)]
    identifiers: dict[str, str] = {}
    public = project.files.study.data == "public"
    for source in project.files.sources:
        table = _delivered(project, source)
        if table is None:
            continue
        inside, through = _scan_input(project, source, table)
        perhaps = [row for row in (*inside, *through) if _is_guess(row)]
        sure = [row for row in inside if not _is_guess(row)]
        stopped += [tell(language, "identifier_perhaps", **row) for row in perhaps]
        stopped += [] if public else [tell(language, "identifier_stopped", **row) for row in sure]
        problems += [_gets_through(row) for row in through if not _is_guess(row)]
        problems += [_is_public(row) for row in sure] if public else []
        identifiers |= _identifiers(source, table.data, Delivery(project, source).person_column)
    return PrivacyCheck(tuple(stopped), (*problems, *_scan_outputs(project, identifiers)))


def public_problems(project: Project) -> list[Problem]:
    """Why a study with `data: public` must stop: identifiers in its delivered files, by column; [] for other studies.
    Files that cannot be read are left out."""
    if project.files.study.data != "public":
        return []
    problems: list[Problem] = []
    for source in project.files.sources:
        table = _delivered(project, source)
        for rows in _scan_input(project, source, table) if table is not None else ():
            problems += [_is_public(row) for row in rows if not _is_guess(row)]
    return problems


def _is_guess(row: Mapping[str, Any]) -> bool:
    """A possible name in words around a table: a team, a method or a place may be called so; somebody must look."""
    return str(row["kind"]).startswith("possible name in")


def _delivered(project: Project, source: Source) -> storage.Table | None:
    """The delivered table, also one with two columns of one name; None when it cannot be read."""
    if source.kind == "events":
        try:
            data = Delivery(project, source).frame()
        except DwwError:
            return None
        return storage.Table(data, pd.DataFrame(columns=["name", "label", "value_labels"]), "events")
    for more in ({}, {"duplicate_names": "number"}):
        try:
            return Delivery(project, _with_options(source, more)).table()
        except DwwError:
            continue
    return None


def _with_options(source: Source, more: Mapping[str, Any]) -> Source:
    from dataclasses import replace

    return replace(source, options={**source.options, **more})


def _scan_input(project: Project, source: Source, table: storage.Table) -> tuple[list[dict], list[dict]]:
    """Findings in what is dropped or not used, and findings in what is used."""
    from dww_analysis.privacy.scan import scan_frame, scan_words

    dropped = _identifying(source, table.data)
    person = Delivery(project, source).person_column
    shown = _shown_file(project, source)
    found = [
        scan_frame(
            table.data, shown, identifying=dropped, skip=[person] if person else [], lines=_lines(table)
        ),
        scan_words(_words_of_columns(table), shown),
        scan_words(
            (("", what, text) for what, text in storage.file_words(Delivery(project, source).file())), shown
        ),
        scan_words([("", "file name", _spaced(source.file))], shown),
    ]
    rows = [_with_safe_name(row, table.data) for frame in found for row in frame.to_dict("records")]
    used = (set(source.read_columns) - set(dropped)) | {""}
    through = [
        r for r in rows if r["delivered"] in used and (r["delivered"] or r["kind"].endswith("file name"))
    ]
    return [r for r in rows if r not in through], through


def _words_of_columns(table: storage.Table) -> Iterator[tuple[str, str, str]]:
    """Names, labels and value labels, each with its column."""
    yield from ((str(name), "column name", _spaced(str(name))) for name in table.data.columns)
    for row in table.variables.to_dict("records"):
        yield str(row["name"]), "label", str(row["label"] or "")
        yield from (
            (str(row["name"]), "value labels", str(label)) for label in (row["value_labels"] or {}).values()
        )


def _lines(table: storage.Table) -> Any:
    return table.lines if len(table.lines) == len(table.data) else None


def _spaced(name: str) -> str:
    """A name as words: Verslag_Jan_de_Vries.sav is read as it is meant."""
    return name.replace("_", " ").replace("/", " ")


def _shown_file(project: Project, source: Source) -> str:
    """The path of a delivered file; of a file that is named after a person only the id of the source."""
    from dww_analysis.privacy.patterns import identifiers_of

    if any(identifiers_of(_spaced(source.file))):
        return f"the file of source {source.id}"
    return project.paths.shown(project.paths.raw / source.file)


def _with_safe_name(row: dict, data: pd.DataFrame) -> dict:
    """The finding with a name to show: a column that is named after a person is shown by its number."""
    from dww_analysis.privacy.patterns import identifiers_of

    name = str(row["column"])
    shown = name
    if any(identifiers_of(_spaced(name))):
        shown = f"number {list(map(str, data.columns)).index(name) + 1}"
    return {**row, "delivered": name, "column": shown or "-"}


def _identifying(source: Source, data: pd.DataFrame) -> list[str]:
    from dww_analysis.delivery.identifiers import identifying_columns

    return identifying_columns(map(str, data.columns), source.identifiers)


def _identifiers(source: Source, data: pd.DataFrame, person: str | None) -> dict[str, str]:
    """What must be in no output: identifier -> kind. Kept in memory only.

    Names of teams and organisations are left out, also where somebody's town or family name is the same word.
    """
    from dww_analysis.privacy.scan import identifiers_in

    found = identifiers_in(data, identifying=_identifying(source, data), person=person)
    places = [data[theirs] for ours, theirs in source.columns.items() if ours in _KEY and theirs in data]
    known = {str(value).strip().casefold() for column in places for value in pd.unique(column.dropna())}
    return {text: kind for text, kind in found.items() if text.casefold() not in known}


def _gets_through(row: dict) -> Problem:
    lines = f" (lines {row['lines']})" if row["lines"] else ""
    return Problem(
        found=f"{row['count']} values that look like {row['kind']}{lines}",
        where=f"{row['file']}, column {row['column']}",
        expected="no identifiers in a column that is used, nor in its name and labels, nor in the name of the file",
        action=(
            "take it out of `columns` or add it to `identifiers` in sources.yaml, or rename "
            "it; tell who delivered it"
        ),
    )


def _is_public(row: dict) -> Problem:
    return Problem(
        found=f"{row['count']} values that look like {row['kind']}, in a study with data: public",
        where=f"{row['file']}, column {row['column']}",
        expected="public data without persons: anybody can make their pseudonyms, with the key that is in the package",
        action=(
            "declare data: private in study.yaml and make a key with `dww key new`, or have "
            "the file delivered without it"
        ),
    )


def _declared(project: Project) -> list[dict]:
    """Findings in words of the configuration that reach tables and reports: categories, kinds, what people told."""
    from dww_analysis.privacy.scan import scan_words

    said = {"declared list": _declared_lists(project.files), "text": _told(project.files)}
    found = [
        scan_words(((part, what, t) for t in texts), file)
        for what, lists in said.items()
        for file, part, texts in lists
    ]
    return [row for frame in found for row in frame.to_dict("records")]


def _is_declared(row: dict) -> Problem:
    return Problem(
        found=f"{row['count']} texts that look like {row['kind']}",
        where=f"{row['file']}, {row['column']}",
        expected="categories and words that name no person",
        action="describe the category without the person",
    )


def _declared_lists(files: StudyFiles) -> Iterator[tuple[str, str, list[str]]]:
    """(file, part, texts) of every list of words that the configuration declares."""
    for background in files.study.background:
        texts = _texts((background.categories, background.label))
        yield "study.yaml", f"background {background.name}", texts
    if files.practice is not None:
        for part, entries in asdict(files.practice).items():
            yield "practice.yaml", part, _texts(entries)
    for source in files.sources:
        rules = asdict(source.rules) if source.rules is not None else {}
        yield "sources.yaml", f"source {source.id}, rules", _texts(rules)
        yield "sources.yaml", f"source {source.id}, recode", _texts(source.recode)


def _told(files: StudyFiles) -> Iterator[tuple[str, str, list[str]]]:
    """(file, part, texts) of what people wrote for the report, without who wrote it and the study's own address."""
    told: list[tuple[str, str, Any]] = [
        ("about.yaml", name, files.about.text(name)) for name in PROMPTS if name != "contributions"
    ]
    told += [(name, "text", list(map(asdict, found.passages))) for name, found in files.discussions.items()]
    own = files.study.contact or "\n"
    for file, part, texts in told:
        yield file, part, [text.replace(own, " ") for text in _texts(texts)]


def _texts(value: Any) -> list[str]:
    """Every text in nested mappings and lists, keys included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for pair in value.items() for part in pair for text in _texts(part)]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [text for part in value for text in _texts(part)]
    return []


def _scan_outputs(project: Project, identifiers: dict[str, str]) -> Iterable[Problem]:
    """One problem per output file and kind of identifier it holds."""
    paths = project.paths
    folders = [f for f in (paths.interim, paths.derived, paths.reports, paths.logs) if f.is_dir()]
    study = project.files.study
    for row in _found_in(folders, identifiers, [study.contact] if study.contact else []):
        yield Problem(
            found=f"{row['count']} times a {row['kind']} of the delivered files",
            where=paths.shown(paths.root / str(row["file"])),
            expected="no identifier in any output",
            action="delete this output, take the column out of sources.yaml, and run again; tell your privacy officer",
        )


def _found_in(folders: Iterable[Path], identifiers: dict[str, str], allowed: Iterable[str]) -> list[dict]:
    """What `scan_files` finds, one row per file and kind; nothing where there is nothing to look for or in."""
    from dww_analysis.privacy.scan import scan_files

    folders = list(folders)
    if not folders or not identifiers:
        return []
    return scan_files(folders, identifiers, allowed=allowed).to_dict("records")


def leaving_problems(
    project: Project, folder: Path, pseudonyms: Iterable[str], allowed: Iterable[str]
) -> list[Problem]:
    """Why a folder may not leave the researchers: identifiers of the delivered files in it, or these pseudonyms. A
    Problem for each kind and file with how often it was found; [] where it may leave.

    Also what the configuration, which goes along, says of persons: in declared lists, and in names of delivered
    files. allowed: texts that may occur, such as the address of the contact.
    """
    identifiers = dict.fromkeys(pseudonyms, "pseudonym")
    for source in project.files.sources:
        table = _delivered(project, source)
        if table is not None:
            identifiers |= _identifiers(source, table.data, Delivery(project, source).person_column)
    said = [*map(_is_declared, (row for row in _declared(project) if not _is_guess(row))), *_named(project)]
    return said + [
        Problem(
            found=f"{row['count']} times a {row['kind']} of the delivered files",
            where=Path(str(row["file"])).relative_to(folder).as_posix(),
            expected="no identifier in what leaves the research team",
            action="take it out of the configuration or of the column that it came by, and run again",
        )
        for row in _found_in([folder], identifiers, allowed)
    ]


def _named(project: Project) -> Iterator[Problem]:
    """Delivered files that may be named after a person: sources.yaml names them."""
    from dww_analysis.privacy.patterns import identifiers_of

    for source in project.files.sources:
        if any(identifiers_of(_spaced(source.file))):
            yield Problem(
                found="the delivered file may be named after a person",
                where=f"sources.yaml, source {source.id}",
                expected="a name that says nothing of persons, because it goes along",
                action="rename the file, and `file` of the source, and run again",
            )
