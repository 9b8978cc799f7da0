"""discussion.md: what people make of the results, in their own words, with who wrote it and when.

A head of `by:` and `date:` between two lines of `---`, then text: paragraphs apart by empty lines, `## ` before a
heading, `- ` before a point. Nothing else is markup; it is printed as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dww_analysis.config.strict import LONGEST_NAME, a_date, shorten
from dww_analysis.domain.about import MANUSCRIPT, Discussion, Passage
from dww_analysis.errors import ConfigError, Problem, raise_all
from dww_analysis.opened import note

LARGEST_BYTES = 100_000
HEAD = ("by", "date")


def discussions_in(folder: Path) -> list[str]:
    """Names of the files of discussions of a study: discussion.md, or one for each language."""
    return sorted(path.name for path in folder.glob(f"{MANUSCRIPT}*.md"))


def read_discussion(path: Path, shown_name: str) -> Discussion:
    """The discussion in a file; ConfigError with all that is wrong in its head, or when there is no text."""
    note(path)
    head, body, problems = _parted(_text(path, shown_name), shown_name)
    for name in HEAD:
        if not head.get(name):
            problems.append(
                Problem(
                    found=f"`{name}` is missing",
                    where=shown_name,
                    expected="who wrote it and when",
                    action=f"add `{name}:`",
                )
            )
    if head.get("date"):
        problems += _date_problems(head["date"], shown_name)
    passages = _passages(body)
    if not passages:
        problems.append(
            Problem(
                found="there is no text below the head",
                where=shown_name,
                expected="what people make of the results",
                action="write it",
            )
        )
    raise_all(problems, ConfigError)
    return Discussion(head["by"], head["date"], passages)


def _text(path: Path, shown_name: str) -> str:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig") if len(data) <= LARGEST_BYTES else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise ConfigError.of(
            found="the file is too large, or no text",
            where=shown_name,
            expected=f"at most {LARGEST_BYTES} bytes of UTF-8",
            action="save it as plain text in UTF-8",
        )
    return text


def _parted(text: str, shown_name: str) -> tuple[dict[str, str], str, list[Problem]]:
    """The head as names and values, the text below it, and what is wrong with the head."""
    found = re.match(r"\s*---[ \t]*\n(.*?)\n---[ \t]*(?:\n|$)(.*)", text.replace("\r\n", "\n"), flags=re.S)
    if found is None:
        problem = Problem(
            found="the file does not begin with a head",
            where=shown_name,
            expected="`by:` and `date:` between two lines of `---`",
            action="add it",
        )
        return dict.fromkeys(HEAD, ""), text, [problem]
    head: dict[str, str] = {}
    problems = []
    for line in filter(str.strip, found[1].split("\n")):
        name, mark, value = (part.strip() for part in line.partition(":"))
        if not mark or name not in HEAD or name in head:
            problems.append(
                Problem(
                    found=f"`{shorten(line, LONGEST_NAME)}` in the head",
                    where=shown_name,
                    expected="`by:` and `date:`, each once",
                    action="remove or correct it",
                )
            )
        else:
            head[name] = value.strip("\"'")
    return head, found[2], problems


def _date_problems(date: str, shown_name: str) -> list[Problem]:
    try:
        a_date(date)
    except ValueError as error:
        return [
            Problem(
                found=f"the date `{shorten(date)}`",
                where=shown_name,
                expected=str(error),
                action="correct it",
            )
        ]
    return []


def _passages(body: str) -> tuple[Passage, ...]:
    """The text in passages, a new one at every heading."""
    stretches = re.split(r"^#+[ \t]+(.+)$", body, flags=re.M)
    headed = [("", stretches[0]), *zip(stretches[1::2], stretches[2::2], strict=True)]
    return tuple(p for heading, text in headed for p in _below(heading.strip(), text))


def _below(heading: str, text: str) -> Iterator[Passage]:
    """What stands under one heading, in its order: a paragraph after points begins a passage of its own."""
    paragraphs: list[str] = []
    points: list[str] = []
    for stretch in re.split(r"\n[ \t]*\n", text):
        lines = [line.strip() for line in stretch.split("\n") if line.strip()]
        plain = " ".join(line for line in lines if not line.startswith("- "))
        if plain and points:
            yield Passage(heading, tuple(paragraphs), tuple(points))
            heading, paragraphs, points = "", [], []
        paragraphs += [plain] if plain else []
        points += [line[2:].strip() for line in lines if line.startswith("- ")]
    if paragraphs or points:
        yield Passage(heading, tuple(paragraphs), tuple(points))
