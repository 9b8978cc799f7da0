"""Invented reports, built once."""

from __future__ import annotations

import invented_reports
import pytest
from page_reader import read_page


def build(made: dict) -> str:
    from from_parts import build_report

    figures = [
        d.record()
        for language in made["settings"].languages
        for d in invented_reports.drawings(made, language)
    ]
    return build_report(figures=figures, **made)["index.html"]


@pytest.fixture(scope="session")
def trial_html():
    return build(invented_reports.trial())


@pytest.fixture(scope="session")
def waves_html():
    return build(invented_reports.waves_only())


@pytest.fixture(scope="session")
def trial_page(trial_html):
    return read_page(trial_html)


@pytest.fixture(scope="session")
def waves_page(waves_html):
    return read_page(waves_html)
