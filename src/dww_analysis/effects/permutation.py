"""An exact check: how often would chance allocation alone give a statistic this large?

Conditions are permuted between units in every way the randomisation could have gone (`lots`; Gail, Mark, Carroll, Green
& Pee 1996; Wang & De Gruttola 2017). What each allocation would have given is made elsewhere: the planned estimator
itself, the generalised least squares contrast, in `planned`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.domain.estimate import rejects

TIE = 1e-9  # relative difference below which two statistics are the same
BISECTIONS = 60
Array = NDArray[Any]


@dataclass(frozen=True)
class Permutation:
    """Two-sided p value of a permutation test over units."""

    estimate: float
    p_value: float
    n_allocations: int  # listed (exact) or drawn
    exact: bool
    smallest_p: float  # share of allocations tied with the largest statistic: no smaller p can come out
    conf_low: float  # by inversion of the test; NaN where it can never reject
    conf_high: float


@dataclass(frozen=True)
class Reference:
    """Estimates and standard errors under every allocation, as linear functions of the effect under test.

    The estimate for allocation m when an effect of `e` is taken off the responses: a[m] - b[m] e.
    """

    a: Array  # (m,)
    b: Array  # (m,)
    scale: Array  # (m,) standard error, or ones where the statistic is not studentised; NaN where not defined
    exact: bool
    observed: tuple[float, float, float]  # a, b and scale of the allocation as it was

    def sizes(self, effect: float) -> Array:
        """Absolute statistic of each allocation, shape (m,); an allocation without a statistic counts as the
        largest. effect: what is taken off the estimate under the real allocation."""
        found = np.abs((self.a - self.b * effect) / self.scale)
        return np.where(np.isfinite(found), found, np.inf)

    def p_value(self, effect: float = 0.0) -> float:
        """Share of allocations at least as far from `effect` as the observed one; NaN where that has no statistic."""
        a, b, scale = self.observed
        return share_as_large(abs((a - b * effect) / scale), self.sizes(effect), self.exact)

    def smallest_p(self) -> float:
        """Share of allocations tied with the largest statistic, or without one: no smaller p value can come out."""
        sizes = self.sizes(0.0)
        known = sizes[np.isfinite(sizes)]
        tied = float((sizes >= known.max(initial=0.0) * (1 - TIE)).mean())
        return tied if self.exact else max(tied, 1 / (len(sizes) + 1))


def share_as_large(own: float, sizes: Array, exact: bool) -> float:
    """The p value: share of the absolute statistics of all allocations that are at least `own`, the observed one.

    Where allocations are drawn, the observed one counts among them (Phipson & Smyth 2010). An allocation without a
    statistic counts as large; without an observed statistic there is no test (NaN).
    """
    if not np.isfinite(own):
        return float("nan")
    as_large = int((~(sizes < own - TIE * (1 + own))).sum())
    return as_large / len(sizes) if exact else (as_large + 1) / (len(sizes) + 1)


def result_of(reference: Reference, conf_level: float) -> Permutation:
    """The test of no effect, and the interval of effects that it does not reject."""
    low, high = (_limit(reference, 1 - conf_level, side) for side in (-1, 1))
    n, estimate = len(reference.a), reference.observed[0]
    return Permutation(estimate, reference.p_value(), n, reference.exact, reference.smallest_p(), low, high)


def _limit(reference: Reference, alpha: float, side: int) -> float:
    """The last effect on one side of the estimate that is not rejected; NaN where none is ever rejected."""
    a, b, scale = reference.observed
    near, step = a / b, max(abs(a), scale, 1e-12) / 8 * side
    far = next(
        (near + step * 2**k for k in range(40) if rejects(reference.p_value(near + step * 2**k), alpha)), None
    )
    if far is None:
        return float("nan")
    for _ in range(BISECTIONS):
        middle = (near + far) / 2
        near, far = (near, middle) if rejects(reference.p_value(middle), alpha) else (middle, far)
    return (near + far) / 2
