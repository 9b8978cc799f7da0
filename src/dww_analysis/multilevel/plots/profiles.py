"""Profile likelihoods: how much worse the model fits when a parameter is held away from its estimate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from dww_analysis.analyst.look import ARM_STYLES, INK, ONE_GROUP, SOFT, style
from dww_analysis.analyst.plot import Plot

from .. import engines
from ..errors import MethodError
from ..inference.means import as_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..engine import Profiler

LIMITS = ARM_STYLES[0]["color"]
COLUMNS, PANEL, HEAD, FOOT = 3, 1.35, 0.34, 0.42  # panels beside each other; inches
GAP = 0.52


def draw_profiles(fit: Any, terms: str | Sequence[str] | None = None, conf_level: float = 0.95) -> Plot:
    """A panel for each parameter, named as in `profile`: the root of the rise in deviance at each value, and where it
    reaches the limits. Straight sides mean that the intervals of `coefficients` say the same."""
    profiler = engines.profiler(fit.solution, fit.options, conf_level)
    wanted = as_names(terms) or None
    limits, curves = profiler.table(wanted), profiler.curves(wanted)
    drawn = limits[limits["term"].isin(curves["term"])]
    if drawn.empty:
        raise MethodError("No parameter has a profile with two limits, so there is nothing to draw.")
    with style():
        plot = _laid_out(drawn, curves, profiler)
    plot.alt = f"Profile likelihoods, {conf_level:.0%} limits: " + "; ".join(
        f"{r['term']} {r['estimate']:.4g}, from {r['conf_low']:.4g} to {r['conf_high']:.4g}"
        for r in drawn.to_dict("records")
    )
    plot.alt += "."
    plot.data = curves
    return plot


def _laid_out(limits: pd.DataFrame, curves: pd.DataFrame, profiler: Profiler) -> Plot:
    n_lines = -(-len(limits) // COLUMNS)
    total = n_lines * (HEAD + PANEL + FOOT)
    plot = Plot(total)
    width = float(plot.get_size_inches()[0])
    wide = width / COLUMNS
    for k, row in enumerate(limits.to_dict("records")):
        line, column = divmod(k, COLUMNS)
        bottom = total - (line + 1) * (HEAD + PANEL + FOOT) + FOOT
        box = ((column * wide + GAP) / width, bottom / total, (wide - GAP - 0.1) / width, PANEL / total)
        axes = plot.add_axes(box)
        _panel(axes, row, curves[curves["term"] == row["term"]], profiler.quantile)
        if column == 0:
            axes.set_ylabel("Root of rise", size=8)
    return plot


def _panel(axes: Axes, row: dict[str, Any], curve: pd.DataFrame, quantile: float) -> None:
    axes.plot(curve["value"], curve["root"], color=ONE_GROUP["color"], lw=1.6, zorder=3)
    axes.axhline(quantile, color=SOFT, lw=0.9, ls=(0, (3, 2)), zorder=1)
    for side in ("conf_low", "conf_high"):
        axes.plot([row[side]] * 2, [0, quantile], color=LIMITS, lw=1.2, zorder=2)
    axes.plot([row["estimate"]], [0], marker="o", ms=4.5, color=INK, zorder=4, clip_on=False)
    axes.set_ylim(0, 1.25 * quantile)
    axes.locator_params(axis="x", nbins=4)
    axes.set_title(str(row["term"]), loc="left", size=8, weight="bold")
