"""A picture of dots, rings and words: set out here, drawn by a template, so that it follows the colours of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Shape = Literal["dot", "ring", "text", "rule", "upright"]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Mark:
    """One thing in a picture: a dot or ring around (x, y), a text that starts there, a rule right or down."""

    shape: Shape
    x: float
    y: float
    size: float = 0  # radius of a dot or ring; of a text its height
    text: str = ""
    anchor: Anchor = "start"
    strong: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture with its words: what it says (alt), what it is made of (caption), and the same as a list (lines)."""

    id: str
    title: str
    alt: str
    caption: str
    lines: tuple[str, ...]
    width: float
    height: float
    marks: tuple[Mark, ...]
