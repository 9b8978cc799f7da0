"""What planned models leave unexplained: beside a normal distribution, and over the values that are expected.

Every dot is the mean of many persons. The line is where a dot lies when the model's assumption holds.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd

from dww_analysis.figures.drawing import (
    BAND,
    FAINT,
    INK,
    ONE_GROUP,
    SOFT,
    WIDTH,
    Drawing,
    Words,
    new_figure,
    plain_ticks,
    style,
    tick_decimals,
)
from dww_analysis.language.labels import Labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = ("normal", "fitted")
PANEL, HEAD, FOOT, LEFT = 1.0, 0.42, 0.36, 0.5  # inches
LINE = 0.15  # of a name that needs another, in inches
EDGE = 2.4  # SDs that a panel shows, where nothing lies farther
MOST = 8  # entries of a figure, so that it stays on one page
CLOSE = 0.3  # SDs that a dot may lie off the line


def draw_residuals(
    bins: pd.DataFrame,
    label_of: Callable[[str], str],
    *,
    labels: Labels,
    name: str = "residuals",
    others: bool = False,
) -> Drawing | None:
    """A pair of panels for each entry; None where nothing may be shown.

    bins: rows of the safe table `residual_bins`, entries in the plan's order, at most MOST of them. label_of: entry ->
    what was measured. others: whether these are the outcomes beside the primary ones, which the title says.
    """
    shown = bins[~bins["suppressed"].astype(bool) & bins["mean"].notna()]
    near = shown.loc[shown["kind"] == "normal"]
    if near.empty:
        return None
    words = labels.words
    with style():
        figure = _drawn(shown, label_of, words)
    said = [_sentence(own, label_of(str(entry)), words) for entry, own in shown.groupby("entry", sort=False)]
    off = float((near["mean"] - near["x"]).abs().max())
    key = f"figure.residuals.title_{'near' if off <= CLOSE else 'far'}{'_others' if others else ''}"
    title = words(key, off=words.number(off, 1))
    return Drawing(
        name=name,
        kind="residuals",
        subject="",
        language=words.language,
        figure=figure,
        title=title,
        subtitle=words("figure.residuals.subtitle"),
        caption=words("figure.residuals.caption"),
        alt=title,
        long_description="\n".join(said),
        data=shown[["entry", "kind", "bin", "n_persons", "x", "mean", "sd"]],
    )


def _drawn(bins: pd.DataFrame, label_of: Callable[[str], str], words: Words) -> Figure:
    """Two entries beside each other; of each its two panels. For print alone: no variant for a telephone."""
    entries, width = list(dict.fromkeys(bins["entry"])), WIDTH
    across = min(2, len(entries))
    down = -(-len(entries) // across)
    room = width / across
    names = [textwrap.wrap(words.capital(label_of(str(e))), int(room * 13)) for e in entries]
    name_height = LINE * (max(map(len, names)) - 1)
    row = HEAD + name_height + PANEL + FOOT
    figure = new_figure(row * down, width)
    each = room / 2 - LEFT - 0.08
    for i, entry in enumerate(entries):
        x0, y = room * (i % across), row * (down - 1 - i // across) + FOOT
        own = bins[bins["entry"] == entry]
        figure.text(
            (x0 + 0.1) / width,
            (y + PANEL + 0.3 + LINE * (len(names[i]) - 1) / 2) / (row * down),
            "\n".join(names[i]),
            size=9,
            va="center",
        )
        for j, kind in enumerate(KINDS):
            left = x0 + LEFT + j * room / 2
            box = (left / width, y / (row * down), each / width, PANEL / (row * down))
            _panel(figure.add_axes(box), own[own["kind"] == kind], kind, words)
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, kind: str, words: Words) -> None:
    colour, edge = ONE_GROUP["color"], _edge(rows)
    if kind == "normal":
        axes.plot([-edge, edge], [-edge, edge], color=INK, lw=0.9)
        axes.set_xlim(-edge, edge)
    else:
        axes.axhspan(-1, 1, color=BAND, lw=0, zorder=0)
        axes.axhline(0, color=INK, lw=0.9)
        axes.vlines(
            rows["x"], rows["mean"] - rows["sd"], rows["mean"] + rows["sd"], color=colour, lw=1, alpha=0.6
        )
    axes.plot(rows["x"], rows["mean"], "o", color=colour, ms=3.4, zorder=3)
    axes.set_ylim(-edge, edge)
    axes.set_yticks([-2, 0, 2])
    axes.locator_params(axis="x", nbins=4, steps=[1, 2, 5, 10])
    axes.xaxis.set_major_formatter(plain_ticks(words, tick_decimals(axes.get_xticks())))
    axes.yaxis.set_major_formatter(plain_ticks(words, 0))
    axes.tick_params(labelsize=7)
    axes.grid(color=FAINT, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.set_title(words(f"figure.residuals.{kind}"), size=7.5, loc="left", pad=3, color=SOFT)


def _edge(rows: pd.DataFrame) -> float:
    """How many SDs a panel shows, so that every dot and bar lies in it."""
    return max(EDGE, 1.06 * float((rows["mean"].abs() + rows["sd"].fillna(0.0)).max())) if len(rows) else EDGE


def _sentence(own: pd.DataFrame, label: str, words: Words) -> str:
    """How far the dots of one entry lie off, and how the spread goes over expected values."""
    normal, fitted = (own[own["kind"] == kind] for kind in KINDS)
    off = float((normal["mean"] - normal["x"]).abs().max())
    low, high = (float(v) for v in (fitted["sd"].min(), fitted["sd"].max()))
    return words(
        "figure.residuals.line",
        label=words.capital(label),
        off=words.number(off),
        low=words.number(low),
        high=words.number(high),
    )
