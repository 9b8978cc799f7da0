"""Invented trials of the study's own design: how the estimates spread, and which of them the test calls an effect.

One column an outcome; above the trials without a true effect, below those with one. All that is dark was found by the
test: above by mistake, below rightly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dww_analysis.figures.drawing import (
    FAINT,
    INK,
    NARROW,
    ONE_GROUP,
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
from dww_analysis.language.labels import Labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BESIDE = 3  # columns beside each other
SIDE, NAME, SAID, PANEL, FOOT = 0.12, 0.2, 0.4, 0.62, 0.42  # inches
LINE = 0.16  # of a name that needs another, in inches
COLUMNS = ("entry", "effect", "bin", "low", "high", "trials", "rejected")


@dataclass(frozen=True, eq=False)
class TriedEffect:
    """The trials with one true effect. rows: of the safe table `calibration_bins`; rejected, mcse: the share of all
    trials in which the test found an effect, and its Monte Carlo standard error; truth: the effect in the unit of the
    estimate, None where that is its own."""

    effect: float
    is_sesoi: bool
    rejected: float
    mcse: float
    trials: int
    rows: pd.DataFrame
    truth: float | None = None

    @property
    def at(self) -> float:
        """Where the estimates should lie."""
        return self.effect if self.truth is None else self.truth


@dataclass(frozen=True, eq=False)
class TriedOutcome:
    """One outcome: its trials without a true effect first, then those with one."""

    label: str
    unit: str
    decimals: int
    effects: Sequence[TriedEffect]


def draw_trials(outcomes: Sequence[TriedOutcome], *, labels: Labels) -> Drawing | None:
    """The trials of each outcome; None where no outcome has any that may be shown."""
    shown = [o for o in outcomes if o.effects]
    if not shown:
        return None
    words = labels.words
    with style():
        figure = _drawn(shown, labels, WIDTH, min(BESIDE, len(shown)))
        narrow = _drawn(shown, labels, NARROW, 1)
    title = _title(shown, labels)
    most = max(e.trials for o in shown for e in o.effects)
    return Drawing(
        name="trials",
        kind="trials",
        subject="",
        language=words.language,
        figure=figure,
        narrow=narrow,
        title=title,
        subtitle=labels.by_lot("figure.trials.subtitle"),
        caption=labels.by_lot("figure.trials.caption", n=words.count(most)),
        alt=title,
        long_description="\n".join(_sentence(o, e, labels) for o in shown for e in o.effects),
        data=pd.concat([e.rows for o in shown for e in o.effects], ignore_index=True)[list(COLUMNS)],
    )


def _drawn(shown: Sequence[TriedOutcome], labels: Labels, width: float, across: int) -> Figure:
    deep = max(len(o.effects) for o in shown)
    wide = width / across - 2 * SIDE
    names = [name_lines(labels.words.capital(o.label), int(wide * 11.5), 3) for o in shown]
    name = NAME + LINE * (max(map(len, names)) - 1)
    block = name + deep * (SAID + PANEL) + FOOT
    down = -(-len(shown) // across)
    height = block * down
    figure = new_figure(height, width)
    room = width / across
    for i, one in enumerate(shown):
        x, top = room * (i % across) + SIDE, height - block * (i // across)
        foot = top - name + 0.03
        figure.text(x / width, foot / height, "\n".join(names[i]), size=9, weight="bold", va="bottom")
        span = _span(one)
        for k, tried in enumerate(one.effects):
            y = top - name - (k + 1) * (SAID + PANEL)
            axes = figure.add_axes((x / width, y / height, wide / width, PANEL / height))
            _panel(axes, one, tried, span, labels)
            if k == len(one.effects) - 1:
                _foot(axes, one, labels.words)
            else:
                axes.tick_params(labelbottom=False)
    return figure


def _span(one: TriedOutcome) -> tuple[float, float]:
    """What the axis of all panels of an outcome covers."""
    low = min(float(e.rows["low"].min()) for e in one.effects)
    return low, max(float(e.rows["high"].max()) for e in one.effects)


def _panel(
    axes: Axes, one: TriedOutcome, tried: TriedEffect, span: tuple[float, float], labels: Labels
) -> None:
    edges, found, called = _heights(tried.rows)
    axes.stairs(found, edges, fill=True, facecolor=FAINT, edgecolor=SOFT, lw=0.7)
    axes.stairs(called, edges, fill=True, color=str(ONE_GROUP["color"]), lw=0)
    top = 1.08 * float(found.max())
    axes.plot([tried.at, tried.at], [0, top], color=INK, lw=1.1, linestyle=(0, (3, 1.5)))
    axes.set_xlim(*span)
    axes.set_ylim(0, top)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=5, steps=[1, 2, 5, 10])
    axes.tick_params(labelsize=7.5)
    said = f"{_true(one, tried, labels)}\n{_found(tried, labels)}"
    axes.set_title(said, size=7.5, loc="left", pad=3, linespacing=1.25)


def _heights(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges (b + 1,) of all bins between the first and the last, and of each how many trials, and how many found."""
    first, last = int(rows["bin"].min()), int(rows["bin"].max())
    at = rows["bin"].to_numpy(dtype=int) - first
    low, width = float(rows["low"].min()), float((rows["high"] - rows["low"]).median())
    found, called = np.zeros(last - first + 1), np.zeros(last - first + 1)
    found[at], called[at] = rows["trials"], rows["rejected"]
    return low + width * np.arange(last - first + 2), found, called


def _foot(axes: Axes, one: TriedOutcome, words: Words) -> None:
    axes.xaxis.set_major_formatter(plain_ticks(words, tick_decimals(axes.get_xticks())))
    axes.set_xlabel(words("figure.trials.axis", unit=one.unit), size=7.5, labelpad=2)


def _true(one: TriedOutcome, tried: TriedEffect, labels: Labels) -> str:
    """Which true effect the trials have."""
    if tried.effect == 0:
        return labels.by_lot("figure.trials.none")
    size = labels.words.number(tried.at, one.decimals)
    return labels.by_lot("figure.trials.sesoi" if tried.is_sesoi else "figure.trials.size", size=size)


def _found(tried: TriedEffect, labels: Labels) -> str:
    return labels.by_lot("figure.trials.found", **_share(tried, labels.words))


def _share(tried: TriedEffect, words: Words) -> dict[str, str]:
    return {"share": words.percent(tried.rejected, 1), "error": words.number(100 * tried.mcse, 1)}


def _sentence(one: TriedOutcome, tried: TriedEffect, labels: Labels) -> str:
    return labels.by_lot(
        "figure.trials.line",
        label=labels.words.capital(one.label),
        true=_true(one, tried, labels),
        n=labels.words.count(tried.trials),
        **_share(tried, labels.words),
    )


def _title(shown: Sequence[TriedOutcome], labels: Labels) -> str:
    """In how many trials the tests find an effect that is not there, and one that matters."""
    words = labels.words

    def span(found: Sequence[TriedEffect]) -> str:
        low, high = (words.percent(f(e.rejected for e in found)) for f in (min, max))
        return low if low == high else words("figure.trials.between", low=low, high=high)

    none = [e for o in shown for e in o.effects if e.effect == 0]
    wanted = [e for o in shown for e in o.effects if e.is_sesoi and e.effect != 0]
    said = [labels.by_lot("figure.trials.title_none", span=span(none))] if none else []
    said += [labels.by_lot("figure.trials.title_sesoi", span=span(wanted))] if wanted else []
    return "; ".join(said) if said else labels.by_lot("figure.trials.subtitle")
