"""How the same people changed in the same unit: in a word, because a number would give single answers away."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from dww_analysis.domain.sheets import Change
from dww_analysis.sheets.means import pooled_sd, t_interval


def paired(scores: pd.DataFrame, unit: str, wave: int, since: int) -> pd.DataFrame:
    """One row a person who answered at both waves in the same unit: the unit, and the difference `change`.

    scores: person, wave, `unit` (a column: team or organisation), score; one row a person and wave.
    """
    then, now = (
        scores[(scores["wave"] == w) & scores[unit].notna()].set_index("person") for w in (since, wave)
    )
    both = now.index.intersection(then.index)
    then, now = then.loc[both], now.loc[both]
    same = (then[unit] == now[unit]).to_numpy()
    change = (now["score"] - then["score"]).to_numpy(dtype="float64")
    return pd.DataFrame({"unit": now[unit].to_numpy()[same], "change": change[same]})


class Spread(NamedTuple):
    """How much persons differ in how they changed: a pooled SD and its degrees of freedom."""

    sd: float
    df: int


def spread_of_change(pairs: pd.DataFrame) -> Spread:
    """The SD of change within units, pooled, and its df. pairs: columns unit and change, a row for each person with
    both waves."""
    return Spread(*pooled_sd(pairs["change"].to_numpy(), pd.factorize(pairs["unit"])[0]))


def change_of(change: float, n: int, spread: Spread, smallest: float | None, minimum: int) -> Change:
    """The word for a mean change of n persons: its 95 % t interval against half the smallest effect of interest.

    smallest: None where no smallest effect was declared; then a change is up or down when it is off zero.
    """
    if n < minimum or spread.df < 1:
        return "too_few"
    error = np.array([spread.sd / np.sqrt(n)])
    (low,), (high,) = t_interval(np.array([change]), error, spread.df)
    margin = smallest / 2 if smallest else 0.0
    if low > margin:
        return "up"
    if high < -margin:
        return "down"
    return "same" if -margin <= low and high <= margin and margin else "unclear"
