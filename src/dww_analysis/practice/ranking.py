"""How sure an order of themes is: surely in the top three, perhaps, surely not; from all pairs at once.

Percentile intervals of bootstrapped ranks are not used: with nearly equal themes they miss the true rank far too often.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.practice import Tier
from dww_analysis.practice.ballots import by_role
from dww_analysis.practice.orders import TOP

FEWEST_BALLOTS = 5  # of a role, for its ballots to say anything about an order
DRAWS = 2000
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tiers:
    """tier: by theme ("" where the order is not judged); best and worst: the ranks that remain possible.

    roles: those with enough ballots, on which the tiers rest; critical: the value that all pairs share.
    """

    tier: pd.Series
    best: pd.Series
    worst: pd.Series
    roles: tuple[str, ...]
    critical: float
    conf_level: float


def tiers(
    scores: pd.DataFrame, roles: pd.Series, conf_level: float = 0.95, draws: int = DRAWS, seed: int = 1
) -> Tiers:
    """Tiers of themes by the mean over roles of mean scores, from simultaneous intervals of all differences.

    scores: ballots x themes, without gaps; roles: role of each ballot. Ballots are drawn anew within their role; the
    critical value is the quantile of the largest |t| over pairs, and the best rank of a theme is 1 + the number of
    themes surely above it (Mogstad, Romano, Shaikh & Wilhelm 2024, Rev Econ Stud; R csranks is alike). Roles with
    fewer than five ballots take no part. A pair in which the ballots of no role vary is not decided: few equal ballots
    are no proof that all are. With three themes or fewer each is in the top three, and nothing is judged.
    """
    parts = {r: p.to_numpy(float) for r, p in by_role(scores, roles).items() if len(p) >= FEWEST_BALLOTS}
    themes, k = scores.columns, scores.shape[1]
    if not parts or k <= TOP:
        nothing = pd.Series(np.nan, index=themes)
        return Tiers(
            pd.Series("", index=themes), nothing, nothing.copy(), tuple(parts), float("nan"), conf_level
        )
    first, second = np.triu_indices(k, 1)
    differences = [X[:, first] - X[:, second] for X in parts.values()]
    mean, error = _mean(differences), _error(differences)
    critical = _critical(differences, error, conf_level, draws, np.random.default_rng(seed))
    needed = np.multiply(critical, error, out=np.full(len(error), np.inf), where=error > 0)
    sure = np.sign(mean) * (np.abs(mean) > needed)
    above, below = np.zeros(k), np.zeros(k)
    for over, under, holds in ((first, second, sure > 0), (second, first, sure < 0)):
        np.add.at(below, over, holds)
        np.add.at(above, under, holds)
    best, worst = 1 + above, k - below
    names = [_tier(b, w) for b, w in zip(best, worst, strict=True)]
    tier, at_best, at_worst = (pd.Series(v, index=themes) for v in (names, best, worst))
    return Tiers(tier, at_best, at_worst, tuple(parts), critical, conf_level)


def _tier(best: float, worst: float) -> Tier:
    if worst <= TOP:
        return "sure_top3"
    return "not_top3" if best > TOP else "maybe_top3"


def _mean(differences: list[Array]) -> Array:
    """Mean over roles of the mean difference of each pair."""
    return np.asarray(np.mean([D.mean(axis=0) for D in differences], axis=0))


def _error(differences: list[Array]) -> Array:
    """Standard error of that mean, of each pair."""
    variances = [D.var(axis=0, ddof=1) / len(D) for D in differences]
    return np.asarray(np.sqrt(np.sum(variances, axis=0)) / len(differences))


def _critical(
    differences: list[Array], error: Array, conf_level: float, draws: int, random: np.random.Generator
) -> float:
    """The quantile of the largest |difference drawn - difference seen| / its own standard error.

    Each draw has the standard error of its own ballots, but none below half of what was seen: of few ballots some
    draws are alike, and a quotient by nearly nothing says nothing about the spread.
    """
    usable = error > 0
    if not usable.any():
        return float("inf")
    shift, variance = np.zeros((draws, int(usable.sum()))), np.zeros((draws, int(usable.sum())))
    for D in (D[:, usable] for D in differences):
        n = len(D)
        weights = random.multinomial(n, np.full(n, 1 / n), size=draws) / n
        drawn = weights @ D
        shift += (drawn - D.mean(axis=0)) / len(differences)
        variance += (weights @ D**2 - drawn**2) / (n - 1) / len(differences) ** 2
    own = np.sqrt(np.maximum(variance, error[usable] ** 2 / 4))
    return float(np.quantile((np.abs(shift) / own).max(axis=1), conf_level))
