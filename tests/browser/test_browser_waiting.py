"""Tests wait for a page in the one way that its policy allows."""

from pathlib import Path

import pytest
from waiting import wait_until

pytestmark = pytest.mark.browser
FOLDER = Path(__file__).parent


def test_waiting_works_where_the_page_forbids_evaluation(open_page):
    page = open_page("article")
    page.evaluate("() => { setTimeout(() => { window.later = true; }, 300); }")
    wait_until(page, "window.later === true")
    with pytest.raises(AssertionError, match="not true within"):
        wait_until(page, "window.never === true", seconds=0.1)


def test_no_test_waits_in_another_way():
    asked = "wait_for_" + "function("
    assert [
        path.name for path in sorted(FOLDER.glob("*.py")) if asked in path.read_text(encoding="utf-8")
    ] == []
