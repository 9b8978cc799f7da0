"""Stage cards: cards to talk with, for print and as a page, where reports.yaml asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dww_analysis.domain.study import Text
from dww_analysis.stages import places
from dww_analysis.stages.project import Project
from dww_analysis.stages.publication import Publication
from dww_analysis.stages.stage import Stage, Tables

TABLES = ("estimates", "answers")


def decks(project: Project) -> list[str]:
    """The languages of the cards; none where they are not asked for."""
    return project.files.reports.languages_of("cards")


def unmeasured(project: Project) -> list[Text]:
    """What belongs to the theory of change and has no data."""
    theory = project.files.theory
    return [node.label for node in theory.nodes if not node.measured] if theory is not None else []


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """The cards in one language, from what readers of the report get."""
    from dww_analysis.reports import Setup
    from dww_analysis.reports.documents.cards import build_cards

    files = project.files
    shown, _ = Publication.of(project).beside({table: tables[table] for table in TABLES})
    return build_cards(
        shown,
        Setup(files.study, files.reports, files.plan, files.outcomes()),
        unmeasured=unmeasured(project),
        language=name,
        pdf_file=places.CARDS.at(project.paths, name).name,
    )


def _reads(project: Project, name: str) -> Mapping[str, Any]:
    return {table: places.safe_table(table).at(project.paths) for table in TABLES}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    files = project.files
    return replace(files.study, citation={}, seed=0), files.plan, files.outcomes(), unmeasured(project)


STAGE = Stage(
    "cards",
    per="study",
    reads=_reads,
    makes={"pdf": places.CARDS, "page": places.CARDS_PAGE},
    config=_config,
    run=_run,
    names=decks,
)
