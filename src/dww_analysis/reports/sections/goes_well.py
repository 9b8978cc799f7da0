"""What a unit hears first: what goes well by its own numbers, before anything unfavourable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dww_analysis.language.labels import Labels

MOST = 2  # sentences
BETTER = {"higher is better": "above", "lower is better": "below"}
SIDES = {"up": "above", "down": "below"}  # of a change in words


def favour(side: str, direction: str) -> str:
    """Whether being or moving `above` or `below` is favourable or unfavourable; "" where it is neither."""
    if side not in SIDES.values() or direction not in BETTER:
        return ""
    return "favourable" if side == BETTER[direction] else "unfavourable"


def moved(change: str, direction: str) -> str:
    """The same of a change in words (up, same, down, ...)."""
    return favour(SIDES.get(change, ""), direction)


def goes_well(rows: Sequence[Mapping[str, Any]], units: str, labels: Labels) -> list[str]:
    """At most MOST sentences: what is better than in most units, then what moved to the better side, then what is as
    in others; one that says that there are none. What is worse than in most units, or moved to the worse side, is
    never among them.

    rows: those that are printed: label, shown; of what is shown favour (`favour` of the verdict), moved, since (a
    wave) and alike (whether it is as in others). units: what they are called.
    """
    words = labels.words
    well = [r for r in rows if r["shown"] and "unfavourable" not in (r["favour"], r["moved"])]
    better = [words("sheet.good.better", label=r["label"], units=units) for r in well if r["favour"]]
    others = [r for r in well if not r["favour"]]
    since = [
        words("sheet.good.moved", label=r["label"], wave=labels.wave(r["since"]))
        for r in others
        if r["moved"]
    ]
    alike = [
        words("sheet.good.as_others", label=r["label"], units=units)
        for r in others
        if r["alike"] and not r["moved"]
    ]
    return [*better, *since, *alike][:MOST] or [words("sheet.good.none")]
