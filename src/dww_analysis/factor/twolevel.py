"""The likelihood of persons in teams, with a covariance matrix within teams and another between.

An orthogonal rotation of a team's answers separates s - 1 contrasts, which see only Sigma_W, from sqrt(s) times
the team mean, which sees Sigma_W + s Sigma_B (McDonald & Goldstein 1989; Muthen 1990). So the likelihood is
that of ordinary complete groups: one pooled within group and one group for each team size, all sharing the same
two sets of paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag

from dww_analysis.factor import normal, ram
from dww_analysis.factor.likelihood import in_parameters
from dww_analysis.factor.model import Block
from dww_analysis.factor.moments import Moments, from_statistics
from dww_analysis.factor.ram import unvech, vech_index

Array = NDArray[Any]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class TeamMoments:
    """Sufficient statistics of teams: pooled deviations, and for each size the rotated means with team-level
    columns.
    """

    within: Moments | None  # nothing when all teams have one member
    sizes: Array  # (K,) distinct team sizes
    between: tuple[Moments, ...]  # K times, of (sqrt(s) mean of level-1 columns, level-2 columns)
    n_rows: int
    n_teams: int


def team_moments(level_1: Array, level_2: Array, team: Index) -> TeamMoments:
    """From (N, p) answers, (N, q) team-level columns that are constant within teams, and (N,) teams from 0."""
    n_teams = int(team.max()) + 1
    counts = np.bincount(team, minlength=n_teams).astype(float)
    means = np.zeros((n_teams, level_1.shape[1]))
    np.add.at(means, team, level_1)
    means /= counts[:, None]
    deviations = level_1 - means[team]
    first = np.zeros(n_teams, dtype=np.intp)
    first[team[::-1]] = np.arange(len(team))[::-1]
    of_team = level_2[first]
    rotated = np.hstack([np.sqrt(counts)[:, None] * means, of_team])
    sizes = np.unique(counts)
    between = []
    for size in sizes:
        part = rotated[counts == size]
        centre = part.mean(axis=0)
        between.append(from_statistics(len(part), centre, (part - centre).T @ (part - centre) / len(part)))
    spare = len(team) - n_teams
    within = None
    if spare > 0:
        within = from_statistics(spare, np.zeros(level_1.shape[1]), deviations.T @ deviations / spare)
    return TeamMoments(within, sizes, tuple(between), len(team), n_teams)


@dataclass(frozen=True)
class TwoLevelState:
    at_within: ram.Implied
    at_between: ram.Implied
    within: normal.NormalState | None
    between: tuple[normal.NormalState, ...]


@dataclass(frozen=True)
class Levels:
    """One group's paths within and between teams, whatever its answers are like."""

    block_within: Block
    block_between: Block

    @property
    def rows(self) -> Index:
        return np.concatenate([self.block_within.free_rows, self.block_between.free_rows])

    @cached_property
    def placement(self) -> Array:
        """(p + q, observed at level 2) of zeros and ones: where level-2 variables sit among the items of level 1 and
        the columns of level 2 alone.
        """
        b = self.block_between.observed
        P = np.zeros((len(self.columns), len(b)))
        for k, name in enumerate(b):
            P[self.columns.index(name), k] = 1.0
        return P

    @property
    def columns(self) -> tuple[str, ...]:
        """(p + q,) columns of level 1, then those of level 2 alone."""
        y = self.block_within.observed
        return (*y, *(name for name in self.block_between.observed if name not in y))

    def implied(self, values: Array) -> tuple[ram.Implied, ram.Implied]:
        """Moments within and between teams. values: one for each row of the parameter table."""
        return (
            ram.implied(self.block_within.paths, values[self.block_within.rows]),
            ram.implied(self.block_between.paths, values[self.block_between.rows]),
        )

    def _pull_back(self, state: Any, g_w: Array, G_w: Array, g_b: Array, G_b: Array) -> Array:
        """Gradient in the free rows from that in the moments of each level."""
        within = ram.pull_back(self.block_within.free_paths, state.at_within, g_w, G_w)
        between = ram.pull_back(self.block_between.free_paths, state.at_between, g_b, G_b)
        return np.concatenate([within, between])

    def _bend_of_paths(self, state: Any, g_w: Array, G_w: Array, g_b: Array, G_b: Array) -> Array:
        """The gradient in the moments times their second derivatives in the free rows."""
        return block_diag(
            ram.second(self.block_within.free_paths, state.at_within, g_w, G_w),
            ram.second(self.block_between.free_paths, state.at_between, g_b, G_b),
        )


@dataclass(frozen=True)
class TwoLevel(Levels):
    """One group of teams. Columns of level 1 come first in the rotated means, then columns of level 2 alone."""

    moments: TeamMoments

    def _transform(self, size: float) -> Array:
        p = len(self.block_within.observed)
        scale = np.ones(len(self.placement))
        scale[:p] = np.sqrt(size)
        return scale[:, None] * self.placement

    def _team_moments(self, w: ram.Implied, b: ram.Implied, size: float) -> tuple[Array, Array]:
        T, p = self._transform(size), len(w.mu)
        mu, sigma = T @ b.mu, T @ b.sigma @ T.T
        mu[:p] += np.sqrt(size) * w.mu
        sigma[:p, :p] += w.sigma
        return mu, sigma

    def value(self, values: Array) -> float:
        w, b = self.implied(values)
        total = 0.0
        if self.moments.within is not None:
            total += normal.log_likelihood(self.moments.within, np.zeros(len(w.mu)), w.sigma)
        for size, moments in zip(self.moments.sizes, self.moments.between, strict=True):
            total += normal.log_likelihood(moments, *self._team_moments(w, b, size))
        return total

    def state(self, values: Array) -> TwoLevelState:
        w, b = self.implied(values)
        within = None
        if self.moments.within is not None:
            within = normal.evaluate(self.moments.within, np.zeros(len(w.mu)), w.sigma)
        between = tuple(
            normal.evaluate(moments, *self._team_moments(w, b, size))
            for size, moments in zip(self.moments.sizes, self.moments.between, strict=True)
        )
        return TwoLevelState(w, b, within, between)

    def _pooled(self, state: TwoLevelState) -> tuple[Array, Array, Array, Array]:
        """Gradient in the moments of each level: g and G within, g and G between."""
        p = len(state.at_within.mu)
        g_w, G_w = np.zeros(p), np.zeros((p, p))
        g_b, G_b = np.zeros_like(state.at_between.mu), np.zeros_like(state.at_between.sigma)
        if state.within is not None:
            G_w = G_w + state.within.G
        for size, part in zip(self.moments.sizes, state.between, strict=True):
            T = self._transform(size)
            g_w = g_w + np.sqrt(size) * part.g[:p]
            G_w = G_w + part.G[:p, :p]
            g_b = g_b + T.T @ part.g
            G_b = G_b + T.T @ part.G @ T
        return g_w, G_w, g_b, G_b

    def gradient(self, state: TwoLevelState) -> tuple[float, Array]:
        value = sum(part.logl for part in state.between) + (state.within.logl if state.within else 0.0)
        return value, self._pull_back(state, *self._pooled(state))

    def information(self, state: TwoLevelState, expected: bool) -> Array:
        w_paths, b_paths = self.block_within.free_paths, self.block_between.free_paths
        n_w, n_b, p = len(w_paths), len(b_paths), len(state.at_within.mu)
        mu_w, sigma_w = ram.jacobian(w_paths, state.at_within)
        mu_b, sigma_b = ram.jacobian(b_paths, state.at_between)
        info = np.zeros((n_w + n_b, n_w + n_b))
        if state.within is not None and self.moments.within is not None:
            curve = normal.curvature(self.moments.within, state.within, expected)
            info[:n_w, :n_w] += in_parameters(curve, None, sigma_w)
        full_w = unvech(sigma_w, p)
        full_b = unvech(sigma_b, len(state.at_between.mu))
        total = len(self.placement)
        rows, cols = vech_index(total)
        for size, moments, part in zip(self.moments.sizes, self.moments.between, state.between, strict=True):
            T = self._transform(size)
            d_mu, d_sigma = np.zeros((n_w + n_b, total)), np.zeros((n_w + n_b, total, total))
            d_mu[:n_w, :p], d_mu[n_w:] = np.sqrt(size) * mu_w, mu_b @ T.T
            d_sigma[:n_w, :p, :p], d_sigma[n_w:] = full_w, T @ full_b @ T.T
            curve = normal.curvature(moments, part, expected)
            info += in_parameters(curve, d_mu, d_sigma[:, rows, cols])
        return info if expected else info - self._bend_of_paths(state, *self._pooled(state))
