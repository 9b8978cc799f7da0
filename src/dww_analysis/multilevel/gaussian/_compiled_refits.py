"""The compiled entry: criterion, derivatives and tests of many responses, each at a point of its own."""

from __future__ import annotations

import numpy as np
from numba import njit

from ._compiled_algebra import profile_loop
from ._compiled_lanes import LANES
from ._compiled_point import adjusted_variance, differentiate, new_point, take_lane, variance_information
from ._compiled_units import expand, load_lane, new_work


@njit(cache=True, error_model="numpy", nogil=True)
def evaluate_loop(units, sums, which, ratios, report, contrasts, divisor, reml, adjust, out):
    """Fill the rows `which` of `out` (a `batch.Evaluation`) at `ratios` (a, k).

    Where `report` (a,) is set the tests of the contrasts (m, p), in scaled columns, are filled too; `adjust` asks for
    Kenward-Roger.
    """
    work = new_work(units)
    point = new_point(ratios.shape[1], contrasts.shape[1], len(work.ld))
    for first in range(0, len(which), LANES):
        last = min(first + LANES, len(which))
        for n in range(LANES):  # lanes without a response repeat the last one
            at = min(first + n, last - 1)
            load_lane(sums, which[at], ratios[at], n, work)
        expand(units, work)
        for at in range(first, last):
            i = which[at]
            take_lane(work.ld, work.G, at - first, point)
            b, inverse, rss, log_det_x = profile_loop(point.G[0])
            out.value[i] = point.ld[0] + divisor * np.log(rss) + (log_det_x if reml else 0.0)
            differentiate(divisor, reml, work.place, b, inverse, rss, point)
            for r in range(ratios.shape[1]):
                out.first[i, r] = point.first[r]
                for s in range(ratios.shape[1]):
                    out.second[i, r, s] = point.second[r, s]
                    out.expected[i, r, s] = -point.info2[r, s] - point.info1[r] * point.info1[s] / divisor
            if not report[at]:
                continue
            out.rss[i] = rss
            for j in range(len(inverse)):
                out.beta[i, j] = -b[j]
            W, out.safe[i] = variance_information(divisor, ratios[at], point)
            for c in range(len(contrasts)):
                plain, adjusted, df = adjusted_variance(
                    contrasts[c], inverse, work.place, ratios[at], adjust, W, point
                )
                out.tests[0, i, c], out.tests[1, i, c], out.tests[2, i, c] = plain, adjusted, df
