"""How many persons chose each answer option, as far as it follows from an item's mean, SD and shares.

With n persons, the sum of their answers and the sum of squares known, the counts of k options satisfy three equations;
shares at both ends take two options away. Of three options all counts follow, and of five with the shares. What the
counts can be is a polytope; at its corners no more options are chosen than there are equations, and each count lies
between its lowest and its highest corner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
MOST_OPTIONS = 101  # a slider from 0 to 100
SLACK = 1e-6  # persons: the numbers of persons are whole
WHOLE = 1e-6  # of a person's answer, that sums of stored means and SDs may be off


def tells_options(n: Array, low: Array, high: Array, shown: Mapping[str, Array], minimum: int) -> Mask:
    """For each row whether some option's count may be 1 to `minimum` - 1 persons and has fewer values than `minimum`.

    n persons answered with whole numbers from `low` to `high`. shown: mean, sd, floor_share and ceiling_share, NaN
    where they are hidden. Rows without a mean, with other ranges or more than 101 options are not judged (False), nor
    are numbers that no counts fit, nor answers that are no whole numbers, as their sum and their squares show.
    """
    result = np.zeros(len(n), dtype=bool)
    known = (n > 0) & np.isfinite(low + high + shown["mean"])
    known &= (low == np.round(low)) & (high == np.round(high)) & (high > low) & (high - low < MOST_OPTIONS)
    known &= ~no_whole_numbers(n, shown["mean"], shown["sd"])
    for row in np.flatnonzero(known):
        moments = _Moments.of(n[row], low[row], high[row], **{k: v[row] for k, v in shown.items()})
        result[row] = _narrow(*moments.counts(), minimum)
    return result


def no_whole_numbers(n: Array, mean: Array, sd: Array) -> Mask:
    """Rows whose sum, or sum of squares where the SD is known, is no whole number: nor are all answers. All (rows,);
    False where the mean is NaN."""
    total = n * mean
    squares = (n - 1) * sd**2 + n * mean**2
    return np.asarray(
        (np.abs(total - np.round(total)) > WHOLE * n) | (np.abs(squares - np.round(squares)) > WHOLE * n)
    )


@dataclass(frozen=True)
class _Moments:
    """Persons, their sum and sum of squares (None: not shown), of answers `first` to `last` counted from the lowest."""

    first: int
    last: int
    persons: int
    total: int
    squares: int | None

    @classmethod
    def of(
        cls,
        n: float,
        low: float,
        high: float,
        mean: float,
        sd: float,
        floor_share: float,
        ceiling_share: float,
    ) -> _Moments:
        """What the published numbers of one item say, as the whole numbers they are; known ends are taken out."""
        last, total = int(high - low), round(n * (mean - low))
        squares = round((n - 1) * sd**2 + total**2 / n) if np.isfinite(sd) else None
        if not np.isfinite(floor_share + ceiling_share):
            return cls(0, last, int(n), total, squares)
        at_low, at_high = round(floor_share * n), round(ceiling_share * n)
        rest = None if squares is None else squares - at_high * last**2
        return cls(1, last - 1, int(n) - at_low - at_high, total - at_high * last, rest)

    def counts(self) -> tuple[Array, Array]:
        """Lowest and highest count of each option; NaN where no counts fit."""
        values = np.array(
            [v for v in (self.persons, self.total, self.squares) if v is not None], dtype="float64"
        )
        k = self.last - self.first + 1
        if k < 1:  # two options, both ends of the scale
            return np.array([]), np.array([])
        low, high = np.full(k, np.inf), np.full(k, -np.inf)
        chosen, inverse, equations = _bases(self.first, self.last, len(values))
        counts = inverse @ values
        fits = (counts > -SLACK).all(axis=1) & self._fulfilled(chosen, counts, equations, values)
        chosen, counts = chosen[fits], counts[fits]
        np.minimum.at(low, chosen.ravel(), counts.ravel())
        np.maximum.at(high, chosen.ravel(), counts.ravel())
        in_corners = np.bincount(chosen.ravel(), minlength=k)
        elsewhere = in_corners < len(chosen)  # a corner in which nobody chose it
        low[elsewhere], high[elsewhere] = np.minimum(low[elsewhere], 0), np.maximum(high[elsewhere], 0)
        low, high = np.ceil(low - SLACK), np.floor(high + SLACK)
        return np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)

    @staticmethod
    def _fulfilled(chosen: NDArray[np.int_], counts: Array, equations: Array, values: Array) -> Mask:
        """Whether also the equations hold that were left out of a basis because they follow for true counts."""
        left = np.einsum("ecj,cj->ce", equations[:, chosen], counts)
        return np.asarray(np.isclose(left, values, rtol=1e-9, atol=1e-4).all(axis=1))


@lru_cache(maxsize=32)
def _bases(first: int, last: int, n_equations: int) -> tuple[NDArray[np.int_], Array, Array]:
    """Every choice of options whose counts the equations settle.

    Returns chosen options (choices x rank), the matrices that give their counts (choices x rank x n_equations), and the
    equations (n_equations x options).
    """
    x = np.arange(first, last + 1, dtype="float64")
    equations = np.array([x**power for power in range(n_equations)])
    rank = min(n_equations, len(x))
    chosen = np.array(list(combinations(range(len(x)), rank)), dtype=int)
    square = np.linalg.inv(equations[:rank, chosen].transpose(1, 0, 2))  # powers of different numbers
    inverse = np.concatenate([square, np.zeros((len(chosen), rank, n_equations - rank))], axis=2)
    return chosen, inverse, equations


def _narrow(low: Array, high: Array, minimum: int) -> bool:
    """Whether a count that can be a few persons has fewer values than the minimum."""
    few = (low < minimum - 0.5) & (high > 0.5)
    return bool((few & (high - low < (minimum - 1) * (1 - 1e-6))).any())
