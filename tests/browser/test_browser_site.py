"""The documents as a site: what lets its search work where it is opened from disk."""

from pathlib import Path

import pytest
from waiting import wait_until

pytestmark = pytest.mark.browser
STAND_IN = Path(__file__).parents[2] / "docs" / "worker.js"


def test_a_page_from_disk_has_a_worker_that_answers_and_can_load_more(browser, tmp_path):
    (tmp_path / "more.js").write_text("self.factor = 2;", encoding="utf-8")
    (tmp_path / "double.js").write_text(
        "const ready = importScripts('more.js');"
        "addEventListener('message', async ({ data }) => { await ready; postMessage(data * self.factor); });",
        encoding="utf-8",
    )
    (tmp_path / "page.html").write_text(
        f"<!doctype html><title>-</title><body><script>{STAND_IN.read_text(encoding='utf-8')}</script><script>"
        "const worker = new Worker('double.js'); worker.onmessage = ({ data }) => { document.title = data; };"
        "worker.postMessage(21);</script>",
        encoding="utf-8",
    )
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    wait_until(page, "document.title === '42'")
    page.close()
