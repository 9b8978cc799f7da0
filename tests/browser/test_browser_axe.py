"""Every document page through axe-core, in both languages, light and dark: nothing that shuts anybody out."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

import pytest

pytest.importorskip("axe_playwright_python", reason="axe-core comes with the extra `docs`")
sys.path[:0] = [str(Path(__file__).parents[1] / room) for room in ("reports", "practice")]
pytestmark = pytest.mark.browser
LANGUAGES, SCHEMES = ("nl", "en"), ("light", "dark")
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations.map(
  v => `${v.id}: ${v.help}: ` + v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(' | '))"""
PAGES = (
    *(
        "session",
        "priorities",
        "blocks",
        "agenda",
        "checklists",
        "networks",
        "network",
        "intake",
        "action_knowledge",
    ),
    *("practice_profile", "sheet", "sheet_told", "factsheet", "praatplaat", "praatplaat_stories", "cards"),
)


def session_pages() -> dict[str, str]:
    import invented_sessions as made
    from test_practice_agenda import PRACTICE, items_of
    from test_reports_priorities import PRACTICE as CODED
    from test_reports_priorities import quantity

    from dww_analysis.domain.networks import METS
    from dww_analysis.practice import agenda_table, load_checklist
    from dww_analysis.practice.agenda import agenda_quantities
    from dww_analysis.practice.sessions import as_table
    from dww_analysis.reports import Setup, build_practice_pages, build_session_pages

    found = build_session_pages(made.quantities(), Setup(made.STUDY, made.SETTINGS, practice=made.PRACTICE))
    pages = {f"session.{name.split('.')[1]}": page for name, page in found.items() if name.endswith(".html")}
    rows = [
        quantity("block_share", "asking", "all", 0.5),
        quantity("block_share", "backs", "all", 0.25),
        quantity("blocks_together", "asking:backs", "all", 4.0),
        *(
            quantity(f"block_{side}", block, "all", at, conf_low=at - far, conf_high=at + far)
            for block, at, far in (("asking", 20.0, 5.0), ("backs", 70.0, 30.0))
            for side in ("left", "top")
        ),
        *(
            quantity(
                "checklist", f"good_practice:{part.id}:{met}", "all", 3.0, level="study", unit=made.STUDY.id
            )
            for part in load_checklist("good_practice").blocks
            for met in METS
        ),
    ]
    asked = agenda_quantities(items_of(), PRACTICE.ids("national"), made.STUDY.id)
    for tables, practice in (
        ({"quantities": made.quantities()}, made.PRACTICE),
        ({"quantities": as_table(rows)}, CODED),
        ({"quantities": as_table(asked), "agenda": agenda_table(items_of())}, PRACTICE),
    ):
        lists = [load_checklist("good_practice")]
        built = build_practice_pages(tables, Setup(made.STUDY, made.SETTINGS, practice=practice), lists)
        pages |= {name.removesuffix(".html"): page for name, page in built.items()}
    return pages


def network_pages() -> dict[str, str]:
    import invented_networks as made

    from dww_analysis.reports import NetworkStudy, build_network_pages

    built = build_network_pages(
        NetworkStudy(made.table(), made.PRACTICE, made.CHECKLISTS, made.STUDY), made.SETTINGS
    )
    named = {"zuid/page": "network", "index": "networks", "intake": "intake"}
    return {f"{of}.{lang}": built[f"{name}.{lang}.html"] for name, of in named.items() for lang in LANGUAGES}


def acting_pages() -> dict[str, str]:
    from test_reports_acting_pages import ASKED, HIDDEN, alpha, cell, pages, quantity_of

    used = [
        quantity_of("s", "ask", "all", name, value, "private", conf_low=0.3, conf_high=1.0, conf_level=0.95,
                    unit_level="study", n=n)
        for name, value, n in (("reached", 0.75, 40.0), ("used_again", 0.5, 30.0), ("answered", 1.0, 30.0))
    ]  # fmt: skip
    week = quantity_of("s", "ask:week_10", "all", "weekly_use", 0.4, "private", unit_level="study", n=30.0,
                       conf_low=0.2, conf_high=0.6)  # fmt: skip
    told = pages(ASKED, *cell("talk", 12.0, 1.0), *HIDDEN, *cell("end", 0.0, 0.0), alpha(0.6))
    return {n.removesuffix(".html"): page for n, page in {**told, **pages(*used, week)}.items()}


def sheets() -> dict[str, str]:
    from test_reports_sheet import OF, OUTCOMES, row, sheet_of
    from test_reports_told import DAYS, WEEKS, action, counts, said, sheet_with, told_of

    from dww_analysis.reports.documents.sheet import sheet_files

    verdicts = ("above", "below", "as_others", "unclear", "no_comparison")
    rows = [row(name, verdict=verdicts[i % 5]) for i, name in enumerate(OUTCOMES)]
    rows[0] |= {"shown": False, "why": "follows"}
    told = told_of(
        [said(), said(question="judge")], [action(indicator=WEEKS, start=DAYS[12])],
        now=[said(round=2, question="act")], counted=counts(),
    )  # fmt: skip
    made = {"sheet": sheet_files(sheet_of(rows), OF), "sheet_told": sheet_files(sheet_with(told), OF)}
    return {f"{name}.{lang}": made[name][f"sheet.{lang}.html"] for name in made for lang in LANGUAGES}


def of_answers() -> dict[str, str]:
    import pandas as pd
    from from_parts import build_cards, build_factsheet, build_praatplaat
    from invented_reports import trial

    from dww_analysis.domain.stops import stops_of

    made, found = trial(), {}
    facts = {k: made[k] for k in ("study", "plan", "scales")}
    stops = stops_of((), [e.outcome for e in made["plan"].entries], made["scales"], None)
    stories = pd.DataFrame({"round": [1], "question": ["explain"], "text": ["Er is meer rust."]})
    for lang in LANGUAGES:
        found[f"factsheet.{lang}"] = build_factsheet(
            made["tables"], licence="CC0", version="0.1.0", language=lang, **facts
        )
        for name, more in (("praatplaat", {}), ("praatplaat_stories", {"stories": stories})):
            drawn = build_praatplaat(
                made["tables"] | more, stops=stops, practice=None, language=lang, empty_file="e.pdf", **facts
            )
            found[f"{name}.{lang}"] = drawn["page"]
        cards = build_cards(made["tables"], unmeasured=(), language=lang, pdf_file="cards.pdf", **facts)
        found[f"cards.{lang}"] = cards["page"]
    return found


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """`page.language` -> a file."""
    folder = tmp_path_factory.mktemp("axe")
    built = {**session_pages(), **network_pages(), **acting_pages(), **sheets(), **of_answers()}
    made = {name: page for name, page in built.items() if isinstance(page, str)}
    for name, page in made.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in made}


@pytest.fixture(scope="module", params=SCHEMES)
def screen(browser, request):
    context = browser.new_context(
        color_scheme=request.param, bypass_csp=True, viewport={"width": 1000, "height": 900}
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(screen, pages, name, language):
    screen.goto(pages[f"{name}.{language}"].as_uri())
    screen.evaluate(AXE)
    assert screen.evaluate(RUN) == []
