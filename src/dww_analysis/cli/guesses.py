"""Guesses of `dww new` that nobody has looked at yet: lines of the configuration that still bear the mark."""

from __future__ import annotations

import re

from dww_analysis.cli.paths import Paths
from dww_analysis.config import FILES

_MARKED = re.compile(r"#\s*GUESS\b:?\s*(.*)$")
_OPTION = re.compile(r"^\s{6}(\w+): (.*?)\s+#\s*GUESS:?\s*(.*)$")


def guess_lines(paths: Paths) -> list[str]:
    """For each file of the configuration how many lines are marked as guesses, with the numbers of the first; how a
    delivered file was read is written out. [] where nothing is marked."""
    lines = []
    for name in FILES:
        file = paths.config / f"{name}.yaml"
        if not file.is_file():
            continue
        text = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        marked = [i for i, line in enumerate(text, 1) if _MARKED.search(line)]
        if marked:
            shown = ", ".join(map(str, marked[:8])) + (", ..." if len(marked) > 8 else "")
            count = "1 line is a guess" if len(marked) == 1 else f"{len(marked)} lines are guesses"
            lines.append(f"{paths.shown(file)}: {count} still (# GUESS): {shown}")
        lines += _options(text, marked, paths.shown(file))
    return lines


def _options(text: list[str], marked: list[int], shown: str) -> list[str]:
    found = [(i, _OPTION.match(text[i - 1])) for i in marked]
    return [f"{shown}, line {i}: {m[1]} is {m[2]} by guess: {m[3]}" for i, m in found if m and ";" in m[3]]
