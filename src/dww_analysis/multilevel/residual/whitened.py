"""The criterion of a residual structure by whitening the rows: cost linear in the rows.

In the order of waves, AR(1) residuals are innovations: with c = rho^gap to the row before of the same person and
k = sqrt(1 - c^2), (e_i / s_i - c e_(i-1) / s_(i-1)) / k are independent with variance one, also over gaps. The rows of
y, X and Z are transformed in the same way; where every person lies in one level of each group, a transformed row
still belongs to that level, and the sparse elimination of `glmm_elimination` applies to V* = I + Z* G Z*'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..generalised.elimination import Elimination, Factor
from ..generalised.laplace import theta_index
from ..generalised.pattern import IntArray, is_nested, level_sums, merge_terms
from ..model import Array, Design
from .structure import ResidualStructure


def can_whiten(design: Design, structure: ResidualStructure) -> bool:
    """Whether a transformed row keeps its levels: no correlation, or every person in one level of each group."""
    person = structure.person
    return person is None or all(is_nested(person, t.codes, int(person.max()) + 1) for t in design.random)


@dataclass(eq=False)
class WhiteState:
    """Generalised least squares at one set of parameters."""

    value: float
    beta: Array
    vcov: Array
    residual: Array  # (n,) V*^-1 (y* - X* beta), sorted rows
    modes: list[Array]  # spherical random effects, (q_g, J_g) a group
    factor: Factor
    A: list[Array]
    E: Array  # (n, p) V*^-1 X*
    U: list[list[Array]]  # the random-effect part of every column of X*


@dataclass(eq=False)
class _Rows:
    """Scaled and whitened rows at one set of residual parameters; leading axis y, columns of X, then of Z by group."""

    scaled: Array  # (1 + p + q_total, n)
    before: Array  # the scaled row before, zero where there is none
    white: Array
    c: Array  # (n,)
    k: Array  # (n,)


class Whitened:
    """Value and gradient over (Lambda entries, log variances, rho) for one design."""

    def __init__(self, design: Design, structure: ResidualStructure, reml: bool) -> None:
        self.reml, self.n, self.p = reml, design.n, design.X.shape[1]
        person = structure.person if structure.person is not None else np.arange(design.n)
        wave = structure.wave if structure.wave is not None else np.zeros(design.n)
        self.order = np.lexsort((wave, person))
        self.has_before = np.zeros(design.n, dtype=bool)
        self.has_before[1:] = person[self.order][1:] == person[self.order][:-1]
        self.gap = np.where(self.has_before, np.diff(wave[self.order], prepend=0.0), 1.0)
        self.has_rho = structure.spec is not None
        self.level: IntArray = structure.codes[self.order]
        self.n_levels = len(structure.levels)
        self.root_weight = np.sqrt(design.weights[self.order])
        groups = merge_terms(design.random)
        self.groups = tuple(
            type(g)(g.codes[self.order], g.n_levels, g.Z[:, self.order], g.terms, g.starts) for g in groups
        )
        self.index = theta_index(design, self.groups)
        self.elimination = Elimination(self.groups)
        blocks = [
            (design.y - design.offset)[self.order][None],
            design.X[self.order].T,
            *(g.Z for g in self.groups),
        ]
        self.data = np.ascontiguousarray(np.vstack(blocks))
        self.starts = 1 + self.p + np.cumsum([0, *(g.q for g in self.groups)])

    # ---- rows
    def _rows(self, variances: Array, rho: float) -> _Rows:
        sd = np.sqrt(variances)[self.level] / self.root_weight
        scaled = self.data / sd
        if not self.has_rho:
            none, one = np.zeros(self.n), np.ones(self.n)
            return _Rows(scaled, np.zeros_like(scaled), scaled, none, one)
        c = np.where(self.has_before, _signed_power(rho, self.gap), 0.0)
        k = np.sqrt((1.0 - c) * (1.0 + c))
        before = np.zeros_like(scaled)
        before[:, 1:] = scaled[:, :-1] * self.has_before[1:]
        return _Rows(scaled, before, (scaled - c * before) / k, c, k)

    def _lambdas(self, entries: Array) -> list[Array]:
        out = [np.zeros((g.q, g.q)) for g in self.groups]
        for value, at in zip(entries, self.index, strict=True):
            out[at.group][at.row, at.col] = value
        return out

    def _spread(self, A: list[Array], u: list[Array]) -> Array:
        out = np.zeros(self.n)
        for group, a, v in zip(self.groups, A, u, strict=True):
            for i in range(group.q):
                out += a[i] * v[i][group.codes]
        return out

    def _solve(self, factor: Factor, A: list[Array], column: Array) -> list[Array]:
        b = [
            np.stack([level_sums(g.codes, row * column, g.n_levels) for row in a])
            for g, a in zip(self.groups, A, strict=True)
        ]
        return self.elimination.solve(factor, b)

    # ---- criterion
    def state(self, entries: Array, variances: Array, rho: float) -> WhiteState:
        """The profiled criterion at covariance factors, residual variances by level, and rho."""
        return self._state(self._rows(variances, rho), entries, variances)

    def _state(self, rows: _Rows, entries: Array, variances: Array) -> WhiteState:
        A = self._columns(rows, entries)
        factor = self.elimination.factor(A, np.ones(self.n))
        y, X = rows.white[0], rows.white[1 : 1 + self.p]
        U = [self._solve(factor, A, x) for x in X]
        E = np.stack([x - self._spread(A, u) for x, u in zip(X, U, strict=True)], axis=1)
        XVX, XVy = X @ E, E.T @ y
        XVX = (XVX + XVX.T) / 2.0
        beta = np.linalg.solve(XVX, XVy)
        modes = self._solve(factor, A, y - beta @ X)
        residual = y - beta @ X - self._spread(A, modes)
        sizes = np.bincount(self.level, minlength=self.n_levels)
        log_det = (
            factor.log_det
            + float(sizes @ np.log(variances))
            + 2.0 * float(np.log(rows.k / self.root_weight).sum())
        )
        value = log_det + float((y - beta @ X) @ residual) + self.n * np.log(2.0 * np.pi)
        if self.reml:
            value += float(np.linalg.slogdet(XVX)[1]) - self.p * np.log(2.0 * np.pi)
        return WhiteState(value, beta, np.linalg.inv(XVX), residual, modes, factor, A, E, U)

    def _columns(self, rows: _Rows, entries: Array) -> list[Array]:
        return [
            L.T @ rows.white[start : start + g.q]
            for L, g, start in zip(self._lambdas(entries), self.groups, self.starts[:-1], strict=True)
        ]

    def value_gradient(
        self, entries: Array, variances: Array, rho: float
    ) -> tuple[float, Array, Array, float]:
        """Criterion and derivatives in the factor entries, the log variances, and rho.

        With S the derivative of the criterion in every whitened number (envelope theorem for beta and the modes):
        2 e for y; -2 e beta' + 2 V^-1 X C for X; 2 H^-1 a - 2 e u' - 2 V^-1 X C U' for a row of Z* Lambda.
        """
        rows = self._rows(variances, rho)
        s = self._state(rows, entries, variances)
        S, by_column = self._sensitivities(s, entries)
        d_entries = np.array(
            [rows.white[self.starts[i.group] + i.row] @ by_column[i.group][i.col] for i in self.index]
        )
        here = np.einsum("rn,rn->n", S, rows.scaled) / rows.k
        there = np.einsum("rn,rn->n", S, rows.before) / rows.k
        d_log = level_sums(self.level, 1.0 - 0.5 * here, self.n_levels)
        if not self.has_rho:
            return s.value, d_entries, d_log, 0.0
        level_before = np.concatenate([self.level[:1], self.level[:-1]])
        d_log = d_log + level_sums(level_before, 0.5 * rows.c * there, self.n_levels)
        dc = np.where(self.has_before, self.gap * _signed_power(rho, self.gap - 1.0), 0.0)
        along = np.einsum("rn,rn->n", S, rows.white)
        d_rho = float(np.sum(-dc * there + (along - 2.0) * rows.c * dc / rows.k**2))
        return s.value, d_entries, d_log, d_rho

    def _sensitivities(self, s: WhiteState, entries: Array) -> tuple[Array, list[Array]]:
        EC = (s.E @ s.vcov).T if self.reml else np.zeros((self.p, self.n))
        v = self.elimination.row_products(self.elimination.selected_inverse(s.factor), s.A)
        S = np.empty_like(self.data)
        S[0] = 2.0 * s.residual
        S[1 : 1 + self.p] = 2.0 * (EC - s.beta[:, None] * s.residual)
        by_column = []
        for g, (group, L) in enumerate(zip(self.groups, self._lambdas(entries), strict=True)):
            out = v[g].copy()
            for col in range(group.q):
                out[col] -= s.residual * s.modes[g][col][group.codes]
                if self.reml:
                    for j in range(self.p):
                        out[col] -= EC[j] * s.U[j][g][col][group.codes]
            by_column.append(2.0 * out)
            S[self.starts[g] : self.starts[g + 1]] = L @ by_column[g]
        return S, by_column

    # ---- after the fit
    def random_effects(self, entries: Array, variances: Array, rho: float) -> list[tuple[Array, Array]]:
        """Per random term the conditional modes (levels, q) and covariances (levels, q, q)."""
        s = self.state(entries, variances, rho)
        inverse = self.elimination.selected_inverse(s.factor)
        n_terms = sum(len(g.terms) for g in self.groups)
        out: list[tuple[Array, Array]] = [(np.empty(0), np.empty(0))] * n_terms
        for g, (group, L) in enumerate(zip(self.groups, self._lambdas(entries), strict=True)):
            b = L @ s.modes[g]
            cov = np.einsum("ab,bcj,dc->jad", L, inverse.diagonal[g], L)
            ends = [*group.starts[1:], group.q]
            for r, start, end in zip(group.terms, group.starts, ends, strict=True):
                out[r] = (np.ascontiguousarray(b[start:end].T), cov[:, start:end, start:end])
        return out


def _signed_power(rho: float, gap: Array) -> Array:
    """rho^gap for whole gaps, rho of any sign."""
    size = np.abs(rho)
    power = np.exp(gap * np.log(size)) if size > 0 else (gap == 0).astype(float)
    return power if rho >= 0 else np.where(gap % 2 == 0, power, -power)
