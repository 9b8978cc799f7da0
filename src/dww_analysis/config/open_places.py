"""Places of a configuration that are left open: a value that begins with "?" waits for somebody who knows.

`dww new` writes them where a file does not say what is needed. Until they are filled in nothing runs, and `dww check`
says each in words: one line for the words of one set, or for one value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dww_analysis.config.yaml_file import Location, YamlFile
from dww_analysis.domain.written import OPEN, is_open
from dww_analysis.errors import Problem

MOST_SHOWN = 12  # words of a set that a message shows


def open_problems(file: YamlFile) -> list[Problem]:
    """One Problem for each value that is open (`?`); those of one mapping, such as the words of a set, together. []
    where nothing is."""
    return list(_walk(file.values, (), file))


def _walk(value: Any, location: Location, file: YamlFile) -> Iterator[Problem]:
    if is_open(value, location):
        yield _problem([value.removeprefix(OPEN).strip()], location, file)
    elif isinstance(value, dict):
        bare = [
            str(key) for key, v in value.items() if is_open(v, (*location, str(key))) and v.strip() == OPEN
        ]
        if bare:
            yield _set_problem(bare, location, file)
        for key, inner in value.items():
            if str(key) not in bare:
                yield from _walk(inner, (*location, str(key)), file)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, (*location, index), file)


def _problem(said: list[str], location: Location, file: YamlFile) -> Problem:
    name = ".".join(str(part) for part in location)
    words = f": {said[0]}" if said[0] else ""
    return Problem(
        found=f"`{name}` is open{words}",
        where=file.where(location),
        expected="a value",
        action="write it in the place of the ?",
    )


def _set_problem(keys: list[str], location: Location, file: YamlFile) -> Problem:
    name = ".".join(str(part) for part in location)
    shown = ", ".join(repr(key[:80]) for key in keys[:MOST_SHOWN])
    more = f" and {len(keys) - MOST_SHOWN} more" if len(keys) > MOST_SHOWN else ""
    return Problem(
        found=f"`{name}` is open for {shown}{more}",
        where=file.where(location),
        expected="a value for each: the number of an answer, or the name it stands for",
        action="write it in the place of each ?",
    )
