"""JSON lines, one object a line, as applications export their events: all bad lines of a file in one error."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dww_analysis.errors import Problem, SourceError, raise_all
from dww_analysis.storage.text import decode

_SHOWN = 10


@dataclass(frozen=True)
class JsonLines:
    """`objects`: the objects of a file. `lines`: the line of each. `broken`: lines that were left out by rule."""

    objects: tuple[dict[str, Any], ...]
    lines: tuple[int, ...]
    broken: tuple[int, ...] = ()


def read_json_lines(
    path: str | Path, *, encoding: str | None = None, broken: Literal["stop", "drop"] = "stop"
) -> JsonLines:
    """The objects of a file of JSON lines and the line of each. Blank lines count but hold nothing.

    A file that is one JSON list, or an object with a list `statements` (as learning record stores answer), is read
    as well. Lines that are no JSON objects raise one `SourceError` that lists them; with broken="drop" they are left
    out and returned.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError.of(
            "the file is not there", path.name, "a file of JSON lines", "check the name"
        ) from error
    text, _ = decode(raw, path.name, encoding)
    if not text.strip():
        raise SourceError.of("the file is empty", path.name, "one JSON object a line", "deliver it again")
    whole = _whole_list(text)
    if whole is not None:
        return JsonLines(tuple(whole), (1,) * len(whole))
    objects, lines, bad = [], [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        value = _parsed(line)
        if isinstance(value, dict):
            objects.append(value)
            lines.append(number)
        else:
            bad.append(number)
    if broken == "stop" or not objects:
        raise_all(_problems(bad, path.name), SourceError)
    return JsonLines(tuple(objects), tuple(lines), tuple(bad))


def _whole_list(text: str) -> list[dict[str, Any]] | None:
    """The objects of a file that is one JSON value and not one object a line."""
    if text.lstrip()[0] not in "[{":
        return None
    value = _parsed(text)
    if isinstance(value, dict):
        value = value.get("statements")
    return value if isinstance(value, list) and all(isinstance(v, dict) for v in value) else None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _problems(bad: list[int], where: str) -> list[Problem]:
    problems = [
        Problem("no JSON object", f"{where}, line {n}", "one JSON object a line", "export the events again")
        for n in bad[:_SHOWN]
    ]
    if len(bad) > _SHOWN:
        problems.append(
            Problem(
                f"{len(bad) - _SHOWN} more lines without a JSON object", where, "one a line", "export again"
            )
        )
    return problems
