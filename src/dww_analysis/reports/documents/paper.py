"""Documents as PDF: the words and numbers of a page, as its template gets them, handed to a layout on paper.

A page and its PDF are made from one and the same set of words, so neither can say what the other does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from dww_analysis.domain.study import Study
from dww_analysis.language import Words
from dww_analysis.reports.render.content import blocks_content
from dww_analysis.reports.render.typst import Paper, compile_pdf

Said = Mapping[str, Any]  # what a template shows
SHEET_WORDS = ("good_heading", "rows_heading", "not_heading", "back_heading", "back_intro", "share")
COUNT_WORDS = ("date", "value")  # of the counts that a unit wrote back
FACTSHEET_WORDS = ("minute", "big", "mind", "now")


def sheet_pdf(said: Said, study: Study) -> bytes:
    """The sheet of a unit on two sides of A4. said: what its page shows, of which `rows`, `told` and the words are
    set out for paper."""
    words: Words = said["w"]
    rows = [{**row, "alt": _alt(row, words)} for row in said["rows"]]
    counted = said.get("told") is not None and said["told"].chart is not None
    content = {
        **_plain(said),
        "rows": rows,
        "words": _words(words, "sheet", SHEET_WORDS)
        | (_words(words, "cycle.chart", COUNT_WORDS) if counted else {}),
        "questions": _questions(said, words),
    }
    return compile_pdf("sheet", content, Paper(said["title"], said["lang"], study.delivered))


def _alt(row: Said, words: Words) -> str:
    """The picture of a row in words."""
    return words("sheet.picture", number=row["number"], range=row["range"]) if row.get("picture") else ""


def factsheet_pdf(said: Said, study: Study) -> bytes:
    """The factsheet on two sides of A4. said: what its page shows (`factsheet_said`)."""
    words: Words = said["w"]
    content = {
        **_plain(said),
        "title": [text for _, text in said["title"]],
        "words": _words(words, "factsheet", FACTSHEET_WORDS),
        "questions": _questions(said, words),
    }
    title = f"{words('factsheet.name')}: {said['study']}"
    return compile_pdf("factsheet", content, Paper(title, said["lang"], study.delivered))


def session_pdf(said: Said, study: Study) -> bytes:
    """The factsheet of a session on as many sides as its tables need. said: what its page shows, with its `blocks`."""
    words: Words = said["w"]
    content = {
        **_plain(said),
        "blocks": blocks_content(said["blocks"], words),
        "words": _words(words, "priorities", ("reading",)),
    }
    title = f"{said['title']} – {said['study']}"
    return compile_pdf("session", content, Paper(title, said["lang"], study.delivered))


def _plain(said: Said) -> dict[str, Any]:
    """What a layout can read."""
    return {
        key: asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
        for key, value in said.items()
        if key not in ("w", "css")
    }


def _words(words: Words, part: str, names: Iterable[str]) -> dict[str, str]:
    return {name: words(f"{part}.{name}") for name in names}


def _questions(said: Said, words: Words) -> list[dict[str, str]]:
    return [
        {"id": question}
        | {part: words(f"sensemaking.{question}.{part}") for part in ("name", "question", "hint")}
        for question in said["questions"]
    ]
