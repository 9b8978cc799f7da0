"""Choices of a curve and their options in words, as the table `curve` holds them."""

from __future__ import annotations

from dww_analysis.language.labels import Labels

PHRASED = {
    "fuzzy": "nearly"
}  # options whose phrase has another name: in a catalogue the word marks unsure entries


def choice_name(choice: str, labels: Labels) -> str:
    """What is chosen: "careless answers"."""
    return labels.words(f"curve.choice.{choice}")


def option_name(choice: str, option: str, labels: Labels) -> str:
    """What was chosen: "dropped"; covariates by their labels."""
    if choice != "covariates" or option == "none":
        return labels.words(f"curve.option.{choice}.{PHRASED.get(option, option)}")
    return labels.words.listing(labels.column(name) for name in option.split(", "))
