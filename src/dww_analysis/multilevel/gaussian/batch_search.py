"""The search of many responses side by side: bounded Newton steps on the variance ratios, in rounds.

A round evaluates every response that is still searching at the point it asked for, and decides what each asks next.
Steps are Newton's on the ratios themselves, which stay at zero where the criterion rises from there; a first step that
goes far is by scoring, and so are those where curvature is not positive. A step so small that what it leaves is
rounding is the last one. Then small ratios are tried at zero, as `search.snap` does. What cannot be settled is marked,
for the general search to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..model import Array
from .batch import Evaluation, Flags, Index
from .search import FLAT, GAIN, SMALL

Evaluate = Callable[[Index, Array, Flags], None]  # responses, ratios, which of them report tests
NEWTON, LAST, AT_ZERO, AGAIN = 0, 1, 2, 3  # what the point that was asked for is
LAST_MOVE, FLOOR = 3e-6, 0.01  # a move below LAST_MOVE (FLOOR + ratio) is the last
FAR = 0.1  # a first move by more than FAR (FLOOR + ratio) is taken by scoring, which from afar comes nearer
MAX_STEPS, MAX_SHORTENED = 60, 25
LONGEST = 4.0  # no ratio moves further in one step, or than this times its size
SLOPE = 1e-6  # largest slope in theta, relative to the curvature, that an optimum may have


@dataclass(eq=False)
class Lots:
    """Where r searches stand."""

    ratios: Array  # (r, k)
    value: Array  # (r,)
    asked: Array  # (r, k)
    move: Array  # (r, k)
    length: Array  # (r,) share of the move that is tried
    promise: Array  # (r,) what the whole move promises
    stage: Index  # (r,)
    steps: Index  # (r,)
    shortened: Index  # (r,)
    candidate: Index  # (r,) the ratio that is tried at zero
    held: Flags  # (r, k) ratios at zero because that costs nothing
    tried: Flags  # (r, k) ratios that were tried at zero
    running: Flags  # (r,)
    settled: Flags  # (r,)

    @staticmethod
    def at(start: Array) -> Lots:
        """All searches at their starts (r, k)."""
        r, k = start.shape

        def counts() -> Index:
            return np.zeros(r, dtype=np.intp)

        def flags(*shape: int) -> Flags:
            return np.zeros(shape, dtype=bool)

        return Lots(
            start.copy(), np.full(r, np.inf), start.copy(), np.zeros((r, k)), np.ones(r), np.zeros(r), counts(),
            counts(), counts(), counts(), flags(r, k), flags(r, k), ~flags(r), flags(r),
        )  # fmt: skip

    def ask(self, i: Index, stage: int | Index) -> None:
        """Let responses i ask for the point a share of the move away."""
        self.stage[i] = stage
        self.asked[i] = np.maximum(self.ratios[i] + self.length[i, None] * self.move[i], 0.0)


def search_many(evaluate: Evaluate, out: Evaluation, start: Array) -> Lots:
    """Search every response from `start` (r, k) until it is settled or given up."""
    lots = Lots.at(start)
    while lots.running.any():
        i = np.flatnonzero(lots.running)
        evaluate(i, lots.asked[i], (lots.stage[i] == LAST) | (lots.stage[i] == AGAIN))
        good = _acceptable(lots, i, out.value[i])
        _refuse(lots, i[~good], out)
        _accept(lots, i[good], out)
    return lots


def _acceptable(lots: Lots, i: Index, value: Array) -> Flags:
    before = lots.value[i]
    with np.errstate(invalid="ignore"):
        needed = before - 1e-4 * lots.length[i] * lots.promise[i] + 1e-13 * np.abs(before)
        return np.isfinite(value) & (value <= np.where(lots.stage[i] == NEWTON, needed, before + GAIN))


def _refuse(lots: Lots, i: Index, out: Evaluation) -> None:
    newton, zero = lots.stage[i] == NEWTON, lots.stage[i] == AT_ZERO
    _shorten(lots, i[newton], out)
    left = _ask_zero(lots, i[zero])
    lots.move[left] = 0.0
    lots.ask(left, AGAIN)
    lots.running[i[~newton & ~zero]] = False


def _shorten(lots: Lots, i: Index, out: Evaluation) -> None:
    """Ask for a shorter share of the move; give up where even the shortest did not lower the criterion."""
    t, promise = lots.length[i], lots.promise[i]
    curve = out.value[i] - lots.value[i] + t * promise
    with np.errstate(invalid="ignore", divide="ignore"):
        shrink = np.where(np.isfinite(curve) & (curve > 0), promise * t / (2 * curve), 0.1)
    lots.length[i] = t * np.clip(shrink, 0.1, 0.5)
    lots.shortened[i] += 1
    lots.ask(i, NEWTON)
    lots.running[i[(lots.shortened[i] > MAX_SHORTENED) | ~np.isfinite(lots.value[i])]] = False


def _ask_zero(lots: Lots, i: Index) -> Index:
    """Ask for the next small ratio at zero; the responses without one are returned."""
    ratios = lots.ratios[i]
    small = (ratios > 0) & (ratios < SMALL**2) & ~lots.tried[i]
    some = small.any(axis=1)
    i, j, left = i[some], small[some].argmax(axis=1), i[~some]
    lots.tried[i, j] = True
    lots.candidate[i] = j
    lots.move[i] = 0.0
    lots.move[i, j] = -lots.ratios[i, j]
    lots.length[i] = 1.0
    lots.ask(i, AT_ZERO)
    return left


def _accept(lots: Lots, i: Index, out: Evaluation) -> None:
    stage = lots.stage[i]
    lots.value[i], lots.ratios[i] = out.value[i], lots.asked[i]
    zeroed = i[stage == AT_ZERO]
    lots.held[zeroed, lots.candidate[zeroed]] = True
    _step(lots, i[(stage == NEWTON) | (stage == AT_ZERO)], out)
    done = np.concatenate([_ask_zero(lots, i[stage == LAST]), i[stage == AGAIN]])
    lots.settled[done] = out.safe[done] & proven(lots.ratios[done], out.first[done], out.second[done])
    lots.running[done] = False


def _step(lots: Lots, i: Index, out: Evaluation) -> None:
    """Ask for the next point of the search; give up where no model of the criterion has a minimum."""
    if not len(i):
        return
    ratios, first = lots.ratios[i], out.first[i]
    move, found = bounded_minimum(out.second[i], first, ratios, lots.held[i])
    far = ~found | ((lots.steps[i] == 0) & (_relative(move, ratios) > FAR))
    if far.any():
        scored, also = bounded_minimum(out.expected[i[far]], first[far], ratios[far], lots.held[i[far]])
        move[far] = np.where(also[:, None], scored, move[far])
        found[far] |= also
    longest = (np.abs(move) / np.maximum(1.0, ratios)).max(axis=1)
    lots.move[i], lots.promise[i] = move, -(first * move).sum(axis=1)
    lots.length[i] = np.minimum(1.0, LONGEST / np.maximum(longest, 1e-300))
    lots.shortened[i] = 0
    lots.steps[i] += 1
    last = _relative(move, ratios) < LAST_MOVE
    lots.ask(i, np.where(last, LAST, NEWTON))
    lots.running[i[~found | (lots.promise[i] < 0) | (lots.steps[i] > MAX_STEPS)]] = False


def _relative(move: Array, ratios: Array) -> Array:
    """(a,) the largest move of a ratio, in its size."""
    size: Array = (np.abs(move) / (FLOOR + ratios)).max(axis=1)
    return size


def bounded_minimum(hessian: Array, first: Array, ratios: Array, held: Flags) -> tuple[Array, Flags]:
    """(a, k) moves to the minimum of quadratic models over ratios that stay positive, and (a,) where there is one.

    Ratios at zero stay there where the criterion rises or where they are held. From the point at hand the way leads to
    the minimum over the others until one of them meets zero, stays there, and the way turns to the minimum over the
    rest: the model falls all along.
    """
    fixed = held | ((ratios == 0.0) & (first >= 0.0))
    ends, move, eye = np.zeros_like(fixed), np.zeros_like(first), np.eye(first.shape[1])
    found = _positive(hessian, ~fixed)
    while True:
        free = ~fixed & ~ends
        model = np.where(free[:, :, None] & free[:, None, :], hessian, eye)
        model[~found] = eye
        given = np.where(ends, -ratios, 0.0)
        rhs = np.where(free, -first - (hessian @ given[:, :, None])[:, :, 0], given)
        way = np.linalg.solve(model, rhs[:, :, None])[:, :, 0] - move
        falls = free & (way < 0) & found[:, None]
        share = np.where(falls, (ratios + move) / np.where(falls, -way, 1.0), np.inf)
        at, shortest = share.argmin(axis=1), share.min(axis=1)
        move = move + np.minimum(shortest, 1.0)[:, None] * way
        met = shortest < 1.0
        if not met.any():
            return move, found
        ends[met, at[met]] = True
        move[met, at[met]] = -ratios[met, at[met]]


def _positive(hessian: Array, free: Flags) -> Flags:
    """Whether the free part of every matrix is positive definite, in units of its diagonal."""
    hessian = np.where(free[:, :, None] & free[:, None, :], hessian, 0.0)
    diagonal = np.einsum("aii->ai", hessian)
    fine = (diagonal > 0) | ~free
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = hessian / (scale[:, :, None] * scale[:, None, :])
    np.einsum("aii->ai", scaled)[~free] = 1.0
    scaled[~np.isfinite(scaled).all(axis=(1, 2))] = -np.eye(hessian.shape[1])
    return fine.all(axis=1) & (np.linalg.eigvalsh(scaled)[:, 0] > 1e-12)


def proven(ratios: Array, first: Array, second: Array) -> Flags:
    """Whether gradient and curvature in theta, over the ratios that are not zero, prove an optimum."""
    free, theta = ratios > 0, np.sqrt(ratios)
    hessian = 4 * theta[:, :, None] * theta[:, None, :] * second
    diagonal = np.einsum("aii->ai", hessian)
    diagonal += 2 * first
    flat = np.abs(first) * theta <= SLOPE * np.maximum(1.0, np.abs(diagonal))
    diagonal[~free] = np.inf
    largest = np.where(free, diagonal, 0.0).max(axis=1)
    diagonal[~free] = np.broadcast_to(np.maximum(largest, 1.0)[:, None], free.shape)[~free]
    values = np.linalg.eigvalsh(hessian)
    return (flat | ~free).all(axis=1) & (values[:, 0] >= FLAT * np.maximum(values[:, -1], 1.0))
