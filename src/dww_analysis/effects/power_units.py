"""What one SD of an answer is in the unit of the outcome, of shares and rates: it hangs on the mean of both arms.

Of a share m the variance is m (1 - m) (Hussey & Hughes 2007). Of a rate m, counts per person and wave, it is
dispersion m / (1 - icc): within a team the variance of a count is `dispersion` times its mean (1 is Poisson). The rates
of teams then have the coefficient of variation k = sqrt(icc dispersion / ((1 - icc) m)) of Hayes & Bennett (1999) and
Hayes & Moulton (2017, ch. 7).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class OutcomeUnit:
    """The unit of an outcome: share, or rate, without the effect (both None: numbers in SD); effect: the difference."""

    share: float | None
    rate: float | None
    effect: float
    icc: float
    dispersion: float

    @property
    def sd(self) -> float:
        """Of an answer at the mean of both arms; 1 where the outcome is a number in SD."""
        if self.share is not None:
            mean = self.share + self.effect / 2
            return math.sqrt(mean * (1 - mean))
        if self.rate is not None:
            return math.sqrt(self._spread * (self.rate + self.effect / 2))
        return 1.0

    @property
    def between_cv(self) -> float:
        """k, the SD of the teams' rates as a share of their mean; NaN where the outcome is no count."""
        if self.rate is None:
            return math.nan
        return math.sqrt(self.icc * self._spread / (self.rate + self.effect / 2))

    def difference(self, in_sd: float) -> float:
        """The difference that is `in_sd` SDs of the mean of both arms, in the direction of the effect; NaN where no two
        shares, or no two rates, differ so much."""
        if self.share is not None:
            return _of_shares(in_sd, self.share, self.effect)
        return in_sd if self.rate is None else _of_rates(in_sd, self.rate, self.effect, self._spread)

    @property
    def _spread(self) -> float:
        """The variance of a count as a multiple of its mean."""
        return self.dispersion / (1 - self.icc)


def _of_shares(in_sd: float, share: float, effect: float) -> float:
    """d^2 = in_sd^2 (p + d/2)(1 - p - d/2), solved for d."""
    p, squared = (share if effect > 0 else 1 - share), in_sd**2
    a, b, c = 1 + squared / 4, -squared * (1 - 2 * p) / 2, -squared * p * (1 - p)
    found = (-b + math.sqrt(b**2 - 4 * a * c)) / (2 * a)
    return math.copysign(found, effect) if p + found < 1 else math.nan


def _of_rates(in_sd: float, rate: float, effect: float, spread: float) -> float:
    """d^2 = in_sd^2 spread (rate + d/2), solved for d."""
    times = in_sd**2 * spread
    half = math.copysign(times / 4, effect)
    found = half + math.sqrt(half**2 + times * rate)
    return math.copysign(found, effect) if effect > 0 or found < rate else math.nan
