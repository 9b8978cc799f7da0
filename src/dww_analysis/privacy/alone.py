"""How many persons of a table can be told apart by what others may know of them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def persons_alone(frame: pd.DataFrame, person: Sequence[str], known: Sequence[str]) -> int:
    """The number of persons whose values of `known` at some row nobody else has; an absent value counts as one.

    `person`: the columns that tell persons apart, e.g. sample and person.
    """
    if not known or frame.empty:
        return 0
    rows = frame[[*person, *known]].drop_duplicates()
    others = rows.groupby(list(known), dropna=False, observed=True)[known[0]].transform("size")
    return len(rows.loc[others == 1, list(person)].drop_duplicates())
