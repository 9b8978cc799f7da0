"""Stage factsheet: two sides of A4 for who decides, a page and a PDF a language, where reports.yaml asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import dww_analysis
from dww_analysis.stages import places
from dww_analysis.stages.project import Project
from dww_analysis.stages.publication import Publication
from dww_analysis.stages.stage import Made, Stage, Tables

TABLES = ("estimates", "answers", "flow")


def factsheets(project: Project) -> list[str]:
    """The languages of the factsheet; none where it is not asked for."""
    return project.files.reports.languages_of("factsheet")


def _run(project: Project, name: str, tables: Tables) -> Made:
    """The page and the PDF in one language, from what readers of the report get."""
    from dww_analysis.reports import Setup
    from dww_analysis.reports.documents.factsheet import MOST_WORDS, factsheet_page, factsheet_said, words_in
    from dww_analysis.reports.documents.paper import factsheet_pdf

    files = project.files
    shown, _ = Publication.of(project).beside({table: tables[table] for table in TABLES})
    said = factsheet_said(
        shown,
        Setup(files.study, files.reports, files.plan, files.outcomes()),
        version=dww_analysis.__version__,
        language=name,
    )
    page = factsheet_page(said)
    n = words_in(page)
    long = f"the factsheet has {n} words, more than {MOST_WORDS}: plan fewer outcomes or give them shorter labels"
    return Made({"page": page, "paper": factsheet_pdf(said, files.study)}, [long] if n > MOST_WORDS else [])


def _reads(project: Project, name: str) -> Mapping[str, Any]:
    return {table: places.safe_table(table).at(project.paths) for table in TABLES}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    files = project.files
    return replace(files.study, citation={}, seed=0), files.plan, files.outcomes(), files.reports.licence


STAGE = Stage(
    "factsheet",
    per="study",
    reads=_reads,
    makes={"page": places.FACTSHEET, "paper": places.FACTSHEET_PAPER},
    config=_config,
    run=_run,
    names=factsheets,
)
