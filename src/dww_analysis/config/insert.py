"""Entries added to a list of a YAML file as text, so that comments, order and spelling of the rest stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from dww_analysis.errors import ConfigError


def append_entries(text: str, key: str, lines: Sequence[str], where: str) -> str:
    """`text` with the entries `lines` (indented by two, each beginning with "  - ") behind the last one of `key`.

    Refuses a list that is written inside [ ], or that is not there. `where` names the file in messages.
    """
    if not lines:
        return text
    node = _value(text, key)
    if not isinstance(node, yaml.SequenceNode) or node.flow_style or not node.value:
        raise ConfigError.of(
            found=f"`{key}` is no list with an entry a line",
            where=where,
            expected=f"`{key}:` with entries that begin with a dash",
            action="write each entry on lines of its own, or add the new one by hand",
        )
    indent = node.start_mark.column - 2
    moved = [
        (" " * indent + line if indent >= 0 else line[-indent:]) if line.strip() else line for line in lines
    ]
    return _with_lines(text, _after(text, node), moved)


def append_keys(text: str, key: str, lines: Sequence[str]) -> str:
    """`text` with entries (indented by two) behind those of the mapping `key`, which is put in front when absent."""
    if not lines:
        return text
    node = _value(text, key)
    if node is None:
        return "\n".join([f"{key}:", *lines, text])
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        raise ConfigError.of(
            found=f"`{key}` has no entry a line",
            where=key,
            expected=f"`{key}:` with a name a line",
            action="write each name on lines of its own",
        )
    indent = node.start_mark.column - 2
    return _with_lines(text, _after(text, node), [" " * indent + line for line in lines])


def replace_line(text: str, key: str, lines: Sequence[str]) -> str:
    """`text` with the line of the key `key`, which has a plain value, replaced by `lines`."""
    node = _value(text, key)
    assert isinstance(node, yaml.ScalarNode)
    rows = text.splitlines()
    return "\n".join([*rows[: node.start_mark.line], *lines, *rows[node.end_mark.line + 1 :], ""])


def _value(text: str, key: str) -> yaml.Node | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return None
    return next((value for name, value in root.value if name.value == key), None)


def _after(text: str, node: yaml.Node) -> int:
    """The number of lines up to the end of a block, with the comments that are indented as its content is."""
    rows = text.splitlines()
    end = _last_line(node) + 1
    while end < len(rows) and rows[end].startswith(" ") and rows[end].lstrip().startswith("#"):
        end += 1
    return end


def _last_line(node: yaml.Node) -> int:
    if isinstance(node, yaml.ScalarNode) or getattr(node, "flow_style", False) or not node.value:
        block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        return int(node.end_mark.line) - (1 if block else 0)
    last = node.value[-1]
    return _last_line(last[1] if isinstance(last, tuple) else last)


def _with_lines(text: str, at: int, lines: Sequence[str]) -> str:
    rows = text.splitlines()
    return "\n".join([*rows[:at], *lines, *rows[at:], ""])
