"""The power curve: how often an effect is found, by the number of teams, one line for each set of assumptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from dww_analysis.domain.answer import ENOUGH_POWER
from dww_analysis.figures.drawing import (
    FAINT,
    INK,
    SOFT,
    Drawing,
    Words,
    arm_style,
    new_figure,
    plain_ticks,
    style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WHOLE = ("persons", "waves", "strata")
ASSUMED = (*WHOLE, "icc", "cac", "iac", "cv", "dropout", "covariate_r", "effect")


def draw_power(table: pd.DataFrame, *, words: Words, name: str = "power") -> Drawing:
    """Power by teams. table: columns design, unit, teams, power and the assumptions; lines are named by what varies."""
    lines = power_lines(table, words)
    units = words.level_names(counted_level(table))
    drawn = "persons" if table["unit"].iloc[0] == "person" else table["design"].iloc[0]
    with style():
        figure = new_figure(3.4)
        axes = figure.add_axes((0.09, 0.16, 0.62, 0.78))
        for i, (label, rows) in enumerate(lines):
            _draw_line(axes, rows.sort_values("teams"), label, i)
        _finish(axes, words, units)
    said = [_sentence(label, rows, words, units) for label, rows in lines]
    return Drawing(
        name=name,
        kind="power",
        subject="",
        language=words.language,
        figure=figure,
        title=words("figure.power.title", units=units),
        subtitle=words.capital(words(f"figure.power.{drawn}", units=units)),
        caption=words("figure.power.caption"),
        alt=" ".join(said),
        long_description="\n".join(said),
        data=table,
    )


def power_lines(table: pd.DataFrame, words: Words) -> list[tuple[str, pd.DataFrame]]:
    """(assumptions that vary, in words; the rows by teams) of every line; the ICC where nothing varies."""
    varied = [c for c in ASSUMED if table[c].nunique() > 1] or ["icc"]
    unit = words.level_name(counted_level(table))
    return [(_label(key, varied, unit, words), rows) for key, rows in table.groupby(varied, sort=True)]


def counted_level(table: pd.DataFrame) -> str:
    """The level of which column teams is the number: organisations where these are drawn, else teams."""
    return "organisation" if table["unit"].iloc[0] == "organisation" else "team"


def _draw_line(axes: Axes, rows: pd.DataFrame, label: str, position: int) -> None:
    axes.plot(rows["teams"], rows["power"], markersize=5, linewidth=1.6, label=label, **arm_style(position))


def _finish(axes: Axes, words: Words, units: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.axhline(ENOUGH_POWER, color=SOFT, linewidth=0.9, linestyle=(0, (1, 1.6)))
    axes.set_ylim(0, 1.02)
    axes.grid(axis="y", color=FAINT, linewidth=0.5)
    axes.set_xlabel(words.capital(words("figure.power.teams", units=units)))
    axes.set_ylabel(words.capital(words("figure.power.power")))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.xaxis.set_major_formatter(plain_ticks(words, 0))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.percent(value)))
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, labelcolor=INK)


def _label(key: Any, varied: list[str], unit: str, words: Words) -> str:
    values = key if isinstance(key, tuple) else (key,)
    return "; ".join(
        f"{words(f'figure.power.by.{n}', unit=unit)} {words.number(v, 0 if n in WHOLE else 2)}"
        for n, v in zip(varied, values, strict=True)
    )


def _sentence(label: str, rows: pd.DataFrame, words: Words, units: str) -> str:
    each = [
        f"{words.count(r.teams)}: {words.percent(r.power)}" for r in rows.sort_values("teams").itertuples()
    ]
    return words("figure.power.line", label=words.capital(label), units=units, powers=words.listing(each))
