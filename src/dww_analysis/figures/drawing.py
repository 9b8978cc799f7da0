"""What a figure is: a drawing with its message, caption, alt text and numbers, and how it becomes SVG or PNG.

The bytes repeat: ids come from a fixed salt and no date or version is written. Text stays text in the SVG, so
that it can be read aloud, searched and follow the colours of the page.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dww_analysis.analyst.look import (
    ARM_STYLES,
    BAND,
    FAINT,
    INK,
    NARROW,
    ONE_GROUP,
    PAPER,
    SOFT,
    WIDTH,
    arm_style,
    new_figure,
    style,
)
from dww_analysis.language import Words
from dww_analysis.language.measure import Measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

    from dww_analysis.domain.study import Study

__all__ = [
    "ARM_STYLES", "BAND", "FAINT", "INK", "NARROW", "ONE_GROUP", "PAPER", "SOFT", "WIDTH",
    "Drawing", "Words", "arm_style", "label_ends", "look_of", "measured_on", "name_lines", "new_figure", "plain_ticks",
    "style", "tick_decimals",
]  # fmt: skip


PRINT = 300  # dots per inch
MOST_TICK_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure in one language. Always true: `data` holds the plotted numbers and nothing about single persons."""

    name: str  # file stem, the same in every language
    kind: str  # trajectories, forest, raincloud or flow
    subject: str  # the outcome drawn, "" when it is the whole study
    language: str
    figure: Figure
    title: str  # the message
    subtitle: str  # what is measured
    caption: str  # data, n, method
    alt: str  # the finding, for who does not see the figure
    long_description: str  # one statement a line
    data: pd.DataFrame = field(repr=False)
    narrow: Figure | None = None  # the same for a telephone: panels below each other, rows over two lines

    def svg(self, framed: bool = True) -> str:
        """SVG text; `framed` adds title, subtitle and caption, for use outside the report."""
        from dww_analysis.figures.rendering import svg_of

        with self._shown(framed):
            return _shorten(svg_of(self.figure))

    def png(self, framed: bool = True, dpi: int = PRINT) -> bytes:
        """PNG bytes at `dpi`, in a few colours, without software or date, so that they repeat. framed: with title and
        caption on it."""
        from dww_analysis.figures.rendering import png_of

        with self._shown(framed):
            return png_of(self.figure, dpi)

    def record(self) -> dict[str, Any]:
        """What a report needs of this figure, as plain text: the fields of FigureRecord, and the SVG without frame
        (`svg_narrow` "" where there is no narrow variant); `head` and `foot`, the shares of the height of the framed
        picture that its frame takes above and below."""
        names = (
            "name",
            "kind",
            "subject",
            "language",
            "title",
            "subtitle",
            "caption",
            "alt",
            "long_description",
        )
        return {n: getattr(self, n) for n in names} | {
            "svg": self.svg(framed=False),
            "svg_narrow": self._narrow_svg(),
            **_framed(self).shares(),
        }

    def _narrow_svg(self) -> str:
        from dww_analysis.figures.rendering import svg_of

        if self.narrow is None:
            return ""
        with self._shown(framed=False):
            return _shorten(svg_of(self.narrow))

    @contextmanager
    def _shown(self, framed: bool) -> Iterator[None]:
        """The style of this figure, with its head and foot where it is framed."""
        with style(self.name + self.language), _frame(self) if framed else nullcontext():
            yield


def _shorten(svg: str) -> str:
    """The SVG with path coordinates to a hundredth of a point, and fonts of the same width where DejaVu is absent."""
    svg = svg.replace("font-family: 'DejaVu Sans'", "font-family: 'DejaVu Sans', Verdana, sans-serif")
    return re.sub(r' d="[^"]*"', lambda d: re.sub(r"(\.\d\d)\d+", r"\1", d[0]), svg)


def look_of(arm: str, study: Study) -> dict[str, Any]:
    """Colour, marker and line of an arm, the same in every figure, whichever arms one shows; without an arm ("") those
    of everybody."""
    looks = {a.id: arm_style(i) for i, a in enumerate(study.arms)}
    return looks.get(arm, dict(ONE_GROUP))


def name_lines(name: str, width: int, most: int) -> list[str]:
    """A name over at most `most` lines of `width` signs; what has no room is an ellipsis."""
    return textwrap.wrap(name, width, max_lines=most, placeholder="…")


def measured_on(key: str, measure: Measure, words: Words) -> str:
    """What a figure shows, in the phrase of this key, with the scale of the outcome and which end of it is better."""
    low, high = map(words.plain, measure.limits)
    text = words(key, label=measure.label, low=low, high=high, unit=measure.unit)
    better = {"higher is better": "higher", "lower is better": "lower"}.get(measure.direction)
    return f"{text} {words(f'figure.direction_{better}')}" if better else text


def plain_ticks(words: Words, decimals: int) -> Any:
    """A tick formatter with the language's decimal mark."""
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: words.number(value, decimals))


def tick_decimals(ticks: ArrayLike) -> int:
    """As few decimals as say where ticks lie, at most MOST_TICK_DECIMALS."""
    at = np.asarray(ticks, dtype="float64")
    enough = (d for d in range(MOST_TICK_DECIMALS) if np.allclose(at, np.round(at, d), rtol=0, atol=1e-9))
    return next(enough, MOST_TICK_DECIMALS)


def label_ends(
    axes: Axes, ends: list[tuple[float, str, dict[str, Any]]], last: float, span: float, unit: float = 1.0
) -> None:
    """Names at the right of lines that end at x = `last`, moved apart when they would touch.

    ends: (y, name, look) of each line; of several each name has the line's mark. span: what y covers from bottom to
    top. unit: what one step to the right is on the x axis.
    """
    placed, above = -np.inf, 0.0
    for y, text, look in sorted(ends, key=lambda e: e[0]):
        lines = textwrap.wrap(text, 19, break_long_words=False)
        half = 0.042 * span * len(lines)
        placed = max(y, placed + above + half)
        above = half
        if len(ends) > 1:
            at = last + 0.24 * unit
            axes.plot(at, placed, marker=look["marker"], color=look["color"], ms=5, clip_on=False)
        x = last + (0.32 if len(ends) > 1 else 0.12) * unit
        axes.text(
            x, placed, "\n".join(lines), va="center", color=INK, clip_on=False, size=8.5, linespacing=1.1
        )


@dataclass(frozen=True)
class _Framed:
    """The lines of a frame, and its heights in inches: of the drawing, of what stands above it and below."""

    title: list[str]
    subtitle: list[str]
    caption: list[str]
    inside: float

    @property
    def head(self) -> float:
        return 0.22 + 0.22 * len(self.title) + 0.17 * len(self.subtitle)

    @property
    def foot(self) -> float:
        return 0.16 + 0.15 * len(self.caption)

    @property
    def total(self) -> float:
        return self.inside + self.head + self.foot

    def shares(self) -> dict[str, float]:
        return {"head": round(self.head / self.total, 5), "foot": round(self.foot / self.total, 5)}


def _framed(drawing: Drawing) -> _Framed:
    width, height = drawing.figure.get_size_inches()
    per_line = int(width * 13)
    return _Framed(
        textwrap.wrap(drawing.title, int(per_line * 0.76)),
        textwrap.wrap(drawing.subtitle, int(per_line * 0.96)),
        textwrap.wrap(drawing.caption, int(per_line * 1.12)),
        float(height),
    )


@contextmanager
def _frame(drawing: Drawing) -> Iterator[None]:
    """Give the figure a head (title, subtitle) and a foot (caption) for as long as it is being saved."""
    figure, framed = drawing.figure, _framed(drawing)
    width, height = figure.get_size_inches()
    foot, total = framed.foot, framed.total
    axes = [(a, a.get_position(original=True)) for a in figure.axes]
    texts = [(t, t.get_position()) for t in figure.texts]
    for a, box in axes:
        a.set_position((box.x0, (box.y0 * height + foot) / total, box.width, box.height * height / total))
    for t, (x, y) in texts:
        t.set_position((x, (y * height + foot) / total))
    figure.set_size_inches(width, total)
    margin = 0.12 / width
    added = [
        figure.text(margin, 1 - 0.12 / total, "\n".join(framed.title), size=11.5, weight="bold", va="top"),
        figure.text(
            margin,
            1 - (0.17 + 0.22 * len(framed.title)) / total,
            "\n".join(framed.subtitle),
            size=9,
            color=SOFT,
            va="top",
        ),
        figure.text(margin, 0.08 / total, "\n".join(framed.caption), size=7.5, color=SOFT, va="bottom"),
    ]
    try:
        yield
    finally:
        for t in added:
            t.remove()
        for t, position in texts:
            t.set_position(position)
        figure.set_size_inches(width, height)
        for a, box in axes:
            a.set_position(box)
