"""How big: of 100 pairs of people as dots, and a bar for each outcome on one axis.

Both are drawn from the everyday size of the answer. Of 100 pairs the first is better off in v; of 100 people w more are
better off: that is w pairs more than the other way round, or v = 50 + w / 2, so one axis holds both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dww_analysis.domain.answer import UNSEEN
from dww_analysis.language import half_up
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.answers import everyday_sentence
from dww_analysis.reports.sections.one_minute import compared_with, identity

Row = Mapping[str, Any]
EVEN = 50.0
WIDE, HIGH = 240.0, 28.0  # of a bar
END, END_SD = 35.0, 1.0  # from even to either end of the axis, in pairs and in SD: the same in every study
SIZE, DOT = 22.0, 8.0  # between dots, and half of one
SPAN = ("estimate", "conf_low", "conf_high")
EVERYDAY = ("everyday_size", "everyday_low", "everyday_high")


def bars_of(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Entry -> where the dot and the ends of the line of its bar stand; further right is better (or more, where neither
    end is better). The axis is of everyday sizes, or of standard deviations where the first outcome has only these. An
    outcome that does not stand on it has no bar. What lies past the axis is drawn at its end."""
    shown = [r for r in rows if r["verdict"] not in UNSEEN]
    first = [r["entry"] for r in shown[:1]]
    axes = ((_placed(shown, _of_pairs), END), (_placed(shown, _of_spread), END_SD))
    found, end = max(axes, key=lambda axis: ([e in axis[0] for e in first], bool(axis[0])))
    return {entry: _drawn(places, end) for entry, places in found.items()}


def _placed(rows: Sequence[Row], place: Callable[[Row], list[float]]) -> dict[str, list[float]]:
    found = {r["entry"]: place(r) for r in rows}
    return {entry: places for entry, places in found.items() if all(map(math.isfinite, places))}


def _of_pairs(row: Row) -> list[float]:
    if row["everyday"] == "pairs":
        return [float(row[name]) - EVEN for name in EVERYDAY]
    return [float(row[name]) / 2 for name in EVERYDAY] if row["everyday"] else [math.nan]


def _of_spread(row: Row) -> list[float]:
    value, low, high = (float(row[f"sd_{name}"]) for name in SPAN)
    return [-value, -high, -low] if row["direction"] == "lower is better" else [value, low, high]


def _drawn(places: Iterable[float], end: float) -> dict[str, float]:
    value, low, high = (round(WIDE / 2 * (1 + max(-1.0, min(p / end, 1.0))), 1) for p in places)
    return {"value": value, "low": low, "high": high}


def plates_of(rows: Sequence[Row], labels: Labels, most: int) -> list[dict[str, Any]]:
    """For outcomes with an everyday size, in their order: id, label, a sentence, and of pairs the dots.

    Where there are more than `most`, the first and the unfavourable ones stay.
    """
    sized = [r for r in rows if r["verdict"] not in UNSEEN and r["everyday"]]
    first = sorted(range(len(sized)), key=lambda i: (i > 0, not sized[i]["harm"]))[:most]
    shown = [sized[i] for i in sorted(first)]
    return [
        {
            "id": identity(r),
            "label": labels.words.capital(r["label"]),
            "said": _said(r, labels) if len(compared_with(rows)) == 1 else everyday_sentence(r, labels)[0],
            "dots": _dots(r) if r["everyday"] == "pairs" else [],
        }
        for r in shown
    ]


def _said(row: Row, labels: Labels) -> str:
    if row["everyday"] != "pairs":
        return everyday_sentence(row, labels)[0]
    words = labels.words
    span = words.span(row["everyday_low"], row["everyday_high"], 0)
    return words("factsheet.pairs", value=words.count(row["everyday_size"]), span=span)


def _dots(row: Row) -> list[dict[str, Any]]:
    """100 dots in rows of ten: full up to the number of pairs, with a ring over the range of that number."""
    value, low, high = (int(half_up(float(row[name]), 0)) for name in EVERYDAY)
    return [
        {
            "x": round(SIZE * (i % 10 + 0.5), 1),
            "y": round(SIZE * (i // 10 + 0.5), 1),
            "full": i < value,
            "ring": low <= i + 1 <= high,
        }
        for i in range(100)
    ]
