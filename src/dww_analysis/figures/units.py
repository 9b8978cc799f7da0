"""How units stand, in order, once chance is allowed for: a panel for each outcome, with the pull towards the middle.

No unit has a name, a count or an interval of its own, and the observed means are shown for thirds of the units only:
the distance between a unit's observed mean and its estimate would tell its size, and with it which unit it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dww_analysis.domain.study import Unit
from dww_analysis.figures.drawing import (
    ARM_STYLES,
    FAINT,
    INK,
    NARROW,
    PAPER,
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
from dww_analysis.language import decimals_for, half_up
from dww_analysis.language.labels import Labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LEAST_UNITS = 9  # three a third
THIRDS = 3
PANEL, HEAD, FOOT, GAP = 2.0, 0.55, 0.15, 0.15  # inches
BESIDE = 3  # panels beside each other


@dataclass(frozen=True, eq=False)
class UnitPanel:
    """One outcome. rows: columns of the table `unit_effects` that may be shown; std_error: one for all units."""

    outcome: str
    label: str
    unit: str  # of the outcome
    rows: pd.DataFrame
    std_error: float
    conf_level: float


@dataclass(frozen=True, eq=False)
class _Shown:
    """What is drawn of one outcome, rounded: estimates in order, and means of thirds (observed, estimate)."""

    panel: UnitPanel
    estimates: np.ndarray
    thirds: pd.DataFrame
    kept: float  # share of the observed differences that is left

    @property
    def decimals(self) -> int:
        return decimals_for(self.panel.std_error)


def draw_units(panels: Sequence[UnitPanel], *, level: Unit, labels: Labels) -> Drawing | None:
    """The units of each outcome; None where no outcome has enough units that may be shown. level: what units are."""
    shown = [_rounded(p) for p in panels if len(p.rows) >= LEAST_UNITS]
    if not shown:
        return None
    words = labels.words.named(labels.study.level_labels, level)
    with style():
        figure, narrow = (_drawn(shown, words, width) for width in (WIDTH, NARROW))
    kept = [words.percent(s.kept) for s in shown]
    low, high = words.percent(min(s.kept for s in shown)), words.percent(max(s.kept for s in shown))
    said = "figure.units.title" if low == high else "figure.units.title_range"
    title = words(said, share=kept[0], low=low, high=high)
    return Drawing(
        name="units",
        kind="units",
        subject="",
        language=words.language,
        figure=figure,
        narrow=narrow,
        title=title,
        subtitle=words("figure.units.subtitle", level=words.level(shown[0].panel.conf_level)),
        caption=words("figure.units.caption", minimum=labels.study.min_cell_size),
        alt=f"{title}. {words('figure.units.alt')}",
        long_description="\n".join(line for s in shown for line in _sentences(s, words)),
        data=pd.concat([_numbers(s) for s in shown], ignore_index=True),
    )


def _rounded(panel: UnitPanel) -> _Shown:
    decimals = decimals_for(panel.std_error)
    rows = panel.rows.sort_values("estimate", kind="stable", ignore_index=True)
    third = np.arange(len(rows)) * THIRDS // len(rows)
    means = rows.groupby(third)[["observed", "estimate"]].mean().map(half_up, decimals=decimals)
    square = float((rows["observed"] ** 2).sum())
    kept = float((rows["observed"] * rows["estimate"]).sum()) / square if square > 0 else 0.0
    estimates = rows["estimate"].map(lambda v: float(half_up(v, decimals))).to_numpy(dtype="float64")
    return _Shown(panel, estimates, means.astype("float64"), min(max(kept, 0.0), 1.0))


def _drawn(shown: Sequence[_Shown], words: Words, width: float) -> Figure:
    across = min(BESIDE, len(shown)) if width > NARROW else 1
    down = -(-len(shown) // across)
    row = HEAD + PANEL + FOOT
    height = row * down
    figure = new_figure(height, width)
    left = 0.5
    room = (width - GAP) / across
    for i, one in enumerate(shown):
        x, y = left + room * (i % across), row * (down - 1 - i // across) + FOOT
        box = (x / width, y / height, (room - left - 0.05) / width, PANEL / height)
        _panel(figure.add_axes(box), one, words, int((room - left) * 13))
    return figure


def _panel(axes: Axes, one: _Shown, words: Words, signs: int) -> None:
    """One outcome; signs: how many a line above it holds."""
    n = len(one.estimates)
    half = _half(one)
    x = np.arange(n)
    axes.axhline(0, color=INK, lw=0.9, zorder=1)
    own = ARM_STYLES[1]["color"]
    axes.vlines(x, one.estimates - half, one.estimates + half, color=own, lw=0.9, alpha=0.45, zorder=2)
    axes.plot(x, one.estimates, "o", color=own, ms=3.6, zorder=3)
    for third, row in one.thirds.iterrows():
        at = (float(third) + 0.5) * n / THIRDS - 0.5  # type: ignore[arg-type]
        axes.annotate(
            "", (at, row["estimate"]), (at, row["observed"]),
            arrowprops={"arrowstyle": "->", "color": INK, "lw": 1.3, "shrinkA": 0, "shrinkB": 0}, zorder=4,
        )  # fmt: skip
        axes.plot(at, row["observed"], "D", mfc=PAPER, mec=INK, mew=1.2, ms=5, zorder=5)
    edge = max(np.abs(one.estimates).max() + half, one.thirds["observed"].abs().max())
    axes.set_ylim(-1.12 * edge, 1.12 * edge)
    axes.set_xlim(-0.8, n - 0.2)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.locator_params(axis="y", nbins=6, steps=[1, 2, 5, 10])
    axes.yaxis.set_major_formatter(plain_ticks(words, tick_decimals(axes.get_yticks())))
    axes.grid(axis="y", color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)
    heading = "\n".join([*name_lines(words.capital(one.panel.label), signs, 2), one.panel.unit])
    axes.set_title(heading, size=8.5, loc="left", pad=4, color=SOFT)


def _half(one: _Shown) -> float:
    from scipy.special import ndtri

    return float(ndtri(0.5 + one.panel.conf_level / 2)) * one.panel.std_error


def _sentences(one: _Shown, words: Words) -> list[str]:
    """The range of the estimates, how much is left, and the thirds."""
    label = words.capital(one.panel.label)
    low, high = (words.number(v, one.decimals) for v in (one.estimates[0], one.estimates[-1]))
    share, n = words.percent(one.kept), words.amount("unit", len(one.estimates))
    said = [words("figure.units.line", label=label, low=low, high=high, share=share, n=n)]
    for name, (_, row) in zip(("lowest", "middle", "highest"), one.thirds.iterrows(), strict=True):
        observed, estimate = (words.number(row[c], one.decimals) for c in ("observed", "estimate"))
        third = words(f"figure.units.{name}")
        said.append(words("figure.units.third", third=third, observed=observed, estimate=estimate))
    return said


def _numbers(one: _Shown) -> pd.DataFrame:
    """Estimates in order, and the thirds; nothing tells which unit a row is."""
    half = float(half_up(_half(one), one.decimals))
    units = pd.DataFrame({"part": "one", "estimate": one.estimates})
    units = units.assign(conf_low=one.estimates - half, conf_high=one.estimates + half)
    thirds = one.thirds.reset_index(drop=True).assign(part=["lowest third", "middle third", "highest third"])
    both = pd.concat([units, thirds], ignore_index=True).assign(outcome=one.panel.outcome)
    columns = ["outcome", "part", "estimate", "conf_low", "conf_high", "observed"]
    return both.reindex(columns=columns).round(one.decimals)
