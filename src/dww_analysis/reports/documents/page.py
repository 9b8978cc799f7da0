"""The report of one study: every section in every language, from the same tables, in one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.practice import Practice
from dww_analysis.domain.report import ReportSettings
from dww_analysis.errors import ReportError
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.documents.acting_pages import acting_links
from dww_analysis.reports.documents.article_page import AROUND, BEFORE, article_part
from dww_analysis.reports.documents.beside import Beside, with_doors
from dww_analysis.reports.documents.matter import Matter, matter_of
from dww_analysis.reports.documents.network_pages import network_links, network_summary, networks_of
from dww_analysis.reports.documents.page_part import first_part, sections_part
from dww_analysis.reports.documents.practice_pages import list_links, page_links
from dww_analysis.reports.documents.session_pages import links
from dww_analysis.reports.documents.sessions import sessions_part
from dww_analysis.reports.documents.table_files import Files, Source, table_files, taken_tables
from dww_analysis.reports.material import Results, Setup, Tables
from dww_analysis.reports.render.html import asset, render
from dww_analysis.reports.sections.notices import notices_of
from dww_analysis.reports.sections.priorities import priority_blocks
from dww_analysis.reports.sections.provenance import package_of


def build_report(
    results: Results,
    setup: Setup,
    *,
    interpretations: pd.DataFrame | None = None,
    documents: Sequence[Beside] = (),
) -> Mapping[str, Any]:
    """`{"index.html": page}`: one self-contained file with all languages of the study, the first one shown first; and
    beside it the tables as files (bytes), by their address from the page, each made when it is asked for.

    Every table is checked again: a statistic of fewer than `study.min_cell_size` persons raises DisclosureError. Links
    of figures go to figures/<name>.<language>.svg and .png, figures/<name>.csv and tables/<name>.csv. Where the
    settings ask for the report as an article, that takes the place of the sections of answers. ReportError without a
    table of estimates or answers.
    interpretations: what was answered to the four questions and is for all; None where nobody could. documents: what
    lies beside the page and may be handed out.
    """
    tables, practice, provenance = results.tables, setup.practice, results.provenance
    of_sessions = "quantities" in tables and set(tables) <= {"quantities", "agenda"}
    for needed in ("estimates", "answers"):
        if needed not in tables and not of_sessions:
            raise ReportError.of(
                found=f"no table of {needed}",
                where="report",
                expected=f"tables['{needed}']",
                action="run the estimates first",
            )
    parts = []
    for labels in setup.every_labels(tables):
        language = labels.words.language
        beside = acting_links(tables.get("quantities"), practice, labels)
        beside += list_links(tables, practice, labels)
        said = priority_blocks(tables.get("quantities"), practice, labels)
        sheets = _beside(tables, practice, labels) if said else []
        networks = networks_of(tables.get("quantities"), practice, setup.study)
        said += filter(None, [network_summary(networks, language)])
        if of_sessions:
            own: dict[str, Any] = sessions_part(said, provenance, setup.plan, labels, bool(beside))
        else:
            own = _parts_of(matter_of(results, setup, labels), said, interpretations)
        pages = {"factsheets": sheets, "network_pages": network_links(networks, language), "beside": beside}
        part = with_doors({**_around(labels, setup.settings, provenance), **own, **pages}, documents, labels)
        parts.append({**part, "taken": taken_tables(part)})
    page = render(
        {
            "parts": parts,
            "css": asset("page.css"),
            "js": asset("page.js"),
            "first": parts[0],
            "author": setup.study.contact,
        }
    )
    taken = [[part[key] for part in parts] for key in ("taken", "w", "source")]
    return Files({"index.html": lambda: page, **table_files(*taken).makers})


def _beside(tables: Tables, practice: Practice | None, labels: Labels) -> list[tuple[str, str]]:
    """(name, address) of the pages about sessions that lie beside the report."""
    if practice is None:
        return []
    return [*page_links(tables, practice, labels), *links(practice.sessions, labels)]


def _parts_of(
    matter: Matter, of_sessions: list[Block], interpretations: pd.DataFrame | None
) -> dict[str, Any]:
    """Everything the template shows in one language about the study's answers, and about its sessions."""
    first = first_part(matter, interpretations)
    if "report" not in matter.settings.documents:
        return {**first, **sections_part(matter, of_sessions)}
    found = article_part(matter)
    words = matter.labels.words
    around = [n for n in AROUND if n != "priorities" or of_sessions]
    sections = [
        *((name, words(f"section.{name}")) for name in BEFORE),
        *((name, chapter.heading) for name, chapter in found["chapters"].items()),
        *((name, words(f"section.{name}")) for name in around),
    ]
    return {**first, **found, "priorities": of_sessions, "sections": sections}


def _around(labels: Labels, settings: ReportSettings, provenance: Mapping[str, Any]) -> dict[str, Any]:
    """What stands around the sections of every report."""
    words, study = labels.words, labels.study
    return {
        "w": words,
        "lang": words.language,
        "title": words.say(study.title),
        "subtitle": words.say(settings.subtitle) if settings.subtitle else "",
        "delivered": words("page.delivered", date=words.date(study.delivered)),
        "notices": notices_of(provenance, labels),
        "chapters": {},
        "authors": "",
        "source": Source(
            study.id, words.say(study.title), package_of(provenance), study.delivered, settings.licence
        ),
        "citation": words.say(study.citation) if study.citation else "",
        "licence": settings.licence or words("citation.no_licence"),
        "contact": study.contact,
        "version": words("page.version", version=package_of(provenance)),
    }
