"""Estimates to tables, sentences and one document, in Dutch and English. Pure: returns text, opens no data file.

Words(language)          phrases and the one rounding rule; figures and the terminal use it too
headline_rows(...)       one row per plan entry: the primary contrast with all that is said about it
headline_of(...)         the same of one entry
trajectory_inputs(...)   what the trajectory figure of one entry needs
Results, Setup           what documents are made from
build_session_pages(...)    {file: text}: a page of each session in each language
build_practice_pages(...)   {file: text}: priorities, blocks and the learning agenda
build_network_pages(...)    {file: text}: a page of each learning network, and of all beside each other
build_acting_pages(...)   {file: text}: action knowledge and the practice profile, in each language
build_report(...)        {"index.html": text}: both languages in one self-contained file
"""

from __future__ import annotations

from dww_analysis.language import Words
from dww_analysis.lazy import lazily

__all__ = [
    "FigureRecord",
    "NetworkStudy",
    "Regions",
    "Results",
    "Setup",
    "Words",
    "build_practice_pages",
    "build_network_pages",
    "build_acting_pages",
    "build_session_pages",
    "build_report",
    "headline_of",
    "headline_rows",
    "trajectory_inputs",
]

_HOMES = {
    "FigureRecord": "figure_record",
    "Regions": "sections.regions",
    "Results": "material",
    "Setup": "material",
    "build_practice_pages": "documents.practice_pages",
    "build_network_pages": "documents.network_pages",
    "NetworkStudy": "documents.network_pages",
    "build_acting_pages": "documents.acting_pages",
    "build_session_pages": "documents.session_pages",
    "build_report": "documents.page",
    "headline_of": "headlines",
    "headline_rows": "headlines",
    "trajectory_inputs": "headlines",
}
# pandas and jinja2 are loaded only when a report is made: the terminal needs `Words` alone
__getattr__, __dir__ = lazily(__name__, _HOMES)
