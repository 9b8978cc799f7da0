"""The factsheet as readers meet it: on a phone, in the dark, and on two sides of paper."""

from __future__ import annotations

import pytest
from test_browser_report import LOW_CONTRAST, TEXT_CONTRAST

pytestmark = pytest.mark.browser

IN_SHORT = pytest.mark.parametrize(
    "name", [f"{n} in short, {lang}" for n in ("trial", "waves") for lang in ("nl", "en")]
)


@IN_SHORT
def test_on_a_phone_nothing_is_wider_than_the_screen(open_page, name):
    page = open_page(name, viewport={"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@IN_SHORT
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out(open_page, name, scheme):
    page = open_page(name, color_scheme=scheme)
    assert page.evaluate(LOW_CONTRAST, TEXT_CONTRAST) == []


@IN_SHORT
def test_it_prints_on_two_sides(open_page, name):
    printed = open_page(name).pdf(prefer_css_page_size=True, print_background=True)
    assert printed.count(b"/Type /Page\n") == 2
