"""The sheet of a unit that wrote back, with the longest texts and the most counts: two sides of A4, no text cut."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_browser_sheet import CONTRAST, LINES, MM, OUTSIDE, RATIO

sys.path.insert(0, str(Path(__file__).parents[1] / "reports"))
pytestmark = pytest.mark.browser
LONG = (
    "Wij spreken af dat we elke maandag een kwartier terugkijken op wat er lukte en wat we daarvan leerden, "
)
OVER = (
    """() => [...document.querySelectorAll('.box')].filter(b => b.scrollHeight > b.clientHeight + 1).length"""
)
CHART = """() => [...document.querySelectorAll('.chart text')].filter(t => { const b = t.getBBox();
  return b.x < 0 || b.x + b.width > 870 || b.y < -2 || b.y + b.height > 332; }).length"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    from invented_reports import trial
    from test_reports_told import DAYS, VALUES, WEEKS, action, said, told_of

    from dww_analysis.domain.cycle import Count
    from dww_analysis.domain.sheets import UnitSettings
    from dww_analysis.reports.documents.sheet import Sheet, SheetStudy, sheet_files

    made = trial()
    keyed = next(s for s in made["scales"] if s.measure == "continuous")
    scales = [replace(keyed, id=f"s{i}") for i in range(7)]
    low, high = keyed.score_range()
    means = np.linspace(low + 1, high - 1, 7).round(1)
    rows = pd.DataFrame(
        {
            "level": "team", "unit": "T02", "wave": 2, "scale": [s.id for s in scales], "n": 9, "mean": means,
            "conf_low": means - 0.2, "conf_high": means + 0.2, "band_low": low + 1, "band_high": low + 2,
            "verdict": "unclear", "change": "too_few", "extreme": "", "since": 0, "shown": True, "why": "",
        }
    )  # fmt: skip
    days = [*DAYS, *(d.date().isoformat() for d in pd.date_range("2025-06-02", periods=8, freq="7D"))]
    counted = tuple(
        Count("team", "T02", WEEKS, d, float(v)) for d, v in zip(days, [*VALUES, *([1250] * 8)], strict=True)
    )
    acts = [action(what=LONG * 3, action=f"a{i}", indicator=WEEKS, start=DAYS[12]) for i in range(4)]
    told = told_of(
        [said(text=LONG * 3)] * 3, acts, [said(text=LONG * 3, question=q, round=2) for q in ("judge", "judge", "act")],
        [action(what=LONG * 3, action="b", round=2)], counted,
    )  # fmt: skip
    of = SheetStudy(made["study"], scales, UnitSettings(), ("nl", "en"))
    folder = tmp_path_factory.mktemp("told")
    for name, content in sheet_files(Sheet("team", "T02", 2, 10, 12, rows, told), of).items():
        if name.endswith(".html"):
            (folder / name).write_text(str(content), encoding="utf-8")
    return folder


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_longest_words_stay_on_two_sides_and_on_every_screen(browser, pages, language):
    for options in (
        {"viewport": {"width": 390, "height": 800}},
        {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
        {"viewport": {"width": 1280, "height": 900}},
    ):
        context = browser.new_context(**options)
        page = context.new_page()
        page.goto((pages / f"sheet.{language}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), options
        assert page.evaluate(RATIO) >= CONTRAST, options
        assert page.evaluate(OUTSIDE) == 0, options
        assert page.evaluate(CHART) == 0, options
        if "color_scheme" not in options:
            pdf = page.pdf(prefer_css_page_size=True)
            assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 2
        context.close()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_was_written_fits_its_box_and_open_boxes_have_lines(browser, pages, language):
    page = browser.new_page(viewport={"width": round(174 * MM), "height": 900})
    page.goto((pages / f"sheet.{language}.html").as_uri())
    page.emulate_media(media="print")
    assert page.evaluate(OVER) == 0
    open_boxes = LINES.replace("'.box')]", "'.box')].filter(b => b.querySelector('i'))")
    assert all(high > 3.5 * MM for _, high in page.evaluate(open_boxes))
    page.close()
