"""Estimated marginal means with their intervals: along the first variable, by colour and shape of the others."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from dww_analysis.analyst.look import ARM_STYLES, FAINT, ONE_GROUP, arm_style, style
from dww_analysis.analyst.plot import Plot

from ..errors import MethodError
from ..formula.grid import MOST_VALUES
from ..formula.outcome import steps_back
from ..formula.reading import label_of
from ..inference.means import as_names
from ..model import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS = 6
PANEL, HEAD, FOOT, LEFT, GAP = 2.5, 0.55, 0.55, 0.85, 0.2  # inches
PLACES = 25  # at which a number with many values is shown
SAID = 12  # means that the alternative text gives one by one
AXIS = {  # by link: what the means are of
    "identity": "Mean of {0}",
    "logit": "Log odds of {0}",
    "cloglog": "Complementary log-log of {0}",
    "log": "Log of expected {0}",
}
NO_ZERO = " where it is no extra zero"
RESPONSE_AXIS = {"identity": "Mean of {0}", "logit": "Probability of {0}", "cloglog": "Probability of {0}"}


def draw_means(
    fit: Any, specs: str | Sequence[str] = (), by: str | Sequence[str] | None = None,
    at: Mapping[str, Any] | None = None, *, weights: str = "equal", df: str | None = None, conf_level: float = 0.95,
    type: str = "link",
) -> Plot:  # fmt: skip
    """The table of `means` with the same arguments: the first of `specs` along the axis, the others by colour and
    shape (up to four), a panel for each combination of `by` (up to six). A number with many values is shown at places
    over its range."""
    names, panels = as_names(specs), as_names(by)
    if not names:
        known = ", ".join(fit.spec.fixed_columns()) or "none"
        raise MethodError(
            f"plot('means') needs the variables to show, as in plot('means', 'arm'); known are {known}."
        )
    at = {**_along(fit, names[0]), **(at or {})}
    table = fit.means(names, panels, at, weights=weights, df=df, conf_level=conf_level, type=type)
    keys = list(table.columns[: len(names) + len(panels)])
    x, groups, parts = keys[0], _split(table, keys[1 : len(names)]), _split(table, keys[len(names) :])
    _check_size(groups, parts)
    with style():
        plot = _laid_out(table, x, groups, parts)
        plot.axes[0].set_ylabel(textwrap.fill(_axis_label(fit, type), 34))
    plot.alt = f"{_axis_label(fit, type)}, {conf_level:.0%} intervals. {_words(table, keys)}"
    plot.data = table
    return plot


def _along(fit: Any, name: str) -> dict[str, Array]:
    """Places over the range of a number that has too many values to take each."""
    values = fit.frame.get(name, pd.Series(dtype=object))
    if not is_numeric_dtype(values) or values.dtype == bool or values.nunique() <= MOST_VALUES:
        return {}
    return {name: np.linspace(values.min(), values.max(), PLACES)}


def _split(table: pd.DataFrame, keys: list[str]) -> dict[str, Array]:
    """Label -> rows, for each combination of the keys in order; one without a label where there are none."""
    labels = pd.Series(
        [", ".join(map(label_of, row)) for row in table[keys].to_numpy(object)], index=table.index
    )
    return {str(label): (labels == label).to_numpy() for label in dict.fromkeys(labels)}


def _check_size(groups: dict[str, Array], parts: dict[str, Array]) -> None:
    for found, most, what in ((groups, len(ARM_STYLES), "colours"), (parts, MOST_PANELS, "panels")):
        if len(found) > most:
            raise MethodError(
                f"The means need {len(found)} {what}, and {most} can be told apart; name fewer variables, or say with "
                "`at` at which levels."
            )


def _axis_label(fit: Any, scale: str) -> str:
    if fit.family == "ordinal":
        return f"Location of {fit.design.response}, in log odds"
    if scale == "response" and fit.link == "identity" and steps_back(fit.spec):
        (column,) = fit.spec.columns_of(fit.spec.plan.response)
        return f"{column}, turned back from the mean of {fit.design.response}"
    words = RESPONSE_AXIS.get(fit.link, "Expected {0}") if scale == "response" else AXIS[fit.link]
    return words.format(fit.design.response) + (NO_ZERO if fit.family == "zip" else "")


def _laid_out(table: pd.DataFrame, x: str, groups: dict[str, Array], parts: dict[str, Array]) -> Plot:
    columns = min(3, len(parts))
    n_lines = -(-len(parts) // columns)
    head = HEAD if len(groups) > 1 or len(parts) > 1 else 0.15
    total = n_lines * (head + PANEL + FOOT)
    plot = Plot(total)
    width = float(plot.get_size_inches()[0])
    wide = (width - LEFT - 0.1) / columns
    first: Axes | None = None
    for k, (label, rows) in enumerate(parts.items()):
        line, column = divmod(k, columns)
        bottom = total - (line + 1) * (head + PANEL + FOOT) + FOOT
        box = ((LEFT + column * wide) / width, bottom / total, (wide - GAP) / width, PANEL / total)
        axes = plot.add_axes(box, sharey=first, sharex=first)
        first = first or axes
        axes.tick_params(labelleft=column == 0)
        _panel(axes, table[rows], x, {name: mask[rows] for name, mask in groups.items()})
        if label:
            axes.text(0, 1.02, label, transform=axes.transAxes, size=9, weight="bold")
    if first is not None and len(groups) > 1:
        handles, labels = first.get_legend_handles_labels()
        plot.legend(
            handles, labels, frameon=False, ncols=len(groups), loc="upper left", handlelength=2.6,
            bbox_to_anchor=((LEFT - 0.1) / width, 1.0),
        )  # fmt: skip
    return plot


def _panel(axes: Axes, table: pd.DataFrame, x: str, groups: dict[str, Array]) -> None:
    line = is_numeric_dtype(table[x]) and table[x].nunique() > 2
    levels = list(dict.fromkeys(table[x]))
    for k, (label, rows) in enumerate(groups.items()):
        part = table[rows]
        look = arm_style(k) if len(groups) > 1 else ONE_GROUP
        if line:
            _band(axes, part, x, look, label)
        else:
            at = np.array([levels.index(value) for value in part[x]]) + 0.12 * (k - (len(groups) - 1) / 2)
            _whiskers(axes, at, part, look, label, len(groups) > 1)
    if not line:
        axes.set_xticks(range(len(levels)), [label_of(level) for level in levels])
        axes.set_xlim(-0.5, len(levels) - 0.5)
    axes.grid(axis="y", color=FAINT, lw=0.5)
    axes.set_axisbelow(True)
    axes.set_xlabel(x)


def _band(axes: Axes, part: pd.DataFrame, x: str, look: dict[str, Any], label: str) -> None:
    part = part.sort_values(x)
    axes.fill_between(part[x], part["conf_low"], part["conf_high"], color=look["color"], alpha=0.16, lw=0)
    size = 4.5 if len(part) < PLACES else 0
    axes.plot(part[x], part["estimate"], lw=1.8, ms=size, label=label, **look)


def _whiskers(
    axes: Axes, at: Array, part: pd.DataFrame, look: dict[str, Any], label: str, joined: bool
) -> None:
    """Points with intervals; several groups are joined by lines, so that what differs between them is seen."""
    axes.vlines(at, part["conf_low"], part["conf_high"], color=look["color"], lw=1.4)
    shown = look if joined else look | {"linestyle": "none"}
    axes.plot(at, part["estimate"], lw=1.0, ms=6, label=label, **shown)


def _words(table: pd.DataFrame, keys: list[str]) -> str:
    known = table.dropna(subset=["estimate"])
    if len(table) > SAID:
        ends = [known.loc[known["estimate"].idxmin()], known.loc[known["estimate"].idxmax()]]
        return f"{len(table)} means, from {_said(ends[0], keys)} to {_said(ends[1], keys)}."
    absent = len(table) - len(known)
    said = "; ".join(_said(row, keys) for _, row in known.iterrows())
    return f"{said}." + (f" {absent} more cannot be estimated." if absent else "")


def _said(row: pd.Series, keys: list[str]) -> str:
    where = ", ".join(f"{key} {label_of(row[key])}" for key in keys)
    return f"{where}: {row['estimate']:.4g} ({row['conf_low']:.4g} to {row['conf_high']:.4g})"
