"""Search the covariance parameters of a Gaussian model: a scoring step, exact Newton steps, then proof.

The criterion is even in the sign of every column of the covariance factors, so the search is unconstrained
and signs are settled afterwards. An optimum counts as found only when the gradient vanishes, the curvature
over the free entries is positive, and no variance at zero wants to grow (the derivative with respect to every
covariance matrix is positive semi-definite). Fits near a boundary or with few units are searched from several
starts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import DesignError
from ..model import Array, Design, Search
from ..small_matrices import eigen
from .derivatives import lower_entries
from .elimination import semidefinite_root
from .likelihood import Criterion, Expansion
from .starts import default_start, more_starts, scoring_step

ZERO = 1e-7  # an entry of theta (scaled columns) below this is zero
# a last step shorter than TAYLOR that promises less than LAST is taken by Taylor's formula; the gradient it
# leaves is of the size of that promise
TAYLOR, LAST = 1e-4, 1e-5
GAIN = 1e-9  # a step that promises less than this in the criterion is not worth taking
FLAT = 1e-9  # smallest curvature, relative to the largest, that still identifies the parameters
NEARLY = 1e-2  # when the next step promises less than this, small pivots are tried at zero
SMALL = 0.02  # pivots below this are tried at zero
RAISED = 0.03  # relative variance given to a null direction to look behind the ridge beside it
MAX_STEPS = 100
LARGE = 50_000  # rows above which one start and the proof at the end are enough
NO_VALUE = "no residual variance is left"  # the message of a run that stands where the criterion is no number
LONGEST = 2.0  # no entry of theta (scaled columns) moves further in one step, or than twice its size


@dataclass(frozen=True, eq=False)
class Optimum:
    """Where a search ended, in scaled columns."""

    theta: Array
    expansion: Expansion
    search: Search
    converged: bool


@dataclass(frozen=True, eq=False)
class _Run:
    expansion: Expansion
    theta: Array
    value: float
    steps: int
    evaluations: int
    message: str


def search(criterion: Criterion, start: Array | None = None, *, thorough: bool = True) -> Optimum:
    """The best optimum that any start reaches. `start`: theta in scaled columns; `thorough` False: that start
    alone. Refused where the random effects leave no residual variance wherever a start leads.
    """
    first = default_start(criterion) if start is None else start
    runs = [("given" if start is not None else "unit", _descend(criterion, first))]
    if thorough and (start is not None or _needs_more(criterion, runs[0][1].theta)):
        runs += [
            (name, _descend(criterion, theta)) for name, theta in more_starts(criterion, start is not None)
        ]
    best = min((run for _, run in runs), key=lambda run: run.value)
    if best.message == NO_VALUE:
        raise no_rest(criterion.design)
    best, escapes = _leave_boundary(criterion, best)
    if thorough and criterion.design.n <= LARGE:
        best = _look_behind_ridges(criterion, best, escapes)
    return _report(criterion, best, [*runs, *escapes])


def no_rest(design: Design) -> DesignError:
    """The refusal of an outcome of which nothing is left for the residuals."""
    return DesignError(
        f"The random effects of '{design.formula}' explain {design.response} without rest, so there is no residual "
        "variance to estimate: the outcome is the same throughout the levels of a group (a property of the team?). "
        "Analyse one row a group, or leave the term out."
    )


def _needs_more(criterion: Criterion, theta: Array) -> bool:
    """Near a boundary, where the criterion may have several valleys; not for data so large that it is quadratic."""
    if criterion.design.n > LARGE:
        return False
    return any(
        smallest_size(factor) < 0.05 * max(1.0, np.abs(factor).max()) for factor in criterion.factors(theta)
    )


def smallest_size(factor: Array) -> float:
    """Smallest singular value of a lower-triangular factor."""
    if len(factor) == 1:
        return float(abs(factor[0, 0]))
    if len(factor) == 2:  # both singular values from their product and the sum of their squares
        det, norm = float(abs(factor[0, 0] * factor[1, 1])), float((factor * factor).sum())
        largest = (norm + math.sqrt(max(norm**2 - 4 * det**2, 0.0))) / 2
        return det / math.sqrt(largest) if largest > 0 else 0.0
    return float(np.linalg.svd(factor, compute_uv=False)[-1])


def _descend(criterion: Criterion, theta: Array) -> _Run:
    """One step of scoring from the start, then exact Newton steps until one promises nothing more."""
    expansion, evaluations = criterion.expand(theta), 5
    if not math.isfinite(expansion.value()):
        return _newton(criterion, expansion, evaluations)
    first = criterion.expand(scoring_step(expansion))
    if first.value() < expansion.value():
        expansion, evaluations = first, 10
    return _newton(criterion, expansion, evaluations)


def _positive(hessian: Array) -> tuple[Array, bool]:
    """Inverse of the Hessian with its eigenvalues made positive and kept away from zero; whether they were."""
    values, vectors = eigen(hessian)
    if values[0] > 1e-6 * values[-1]:
        return (vectors / values) @ vectors.T, True
    sizes = np.maximum(np.abs(values), 1e-6 * max(np.abs(values).max(), 1e-300))
    return (vectors / sizes) @ vectors.T, bool(values[0] > 0)


def _newton(criterion: Criterion, expansion: Expansion, evaluations: int) -> _Run:
    """Exact Newton steps with backtracking; negative curvature is turned downhill, helped by scoring."""
    message = "step limit"
    steps = 0
    for steps in range(MAX_STEPS):  # noqa: B007
        value = expansion.value()
        if not math.isfinite(value):
            message = NO_VALUE
            break
        slope, hessian = expansion.criterion_derivatives
        inverse, convex = _positive(hessian)
        move = -inverse @ slope
        promise = float(-slope @ move)
        longest = float(np.abs(move).max())
        if promise < LAST and convex and longest < TAYLOR:
            expansion, message = expansion.moved(move), "gradient is zero"
            break
        if promise < GAIN * 1e-3:
            message = "gradient is zero"
            break
        if promise < NEARLY and (snapped := _snap_expanded(criterion, expansion)) is not None:
            expansion, evaluations = snapped, evaluations + 5
            continue
        if longest > LONGEST:
            move *= min(1.0, LONGEST / float((np.abs(move) / np.maximum(1.0, np.abs(expansion.theta))).max()))
        new, used = _backtrack(criterion, expansion, move, promise)
        evaluations += used
        if not convex:
            scored = criterion.expand(scoring_step(expansion))
            evaluations += 5
            if scored.value() < (value if new is None else new.value()):
                new = scored
        if new is None or (value - new.value() < GAIN * 1e-3 and promise < GAIN):
            expansion = expansion if new is None or new.value() > value else new
            message = "no further gain"
            break
        expansion = new
    value = math.inf if message == NO_VALUE else expansion.value()
    return _Run(expansion, expansion.theta, value, steps, evaluations, message)


def _snap_expanded(criterion: Criterion, expansion: Expansion) -> Expansion | None:
    """The same point with a small pivot at exactly zero, where that costs nothing; None where no pivot is
    small.

    Below a vanishing pivot the factor is not determined by its covariance matrix, and Newton steps would
    creep.
    """
    if np.abs(expansion.theta[criterion.pivots]).min() >= SMALL:
        return None
    theta = snap(criterion, expansion.theta, expansion.value())
    zeros, before = (np.abs(theta) == 0).sum(), (np.abs(expansion.theta) == 0).sum()
    return criterion.expand(theta) if zeros > before else None


def _backtrack(
    criterion: Criterion, at: Expansion, move: Array, promise: float
) -> tuple[Expansion | None, int]:
    """The first of ever shorter steps that lowers the criterion enough (Armijo), expanded; None where none
    does.
    """
    value, t, evaluations = at.value(), 1.0, 0
    for _ in range(25):
        trial = criterion.expand(at.theta + t * move)
        evaluations += 5
        new_value = trial.value()
        if np.isfinite(new_value) and new_value <= value - 1e-4 * t * promise + 1e-13 * abs(value):
            return trial, evaluations
        curve = new_value - value + t * promise
        shrink = promise * t / (2 * curve) if np.isfinite(curve) and curve > 0 else 0.1
        t *= min(max(shrink, 0.1), 0.5)
    return None, evaluations


def _leave_boundary(criterion: Criterion, run: _Run) -> tuple[_Run, list[tuple[str, _Run]]]:
    """Settle the signs, snap what is zero, and push off any boundary from which the criterion still falls."""
    escapes: list[tuple[str, _Run]] = []
    for attempt in range(6):
        run = _settle_run(criterion, run)
        push = None if attempt == 5 else _descent_off_boundary(criterion, run)
        if push is None:
            break
        again = _newton(criterion, criterion.expand(push), 5)
        escapes.append(("off the boundary", again))
        if again.value > run.value - GAIN:
            break
        run = again
    return run, escapes


def _settle_run(criterion: Criterion, run: _Run) -> _Run:
    theta = snap(criterion, run.theta, run.value)
    if (theta == run.theta).all():
        return run
    expansion = criterion.expand(theta)
    if (np.abs(theta) == np.abs(run.theta)).all():
        return replace(run, expansion=expansion, theta=theta)
    polished = _newton(criterion, expansion, run.evaluations + 5)
    theta = snap(criterion, polished.theta, polished.value)
    return replace(polished, expansion=criterion.expand(theta), theta=theta, steps=run.steps + polished.steps)


def snap(criterion: Criterion, theta: Array, value: float) -> Array:
    """Theta with non-negative diagonals and exact zeros where a zero costs nothing."""
    if theta[criterion.pivots].min() >= SMALL:
        return theta
    factors = [_settle(f) for f in criterion.factors(theta)]
    if all(np.abs(f.diagonal()).min() >= SMALL for f in factors):
        return np.concatenate([lower_entries(f) for f in factors])
    for r, factor in enumerate(factors):
        for j in range(len(factor)):
            if not 0 < factor[j, j] < SMALL:
                continue
            for candidate in _without(factor, j):
                trial = [*factors[:r], candidate, *factors[r + 1 :]]
                new_value = criterion.value(np.concatenate([lower_entries(f) for f in trial]))
                if new_value <= value + GAIN:
                    factors, factor, value = trial, candidate, min(value, new_value)
                    break
    return np.concatenate([lower_entries(f) for f in factors])


def _settle(factor: Array) -> Array:
    """Columns with non-negative diagonal; columns below a zero pivot are turned into the following ones."""
    if (factor.diagonal() > 0).all():
        return factor
    factor = factor * np.where(factor.diagonal() < 0, -1.0, 1.0)
    zero = [j for j in range(len(factor)) if factor[j, j] == 0.0 and (factor[j:, j] != 0).any()]
    return semidefinite_root(factor @ factor.T) if zero else factor


def _without(factor: Array, j: int) -> list[Array]:
    """The factor with pivot j at zero: with the whole column at zero, or with its covariance moved to later
    columns.
    """
    plain = factor.copy()
    plain[j, j] = 0.0
    column = plain.copy()
    column[:, j] = 0.0
    return [_settle(plain), column] if (plain[:, j] != 0).any() else [plain]


def _descent_off_boundary(criterion: Criterion, run: _Run) -> Array | None:
    """A point with a lower criterion off the boundary, or None where the derivative with respect to every
    covariance matrix is positive semi-definite (the condition of Karush, Kuhn and Tucker on that cone)."""
    if np.abs(run.theta[criterion.pivots]).min() > ZERO:
        return None
    factors = criterion.factors(run.theta)
    slopes = run.expansion.slopes()
    for r, (factor, slope) in enumerate(zip(factors, slopes, strict=True)):
        null = _null_space(factor)
        if null is None:
            continue
        values, vectors = eigen(null.T @ slope @ null)
        if values[0] > -1e-6 * max(1.0, np.abs(values).max()):
            continue
        v = null @ vectors[:, 0]
        for size in (0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4):
            moved = semidefinite_root(factor @ factor.T + size * np.outer(v, v))
            trial = np.concatenate([lower_entries(f) for f in [*factors[:r], moved, *factors[r + 1 :]]])
            if criterion.value(trial) < run.value - GAIN:
                return trial
    return None


def _look_behind_ridges(criterion: Criterion, best: _Run, tried: list[tuple[str, _Run]]) -> _Run:
    """The best of this optimum and of those reached from its null directions raised; adds to `tried`."""
    for theta in _raised(criterion, best):
        again = _newton(criterion, criterion.expand(theta), 5)
        tried.append(("null direction raised", again))
        if again.value < best.value - GAIN:
            best, more = _leave_boundary(criterion, again)
            tried += more
            break
    return best


def _raised(criterion: Criterion, run: _Run) -> list[Array]:
    """Starts beside an optimum of lower rank, each null direction of a covariance matrix raised in turn.

    Another optimum of low rank may lie behind a ridge that no derivative at this one shows.
    """
    if np.abs(run.theta[criterion.pivots]).min() > ZERO:
        return []
    factors = criterion.factors(run.theta)
    out = []
    for r, factor in enumerate(factors):
        null = _null_space(factor) if len(factor) > 1 else None
        if null is None:
            continue
        for v in null.T:
            moved = semidefinite_root(factor @ factor.T + RAISED * np.outer(v, v))
            out.append(np.concatenate([lower_entries(f) for f in [*factors[:r], moved, *factors[r + 1 :]]]))
    return out


def _null_space(factor: Array) -> Array | None:
    """(q, m) directions in which a covariance matrix is zero; None where it has full rank."""
    if np.abs(factor.diagonal()).min() > ZERO:
        return None
    if len(factor) == 1:
        return np.ones((1, 1))
    left, sizes, _ = np.linalg.svd(factor)
    return left[:, sizes <= ZERO * max(1.0, sizes[0])]


def free_entries(criterion: Criterion, theta: Array) -> np.ndarray:
    """(k,) True for entries that are not held by a boundary: all but zero pivots and what stands below them."""
    if np.abs(theta[criterion.pivots]).min() > ZERO:
        return np.ones(len(theta), dtype=bool)
    out: list[bool] = []
    for factor in criterion.factors(theta):
        pivots = np.abs(factor.diagonal()) > ZERO
        out += list(lower_entries(np.tile(pivots, (len(factor), 1)).astype(float)) > 0)
    return np.array(out, dtype=bool)


def _report(criterion: Criterion, run: _Run, runs: list[tuple[str, _Run]]) -> Optimum:
    slope, hessian = run.expansion.criterion_derivatives
    free = free_entries(criterion, run.theta)
    notes: list[str] = []
    curvature, largest, promise = np.inf, 1.0, 0.0
    inner = slope if free.all() else slope[free]
    if len(inner):
        values, vectors = eigen(hessian if len(inner) == len(slope) else hessian[np.ix_(free, free)])
        curvature, largest = float(values[0]), float(values[-1])
        promise = float(((vectors.T @ inner) ** 2 / np.maximum(np.abs(values), 1e-12)).sum())
    max_gradient = float(np.abs(inner).max(initial=0.0))
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
        gradient=run.expansion.original_gradient(),
        max_gradient=max_gradient,
        smallest_curvature=curvature,
        evaluations=sum(r.evaluations for _, r in runs),
        notes=tuple(notes),
    )
    return Optimum(run.theta, run.expansion, found, converged=not notes)
