"""Pages of learning networks on a screen and on a telephone: nothing beside it, headings in order, words readable."""

from itertools import pairwise

import pytest

pytestmark = pytest.mark.browser
CONTRAST = """(selector) => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number)
  const linear = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
  const light = (c) => c.slice(0, 3).map((v) => linear(v / 255))
  const level = (c) => { const [r, g, b] = light(c); return 0.2126 * r + 0.7152 * g + 0.0722 * b }
  const behind = (el) => { for (; el; el = el.parentElement) { const c = parts(getComputedStyle(el).backgroundColor)
    if (c.length < 4 || c[3] > 0) return c } return [255, 255, 255] }
  return [...document.querySelectorAll(selector)].map((el) => {
    const [a, b] = [level(parts(getComputedStyle(el).color)), level(behind(el))].sort((x, y) => y - x)
    return (a + 0.05) / (b + 0.05)
  })
}"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Name -> the page of invented networks, as a file."""
    import invented_networks as made

    from dww_analysis.reports import NetworkStudy, build_network_pages

    folder = tmp_path_factory.mktemp("networks")
    of = NetworkStudy(made.table(), made.PRACTICE, made.CHECKLISTS, made.STUDY)
    found = {}
    for name, page in build_network_pages(of, made.SETTINGS).items():
        if isinstance(page, str):
            found[name] = folder / name.replace("/", "-")
            found[name].write_text(page, encoding="utf-8")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize(
    "name", ["zuid/page.nl.html", "noord/page.en.html", "index.nl.html", "intake.en.html"]
)
def test_nothing_stands_beside_the_screen_and_all_can_be_read(browser, pages, name, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(pages[name].as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    levels = page.eval_on_selector_all("h1, h2, h3", "found => found.map(h => Number(h.tagName[1]))")
    assert levels[0] == 1 and all(b - a <= 1 for a, b in pairwise(levels))
    assert min(page.evaluate(CONTRAST, "p, li, dt, dd:not([aria-hidden]), th, td, h1, h2, h3")) >= 4.5
    inside = page.evaluate(
        """() => [...document.querySelectorAll('.track > *')].every((el) => {
          const [a, b] = [el.getBoundingClientRect(), el.parentElement.getBoundingClientRect()]
          return a.left >= b.left - 8 && a.right <= b.right + 8 && b.width > 60 })"""
    )
    assert inside, "every dot and bar is on its line"
    context.close()
