"""Model means over the waves, by arm where there are arms, on the whole scale; beside it the difference between arms.

Thin lines say how far units lie apart, from the variances of the model: no unit has a line of its own (as
docs/privacy.md says).
Both panels show intervals. The left one spans the scale from its lowest to its highest possible score, so that a
small difference looks small; the right one shows the same difference close up, against the smallest of interest.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dww_analysis.domain.study import Study
from dww_analysis.figures.drawing import (
    BAND,
    FAINT,
    INK,
    NARROW,
    ONE_GROUP,
    SOFT,
    Drawing,
    Words,
    label_ends,
    look_of,
    measured_on,
    new_figure,
    plain_ticks,
    style,
    tick_decimals,
)
from dww_analysis.language.measure import Trajectory

MIDDLE = 1.2816  # SDs from the mean within which the middle 80% lie, of a normal distribution

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_trajectories(trajectory: Trajectory, *, study: Study, words: Words, name: str) -> Drawing | None:
    """Trajectories of model means; None when there are no means to draw.

    A mean of fewer than `study.min_cell_size` persons is not drawn and the caption says so. The message of the
    trajectory is the title; without it the title is neutral.
    """
    words, measure, message = (
        words.named(study.level_labels, study.unit),
        trajectory.measure,
        trajectory.message,
    )
    means, hidden = _tidy(trajectory.means, study.min_cell_size)
    differences = trajectory.differences
    differences = None if differences is None else differences.dropna(subset=["estimate"])
    if means.empty:
        return None
    arms = [a for a in [arm.id for arm in study.arms] if a in set(means["arm"])] or [""]
    differences = None if differences is None or differences.empty else differences
    beside = _compared(differences, study) if differences is not None else "closeup" if arms == [""] else ""
    half = MIDDLE * trajectory.spread if trajectory.spread else 0.0
    shown = _Shown(means, arms, study, words, measure.limits, differences, trajectory.sesoi, half)
    with style():
        start = 0.60 if differences is None else 0.73
        side = (start, 0.15, 0.99 - start, 0.78) if beside else None
        figure = _panels(new_figure(3.0), (0.05, 0.15, 0.42 if beside else 0.72, 0.78), side, shown)
        below = (0.13, 0.09, 0.84, 0.34) if beside else None
        top = (0.09, 0.57, 0.52, 0.4) if beside else (0.09, 0.12, 0.52, 0.84)
        narrow = _panels(new_figure(5.4 if beside else 2.8, NARROW), top, below, shown)
    level = words.level(trajectory.conf_level)
    rows = [_sentence(r, study, words, level) for r in means.to_dict("records")]
    return Drawing(
        name=name,
        narrow=narrow,
        kind="trajectories",
        subject=measure.id,
        language=words.language,
        figure=figure,
        title=words.capital(message or words("figure.trajectories.title", label=measure.label)),
        subtitle=measured_on("figure.trajectories.subtitle", measure, words),
        caption=_caption(shown, level, beside, hidden, trajectory.alike),
        alt=f"{words('figure.trajectories.alt', label=measure.label)} {message or rows[-1]}".strip(),
        long_description="\n".join(rows),
        data=_data(shown),
    )


def _compared(differences: pd.DataFrame, study: Study) -> str:
    """What the differences are of: "waves", "arms", or "changes" of arms since an earlier wave."""
    if not study.arms:
        return "waves"
    since = "from_wave" in differences and differences["from_wave"].notna().any()
    return "changes" if since else "arms"


Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class _Shown:
    """What both variants of the figure show."""

    means: pd.DataFrame
    arms: list[str]
    study: Study
    words: Words
    score_range: tuple[float, float]
    differences: pd.DataFrame | None
    sesoi: float | None
    half: float = 0.0  # how far the middle_80 reach from their mean; 0 where that is not known

    @property
    def edges(self) -> pd.DataFrame:
        """The means with `low` and `high`, between which the middle_80 lie, within the scale."""
        low, high = self.score_range
        middle = self.means["estimate"]
        return self.means.assign(
            low=(middle - self.half).clip(lower=low), high=(middle + self.half).clip(upper=high)
        )


def _panels(figure: Figure, whole: Box, beside: Box | None, shown: _Shown) -> Figure:
    """The means on the whole scale in one box and, where there is a second, the differences or the line close up."""
    _draw_means(figure.add_axes(whole), shown)
    if beside is None:
        return figure
    if shown.differences is None:
        _draw_closeup(figure.add_axes(beside), shown)
    else:
        _draw_differences(figure.add_axes(beside), shown.differences, shown)
    return figure


def _tidy(means: pd.DataFrame, minimum: int) -> tuple[pd.DataFrame, int]:
    """Means in the order of arm and wave, without those of fewer than `minimum` persons, and how many those were."""
    means = pd.DataFrame(means).copy()
    if means.empty:
        return means, 0
    if "arm" not in means:
        means["arm"] = ""
    means["arm"] = means["arm"].fillna("").astype(str)
    means["wave"] = means["wave"].astype(int)
    small = means["n"].fillna(0) < minimum if "n" in means else pd.Series(False, index=means.index)
    kept = means[means["estimate"].notna() & ~small]
    return kept.sort_values(["arm", "wave"]).reset_index(drop=True), int(small.sum())


def _draw_means(axes: Axes, shown: _Shown) -> None:
    means, arms, study, words = shown.means, shown.arms, shown.study, shown.words
    low, high = shown.score_range
    waves = sorted(means["wave"].unique())
    ends: list[tuple[float, str, dict[str, Any]]] = []
    for position, arm in enumerate(arms):
        rows = means[means["arm"] == arm]
        look = look_of(arm, study)
        shift = 0.06 * (position - (len(arms) - 1) / 2)
        x = np.array([waves.index(w) for w in rows["wave"]]) + shift
        axes.vlines(x, rows["conf_low"], rows["conf_high"], color=look["color"], lw=1.8)
        axes.plot(x, rows["estimate"], ms=6, lw=1.6, **look)
        if shown.half:
            for edge in ("low", "high"):
                line = {"color": look["color"], "linestyle": look["linestyle"]}
                axes.plot(x, shown.edges.loc[rows.index, edge], lw=0.6, **line)
        text = f"{words.number(rows['estimate'].iloc[-1])} {_arm_label(study, arm, words)}".strip()
        ends.append((float(rows["estimate"].iloc[-1]), text, look))
    label_ends(axes, ends, len(waves) - 1, high - low)
    axes.axhline(low, color=FAINT, lw=0.8)
    axes.axhline(high, color=FAINT, lw=0.8)
    axes.set_ylim(low - 0.03 * (high - low), high + 0.03 * (high - low))
    axes.set_yticks(_ticks(low, high))
    axes.yaxis.set_major_formatter(plain_ticks(words, 0 if _whole(_ticks(low, high)) else 1))
    axes.set_xlim(-0.25, len(waves) - 1 + 0.25)
    axes.set_xticks(range(len(waves)), _wave_labels(waves, study, words))


def _draw_closeup(axes: Axes, shown: _Shown) -> None:
    """The one line again, on an axis of its own, because its movement cannot be seen on the whole scale."""
    means, x = shown.means, np.arange(len(shown.means))
    axes.vlines(x, means["conf_low"], means["conf_high"], color=ONE_GROUP["color"], lw=1.8)
    axes.plot(x, means["estimate"], ms=6, lw=1.6, **ONE_GROUP)
    _finish_right(axes, x, means["wave"], shown)
    axes.set_title(shown.words("figure.trajectories.closeup"), size=9, loc="left", pad=4)


def _finish_right(axes: Axes, x: np.ndarray, waves: Iterable[int], shown: _Shown) -> None:
    axes.set_xlim(-0.6, len(x) - 0.4)
    axes.set_xticks(x, _wave_labels(waves, shown.study, shown.words, 11), size=7.5)
    axes.locator_params(axis="y", nbins=6, steps=[1, 2, 5, 10])
    axes.yaxis.set_major_formatter(plain_ticks(shown.words, tick_decimals(axes.get_yticks())))


def _draw_differences(axes: Axes, differences: pd.DataFrame, shown: _Shown) -> None:
    rows, sesoi = differences.sort_values("wave"), shown.sesoi
    x = np.arange(len(rows))
    edge = np.nanmax(np.abs(rows[["conf_low", "conf_high"]].to_numpy(float)))
    if sesoi:
        edge = max(edge, sesoi)
        axes.axhspan(-sesoi, sesoi, color=BAND, lw=0, zorder=0)
        for s in (-sesoi, sesoi):
            axes.axhline(s, color=SOFT, lw=0.9, linestyle=(0, (1, 1.6)))
    axes.axhline(0, color=INK, lw=1)
    axes.vlines(x, rows["conf_low"], rows["conf_high"], color=INK, lw=1.8)
    axes.plot(x, rows["estimate"], "D", color=INK, ms=5.5)
    axes.set_ylim(-1.15 * edge, 1.15 * edge)
    _finish_right(axes, x, rows["wave"], shown)
    said = shown.words(f"figure.trajectories.difference_{_compared(rows, shown.study)}")
    axes.set_title(said, size=9, loc="left", pad=4)


def _wave_labels(waves: Iterable[int], study: Study, words: Words, most: int = 14) -> list[str]:
    return [
        "\n".join(textwrap.wrap(study.wave_label(int(w), words.language), most, break_long_words=False))
        for w in waves
    ]


def _ticks(low: float, high: float) -> list[float]:
    span = high - low
    step = next((s for s in (1, 2, 5, 10, 20, 25, 50, 100) if span / s <= 6), span / 5)
    inside = [low + i * step for i in range(int(span / step) + 1)]
    return inside if abs(inside[-1] - high) < 1e-9 else [*inside, high]


def _whole(values: list[float]) -> bool:
    return all(abs(v - round(v)) < 1e-9 for v in values)


def _arm_label(study: Study, arm: str, words: Words) -> str:
    return next((words.say(a.label) for a in study.arms if a.id == arm), "")


def _sentence(row: dict[str, Any], study: Study, words: Words, level: str) -> str:
    where = [_arm_label(study, row["arm"], words), study.wave_label(int(row["wave"]), words.language)]
    return words(
        "figure.trajectories.row",
        where=", ".join(w for w in where if w),
        estimate=words.number(row["estimate"]),
        level=level,
        span=words.span(row["conf_low"], row["conf_high"]),
    )


def _caption(shown: _Shown, level: str, beside: str, hidden: int, alike: bool) -> str:
    words, sesoi = shown.words, shown.sesoi
    parts = [words("figure.trajectories.caption", level=level)]
    if shown.half:
        parts.append(words(f"figure.trajectories.caption_units{'_alike' if alike else ''}"))
    if beside == "closeup":
        parts.append(words("figure.trajectories.caption_closeup"))
    elif beside:
        parts.append(words(f"figure.trajectories.caption_right_{beside}"))
    if beside not in ("", "closeup") and sesoi:
        parts.append(words("figure.trajectories.caption_sesoi", sesoi=words.number(sesoi)))
    if hidden:
        parts.append(words.many("figure.hidden", hidden, minimum=shown.study.min_cell_size))
    return " ".join(parts)


def _data(shown: _Shown) -> pd.DataFrame:
    columns = ["wave", "estimate", "conf_low", "conf_high"]
    parts = [shown.means[["arm", *columns]].assign(quantity="mean")]
    if shown.differences is not None:
        parts.append(shown.differences[columns].assign(quantity="difference", arm=""))
    if shown.half:
        own = shown.edges[["arm", "wave", "low", "high"]]
        parts.append(
            own.rename(columns={"low": "conf_low", "high": "conf_high"}).assign(quantity="middle_80")
        )
    return pd.concat(parts, ignore_index=True)[["quantity", "arm", *columns]]
