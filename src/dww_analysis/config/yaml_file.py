"""One YAML file as plain values together with the line every value came from.

Refuses what a configuration never needs and what can only be a mistake or an attack: duplicate keys, anchors and
aliases (a few lines of which can grow to gigabytes), files over one megabyte, lists in lists in lists without end.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from yaml.composer import Composer

from dww_analysis.errors import ConfigError
from dww_analysis.opened import note

LARGEST_FILE_BYTES = 1_000_000
_HALF = re.compile("[\ud800-\udfff]")
DEEPEST = 40  # levels of lists and mappings inside each other
Location = tuple[str | int, ...]


@dataclass(frozen=True)
class YamlFile:
    """The values of a file and, per location in them, the line (1-based) where it starts."""

    path: Path
    shown_name: str
    values: Any
    lines: dict[Location, int]

    def where(self, location: Location) -> str:
        """File and line of a location (`("sources", 0, "columns")`), or of the nearest enclosing one that exists; the
        file alone where none does."""
        for end in range(len(location), -1, -1):
            if location[:end] in self.lines:
                return f"{self.shown_name}, line {self.lines[location[:end]]}"
        return self.shown_name


class _Strict(yaml.SafeLoader if TYPE_CHECKING else object):  # type: ignore[misc]
    """What is refused beyond what is no YAML: aliases, duplicate keys, lists in lists without end."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="an alias (*name)", problem_mark=mark)
        if self.depth >= DEEPEST:
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem=f"more than {DEEPEST} levels", problem_mark=mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="a key that is a list or mapping", problem_mark=key_node.start_mark
                )
            if key_node.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key_node.value!r} twice", problem_mark=key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


# A date stays the text it is: the pipeline compares and prints it, and never computes with it.
_RESOLVERS = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class _Loader(_Strict, yaml.SafeLoader):
    """The safe loader; numbers like 0123 and dates stay as written. It says best what is wrong."""

    yaml_implicit_resolvers = _RESOLVERS


_Quick: Any = _Loader
if hasattr(yaml, "CSafeLoader"):

    class _Quick(_Strict, Composer, yaml.CSafeLoader):  # type: ignore[no-redef]
        """The same, with the text cut up by libyaml: a quarter of the time. It lets some pass that the other refuses,
        such as a tab before a key, so that it reads only what a program wrote."""

        yaml_implicit_resolvers = _RESOLVERS

        def __init__(self, text: str):
            yaml.CSafeLoader.__init__(self, text)
            Composer.__init__(self)


def read_yaml(path: Path, shown_name: str, by_hand: bool = True) -> YamlFile:
    """The values and lines of one file; messages call it `shown_name` (relative to the root). by_hand: a person wrote
    it, not a program."""
    note(path)
    text = text_of(path, shown_name)
    try:
        values, lines = _parsed(text, by_hand)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a number of thousands of digits
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else _line_of(error, text)
        problem = getattr(error, "problem", None) or str(error).split("\n")[0]
        raise ConfigError.of(
            found=f"cannot be read as YAML: {problem}",
            where=f"{shown_name}, line {line}",
            expected="plain YAML without anchors, aliases or keys that occur twice",
            action=_action(text, line),
        ) from error
    return YamlFile(path, shown_name, deepcopy(values), lines)


@lru_cache(maxsize=64)
def _parsed(text: str, by_hand: bool = True) -> tuple[Any, dict[Location, int]]:
    """Values and lines of a text; not to be changed, as they are remembered."""
    if not by_hand:
        with suppress(yaml.YAMLError, ValueError):  # what is wrong is said below
            return _parsed_by(_Quick(text))
    return _parsed_by(_Loader(text))


def _parsed_by(loader: Any) -> tuple[Any, dict[Location, int]]:
    node = loader.get_single_node()
    if node is None:
        return None, {}
    lines: dict[Location, int] = {}
    _collect_lines(node, (), lines)
    return loader.construct_document(node), lines


def _action(text: str, line: int) -> str:
    """What to do about a line: a text with a mark of YAML in it inside { } or [ ] needs quotes."""
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    inside = re.search(r"[{\[](.*)", written)
    if inside and re.search(r"[^\s{\[,:\"'][^\"']*[?:][\s,}\]]", inside[1]):
        return 'put texts with ? or : inside { } in quotes, such as {nl: "Verandert dit?", en: "Does it change?"}'
    return "correct that line; indentation and a space after each colon are the usual causes"


def _line_of(error: Exception, text: str) -> int:
    """The line of a character that YAML does not admit; 1 when that is not known."""
    position = getattr(error, "position", None)
    return text.count("\n", 0, position) + 1 if isinstance(position, int) else 1


def text_of(path: Path, shown_name: str) -> str:
    """What a file of text says; ConfigError for one that is not there, is too large or is not UTF-8."""
    if not path.is_file():
        raise ConfigError.of(
            found="the file is not there",
            where=shown_name,
            expected="study, sources, scales, plan and reports .yaml in the study folder",
            action="make it by hand or with `dww new STUDY FILE...`",
        )
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise ConfigError.of(
            found="the file is larger than one megabyte",
            where=shown_name,
            expected="a configuration of at most a few thousand lines",
            action="check that this is the right file",
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError.of(
            found="the file is not UTF-8 text",
            where=shown_name,
            expected="UTF-8 text",
            action="save the file as UTF-8 in your editor",
        ) from error


def _collect_lines(node: yaml.Node, location: Location, lines: dict[Location, int]) -> None:
    lines[location] = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode) and _HALF.search(node.value):
        raise yaml.MarkedYAMLError(
            problem="half a character (a lone surrogate)", problem_mark=node.start_mark
        )
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or _HALF.search(key.value):
                raise yaml.MarkedYAMLError(problem="a key that is no plain text", problem_mark=key.start_mark)
            _collect_lines(value, (*location, str(key.value)), lines)
            lines[(*location, str(key.value))] = key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _collect_lines(value, (*location, index), lines)
