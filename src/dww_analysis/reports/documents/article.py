"""The research report in the order of an article: chapters of numbered sections, from the same tables as the page.

A section is blocks that other modules make; here they are put in order, numbered, and laid beside the check-list of
what such a report has to say. The body comes first; the appendix holds what carries it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dww_analysis.domain.about import About
from dww_analysis.domain.study import Study
from dww_analysis.language import Words
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.documents.article_appendix import appendix_chapters
from dww_analysis.reports.documents.article_body import body_chapters, checked_chapter
from dww_analysis.reports.documents.chapters import Chapter, numbered, places_of, printed
from dww_analysis.reports.documents.matter import Matter, matter_of
from dww_analysis.reports.material import Results, Setup
from dww_analysis.reports.sections.notices import notices_of
from dww_analysis.reports.sections.provenance import package_of


@dataclass(frozen=True)
class Article:
    """What a renderer prints in one language. Headings are numbered; a block's folded blocks stand one level lower."""

    language: str
    title: str
    subtitle: str
    authors: str
    day: str  # ISO date of the delivery
    foot: str
    notices: tuple[str, ...]
    body: tuple[Block, ...]
    appendix_title: str
    appendix: tuple[Block, ...]


def build_article(results: Results, setup: Setup, language: str) -> Article:
    """The article in one language. results: with baseline_units and scale_correlations beside the tables of the page.

    DisclosureError and ReportError as of `matter_of`.
    """
    labels = setup.labels(language, results.tables)
    chapters, appended = chapters_of(matter_of(results, setup, labels))
    words, study, settings = labels.words, setup.study, setup.settings
    return Article(
        language=language,
        title=words.say(study.title),
        subtitle=words.say(settings.subtitle) if settings.subtitle else "",
        authors=authors_of(setup.about, words),
        day=study.delivered,
        foot=_foot(study, results.provenance, words),
        notices=tuple(notices_of(results.provenance, labels)),
        body=printed(chapters),
        appendix_title=words("article.appendix"),
        appendix=printed(appended),
    )


def chapters_of(matter: Matter) -> tuple[list[Chapter], list[Chapter]]:
    """The chapters of the body, numbered 1, 2, ..., and of the appendix, A, B, ...; the last of the body accounts for
    all of them. Chapters without a section that holds something are left out of both lists."""
    body, appended = numbered(body_chapters(matter)), numbered(appendix_chapters(matter), letters=True)
    checked = checked_chapter(matter, places_of([*body, *appended]))
    return [*body, *numbered([checked], first=len(body) + 1)], appended


def authors_of(about: About, words: Words) -> str:
    """Who wrote the report, or that the study does not say."""
    return words.listing(about.authors) if about.authors else words("article.no_authors")


def _foot(study: Study, provenance: Mapping[str, Any], words: Words) -> str:
    return words("article.foot", date=words.date(study.delivered), version=package_of(provenance))
