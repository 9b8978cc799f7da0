"""Two ways to draw a few numbers: a strip of parts, and places on a line. Each is a table that is read as text too."""

from __future__ import annotations

from dataclasses import dataclass, field

from dww_analysis.reports.blocks import Block


@dataclass(frozen=True)
class Part:
    """One part of a strip: its words, how large it is, and which pattern tells it from others."""

    text: str
    size: float
    kind: str = ""


@dataclass(frozen=True)
class StripRow:
    """One strip with its name; parts of size 0 are left out."""

    label: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Strips:
    """Strips below each other."""

    caption: str
    rows: tuple[StripRow, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LineRow:
    """One number on a line. at, low, high: per cent of the line; None where it is not shown, or has no bounds."""

    label: str
    text: str
    at: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Lines:
    """Numbers on lines of one scale, whose ends are named."""

    caption: str
    ends: tuple[str, str]
    rows: tuple[LineRow, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NetworkBlock(Block):
    """A block with strips and lines between its sentences and its tables."""

    strips: tuple[Strips, ...] = field(default=())
    lines: tuple[Lines, ...] = field(default=())

    def __bool__(self) -> bool:
        """Whether there is anything under the heading."""
        return bool(super().__bool__() or self.strips or self.lines)


def on_line(value: float, low: float, high: float) -> float:
    """Where a value stands on a line from low to high, in per cent with one decimal."""
    return round(100 * (value - low) / (high - low), 1)
