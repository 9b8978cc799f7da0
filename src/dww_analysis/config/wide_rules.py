"""What `fixed`, `wide` and `several` of a source say of our columns, and whether its kind has them there."""

from __future__ import annotations

from collections.abc import Iterator

from dww_analysis.config.sources import SourceConfig
from dww_analysis.config.strict import shorten
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.practice import PRACTICE_COLUMNS
from dww_analysis.domain.wide import BESIDE, IN_A_CELL
from dww_analysis.errors import Problem


def spread(source: SourceConfig) -> tuple[str, ...]:
    """Columns of ours that a source has otherwise than by `columns`."""
    wide = (*source.wide.by, source.wide.cells) if source.wide else ()
    return tuple(dict.fromkeys((*source.fixed, *wide, *((source.several.cells,) if source.several else ()))))


def check_wide(source: SourceConfig, file: YamlFile, index: int) -> Iterator[Problem]:
    """Names of ours in `fixed`, `wide` and `several` that this kind of source does not have there, or has twice: a
    Problem each, with file and line."""
    kind, where = source.kind, f"{file.where(('sources', index))}, source {source.id}"
    if source.wide is not None and kind in BESIDE:
        by, cells = BESIDE[kind]
        yield from (
            _not_here("by` of `wide", name, by, kind, where) for name in source.wide.by if name not in by
        )
        if source.wide.cells not in cells:
            yield _not_here("cells` of `wide", source.wide.cells, cells, kind, where)
    if source.several is not None and kind in IN_A_CELL:
        column, cells = IN_A_CELL[kind]
        if source.several.column != column:
            yield _not_here("column` of `several", source.several.column, (column,), kind, where)
        if source.several.cells not in cells:
            yield _not_here("cells` of `several", source.several.cells, cells, kind, where)
        if column not in source.columns:
            yield Problem(
                found=f"`several` for the column `{column}`, which `columns` does not name",
                where=where,
                expected=f"columns: {{{column}: their column}}",
                action="name it",
            )
    for name in source.fixed:
        known = PRACTICE_COLUMNS.get(kind, (name,))
        if name not in known:
            yield _not_here("fixed", name, known, kind, where)
    for name in _overlaps(source):
        yield Problem(
            found=f"`{name}` is given in two ways",
            where=where,
            expected="each column of ours once, in `columns`, `fixed`, `wide` or `several`",
            action="remove one of the two",
        )


def _overlaps(source: SourceConfig) -> list[str]:
    """Columns of ours that are given twice."""
    wide = [*source.wide.by, source.wide.cells] if source.wide else []
    several = [source.several.cells] if source.several else []
    named = [*source.columns, *source.fixed, *dict.fromkeys(wide), *several]
    return sorted({name for name in named if named.count(name) > 1})


def _not_here(key: str, name: str, known: tuple[str, ...], kind: str, where: str) -> Problem:
    return Problem(
        found=f"`{key}` names `{shorten(name)}`, which a source of kind {kind} has not there",
        where=where,
        expected=f"one of {', '.join(known)}",
        action="correct the name",
    )


def values_given(source: SourceConfig) -> Iterator[tuple[str, str]]:
    """Column of ours and value, of everything that `fixed` and `wide` say instead of cells of the file."""
    yield from source.fixed.items()
    if source.wide is not None:
        yield from {
            (ours, v): None for about in source.wide.to_domain().columns.values() for ours, v in about.items()
        }
