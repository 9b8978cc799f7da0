"""The page of priorities: nothing beside the screen, on a phone a list in place of the matrix, headings in order."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """File name -> a page of an invented study."""
    import invented_sessions as made

    from dww_analysis.reports import Setup, build_practice_pages

    folder = tmp_path_factory.mktemp("practice")
    built = build_practice_pages(
        {"quantities": made.quantities()}, Setup(made.STUDY, made.SETTINGS, practice=made.PRACTICE)
    )
    for name, page in built.items():
        (folder / name).write_text(page, encoding="utf-8")
    return {name: folder / name for name in built}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1100])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_matrix_fits_or_is_a_list(browser, pages, language, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(pages[f"priorities.{language}.html"].as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = {name: page.locator(f".picture {name}").first.is_visible() for name in ("svg", ".when-narrow")}
    assert shown == {"svg": width > 640, ".when-narrow": width <= 640}
    headings = page.eval_on_selector_all(
        "h1, h2, h3", "found => found.map(h => [h.tagName, h.textContent.trim()])"
    )
    assert headings[0][0] == "H1" and all(text for _, text in headings)
    colours = page.eval_on_selector_all(
        ".picture text, .picture .dot", "found => [...new Set(found.map(m => getComputedStyle(m).fill))]"
    )
    ground = page.eval_on_selector("figure", "f => getComputedStyle(f).backgroundColor")
    assert colours and ground not in colours, "visible on the ground of the page"
    context.close()
