"""Pages beside the report: priorities of all sessions, building blocks, the learning agenda; each in every language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dww_analysis.domain.networks import Checklist
from dww_analysis.domain.practice import Practice
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.material import Setup, Tables
from dww_analysis.reports.render.html import asset, fill
from dww_analysis.reports.sections.agenda import agenda_blocks
from dww_analysis.reports.sections.building import building_blocks
from dww_analysis.reports.sections.filled import filled_blocks
from dww_analysis.reports.sections.matrices import matrix_blocks
from dww_analysis.reports.sections.notices import data_notice
from dww_analysis.reports.sections.regions import Regions, region_blocks

LISTS = "checklists"
NAMES = {
    "priorities": "quantities",
    "blocks": "quantities",
    "agenda": "agenda",
    LISTS: "quantities",
}  # page -> the table it prints

OF_ROOMS = ("priorities", "blocks")  # pages about what people in a room chose


def practice_page(name: str, language: str) -> str:
    """Where a page stands in the folder of the report."""
    return f"{name}.{language}.html"


def build_practice_pages(
    tables: Tables, setup: Setup, checklists: Sequence[Checklist] = (), regions: Regions | None = None
) -> dict[str, str]:
    """`{page.language.html: page}` in every language: those of `priorities`, `blocks`, `agenda` and `checklists` (about
    teams or organisations) that have something.

    tables: "quantities", and "agenda" where there is one, as they are published. checklists: those of the study.
    regions: of several studies together (setup: as one), which the agenda says first. Each page needs nothing else. No
    page of a study without practice.yaml.
    """
    if setup.practice is None:
        return {}
    return {
        practice_page(name, labels.words.language): _page(name, said, labels)
        for labels in setup.every_labels()
        for name, said in _said(tables, setup.practice, labels, checklists, regions)
    }


def _said(
    tables: Tables,
    practice: Practice,
    labels: Labels,
    checklists: Sequence[Checklist] = (),
    regions: Regions | None = None,
) -> Iterator[tuple[str, list[Block]]]:
    made: Mapping[str, Callable[[], list[Block]]] = {
        "priorities": lambda: matrix_blocks(tables["quantities"], practice, labels),
        "blocks": lambda: building_blocks(tables["quantities"], practice, labels),
        "agenda": lambda: _agenda(tables, practice, labels, regions),
        LISTS: lambda: filled_blocks(tables["quantities"], practice, checklists, labels),
    }
    return ((name, blocks) for name in NAMES if (blocks := made[name]()))


def _agenda(tables: Tables, practice: Practice, labels: Labels, regions: Regions | None) -> list[Block]:
    if "agenda" not in tables:
        return []
    own = agenda_blocks(tables["agenda"], tables["quantities"], practice, labels)
    if regions is None or not own:
        return own
    sent, *shares = region_blocks(tables["quantities"], practice, regions, labels)
    first = replace(own[0], sentences=(*sent.sentences, *own[0].sentences))
    return [first, *own[1:], *shares]


def _page(name: str, blocks: list[Block], labels: Labels) -> str:
    return fill("session.html.j2", {"css": asset("page.css"), **_shown(name, blocks, labels)})


def _shown(name: str, blocks: list[Block], labels: Labels) -> dict[str, Any]:
    """What the template shows."""
    words, study = labels.words, labels.study
    return {
        "w": words,
        "lang": words.language,
        "title": words(f"practice.title.{name}"),
        "study": words.say(study.title),
        "notice": data_notice(labels),
        "blocks": blocks,
        "how": [
            words(f"practice.how.{name}"),
            *([words("priorities.nobody_drawn")] if name in OF_ROOMS else []),
        ],
        "data": f"tables/{NAMES[name]}.csv",
        "contact": study.contact,
    }


def page_links(tables: Tables, practice: Practice, labels: Labels) -> list[tuple[str, str]]:
    """(name, address) of the pages about sessions in one language, as the report links to them."""
    return [_link(name, labels) for name, _ in _said(tables, practice, labels) if name != LISTS]


def list_links(tables: Tables, practice: Practice | None, labels: Labels) -> list[tuple[str, str]]:
    """The same of the page about check-lists, which needs no session."""
    if practice is None or "quantities" not in tables:
        return []
    return [_link(LISTS, labels)] if filled_blocks(tables["quantities"], practice, (), labels) else []


def _link(name: str, labels: Labels) -> tuple[str, str]:
    return labels.words(f"practice.title.{name}"), practice_page(name, labels.words.language)
