"""The Laplace approximation of a generalised linear mixed model, and its exact gradient.

For covariance factor Lambda(theta) and fixed effects beta, the spherical random effects u are set to their conditional
mode by penalised iteratively reweighted least squares (a damped Newton search), and the deviance is
  d(theta, beta) = -2 log f(y | u) + u'u + log |Lambda'Z'WZ Lambda + I|        (Bates et al. 2015; lme4, nAGQ = 1).
The gradient includes the way the mode and the weights W follow (theta, beta). For a link that is not canonical the
determinant takes the expected curvature of the rows in place of W, as glmer does. A parameter of the distribution
besides its mean stands behind theta in all of this, as one more parameter of variation.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from ..model import Array, Design
from .elimination import Elimination, Factor
from .families import Family
from .pattern import Group, level_sums, merge_terms

MODE_TOLERANCE = (
    1e-21  # squared Newton decrement of the mode, relative to the deviance; one more step is cheap
)
STALLED_TOLERANCE = 1e-13  # accepted when rounding keeps the decrement above the tolerance
MAX_MODE_STEPS = 60
UPWARDS = (1.0, 0.98, 0.9, 0.6)  # parts of upward curvatures tried in turn, until a step is downhill


@dataclass(frozen=True, eq=False)
class ThetaIndex:
    """Where each entry of theta stands: group, row and column of that group's covariance factor."""

    group: int
    row: int
    col: int


def theta_index(design: Design, groups: tuple[Group, ...]) -> tuple[ThetaIndex, ...]:
    """One entry per theta, in the order of `Solution.theta`."""
    where = {
        r: (g, start) for g, grp in enumerate(groups) for r, start in zip(grp.terms, grp.starts, strict=True)
    }
    out = []
    for r, term in enumerate(design.random):
        g, start = where[r]
        q = len(term.names)
        out += [ThetaIndex(g, start + i, start + j) for j in range(q) for i in range(j, q)]
    return tuple(out)


@dataclass(eq=False)
class Mode:
    """The state at the conditional mode of the random effects."""

    u: list[Array]  # (q_g, J_g) a group
    A: list[Array]  # (q_g, n): rows of Z Lambda
    eta: Array
    residual: Array  # (n,) slope of each row's log-likelihood in eta
    weight: Array  # (n,) minus its curvature, W
    expected: Array  # (n,) expected curvature, which the determinant takes; W itself for a canonical link
    factor: Factor  # of A'WA + I with the expected curvature
    solver: Factor  # the same with W: moves of the mode
    penalised: float  # deviance of the rows + u'u
    steps: int
    decrement: float


class ModeSearchError(ArithmeticError):
    """The conditional mode was not found: the linear predictor left the range of the numbers."""


class Laplace:
    """Deviance and gradient as functions of psi = (theta, beta) for one design. Remembers the last mode as a start.

    theta is that of the random terms and, behind it, the parameters of the distribution (`family.n_shapes`).
    """

    def __init__(self, design: Design, family: Family) -> None:
        self.design = design
        self.y, self.n_weight = design.y, design.weights
        self.X, self.offset = design.X, design.offset
        self.groups = merge_terms(design.random)
        self.elimination = Elimination(self.groups)
        self.index = theta_index(design, self.groups)
        self.k, self.p = len(self.index) + family.n_shapes, design.X.shape[1]
        self._take(family)
        self.start = [np.zeros((g.q, g.n_levels)) for g in self.groups]
        self.evaluations = 0

    def over(self, design: Design) -> Laplace:
        """The same deviance for a design with other random terms."""
        return Laplace(design, self.family)

    def for_response(self, y: Array) -> Laplace:
        """The same deviance for another response (n,) over the same rows; what the pattern needs is shared."""
        found = copy(self)
        found.design, found.y = replace(self.design, y=y), y
        found._take(self.family)
        found.start = [np.zeros_like(v) for v in self.start]
        found.evaluations = 0
        return found

    def _take(self, family: Family) -> None:
        """The family whose deviance is computed, with what it gives before any linear predictor is known."""
        self.family = family
        self.top = family.saturated(
            self.y, self.n_weight
        )  # (n,) subtracted row by row: large counts would cancel
        self.constant = float(np.sum(family.constant(self.y, self.n_weight)) + np.sum(self.top))

    def first_theta(self) -> Array:
        """(k,) to start from: every SD at one."""
        diagonal = np.array([1.0 if i.row == i.col else 0.0 for i in self.index])
        return np.concatenate([diagonal, self.family.first_shapes])

    def lambdas(self, theta: Array) -> list[Array]:
        """(q, q) covariance factor of every group."""
        out = [np.zeros((g.q, g.q)) for g in self.groups]
        for value, at in zip(theta, self.index, strict=True):
            out[at.group][at.row, at.col] = value
        return out

    def _spread(self, A: list[Array], u: list[Array]) -> Array:
        """Rows of A times the effects of their levels, (n,)."""
        eta = np.zeros(len(self.y))
        for group, a, v in zip(self.groups, A, u, strict=True):
            for k in range(group.q):
                eta += a[k] * v[k][group.codes]
        return eta

    def _gather(self, A: list[Array], r: Array) -> list[Array]:
        """A'r by level, one (q_g, J_g) array a group."""
        return [
            np.stack([level_sums(g.codes, a[k] * r, g.n_levels) for k in range(g.q)])
            for g, a in zip(self.groups, A, strict=True)
        ]

    def _penalised(self, eta: Array, u: list[Array]) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            below = self.family.kernel_rows(eta, self.y, self.n_weight) - self.top
            return -2.0 * float(below.sum()) + sum(float((v * v).sum()) for v in u)

    def mode(self, theta: Array, beta: Array) -> Mode:
        """Conditional mode of u by Newton steps with halving, from the mode of the last call."""
        variances, shapes = np.split(theta, [len(self.index)])
        if len(shapes):
            self._take(self.family.at(shapes))
        A = [L.T @ g.Z for L, g in zip(self.lambdas(variances), self.groups, strict=True)]
        fixed = self.X @ beta + self.offset
        u, eta, value = self._mode_start(fixed, A)
        slack = 1e-13 * max(1.0, abs(value)) + self._rounding(eta)
        for step in range(1, MAX_MODE_STEPS + 1):
            residual, w = self.family.slope_and_weight(eta, self.y, self.n_weight)
            factor, real = self._step_factor(A, w)
            score = [s - v for s, v in zip(self._gather(A, residual), u, strict=True)]
            delta = self.elimination.solve(factor, score)
            decrement = sum(float((d * s).sum()) for d, s in zip(delta, score, strict=True))
            tolerance = MODE_TOLERANCE if step < MAX_MODE_STEPS // 2 else STALLED_TOLERANCE
            if decrement < tolerance * max(1.0, abs(value)):
                if not real:
                    raise ModeSearchError("the random effects have no mode with a curvature of its own")
                self.start = u
                expected = self.family.expected_weight(eta, self.y, self.n_weight)
                spread = factor if expected is None else self._factor(A, expected)
                return Mode(
                    u, A, eta, residual, w, w if expected is None else expected, spread, factor, value, step, decrement
                )  # fmt: skip
            u, eta, value = self._damped(u, eta, value, delta, A, slack)
        raise ModeSearchError(f"conditional modes not found in {MAX_MODE_STEPS} steps")

    def _step_factor(self, A: list[Array], w: Array) -> tuple[Factor, bool]:
        """Of A'WA + I with the curvatures w (n,) of the rows, and True. Where rows that curve upwards leave it
        indefinite, with less of them, and False."""
        if w.min() >= 0.0:
            return self._factor(A, w), True
        for part in UPWARDS:
            try:
                with np.errstate(invalid="ignore"):
                    factor = self.elimination.factor(A, np.where(w < 0.0, part * w, w))
                if np.isfinite(factor.log_det):
                    return factor, part == 1.0
            except np.linalg.LinAlgError:
                continue
        return self._factor(A, np.maximum(w, 0.0)), False

    def _factor(self, A: list[Array], w: Array) -> Factor:
        try:
            return self.elimination.factor(A, w)
        except np.linalg.LinAlgError:
            raise ModeSearchError("weights too large for a factorisation") from None

    def _mode_start(self, fixed: Array, A: list[Array]) -> tuple[list[Array], Array, float]:
        zero = [np.zeros_like(v) for v in self.start]
        cold, warm = fixed, fixed + self._spread(A, self.start)
        cold_value, warm_value = self._penalised(cold, zero), self._penalised(warm, self.start)
        u, eta, value = (
            (self.start, warm, warm_value) if warm_value <= cold_value else (zero, cold, cold_value)
        )
        if not np.isfinite(value):
            raise ModeSearchError("the linear predictor is too large for the family")
        return u, eta, value

    def _damped(
        self, u: list[Array], eta: Array, value: float, delta: list[Array], A: list[Array], slack: float
    ) -> tuple[list[Array], Array, float]:
        change = self._spread(A, delta)
        factor = 1.0
        for _ in range(40):
            new_u = [v + factor * d for v, d in zip(u, delta, strict=True)]
            new_eta = eta + factor * change
            new_value = self._penalised(new_eta, new_u)
            if new_value <= value + slack:
                return new_u, new_eta, new_value
            factor /= 2.0
        raise ModeSearchError("no step along the Newton direction lowers the penalised deviance")

    def noise(self, beta: Array) -> float:
        """Rounding to be expected in the deviance, from the size of its terms at these fixed effects."""
        return self._rounding(self.X @ beta + self.offset) + 1e-14 * abs(self.constant)

    def _rounding(self, eta: Array) -> float:
        size = self.n_weight * np.abs(self.y * eta) + 2.0 * np.abs(self.top)
        return 1e-14 * float(np.sqrt(np.sum(size**2)))

    def value(self, psi: Array) -> float:
        """Deviance -2 log L, with the constants of the family."""
        self.evaluations += 1
        state = self.mode(psi[: self.k], psi[self.k :])
        return state.penalised - 2.0 * self.constant + state.factor.log_det

    def full_value(self, value: float) -> float:
        """-2 log L with all constants, from `value`; the same thing here."""
        return value

    def value_gradient(self, psi: Array) -> tuple[float, Array]:
        """Deviance and its exact gradient over (theta, beta), (k + p,)."""
        self.evaluations += 1
        state = self.mode(psi[: self.k], psi[self.k :])
        value = state.penalised - 2.0 * self.constant + state.factor.log_det
        return value, self.gradient(state)

    def gradient(self, state: Mode) -> Array:
        """At the mode that was found last. With h_i the leverage of row i, W' = dW/d eta, q = H^-1 A'(h W') and
        r = y - mu (weighted):
        d beta:    X't,                 t = -2 r + h W' - W (A q)
        d Lambda:  z_row (u_col t + 2 W v_col + r q_col), v_i the row's own entries of H^-1 a_i.
        d shape:   -2 l_s + h W_s + (A q) r_s,   the slopes of the log-likelihood of the rows, of W and of r in it.
        Where expected curvature stands in the determinant, h, v, W' and the W beside v are of it; q and the W beside
        A q tell how the mode moves and are of the observed one.
        (chain rule with du = -H^-1 d(score); own derivation, checked against finite differences in the tests)
        """
        inverse = self.elimination.selected_inverse(state.factor)
        v = self.elimination.row_products(inverse, state.A)
        leverage: Array = np.sum([(a * b).sum(0) for a, b in zip(state.A, v, strict=True)], axis=0)
        bend = self.family.bend(leverage, state.eta, self.y, self.n_weight)
        q = self.elimination.solve(state.solver, self._gather(state.A, bend))
        residual, moved = state.residual, self._spread(state.A, q)
        t = -2.0 * residual + bend - state.weight * moved
        shape = self._shape_gradient(state, leverage, moved)
        return np.concatenate([self._theta_gradient(state, v, q, residual, t), shape, self.X.T @ t])

    def _shape_gradient(self, state: Mode, leverage: Array, moved: Array) -> Array:
        """(n_shapes,)"""
        if not self.family.n_shapes:
            return np.zeros(0)
        rise, turn, weigh = self.family.shape_slopes(state.eta, self.y, self.n_weight)
        rise = rise + self.family.constant_slope(self.y, self.n_weight)
        return self.family.onto_shapes(-2.0 * rise + leverage * weigh + moved * turn)

    def _theta_gradient(
        self, state: Mode, v: list[Array], q: list[Array], residual: Array, t: Array
    ) -> Array:
        columns: dict[tuple[int, int], Array] = {}
        for at in self.index:
            key = (at.group, at.col)
            if key not in columns:
                codes = self.groups[at.group].codes
                u_row, q_row = state.u[at.group][at.col][codes], q[at.group][at.col][codes]
                columns[key] = u_row * t + 2.0 * state.expected * v[at.group][at.col] + residual * q_row
        return np.array(
            [float(np.sum(self.groups[i.group].Z[i.row] * columns[i.group, i.col])) for i in self.index]
        )

    def secured(self, state: Mode) -> Mode:
        """The state with curvatures that are never negative, for the size of steps."""
        secure = self.family.secure_weight(state.eta, self.y, self.n_weight)
        return (
            state if secure is None else replace(state, expected=secure, factor=self._factor(state.A, secure))
        )

    def fixed_information(self, state: Mode) -> Array:
        """RX'RX: information on beta with theta held, X'WX - X'WA H^-1 A'WX, (p, p)."""
        WX = self.X * state.expected[:, None]
        out = self.X.T @ WX
        for j in range(self.p):
            b = self._gather(state.A, WX[:, j])
            x = self.elimination.solve(state.factor, b)
            out[:, j] -= WX.T @ self._spread(state.A, x)
        return (out + out.T) / 2.0
