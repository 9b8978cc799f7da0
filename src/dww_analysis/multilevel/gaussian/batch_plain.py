"""`batch.Evaluation` of models whose random terms have one column each, one response after the other, without numba."""

from __future__ import annotations

import numpy as np

from ..model import Array
from .batch import Evaluation, Flags, Index
from .kenward_roger import adjustment, one_row_df, parameter_covariance
from .likelihood import Criterion, Expansion
from .linear import expected_information, linear_pieces


def evaluate_plain(
    criteria: list[Criterion], which: Index, ratios: Array, report: Flags, contrasts: Array, out: Evaluation
) -> None:
    """Fill the rows `which` of `out` at `ratios` (a, k), and the tests of the contrasts (m, p) where `report` is."""
    for i, point, wanted in zip(which.tolist(), ratios, report.tolist(), strict=True):
        expansion = criteria[i].expand(np.sqrt(point))
        fill(expansion, i, out)
        if wanted:
            _report(expansion, i, contrasts, out)


def second_derivatives(expansion: Expansion) -> Array:
    """(k, k) second derivatives of the profiled criterion in the entries of the covariance matrices."""
    criterion, parts = expansion.criterion, expansion.derivatives
    relative = parts.rss1 / expansion.fit.rss
    log_det = expansion.jets.ld2 + (parts.log_det_x2 if criterion.reml else 0.0)
    second: Array = log_det + criterion.divisor * (
        parts.rss2 / expansion.fit.rss - np.outer(relative, relative)
    )
    return second


def fill(expansion: Expansion, i: int, out: Evaluation) -> None:
    """Fill row i of `out`, but for the tests."""
    criterion, parts = expansion.criterion, expansion.derivatives
    out.value[i] = expansion.value() - criterion.constant
    out.first[i], out.second[i] = parts.first, second_derivatives(expansion)
    slopes = expansion.jets.ld1 + parts.log_det_x1
    expected = -(expansion.jets.ld2 + parts.log_det_x2)
    out.safe[i] = True
    out.expected[i] = expected - np.outer(slopes, slopes) / criterion.divisor


def _report(expansion: Expansion, i: int, contrasts: Array, out: Evaluation) -> None:
    fit = expansion.fit
    out.rss[i], out.beta[i] = fit.rss, fit.beta
    plain = np.einsum("mp,pq,mq->m", contrasts, fit.inverse, contrasts)
    out.tests[:, i] = plain, plain, np.full(len(plain), np.inf)
    if not expansion.criterion.reml:
        return
    W, pieces, unit = (
        parameter_covariance(expected_information(expansion)),
        linear_pieces(expansion),
        fit.inverse,
    )
    solved = contrasts @ unit
    extra = 2 * np.einsum("mp,pq,mq->m", solved, adjustment(pieces, unit, W), solved)
    slopes = np.einsum("mp,rpq,mq->mr", solved, pieces.P, solved) / plain[:, None]
    spread = np.einsum("mr,rs,ms->m", slopes, W, slopes)
    out.tests[1:, i] = plain + extra, one_row_df(spread)
