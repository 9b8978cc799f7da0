"""Chapters of numbered sections: `1`, `1.1`; in an appendix `A`, `A.1`. A section that holds nothing is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dww_analysis.reports.blocks import Block


@dataclass(frozen=True)
class Section:
    """One section: what it is called in code (`id`), its heading, and all that stands in it."""

    id: str
    heading: str
    block: Block
    number: str = ""


@dataclass(frozen=True)
class Chapter:
    """Sections below one heading."""

    id: str
    heading: str
    sections: tuple[Section, ...]
    number: str = ""


def section(id: str, heading: str, blocks: Iterable[Block]) -> Section:
    """A section of several blocks: what has no heading of its own stands first, the others below it as folded parts.
    Blocks that hold nothing fall away, so that the section's own block may be empty."""
    found = [b for b in blocks if b]
    plain = [b for b in found if not b.heading]
    return Section(
        id,
        heading,
        Block(
            "",
            sentences=tuple(s for b in plain for s in b.sentences),
            points=tuple(p for b in plain for p in b.points),
            figures=tuple(f for b in plain for f in b.figures),
            tables=tuple(t for b in plain for t in b.tables),
            folded=(*(f for b in plain for f in b.folded), *(b for b in found if b.heading)),
        ),
    )


def chapter(id: str, heading: str, sections: Iterable[Section]) -> Chapter:
    """A chapter of the sections that hold something; it is kept, without sections, where none does."""
    return Chapter(id, heading, tuple(s for s in sections if s.block))


def numbered(chapters: Sequence[Chapter], *, letters: bool = False, first: int = 1) -> list[Chapter]:
    """The chapters that have sections, with numbers (`letters`: A, B, ...) in their headings and those of their
    sections. first: the number of the first of them. A chapter without sections takes no number."""
    found = []
    for i, one in enumerate([c for c in chapters if c.sections], start=first):
        number = chr(ord("A") + i - 1) if letters else str(i)
        sections = _numbered(one.sections, number)
        found.append(replace(one, number=number, heading=f"{number} {one.heading}", sections=sections))
    return found


def _numbered(sections: Sequence[Section], number: str) -> tuple[Section, ...]:
    """A section that stands alone is the chapter itself, and needs no heading of its own."""
    if len(sections) == 1:
        return (replace(sections[0], number=number, heading=""),)
    return tuple(
        replace(s, number=f"{number}.{k}", heading=f"{number}.{k} {s.heading}")
        for k, s in enumerate(sections, start=1)
    )


def printed(chapters: Iterable[Chapter]) -> tuple[Block, ...]:
    """Chapters as blocks for paper, each section one level lower; a section that stands alone takes the heading of
    its chapter. chapters: as `numbered` returns them."""
    return tuple(
        replace(c.sections[0].block, heading=c.heading)
        if len(c.sections) == 1
        else Block(c.heading, folded=tuple(replace(s.block, heading=s.heading) for s in c.sections))
        for c in chapters
    )


def places_of(chapters: Iterable[Chapter]) -> Mapping[str, str]:
    """Id of each section and chapter -> its number ("2.1", "A"), to refer to it; "" where it was not numbered."""
    found = list(chapters)
    own = {c.id: c.number for c in found}
    return {**own, **{s.id: s.number for c in found for s in c.sections}}
