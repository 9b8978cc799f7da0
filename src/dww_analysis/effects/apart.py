"""By how many persons two analyses of one question differ: what one says beside the other, it says of these."""

from __future__ import annotations

import pandas as pd

Rows = frozenset[tuple[str, ...]]  # the person first, then what tells the person's rows apart


def rows_of(table: pd.DataFrame, *columns: str) -> Rows:
    """The rows of a table by person and these columns."""
    return frozenset(zip(*(table[c].astype(str) for c in ("person", *columns)), strict=True))


def persons_apart(one: Rows, other: Rows) -> int:
    """Persons with a row that only one of the two has."""
    return len({row[0] for row in one ^ other})


def persons_regrouped(one: pd.Series, other: pd.Series) -> int:
    """Persons of `one` whose rows are not exactly those of a person of `other`. Both: the person of each row."""
    pairs = pd.DataFrame({"one": one.to_numpy(), "other": other.to_numpy()}).drop_duplicates()
    shared = pairs["one"].duplicated(keep=False) | pairs["other"].duplicated(keep=False)
    return int(pairs.loc[shared, "one"].nunique())
