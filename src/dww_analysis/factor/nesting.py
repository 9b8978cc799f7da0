"""Whether one factor model is nested in another: the wider one can reproduce every moment that the narrower one allows.

It is fitted to what the narrower one implies, where it must leave nothing (Bentler & Satorra 2010, Psychol. Methods
15:111): to means and covariances, of two levels to those of each, and for ordered items to thresholds and correlations.
A search that does not end says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor import estimate
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.fitted import Fitted, search
from dww_analysis.factor.moments import from_statistics
from dww_analysis.factor.summary import Summary
from dww_analysis.factor.twolevel_search import TwoLevelFit, crude_starts
from dww_analysis.factor.twolevel_teams import complete_teams
from dww_analysis.factor.wls import places_of, search_wls

Array = NDArray[Any]
FactorFit = Any  # of `result`, whose `compare` leads here
NOTHING = 1e-3  # chi-square of the wider model on moments of the narrower one that still counts as none


def nothing(n_obs: int) -> float:
    """A difference of chi-squares of so many persons that counts as none."""
    return NOTHING * max(1.0, n_obs / 1000)


def misses(wide: FactorFit, narrow: FactorFit) -> bool:
    """Whether the wider model, from wherever it starts, cannot reproduce what the narrower one implies. Both are of the
    same answers and converged; items may stand in another order."""
    tried = _one_level if wide._fitted is not None else _ordered if wide._wls is not None else _two_levels
    try:
        return all(left > nothing(wide.n_obs) for left in tried(wide, narrow))
    except FactorError:  # there the wider model is not identified, which says nothing against it
        return False


def wide_at_narrow(wide: FactorFit, narrow: FactorFit) -> Fitted:
    """The wider model of one level on its own answers, at the parameters with which it implies what the narrower one
    does. FactorError where these are not identified, or not found."""
    own = wide._fitted
    found = search(own.model, _implied_by(narrow, own), False, False, own.search.theta).search
    if not found.converged:
        raise FactorError.of(
            found="no parameters of the wider model that imply what the narrower one does",
            where="compare",
            expected="models of which one is nested in the other",
            action="use method='satorra.bentler.2001'",
        )
    return replace(own, search=replace(found, observed_information=None))


def _implied_by(narrow: FactorFit, own: Fitted) -> Summary:
    """What a model implies, as the answers of another one's variables."""
    other = narrow._fitted
    place = [other.summary.columns.index(name) for name in own.summary.columns]
    moments = tuple(
        from_statistics(m.total, mu[place], sigma[np.ix_(place, place)])
        for m, (mu, sigma) in zip(other.summary.moments, other.implied_moments, strict=True)
    )
    return Summary(own.summary.prepared, moments, own.summary.means)


def _one_level(wide: FactorFit, narrow: FactorFit) -> Iterator[float]:
    own = wide._fitted
    implied = _implied_by(narrow, own)
    best = sum(g.log_likelihood for g in implied.saturated)
    for theta in (own.search.theta, None):
        yield _left(search(own.model, implied, False, False, theta).search, best)


def _ordered(wide: FactorFit, narrow: FactorFit) -> Iterator[float]:
    own, other = wide._wls, narrow._wls
    places = places_of(own.summary, other.summary)
    statistics = [g.implied(other.values)[1][place] for g, place in zip(other.groups, places, strict=True)]
    moments = zip(own.summary.moments, statistics, strict=True)
    implied = replace(own.summary, moments=tuple(m.with_observed(values) for m, values in moments))
    for theta in (own.search.theta, None):
        again = search_wls(own.model, implied, theta)
        yield again.chi_square if again.search.converged else 0.0


def _two_levels(wide: FactorFit, narrow: FactorFit) -> Iterator[float]:
    """By least squares, in standard deviations of the items: a likelihood has several maxima where a covariance matrix
    between teams is not positive definite."""
    from scipy.optimize import least_squares

    own, other = wide._two_level, narrow._two_level
    columns = [levels.columns for levels in own.likelihood.components]
    implied = list(_by_level(other, other.search.theta, columns))
    sds = [np.sqrt(np.diag(within + between)) for _, within, between in implied]

    def away(theta: Array) -> Array:
        found = zip(_by_level(own, theta, columns), implied, sds, strict=True)
        return np.concatenate([_distance(one, another, sd) for one, another, sd in found])

    for theta in (
        own.search.theta,
        *crude_starts(own.model, complete_teams(own.model, own.teams), own.teams),
    ):
        found = least_squares(away, theta, method="lm" if len(away(theta)) >= len(theta) else "trf")
        yield 2 * found.cost * wide.n_obs if found.success else 0.0


def _by_level(
    fit: TwoLevelFit, theta: Array, columns: list[tuple[str, ...]]
) -> Iterator[tuple[Array, Array, Array]]:
    """Means (p,) and covariances within and between teams (p, p) of each group, its columns in this order; zero for
    what is not at a level."""
    values = fit.model.values(theta)
    for levels, names in zip(fit.likelihood.components, columns, strict=True):
        w, b = levels.implied(values)  # type: ignore[attr-defined]
        P, p = levels.placement, len(w.mu)  # type: ignore[attr-defined]
        mu, within, between = P @ b.mu, np.zeros((len(P),) * 2), P @ b.sigma @ P.T
        mu[:p] += w.mu
        within[:p, :p] = w.sigma
        place = [levels.columns.index(name) for name in names]  # type: ignore[attr-defined]
        grid = np.ix_(place, place)
        yield mu[place], within[grid], between[grid]


def _distance(one: tuple[Array, Array, Array], other: tuple[Array, Array, Array], sd: Array) -> Array:
    mu, within, between = (a - b for a, b in zip(one, other, strict=True))
    low, unit = np.tril_indices(len(sd)), np.outer(sd, sd)
    return np.concatenate([mu / sd, (within / unit)[low], (between / unit)[low]])


def _left(found: estimate.Search, best: float) -> float:
    """Chi-square that a search leaves under the highest log-likelihood; 0 where it did not end."""
    return 2 * (best - found.log_likelihood) if found.converged else 0.0
