"""The report as an article on the page: its chapters as sections, beside what the page says to who reads no article."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from dww_analysis.reports.blocks import Block
from dww_analysis.reports.documents.article import authors_of, chapters_of
from dww_analysis.reports.documents.chapters import Chapter
from dww_analysis.reports.documents.matter import Matter

# sections of the page that are in no chapter: those before the article, and those behind it
BEFORE, AROUND = (
    ("summary", "teams", "documents"),
    ("priorities", "limits", "sensemaking", "glossary", "citation"),
)


@dataclass(frozen=True)
class Place:
    """A section of a chapter: its anchor without the language, its heading ("" where it is its chapter), its block."""

    anchor: str
    heading: str
    block: Block


@dataclass(frozen=True)
class OnPage:
    """A chapter as a section of the page. appended: whether it is of the appendix, which stands folded."""

    heading: str
    places: tuple[Place, ...]
    appended: bool


def article_part(matter: Matter) -> dict[str, Any]:
    """`chapters`: section of the page -> chapter, in order of reading; and who wrote it."""
    body, appendix = chapters_of(matter)
    taken = {*BEFORE, *AROUND, *(c.id for c in (*body, *appendix))}
    found = {c.id: _on_page(c, taken, appended=False) for c in body}
    found |= {c.id: _on_page(c, taken, appended=True) for c in appendix}
    return {"chapters": found, "authors": authors_of(matter.about, matter.labels.words)}


def _on_page(chapter: Chapter, taken: Collection[str], *, appended: bool) -> OnPage:
    places = tuple(
        Place(s.id if s.id not in taken else f"{chapter.id}.{s.id}", s.heading, s.block)
        for s in chapter.sections
    )
    return OnPage(chapter.heading, places, appended)
