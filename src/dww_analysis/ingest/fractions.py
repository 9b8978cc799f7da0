"""Answers between those that a question has: 4.5 where others are whole, a decimal comma that was not meant so."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dww_analysis.domain.scales import Scale

RARE = 0.5  # share of fractions from which an item is taken to have them, as a slider does


def fraction_lines(answers: pd.DataFrame, scales: Sequence[Scale]) -> list[str]:
    """A line for each scale of one source with a few answers that are no whole numbers, while the others are.

    answers: of `Ingested`. The counts are of answers, over the items of a scale that have any.
    """
    lines = []
    for scale in scales:
        items = [] if scale.key is None else [item for item in scale.items if item in answers]
        found = {item: _fractions(answers[item]) for item in items}
        odd = {item: count for item, count in found.items() if count}
        if odd:
            many = sum(odd.values())
            lines.append(
                f"{answers['source'].iloc[0]}: {many} {'answer is' if many == 1 else 'answers are'} no whole "
                f"number, while the others are: {', '.join(odd)}"
            )
    return lines


def _fractions(column: pd.Series) -> int:
    """How many answers are fractions; 0 where most are."""
    given = pd.to_numeric(column, errors="coerce").dropna()
    count = int((given % 1 != 0).sum())
    return count if count < RARE * len(given) else 0
