"""The items of one scale side by side: the mean of each at every wave, and how it goes with the rest of its scale."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dww_analysis.figures.drawing import (
    ARM_STYLES,
    FAINT,
    INK,
    SOFT,
    Drawing,
    Words,
    new_figure,
    plain_ticks,
    style,
)
from dww_analysis.language.labels import Labels
from dww_analysis.language.measure import Measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 0.27  # inches
LOW_REST = 0.30  # an item-rest correlation below it deserves a look
Row = dict[str, Any]


def draw_items(items: pd.DataFrame, measure: Measure, *, labels: Labels, name: str) -> Drawing | None:
    """Means and item-rest correlations per item and wave, or None when fewer than two items may be shown.

    items: rows of the items table of one scale and sample (wave, item, n, mean, item_rest, floor_share, ceiling_share),
    items in the order of the questionnaire, already reversed where the key says so. Rows of fewer persons than
    the study's minimum are left out. measure: the scale, its limits those of one answer.
    """
    words, minimum, wave_label = labels.words, labels.study.min_cell_size, labels.wave
    shown = items[(pd.to_numeric(items["n"], errors="coerce") >= minimum) & items["mean"].notna()]
    codes = list(dict.fromkeys(shown["item"]))
    if len(codes) < 2:
        return None
    with style():
        figure = new_figure(0.95 + ROW * len(codes))
        height = figure.get_size_inches()[1]
        box = (0.5 / height, ROW * len(codes) / height)
        left = figure.add_axes((0.22, box[0], 0.37, box[1]))
        right = figure.add_axes((0.66, box[0], 0.31, box[1]))
        _draw(left, shown, codes, "mean", words)
        _draw(right, shown, codes, "item_rest", words)
        for axes in (left, right):
            axes.set_ylim(len(codes) - 0.5, -0.5)
            axes.set_yticks([])
            axes.spines["left"].set_visible(False)
        _finish_means(left, codes, measure.limits, words)
        _finish_rests(right, shown["item_rest"], words)
        _legend(left, sorted(shown["wave"].unique()), wave_label)
    rows = shown.to_dict("records")
    known = shown[shown["item_rest"].notna()]
    lowest = known.loc[known["item_rest"].idxmin()].to_dict() if len(known) else None
    value = words.number(lowest["item_rest"]) if lowest else "–"
    title = words.capital(measure.label)
    if lowest:
        title = words(
            "figure.items.title",
            scale=title,
            value=value,
            item=lowest["item"],
            wave=wave_label(int(lowest["wave"])),
        )
    low, high = (words.plain(v) for v in measure.limits)
    return Drawing(
        name=name,
        kind="items",
        subject=measure.id,
        language=words.language,
        figure=figure,
        title=title,
        subtitle=words("figure.items.subtitle"),
        caption=words("figure.items.caption", low=low, high=high, bound=words.number(LOW_REST)),
        alt=words("figure.items.alt", n=len(codes), scale=measure.label, value=value),
        long_description="\n".join(_line(r, wave_label, words) for r in rows),
        data=shown[["sample", "wave", "item", "n", "mean", "item_rest", "floor_share", "ceiling_share"]],
    )


def _draw(axes: Axes, shown: pd.DataFrame, codes: list[str], column: str, words: Words) -> None:
    places = {code: i for i, code in enumerate(codes)}
    waves = sorted(shown["wave"].unique())
    for k, wave in enumerate(waves):
        rows = shown[shown["wave"] == wave]
        y = rows["item"].map(places).to_numpy(float) + _shift(k, len(waves))
        look = ARM_STYLES[k % len(ARM_STYLES)]
        axes.scatter(rows[column], y, s=20, marker=str(look["marker"]), color=str(look["color"]), zorder=3)
    for i in range(len(codes)):
        axes.axhline(i, color=FAINT, linewidth=0.6, zorder=1)


def _shift(k: int, n: int) -> float:
    """Waves of one item beside each other, so that equal values stay visible."""
    return 0.0 if n < 2 else 0.5 * (k / (n - 1) - 0.5)


def _finish_means(left: Axes, codes: list[str], limits: tuple[float, float], words: Words) -> None:
    for i, code in enumerate(codes):
        wrapped = textwrap.shorten(str(code), 26, placeholder="…")
        left.text(-0.04, i, wrapped, transform=left.get_yaxis_transform(), ha="right", va="center", size=8)
    margin = 0.03 * (limits[1] - limits[0])
    left.set_xlim(limits[0] - margin, limits[1] + margin)
    left.xaxis.set_major_formatter(plain_ticks(words, 0))
    left.locator_params(axis="x", integer=True, nbins=8)
    left.set_xlabel(words("figure.items.mean"))


def _finish_rests(right: Axes, rests: pd.Series, words: Words) -> None:
    lowest = np.nanmin([0.0, *rests.to_numpy(float)])
    right.set_xlim(min(0.0, lowest) - 0.03, 1.03)
    right.axvline(LOW_REST, color=SOFT, linewidth=0.9, linestyle=(0, (1, 1.6)), zorder=2)
    if lowest < 0:
        right.axvline(0, color=INK, linewidth=0.8, zorder=2)
    right.xaxis.set_major_formatter(plain_ticks(words, 1))
    right.set_xlabel(words("figure.items.rest"))


def _legend(axes: Axes, waves: list[Any], wave_label: Callable[[int], str]) -> None:
    """The waves with their marks above the panels: marks lie too close for labels of their own."""
    from matplotlib.lines import Line2D

    marks = []
    for k, wave in enumerate(waves):
        look = ARM_STYLES[k % len(ARM_STYLES)]
        marks.append(
            Line2D(
                [], [], linestyle="", marker=str(look["marker"]), color=str(look["color"]), markersize=4.5,
                label=wave_label(int(wave)),
            )
        )  # fmt: skip
    if len(marks) > 1:
        axes.legend(  # of the axes, with which it moves when the figure gets a head
            handles=marks,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            borderaxespad=0.2,
            ncols=len(marks),
            frameon=False,
            fontsize=8,
            handletextpad=0.2,
            columnspacing=1.2,
        )


def _line(row: Row, wave_label: Callable[[int], str], words: Words) -> str:
    said = {
        "item": row["item"],
        "wave": wave_label(int(row["wave"])),
        "mean": words.number(row["mean"]),
        "rest": words.number(row["item_rest"]),
    }
    if not np.isfinite(row["floor_share"]):
        return words("figure.items.row", **said)
    ends = {end: words.percent(row[f"{end}_share"]) for end in ("floor", "ceiling")}
    return words("figure.items.row_ends", **said, **ends)
