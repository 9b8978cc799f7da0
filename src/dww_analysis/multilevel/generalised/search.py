"""Search for the minimum of a deviance with an exact gradient, and an honest account of how it ended.

Quasi-Newton steps (BFGS) bring psi = (theta, beta) near the optimum; Newton steps with the Hessian (central differences
of the exact gradient) finish. The deviance is an even function of each column of a covariance factor, so that a
variance of zero is an ordinary stationary point: no bounds are needed, and curvature tells a minimum from a saddle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..model import Array

Objective = Callable[[Array], tuple[float, Array]]

BFGS_TOLERANCE = 1e-4  # predicted decrease of the deviance at which Newton takes over
NEWTON_TOLERANCE = 1e-12  # predicted decrease at the end
FLAT = 1e-7  # curvature below this part of the largest counts as flat
ZERO = 1e-3  # a scaled standard deviation below this is tried at exactly zero
NOTHING = 1e-7  # rise of the deviance that a zero may cost
MAX_STEPS = 200


@dataclass(eq=False)
class SearchState:
    """Where a search stands, in scaled coordinates."""

    x: Array
    value: float
    gradient: Array
    hessian: Array | None = None
    steps: int = 0
    message: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def decrement(self) -> float:
        """Predicted decrease of the deviance by a Newton step over the curved directions; inf without a Hessian."""
        if self.hessian is None:
            return np.inf
        curve, vectors = np.linalg.eigh(self.hessian)
        along = vectors.T @ self.gradient
        keep = curve > FLAT * max(curve.max(), 1e-300)
        return float(0.5 * np.sum(along[keep] ** 2 / curve[keep]) + 0.5 * np.sum(np.abs(along[~keep])))

    @property
    def smallest_curvature(self) -> float:
        return float(np.linalg.eigvalsh(self.hessian)[0]) if self.hessian is not None else -np.inf


def bfgs(
    f: Objective,
    x: Array,
    inverse: Array,
    limit: Array,
    tolerance: float = BFGS_TOLERANCE,
    noise: float = 0.0,
) -> SearchState:
    """Quasi-Newton search from x with a first inverse Hessian; `limit` bounds each coordinate of a step, `noise` is the
    rounding of the deviance."""
    value, gradient = f(x)
    state = SearchState(x, value, gradient)
    for step in range(1, MAX_STEPS + 1):
        direction = -inverse @ state.gradient
        slope = float(direction @ state.gradient)
        if slope >= 0.0:
            inverse, direction = np.eye(len(x)), -state.gradient
            slope = float(direction @ state.gradient)
        if -0.5 * slope < tolerance:
            state.message = "predicted decrease small"
            return state
        new = _backtrack(f, state, direction, slope, limit, noise)
        if new is None:
            state.message = "no lower point along the direction"
            return state
        inverse = _bfgs_update(inverse, new.x - state.x, new.gradient - state.gradient)
        new.steps = step
        state = new
    state.message = f"stopped after {MAX_STEPS} steps"
    return state


def _backtrack(
    f: Objective, state: SearchState, direction: Array, slope: float, limit: Array, noise: float
) -> SearchState | None:
    t = min(1.0, 1.0 / max(float(np.max(np.abs(direction) / limit)), 1e-300))
    for _ in range(30):
        try:
            value, gradient = f(state.x + t * direction)
        except ArithmeticError:
            value = np.inf
        if value <= state.value + 1e-4 * t * slope + noise and np.isfinite(gradient).all():
            return SearchState(state.x + t * direction, value, gradient)
        t = max(0.1 * t, _quadratic_step(t, value - state.value, slope)) if np.isfinite(value) else 0.25 * t
    return None


def _quadratic_step(t: float, change: float, slope: float) -> float:
    """Minimum of the parabola through the value and slope at 0 and the value at t."""
    return min(0.5 * t, -slope * t * t / (2.0 * (change - slope * t)))


def _bfgs_update(inverse: Array, s: Array, y: Array) -> Array:
    sy = float(s @ y)
    if sy <= 1e-10 * float(np.sqrt((s @ s) * (y @ y))):
        return inverse
    left = np.eye(len(s)) - np.outer(s, y) / sy
    return left @ inverse @ left.T + np.outer(s, s) / sy


def hessian(f: Objective, x: Array, step: Array) -> Array:
    """Central differences of the gradient, symmetrised; `step` per coordinate."""
    out = np.empty((len(x), len(x)))
    for i, h in enumerate(step):
        shift = np.zeros(len(x))
        shift[i] = h
        out[i] = (f(x + shift)[1] - f(x - shift)[1]) / (2.0 * h)
    return (out + out.T) / 2.0


def finish(f: Objective, state: SearchState, step: Array, limit: Array, noise: float = 0.0) -> SearchState:
    """Newton steps until the predicted decrease is negligible; leaves a saddle along its negative curvature."""
    for _ in range(12):
        if state.hessian is None:
            state.hessian = hessian(f, state.x, step)
        if state.decrement < NEWTON_TOLERANCE and state.smallest_curvature > -_flat(state.hessian):
            state.message = "gradient and curvature"
            return state
        new = _newton_step(f, state, limit, noise)
        if new is None:
            state.message = "no lower point along the Newton direction"
            return state
        state = new
    state.message = state.message or "Newton steps used up"
    state.hessian = state.hessian if state.hessian is not None else hessian(f, state.x, step)
    return state


def try_zeros(f: Objective, state: SearchState, columns: list[list[int]]) -> SearchState:
    """The state with columns of covariance factors that are all but zero at zero, where that costs nothing."""
    x = state.x.copy()
    for column in columns:
        if np.abs(x[column]).max() < ZERO:
            x[column] = 0.0
    if (x == state.x).all():
        return state
    value, gradient = f(x)
    if value > state.value + NOTHING:
        return state
    return SearchState(x, value, gradient, None, state.steps, state.message, state.notes)


def _flat(H: Array) -> float:
    return 1e-6 * max(float(np.abs(np.diag(H)).max()), 1.0)


def _newton_step(f: Objective, state: SearchState, limit: Array, noise: float) -> SearchState | None:
    assert state.hessian is not None
    curve, vectors = np.linalg.eigh(state.hessian)
    along = vectors.T @ state.gradient
    size = np.maximum(np.abs(curve), FLAT * max(np.abs(curve).max(), 1e-300))
    direction = -vectors @ (along / size)
    saddle = curve[0] < -_flat(state.hessian)
    if saddle and abs(along[0]) < 1e-3 * size[0]:
        return _leave_saddle(f, state, vectors[:, 0])
    slope = float(direction @ state.gradient)
    new = _backtrack(f, state, direction, slope, limit, noise) if slope < 0 else None
    if new is not None:
        moved = np.max(np.abs(new.x - state.x) / limit)
        new.hessian = state.hessian if moved < 1e-4 and not saddle else None
        new.steps = state.steps + 1
    return new


def _leave_saddle(f: Objective, state: SearchState, direction: Array) -> SearchState | None:
    best = None
    for t in (0.5, -0.5, 0.2, -0.2, 0.05, -0.05, 0.01, -0.01):
        value, gradient = f(state.x + t * direction)
        if value < min(state.value, best.value if best else np.inf) - 1e-12:
            best = SearchState(state.x + t * direction, value, gradient, None, state.steps + 1)
    return best
