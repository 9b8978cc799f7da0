"""The random effects of every level in order, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from dww_analysis.analyst.look import INK, ONE_GROUP, style
from dww_analysis.analyst.plot import Plot

from ..errors import MethodError
from ..inference.distributions import check_conf_level

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMED = 40  # levels that are named beside their row
ROW, HEAD, FOOT, UNNAMED = 0.17, 0.32, 0.5, 3.4  # inches; the last is the height of a panel without names
GAP = 0.35


def draw_random(fit: Any, group: str | None = None, conf_level: float = 0.95) -> Plot:
    """A panel for each random term, or for those of one group: levels in order of their effect, a row each, with
    intervals from the conditional variance. Up to 40 levels are named. Refuses a group that the model has not."""
    check_conf_level(conf_level)
    panels = _panels(fit, group, conf_level)
    with style():
        plot = _laid_out(panels)
    plot.alt = " ".join(_words(key, table, conf_level) for key, table in panels.items())
    plot.data = pd.concat(panels.values(), ignore_index=True)
    return plot


def _panels(fit: Any, group: str | None, conf_level: float) -> dict[tuple[str, str], pd.DataFrame]:
    """Per group and term the rows of `random_effects` in order, with limits."""
    table = fit.random_effects()
    known = list(dict.fromkeys(table["group"]))
    if not known:
        raise MethodError("The model has no random effects to draw.")
    if group is not None and group not in known:
        raise MethodError(f"There are no random effects of {group!r}; known are {', '.join(known)}.")
    if group is not None:
        table = table[table["group"] == group]
    half = float(ndtri(0.5 + conf_level / 2)) * table["std_error"]
    table = table.assign(conf_low=table["estimate"] - half, conf_high=table["estimate"] + half)
    return {
        (str(g), str(term)): rows.sort_values("estimate", kind="stable", ignore_index=True)
        for (g, term), rows in table.groupby(["group", "term"], sort=False)
    }


def _laid_out(panels: dict[tuple[str, str], pd.DataFrame]) -> Plot:
    """Two panels beside each other, and as many rows of them as are needed."""
    columns = min(2, len(panels))
    tables = list(panels.items())
    lines = [tables[i : i + columns] for i in range(0, len(tables), columns)]
    heights = [max(_height(len(table)) for _, table in line) for line in lines]
    total = sum(heights) + len(lines) * (HEAD + FOOT)
    plot = Plot(total)
    width = float(plot.get_size_inches()[0])
    top = total
    for line, height in zip(lines, heights, strict=True):
        top -= HEAD
        for k, (key, table) in enumerate(line):
            left = (k + 0.02) / columns * width + (1.0 if len(table) <= NAMED else GAP)
            right = (k + 1) / columns * width - 0.12
            box = (left / width, (top - height) / total, (right - left) / width, height / total)
            _panel(plot.add_axes(box), key, table)
        top -= height + FOOT
    return plot


def _height(n_levels: int) -> float:
    return max(1.2, ROW * n_levels) if n_levels <= NAMED else UNNAMED


def _panel(axes: Axes, key: tuple[str, str], table: pd.DataFrame) -> None:
    at = np.arange(len(table))
    named = len(table) <= NAMED
    axes.axvline(0, color=INK, lw=0.9, zorder=1)
    width, alpha = (1.2, 1.0) if named else (0.5, 0.4)
    low, high, colour = table["conf_low"], table["conf_high"], str(ONE_GROUP["color"])
    axes.hlines(at, low, high, colors=colour, linewidth=width, alpha=alpha)
    axes.plot(table["estimate"], at, ls="none", marker="o", ms=3.4 if named else 1.6, color=INK)
    axes.set_ylim(-0.7, len(table) - 0.3)
    axes.set_yticks(at if named else [], [_shown(level) for level in table["level"]] if named else [])
    axes.tick_params(axis="y", length=0, labelsize=7.5)
    axes.spines["left"].set_visible(False)
    axes.set_title(f"{key[0]}: {key[1]}", loc="left", size=9, weight="bold")
    axes.set_xlabel("Difference from the average" + ("" if named else f", {len(table)} levels in order"))


def _shown(level: object) -> str:
    text = str(level)
    return text if len(text) <= 16 else text[:15] + "…"


def _words(key: tuple[str, str], table: pd.DataFrame, conf_level: float) -> str:
    apart = int(((table["conf_low"] > 0) | (table["conf_high"] < 0)).sum())
    return (
        f"Random effects of {key[0]}, {key[1]}: {len(table)} levels in order, from {table['estimate'].iloc[0]:.3g} to "
        f"{table['estimate'].iloc[-1]:.3g}; {apart} of them with a {conf_level:.0%} interval without zero."
    )
