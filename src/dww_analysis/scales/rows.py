"""Columns that must say something of the same rows: values of persons beside the groups these belong to.

Series that are indexed alike are matched by their index, whatever their order, as pandas does; arrays by place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.errors import ScaleError
from dww_analysis.scales.items_matrix import as_numbers


def one_column(values: Any, what: str) -> pd.Series:
    """The values as floats under their index, NaN = missing. Refuses tables, words and infinite values."""
    if np.ndim(values) != 1:
        raise ScaleError.of(
            found=f"{type(values).__name__} with {np.ndim(values)} dimensions",
            where=what,
            expected="one column of scores",
            action="pass a column, or the mean of the items",
        )
    column = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values))
    return as_numbers(column.rename("values").to_frame(), what)["values"]


def beside(rows: pd.Series | pd.DataFrame, group: Any, what: str, word: str = "values") -> pd.Series:
    """The group of each of the rows, in their order, on places 0, 1, ... Refuses another number of groups than rows.
    word: what the rows are called in a refusal."""
    if np.ndim(group) != 1 or len(group) != len(rows):
        found = f"{len(group)} groups" if np.ndim(group) == 1 else f"groups given as {type(group).__name__}"
        raise ScaleError.of(
            found=f"{len(rows)} {word} and {found}",
            where=what,
            expected="one group a row",
            action="align them",
        )
    if isinstance(group, pd.Series) and same_index(rows.index, group.index):
        group = group.reindex(rows.index)
    return pd.Series(np.asarray(group), index=pd.RangeIndex(len(rows)), name="group")


def same_index(one: pd.Index, other: pd.Index) -> bool:
    """Whether two indexes hold the same labels, each once, in whatever order."""
    return one.is_unique and other.is_unique and one.symmetric_difference(other).empty
