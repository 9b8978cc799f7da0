"""The research report in the order of an article: chapters of numbered sections, from the same tables as the page.

A section is blocks that other modules make; here they are put in order, numbered, and laid beside the check-list of
what such a report has to say. The body comes first; the appendix holds what carries it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dww_analysis.domain.about import About, Discussion
from dww_analysis.domain.plan import Plan
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study, Text
from dww_analysis.domain.theory import Theory
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.documents.article_appendix import appendix_chapters
from dww_analysis.reports.documents.article_body import body_chapters, checked_chapter
from dww_analysis.reports.documents.chapters import Chapter, numbered, places_of, printed
from dww_analysis.reports.documents.matter import Matter, matter_of
from dww_analysis.reports.figure_record import FigureRecord
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


def build_article(
    *,
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    figures: Iterable[Any],
    study: Study,
    plan: Plan,
    scales: Sequence[Scale],
    settings: ReportSettings,
    provenance: Mapping[str, Any],
    language: str,
    about: About = About(),
    discussions: Mapping[str, Discussion] | None = None,
    learning: Mapping[str, Mapping[str, Text]] | None = None,
    theory: Theory | None = None,
) -> Article:
    """The article in one language. tables, fits, figures, provenance, learning: as `build_report` takes them, with
    baseline_units and scale_correlations beside the tables. about: what people told. discussions: by file.
    """
    labels = Labels(study, scales, Words(language), learning)
    records = [FigureRecord.of(f) for f in figures if f is not None]
    matter = matter_of(
        labels=labels,
        tables=tables,
        fits=fits,
        figures=records,
        plan=plan,
        settings=settings,
        provenance=provenance,
        about=about,
        discussions=discussions or {},
        theory=theory,
    )
    chapters, appended = chapters_of(matter)
    words = labels.words
    return Article(
        language=language,
        title=words.say(study.title),
        subtitle=words.say(settings.subtitle) if settings.subtitle else "",
        authors=authors_of(about, words),
        day=study.delivered,
        foot=_foot(study, provenance, words),
        notices=tuple(notices_of(provenance, labels)),
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
