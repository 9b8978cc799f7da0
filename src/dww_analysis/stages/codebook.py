"""Stage codebook: the codebook as a page, in the study's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.stages import places
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import Stage, Tables


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """The page, in the first language of the reports."""
    from dww_analysis.reports.codebook import codebook_html

    language = project.files.reports.languages[0]
    return {"page": codebook_html(tables["codebook"], project.files.study, language)}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    study = project.files.study
    return study.title, study.samples, study.waves, project.files.reports.languages[0]


STAGE = Stage(
    "codebook",
    per="study",
    reads=lambda project, name: {"codebook": places.CODEBOOK.at(project.paths)},
    makes={"page": places.CODEBOOK_PAGE},
    config=_config,
    run=_run,
)
