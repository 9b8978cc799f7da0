"""Adaptive Gauss-Hermite quadrature for one scalar random effect per level of one grouping factor, with its gradient.

Nodes are centred at the conditional mode u of each level and scaled by s = H^-1/2 (Liu and Pierce 1994; Pinheiro and
Chao 2006). With g_j(u) the penalised deviance of level j and standard-normal nodes z_m, weights w_m,
  -2 log L_j = g_j(u_j) + log H_j - 2 log sum_m w_m exp(z_m^2 / 2 - (g_j(u_j + s_j z_m) - g_j(u_j)) / 2).
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp, roots_hermitenorm

from ..model import Array, Design
from .families import Family
from .laplace import Laplace, Mode
from .pattern import level_sums


class Quadrature(Laplace):
    """Deviance by quadrature. As in lme4, `value` leaves the saturated log-likelihood out: it is not -2 log L. A family
    with a parameter of its own keeps it, because it changes with that parameter."""

    def __init__(self, design: Design, family: Family, nodes: int) -> None:
        super().__init__(design, family)
        z, w = roots_hermitenorm(nodes)
        self.z, self.log_w = z, np.log(w / w.sum()) + z**2 / 2.0
        self.codes = self.groups[0].codes
        self.n_levels = self.groups[0].n_levels

    def over(self, design: Design) -> Laplace:
        return Quadrature(design, self.family, len(self.z))

    def full_value(self, value: float) -> float:
        """-2 log L with all constants, from `value`."""
        return value if self.family.n_shapes else value - 2.0 * self.constant

    def value(self, psi: Array) -> float:
        return self.value_gradient(psi)[0]

    def value_gradient(self, psi: Array) -> tuple[float, Array]:
        self.evaluations += 1
        state = self.mode(psi[: self.k], psi[self.k :])
        a, u = state.A[0][0], state.u[0][0]
        H = 1.0 + self._by_level(a * a * state.weight)
        s = 1.0 / np.sqrt(H)
        drop, slopes = self._nodes(state, a, u, s)
        log_terms = self.log_w[:, None] - 0.5 * drop
        log_mult = logsumexp(log_terms, axis=0)
        value = state.penalised + float(np.log(H).sum() - 2.0 * log_mult.sum())
        share = np.exp(log_terms - log_mult)
        if self.family.n_shapes:
            value -= 2.0 * self.constant
        return value, self._gradient_nodes(state, a, u, H, s, share, slopes)

    def _by_level(self, v: Array) -> Array:
        return level_sums(self.codes, v, self.n_levels)

    def _nodes(
        self, state: Mode, a: Array, u: Array, s: Array
    ) -> tuple[Array, list[tuple[Array, Array, Array]]]:
        """Change of each level's penalised deviance at every node, and per node (u, residual of rows, half slope)."""
        base = self._level_deviance(state.eta, u)
        drop = np.empty((len(self.z), self.n_levels))
        slopes = []
        for m, z in enumerate(self.z):
            move = s * z
            eta = state.eta + a * move[self.codes]
            at = u + move
            drop[m] = self._level_deviance(eta, at) - base
            residual = self.family.slope_and_weight(eta, self.y, self.n_weight)[0]
            slopes.append((at, residual, at - self._by_level(a * residual)))
        return drop, slopes

    def _level_deviance(self, eta: Array, u: Array) -> Array:
        return -2.0 * self._by_level(self.family.kernel_rows(eta, self.y, self.n_weight) - self.top) + u * u

    def _gradient_nodes(
        self, state: Mode, a: Array, u: Array, H: Array, s: Array, share: Array,
        slopes: list[tuple[Array, Array, Array]],
    ) -> Array:  # fmt: skip
        """Total derivative; the nodes move with the mode and the curvature of their level.

        Per level, L_j = -2 log s - 2 log sum; a change of the linear predictor of its rows (a column of X, or z_i u_j
        for theta) moves u by -d(score)/H and H by its own derivative.
        """
        z_row = self.groups[0].Z[0]
        bend = self.family.weight_slope(state.eta, self.y, self.n_weight)
        residual = state.residual
        mean_slope = sum(p * f for p, (_, _, f) in zip(share, slopes, strict=True))
        mean_zslope = sum(p * z * f for p, z, (_, _, f) in zip(share, self.z, slopes, strict=True))
        row_residual = sum(p[self.codes] * r for p, (_, r, _) in zip(share, slopes, strict=True))
        at_residual = sum((p * at)[self.codes] * r for p, (at, r, _) in zip(share, slopes, strict=True))

        # d(-2 log L_j) = (1 - ... ) with ds = -s dH / (2 H):  dH / H + 2 (mean_slope du + mean_zslope ds) - direct
        on_u = 2.0 * mean_slope
        on_H = 1.0 / H - mean_zslope * s / H
        cubic = self._by_level(bend * a**3)
        total_u = on_u + on_H * cubic  # a change of u also changes H through the weights
        # du = -d(score) / H, d(score) = a W x for a column x, and a W z u - z r for theta
        along_x = -2.0 * row_residual + bend * a * a * on_H[self.codes]
        along_x -= (total_u / H)[self.codes] * a * state.weight
        d_beta = self.X.T @ along_x
        d_theta = float(
            np.sum(
                z_row
                * (
                    -2.0 * at_residual
                    + on_H[self.codes] * (bend * a * a * u[self.codes] + 2.0 * a * state.weight)
                    - (total_u / H)[self.codes] * (a * state.weight * u[self.codes] - residual)
                )
            )
        )
        return np.concatenate(
            [[d_theta], self._shape_at_nodes(state, a, s, share, on_H, total_u / H), d_beta]
        )

    def _shape_at_nodes(
        self, state: Mode, a: Array, s: Array, share: Array, on_H: Array, on_score: Array
    ) -> Array:
        """(n_shapes,) likewise for a parameter of the distribution, which moves u by d(score) / H."""
        if not self.family.n_shapes:
            return np.zeros(0)
        _, turn, weigh = self.family.shape_slopes(state.eta, self.y, self.n_weight)
        rows = on_score[self.codes] * a * turn + on_H[self.codes] * a * a * weigh
        rows -= 2.0 * self.family.constant_slope(self.y, self.n_weight)
        for z, p in zip(self.z, share, strict=True):
            eta = state.eta + a * (s * z)[self.codes]
            rise = self.family.shape_slopes(eta, self.y, self.n_weight)[0]
            rows -= 2.0 * p[self.codes] * rise
        return self.family.onto_shapes(rows)
