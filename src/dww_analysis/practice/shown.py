"""What may be shown of few: roles of too few people join the others, and counts of too few are hidden in company.

The groups part everybody: none is a difference of two that are shown, so that no group of too few follows from others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.practice import OTHERS
from dww_analysis.domain.study import Basis

OPEN_FEWEST = 3  # voters of a role that stands alone, of what was made together in the room


@dataclass(frozen=True)
class HowAsked:
    """How answers were asked, in confidence or with all who were there, and the study's smallest group."""

    basis: Basis
    minimum: int

    @property
    def private(self) -> bool:
        """Whether it was asked in confidence."""
        return self.basis == "private"

    @property
    def fewest(self) -> int:
        """Voters that a group needs: the study's minimum, or three where all saw the result in the room."""
        return self.minimum if self.private else OPEN_FEWEST

    @property
    def hidden_below(self) -> int:
        """Below how many people a count is hidden: the minimum, or 0 of what all saw: none is too small."""
        return self.minimum if self.private else 0

    def few(self, count: float, n: float) -> bool:
        """Whether a count of n is of too few, or of all but too few of those asked in confidence."""
        return n < self.fewest or one_is_small(count, n, self.hidden_below)


OPENLY = HowAsked("open", 0)  # what everybody who was there knows


def strictest(bases: Iterable[Basis]) -> Basis:
    """How answers of several sources count together: in confidence where one of them was asked so."""
    return "open" if all(basis == "open" for basis in bases) else "private"


def shown_roles(roles: pd.Series, asked: HowAsked, together: Collection[str] = ()) -> pd.Series | None:
    """The group of each ballot: its role, or OTHERS; None where even all together are too few.

    roles: role of each ballot. Roles with too few voters become OTHERS; while OTHERS are too few, the smallest role
    that stands alone joins them (of equally small ones all, so that names decide nothing). together: roles that are
    OTHERS whatever their number.
    """
    least = asked.fewest
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


def one_is_small(count: float, n: float, minimum: int) -> bool:
    """`is_small` of one count."""
    return bool(is_small(np.array([count], dtype=float), n, minimum)[0])


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
