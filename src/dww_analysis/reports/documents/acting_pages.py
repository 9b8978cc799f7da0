"""Pages about what professionals do and use: action knowledge, and the practice profile; one file each a language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from dww_analysis.domain.practice import Practice
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.study import Study
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.render.html import asset, fill
from dww_analysis.reports.sections.acting import acting_blocks, has_map, map_of
from dww_analysis.reports.sections.notices import data_notice
from dww_analysis.reports.sections.profile import bars_of, has_profile, profile_blocks
from dww_analysis.reports.sections.study_rows import StudyRows

ACTING, PROFILE = "action_knowledge", "practice_profile"
HAS = {ACTING: has_map, PROFILE: has_profile}


def build_acting_pages(
    quantities: pd.DataFrame, practice: Practice, study: Study, settings: ReportSettings
) -> dict[str, str]:
    """`{action_knowledge.nl.html: page}`, of what the study has, in every language.

    quantities: the table as it is published. Each page is one file that needs nothing else.
    """
    pages: dict[str, str] = {}
    for language in settings.languages:
        labels = Labels(study, (), Words(language))
        told = StudyRows.of(quantities, practice, labels)
        pages |= {f"{name}.{language}.html": _page(name, told) for name in HAS if HAS[name](told)}
    return pages


def acting_links(
    quantities: pd.DataFrame | None, practice: Practice | None, labels: Labels
) -> list[tuple[str, str]]:
    """(name, address) of these pages in one language, as the report links to them; none where there are none."""
    if practice is None or quantities is None or quantities.empty:
        return []
    told, words = StudyRows.of(quantities, practice, labels), labels.words
    return [
        (words(f"acting.title.{name}"), f"{name}.{words.language}.html") for name in HAS if HAS[name](told)
    ]


def _page(name: str, told: StudyRows) -> str:
    labels = told.labels
    words, study = labels.words, labels.study
    acting = name == ACTING
    return fill(
        "acting_page.html.j2",
        {
            "css": asset("page.css"),
            "w": words,
            "lang": words.language,
            "title": words(f"acting.title.{name}"),
            "study": words.say(study.title),
            "notice": data_notice(labels),
            "map": map_of(told) if acting else None,
            "bars": [] if acting else bars_of(told),
            "blocks": [
                (b, replace(b, sentences=())) for b in (acting_blocks if acting else profile_blocks)(told)
            ],
            "how": list(_how(name, words)),
            "contact": study.contact,
        },
    )


def _how(name: str, words: Words) -> Iterator[str]:
    yield words(f"acting.nobody_drawn.{name}")
    yield words(f"acting.how_to_read.{name}")
