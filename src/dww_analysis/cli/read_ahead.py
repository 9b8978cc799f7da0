"""What each job of a run reads, read once by the server that jobs are forked from.

A module of its own: it reads the phrases of all documents, on which the numbers of no step rest.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from dww_analysis.cli.stage import options_of
from dww_analysis.errors import DwwError


def read_ahead(arguments: list[str], folder: Path) -> None:
    """Read what each job of a run reads: the configuration, the scoring keys, the phrases. Refuses nothing: the job
    reads the same files again, and remembers only what is made of a text that has not changed.

    arguments: of the command line of one job, called in `folder`.
    """
    from dww_analysis.language.catalogue import everything
    from dww_analysis.stages.project import open_project

    with suppress(DwwError, OSError, SystemExit):
        options = options_of(arguments, folder)
        files = open_project((folder / options.root).resolve(), options.study).files
        for language in files.reports.languages:
            everything(language)
