"""What every command has: the options before it, arguments that several take, and the exit codes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dww_analysis.cli.messages import tell
from dww_analysis.cli.paths import default_study
from dww_analysis.stages.pieces import check_chunks
from dww_analysis.stages.project import Project, open_project


class Language(StrEnum):
    en = "en"
    nl = "nl"


@dataclass
class Settings:
    """The options that stand before the command."""

    root: Path
    language: str

    def project(self, study: str | None, chunks: str = "1") -> Project:
        """The study of that name; None: the one that the root has by itself (`default_study`). ConfigError for a name
        that is no name, or where there are several, and for `chunks` that are no number of pieces."""
        pieces = check_chunks(chunks)
        return open_project(self.root, study or default_study(self.root), pieces)

    def say(self, key: str, **values: object) -> None:
        """Print phrase `terminal.<key>` in the language of the terminal, with its blanks filled."""
        typer.echo(tell(self.language, key, **values))


Study = Annotated[
    str | None,
    typer.Argument(help="Name of the study; without it the one in config/config.yaml, or the only one."),
]
Options = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        "-o",
        help="How files must be read: NAME=VALUE, or FILE:NAME=VALUE for one of them, such as w0.xlsx:sheet=Data.",
    ),
]
CORES = min(os.cpu_count() or 1, 4)
Cores = Annotated[int, typer.Option(help="How many steps at the same time.", min=1)]
Chunks = Annotated[
    str,
    typer.Option(
        metavar="N",
        help="Split calibration, imputation and curves into N pieces, each a step; the results are the same.",
    ),
]
GridChunks = Annotated[
    str,
    typer.Option(
        metavar="N", help="Split the grid into N pieces, done by all cores; the numbers are the same."
    ),
]
Jobs = Annotated[
    str,
    typer.Option(
        "--profile",
        metavar="PROFILE",
        help="Where jobs of Snakemake are done: slurm, snellius, default (this machine), or a folder with a profile.",
    ),
]
