"""The teaching pack on paper: a reader of four pages, six assignments, the answers, and an empty praatplaat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dww_analysis.language import Words
from dww_analysis.reports.render.html import asset, fill

LEVELS = ("mbo", "hbo", "master")
PAGES = ("why", "chance", "team", "together")  # of the reader
PARTS = 5  # paragraphs of a page
TASKS = ("sheet", "count", "action", "priorities", "dots", "leak")
STEPS = 3
BOXES = ("did", "saw", "means", "matters", "do", "unknown")


@dataclass(frozen=True)
class Found:
    """What the pipeline and the truth say about one assignment, as blanks of its answer."""

    task: str
    blanks: Mapping[str, str]


def reader(words: Words) -> str:
    """Four pages of A4."""
    pages = [
        (
            words(f"teach.reader.{page}.title"),
            [words(f"teach.reader.{page}.{n}") for n in range(1, PARTS + 1)],
        )
        for page in PAGES
    ]
    return _page(words, words("teach.reader.title"), pages=pages)


def assignments(words: Words, level: str) -> str:
    """Six assignments as a page, with the help or the extra question of a level (`teach.task.<task>.<level>`)."""
    maybe = words("priorities.tier.maybe_top3")  # as the report calls it
    tasks = [
        (
            words(f"teach.task.{task}.title"),
            words(f"teach.task.{task}.text"),
            [words(f"teach.task.{task}.step_{n}") for n in range(1, STEPS + 1)],
            words(f"teach.task.{task}.{level}", maybe=maybe),
        )
        for task in TASKS
    ]
    return _page(words, words("teach.assignments", level=words(f"teach.level.{level}")), tasks=tasks)


def answers(words: Words, found: Sequence[Found]) -> str:
    """What comes out, as the pipeline printed it, beside the truth: a page with an answer for each of `found`, whose
    blanks fill the phrase of its task."""
    said = [
        (words(f"teach.task.{one.task}.title"), words(f"teach.answer.{one.task}", **one.blanks))
        for one in found
    ]
    return _page(words, words("teach.answers"), answers=said, note=words("teach.answers_note"))


def praatplaat(words: Words) -> str:
    """An empty sheet of A3 with six boxes to write in."""
    boxes = [(words(f"teach.box.{box}"), words(f"teach.box.{box}_hint")) for box in BOXES]
    return _page(words, words("teach.praatplaat"), boxes=boxes)


def _page(words: Words, title: str, **parts: object) -> str:
    empty = {"pages": [], "tasks": [], "answers": [], "boxes": [], "note": ""}
    return fill(
        "teaching.html.j2",
        {"w": words, "lang": words.language, "title": title, "css": asset("page.css"), **empty, **parts},
    )
