"""Doors, search and the address as readers meet them: by mouse, by keyboard, on a phone, on paper."""

from __future__ import annotations

import pytest
from waiting import wait_until

from dww_analysis.reports.documents.doors import DOORS

pytestmark = pytest.mark.browser

NARROW = {"width": 390, "height": 844}
SHOWN = """[...document.querySelectorAll('#report-nl main > section')].filter(s => s.checkVisibility())
             .map(s => s.id.slice(0, -3))"""


def address(page):
    return page.evaluate("decodeURIComponent(location.hash)")


def test_the_page_opens_for_who_decides_and_each_door_shows_its_own(open_page):
    page = open_page("article")
    assert page.evaluate(SHOWN)[0] == "summary" and page.locator("#summary-nl .lead").is_visible()
    seen = {}
    for door in DOORS:
        page.click(f"[data-choose={door}]")
        assert page.locator(f"[data-choose={door}]").get_attribute("aria-pressed") == "true"
        seen[door] = page.evaluate(SHOWN)
        links = page.evaluate("[...document.querySelectorAll('#report-nl .contents > details > ol > li')]"
                              ".filter(e => e.checkVisibility()).length")  # fmt: skip
        assert links == len(seen[door])
    assert seen["researcher"][0] == "abstract" and "results" in seen["researcher"]
    assert "teams" in seen["teams"] and "summary" not in seen["teams"]


def test_the_address_says_door_language_theme_and_search_and_brings_them_back(open_page):
    page = open_page("article")
    assert address(page) == ""
    page.click("[data-choose=researcher]")
    page.click("[data-choose=en]")
    page.locator("[data-language=en] [data-theme-choice]").select_option("dark")
    page.locator("[data-search]").fill("burn")
    found = address(page)
    for part in ("door=researcher", "language=en", "theme=dark", "search=burn"):
        assert part in found
    again = open_page("article", fragment=page.evaluate("location.hash"))
    assert again.locator("#report-en").is_visible() and again.locator("#abstract-en").is_visible()
    assert again.evaluate("document.documentElement.dataset.theme") == "dark"
    assert again.locator("#hits-en").is_visible() and address(again) == found


def test_a_place_opens_its_door_and_unfolds_it(open_page):
    page = open_page("article", fragment="#items-en")
    assert (
        page.locator("#items-en").is_visible() and page.locator("#items-en").get_attribute("open") is not None
    )
    assert page.locator("[data-choose=researcher]").get_attribute("aria-pressed") == "true"
    assert address(page) == "#items-en"


def test_a_link_of_the_contents_keeps_the_rest_of_the_address(open_page):
    page = open_page("article", fragment="#door=analyst&theme=light")
    page.locator("#report-nl .contents a[href='#measurement-nl']").click()
    wait_until(page, "location.hash.includes('theme')")
    assert address(page) == "#measurement-nl&door=analyst&theme=light"
    assert page.locator("[data-choose=analyst]").get_attribute("aria-pressed") == "true"


def test_an_address_nobody_wrote_is_no_error(open_page):
    page = open_page("article", fragment="#nowhere&door=nobody&language=xx&search=%E0%A4%A&theme=loud&=&x")
    assert page.locator("#summary-nl").is_visible() and address(page) == ""


def test_search_finds_what_stands_behind_other_doors_by_keyboard(open_page):
    page = open_page("article")
    page.keyboard.press("/")
    page.keyboard.type("veiligheid")
    hits = page.locator("#hits-nl button")
    assert hits.count() > 3 and str(hits.count()) in page.locator("#hits-nl [role=status]").inner_text()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('.hits') !== null")
    last = hits.last
    last.focus()
    page.keyboard.press("Enter")
    focused = page.evaluate("document.activeElement.textContent.toLowerCase()")
    assert "veiligheid" in focused
    box = page.evaluate("document.activeElement.getBoundingClientRect().top")
    assert 0 < box < 400
    page.locator("[data-search]").press("Escape")
    assert not page.locator("#hits-nl").is_visible() and "search=" not in address(page)


def test_search_reads_words_with_and_without_accents_and_says_when_there_is_nothing(open_page):
    page = open_page("article")
    field = page.locator("[data-search]")
    field.fill("ZZZZ")
    assert page.locator("#hits-nl [role=status]").inner_text() == "Niets gevonden."
    field.fill("één")
    with_accent = page.locator("#hits-nl button").count()
    field.fill("een")
    assert page.locator("#hits-nl button").count() >= with_accent > 0


@pytest.mark.parametrize("door", DOORS)
def test_what_scrolls_sideways_says_so_while_there_is_more(open_page, door):
    page = open_page("article", viewport=NARROW)
    page.click(f"[data-choose={door}]")
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.evaluate("window.dispatchEvent(new Event('resize'))")
    wrong = page.evaluate(
        """[...document.querySelectorAll('#report-nl *')].filter(e => e.checkVisibility()
              && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 2)
            .filter(e => e.getAttribute('role') !== 'region' || e.tabIndex !== 0 || !e.getAttribute('aria-label')
              || !e.nextElementSibling.matches('.scroll-cue') || !e.nextElementSibling.checkVisibility())
            .map(e => e.outerHTML.slice(0, 90))"""
    )
    assert wrong == []
    regions = page.locator("#report-nl .scroll:visible")
    if regions.count():
        wide = page.evaluate_handle("[...document.querySelectorAll('#report-nl .scroll')].find(e => e.checkVisibility()"
                                    " && e.scrollWidth > e.clientWidth + 2) || null")  # fmt: skip
        if wide.evaluate("e => e !== null"):
            wide.evaluate("e => { e.scrollLeft = e.scrollWidth; }")
            wait_until(page, "e => e.nextElementSibling.hidden", wide)


def test_the_bar_leaves_room_on_a_phone(open_page):
    page = open_page("article", viewport=NARROW)
    assert page.locator(".bar").bounding_box()["height"] < 110
    for choice in (*DOORS, "nl", "en"):
        box = page.locator(f"[data-choose={choice}]").bounding_box()
        assert box["height"] >= 24 and box["x"] >= 0 and box["x"] + box["width"] <= NARROW["width"]


def test_paper_holds_the_open_door_alone_with_nothing_folded(open_page):
    page = open_page("article", fragment="#door=researcher&search=veiligheid")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#items-nl table").first.is_visible() and not page.locator("#summary-nl").is_visible()
    assert not page.locator("#hits-nl").is_visible() and not page.locator(".scroll-cue").first.is_visible()
    assert page.locator("#items-nl > summary").is_visible()


CAUGHT = """() => { window.caught = []; navigator.clipboard.write = async items => {
    for (const type of ['text/plain', 'text/html']) {
      window.caught.push(await (await items[0].getType(type)).text()); } }; }"""


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_table_can_be_copied_with_where_it_comes_from(open_page, language):
    page = open_page("article", fragment=f"#results-{language}")
    page.evaluate(CAUGHT)
    box = page.locator(f"#table-results-{language}")
    button = box.locator("button.copy")
    word = button.inner_text()
    button.click()
    wait_until(page, "window.caught.length === 2")
    text, markup = page.evaluate("window.caught")
    lines = text.split("\n")
    assert lines[0] == box.locator("caption").inner_text()
    cells = [line.split("\t") for line in lines[1:-2]]
    shown = box.locator("tr").evaluate_all("rows => rows.map(r => r.cells.length)")
    assert [len(row) for row in cells] == shown and len(set(shown)) == 1
    assert not any(c in text for c in "\u2212\u2007\u2008")
    assert "invented" in lines[-2] and "results" in lines[-2] and "0.1.0" in lines[-2]
    assert "learning" in lines[-1] and "burnout" in lines[-1]
    assert markup.startswith("<table>") and lines[-1] in markup
    assert button.inner_text() != word


def test_copying_works_without_the_clipboard_of_the_browser_and_starts_no_formula(open_page):
    page = open_page("article", fragment="#results-nl")
    page.evaluate(
        """() => { delete window.ClipboardItem; window.text = '';
          document.addEventListener('copy', () => { window.text = document.activeElement.value; });
          const cells = document.querySelectorAll('#table-results-nl tbody tr:nth-child(2) > *');
          cells[0].textContent = '=1+1'; cells[1].textContent = '\u22120,24'; cells[2].textContent = '-cmd'; }"""
    )
    page.locator("#table-results-nl button.copy").click()
    row = page.evaluate("window.text").split("\n")[3].split("\t")
    assert row[:3] == ["'=1+1", "-0,24", "'-cmd"]
    assert page.locator("#table-results-nl textarea").count() == 0
