"""What is drawn of action knowledge and of the practice profile, set out here and drawn by page and paper alike."""

from __future__ import annotations

from dataclasses import dataclass, field

from dww_analysis.reports.blocks import Block
from dww_analysis.reports.sections.networks.pictures import Lines


@dataclass(frozen=True)
class Dot:
    """One cell of the map as it is drawn. state: filled, empty (nobody) or hidden (too few to show)."""

    state: str
    radius: float
    persons: str
    ways: str


@dataclass(frozen=True)
class Map:
    """The map as a figure: situations as columns, and of each core element its label and a dot a situation."""

    title: str
    caption: str
    alt: str
    situations: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Dot, ...]], ...]
    legend: tuple[tuple[str, str], ...]  # state, what it means


@dataclass(frozen=True)
class Week:
    """One bar: which week or weeks, its share in percent and in words; absent where it may not be shown."""

    number: str
    height: float
    said: str
    hidden: bool


@dataclass(frozen=True)
class Bars:
    """Use over the weeks of one function, as a figure."""

    title: str
    caption: str
    alt: str
    weeks: tuple[Week, ...]


@dataclass(frozen=True)
class DrawnBlock(Block):
    """A block with a map, bars or numbers on lines between its sentences and its points and tables."""

    map: Map | None = None
    bars: tuple[Bars, ...] = field(default=())
    lines: tuple[Lines, ...] = field(default=())

    def __bool__(self) -> bool:
        """Whether there is anything under the heading."""
        return bool(super().__bool__() or self.map or self.bars or self.lines)


def drawn_block(
    plain: Block, map: Map | None = None, bars: tuple[Bars, ...] = (), lines: tuple[Lines, ...] = ()
) -> DrawnBlock:
    """A block with what is drawn in it; None or () for what is not."""
    return DrawnBlock(**vars(plain), map=map, bars=bars, lines=lines)
