"""A stretch of the page: a heading, sentences, figures and tables, and parts that are folded away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.picture import Picture
from dww_analysis.reports.tables import Table


@dataclass(frozen=True)
class Block:
    """What the page shows in this order: heading, sentences, points, pictures, figures, tables, folded parts.

    The heading of a folded block is what can be seen while it is folded.
    """

    heading: str = ""
    sentences: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    figures: tuple[FigureRecord, ...] = ()
    tables: tuple[Table, ...] = ()
    folded: tuple[Block, ...] = ()
    pictures: tuple[Picture, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything under the heading."""
        shown = (self.sentences, self.points, self.figures, self.pictures)
        return any(shown) or any(self.tables) or any(map(bool, self.folded))

    @property
    def title(self) -> str:
        """What stands above it where nothing is folded: its heading, but "" where its only table says the same."""
        alone = len(self.tables) == 1 and not (self.sentences or self.points or self.figures or self.pictures)
        return "" if alone and self.tables[0].caption == self.heading else self.heading


def block(
    heading: str = "",
    *,
    sentences: Iterable[str] = (),
    points: Iterable[str] = (),
    figures: Iterable[FigureRecord] = (),
    tables: Iterable[Table] = (),
    folded: Iterable[Block] = (),
    pictures: Iterable[Picture] = (),
) -> Block:
    """A Block without its empty parts: no empty sentences or points, no table without rows, no folded block that
    holds nothing."""
    return Block(
        heading,
        tuple(s for s in sentences if s),
        tuple(p for p in points if p),
        tuple(figures),
        tuple(t for t in tables if t),
        tuple(b for b in folded if b),
        tuple(pictures),
    )


def fold(heading: str, *tables: Table) -> Block:
    """Tables under one line that opens them; those without rows fall away."""
    return block(heading, tables=tables)


def drawn(figures: Sequence[FigureRecord], kind: str, subject: str) -> list[FigureRecord]:
    """The figures of one kind (FigureRecord.kind) about one scale, in their order; empty where none was drawn."""
    return [f for f in figures if f.kind == kind and f.subject == subject]
