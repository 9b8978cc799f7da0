"""From whom and from what people learn, before and after: two dots a source, joined, in a panel for each arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from dww_analysis.figures.drawing import (
    FAINT,
    INK,
    NARROW,
    PAPER,
    SOFT,
    WIDTH,
    Drawing,
    Words,
    look_of,
    name_lines,
    new_figure,
    plain_ticks,
    style,
)
from dww_analysis.language.labels import Labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, HEAD, FOOT = 0.34, 0.3, 0.5  # inches
COLUMNS = ("sample", "arm", "wave", "code", "per_ten_beeps")


@dataclass(frozen=True, eq=False)
class _Found:
    """What is drawn: rows of the safe table at two waves, with the sources in order of how often they are named."""

    rows: pd.DataFrame
    waves: tuple[int, int]
    arms: tuple[str, ...]
    sources: tuple[str, ...]
    hidden: int
    labels: Labels

    def value(self, arm: str, source: str, wave: int) -> float | None:
        own = self.rows[
            (self.rows["arm"] == arm) & (self.rows["code"] == source) & (self.rows["wave"] == wave)
        ]
        return float(own["per_ten_beeps"].iloc[0]) if len(own) else None


def draw_sources(learning: pd.DataFrame, *, labels: Labels, name: str = "sources") -> Drawing | None:
    """Sources of learning at the first and the last wave of the diary; None where it was kept at one wave, or nothing
    may be shown.

    learning: the safe table `diary_learning` of one sample.
    """
    found = _laid_out(learning, labels)
    if found is None:
        return None
    words = labels.words
    with style():
        figure, narrow = (_drawn(found, width) for width in (WIDTH, NARROW))
    before, after = (labels.wave(w) for w in found.waves)
    said = _sentences(found)
    top = _name(found.sources[0], labels)
    return Drawing(
        name=name,
        kind="sources",
        subject="",
        language=words.language,
        figure=figure,
        narrow=narrow,
        title=words("figure.sources.title", source=top),
        subtitle=words("figure.sources.subtitle", before=before, after=after),
        caption=" ".join([words("figure.sources.caption"), *_hidden(found)]),
        alt=words("figure.sources.alt", source=top, before=before, after=after),
        long_description="\n".join(said),
        data=found.rows[list(COLUMNS)].reset_index(drop=True),
    )


def _laid_out(learning: pd.DataFrame, labels: Labels) -> _Found | None:
    rows = learning[learning["learning"] == "source"].assign(arm=learning["arm"].fillna("").astype(str))
    waves = sorted(int(w) for w in rows["wave"].dropna().unique())
    if len(waves) < 2:
        return None
    both = (waves[0], waves[-1])
    rows = rows[rows["wave"].isin(both)].astype({"wave": "int64"})
    shown = rows[~rows["suppressed"].astype(bool) & rows["per_ten_beeps"].notna()]
    if set(shown["wave"]) != set(both):
        return None
    last = shown[shown["wave"] == both[1]].groupby("code", sort=False)["per_ten_beeps"].mean()
    known = [a.id for a in labels.study.groups]
    there = set(shown["arm"])
    arms = [*(a for a in known if a in there), *sorted(there - set(known))]
    order = [*last.sort_values(ascending=False, kind="stable").index]
    order += [c for c in dict.fromkeys(shown["code"]) if c not in order]
    return _Found(shown, both, tuple(arms), tuple(order), len(rows) - len(shown), labels)


def _drawn(found: _Found, width: float) -> Figure:
    """Panels beside each other, or on a telephone below each other."""
    wide, n = width > NARROW, len(found.arms)
    panel = ROW * len(found.sources)
    down = 1 if wide else n
    height = down * (HEAD + panel) + FOOT + (down - 1) * 0.25
    figure = new_figure(height, width)
    left = 1.75 if wide else 1.3
    across = (width - left - 0.15) / (n if wide else 1)
    top = found.rows["per_ten_beeps"].max() * 1.08
    for i, arm in enumerate(found.arms):
        x = left + (across * i if wide else 0)
        y = FOOT + (0 if wide else (n - 1 - i) * (HEAD + panel + 0.25))
        box = (x / width, y / height, (across - (0.3 if wide else 0)) / width, panel / height)
        axes = figure.add_axes(box)
        _panel(axes, found, arm, top)
        axes.tick_params(labelleft=i == 0 or not wide, left=False)
        if wide or i == n - 1:
            axes.set_xlabel(found.labels.words("figure.sources.axis"), size=8.5, color=SOFT)
    return figure


def _panel(axes: Axes, found: _Found, arm: str, top: float) -> None:
    labels = found.labels
    look = look_of(arm, labels.study)
    mark: dict[str, Any] = {"marker": look["marker"], "markeredgecolor": look["color"], "linestyle": ""}
    mark["clip_on"] = False
    for y, source in enumerate(found.sources):
        before, after = (found.value(arm, source, wave) for wave in found.waves)
        if before is not None and after is not None:
            axes.plot([before, after], [y, y], color=look["color"], lw=1.4, zorder=1)
        if before is not None:
            axes.plot(before, y, markerfacecolor=PAPER, ms=6.5, markeredgewidth=1.4, zorder=2, **mark)
        if after is not None:
            axes.plot(after, y, markerfacecolor=look["color"], ms=6.5, zorder=3, **mark)
    names = ["\n".join(name_lines(labels.words.capital(_name(s, labels)), 20, 2)) for s in found.sources]
    axes.set_yticks(range(len(names)), names, size=8.5, linespacing=0.95)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, top)
    axes.locator_params(axis="x", nbins=5, steps=[1, 2, 5, 10])
    axes.xaxis.set_major_formatter(plain_ticks(labels.words, 0 if top > 3 else 1))
    axes.grid(axis="x", color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    if labels.study.groups:
        axes.set_title(labels.words.capital(labels.arm(arm)), size=9, loc="left", pad=5, color=INK)


def _name(source: str, labels: Labels) -> str:
    return labels.learning_name("source", source)


def _sentences(found: _Found) -> list[str]:
    """One statement a source and arm."""
    labels, said = found.labels, []
    words = labels.words
    for source in found.sources:
        for arm in found.arms:
            values = [found.value(arm, source, wave) for wave in found.waves]
            place = [words.capital(_name(source, labels)), labels.arm(arm) if labels.study.groups else ""]
            said.append(
                words(
                    "figure.sources.line",
                    place=", ".join(p for p in place if p),
                    **_numbers(values, words),
                )
            )
    return said


def _numbers(values: Sequence[float | None], words: Words) -> dict[str, str]:
    before, after = (words("figure.not_shown") if v is None else words.number(v, 1) for v in values)
    return {"before": before, "after": after}


def _hidden(found: _Found) -> list[str]:
    minimum = found.labels.study.min_cell_size
    return [found.labels.words.many("figure.hidden", found.hidden, minimum=minimum)] if found.hidden else []
