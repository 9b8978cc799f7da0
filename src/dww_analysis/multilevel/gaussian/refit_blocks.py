"""Blocks of refits: side by side in compiled loops or in numpy, side by side point by point, or one after the other.

All end at the same optimum to rounding; which one is taken depends on the model, on how many responses there are and on
whether numba is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..model import Array, Inference, Solution
from .batch import (
    BatchDesign,
    Evaluation,
    Flags,
    Index,
    Scaled,
    batch_design,
    reduce_responses,
    scale_responses,
    work_of,
)
from .batch_numpy import evaluate_numpy
from .batch_plain import evaluate_plain
from .batch_search import Evaluate, Lots, search_many
from .batch_units import Stacked, stacked, stacked_sums
from .fast import compiled
from .likelihood import Criterion
from .solve import BOUNDARY

BLOCK, PLAIN_BLOCK = 250, 16  # responses at one time; point by point each holds its own statistics
PLAIN_ROWS = 1_000_000  # responses times rows of which statistics are held at one time, point by point
# responses times `batch.work_of` a response from which the compiled loops are used: loading them costs about a second
# in every process, and compiling them half a minute once
WORTH_LOADING = 1_200_000


@dataclass(frozen=True, eq=False)
class Task:
    """What is done with every response."""

    solution: Solution
    criterion: Criterion
    df: str
    L: Array  # (m, p)
    build: Callable[[Solution], Inference]
    n_responses: int
    refit: Callable[..., Solution]
    near: Array | None = None  # (n_responses, k) theta close to the optima, where that is known

    def starts(self, which: slice) -> Array:
        """(r, k) variance ratios at which these searches start: what is known to be close to their optima, or else the
        estimates at hand; off the boundary."""
        at_hand = np.broadcast_to(self.solution.theta, (self.n_responses, len(self.solution.theta)))
        near = (at_hand if self.near is None else self.near)[which]
        scaled = np.array([self.criterion.scaled_theta(theta) for theta in near])
        return np.maximum(scaled.reshape(near.shape), 0.1) ** 2


class Part(NamedTuple):
    """Results of some responses, in the order of `RefitMany`."""

    estimate: Array
    std_error: Array
    df: Array
    theta: Array
    sigma: Array
    log_likelihood: Array
    converged: Flags
    at_boundary: Flags
    full: Flags
    unadjusted: Array

    @staticmethod
    def empty(task: Task, r: int) -> Part:
        m, k = len(task.L), len(task.solution.theta)
        shapes = ((r, m), (r, m), (r, m), (r, k), (r,), (r,))
        parts: list[Any] = [np.empty(s) for s in shapes]
        return Part(*[*parts, *(np.zeros(r, dtype=bool) for _ in range(3)), np.empty((r, m))])


def one_by_one(task: Task, Y: Array, which: Index | None = None, part: Part | None = None) -> Part:
    """Refit the columns of Y, or those at `which`, by the general search."""
    out = Part.empty(task, Y.shape[1]) if part is None else part
    for i in np.arange(Y.shape[1]) if which is None else which:
        found = task.refit(task.solution, Y[:, i], thorough=part is not None)
        inference = task.build(found)
        out.estimate[i] = task.L @ found.beta
        for errors, vcov in ((out.std_error, inference.vcov), (out.unadjusted, found.vcov)):
            errors[i] = np.sqrt(np.einsum("mp,pq,mq->m", task.L, vcov, task.L))
        out.df[i] = inference.df(task.L)
        out.theta[i], out.sigma[i], out.log_likelihood[i] = found.theta, found.sigma, found.log_likelihood
        out.converged[i], out.at_boundary[i], out.full[i] = found.converged, bool(found.boundary), True
    return out


def refit_blocks(task: Task, Y: Array) -> Iterator[Part]:
    """Results of the columns of Y, block by block, for models whose random terms have one column each."""
    inference = task.build(
        task.solution
    )  # refuses what does not apply, and knows df that depend on the design alone
    fixed_df = None if task.df == "kenward-roger" else inference.df(task.L)
    ways = _ways(task)
    size = BLOCK if ways.design is not None else min(PLAIN_BLOCK, max(PLAIN_ROWS // len(Y), 1))
    for first in range(0, max(Y.shape[1], 1), size):
        block = Y[:, first : first + size]
        scaled = scale_responses(task.criterion, block)
        out, evaluate = _evaluator(task, ways, block, scaled)
        lots = search_many(evaluate, out, task.starts(slice(first, first + size)))
        part = _unscaled(task, scaled, out, lots, fixed_df)
        yield one_by_one(task, block, np.flatnonzero(~lots.settled), part)


class _Ways(NamedTuple):
    """How points are evaluated: by compiled loops, or in numpy over units, or one after the other."""

    design: BatchDesign | None
    loop: Callable[..., None] | None
    numpy: Stacked | None


def _ways(task: Task) -> _Ways:
    design = batch_design(task.criterion)
    if design is None:
        return _Ways(None, None, None)
    worth = task.n_responses * work_of(design.units) >= WORTH_LOADING
    loop = compiled("evaluate_loop") if worth else None
    return _Ways(design, loop, stacked(design.units) if loop is None else None)


def _evaluator(task: Task, ways: _Ways, Y: Array, scaled: Scaled) -> tuple[Evaluation, Evaluate]:
    criterion, design = task.criterion, ways.design
    contrasts = np.ascontiguousarray(task.L @ criterion.scaling.T)
    out = Evaluation.empty(Y.shape[1], len(task.solution.theta), contrasts.shape[1], len(contrasts))
    if design is None:
        criteria = [criterion.with_response(y) for y in Y.T]
        return out, lambda i, ratios, report: evaluate_plain(criteria, i, ratios, report, contrasts, out)
    sums = reduce_responses(design.rows, scaled.values, design.units.total.shape[1])
    how = (contrasts, float(criterion.divisor), criterion.reml, task.df == "kenward-roger", out)
    if ways.numpy is not None:
        units, placed = ways.numpy, stacked_sums(ways.numpy, sums)
        return out, lambda i, ratios, report: evaluate_numpy(units, placed, i, ratios, report, *how)
    loop = ways.loop
    assert loop is not None
    return out, lambda i, ratios, report: loop(design.units, sums, i, ratios, report, *how)


def _unscaled(task: Task, scaled: Scaled, out: Evaluation, lots: Lots, fixed_df: Array | None) -> Part:
    """Results in the units of the data; rows that did not settle hold no numbers."""
    criterion, theta = task.criterion, np.sqrt(lots.ratios)
    sigma = np.sqrt(out.rss / criterion.divisor) * scaled.scale
    beta = scaled.start.T + scaled.scale[:, None] * (out.beta @ criterion.scaling.T.T)
    scales = np.ones(theta.shape[1]) if criterion.theta_scales is None else criterion.theta_scales
    moved = 2 * criterion.divisor * np.log(scaled.scale / criterion.response.scale)
    with np.errstate(invalid="ignore"):
        unadjusted, adjusted = sigma[:, None] * np.sqrt(out.tests[:2])
    return Part(
        beta @ task.L.T,
        adjusted if fixed_df is None else unadjusted,
        out.tests[2] if fixed_df is None else np.tile(fixed_df, (len(sigma), 1)),
        theta * scales,
        sigma,
        -(out.value + criterion.constant + moved) / 2,
        lots.settled.copy(),
        np.asarray((theta <= BOUNDARY).any(axis=1)),
        ~lots.settled,
        unadjusted,
    )
