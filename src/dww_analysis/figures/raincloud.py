"""How one scale's scores spread: half a density and a box per wave and arm, without single persons.

Points are left out on purpose: a point is one person's score. So would the peaks of a density of the scores be: from
its height at as many places as there are scores follows how many persons had each. The curve is therefore drawn from
the quantiles that are published, and says no more than these. A group of fewer persons than three times the study's
minimum is not drawn, nor one whose numbers are not published, and the caption says so; the whiskers stop at the 10th
and 90th percentile, because the lowest and highest score are single persons too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dww_analysis.domain.study import Study
from dww_analysis.figures.drawing import (
    FAINT,
    PAPER,
    SOFT,
    Drawing,
    Words,
    look_of,
    measured_on,
    new_figure,
    plain_ticks,
    style,
)
from dww_analysis.language.labels import Labels
from dww_analysis.language.measure import Measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Group = tuple[int, str]  # wave and arm
Shown = Mapping[Group, Mapping[str, float]]  # group -> its numbers as tables have them
TWO = 2  # values of an answer that is yes or no
LEAST_TIMES = 3  # the minimum group size: a density or a quantile of few persons gives their scores away
GRID = 81  # points at which a density is drawn
PUBLISHED = ("mean", "sd", "q25", "median", "q75")
OUTLINE = 40  # scores that stand for a group
TAIL = 1.54  # of a normal distribution: mean distance beyond the 10th percentile, twice, by that up to the quartile
QUANTILES = {"p10": 0.10, "q25": 0.25, "median": 0.50, "q75": 0.75, "p90": 0.90}


def draw_raincloud(
    scores: pd.DataFrame,
    measure: Measure,
    *,
    labels: Labels,
    name: str,
    shown: Shown | None = None,
) -> Drawing | None:
    """Rainclouds of the scores of one scale (of one sample); None when no group may be drawn, and where scores are
    yes or no: two values have no shape, and their shares stand in the table.

    scores: columns wave (int), arm ("" or absent without arms), score (NaN is left out). Groups of fewer than
    three times `study.min_cell_size` persons are absent, and those that are not among `shown`: the groups whose numbers
    (PUBLISHED) are published, so that nothing about other groups follows from the figure, and what is printed is what
    tables print (None: all, by their scores). The density is that of `outline`, Gaussian with Scott's bandwidth (Scott
    1992), reflected at the limits of the scale, so that it puts no mass where no score can be.
    """
    study, words = labels.study, labels.words
    groups, few, withheld = _groups(scores, study, shown)
    if not groups or scores["score"].nunique() <= TWO:
        return None
    summary = pd.DataFrame(groups)
    with style():
        arms = max(1, len(study.arms))
        waves = sorted({g["wave"] for g in groups})
        figure = new_figure(0.75 + (0.42 * arms + 0.2) * len(waves))
        height = figure.get_size_inches()[1]
        axes = figure.add_axes((0.285, 0.45 / height, 0.50, 1 - 0.6 / height))
        _draw_groups(axes, groups, labels, measure.limits)
    rows = [_sentence(g, study, words) for g in groups]
    return Drawing(
        name=name,
        kind="raincloud",
        subject=measure.id,
        language=words.language,
        figure=figure,
        title=words.capital(_title(groups, measure.label, study, words)),
        subtitle=measured_on("figure.raincloud.subtitle", measure, words),
        caption=_caption(few, withheld, study, words),
        alt=words("figure.raincloud.alt", label=measure.label) + " " + rows[-1],
        long_description="\n".join(rows),
        data=summary,
    )


def _groups(scores: pd.DataFrame, study: Study, shown: Shown | None) -> tuple[list[dict[str, Any]], int, int]:
    """What is drawn of each group; how many groups are too small, and how many more are not among those shown."""
    scores = scores[scores["score"].notna()]
    arm = (
        scores["arm"].fillna("").astype(str)
        if study.arms and "arm" in scores
        else pd.Series("", scores.index)
    )
    order = [a.id for a in study.arms] or [""]
    groups, few, withheld = [], 0, 0
    for wave in sorted(scores["wave"].astype(int).unique()):
        for a in order:
            values = np.sort(
                scores.loc[(scores["wave"].astype(int) == wave) & (arm == a), "score"].to_numpy(float)
            )
            if len(values) < LEAST_TIMES * study.min_cell_size:
                few += len(values) > 0
                continue
            if shown is not None and (wave, a) not in shown:
                withheld += 1
                continue
            quantiles = {k: float(np.quantile(values, q)) for k, q in QUANTILES.items()}
            spread = {"n": len(values), "mean": float(values.mean()), "sd": float(values.std(ddof=1))}
            told = {} if shown is None else shown[int(wave), a]
            groups.append({"wave": int(wave), "arm": a, **spread, **quantiles, **told})
    return groups, few, withheld


def outline(group: Mapping[str, float], low: float, high: float) -> np.ndarray:
    """OUTLINE scores as they lie between the quantiles of a group (columns of `QUANTILES`), evenly; beyond the outer
    ones up to the end of a normal tail, or the limits of the scale."""
    inner = [group[name] for name in QUANTILES]
    ends = (
        max(low, inner[0] - TAIL * (inner[1] - inner[0])),
        min(high, inner[-1] + TAIL * (inner[-1] - inner[-2])),
    )
    at = (np.arange(OUTLINE) + 0.5) / OUTLINE
    return np.interp(at, [0, *QUANTILES.values(), 1], [ends[0], *inner, ends[1]])


def density(
    values: np.ndarray,
    grid: np.ndarray,
    low: float,
    high: float,
    n: int | None = None,
    sd: float | None = None,
) -> np.ndarray:
    """Gaussian kernel density on `grid`, reflected at `low` and `high` (Silverman 1986, section 2.10). n, sd: of the
    scores that decide the bandwidth, where `values` stand for others."""
    spread = values.std(ddof=1) if sd is None else sd
    if not spread > 0:
        spread = (high - low) / 40
    width = max(spread * (n or len(values)) ** -0.2, (high - low) / 60)
    levels, counts = np.unique(values, return_counts=True)
    total = np.zeros_like(grid)
    for mirrored in (levels, 2 * low - levels, 2 * high - levels):
        z = (grid[:, None] - mirrored[None, :]) / width
        total += np.exp(-0.5 * z * z) @ counts
    return total / (len(values) * width * np.sqrt(2 * np.pi))


def _draw_groups(
    axes: Axes, groups: list[dict[str, Any]], labels: Labels, limits: tuple[float, float]
) -> None:
    study, words = labels.study, labels.words
    waves = sorted({g["wave"] for g in groups})
    low, high = limits
    grid = np.linspace(low, high, GRID)
    curves = [density(outline(g, low, high), grid, low, high, g["n"], g["sd"]) for g in groups]
    tallest = max(c.max() for c in curves)
    arms = [a.id for a in study.arms] or [""]
    band = len(arms) + 0.45
    for group, curve in zip(groups, curves, strict=True):
        position = arms.index(group["arm"])
        look = look_of(group["arm"], study)
        base = waves.index(group["wave"]) * band + position
        axes.fill_between(grid, base, base - 0.62 * curve / tallest, color=look["color"], alpha=0.35, lw=0)
        axes.plot(grid, base - 0.62 * curve / tallest, color=look["color"], lw=1, linestyle=look["linestyle"])
        _draw_box(axes, group, base + 0.15, look)
        place: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center", "size": 8}
        axes.text(1.05, base, f"{words.number(group['mean'])} ({words.number(group['sd'])})", **place)
        axes.text(1.38, base, words.count(group["n"]), ha="right", **place)
        name = next((words.say(a.label) for a in study.arms if a.id == group["arm"]), "")
        if name:
            axes.text(
                -0.03, base, name, transform=axes.get_yaxis_transform(), va="center", ha="right", size=8
            )
    for i, wave in enumerate(waves):
        middle = i * band - (0.42 if study.arms else 0.1)
        place = {"transform": axes.get_yaxis_transform(), "va": "center", "weight": "bold"}
        axes.text(
            -0.5 if study.arms else -0.45,
            middle,
            study.wave_label(wave, words.language),
            **place,
        )
        if i:
            axes.plot(
                [-0.53, 1.38],
                [i * band - 0.78] * 2,
                color=FAINT,
                lw=0.8,
                clip_on=False,
                transform=axes.get_yaxis_transform(),
            )
    axes.set_ylim(len(waves) * band - 0.85, -0.75)
    axes.set_xlim(low - 0.02 * (high - low), high + 0.02 * (high - low))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_formatter(plain_ticks(words, 0 if high - low >= 2 else 1))
    axes.locator_params(axis="x", nbins=7, integer=high - low >= 2)
    head: dict[str, Any] = {
        "transform": axes.get_yaxis_transform(),
        "size": 7.5,
        "color": SOFT,
        "va": "bottom",
    }
    axes.text(1.05, -0.68, words("figure.raincloud.numbers"), **head)
    axes.text(1.38, -0.68, "n", ha="right", **head)


def _draw_box(axes: Axes, group: dict[str, Any], y: float, look: dict[str, Any]) -> None:
    axes.plot([group["p10"], group["p90"]], [y, y], color=look["color"], lw=1.1)
    axes.plot([group["q25"], group["q75"]], [y, y], color=look["color"], lw=6, solid_capstyle="butt")
    axes.plot(
        group["median"], y, marker=look["marker"], color=PAPER, markeredgecolor=look["color"], ms=5.5, mew=1.3
    )


def _sentence(group: dict[str, Any], study: Study, words: Words) -> str:
    name = next((words.say(a.label) for a in study.arms if a.id == group["arm"]), "")
    where = ", ".join(w for w in (name, study.wave_label(group["wave"], words.language)) if w)
    numbers = {k: words.number(group[k]) for k in ("mean", "sd", "median", "q25", "q75")}
    return words("figure.raincloud.row", where=where, n=words.count(group["n"]), **numbers)


def _title(groups: list[dict[str, Any]], label: str, study: Study, words: Words) -> str:
    """The medians at the last wave drawn; over the waves when there are no arms."""
    shown = [g for g in groups if g["wave"] == groups[-1]["wave"]] if study.arms else [groups[0], groups[-1]]
    parts = []
    for g in shown if len(shown) == 1 or shown[0] is not shown[-1] else shown[:1]:
        arm = next((words.say(a.label) for a in study.arms if a.id == g["arm"]), "")
        place = arm or study.wave_label(g["wave"], words.language)
        parts.append(words("figure.raincloud.median_of", median=words.number(g["median"]), group=place))
    wave = study.wave_label(groups[-1]["wave"], words.language)
    key = "title_arms" if study.arms else "title_waves"
    return words(f"figure.raincloud.{key}", label=label, medians=words.listing(parts), wave=wave)


def _caption(few: int, withheld: int, study: Study, words: Words) -> str:
    text = words("figure.raincloud.caption")
    if few:
        text += " " + words.many("figure.hidden", few, minimum=LEAST_TIMES * study.min_cell_size)
    if withheld:
        text += " " + words.many("figure.withheld", withheld)
    return text
