"""Choices of a curve and their options, in words and as far as they vary, and its points that have no estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dww_analysis.domain.plan import CHOICES
from dww_analysis.language.labels import Labels

if TYPE_CHECKING:
    import pandas as pd

END_OF_KIND = {"choices": "", "unit": "_units"}  # of the phrases that count points without an estimate

PHRASED = {
    "fuzzy": "nearly"
}  # options whose phrase has another name: in a catalogue the word marks unsure entries


def varied(choices: pd.DataFrame) -> dict[str, list[str]]:
    """The choices that were made in more than one way, each with its options in the order of the points. choices:
    columns point and `CHOICES`, a row for each point of the curve."""
    options = {c: choices.sort_values("point")[c].dropna().astype(str).unique().tolist() for c in CHOICES}
    return {choice: found for choice, found in options.items() if len(found) > 1}


def absent_points(points: pd.DataFrame) -> dict[str, int]:
    """How many points have no estimate, by the end of the phrase that counts them; only where there are any.

    `failures` and `hidden` are of combinations of choices, `failures_units` and `hidden_units` of units left out. What
    is hidden does not count as failed.
    """
    shut = points["suppressed"].astype(bool)
    reasons = {"failures": (points["remark"] == "failed") & ~shut, "hidden": shut}
    found = {
        f"{reason}{end}": int((absent & (points["kind"] == kind)).sum())
        for reason, absent in reasons.items()
        for kind, end in END_OF_KIND.items()
    }
    return {phrase: n for phrase, n in found.items() if n}


def choice_name(choice: str, labels: Labels) -> str:
    """What is chosen: "careless answers"."""
    return labels.words(f"curve.choice.{choice}")


def option_name(choice: str, option: str, labels: Labels) -> str:
    """What was chosen: "dropped"; covariates, which stand with commas in column covariates, by their labels."""
    if choice != "covariates" or option == "none":
        return labels.words(f"curve.option.{choice}.{PHRASED.get(option, option)}")
    return labels.words.listing(labels.column(name) for name in option.split(", "))
