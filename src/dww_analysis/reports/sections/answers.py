"""Sentences of one answer: certainty, the smallest effect of interest, the everyday size, and how firm it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dww_analysis.domain.answer import CRITERIA
from dww_analysis.language import Words, decimals_for
from dww_analysis.language.labels import Labels

Row = Mapping[str, Any]


def verdict_sentence(row: Row, labels: Labels) -> str:
    """How certain the answer is; of what was not decided by lot it never speaks of an effect or a cause."""
    own = f"answer.{row['noun']}.{row['verdict']}"
    return labels.by_design(own if labels.words.has(own) else f"answer.verdict.{row['verdict']}")


def against_sentence(row: Row, words: Words) -> list[str]:
    """Where the interval of the two one-sided tests lies; [] without a smallest effect of interest."""
    if not row["against"]:
        return []
    decimals = decimals_for(row["std_error"])
    blanks = {
        "smallest": words(f"noun.{row['noun']}.smallest"),
        "the": words(f"noun.{row['noun']}.the"),
        "sesoi": _sesoi(row, words),
        "level": words.level(row["equivalence_level"]),
        "span": words.span(row["equivalence_low"], row["equivalence_high"], decimals),
    }
    return [words(f"answer.against.{row['against']}", **blanks)]


def _sesoi(row: Row, words: Words) -> str:
    if math.isfinite(row["sesoi"]):
        return f"{words.number(row['sesoi'], 2)} {row['unit']}"
    return words("answer.points", value=words.number(100 * row["declared_sesoi"], 1))


def everyday_sentence(row: Row, labels: Labels) -> list[str]:
    """Of 100 pairs or people, how many more are better off; [] where that has no meaning."""
    if not row["everyday"]:
        return []
    words = labels.words
    key = f"answer.everyday.{row['everyday']}{'_neutral' if row['direction'] == 'neutral' else ''}"
    numbers = {"value": words.count(row["everyday_size"])}
    numbers["span"] = words.span(row["everyday_low"], row["everyday_high"], 0)
    arms = {k: words.quoted(row[k]) for k in ("arm", "reference")}
    return [labels.by_design(key, **arms, **numbers)]


def firmness_of(row: Row, labels: Labels) -> dict[str, Any]:
    """How many of the five criteria are met, and of each whether it is (as a word), with its reason."""
    words = labels.words
    blanks = {
        "smallest": words(f"noun.{row['noun'] or 'effect'}.smallest"),
        "power": words.percent(row["power"]),
        "points": words.number(row["dropout_points"], 1),
    }
    marks = [(bool(row[c]), labels.by_design(f"answer.{c}.{row[f'{c}_why']}", **blanks)) for c in CRITERIA]
    total = words("answer.firm", n=words.count(row["firm"]), total=words.count(len(CRITERIA)))
    said = [(met, words("answer.mark.met" if met else "answer.mark.open"), why) for met, why in marks]
    return {"total": total, "marks": said}
