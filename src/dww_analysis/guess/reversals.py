"""Items that count the other way: by their names, and by answers that run against those to the other items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

LEAST_ANSWERS = 20  # rows with the item and another one before a correlation says anything
LEAST_AGAINST = 0.15  # correlation with the mean of the others, in absolute value


def against(answers: pd.DataFrame) -> dict[str, float]:
    """Item -> correlation with the mean of the others, once every item is turned to the direction of most.

    Negative: the item runs against most of the others; where as many run one way as the other, against the first.
    Items without enough answers, or with one answer only, are left out. `answers`: one column an item, numbers.
    """
    usable = answers.loc[:, (answers.notna().sum() >= LEAST_ANSWERS) & (answers.nunique() > 1)]
    if usable.shape[1] < 3:
        return {}
    together = usable.corr(min_periods=LEAST_ANSWERS).fillna(0.0).to_numpy()
    signs = _signs(together)
    turned = (usable - usable.mean()) * signs
    found = {}
    for i, item in enumerate(usable.columns):
        rest = turned.drop(columns=item).mean(axis=1)
        r = turned[item].corr(rest)
        found[str(item)] = float(signs[i] * abs(r)) if r > 0 else 0.0
    return found


def _signs(together: np.ndarray) -> np.ndarray:
    """1 for items of the larger side of the first component, -1 for the others; the first item's side in a draw."""
    _, vectors = np.linalg.eigh(together)
    signs = np.where(vectors[:, -1] < 0, -1.0, 1.0)
    side = signs.sum() if signs.sum() else signs[0]
    return signs * (1.0 if side > 0 else -1.0)


def reversed_items(
    answers: pd.DataFrame, named: Sequence[str]
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Items to reverse, and items that perhaps count the other way, each with the reason.

    `named`: items whose names or texts say that they are reversed.
    """
    found = against(answers)
    turn = {
        item: f"its answers run against the other items (r = {r:.2f})"
        for item, r in found.items()
        if r <= -LEAST_AGAINST
    }
    perhaps = {}
    for item in named:
        if item in turn:
            continue
        perhaps[item] = (
            "its name says reversed, but its answers run with the others: it seems recoded already"
            if found.get(item, 0.0) >= LEAST_AGAINST
            else "its name says reversed, and its answers do not settle it"
        )
    return turn, perhaps
