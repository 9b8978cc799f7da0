"""`dww check --privacy`: which delivered columns hold identifiers and where they stop, and whether any output has one.

Says file, column, kind and count; never the content.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from dww_analysis.cli.messages import tell
from dww_analysis.domain.study import Source
from dww_analysis.errors import Problem
from dww_analysis.stages.deliveries import Delivery
from dww_analysis.stages.project import Project


@dataclass(frozen=True)
class PrivacyCheck:
    """`stopped`: identifiers in columns that go no further. `problems`: what gets through, or got through."""

    stopped: tuple[str, ...]
    problems: tuple[Problem, ...]


def check_privacy(project: Project, language: str) -> PrivacyCheck:
    """Scan every delivered file and, after a run, every output for what was found there."""
    stopped: list[str] = []
    problems: list[Problem] = []
    identifiers: dict[str, str] = {}
    for source in project.files.sources:
        data = Delivery(project, source).frame()
        inside, through = _scan_input(project, source, data)
        stopped += [tell(language, "identifier_stopped", **row) for row in inside]
        problems += [_gets_through(row) for row in through]
        identifiers |= _identifiers(source, data, Delivery(project, source).person_column)
    return PrivacyCheck(tuple(stopped), (*problems, *_scan_outputs(project, identifiers)))


def _scan_input(project: Project, source: Source, data: pd.DataFrame) -> tuple[list[dict], list[dict]]:
    """Findings in columns that are dropped or not used, and findings in columns that are used."""
    from dww_analysis.privacy.scan import scan_frame

    dropped = _identifying(source, data)
    person = Delivery(project, source).person_column
    shown = project.paths.shown(project.paths.raw / source.file)
    findings = scan_frame(data, shown, identifying=dropped, skip=[person] if person else [])
    used = set(source.columns.values()) - set(dropped)
    rows = findings.to_dict("records")
    return [r for r in rows if r["column"] not in used], [r for r in rows if r["column"] in used]


def _identifying(source: Source, data: pd.DataFrame) -> list[str]:
    from dww_analysis.delivery.identifiers import identifying_columns

    return identifying_columns(map(str, data.columns), source.identifiers)


def _identifiers(source: Source, data: pd.DataFrame, person: str | None) -> dict[str, str]:
    """What must be in no output: identifier -> kind. Kept in memory only."""
    from dww_analysis.privacy.scan import identifiers_in

    return identifiers_in(data, identifying=_identifying(source, data), person=person)


def _gets_through(row: dict) -> Problem:
    return Problem(
        f"{row['count']} values that look like {row['kind']} (lines {row['lines']})",
        f"{row['file']}, column {row['column']}",
        "no identifiers in a column that is used",
        "take it out of `columns` or add it to `identifiers` in sources.yaml, and tell who delivered it",
    )


def _scan_outputs(project: Project, identifiers: dict[str, str]) -> Iterable[Problem]:
    """One problem per output file and kind of identifier it holds."""
    from dww_analysis.privacy.scan import scan_files

    paths = project.paths
    folders = [f for f in (paths.interim, paths.derived, paths.reports, paths.logs) if f.is_dir()]
    if not folders or not identifiers:
        return
    study = project.files.study
    found = scan_files(folders, identifiers, allowed=[study.contact] if study.contact else [])
    for row in found.to_dict("records"):
        file = row["file"]
        yield Problem(
            f"{row['count']} times a {row['kind']} of the delivered files",
            paths.shown(paths.root / str(file)),
            "no identifier in any output",
            "delete this output, take the column out of sources.yaml, and run again; tell your privacy officer",
        )
