"""The report as readers meet it: both languages, by keyboard, on a phone, in the dark, on paper, without scripts."""

from __future__ import annotations

import shutil
import subprocess
from itertools import product

import pytest

from dww_analysis.reports.documents.doors import DOORS
from dww_analysis.reports.render.html import asset

pytestmark = pytest.mark.browser

SAME_PLACE = 40  # pixels a place may move when the language changes
TEXT_CONTRAST, MARK_CONTRAST = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
FROM_FILE = pytest.mark.parametrize("name", ["trial", "waves", "article"])

# Contrast of every visible text with the first opaque background below it; returns what is under `least`.
LOW_CONTRAST = """least => {
  const rgb = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const light = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255;
    return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; }); return .2126 * r + .7152 * g + .0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c[3] === 1) return c; } return [255, 255, 255, 1]; };
  const low = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; n = walker.nextNode();) {
    const e = n.parentElement;
    if (!n.data.trim() || !e.checkVisibility() || ['SCRIPT', 'STYLE', 'OPTION'].includes(e.tagName)) continue;
    const style = getComputedStyle(e), svg = e.closest('svg');
    const ink = rgb(svg ? style.fill : style.color), paper = ground(svg ? svg.parentElement : e);
    const [a, b] = [light(ink), light(paper)].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < least) low.push([n.data.trim().slice(0, 40), ratio.toFixed(2)]);
  }
  return low;
}"""


def visible(page, language):
    return page.locator(f"#report-{language}").is_visible()


def research(page):
    """Open the researcher's door."""
    page.click("[data-choose=researcher]")


def top_of(page, identity):
    return page.evaluate("id => document.getElementById(id).getBoundingClientRect().top", identity)


@FROM_FILE
def test_one_language_is_shown_and_the_other_really_hidden(open_page, name):
    page = open_page(name)
    assert visible(page, "nl") and not visible(page, "en")
    assert page.evaluate("document.documentElement.lang") == "nl"
    assert page.locator("#report-en").get_attribute("hidden") is not None
    assert page.evaluate("getComputedStyle(document.getElementById('report-en')).display") == "none"


def test_the_switch_sets_language_title_and_pressed(open_page):
    page = open_page()
    page.click("[data-choose=en]")
    assert visible(page, "en") and not visible(page, "nl")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.title() == "Learning together at work"
    assert page.locator("[data-choose=en]").get_attribute("aria-pressed") == "true"
    assert page.locator("[data-choose=nl]").get_attribute("aria-pressed") == "false"


@pytest.mark.parametrize(
    "place", ["summary", "table-flow", "table-reliability", "results", "methods", "provenance"]
)
@pytest.mark.parametrize("width", [1280, 400])
def test_the_switch_keeps_the_place(open_page, place, width):
    page = open_page(viewport={"width": width, "height": 900})
    research(page)
    page.evaluate(
        "id => { document.getElementById(id).scrollIntoView(); window.scrollBy(0, 5); }", f"{place}-nl"
    )
    before = top_of(page, f"{place}-nl")
    page.click("[data-choose=en]")
    assert abs(top_of(page, f"{place}-en") - before) <= SAME_PLACE
    page.click("[data-choose=nl]")
    assert abs(top_of(page, f"{place}-nl") - before) <= SAME_PLACE


def test_the_switch_keeps_what_is_unfolded(open_page):
    page = open_page()
    research(page)
    page.locator("#measurement-nl details summary").first.click()
    page.click("[data-choose=en]")
    assert page.locator("#measurement-en details").first.get_attribute("open") is not None


def test_the_switch_takes_the_address_along(open_page):
    page = open_page(fragment="#limits-nl")
    page.click("[data-choose=en]")
    assert page.evaluate("location.hash") == "#limits-en"


def test_an_address_in_the_other_language_opens_it(open_page):
    page = open_page(fragment="#methods-en")
    assert visible(page, "en")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert -5 <= top_of(page, "methods-en") <= 120


def test_everything_works_by_keyboard(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.choose") == "lead"
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#teams-nl").is_visible() and not page.locator("#summary-nl").is_visible()
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.choose") == "en"
    page.keyboard.press("Enter")
    assert visible(page, "en")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_a_term_explains_itself_on_focus(open_page):
    page = open_page()
    research(page)
    term = page.locator("#report-nl .term").first
    term.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    shown = term.evaluate("e => getComputedStyle(e, '::after').content")
    assert len(shown) > 30
    assert page.locator("#" + term.get_attribute("aria-describedby")).count() == 1


def test_what_scrolls_can_be_reached_by_keyboard(open_page):
    page = open_page(viewport={"width": 380, "height": 800})
    research(page)
    unreachable = page.evaluate(
        """[...document.querySelectorAll('#report-nl *')]
             .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
             .filter(e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && e.tabIndex < 0)
             .map(e => e.className)"""
    )
    assert unreachable == []


@FROM_FILE
@pytest.mark.parametrize("width", [380, 768, 1280, 1900])
def test_the_page_itself_never_scrolls_sideways(open_page, name, width):
    page = open_page(name, viewport={"width": width, "height": 900})
    for language, door in product(("nl", "en"), DOORS):
        page.click(f"[data-choose={language}]")
        page.click(f"[data-choose={door}]")
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (language, door)


@FROM_FILE
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(open_page, name, scheme):
    page = open_page(name, color_scheme=scheme)
    page.locator("[data-search]").fill("95")
    for language, door in product(("nl", "en"), DOORS):
        page.click(f"[data-choose={language}]")
        page.click(f"[data-choose={door}]")
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.evaluate(LOW_CONTRAST, TEXT_CONTRAST) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_in_figures_stand_out(open_page, scheme):
    page = open_page(color_scheme=scheme)
    low = page.evaluate(
        """least => { const root = getComputedStyle(document.documentElement);
          const hex = n => { const v = root.getPropertyValue(n).trim().replace('#', '');
            return [0, 2, 4].map(i => parseInt(v.slice(i, i + 2), 16) / 255); };
          const light = c => { const [r, g, b] = c.map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
            return .2126 * r + .7152 * g + .0722 * b; };
          const paper = light(hex('--card'));
          return ['--fig-one', '--fig-two', '--ink', '--soft'].map(n => { const ink = light(hex(n));
            return [n, (Math.max(ink, paper) + .05) / (Math.min(ink, paper) + .05)]; }).filter(x => x[1] < least); }""",
        MARK_CONTRAST,
    )
    assert low == []


def test_the_theme_can_be_chosen_and_figures_follow(open_page):
    page = open_page(color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    ink = "getComputedStyle(document.querySelector('#report-nl svg text')).fill"
    before = page.evaluate(ground), page.evaluate(ink)
    page.locator("[data-language=nl] [data-theme-choice]").select_option("dark")
    assert page.evaluate(ground) != before[0] and page.evaluate(ink) != before[1]
    page.click("[data-choose=en]")
    assert page.locator("[data-language=en] [data-theme-choice]").input_value() == "dark"


def test_without_scripts_both_languages_stand_in_order(open_page):
    page = open_page(java_script_enabled=False)
    assert visible(page, "nl") and visible(page, "en")
    boxes = [page.locator(f"#report-{language}").bounding_box()["y"] for language in ("nl", "en")]
    assert boxes[0] < boxes[1]
    assert not page.locator(".bar").is_visible()


def test_paper_has_no_switch_and_no_folds(open_page):
    page = open_page()
    research(page)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert not page.locator(".bar").is_visible()
    assert not page.locator("#report-nl .contents").is_visible()
    assert page.locator("#report-nl details:not([open])").count() == 0
    assert page.locator("#table-items-nl").is_visible()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#report-nl main details[open]").count() == 0


# What is printed above a page break that may come right after it: of headings, heads of tables and their first rows.
LEFT_ALONE = """() => [...document.querySelectorAll(
    '#report-nl :is(h2, h3, h4, h5, h6, caption, thead, tbody tr:first-child)')]
  .filter(e => e.checkVisibility() && getComputedStyle(e).breakAfter !== 'avoid')
  .map(e => e.tagName + ' ' + e.textContent.slice(0, 40))"""


@pytest.mark.parametrize("name", ["trial", "article"])
def test_on_paper_no_head_stands_alone_at_the_foot(open_page, name):
    page = open_page(name)
    research(page)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(LEFT_ALONE) == []
    assert page.evaluate("document.querySelectorAll('#report-nl thead').length") > 5


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext of poppler reads the pages back")
def test_a_table_at_the_foot_of_a_page_takes_its_heading_along(browser, tmp_path):
    rows = "<tr><th scope='row'>row</th><td>1</td></tr>" * 60
    table = f"<table><thead><tr><th>HEAD</th><th>n</th></tr></thead><tbody>{rows}</tbody></table>"
    page, pdf = browser.new_page(), tmp_path / "page.pdf"
    for lines in range(30, 39):
        page.set_content(
            f"<style>{asset('page.css')}</style><main>{'<p>line</p>' * lines}<h5>TITLE</h5>"
            f"<div class='tablebox'><div class='scroll'>{table}</div></div></main>"
        )
        page.pdf(path=pdf, prefer_css_page_size=True)
        read = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True, check=True)
        words = [line.split()[0] for line in read.stdout.split("\f")[0].splitlines() if line.strip()][:-1]
        assert "TITLE" not in words or words[words.index("TITLE") :][1:4] == ["HEAD", "row", "row"], lines
    page.close()


def test_every_control_has_a_name(open_page):
    page = open_page()
    nameless = page.evaluate(
        """[...document.querySelectorAll('button, select, a, summary, [role=region], nav')]
             .filter(e => e.checkVisibility())
             .filter(e => !(e.innerText || e.getAttribute('aria-label') || e.labels?.[0]?.innerText || '').trim())
             .map(e => e.outerHTML.slice(0, 80))"""
    )
    assert nameless == []


def test_text_in_figures_stays_inside_the_figure(open_page):
    page = open_page()
    research(page)
    for language in ("nl", "en"):
        page.click(f"[data-choose={language}]")
        outside = page.evaluate(
            """[...document.querySelectorAll('svg')].filter(s => s.checkVisibility()).flatMap(s => {
                 const box = s.getBoundingClientRect();
                 return [...s.querySelectorAll('text')].filter(t => { const b = t.getBoundingClientRect();
                   return b.left < box.left - 1 || b.right > box.right + 1
                     || b.top < box.top - 1 || b.bottom > box.bottom + 1;
                 }).map(t => t.textContent); })"""
        )
        assert outside == []


def test_text_in_figures_does_not_overlap(open_page):
    page = open_page()
    research(page)
    for language in ("nl", "en"):
        page.click(f"[data-choose={language}]")
        overlaps = page.evaluate(
            """[...document.querySelectorAll('svg')].filter(s => s.checkVisibility()).flatMap(s => {
                 const boxes = [...s.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
                 const found = [];
                 boxes.forEach(([a, p], i) => boxes.slice(i + 1).forEach(([b, q]) => {
                   const w = Math.min(p.right, q.right) - Math.max(p.left, q.left);
                   const h = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
                   if (w > 3 && h > 6) found.push([a, b]); }));
                 return found; })"""
        )
        assert overlaps == []
