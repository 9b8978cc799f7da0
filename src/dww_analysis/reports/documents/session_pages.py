"""The factsheet of a session: what those who were there can take home, as a page and as PDF in each language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from dww_analysis.domain.networks import Checklist
from dww_analysis.domain.practice import Session
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block
from dww_analysis.reports.documents.paper import session_pdf
from dww_analysis.reports.material import Setup
from dww_analysis.reports.render.html import asset, fill
from dww_analysis.reports.sections.networks.checked import checked_tables
from dww_analysis.reports.sections.notices import data_notice
from dww_analysis.reports.sections.priorities import session_blocks
from dww_analysis.reports.sections.quantity_rows import Row
from dww_analysis.reports.sections.sessions.exchange import agreed_block
from dww_analysis.reports.sections.sessions.rows import SessionRows, rows_of_session, ways_to_read
from dww_analysis.reports.tables import rows_of

DATA = "../../tables/quantities.csv"


def session_page(session: str, language: str, form: str = "html") -> str:
    """Where a session's page or PDF stands below the folder of sessions."""
    return f"{session}/factsheet.{language}.{form}"


def build_session_pages(
    quantities: pd.DataFrame,
    setup: Setup,
    agenda: pd.DataFrame | None = None,
    checklists: Sequence[Checklist] = (),
) -> dict[str, str | bytes]:
    """`{session/factsheet.language.html: page, ....pdf: PDF}`, of every session of practice.yaml in every language.

    quantities, agenda: the tables as they are published (no agenda: None); checklists: those of the study. Each page
    is one file that needs nothing else.
    """
    labels, practice = setup.every_labels(), setup.practice
    made: dict[str, str | bytes] = {}
    if practice is None:
        return made
    for session in practice.sessions:
        for own in labels:
            told = rows_of_session(session, quantities, practice, own)
            said = _said(told, own, rows_of(agenda), checklists)
            language = own.words.language
            made[session_page(session.id, language)] = fill("session.html.j2", said)
            made[session_page(session.id, language, "pdf")] = session_pdf(said, setup.study)
    return made


def _said(
    told: SessionRows, labels: Labels, items: Sequence[Row], checklists: Sequence[Checklist]
) -> Mapping[str, Any]:
    """What the page and the PDF show. items: of the learning agendas."""
    words, study = labels.words, labels.study
    found = [*session_blocks(told), *checked_tables(told, checklists), agreed_block(told, items, labels)]
    blocks = [_short(b) for b in found if b]
    return {
        "css": asset("page.css"),
        "w": words,
        "lang": words.language,
        "title": told.title,
        "study": words.say(study.title),
        "notice": data_notice(labels),
        "blocks": blocks or [Block(sentences=(words("priorities.nothing"),))],
        "how": [words("priorities.nobody_drawn"), *ways_to_read([told], words)],
        "data": DATA,
        "contact": study.contact,
    }


def _short(block: Block) -> Block:
    """A block without what is folded, its tables without links of their own."""
    return replace(block, folded=(), tables=tuple(replace(t, csv="") for t in block.tables))


def links(sessions: Sequence[Session], labels: Labels) -> list[tuple[str, str]]:
    """(name, address) of the factsheets in one language, as the report links to them."""
    words = labels.words
    return [
        (words.capital(words.say(s.label)), f"sessions/{session_page(s.id, words.language)}")
        for s in sessions
    ]
