"""What may be shown of few: roles of too few people join the others, and counts of too few are hidden in company.

The groups part everybody: none is a difference of two that are shown, so that no group of too few follows from others.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.practice import OTHERS
from dww_analysis.domain.study import Basis

OPEN_FEWEST = 3  # voters of a role that stands alone, of what was made together in the room


def fewest(basis: Basis, minimum: int) -> int:
    """Voters that a group needs: the study's minimum, or three where all saw the result in the room."""
    return OPEN_FEWEST if basis == "open" else minimum


def shown_roles(
    roles: pd.Series, basis: Basis, minimum: int, together: Collection[str] = ()
) -> pd.Series | None:
    """The group of each ballot: its role, or OTHERS; None where even all together are too few.

    roles: role of each ballot. Roles with too few voters become OTHERS; while OTHERS are too few, the smallest role
    that stands alone joins them (of equally small ones all, so that names decide nothing). together: roles that are
    OTHERS whatever their number.
    """
    least = fewest(basis, minimum)
    if len(roles) < least:
        return None
    sizes = roles.value_counts()
    joined = set(sizes.index[(sizes < least) | sizes.index.isin(list(together))])
    while joined and sizes[list(joined)].sum() < least:
        alone = sizes.drop(list(joined))
        joined |= set(alone.index[alone == alone.min()])
    return roles.where(~roles.isin(joined), OTHERS)


def is_small(counts: NDArray[np.float64], n: float, minimum: int) -> NDArray[np.bool_]:
    """Counts of 1 to minimum - 1 of n, or of all but so few: what these people said would be known."""
    return np.asarray(
        ((counts > 0) & (counts < minimum)) | ((n - counts > 0) & (n - counts < minimum)), dtype=bool
    )


def hidden_counts(counts: pd.Series, n: float, minimum: int) -> pd.Series:
    """Which counts of one group of n are hidden: small ones, and others with them, smallest first.

    Counts of themes or options add up to what everybody could give. What is hidden is therefore two counts at least,
    and together `minimum` people at least that chose, and that did not. Equally small counts are hidden together.
    """
    values = counts.to_numpy(float)
    hidden = is_small(values, n, minimum)
    while hidden.any() and not hidden.all() and not _enough(values[hidden], n, minimum):
        hidden |= values == values[~hidden].min()
    return pd.Series(hidden, index=counts.index)


def _enough(hidden: NDArray[np.float64], n: float, minimum: int) -> bool:
    return len(hidden) > 1 and hidden.sum() >= minimum and (n - hidden).sum() >= minimum
