"""One planned estimate beside the same estimate by other ways: a row each, on one axis, with the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dww_analysis.domain.analyses import in_other_units
from dww_analysis.figures.drawing import (
    BAND,
    INK,
    NARROW,
    SOFT,
    WIDTH,
    Drawing,
    name_lines,
    new_figure,
    plain_ticks,
    style,
    tick_decimals,
)
from dww_analysis.language.labels import Labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FOOT = 0.5  # inches below the rows, for the axis
NUMBERS = ("entry", "analysis", "estimate", "conf_low", "conf_high")
PLANNED = "#0072b2"
Row = Mapping[str, Any]


def draw_strip(headline: Row, others: Sequence[Row], *, labels: Labels) -> Drawing | None:
    """The planned estimate, then each other analysis of it in the same unit; None without any.

    headline: of `headline_rows`, in the outcome's own unit. others: its rows of the safe table `sensitivity`; those
    that are hidden, or could not be computed, are left out.
    """
    alike = [r for r in others if not in_other_units(str(r["analysis"])) and _finite(r, "estimate")]
    if not alike or not _finite(headline, "estimate"):
        return None
    words = labels.words
    planned = {**headline, "analysis": "", "name": words("sensitivity.main")}
    rows = [planned, *({**r, "name": labels.analysis(str(r["analysis"]))} for r in alike)]
    decimals, sesoi = words.decimals(headline["std_error"]), float(headline["sesoi"])
    with style():
        figure, narrow = (_drawn(rows, sesoi, decimals, labels, where) for where in (BESIDE, ABOVE))
    level = words.level(headline["conf_level"])
    title = _title(headline, alike, decimals, labels)
    band = words("figure.strip.band", sesoi=words.number(sesoi)) if np.isfinite(sesoi) else ""
    contrast, unit = words.capital(str(headline["contrast"])), headline["unit"]
    return Drawing(
        name=f"sensitivity_{headline['entry']}",
        kind="strip",
        subject=str(headline["outcome"]),
        language=words.language,
        figure=figure,
        narrow=narrow,
        title=title,
        subtitle=words("figure.strip.subtitle", contrast=contrast, unit=unit),
        caption=f"{words('figure.strip.caption', level=level)} {band}".strip(),
        alt=title,
        long_description="\n".join(_sentence(r, decimals, level, labels) for r in rows),
        data=pd.DataFrame(rows).assign(entry=headline["entry"])[list(NUMBERS)],
    )


def _finite(row: Row, name: str) -> bool:
    return row[name] is not None and bool(np.isfinite(row[name]))


def _title(headline: Row, alike: Sequence[Row], decimals: int, labels: Labels) -> str:
    """Between which values the other analyses lie."""
    words, values = labels.words, [float(r["estimate"]) for r in alike]
    low, high = (words.number(v, decimals) for v in (min(values), max(values)))
    label, n = words.capital(str(headline["label"])), words.few(len(values))
    key = "figure.strip.title_same" if low == high else "figure.strip.title"
    return words.many(key, len(values), label=label, n=n, low=low, high=high)


def _numbers(row: Row, decimals: int, labels: Labels) -> str:
    words = labels.words
    value = words.number(row["estimate"], decimals)
    if not _finite(row, "conf_low"):
        return value
    return f"{value} {words.bracket(row['conf_low'], row['conf_high'], decimals)}"


def _sentence(row: Row, decimals: int, level: str, labels: Labels) -> str:
    words = labels.words
    value = words.number(row["estimate"], decimals)
    name = words.capital(str(row["name"]))
    if not _finite(row, "conf_low"):
        return words("figure.strip.line_bare", name=name, value=value)
    span = words.span(row["conf_low"], row["conf_high"], decimals)
    return words("figure.strip.line", name=name, value=value, level=level, span=span)


@dataclass(frozen=True)
class _Layout:
    """Where things stand: heights in inches, places across as shares of the width; name, mark and ground (what the
    line of no difference and the band cover): of a row's height."""

    width: float
    row: float
    axis: tuple[float, float]
    names: float
    name: float
    mark: float
    ground: tuple[float, float]
    letters: int

    def high(self, n: int) -> float:
        """The height of a figure of n rows."""
        return self.row * n + FOOT

    def y(self, i: int, n: int, part: float) -> float:
        """The height of a part of row i, as a share of the figure."""
        return 1 - self.row * (i + part) / self.high(n)


BESIDE = _Layout(WIDTH, 0.25, (0.37, 0.76), 0.012, 0.5, 0.5, (0.0, 1.0), 36)  # names at the left of the axis
ABOVE = _Layout(
    NARROW, 0.47, (0.03, 0.5), 0.03, 0.24, 0.7, (0.46, 0.94), 52
)  # names above it, for a telephone


def _drawn(rows: Sequence[Row], sesoi: float, decimals: int, labels: Labels, layout: _Layout) -> Figure:
    """Names, the axis, and numbers at the right of it."""
    words, n = labels.words, len(rows)
    high = layout.high(n)
    figure = new_figure(high, layout.width)
    left, right = layout.axis
    axes = figure.add_axes((left, FOOT / high, right - left, layout.row * n / high))
    axes.set_ylim(n - 0.5, -0.5)
    parts = [[i + part - 0.5 for part in layout.ground] for i in range(n)]
    for ends in [[-0.5, n - 0.5]] if layout is BESIDE else parts:
        _draw_ground(axes, sesoi, ends)
    for i, row in enumerate(rows):
        _draw_row(axes, row, i + layout.mark - 0.5)
        bold = "normal" if row["analysis"] else "bold"
        name = "\n".join(name_lines(words.capital(str(row["name"])), layout.letters, 2))
        look: dict[str, Any] = {"va": "center", "weight": bold}
        figure.text(layout.names, layout.y(i, n, layout.name), name, size=8, linespacing=0.95, **look)
        numbers = _numbers(row, decimals, labels)
        figure.text(right + 0.025, layout.y(i, n, layout.mark), numbers, size=8, **look)
    _draw_axis(axes, rows, sesoi, labels)
    return figure


def _draw_ground(axes: Axes, sesoi: float, ends: list[float]) -> None:
    """The line of no difference, and the band of what is too small to matter."""
    if np.isfinite(sesoi):
        axes.fill_betweenx(ends, -sesoi, sesoi, color=BAND, lw=0, zorder=0)
    axes.plot([0, 0], ends, color=INK, lw=0.9, zorder=2, solid_capstyle="butt")


def _draw_row(axes: Axes, row: Row, y: float) -> None:
    planned = not row["analysis"]
    colour = PLANNED if planned else SOFT
    if _finite(row, "conf_low"):
        axes.plot(
            [row["conf_low"], row["conf_high"]], [y, y], color=colour, lw=2.2 if planned else 1.3, zorder=3
        )
    mark, size = ("D", 5.5) if planned else ("o", 4.0)
    axes.plot(row["estimate"], y, mark, color=colour, ms=size, zorder=4)


def _draw_axis(axes: Axes, rows: Sequence[Row], sesoi: float, labels: Labels) -> None:
    """The axis below: as far as anything reaches."""
    ends = np.array([[r["conf_low"], r["conf_high"], r["estimate"]] for r in rows], dtype="float64")
    if np.isfinite(sesoi):
        ends = np.append(ends, [-sesoi, sesoi])
    low, high = min(float(np.nanmin(ends)), 0.0), max(float(np.nanmax(ends)), 0.0)
    room = 0.04 * (high - low)
    axes.set_xlim(low - room, high + room)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=4)
    axes.xaxis.set_major_formatter(plain_ticks(labels.words, tick_decimals(axes.get_xticks())))
    axes.tick_params(labelsize=8)
    axes.set_xlabel(str(rows[0]["unit"]), size=8, color=SOFT)
