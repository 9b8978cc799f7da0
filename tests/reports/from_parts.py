"""Documents of invented studies, which are dictionaries: their parts laid together as results and set-up."""

from __future__ import annotations

from typing import Any

from invented_reports import SETTINGS

from dww_analysis import reports
from dww_analysis.domain.report import ReportSettings
from dww_analysis.reports import Results, Setup
from dww_analysis.reports.documents import article, cards, factsheet, praatplaat

BESIDE = ("interpretations", "documents")


def results_of(parts: dict[str, Any]) -> Results:
    return Results(*(parts[name] for name in ("tables", "fits", "figures", "provenance")))


def setup_of(parts: dict[str, Any]) -> Setup:
    own = {name: part for name, part in parts.items() if name in Setup.__dataclass_fields__}
    return Setup(**{"settings": SETTINGS, **own})


def build_report(**parts):
    beside = {name: parts[name] for name in BESIDE if name in parts}
    return reports.build_report(results_of(parts), setup_of(parts), **beside)


def build_article(*, language: str, **parts):
    return article.build_article(results_of(parts), setup_of(parts), language)


def factsheet_said(tables, *, licence: str, version: str, language: str, **parts):
    settings = ReportSettings(SETTINGS.languages, {}, licence)
    return factsheet.factsheet_said(
        tables, setup_of({"settings": settings, **parts}), version=version, language=language
    )


def build_factsheet(tables, **facts) -> str:
    return factsheet.factsheet_page(factsheet_said(tables, **facts))


def build_cards(tables, *, unmeasured, language: str, pdf_file: str, **parts):
    own = {"unmeasured": unmeasured, "language": language, "pdf_file": pdf_file}
    return cards.build_cards(tables, setup_of(parts), **own)


def build_praatplaat(tables, *, stops, language: str, empty_file: str, **parts):
    own = {"stops": stops, "language": language, "empty_file": empty_file}
    return praatplaat.build_praatplaat(tables, setup_of(parts), **own)
