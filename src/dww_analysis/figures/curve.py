"""A specification curve: every combination of choices by the size of its estimate, and below it which choices it made.

The plan's own is marked by colour and shape. Beside the curve, on the same axis, the estimate without each unit in
turn. A combination that could not be estimated is a cross at the end of the row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from dww_analysis.domain.plan import CHOICES
from dww_analysis.figures.drawing import (
    ARM_STYLES,
    FAINT,
    INK,
    NARROW,
    SOFT,
    WIDTH,
    Drawing,
    Words,
    name_lines,
    new_figure,
    plain_ticks,
    style,
    tick_decimals,
)
from dww_analysis.language import decimals_for
from dww_analysis.language.choices import absent_points, choice_name, option_name, varied
from dww_analysis.language.labels import Labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Side = Literal["left", "right"]
PLANNED, OTHER = ARM_STYLES[0]["color"], ARM_STYLES[1]["color"]
PANEL, DASH_ROW, FOOT, HEAD = 2.4, 0.2, 0.12, 0.28  # inches
CROSS = 0.06  # of the panel, above its lower edge


@dataclass(frozen=True, eq=False)
class _Curve:
    """What is drawn of one entry: combinations in order, units in order, and the rows of the dashboard."""

    choices: pd.DataFrame
    units: pd.DataFrame
    options: tuple[tuple[str, str], ...]  # (choice, option) of each row below the curve

    @property
    def planned(self) -> dict[str, Any]:
        row: dict[str, Any] = self.choices[self.choices["registered"]].iloc[0].to_dict()
        return row


def draw_curve(
    points: pd.DataFrame, label: str, *, labels: Labels, name: str, subject: str
) -> Drawing | None:
    """The curve of one entry; None when the plan's own point is not shown.

    points: rows of the safe table `curve` of one entry. label: what was measured.
    """
    curve = _laid_out(points)
    if curve is None:
        return None
    words = labels.words
    with style():
        figure, narrow = (_drawn(curve, labels, width) for width in (WIDTH, NARROW))
    sentences = _sentences(curve, labels)
    several = len(curve.choices) > 1
    shown = curve.choices if several else curve.units
    low, high, n = *_range(shown, curve, words), words.count(shown["estimate"].count())
    blanks = {"label": words.capital(label), "low": low, "high": high, "n": n}
    level = words.level(curve.planned["conf_level"])
    return Drawing(
        name=name,
        kind="curve",
        subject=subject,
        language=words.language,
        figure=figure,
        narrow=narrow,
        title=words("figure.curve.title" if several else "figure.curve.title_units", **blanks),
        subtitle=words("figure.curve.subtitle" if several else "figure.curve.subtitle_units", level=level),
        caption=_caption(curve, points, words),
        alt=" ".join(sentences[:2]),
        long_description="\n".join(sentences),
        data=_numbers(curve),
    )


def _laid_out(points: pd.DataFrame) -> _Curve | None:
    rows = points[~points["suppressed"].astype(bool)]
    choices = rows[rows["kind"] == "choices"].sort_values("estimate", kind="stable", na_position="last")
    units = rows[(rows["kind"] == "unit") & rows["estimate"].notna()].sort_values("estimate", kind="stable")
    if not choices.loc[choices["registered"], "estimate"].notna().any():
        return None
    options = tuple((choice, option) for choice, taken in varied(choices).items() for option in taken)
    return _Curve(choices.reset_index(drop=True), units.reset_index(drop=True), options)


def _drawn(curve: _Curve, labels: Labels, width: float) -> Figure:
    """The panel, the units beside it and the dashboard below it, in inches from the left and from below."""
    wide = width > NARROW
    dash = DASH_ROW * len(curve.options) * (1 if wide else 1.6)
    height = FOOT + dash + PANEL + HEAD
    figure = new_figure(height, width)
    left, right = (2.65, 0.1) if wide else (1.45, 0.08)
    room, units = width - left - right, len(curve.units) > 0
    beside = (
        min(room * 0.32, room * len(curve.units) / (len(curve.units) + len(curve.choices))) if units else 0
    )
    beside = max(beside, room * 0.22) if units else 0
    gap = 0.12 if units else 0
    bottom = (FOOT + dash) / height
    axes = figure.add_axes((left / width, bottom, (room - beside - gap) / width, PANEL / height))
    _points(axes, curve.choices, labels.words, "figure.curve.combinations")
    panels = [axes]
    if units:
        side = figure.add_axes(
            ((left + room - beside) / width, bottom, beside / width, PANEL / height), sharey=axes
        )
        _points(side, curve.units, labels.words, "figure.curve.units", "left" if wide else "right")
        side.tick_params(labelleft=False, left=False)
        side.spines["left"].set_visible(False)
        panels.append(side)
    for panel in panels:
        panel.axhline(0, color=INK, linewidth=0.9, zorder=1)
        panel.axhline(
            curve.planned["estimate"], color=PLANNED, linewidth=0.9, linestyle=(0, (3, 2)), zorder=1
        )
    _scaled(axes, curve, labels.words)
    if curve.options:
        below = figure.add_axes((left / width, FOOT / height, (room - beside - gap) / width, dash / height))
        _dashboard(below, curve, labels, 44 if wide else 24)
    return figure


def _points(axes: Axes, rows: pd.DataFrame, words: Words, heading: str, side: Side = "left") -> None:
    small = 4.0 if len(rows) <= 40 else 2.4
    for x, row in enumerate(rows.to_dict("records")):
        if not np.isfinite(row["estimate"]):
            place = axes.get_xaxis_transform()
            axes.plot(x, CROSS, marker="x", color=SOFT, markersize=5, transform=place, zorder=3)
            continue
        own = bool(row["registered"])
        colour = PLANNED if own else OTHER
        ends = [row["conf_low"], row["conf_high"]]
        axes.plot(
            [x, x],
            ends,
            color=colour,
            linewidth=2.2 if own else 0.9,
            alpha=1 if own else 0.55,
            zorder=2 + own,
        )
        mark, size = ("s", 6.5) if own else ("o", small)
        axes.plot(x, row["estimate"], marker=mark, markersize=size, color=colour, zorder=4 + own)
    axes.set_xlim(-0.7, max(len(rows) - 0.3, 0.7))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_title(words(heading), loc=side, size=8, color=SOFT, pad=4)


def _scaled(axes: Axes, curve: _Curve, words: Words) -> None:
    ends = pd.concat([curve.choices, curve.units])[["conf_low", "conf_high"]].to_numpy(float)
    low, high = min(float(np.nanmin(ends)), 0.0), max(float(np.nanmax(ends)), 0.0)
    margin = 0.08 * (high - low)
    axes.set_ylim(low - margin, high + margin)
    axes.locator_params(axis="y", nbins=6, steps=[1, 2, 5, 10])
    axes.yaxis.set_major_formatter(plain_ticks(words, tick_decimals(axes.get_yticks())))
    axes.grid(axis="y", color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)


def _dashboard(axes: Axes, curve: _Curve, labels: Labels, width: int) -> None:
    """One row an option: a mark at every combination that took it."""
    count, n = len(curve.options), len(curve.choices)
    own = int(np.flatnonzero(curve.choices["registered"])[0])
    for y, (choice, option) in enumerate(curve.options):
        taken = np.flatnonzero((curve.choices[choice] == option).to_numpy())
        axes.plot(np.arange(n), [y] * n, linestyle="", marker=".", markersize=2, color=FAINT)
        axes.vlines(taken, y - 0.28, y + 0.28, color=INK, linewidth=max(min(160 / n, 6), 1.4))
        if own in taken:
            axes.vlines([own], y - 0.34, y + 0.34, color=PLANNED, linewidth=max(min(200 / n, 7), 2.2))
        named = labels.words(
            "curve.row", choice=choice_name(choice, labels), option=option_name(choice, option, labels)
        )
        lines = "\n".join(name_lines(labels.words.capital(named), width, 2))
        place = axes.get_yaxis_transform()
        axes.text(-0.02, y, lines, ha="right", va="center", size=8, transform=place, linespacing=0.95)
        if y and curve.options[y - 1][0] != choice:
            axes.axhline(y - 0.5, color=FAINT, linewidth=0.7)
    axes.set_xlim(-0.7, max(n - 0.3, 0.7))
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_axis_off()


def _range(rows: pd.DataFrame, curve: _Curve, words: Words) -> tuple[str, str]:
    decimals = decimals_for(curve.planned["std_error"])
    return words.number(rows["estimate"].min(), decimals), words.number(rows["estimate"].max(), decimals)


def _sentences(curve: _Curve, labels: Labels) -> list[str]:
    """The finding, the units, and the middle estimate of every option."""
    words, decimals = labels.words, decimals_for(curve.planned["std_error"])
    low, high = _range(curve.choices, curve, words)
    blanks = {"low": low, "high": high, "n": words.count(curve.choices["estimate"].count())}
    key = "figure.curve.alt" if len(curve.choices) > 1 else "figure.curve.alt_planned"
    said = [words(key, estimate=words.estimate(curve.planned), **blanks)]
    if len(curve.units):
        low, high = _range(curve.units, curve, words)
        said.append(words("figure.curve.alt_units", low=low, high=high))
    for choice, option in curve.options:
        median = curve.choices.loc[curve.choices[choice] == option, "estimate"].median()
        named = {
            "choice": words.capital(choice_name(choice, labels)),
            "option": option_name(choice, option, labels),
        }
        if np.isfinite(median):
            said.append(words("figure.curve.line", median=words.number(median, decimals), **named))
    return said


def _caption(curve: _Curve, points: pd.DataFrame, words: Words) -> str:
    parts = [words("figure.curve.caption")] if len(curve.choices) > 1 else []
    for phrase, n in absent_points(points).items():
        own = f"figure.curve.{phrase}"
        parts.append(words.many(own if words.has(own) else f"curve.{phrase}", n))
    return " ".join(parts)


def _numbers(curve: _Curve) -> pd.DataFrame:
    columns = ["entry", "point", "kind", *CHOICES, "registered", "estimate", "conf_low", "conf_high"]
    return pd.concat([curve.choices, curve.units], ignore_index=True)[columns]
