"""Minima of a deviance while one parameter is held, as profiles need them: quasi-Newton searches that are left
again where the deviance is flat whatever is true.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from ..model import Array

LOST = 100  # times the slope that is asked for: a search that ends there has lost its way
FLAT, LOOSE = 30.0, 2.0  # a coordinate of a correlation: beyond .999, and where a search begins at most (.9)

Objective = Callable[[Array], tuple[float, Array]]  # a value and its slope
# at a value of the parameter, begun at the end of the search before: the deviance and that end
Deviance = Callable[[float, Array | None], tuple[float, Array]]
Search = Callable[[Objective, Array], tuple[float, Array]]  # from a start to the minimum and its place


def between_spreads(
    search: Search, objective: Callable[[float], Objective], start: Array, pair: tuple[int, int], small: float
) -> Deviance:
    """The deviance while the correlation of two standard deviations (`pair`: their coordinates) is held: the least with
    both, or without one of them, when the correlation says nothing. Between the two lies a ridge that a search does
    not cross, so that one which lost a deviation (below `small`) begins again."""
    without: list[float] = []

    def deviance(value: float, state: Array | None) -> tuple[float, Array]:
        held = objective(value)
        found, place = search(held, start if state is None else state)
        if state is not None and (np.abs(place[list(pair)]) < small).any():
            again = search(held, start)
            if not found <= again[0]:
                found, place = again
        if not without:
            without.append(min(search(_left_out(held, i), start)[0] for i in pair))
        return min(found, without[0]), place

    return deviance


def _left_out(objective: Objective, i: int) -> Objective:
    """The objective with coordinate i at zero."""

    def at_zero(x: Array) -> tuple[float, Array]:
        there = x.copy()
        there[i] = 0.0
        value, slope = objective(there)
        slope[i] = 0.0
        return value, slope

    return at_zero


def minimise(
    objective: Objective, start: Array, gradient: float, ties: Array | None = None
) -> tuple[float, Array]:
    """Quasi-Newton minimum and its place, from a start to where the slope of the deviance is below `gradient`;
    `ties` marks coordinates that stand for correlations."""
    find = Minimiser(gradient)
    return find(objective, start) if ties is None else find.inside(objective, start, ties)


class Minimiser:
    """Quasi-Newton minima of functions that are nearly the same: each search begins with the curvature that the one
    before it found, and ends where the slope is below `gradient`."""

    def __init__(self, gradient: float) -> None:
        self.gradient = gradient
        self._inverse: Array | None = None

    def __call__(self, objective: Objective, start: Array) -> tuple[float, Array]:
        """The minimum and its place."""
        if len(start) == 0:
            return objective(start)[0], start
        known = self._inverse is not None
        value, place, slope = self._search(objective, start)
        if known and not slope <= LOST * self.gradient:
            self._inverse = None
            again = self._search(objective, start)
            if not value <= again[0]:
                value, place, _ = again
        return value, place

    def inside(self, objective: Objective, start: Array, ties: Array) -> tuple[float, Array]:
        """As a call, for coordinates of which some stand for correlations (`ties`): a search that ended where these
        are 1 or -1, and the deviance is flat whatever is true, is made once more from correlations short of it."""
        value, place = self(objective, _short_of_one(start, ties))
        if (np.abs(place[ties]) > FLAT).any():
            self._inverse = None
            again = self(objective, _short_of_one(place, ties))
            if not value <= again[0]:
                value, place = again
        return value, place

    def _search(self, objective: Objective, start: Array) -> tuple[float, Array, float]:
        options = {"gtol": self.gradient, "maxiter": 300, "hess_inv0": self._inverse}
        best = minimize(objective, start, jac=True, method="BFGS", options=options)
        inverse = (best.hess_inv + best.hess_inv.T) / 2
        self._inverse = inverse if clearly_definite(inverse) else None
        return float(best.fun), best.x, float(np.abs(best.jac).max())


def clearly_definite(matrix: Array) -> bool:
    """Whether a symmetric matrix is positive definite beyond what rounding can undo, so that it has a Cholesky factor,
    which the next search asks for."""
    if not np.isfinite(matrix).all():
        return False
    values = np.linalg.eigvalsh(matrix)
    return bool(values[0] > 1e-12 * values[-1])


def _short_of_one(place: Array, ties: Array) -> Array:
    return np.where(ties, np.clip(place, -LOOSE, LOOSE), place)
