"""The invariance ladder as steps: one small staircase for every comparison, filled as far as the answers support it.

Steps are told apart by filling, hatching and a cross, never by colour alone. From the third step on, means can be
compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from dww_analysis.figures.drawing import BAND, INK, PAPER, SOFT, Drawing, Words, new_figure, style
from dww_analysis.language.measure import Measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEVELS = ("configural", "metric", "scalar", "strict")
ACCEPTED, PARTIAL, REJECTED, NOT_REACHED = "accepted", "partial", "rejected", "not reached"
BLUE = "#0072b2"
PANEL, GAP, COLUMNS = 1.35, 0.42, 2  # inches
Name = Callable[[str, str, str], str]
Row = dict[str, Any]


def draw_ladder(
    steps: pd.DataFrame,
    verdicts: pd.DataFrame,
    measure: Measure,
    *,
    ladder_name: Name,
    words: Words,
) -> Drawing | None:
    """The ladders of one scale, or None when none could be climbed, or may be shown.

    steps, verdicts: rows of the tables invariance_steps and invariance of one scale. ladder_name: (sample, over, wave
    as text) -> what is compared, in the reader's language.
    """
    climbed = [v for v in verdicts.to_dict("records") if v["verdict"] not in ("", "not tested")]
    if not climbed:
        return None
    ladders = [(v, _states(steps, v)) for v in climbed]
    rows = math.ceil(len(ladders) / COLUMNS)
    with style():
        figure = new_figure(0.1 + rows * (PANEL + GAP))
        height = figure.get_size_inches()[1]
        for i, (verdict, states) in enumerate(ladders):
            down, across = divmod(i, COLUMNS)
            bottom = 1 - (down + 1) * (PANEL + GAP) / height + 0.05 / height
            axes = figure.add_axes((0.03 + across * 0.5, bottom, 0.44, PANEL / height))
            _draw_steps(axes, states, words)
            _head(axes, ladder_name(*_place(verdict)), verdict["n_persons"], words)
    doubtful = [v for v in climbed if str(v["means_comparable"]).lower() not in ("true", "1", "1.0")]
    key = "figure.ladder.title_doubt" if doubtful else "figure.ladder.title_good"
    lines = [_line(v, ladder_name, words) for v in climbed]
    return Drawing(
        name=f"ladder_{measure.id}",
        kind="ladder",
        subject=measure.id,
        language=words.language,
        figure=figure,
        title=words(key, scale=words.capital(measure.label), n=len(doubtful), total=len(climbed)),
        subtitle=words("figure.ladder.subtitle", scale=measure.label),
        caption=words("figure.ladder.caption"),
        alt=f"{words('figure.ladder.alt', scale=measure.label)}. {' '.join(lines)}",
        long_description="\n".join(lines),
        data=_data(ladders),
    )


def _place(row: Row) -> tuple[str, str, str]:
    wave = row["wave"]
    at = "" if wave is None or wave != wave or str(wave) == "" else str(int(float(wave)))
    return str(row["sample"]), str(row["over"]), at


def _states(steps: pd.DataFrame, verdict: Row) -> dict[str, tuple[str, float]]:
    """level -> how it ended and the change of CFI since the level before (the CFI itself for the first)."""
    found: dict[str, tuple[str, float]] = dict.fromkeys(LEVELS, (NOT_REACHED, math.nan))
    for row in steps.to_dict("records"):
        if _place(row) != _place(verdict):
            continue
        level, change = str(row["level"]), float(row["delta_cfi"])
        accepted = bool(row["accepted"])
        if level in LEVELS:
            value = float(row["cfi"]) if level == LEVELS[0] else change
            found[level] = (ACCEPTED if accepted else REJECTED, value)
        elif accepted:
            found[level.removeprefix("partial ")] = (PARTIAL, change)
    return found


def _draw_steps(axes: Axes, states: dict[str, tuple[str, float]], words: Words) -> None:
    for i, level in enumerate(LEVELS):
        state, value = states[level]
        _step(axes, i, state)
        axes.text(i + 0.5, -0.14, words(f"sameness.verdict.{level}"), ha="center", va="top", size=7.5)
        if math.isfinite(value):
            said = words.number(value, 3) if i == 0 else _signed(value, words)
            axes.text(
                i + 0.5,
                i + 1.12,
                words("figure.ladder.change", value=said),
                ha="center",
                size=6.8,
                color=SOFT,
            )
    axes.axvline(2, ymin=0, ymax=0.98, color=INK, linewidth=0.9, linestyle=(0, (1, 1.6)), zorder=5)
    axes.set_xlim(-0.02, len(LEVELS) + 0.02)
    axes.set_ylim(-0.75, len(LEVELS) + 0.75)
    axes.axis("off")


def _step(axes: Axes, i: int, state: str) -> None:
    looks: dict[str, dict[str, Any]] = {
        ACCEPTED: {"facecolor": BLUE, "edgecolor": BLUE},
        PARTIAL: {"facecolor": PAPER, "edgecolor": BLUE, "hatch": "////"},
        REJECTED: {"facecolor": PAPER, "edgecolor": INK},
        NOT_REACHED: {"facecolor": BAND, "edgecolor": SOFT, "linestyle": (0, (2, 2))},
    }
    axes.bar(i + 0.5, i + 1, width=0.92, linewidth=0.9, zorder=3, **looks[state])
    if state == REJECTED:
        middle, half = (i + 1) / 2, 0.22
        for sign in (-1, 1):
            axes.plot(
                [i + 0.5 - half, i + 0.5 + half],
                [middle - sign * half * 1.4, middle + sign * half * 1.4],
                color=INK,
                linewidth=1.6,
                zorder=4,
            )


def _signed(value: float, words: Words) -> str:
    text = words.number(value, 3)
    return text if value < 0 else f"+{text}"


def _head(axes: Axes, what: str, persons: Any, words: Words) -> None:
    n = words("figure.ladder.persons", n=words.count(persons))
    axes.text(0, 1.0, words.capital(what), transform=axes.transAxes, va="bottom", weight="bold", size=8.5)
    axes.text(0, 0.985, n, transform=axes.transAxes, va="top", size=7.5, color=SOFT)


def _line(verdict: Row, ladder_name: Name, words: Words) -> str:
    return words(
        "figure.ladder.row",
        ladder=words.capital(ladder_name(*_place(verdict))),
        n=words.count(verdict["n_persons"]),
        verdict=words(f"sameness.verdict.{str(verdict['verdict']).replace(' ', '_')}"),
    )


def _data(ladders: list[tuple[Row, dict[str, tuple[str, float]]]]) -> pd.DataFrame:
    """One row a step: where, level, how it ended, CFI of the first level and changes of CFI after it."""
    rows = []
    for verdict, states in ladders:
        sample, over, wave = _place(verdict)
        for i, (level, (state, value)) in enumerate(states.items()):
            where = {"sample": sample, "over": over, "wave": wave, "level": level, "state": state}
            first, change = (value, math.nan) if i == 0 else (math.nan, value)
            rows.append(where | {"cfi": first, "delta_cfi": change})
    return pd.DataFrame(rows)
