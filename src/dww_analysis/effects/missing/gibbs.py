"""Several scores of persons in units over waves, completed together: a joint multilevel model drawn by Gibbs sampling.

Rows are persons at waves, columns p scores. Y = X B + sum over levels of that level's effects + residuals; every level
and the residuals have a p x p covariance of their own. Rows without any score say nothing about the parameters, so the
chain runs over the others and draws them only when a data set is completed. The prior of every covariance is that of
Huang & Wand (2013): half-t standard deviations and correlations that are close to uniform; an inverse Wishart alone
lets its scale decide the variance between few units.

Within a level the effects of all groups are drawn at once: in the coordinates that make the residual covariance the
identity and the level's covariance diagonal, a group of n rows needs a division and no matrix. Noise is drawn before
these coordinates are known and turned into them, so that no draw hangs on the signs of eigenvectors, nor on their order
where variances are alike: rounding decides both, and a chain would part from its like on another machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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

    Per iteration after the burn-in: `coefficients` (iterations, q, p) and the covariances of all levels, the residual
    last, `spreads` (iterations, levels, p, p); both in the units of Y.
    """

    levels: tuple[str, ...]
    completed: Array
    coefficients: Array
    spreads: Array

    @property
    def covariances(self) -> Mapping[str, Array]:
        """Level -> (iterations, p, p)."""
        return {name: self.spreads[:, i] for i, name in enumerate(self.levels)}


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
            covariances.append(sampler.covariances)
        completed.append(np.where(np.isnan(rows.Y), sampler.complete() * spread + centre, rows.Y))
    return Draws(
        (*rows.levels, RESIDUAL),
        np.stack(completed),
        np.stack(coefficients) * spread,
        np.stack(covariances) * np.outer(spread, spread),
    )


def _standard(Y: Array) -> tuple[Array, Array]:
    centre, spread = np.nanmean(Y, axis=0), np.nanstd(Y, axis=0, ddof=1)
    return centre, np.where(spread > 0, spread, 1.0)


@dataclass(eq=False)
class _Level:
    """One grouping of the rows that hold a score: which rows a group has, and its effects (groups, p)."""

    codes: Array
    order: Array  # rows, group by group
    starts: Array  # first of each group in `order`, of groups that have rows
    seen: Array  # (groups,) bool: groups that have rows
    sizes: Array  # (groups, 1)
    effects: Array

    def sums(self, rest: Array) -> Array:
        """(groups, p) sums over the rows of each group."""
        found = np.zeros_like(self.effects)
        found[self.seen] = np.add.reduceat(rest.take(self.order, axis=0), self.starts)
        return found


@dataclass(frozen=True, eq=False)
class _Holes:
    """Rows that lack some of their scores, and the patterns of what they lack."""

    rows: Array  # (h,) pattern by pattern
    pattern: Array  # (h,) of each of them
    # row among these, and score, of every absent score in the order in which they are drawn
    at: tuple[Array, ...]
    absent: Array  # (patterns, p, p) whether both scores are absent, and so on
    given: Array
    between: Array  # given by absent


class _Axes(NamedTuple):
    """Coordinates in which the residual covariance is the identity and a level's own diagonal."""

    variances: Array  # (p,)
    turn: Array  # (p, p) from those in which only the residual covariance is the identity
    into: Array  # (p, p)
    out: Array  # (p, p)


class _Sampler:
    """State of the chain over rows with at least one score, in standardised scores."""

    def __init__(self, rows: Rows, Y: Array, chain: Chain):
        self.rng, self.scale = np.random.default_rng(chain.seed), chain.prior_scale
        self.all_X, self.all_codes = rows.X, list(rows.levels.values())
        absent = np.isnan(Y)
        self.used = ~absent.all(axis=1)
        self.holes = _holes(absent[self.used])
        self.Y = np.where(absent, 0.0, Y)[self.used]
        self.n, self.p = self.Y.shape
        self.X = rows.X[self.used]
        self.projector, self.root = _least_squares(self.X)
        self.B = self.projector @ self.Y
        self.levels = [self._level(codes) for codes in self.all_codes]
        of_levels = [np.eye(self.p) * 0.2] * len(self.levels)
        self.covariances = np.stack(
            [*of_levels, np.eye(self.p) * 0.5]
        )  # of every level, of the residuals last
        self.mixing = np.ones((len(self.covariances), self.p))  # a of Huang & Wand

    def _level(self, codes: Array) -> _Level:
        mine, groups = codes[self.used], int(codes.max()) + 1
        sizes = np.bincount(mine, minlength=groups)
        seen = sizes > 0
        starts = np.concatenate([[0], np.cumsum(sizes[seen])[:-1]])
        order = np.argsort(mine, kind="stable")
        return _Level(mine, order, starts, seen, sizes.astype(float)[:, None], np.zeros((groups, self.p)))

    def step(self) -> None:
        """One pass over missing scores, coefficients, effects of every level and all covariances."""
        rest = self.Y - self.X @ self.B
        for level in self.levels:
            rest -= level.effects.take(level.codes, axis=0)
        rest = self._draw_absent(rest)
        half = np.linalg.cholesky(self.covariances[-1])
        rest = self._draw_coefficients(rest, half)
        for level, axes in zip(self.levels, self._axes(half), strict=True):
            rest = self._draw_effects(level, rest, axes)
        self._draw_covariances(rest)

    def _draw_absent(self, rest: Array) -> Array:
        """Scores that are absent beside others of the row, from their distribution given those."""
        holes, covariance = self.holes, self.covariances[-1]
        if not len(holes.rows):
            return rest
        both = np.where(holes.between, covariance, 0.0)
        slope = np.linalg.solve(np.where(holes.given, covariance, np.eye(self.p)), both)
        left = covariance - np.swapaxes(both, 1, 2) @ slope
        spread = np.linalg.cholesky(np.where(holes.absent, left, np.eye(self.p)))
        noise = np.zeros((len(holes.rows), self.p))
        noise[holes.at] = self.rng.standard_normal(len(holes.at[0]))
        before = rest[holes.rows]
        found = (
            before[:, None] @ slope[holes.pattern] + noise[:, None] @ np.swapaxes(spread, 1, 2)[holes.pattern]
        )
        drawn, at = found[:, 0][holes.at], (holes.rows[holes.at[0]], holes.at[1])
        self.Y[at] += drawn - before[holes.at]
        rest[at] = drawn
        return rest

    def _draw_coefficients(self, rest: Array, half: Array) -> Array:
        noise = self.rng.standard_normal(self.B.shape) @ half.T
        before = self.B  # least squares of the rest and what the coefficients explained of it
        self.B = before + self.projector @ rest + self.root @ noise
        return rest - self.X @ (self.B - before)

    def _axes(self, half: Array) -> list[_Axes]:
        """Those of every level. half: root of the residual covariance."""
        inverse = np.linalg.inv(half)
        d, Q = np.linalg.eigh(inverse @ self.covariances[:-1] @ inverse.T)
        parts = (np.maximum(d, 0.0), Q, inverse.T @ Q, np.swapaxes(half @ Q, 1, 2))
        return [_Axes(*level) for level in zip(*parts, strict=True)]

    def _draw_effects(self, level: _Level, rest: Array, axes: _Axes) -> Array:
        """Effects of all groups given the rest; a group without scores gets a draw from the level's distribution."""
        before = level.effects
        sums = level.sums(rest) + level.sizes * before
        variance = axes.variances / (1 + level.sizes * axes.variances)
        mean = sums @ axes.into * variance
        drawn = mean + np.sqrt(variance) * (self.rng.standard_normal(mean.shape) @ axes.turn)
        level.effects = drawn @ axes.out
        rest -= (level.effects - before).take(level.codes, axis=0)
        return rest

    def _draw_covariances(self, rest: Array) -> None:
        values = [*(level.effects[level.seen] for level in self.levels), rest]
        self.covariances, self.mixing = draw_covariances(values, self.mixing, self.scale, self.rng)

    def complete(self) -> Array:
        """(rows, p) scores: those of rows in the chain, and a draw for every row without scores."""
        mean = self.all_X @ self.B
        for level, codes in zip(self.levels, self.all_codes, strict=True):
            mean += level.effects[codes]
        out = mean + self.rng.standard_normal(mean.shape) @ np.linalg.cholesky(self.covariances[-1]).T
        out[self.used] = self.Y
        return out


def draw_covariances(
    values: Sequence[Array], mixing: Array, scale: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """A covariance for each of k sets of rows (n, p) drawn from it (k, p, p), and the prior's mixing variables (k, p)
    given the covariances."""
    k, p = mixing.shape
    factors, scatter, gammas = np.empty((k, p, p)), np.empty((k, p, p)), np.empty((k, p))
    for i, rows in enumerate(values):
        factors[i] = bartlett(HALF_T_DF + p - 1 + len(rows), p, rng)
        gammas[i] = rng.gamma((HALF_T_DF + p) / 2, size=p)
        scatter[i] = rows.T @ rows
    np.einsum("kii->ki", scatter)[:] += 2 * HALF_T_DF / mixing
    found = inverse_wishart(scatter, factors)
    rate = HALF_T_DF * np.einsum("kii->ki", np.linalg.inv(found)) + 1 / scale**2
    return found, rate / gammas


def bartlett(df: float, p: int, rng: np.random.Generator) -> Array:
    """(p, p) lower triangle of a standard Wishart draw (Bartlett 1933)."""
    below, on, falling = _triangle(p)
    A = rng.standard_normal((p, p)) * below
    A[on] = np.sqrt(rng.chisquare(df - falling))
    return A


@cache
def _triangle(p: int) -> tuple[Array, tuple[Array, ...], Array]:
    """Ones below the diagonal, where the diagonal is, and 0, 1, ... along it."""
    return np.tril(np.ones((p, p)), -1), np.diag_indices(p), np.arange(p)


def inverse_wishart(scatter: Array, factor: Array) -> Array:
    """Draws with density |S|^-(df + p + 1)/2 exp(-tr(scatter S^-1) / 2); mean scatter / (df - p - 1).

    scatter, factor: (..., p, p), a draw for each pair; scatter positive definite (LinAlgError otherwise), factor as of
    `bartlett` with the df.
    """
    half = np.linalg.cholesky(scatter) @ np.swapaxes(np.linalg.inv(factor), -1, -2)
    found: Array = half @ np.swapaxes(half, -1, -2)
    return found


def _holes(absent: Array) -> _Holes:
    """Of rows with at least one score: where scores are absent (n, p)."""
    kinds, which = np.unique(absent, axis=0, return_inverse=True)
    some = np.asarray(kinds.any(axis=1))
    rows = np.argsort(which.ravel(), kind="stable")
    rows = rows[some[which.ravel()[rows]]]
    number = np.cumsum(some) - 1
    without = kinds[some]
    there = ~without
    return _Holes(
        rows,
        number[which.ravel()[rows]],
        tuple(np.nonzero(absent[rows])),
        without[:, :, None] & without[:, None],
        there[:, :, None] & there[:, None],
        there[:, :, None] & without[:, None],
    )


def _least_squares(X: Array) -> tuple[Array, Array]:
    """(X'X)^-1 X' and a root of (X'X)^-1, for columns of full rank."""
    inverse = np.linalg.inv(X.T @ X)
    return inverse @ X.T, np.linalg.cholesky(inverse)
