"""`dww report`: make the documents that are asked for, as far as they are stale, and say where they lie."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from dww_analysis.cli.messages import tell
from dww_analysis.cli.run import make, say_drawn
from dww_analysis.stages.documents import Request
from dww_analysis.stages.exit_codes import DONE
from dww_analysis.stages.job import run_job
from dww_analysis.stages.lock import one_run
from dww_analysis.stages.project import Project


def report_study(project: Project, wanted: Request, language: str, cores: int, show: bool) -> int:
    """Make what is wanted and name its files; the exit code, of the run where it is not 0. show: open the first one.
    ConfigError for a unit that has no sheet."""
    code = make(project, language, cores, wanted.targets(project), more_follows=bool(wanted.units))
    if code != DONE:
        return code
    if wanted.units:
        _draw_units(project, wanted, language)
    files = wanted.files(project)
    print(tell(language, "reports"))
    for path in files if wanted.units else _in_short(files, project):
        print(f"  {path}")
    if show and files and not webbrowser.open(files[0].as_uri()):
        print(tell(language, "not_opened", path=files[0]))
    return DONE


def _draw_units(project: Project, wanted: Request, language: str) -> None:
    """The documents of these units alone, when all that they are made of is there; the gate looks over all units."""
    with one_run(project.paths, lambda: print(tell(language, "busy"), file=sys.stderr, flush=True)):
        for id, name in wanted.steps(project):
            try:
                run_job(project.paths, id, name, choose=wanted.chosen)
            finally:
                say_drawn(project, language)


def _in_short(files: Sequence[Path], project: Project) -> list[Path]:
    """The files beside the report's page, and of those that lie in a folder of their own, one a unit or session, it."""
    return list(dict.fromkeys(f if f.parent == project.paths.reports else f.parent for f in files))
