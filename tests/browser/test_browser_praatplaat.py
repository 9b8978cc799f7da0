"""The talking picture and the cards as a browser draws them: texts in their boxes, nothing wider than a telephone."""

from __future__ import annotations

import pytest
from test_browser_report import LOW_CONTRAST, TEXT_CONTRAST

pytestmark = pytest.mark.browser

LANGUAGES = ("nl", "en")
PAGES = [f"{kind}, {language}" for kind in ("picture", "cards") for language in LANGUAGES]
OUTSIDE = """
() => [...document.querySelectorAll('[data-box]')].flatMap(group => {
  const [x, y, wide, high] = group.dataset.box.split(' ').map(Number);
  return [...group.querySelectorAll('text')].filter(text => {
    const box = text.getBBox();
    return box.x < x || box.x + box.width > x + wide;
  }).map(text => text.textContent);
})
"""


@pytest.fixture(scope="session")
def reports(tmp_path_factory):
    """Paths of the pages of the invented trial, by name."""
    import invented_reports
    from from_parts import build_cards, build_praatplaat

    from dww_analysis.domain.stops import stops_of

    folder, made = tmp_path_factory.mktemp("pictures"), invented_reports.trial()
    facts = {k: made[k] for k in ("study", "plan", "scales")}
    stops = stops_of((), [e.outcome for e in made["plan"].entries], made["scales"], None)
    paths = {}
    for language in LANGUAGES:
        picture = build_praatplaat(
            made["tables"], stops=stops, practice=None, language=language, empty_file="empty.pdf", **facts
        )
        cards = build_cards(made["tables"], unmeasured=(), language=language, pdf_file="cards.pdf", **facts)
        for kind, page in (("picture", picture["page"]), ("cards", cards["page"])):
            paths[f"{kind}, {language}"] = folder / f"{kind}.{language}.html"
            paths[f"{kind}, {language}"].write_text(page, encoding="utf-8")
    return paths


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_stays_in_its_box_in_the_font_that_came_along(open_page, language):
    page = open_page(f"picture, {language}")
    page.evaluate("document.fonts.ready")
    assert page.evaluate("[...document.fonts].map(f => f.status)") == ["loaded", "loaded"]
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("name", PAGES)
def test_on_a_phone_nothing_is_wider_than_the_screen(open_page, name):
    page = open_page(name, viewport={"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out(open_page, name, scheme):
    page = open_page(name, color_scheme=scheme)
    assert page.evaluate(LOW_CONTRAST, TEXT_CONTRAST) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture_prints_on_one_side_and_the_list_behind_it(open_page, language):
    printed = open_page(f"picture, {language}").pdf(prefer_css_page_size=True, print_background=True)
    assert printed.count(b"/Type /Page\n") == 2
