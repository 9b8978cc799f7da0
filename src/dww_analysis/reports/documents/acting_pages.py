"""Pages about what professionals do and use: action knowledge, and the practice profile; one file each a language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from dww_analysis.domain.practice import Practice
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.study import Study
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.documents.acting_paper import acting_pdf
from dww_analysis.reports.render.html import asset, fill
from dww_analysis.reports.sections.acting import acting_blocks, has_map
from dww_analysis.reports.sections.helpful import has_ratings
from dww_analysis.reports.sections.notices import data_notice
from dww_analysis.reports.sections.profile import has_profile, has_use, profile_blocks
from dww_analysis.reports.sections.study_rows import StudyRows

ACTING, PROFILE = "action_knowledge", "practice_profile"
HAS = {ACTING: has_map, PROFILE: has_profile}
BLOCKS = {ACTING: acting_blocks, PROFILE: profile_blocks}


def build_acting_pages(
    quantities: pd.DataFrame, practice: Practice, study: Study, settings: ReportSettings
) -> dict[str, str | bytes]:
    """`{action_knowledge.nl.html: page, ....pdf: PDF}`, of what the study has, in every language; empty where it has
    neither.

    quantities: the table as it is published. Each page is one file that needs nothing else.
    """
    pages: dict[str, str | bytes] = {}
    for language in settings.languages:
        labels = Labels(study, (), Words(language))
        told = StudyRows.of(quantities, practice, labels)
        for name in (name for name in HAS if HAS[name](told)):
            said = _said(name, told)
            pages[f"{name}.{language}.html"] = fill("acting_page.html.j2", said)
            pages[f"{name}.{language}.pdf"] = acting_pdf(said, study)
    return pages


def acting_links(
    quantities: pd.DataFrame | None, practice: Practice | None, labels: Labels
) -> list[tuple[str, str]]:
    """(name, address) of these pages in one language, as the report links to them; none where there are none."""
    if practice is None or quantities is None or quantities.empty:
        return []
    told = StudyRows.of(quantities, practice, labels)
    return [(_title(name, told), f"{name}.{labels.words.language}.html") for name in HAS if HAS[name](told)]


def _title(name: str, told: StudyRows) -> str:
    """What the page is called; a profile of which no use was counted is about what people think of it."""
    only_told = name == PROFILE and not has_use(told)
    return told.labels.words("acting.title.profile_told" if only_told else f"acting.title.{name}")


def _said(name: str, told: StudyRows) -> dict[str, Any]:
    """What the page and the PDF show."""
    labels = told.labels
    words, study = labels.words, labels.study
    return {
        "css": asset("page.css") + asset("network.css"),
        "w": words,
        "lang": words.language,
        "title": _title(name, told),
        "study": words.say(study.title),
        "notice": data_notice(labels),
        "blocks": [(b, replace(b, sentences=())) for b in BLOCKS[name](told)],
        "how": list(_how(name, told)),
        "pdf": f"{name}.{words.language}.pdf",
        "contact": study.contact,
    }


def _how(name: str, told: StudyRows) -> Iterator[str]:
    words = told.labels.words
    if name == ACTING or has_use(told):
        yield words(f"acting.nobody_drawn.{name}")
        yield words(f"acting.how_to_read.{name}")
    if name == PROFILE and has_ratings(told):
        yield words("profile.opinions")
