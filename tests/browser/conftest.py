"""A Chromium without network, and the invented reports as files."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))


def _find_chromium() -> str | None:
    return next(
        (found for n in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(n))), None
    )


@pytest.fixture(scope="session")
def browser():
    path = _find_chromium()
    if path is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """Paths of the invented reports and factsheets by name; "article" is the trial with the report as an article."""
    import invented_reports
    from from_parts import build_factsheet, build_report

    folder = tmp_path_factory.mktemp("reports")
    paths = {}
    asked = replace(invented_reports.SETTINGS, documents=("report",))
    studies = {
        "trial": invented_reports.trial(),
        "waves": invented_reports.waves_only(),
        "article": {**invented_reports.trial(), "settings": asked},
    }
    for name, made in studies.items():
        figures = [d.record() for language in ("nl", "en") for d in invented_reports.drawings(made, language)]
        paths[name] = folder / f"{name}.html"
        paths[name].write_text(build_report(figures=figures, **made)["index.html"], encoding="utf-8")
        if name == "article":
            continue
        facts = {k: made[k] for k in ("study", "plan", "scales")}
        for language in ("nl", "en"):
            page = build_factsheet(made["tables"], licence="CC0", version="0.1.0", language=language, **facts)
            paths[f"{name} in short, {language}"] = folder / f"{name}.factsheet.{language}.html"
            paths[f"{name} in short, {language}"].write_text(page, encoding="utf-8")
    return paths


@pytest.fixture
def open_page(browser, reports):
    """open_page(name, fragment="", **context) -> page; afterwards nothing may have been fetched or complained about."""
    contexts, fetched, complaints = [], [], []

    def opened(name: str = "trial", fragment: str = "", **options):
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        page = context.new_page()
        page.on(
            "request",
            lambda r: fetched.append(r.url) if not r.url.startswith(reports[name].as_uri()) else None,
        )
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: complaints.append(str(e)))
        page.goto(reports[name].as_uri() + fragment)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert fetched == []
    assert complaints == []
