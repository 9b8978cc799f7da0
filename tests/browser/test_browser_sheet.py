"""The sheet of a unit in Chromium: on a telephone, in the dark, in grey on two sides of A4, text inside its box."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.browser
LONG = {
    "nl": "Ervaren mogelijkheden om zelf te bepalen wat ik leer",
    "en": "Felt possibility to decide what one learns",
}
CONTRAST = 4.5

RATIO = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = c => { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const part = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = rgb(c).map(part);
    return .2126 * r + .7152 * g + .0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (c !== 'rgba(0, 0, 0, 0)') return c; } return 'white'; };
  return Math.min(...[...document.querySelectorAll('h1,h2,h3,p,li,footer,text')].map(e => {
    const s = getComputedStyle(e), a = light(e.tagName === 'text' ? s.fill : s.color), b = light(ground(e));
    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05); }));
}"""
OUTSIDE = """() => [...document.querySelectorAll('g[data-box]')].filter(g => {
  const [x, y, w, h] = g.dataset.box.split(' ').map(Number), t = g.querySelector('text').getBBox();
  return t.x < x - .5 || t.x + t.width > x + w + .5 || t.y < y - 8 || t.y + t.height > y + h + 12
    || x < 0 || x + w > g.ownerSVGElement.viewBox.baseVal.width; }).length"""
CUT = """() => [...document.querySelectorAll('.row > *, .row h3, .row p')]
  .filter(e => e.scrollWidth > e.clientWidth + 1).length"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A sheet with every verdict and the longest labels, in both languages."""
    from invented_reports import trial

    from dww_analysis.domain.sheets import UnitSettings
    from dww_analysis.reports.documents.sheet import Sheet, SheetStudy, sheet_files

    made, first = trial(), None
    keyed = next(s for s in made["scales"] if s.measure == "continuous")
    scales = [replace(keyed, id=f"s{i}", label=LONG) for i in range(7)]
    verdicts = ("above", "below", "as_others", "unclear", "unclear", "as_others", "above")
    low, high = keyed.score_range()
    means = np.linspace(low, high, 7).round(1)
    rows = pd.DataFrame(
        {
            "level": "team", "unit": "T02", "wave": 2, "scale": [s.id for s in scales], "n": 9, "mean": means,
            "conf_low": means - 0.2, "conf_high": means + 0.2, "band_low": low + 1, "band_high": low + 2,
            "verdict": verdicts, "change": ("up", "same", "down", "unclear", "too_few", "too_few", "too_few"),
            "extreme": "", "since": 0, "shown": [True] * 6 + [False], "why": [""] * 6 + ["follows"],
        }
    )  # fmt: skip
    first = Sheet("team", "T02", 2, 10, 12, rows)
    files = sheet_files(first, SheetStudy(made["study"], scales, UnitSettings(), ("nl", "en")))
    folder = tmp_path_factory.mktemp("sheet")
    for name, content in files.items():
        if name.endswith(".html"):
            (folder / name).write_text(str(content), encoding="utf-8")
    return folder


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_sheet_on_every_screen_and_on_two_sides_of_paper(browser, pages, language):
    for options in (
        {"viewport": {"width": 390, "height": 800}},
        {"viewport": {"width": 1280, "height": 900}},
        {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    ):
        context = browser.new_context(**options)
        page, fetched = context.new_page(), []
        page.on("request", lambda r, seen=fetched: seen.append(r.url))
        page.goto((pages / f"sheet.{language}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), options
        assert page.evaluate(RATIO) >= CONTRAST, options
        assert page.evaluate(OUTSIDE) == 0, options
        assert page.evaluate(CUT) == 0, options
        assert len(fetched) == 1, "nothing else is loaded"
        if "color_scheme" not in options:
            pdf = page.pdf(prefer_css_page_size=True)
            assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 2
            page.emulate_media(media="print")
            assert page.evaluate(RATIO) >= CONTRAST
        context.close()


LINES = """() => [...document.querySelectorAll('.box')].map(box => {
  const lines = [...box.querySelectorAll('i')].map(line => line.getBoundingClientRect());
  return [box.getBoundingClientRect().bottom - lines.at(-1).bottom, Math.min(...lines.map(l => l.height))]; })"""
MM = 96 / 25.4


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_lines_to_write_on_stand_inside_their_box(browser, pages, language):
    page = browser.new_page(viewport={"width": round(174 * MM), "height": 900})
    page.goto((pages / f"sheet.{language}.html").as_uri())
    page.emulate_media(media="print")
    found = page.evaluate(LINES)
    page.close()
    assert len(found) == 4
    assert all(below > 2 * MM and high > 6 * MM for below, high in found), found
