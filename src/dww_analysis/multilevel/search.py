"""Search the covariance parameters of a Gaussian model: quasi-Newton steps, exact Newton at the end, then proof.

The criterion is even in the sign of every column of the covariance factors, so the search is unconstrained and signs are
settled afterwards. An optimum counts as found only when the gradient vanishes, the curvature over the free entries is
positive, and no variance at zero wants to grow (the derivative with respect to every covariance matrix is positive
semi-definite). Fits near a boundary or with few units are searched from several starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .likelihood import Criterion, Expansion
from .model import Array, Search

ZERO = 1e-7  # an entry of theta (scaled columns) below this is zero
GAIN = 1e-9  # a step that promises less than this in the criterion is not worth taking
FLAT = 1e-9  # smallest curvature, relative to the largest, that still identifies the parameters
FEW_UNITS = 25  # terms with fewer levels than this are always searched from several starts
MAX_STEPS = 200


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where a search ended, in scaled columns."""

    theta: Array
    expansion: Expansion
    search: Search
    converged: bool


@dataclass
class _Run:
    theta: Array
    value: float
    steps: int
    evaluations: int
    message: str


def search(criterion: Criterion, start: Array | None = None, *, thorough: bool = True) -> Optimum:
    """The best optimum that any start reaches. `start`: theta in scaled columns; `thorough` False: that start alone."""
    first = default_start(criterion) if start is None else start
    runs = [("given" if start is not None else "unit", _descend(criterion, first))]
    if thorough and (start is not None or _needs_more(criterion, runs[0][1].theta)):
        runs += [
            (name, _descend(criterion, theta)) for name, theta in more_starts(criterion, start is not None)
        ]
    best = min((run for _, run in runs), key=lambda run: run.value)
    best, expansion, escapes = _leave_boundary(criterion, best)
    return _report(criterion, best, expansion, [*runs, *escapes])


def default_start(criterion: Criterion) -> Array:
    """Unit factors, as lme4 starts."""
    return np.concatenate([_lower(np.eye(q)) for q in criterion.sizes])


def more_starts(criterion: Criterion, with_unit: bool) -> list[tuple[str, Array]]:
    """Small factors, and per term one start in which that term alone is large: they reach the basins of the boundary."""
    sizes = criterion.sizes
    out = [("unit", default_start(criterion))] if with_unit else []
    out.append(("small", np.concatenate([_lower(0.2 * np.eye(q)) for q in sizes])))
    if len(sizes) > 1:
        for r in range(len(sizes)):
            blocks = [_lower((1.0 if s == r else 0.05) * np.eye(q)) for s, q in enumerate(sizes)]
            out.append((f"term {r + 1} alone", np.concatenate(blocks)))
    return out


def _lower(block: Array) -> Array:
    q = len(block)
    return np.array([block[i, j] for j in range(q) for i in range(j, q)])


def _needs_more(criterion: Criterion, theta: Array) -> bool:
    """Near a boundary, or with so few units that the criterion may have several valleys."""
    if min(t.n_levels for t in criterion.design.random) < FEW_UNITS and criterion.design.n < 20_000:
        return True
    for factor in criterion.factors(theta):
        sizes = np.linalg.svd(factor, compute_uv=False)
        if sizes[-1] < 0.05 * max(1.0, sizes[0]):
            return True
    return False


def _descend(criterion: Criterion, theta: Array) -> _Run:
    """Quasi-Newton (BFGS) with an exact first Hessian until the promised gain is small, then Newton."""
    run = _bfgs(criterion, theta)
    return _newton(criterion, run)


def _positive(hessian: Array) -> Array:
    """Inverse of the Hessian with its eigenvalues made positive and kept away from zero."""
    values, vectors = np.linalg.eigh(hessian)
    sizes = np.maximum(np.abs(values), 1e-6 * max(np.abs(values).max(), 1e-300))
    return (vectors / sizes) @ vectors.T


def _bfgs(criterion: Criterion, theta: Array) -> _Run:
    expansion = criterion.expand(theta)
    value = expansion.value()
    slope, hessian = expansion.criterion_derivatives()
    inverse, evaluations = _positive(hessian), 6
    for step in range(MAX_STEPS):
        move = -inverse @ slope
        promise = -slope @ move
        if promise < 1e-3:
            return _Run(theta, value, step, evaluations, "quasi-Newton done")
        length = np.abs(move).max()
        move = move * min(1.0, 2.0 / length)
        t, new, new_value, new_slope, used = _line_search(criterion, theta, value, slope, move)
        evaluations += used
        if t == 0.0:
            return _Run(theta, value, step, evaluations, "no descent")
        s, y = new - theta, new_slope - slope
        sy = s @ y
        if sy > 1e-10 * np.sqrt((s @ s) * (y @ y)):
            rho = 1.0 / sy
            left = np.eye(len(theta)) - rho * np.outer(s, y)
            inverse = left @ inverse @ left.T + rho * np.outer(s, s)
        theta, value, slope = new, new_value, new_slope
    return _Run(theta, value, MAX_STEPS, evaluations, "step limit")


def _line_search(criterion: Criterion, theta: Array, value: float, slope: Array, move: Array):
    """Backtracking with quadratic interpolation (Armijo); a first step that still descends steeply is doubled."""
    downhill, t = slope @ move, 1.0
    for used in range(1, 30):
        new = theta + t * move
        new_value, new_slope = criterion.gradient(new)
        if np.isfinite(new_value) and new_value <= value + 1e-4 * t * downhill + 1e-12 * abs(value):
            if used == 1 and new_slope @ move < 0.5 * downhill:
                further = theta + 2.5 * move
                far_value, far_slope = criterion.gradient(further)
                if np.isfinite(far_value) and far_value < new_value:
                    return 2.5, further, far_value, far_slope, 2
                return t, new, new_value, new_slope, 2
            return t, new, new_value, new_slope, used
        curve = new_value - value - t * downhill
        shrink = -downhill * t / (2 * curve) if np.isfinite(curve) and curve > 0 else 0.1
        t *= min(max(shrink, 0.1), 0.5)
    return 0.0, theta, value, slope, used


def _newton(criterion: Criterion, run: _Run) -> _Run:
    """Exact Newton steps, with negative curvature turned downhill, until a step promises nothing more."""
    theta, value, evaluations, steps = run.theta, run.value, run.evaluations, run.steps
    for _ in range(50):
        slope, hessian = criterion.expand(theta).criterion_derivatives()
        evaluations += 5
        move = -_positive(hessian) @ slope
        promise = -slope @ move
        if promise < GAIN * 1e-3:
            return _Run(theta, value, steps, evaluations, "gradient is zero")
        t, new, new_value, _, used = _line_search(
            criterion, theta, value, slope, move * min(1, 2 / np.abs(move).max())
        )
        evaluations += used
        if t == 0.0 or (value - new_value < GAIN * 1e-2 and promise < GAIN):
            theta, value = (new, new_value) if t and new_value <= value else (theta, value)
            return _Run(theta, value, steps, evaluations, "no further gain")
        theta, value, steps = new, new_value, steps + 1
    return _Run(theta, value, steps, evaluations, "step limit")


def _leave_boundary(criterion: Criterion, run: _Run) -> tuple[_Run, Expansion, list[tuple[str, _Run]]]:
    """Settle the signs, snap what is zero, and push off any boundary from which the criterion still falls."""
    escapes: list[tuple[str, _Run]] = []
    for attempt in range(6):
        theta = snap(criterion, run.theta, run.value)
        run = _Run(theta, criterion.value(theta), run.steps, run.evaluations, run.message)
        push = None if attempt == 5 else _descent_off_boundary(criterion, run)
        if push is None:
            break
        again = _descend(criterion, push)
        escapes.append(("off the boundary", again))
        if again.value > run.value - GAIN:
            break
        run = again
    return run, criterion.expand(run.theta), escapes


def snap(criterion: Criterion, theta: Array, value: float) -> Array:
    """Theta with non-negative diagonals and exact zeros where a zero costs nothing."""
    factors = [_settle(f) for f in criterion.factors(theta)]
    for r, factor in enumerate(factors):
        for j in range(len(factor)):
            if not 0 < factor[j, j] < 1e-3:
                continue
            for candidate in _without(factor, j):
                trial = [*factors[:r], candidate, *factors[r + 1 :]]
                new_value = criterion.value(np.concatenate([_lower(f) for f in trial]))
                if new_value <= value + GAIN:
                    factors, factor, value = trial, candidate, min(value, new_value)
                    break
    return np.concatenate([_lower(f) for f in factors])


def _settle(factor: Array) -> Array:
    """Columns with non-negative diagonal; columns below a zero pivot are turned into the following ones."""
    factor = factor * np.where(np.diag(factor) < 0, -1.0, 1.0)
    zero = [j for j in range(len(factor)) if factor[j, j] == 0.0 and (factor[j:, j] != 0).any()]
    return _semidefinite_cholesky(factor @ factor.T) if zero else factor


def _without(factor: Array, j: int) -> list[Array]:
    """The factor with pivot j at zero: with the whole column at zero, or with its covariance moved to later columns."""
    plain = factor.copy()
    plain[j, j] = 0.0
    column = plain.copy()
    column[:, j] = 0.0
    return [_settle(plain), column] if (plain[:, j] != 0).any() else [plain]


def _semidefinite_cholesky(Sigma: Array) -> Array:
    """Lower-triangular root with non-negative diagonal; a zero pivot gives a zero column."""
    q = len(Sigma)
    rest, out = Sigma.copy(), np.zeros((q, q))
    scale = max(float(np.abs(np.diag(Sigma)).max()), 1e-300)
    for j in range(q):
        if rest[j, j] > 1e-14 * scale:
            out[:, j] = rest[:, j] / np.sqrt(rest[j, j])
            out[:j, j] = 0.0
            rest = rest - np.outer(out[:, j], out[:, j])
    return out


def _descent_off_boundary(criterion: Criterion, run: _Run) -> Array | None:
    """A point with a lower criterion off the boundary, or None where the derivative with respect to every covariance
    matrix is positive semi-definite (the condition of Karush, Kuhn and Tucker on that cone)."""
    _, slopes = criterion.slopes(run.theta)
    factors = criterion.factors(run.theta)
    for r, (factor, slope) in enumerate(zip(factors, slopes, strict=True)):
        values, vectors = np.linalg.eigh(slope)
        if values[0] > -1e-6 * max(1.0, np.abs(values).max()):
            continue
        v = vectors[:, 0]
        for size in (0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4):
            moved = _semidefinite_cholesky(factor @ factor.T + size * np.outer(v, v))
            trial = np.concatenate([_lower(f) for f in [*factors[:r], moved, *factors[r + 1 :]]])
            if criterion.value(trial) < run.value - GAIN:
                return trial
    return None


def free_entries(criterion: Criterion, theta: Array) -> np.ndarray:
    """(k,) True for entries that are not held by a boundary: all but zero pivots and what stands below them."""
    out: list[bool] = []
    for factor in criterion.factors(theta):
        pivots = np.abs(np.diag(factor)) > ZERO
        out += list(_lower(np.tile(pivots, (len(factor), 1)).astype(float)) > 0)
    return np.array(out, dtype=bool)


def _report(criterion: Criterion, run: _Run, expansion: Expansion, runs: list[tuple[str, _Run]]) -> Optimum:
    slope, hessian = expansion.criterion_derivatives()
    free = free_entries(criterion, run.theta)
    notes: list[str] = []
    curvature, largest, promise = np.inf, 1.0, 0.0
    if free.any():
        values, vectors = np.linalg.eigh(hessian[np.ix_(free, free)])
        curvature, largest = float(values[0]), float(values[-1])
        promise = float(np.sum((vectors.T @ slope[free]) ** 2 / np.maximum(np.abs(values), 1e-12)))
    max_gradient = float(np.abs(slope[free]).max()) if free.any() else 0.0
    if promise > 1e-6:
        notes.append(f"a further step promises a gain of {promise:.2g} in the criterion")
    if curvature < FLAT * max(largest, 1.0):
        notes.append("the criterion is flat or bends downwards: the covariance parameters are not identified")
    if _descent_off_boundary(criterion, run) is not None:
        notes.append("the criterion still falls away from the boundary")
    record: tuple[dict[str, Any], ...] = tuple(
        {
            "start": name,
            "criterion": r.value,
            "steps": r.steps,
            "evaluations": r.evaluations,
            "message": r.message,
        }
        for name, r in runs
    )
    found = Search(
        starts=record,
        criterion=run.value,
        gradient=slope / criterion.theta_scales(),
        max_gradient=max_gradient,
        smallest_curvature=curvature,
        evaluations=sum(r.evaluations for _, r in runs),
        notes=tuple(notes),
    )
    return Optimum(run.theta, expansion, found, converged=not notes)
