"""The columns whose coefficients are effects, under whatever a lot could have given, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SINGULAR = 1e12  # condition number beyond which effects cannot be told apart


@dataclass(frozen=True, eq=False)
class Effects:
    """The columns whose coefficients are effects, as every row would have them.

    columns (n, s, k): under each of s conditions that are not 0. contrast (k,): the planned estimate is this sum of the
    k effects. conditions (s,): which these are (`lots`). left_out (n, s): rows that do not count under a condition (the
    unit is in transition then); None where all rows count, whatever is given.
    """

    columns: Array
    contrast: Array
    conditions: Array = field(default_factory=lambda: np.ones(1, dtype=int))
    left_out: Array | None = None

    @classmethod
    def of_arm(cls, columns: Array) -> Effects:
        """Of a single condition: columns (n, k), the planned effect first."""
        return cls(columns[:, None, :], np.eye(columns.shape[1])[0])

    @property
    def moved(self) -> Array:
        """(k,) 1 for the effects that the contrast is made of, else 0."""
        return (self.contrast != 0).astype(float)


def contrasts_of(information: Array, scores: Array, contrast: Array) -> tuple[Array, Array, Array]:
    """For each of m allocations the contrast of the effects, what an effect of one adds to it, and its SE, each (m,);
    NaN where effects cannot be told apart.

    information: (m, k, k); scores: (m, k, 2), of the responses and of an effect of one under the real allocation.
    """
    m, k = information.shape[:2]
    right = np.concatenate([scores, np.broadcast_to(contrast[:, None], (m, k, 1))], axis=2)
    solved = np.full((m, 3), np.nan)
    own = np.diagonal(information, axis1=1, axis2=2)
    fine = (np.linalg.cond(information) < SINGULAR) & (own > own.max(axis=0) / SINGULAR**0.5).all(axis=1)
    solved[fine] = np.einsum("i,mij->mj", contrast, np.linalg.solve(information[fine], right[fine]))
    return solved[:, 0], solved[:, 1], np.sqrt(solved[:, 2])
