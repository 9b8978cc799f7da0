"""What the site needs besides its pages: pictures for the gallery, and a search that fetches nothing.

The pictures are the documents of the example as Chromium shows them when the site is built. The theme would load the
part that lets its search work from disk from another host; `worker.js` stands in for it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from playwright.sync_api import sync_playwright

FETCHED = re.compile(r"<script[^>]+https?://[^>]+iframe-worker[^>]*></script>")
SCREEN = {"width": 1100, "height": 800}
SIDE = {"width": 794, "height": 1123}  # A4 at 96 dots an inch
PICTURE = {"width": 1588, "height": 1123}  # A3, lying


def shots(reports: Path) -> dict[str, tuple[Path, str, dict[str, int]]]:
    """Name of each picture -> its page, the part of the address after #, and the size of the window."""
    sheet = min(
        (reports / "units").glob("team-*/sheet.nl.html"), default=reports / "units/team-*/sheet.nl.html"
    )
    return {
        "report.en": (reports / "index.html", "summary-en", SCREEN),
        "report.nl": (reports / "index.html", "summary-nl", SCREEN),
        "factsheet.nl": (reports / "factsheet.nl.html", "", SIDE),
        "praatplaat.nl": (reports / "praatplaat.nl.svg", "", PICTURE),
        "sheet.nl": (sheet, "", SIDE),
    }


def pictures(reports: Path) -> Iterator[tuple[str, bytes]]:
    """Name and PNG of every picture. Refused: a document that has not been made, or no Chromium."""
    wanted = shots(reports)
    absent = sorted(str(page) for page, _, _ in wanted.values() if not page.exists())
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if absent or chromium is None:
        raise PluginError(f"the gallery needs Chromium and {', '.join(absent)}: run `dww run example` first")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (page, fragment, size) in wanted.items():
            tab = browser.new_page(viewport=size)
            tab.goto(f"{page.as_uri()}#{fragment}")
            yield name, tab.screenshot()
        browser.close()


def on_files(files: Files, config: Any) -> Files:
    """The pictures as files of the site."""
    reports = Path(config["config_file_path"]).parent / "reports" / "example"
    for name, png in pictures(reports):
        files.append(File.generated(config, f"gallery/{name}.png", content=png))
    return files


def on_post_page(output: str, page: Any, config: Any) -> str:
    """The page without what would be fetched. Refused: anything else that would be."""
    depth = page.file.dest_uri.count("/")
    html = FETCHED.sub(f'<script src="{"../" * depth}worker.js"></script>', output)
    if left := re.findall(r"<(?:script|img|iframe|link)[^>]+(?:src|href)=.https?://[^>]+>", html):
        raise PluginError(f"{page.file.src_uri} fetches {left[0]}: a site that is opened from disk cannot")
    return html
