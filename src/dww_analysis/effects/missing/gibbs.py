"""Several scores of persons in units over waves, completed together: a joint multilevel model drawn by Gibbs sampling.

Rows are persons at waves, columns p scores. Y = X B + sum over levels of that level's effects + residuals; every level
and the residuals have a p x p covariance of their own. Rows without any score say nothing about the parameters, so the
chain runs over the others and draws them only when a data set is completed. The prior of every covariance is that of
Huang & Wand (2013): half-t standard deviations and correlations that are close to uniform; an inverse Wishart alone
lets its scale decide the variance between few units.

Within a level the effects of all groups are drawn at once: in the coordinates that make the residual covariance the
identity and the level's covariance diagonal, a group of n rows needs a division and no matrix.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Array = NDArray[Any]
HALF_T_DF = 2.0  # makes the correlations uniform one by one (Huang & Wand 2013)
RESIDUAL = "Residual"


@dataclass(frozen=True)
class Chain:
    """How the sampler runs: m data sets, `between` iterations apart, after `burn_in`."""

    m: int = 20
    burn_in: int = 500
    between: int = 50
    seed: int = 1
    prior_scale: float = 1.0  # scale of the half-t priors, in standard deviations of each score


@dataclass(frozen=True, eq=False)
class Rows:
    """What is completed. Y (n, p) with NaN; X (n, q) without; levels: name -> number of each row's group (n,).

    Always true: X determines the rows without scores from those with scores (`table.model_rows` sees to it).
    """

    Y: Array
    X: Array
    levels: Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Draws:
    """A finished chain. `completed` (m, n, p) holds every given score as it was given.

    Per iteration after the burn-in: `coefficients` (iterations, q, p) and per level, the residual last,
    `covariances` (iterations, p, p); both in the units of Y.
    """

    completed: Array
    coefficients: Array
    covariances: Mapping[str, Array]


def draw(rows: Rows, chain: Chain) -> Draws:
    """m completed data sets from one chain. The same rows, chain and seed give the same numbers."""
    centre, spread = _standard(rows.Y)
    sampler = _Sampler(rows, (rows.Y - centre) / spread, chain)
    for _ in range(chain.burn_in):
        sampler.step()
    completed, coefficients, covariances = [], [], []
    for _ in range(chain.m):
        for _ in range(chain.between):
            sampler.step()
            coefficients.append(sampler.B)
            covariances.append(np.stack([*(level.covariance for level in sampler.levels), sampler.residual]))
        completed.append(np.where(np.isnan(rows.Y), sampler.complete() * spread + centre, rows.Y))
    return Draws(
        np.stack(completed),
        np.stack(coefficients) * spread,
        _by_level([*rows.levels, RESIDUAL], np.stack(covariances) * np.outer(spread, spread)),
    )


def _standard(Y: Array) -> tuple[Array, Array]:
    centre, spread = np.nanmean(Y, axis=0), np.nanstd(Y, axis=0, ddof=1)
    return centre, np.where(spread > 0, spread, 1.0)


def _by_level(names: Sequence[str], stacked: Array) -> dict[str, Array]:
    return {name: stacked[:, i] for i, name in enumerate(names)}


@dataclass(eq=False)
class _Level:
    """One grouping of the rows that hold a score: its sums, effects (groups, p), covariance and prior's scales."""

    codes: Array
    sums: Any  # (groups, rows) indicator, sparse
    sizes: Array
    effects: Array
    covariance: Array
    mixing: Array  # (p,) a of Huang & Wand


@dataclass(frozen=True, eq=False)
class _Pattern:
    """Rows that lack the same scores but not all of them, as positions (flat: in arrays that lie row by row)."""

    shape: tuple[int, int]  # rows, absent scores
    in_absent: Array  # (absent, absent) flat positions in a covariance, and so on
    in_given: Array
    in_both: Array  # (given, absent)
    at_absent: Array  # (rows, absent) flat positions in the scores
    at_given: Array


class _Sampler:
    """State of the chain over rows with at least one score, in standardised scores."""

    def __init__(self, rows: Rows, Y: Array, chain: Chain):
        self.rng, self.scale = np.random.default_rng(chain.seed), chain.prior_scale
        self.all_X, self.all_codes = rows.X, list(rows.levels.values())
        absent = np.isnan(Y)
        self.used = ~absent.all(axis=1)
        self.patterns = _patterns(absent[self.used])
        self.Y = np.where(absent, 0.0, Y)[self.used]
        self.n, self.p = self.Y.shape
        self.X = rows.X[self.used]
        self.projector, self.root = _least_squares(self.X)
        self.B = self.projector @ self.Y
        self.residual, self.mixing = np.eye(self.p) * 0.5, np.ones(self.p)
        self.levels = [self._level(codes) for codes in self.all_codes]

    def _level(self, codes: Array) -> _Level:
        mine, groups = codes[self.used], int(codes.max()) + 1
        sums = csr_array((np.ones(self.n), (mine, np.arange(self.n))), shape=(groups, self.n))
        sizes = np.bincount(mine, minlength=groups).astype(float)[:, None]
        return _Level(mine, sums, sizes, np.zeros((groups, self.p)), np.eye(self.p) * 0.2, np.ones(self.p))

    def step(self) -> None:
        """One pass over missing scores, coefficients, effects of every level and all covariances."""
        rest = self.Y - self.X @ self.B
        for level in self.levels:
            rest -= level.effects[level.codes]
        rest = self._draw_absent(rest)
        half = np.linalg.cholesky(self.residual)
        inverse = np.linalg.inv(half)
        rest = self._draw_coefficients(rest, half)
        for level in self.levels:
            rest = self._draw_effects(level, rest, half, inverse)
        self._draw_covariances(rest)

    def _draw_absent(self, rest: Array) -> Array:
        """Scores that are absent beside others of the row, from their distribution given those."""
        covariance, scores, flat = self.residual.ravel(), self.Y.reshape(-1), rest.reshape(-1)
        for pattern in self.patterns:
            both, at = covariance[pattern.in_both], pattern.at_absent
            slope = np.linalg.solve(covariance[pattern.in_given], both)
            left = covariance[pattern.in_absent] - both.T @ slope
            noise = self.rng.standard_normal(pattern.shape) @ np.linalg.cholesky(left).T
            drawn = flat[pattern.at_given] @ slope + noise
            scores[at] += drawn - flat[at]
            flat[at] = drawn
        return rest

    def _draw_coefficients(self, rest: Array, half: Array) -> Array:
        noise = self.rng.standard_normal(self.B.shape) @ half.T
        before = self.B  # least squares of the rest and what the coefficients explained of it
        self.B = before + self.projector @ rest + self.root @ noise
        return rest - self.X @ (self.B - before)

    def _draw_effects(self, level: _Level, rest: Array, L: Array, inverse: Array) -> Array:
        """Effects of all groups given the rest; a group without scores gets a draw from the level's distribution.

        L: root of the residual covariance, and its inverse.
        """
        sums, before = level.sums @ rest + level.sizes * level.effects, level.effects
        d, Q = np.linalg.eigh(inverse @ level.covariance @ inverse.T)
        variance = np.maximum(d, 0.0) / (1 + level.sizes * np.maximum(d, 0.0))
        mean = sums @ (inverse.T @ Q) * variance
        drawn = mean + np.sqrt(variance) * self.rng.standard_normal(mean.shape)
        level.effects = drawn @ (L @ Q).T
        rest -= (level.effects - before)[level.codes]
        return rest

    def _draw_covariances(self, rest: Array) -> None:
        for level in self.levels:
            seen = level.effects[level.sizes[:, 0] > 0]
            level.covariance, level.mixing = self._covariance(seen, level.mixing)
        self.residual, self.mixing = self._covariance(rest, self.mixing)

    def _covariance(self, values: Array, mixing: Array) -> tuple[Array, Array]:
        """A covariance given rows (n, p) drawn from it, and the prior's mixing variables given the covariance."""
        scatter = values.T @ values + 2 * HALF_T_DF * np.diag(1 / mixing)
        found = inverse_wishart(HALF_T_DF + self.p - 1 + len(values), scatter, self.rng)
        rate = HALF_T_DF * np.diag(np.linalg.inv(found)) + 1 / self.scale**2
        return found, rate / self.rng.gamma((HALF_T_DF + self.p) / 2, size=self.p)

    def complete(self) -> Array:
        """(rows, p) scores: those of rows in the chain, and a draw for every row without scores."""
        mean = self.all_X @ self.B
        for level, codes in zip(self.levels, self.all_codes, strict=True):
            mean += level.effects[codes]
        out = mean + self.rng.standard_normal(mean.shape) @ np.linalg.cholesky(self.residual).T
        out[self.used] = self.Y
        return out


def inverse_wishart(df: float, scatter: Array, rng: np.random.Generator) -> Array:
    """One draw of shape (p, p) with density |S|^-(df + p + 1)/2 exp(-tr(scatter S^-1) / 2); mean scatter / (df - p -
    1).

    scatter: (p, p), positive definite (LinAlgError otherwise); df above p - 1. By the decomposition of Bartlett
    (1933).
    """
    p = len(scatter)
    A = np.tril(rng.standard_normal((p, p)), -1)
    A[np.diag_indices(p)] = np.sqrt(rng.chisquare(df - np.arange(p)))
    half = np.linalg.cholesky(scatter) @ np.linalg.inv(A).T
    found: Array = half @ half.T
    return found


def _patterns(absent: Array) -> list[_Pattern]:
    kinds, which = np.unique(absent, axis=0, return_inverse=True)
    p, found = absent.shape[1], []
    for i in np.flatnonzero(kinds.any(axis=1)):
        rows = np.flatnonzero(which.ravel() == i)
        without, given = np.flatnonzero(kinds[i]), np.flatnonzero(~kinds[i])
        pairs = ((without, without), (given, given), (given, without), (rows, without), (rows, given))
        found.append(_Pattern((len(rows), len(without)), *(a[:, None] * p + b for a, b in pairs)))
    return found


def _least_squares(X: Array) -> tuple[Array, Array]:
    """(X'X)^-1 X' and a root of (X'X)^-1, for columns of full rank."""
    inverse = np.linalg.inv(X.T @ X)
    return inverse @ X.T, np.linalg.cholesky(inverse)
