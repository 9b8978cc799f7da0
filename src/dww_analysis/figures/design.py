"""The design as a grid: a row for units that follow the same sequence, a column a wave, and in each cell the condition.

What a cell holds is told by its sign (0, ~, 1), by its ground (open, hatched, dark) and in words where these fit. Rows
are sequences, never single units.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from dww_analysis.domain.design import NEVER, sequence_order
from dww_analysis.domain.study import Wave
from dww_analysis.figures.drawing import (
    BAND,
    INK,
    NARROW,
    ONE_GROUP,
    PAPER,
    SOFT,
    WIDTH,
    Drawing,
    name_lines,
    new_figure,
    style,
)
from dww_analysis.language.labels import Labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIGNS = {"0": "0", "transition": "~", "1": "1"}
MARGIN, LEFT, HEAD, ROW = 0.12, 0.28, 0.5, 0.46  # inches, LEFT of the width
LETTER = 0.075  # width of a letter of a name, in inches
LEAST_WORD, LEAST_HEAD = (
    0.9,
    0.72,
)  # width of a cell with room for words, and of one below a wave with its date
LONGEST_HEAD = 24  # signs of the name of a wave that stands upright


@dataclass(frozen=True)
class _Row:
    """One sequence: its id, its name, how many units follow it, and its condition at each wave."""

    sequence: str
    name: str
    units: int
    conditions: tuple[str, ...]


def draw_design(design: pd.DataFrame, *, labels: Labels) -> Drawing | None:
    """The grid; None without rows. design: the safe table `design`, a row per unit and wave."""
    if design.empty:
        return None
    words = labels.words
    waves = [w for w in labels.study.waves if w.number in set(design["wave"].astype(int))]
    rows = rows_of_design(design, waves, labels)
    with style():
        figure, narrow = (_drawn(rows, waves, labels, width) for width in (WIDTH, NARROW))
    title = _title(rows, labels)
    transition = any("transition" in row.conditions for row in rows)
    said = [words("figure.design.signs"), words("figure.design.transition") if transition else ""]
    return Drawing(
        name="design",
        kind="design",
        subject="",
        language=words.language,
        figure=figure,
        narrow=narrow,
        title=title,
        subtitle=words("figure.design.subtitle", units=words.level_names("unit")),
        caption=" ".join(filter(None, said)),
        alt=f"{title}. {words('figure.design.alt', rows=len(rows), waves=len(waves))}",
        long_description="\n".join(_sentence(row, waves, labels) for row in rows),
        data=_numbers(rows, waves),
    )


def rows_of_design(design: pd.DataFrame, waves: Sequence[Wave], labels: Labels) -> list[_Row]:
    """The sequences in the order in which they start; units that never start come last."""
    rows = []
    for sequence in sorted(set(design["sequence"].astype(str)), key=sequence_order):
        own = design[design["sequence"].astype(str) == sequence]
        at = dict(zip(own["wave"].astype(int), own["condition"].astype(str), strict=True))
        conditions = tuple(at[w.number] for w in waves)
        rows.append(_Row(sequence, labels.sequence(sequence), own["unit"].nunique(), conditions))
    return rows


def _drawn(rows: Sequence[_Row], waves: Sequence[Wave], labels: Labels, width: float) -> Figure:
    left = max(LEFT * width, 1.3)
    cell = (width - left - MARGIN) / len(waves)
    signs = int((left - MARGIN) / LETTER)
    names = [_named(row, signs, labels) for row in rows]
    row_height = max(ROW, max(0.14 * name.count("\n") + 0.3 for name in names))
    upright = _upright(waves, cell, labels)
    heads = [_head(wave, 0.0 if upright else cell, labels) for wave in waves]
    lines = max(text.count("\n") for text in heads)
    head = max(HEAD, 0.14 * lines + 0.28, LETTER * max(map(len, heads)) + 0.2 if upright else 0.0)
    height = head + row_height * len(rows) + MARGIN
    figure = new_figure(height, width)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    for k, text in enumerate(heads):
        x = left + cell * (k + 0.5)
        axes.text(
            x, height - head + 0.08, text, ha="center", va="bottom", size=8, linespacing=1.15,
            rotation=90 if upright else 0,
        )  # fmt: skip
    for i, row in enumerate(rows):
        y = height - head - row_height * (i + 1)
        axes.text(
            left - 0.12, y + row_height / 2, names[i], ha="right", va="center", size=8, linespacing=1.15
        )
        for k, condition in enumerate(row.conditions):
            _cell(axes, (left + cell * k, y, cell, row_height), condition, labels)
    return figure


def _named(row: _Row, signs: int, labels: Labels) -> str:
    """The name of a sequence, and below it how many units follow it."""
    return "\n".join([*name_lines(row.name, signs, 3), labels.words.amount("unit", row.units)])


def _upright(waves: Sequence[Wave], cell: float, labels: Labels) -> bool:
    """Whether cells are too narrow for a wave with its date above them."""
    longest = max(len(word) for w in waves for word in labels.words.say(w.label).split())
    return cell < LEAST_HEAD or 0.067 * longest > cell + 0.06


def _head(wave: Wave, cell: float, labels: Labels) -> str:
    """A wave with its date where that is known; with cell 0 its name alone, which then stands upright."""
    words, signs = labels.words, int(cell / LETTER)
    if not cell:
        return textwrap.shorten(words.say(wave.label), LONGEST_HEAD, placeholder="…")
    lines = textwrap.wrap(words.say(wave.label), signs, break_long_words=False)
    return "\n".join([*lines, *(textwrap.wrap(words.date(wave.date), signs) if wave.date else ())])


def _cell(axes: Axes, box: tuple[float, float, float, float], condition: str, labels: Labels) -> None:
    from matplotlib.patches import Rectangle

    x, y, wide, high = box
    ground = {"0": PAPER, "transition": BAND, "1": str(ONE_GROUP["color"])}[condition]
    gap = 0.03
    where = ((x + gap, y + gap), wide - 2 * gap, high - 2 * gap)
    axes.add_patch(Rectangle(*where, facecolor=ground, edgecolor=SOFT, lw=0.9))
    if condition == "transition":
        _hatch(axes, x + gap, y + gap, wide - 2 * gap, high - 2 * gap)
    text = SIGNS[condition]
    if wide >= LEAST_WORD:
        said = labels.words(f"figure.design.condition_{condition}")
        text = "\n".join([text, *textwrap.wrap(said, int(wide / LETTER))])
    colour = PAPER if condition == "1" else INK
    back = {"facecolor": BAND, "edgecolor": "none", "pad": 1.5} if condition == "transition" else None
    axes.text(
        x + wide / 2, y + high / 2, text, ha="center", va="center", size=7.5, color=colour, bbox=back,
        linespacing=1.1,
    )  # fmt: skip


def _hatch(axes: Axes, x: float, y: float, wide: float, high: float) -> None:
    """Slanted lines over a box."""
    step, at = 0.13, 0.13
    while at < wide + high:
        low = (x + max(0.0, at - high), y + min(at, high))
        top = (x + min(at, wide), y + max(0.0, at - wide))
        axes.plot([low[0], top[0]], [low[1], top[1]], color=SOFT, lw=0.6)
        at += step


def _title(rows: Sequence[_Row], labels: Labels) -> str:
    """How many units started, and when."""
    words = labels.words
    started = [row for row in rows if row.sequence != NEVER]
    total = sum(row.units for row in rows)
    begun = sum(row.units for row in started)
    blanks = {"n": words.count(begun), "units": words.amount("unit", total)}
    if not started:
        return words("figure.design.title_none", **blanks)
    if not labels.study.starts:
        wave = labels.wave(started[0].sequence)
        arms = [words.quoted(words.say(a.label)) for a in labels.study.arms[1:]]
        return words("figure.design.title_arms", wave=wave, arms=words.listing(arms), **blanks)
    first, last = (labels.wave(row.sequence) for row in (started[0], started[-1]))
    if len(started) == 1:
        return words.many("figure.design.title_one", begun, wave=first, units=blanks["units"])
    key = "figure.design.title_steps" if begun == total else "figure.design.title_steps_some"
    return words(key, steps=words.few(len(started)), first=first, last=last, **blanks)


def _sentence(row: _Row, waves: Sequence[Wave], labels: Labels) -> str:
    words = labels.words
    each = words.listing(
        f"{words.say(w.label)} {words(f'figure.design.condition_{c}')}"
        for w, c in zip(waves, row.conditions, strict=True)
    )
    units = words.amount("unit", row.units)
    return words("figure.design.line", sequence=row.name, units=units, each=each)


def _numbers(rows: Sequence[_Row], waves: Sequence[Wave]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"sequence": row.sequence, "units": row.units, "wave": wave.number, "condition": condition}
            for row in rows
            for wave, condition in zip(waves, row.conditions, strict=True)
        ]
    )
