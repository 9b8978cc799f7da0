"""The factsheet of a session on paper: two sides of A4 with the longest names, nothing beside the paper."""

import re

import pytest

pytestmark = pytest.mark.browser
WIDTH = 688  # of A4 without its margins, in pixels


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Language -> the page of an invented session, as a file."""
    import invented_sessions as made

    from dww_analysis.reports import Setup, build_session_pages

    folder = tmp_path_factory.mktemp("sessions")
    built = build_session_pages(made.quantities(), Setup(made.STUDY, made.SETTINGS, practice=made.PRACTICE))
    found = {}
    for name, page in built.items():
        if not isinstance(page, str):
            continue
        path = folder / name.replace("/", "-")
        path.write_text(page, encoding="utf-8")
        found[name.split(".")[1]] = path
    return found


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_factsheet_fits_two_sides(browser, pages, language):
    context = browser.new_context(viewport={"width": WIDTH, "height": 1000})
    page = context.new_page()
    page.goto(pages[language].as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH
    sides = len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))
    assert sides <= 2
    levels = page.eval_on_selector_all("h1, h2, h3", "found => found.map(h => h.tagName)")
    assert levels[0] == "H1" and set(levels[1:]) == {"H2"}
    context.close()
