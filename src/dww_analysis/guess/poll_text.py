"""`wide` and `several` of a source as text: the map of an export of a poll tool."""

from __future__ import annotations

from dww_analysis.domain.written import OPEN
from dww_analysis.guess.patterns import pair_ranges
from dww_analysis.guess.phrases import GUESS, quoted, yaml_key
from dww_analysis.guess.records import SourceDraft, WideDraft


def wide_lines(source: SourceDraft) -> list[str]:
    """The lines of a source that say which column is about what, or where a cell holds several."""
    lines = _wide(source.wide) if source.wide is not None else []
    if source.several is not None:
        column, delimiter, cells = source.several
        lines.append(
            f"    several: {{column: {column}, delimiter: {quoted(delimiter)}, cells: {cells}}}"
            f"  {GUESS}: rank where their order counts"
        )
    return lines


def _wide(wide: WideDraft) -> list[str]:
    by = wide.by[0] if len(wide.by) == 1 else f"[{', '.join(wide.by)}]"
    lines = [
        "    wide:",
        f"      by: {by}",
        f"      cells: {wide.cells}  {GUESS}: by what the columns hold",
    ]
    if not wide.columns:
        return [*lines, f"      columns: {quoted(f'{OPEN} {wide.by[0]}: their column')}"]
    lines.append(f"      columns:            # {wide.by[0]}: their column")
    if len(wide.by) == 1:
        pairs = pair_ranges([(about[0], theirs) for about, theirs in wide.columns.items()])
        return [*lines, *(f"        {yaml_key(ours)}: {quoted(theirs)}" for ours, theirs in pairs)]
    nested: dict[str, list[str]] = {}
    for (value, inner), theirs in wide.columns.items():
        nested.setdefault(value, []).append(f"{inner}: {quoted(theirs)}")
    return [*lines, *(f"        {value}: {{{', '.join(parts)}}}" for value, parts in nested.items())]
