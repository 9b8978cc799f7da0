"""The likelihood of persons in teams who did not answer everything.

Given a team's effect b, its persons are independent: person i has precision W_i, the inverse of Sigma_W among the
items answered, zero elsewhere. What a team's answers say of b is then a sum over persons, K = sum W_i, so that the
covariance of all its answers, V = diag(Sigma_i) + D Sigma_B D', is never formed (Woodbury identity):

    C = (I + Sigma_B K)^-1 Sigma_B       covariance of b given the answers
    u_i = W_i (d_i - C sum W d)          person i's share of V^-1 d, with d the deviation from the mean
    h = D' V^-1 d,  H = D' V^-1 D        the same seen from the team

Variables of teams alone enter before the persons: b is conditioned on them first. Formulas hold for any symmetric
Sigma_B that leaves V positive definite.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from dww_analysis.factor import normal, ram
from dww_analysis.factor.likelihood import in_parameters
from dww_analysis.factor.moments import Moments
from dww_analysis.factor.ram import unvech, vech_index
from dww_analysis.factor.twolevel import Levels

Array = NDArray[Any]
Index = NDArray[np.intp]
CHUNK = 4_000_000  # numbers held at once where teams and parameters meet


@dataclass(frozen=True)
class Patterns:
    """Which entries of the rows of a table are answered, each combination once."""

    seen: NDArray[np.bool_]  # (P, p)
    of_row: Index  # (N,)

    @classmethod
    def of(cls, rows: Array) -> Patterns:
        """The patterns of rows (n, p), NaN for absent answers."""
        seen, of_row = np.unique(~np.isnan(rows), axis=0, return_inverse=True)
        return cls(seen, of_row.reshape(-1))

    @cached_property
    def n(self) -> Array:
        """(P,) rows with each pattern."""
        return np.bincount(self.of_row, minlength=len(self.seen)).astype(float)

    @cached_property
    def moments(self) -> Moments:
        """The patterns as moments without numbers: what inverting a covariance for each needs."""
        p = self.seen.shape[1]
        return Moments(self.n, self.seen, np.zeros((len(self.seen), p)), np.zeros((len(self.seen), p, p)))


@dataclass(frozen=True)
class TeamAnswers:
    """One group's answers, the persons of a team one after the other, NaN where there is no answer."""

    level_1: Array  # (N, p)
    level_2: Array  # (J, q) variables of teams alone
    team: Index  # (N,) from 0, rising

    @classmethod
    def of(cls, level_1: Array, level_2: Array, team: Index) -> TeamAnswers:
        """From rows in any order and one row of level 2 a team."""
        order = np.argsort(team, kind="stable")
        return cls(level_1[order], level_2, team[order])

    @property
    def n_teams(self) -> int:
        return len(self.level_2)

    @cached_property
    def complete(self) -> bool:
        return not (np.isnan(self.level_1).any() or np.isnan(self.level_2).any())

    @cached_property
    def first(self) -> Index:
        """Where the rows of each team begin, shape (J,)."""
        return np.searchsorted(self.team, np.arange(self.n_teams)).astype(np.intp)

    @cached_property
    def persons(self) -> Patterns:
        return Patterns.of(self.level_1)

    @cached_property
    def teams(self) -> Patterns:
        return Patterns.of(self.level_2)

    @cached_property
    def counts(self) -> scipy.sparse.csr_array:
        """(J, P) persons of each team with each pattern."""
        ones = np.ones(len(self.team))
        shape = (self.n_teams, len(self.persons.seen))
        return scipy.sparse.csr_array((ones, (self.team, self.persons.of_row)), shape=shape)

    def by_team(self, rows: Array) -> Array:
        """Sums of (N, ...) over the persons of each team."""
        return np.add.reduceat(rows, self.first, axis=0)


@dataclass(frozen=True)
class GapsState:
    """All that gradient and information need at one point. Team effects have the nb columns of level 2."""

    at_within: ram.Implied
    at_between: ram.Implied
    logl: float
    W: Array  # (P, p, p)
    A: Array  # (J, p, p) sum of W over the persons of a team
    C: Array  # (J, nb, nb) covariance of the team effect given all answers
    R: Array  # (J, nb, nb) V^-1 D at person i is W_i R
    H: Array  # (J, nb, nb)
    h: Array  # (J, nb)
    u: Array  # (N, p)


@dataclass(frozen=True)
class TwoLevelGaps(Levels):
    """One group of teams with answers that may be absent at either level."""

    answers: TeamAnswers

    @cached_property
    def _items(self) -> Array:
        """(p, nb) which variable of level 2 is the mean of which item."""
        return self.placement[: len(self.block_within.observed)]

    @cached_property
    def _columns(self) -> Array:
        """(q, nb) which variables belong to teams alone."""
        return self.placement[len(self.block_within.observed) :]

    def value(self, values: Array) -> float:
        try:
            return self.state(values).logl
        except np.linalg.LinAlgError:
            return -np.inf

    def state(self, values: Array) -> GapsState:
        """Raises LinAlgError where the covariance of a team's answers is not positive definite."""
        w, b = self.implied(values)
        of, P = self.answers, self._items
        W, logdet = normal.inverses(of.persons.moments, w.sigma)
        pattern = of.persons.of_row
        d = np.where(of.persons.seen[pattern], of.level_1 - w.mu - P @ b.mu, 0.0)
        A = (of.counts @ W.reshape(len(W), -1)).reshape(-1, *w.sigma.shape)
        K = P.T @ A @ P
        Wd = _at_rows(W, pattern, d)
        Q, r, of_columns = self._before_persons(b)
        SQ = b.sigma @ Q
        S = b.sigma - SQ @ b.sigma
        shift = _times(SQ, r)
        inverse, log_bend = _bend(K, S, b.sigma)
        R = inverse @ (np.eye(len(b.mu)) - SQ)
        h = _times(Q, r) + _times(_turned(R), of.by_team(Wd) @ P - _times(K, shift))
        H = _symmetric(Q + _turned(R) @ K @ (np.eye(len(b.mu)) - SQ))
        u = Wd - _at_rows(W, pattern, ((h @ b.sigma) @ P.T)[of.team])
        spread = float((d * u).sum() + (r * (h - of.by_team(u) @ P)).sum())
        n_answers = float(of.persons.n @ of.persons.seen.sum(axis=1))
        logl = -0.5 * (n_answers * normal.LOG_2PI + of.persons.n @ logdet + log_bend + of_columns + spread)
        return GapsState(w, b, float(logl), W, A, _symmetric(inverse @ S), R, H, h, u)

    def _before_persons(self, b: ram.Implied) -> tuple[Array, Array, float]:
        """Precision of the team's own variables (J, nb, nb), deviations (J, nb), and n log 2 pi + log determinants."""
        of, Z = self.answers, self._columns
        nb = len(b.mu)
        if not len(Z):
            return np.zeros((of.n_teams, nb, nb)), np.zeros((of.n_teams, nb)), 0.0
        precision, logdet = normal.inverses(of.teams.moments, Z @ b.sigma @ Z.T)
        r = np.where(np.isnan(of.level_2), 0.0, of.level_2 - Z @ b.mu) @ Z
        n_answers = float(of.teams.n @ of.teams.seen.sum(axis=1))
        constant = n_answers * normal.LOG_2PI + float(of.teams.n @ logdet)
        return (Z.T @ precision @ Z)[of.teams.of_row], r, constant

    def _team_covariance(self, state: GapsState) -> Array:
        """(J, p, p) C among the items of level 1."""
        return self._items @ state.C @ self._items.T

    def _within_by_pattern(self, state: GapsState) -> Array:
        """(P, p, p) W times the covariance of team effects, summed over the persons of a pattern, times W."""
        C = self._team_covariance(state)
        summed = (self.answers.counts.T @ C.reshape(len(C), -1)).reshape(state.W.shape)
        return state.W @ summed @ state.W

    def moment_gradient(self, state: GapsState) -> tuple[Array, Array, Array, Array]:
        """Slopes in the mean (p,) and covariance (p, p) within teams, and in those between teams."""
        precision = np.tensordot(self.answers.persons.n, state.W, axes=1)
        G_w = 0.5 * (state.u.T @ state.u - precision + self._within_by_pattern(state).sum(axis=0))
        G_b = 0.5 * (state.h.T @ state.h - state.H.sum(axis=0))
        return state.u.sum(axis=0), _symmetric(G_w), state.h.sum(axis=0), _symmetric(G_b)

    def gradient(self, state: GapsState) -> tuple[float, Array]:
        return state.logl, self._pull_back(state, *self.moment_gradient(state))

    def scores(self, state: GapsState) -> Array:
        """(J, r) derivative of each team's log-likelihood in this component's rows."""
        of = self.answers
        p, nb = len(state.at_within.mu), len(state.at_between.mu)
        cells = of.counts.tocoo()
        C = self._team_covariance(state)
        G_w = np.zeros((of.n_teams, p, p))
        for part in _parts(cells.nnz, p * p):
            team, W = cells.row[part], state.W[cells.col[part]]
            np.add.at(G_w, team, cells.data[part, None, None] * (W @ C[team] @ W))
        for part in _parts(len(of.team), p * p):
            np.add.at(G_w, of.team[part], state.u[part, :, None] * state.u[part, None, :])
        G_w = (G_w - state.A) / 2
        G_b = (state.h[:, :, None] * state.h[:, None, :] - state.H) / 2
        mu_w, sigma_w = ram.jacobian(self.block_within.free_paths, state.at_within)
        mu_b, sigma_b = ram.jacobian(self.block_between.free_paths, state.at_between)
        within = of.by_team(state.u) @ mu_w.T + _vech_gradient(G_w, p) @ sigma_w.T
        return np.hstack([within, state.h @ mu_b.T + _vech_gradient(G_b, nb) @ sigma_b.T])

    def information(self, state: GapsState, expected: bool) -> Array:
        n_w = len(self.block_within.free_paths)
        info = np.zeros((len(self.rows), len(self.rows)))
        mu_w, sigma_w = ram.jacobian(self.block_within.free_paths, state.at_within)
        mu_b, sigma_b = ram.jacobian(self.block_between.free_paths, state.at_between)
        outer = None if expected else state.h[:, :, None] * state.h[:, None, :]
        between = normal.curvature_of(np.ones(len(state.h)), state.H, outer, state.h, expected)
        info[n_w:, n_w:] = in_parameters(between, mu_b, sigma_b)
        info[:n_w, :n_w] = sigma_w @ self._person_curvature(state, expected) @ sigma_w.T
        for part in self._team_parts(state, n_w):
            part.add(info, n_w, (mu_w, sigma_w), (mu_b, sigma_b), expected)
        info = (info + info.T) / 2
        return info if expected else info - self._bend_of_paths(state, *self.moment_gradient(state))

    def _person_curvature(self, state: GapsState, expected: bool) -> Array:
        """(s, s) what persons say of Sigma_W apart from what they share with their team."""
        half = self.answers.persons.n[:, None, None] * state.W / 2 - self._within_by_pattern(state)
        left = half if expected else self._squares_by_pattern(state) - half
        return normal.traces(np.ones(len(left)), left, state.W)

    def _squares_by_pattern(self, state: GapsState) -> Array:
        of = self.answers.persons
        squares = np.zeros_like(state.W)
        order = np.argsort(of.of_row, kind="stable")
        first = np.searchsorted(of.of_row[order], np.arange(len(of.seen)))
        for k, u in enumerate(np.split(state.u[order], first[1:])):
            squares[k] = u.T @ u
        return squares

    def _team_parts(self, state: GapsState, n_w: int) -> Iterator[_TeamPart]:
        p = len(state.at_within.mu)
        for part in _parts(self.answers.n_teams, max(n_w, 1) * p * p):
            yield _TeamPart(self.answers, state, self._items, part)


@dataclass(frozen=True)
class _TeamPart:
    """Some teams' share of the information: what their persons have in common, and how the levels meet."""

    answers: TeamAnswers
    state: GapsState
    items: Array
    teams: slice

    def add(
        self,
        info: Array,
        n_w: int,
        within: tuple[Array, Array],
        between: tuple[Array, Array],
        expected: bool,
    ) -> None:
        """Adds to the information in (within, between) parameters, from Jacobians of each level's moments."""
        (mu_w, sigma_w), (mu_b, sigma_b) = within, between
        state, P = self.state, self.items
        A, C, R, h = state.A[self.teams], state.C[self.teams], state.R[self.teams], state.h[self.teams]
        p, nb = len(state.at_within.mu), len(state.at_between.mu)
        X = unvech(sigma_w, p)
        M = self._sandwiched(X)  # (J, p, n_w, p): sum W X W over persons
        CP = P @ C @ P.T
        Z = (CP @ M.reshape(len(M), p, -1)).reshape(M.shape)
        first = np.ascontiguousarray(Z.transpose(2, 0, 1, 3)).reshape(n_w, -1)
        second = np.ascontiguousarray(Z.transpose(2, 0, 3, 1)).reshape(n_w, -1)
        sign = 0.5 if expected else -0.5
        info[:n_w, :n_w] += sign * first @ second.T
        PR = P @ R
        AR = A @ PR
        # mean of level 1 and of both levels
        info[:n_w, :n_w] += mu_w @ (A - A @ CP @ A).sum(axis=0) @ mu_w.T
        cross = mu_w @ AR.sum(axis=0) @ mu_b.T
        meet = sign * self._between(M, PR)  # (n_w, nb, nb)
        if not expected:
            k = self._pulled(X)  # (J, n_w, p): sum W X u
            Ck = k @ CP
            info[:n_w, :n_w] -= np.tensordot(k, Ck, axes=([0, 2], [0, 2]))
            kR = k @ PR  # (J, n_w, nb)
            meet = meet + np.einsum("jab,jc->abc", kR, h, optimize=True)
            in_mean = mu_w @ (k - Ck @ A).sum(axis=0).T
            info[:n_w, :n_w] += in_mean + in_mean.T
            spread = np.einsum("jab,jc->abc", AR, h, optimize=True)
            cross += mu_w @ _vech_pair(spread, nb) @ sigma_b.T
            cross += kR.sum(axis=0) @ mu_b.T
        cross += _vech_pair(meet, nb) @ sigma_b.T
        info[:n_w, n_w:] += cross
        info[n_w:, :n_w] += cross.T

    def _sandwiched(self, X: Array) -> Array:
        counts = self.answers.counts[self.teams]
        used = np.unique(counts.indices)
        W = self.state.W[used]
        P_, p, n_w = len(used), W.shape[1], len(X)
        left = (W.reshape(-1, p) @ X.transpose(1, 0, 2).reshape(p, -1)).reshape(P_, p * n_w, p)
        both = (left @ W).reshape(P_, -1)
        return (counts[:, used] @ both).reshape(-1, p, n_w, p)

    def _between(self, M: Array, PR: Array) -> Array:
        J, p, n_w, nb = len(M), M.shape[1], M.shape[2], PR.shape[2]
        right = (M.reshape(J, p * n_w, p) @ PR).reshape(J, p, n_w * nb)
        return np.tensordot(PR, right, axes=([0, 1], [0, 1])).reshape(nb, n_w, nb).transpose(1, 0, 2)

    def _pulled(self, X: Array) -> Array:
        of = self.answers
        first = of.first[self.teams]
        stop = self.teams.stop
        last = of.first[stop] if stop < of.n_teams else len(of.team)
        rows = slice(int(first[0]), int(last))
        u, p, n_w = self.state.u[rows], X.shape[-1], len(X)
        Xu = (u @ X.transpose(1, 0, 2).reshape(p, -1)).reshape(len(u), n_w, p)
        return np.add.reduceat(Xu @ self.state.W[of.persons.of_row[rows]], first - first[0], axis=0)


def _parts(n: int, width: int) -> Iterator[slice]:
    step = max(CHUNK // max(width, 1), 1)
    for k in range(0, n, step):
        yield slice(k, min(k + step, n))


def _at_rows(W: Array, pattern: Index, d: Array) -> Array:
    """(N, p) each row times the matrix of its pattern."""
    if len(W) == 1:
        return d @ W[0]
    out = np.empty_like(d)
    for part in _parts(len(d), W.shape[1] ** 2):
        out[part] = (W[pattern[part]] @ d[part, :, None])[:, :, 0]
    return out


def _times(M: Array, v: Array) -> Array:
    return (M @ v[:, :, None])[:, :, 0]


def _turned(M: Array) -> Array:
    return np.swapaxes(M, -1, -2)


def _symmetric(M: Array) -> Array:
    return (M + _turned(M)) / 2


def _bend(K: Array, S: Array, sigma: Array) -> tuple[Array, float]:
    """(I + S K)^-1 of each team and the sum of log determinants of I + S K.

    With a Sigma_B that is positive semi-definite nothing can go wrong; without it, I + K^1/2 S K^1/2 must be positive
    definite in every team.
    """
    M = np.eye(len(sigma)) + S @ K
    sign, logdet = np.linalg.slogdet(M)
    if sign.min() <= 0:
        raise np.linalg.LinAlgError("a team's covariance is not positive definite")
    if np.linalg.eigvalsh(sigma)[0] < 0:
        values, vectors = np.linalg.eigh(K)
        root = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
        np.linalg.cholesky(np.eye(len(sigma)) + _symmetric(_turned(root) @ S @ root))
    return np.linalg.inv(M), float(logdet.sum())


def _vech_gradient(G: Array, p: int) -> Array:
    """(J, s) derivatives in vech Sigma from those in Sigma."""
    rows, cols = vech_index(p)
    return G[:, rows, cols] * np.where(rows == cols, 1.0, 2.0)


def _vech_pair(M: Array, p: int) -> Array:
    """(a, s) so that its product with vech Y is <M_a, Y> for a symmetric Y."""
    return _vech_gradient(_symmetric(M), p)


def complete_guess(answers: TeamAnswers) -> Array:
    """(N, p) answers in which a gap holds the team's mean of that item, or the mean of all: to start a search from."""
    seen = ~np.isnan(answers.level_1)
    filled = np.where(seen, answers.level_1, 0.0)
    counts = answers.by_team(seen.astype(float))
    overall = filled.sum(axis=0) / seen.sum(axis=0)
    means = np.where(counts > 0, answers.by_team(filled) / np.maximum(counts, 1), overall)
    return np.where(seen, filled, means[answers.team])
