"""What a factor model implies for ordered items, in the delta parameterisation (Muthen & Asparouhov 2002).

Behind each item stands a normal variable with scale 1 / delta; the model implies thresholds delta (tau - mu) and
correlations delta_i delta_j Sigma_ij. Residual variances are what is left of 1 / delta^2 and no parameters. A
continuous item has delta = 1, one location at tau = 0, and a variance of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor import ram
from dww_analysis.factor.model import Block, Model
from dww_analysis.factor.ordinal_moments import OrdinalMoments, pairs

Array = NDArray[Any]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class OrdinalGroup:
    """One group: its paths, the table rows of its thresholds and scales, and its statistics."""

    block: Block
    threshold_rows: Index  # (T,) in the order of the locations, -1 for a continuous item
    scale_rows: Index  # (p,), -1 for a continuous item
    moments: OrdinalMoments

    @property
    def _pair_index(self) -> tuple[Index, Index]:
        both = np.array(pairs(len(self.scale_rows)), dtype=np.intp)
        return both[:, 0], both[:, 1]

    def implied(self, values: Array) -> tuple[ram.Implied, Array]:
        """Moments behind the items, and implied statistics (T + V + S,): thresholds and means, variances of
        continuous items, correlations. values: one for each row of the parameter table."""
        at = ram.implied(self.block.paths, values[self.block.rows])
        delta, tau = self._scales_and_thresholds(values)
        item, own = self.moments.item, self.moments.continuous
        i, j = self._pair_index
        return at, np.concatenate(
            [delta[item] * (tau - at.mu[item]), at.sigma[own, own], delta[i] * delta[j] * at.sigma[i, j]]
        )

    def _scales_and_thresholds(self, values: Array) -> tuple[Array, Array]:
        """(p,) and (T,)"""
        delta = np.where(self.scale_rows < 0, 1.0, values[self.scale_rows])
        return delta, np.where(self.threshold_rows < 0, 0.0, values[self.threshold_rows])

    def jacobian(self, values: Array, at: ram.Implied, n_rows: int) -> Array:
        """(T + V + S, table rows) slopes of the implied statistics."""
        delta, tau = self._scales_and_thresholds(values)
        item, own = self.moments.item, self.moments.continuous
        i, j = self._pair_index
        n_locations, first = len(tau), self.moments.first_covariance
        d_mu, d_sigma = ram.jacobian(self.block.paths, at)
        p = len(delta)
        position = np.zeros((p, p), dtype=np.intp)
        r, c = ram.vech_index(p)
        position[r, c] = position[c, r] = np.arange(len(r))
        out = np.zeros((first + len(i), n_rows + 1))  # the last column takes what is no parameter
        out[:n_locations, self.block.rows] = -delta[item, None] * d_mu.T[item]
        out[np.arange(n_locations), self.threshold_rows] = delta[item]
        out[np.arange(n_locations), self.scale_rows[item]] = tau - at.mu[item]
        out[n_locations:first, self.block.rows] = d_sigma.T[position[own, own]]
        k = np.arange(len(i)) + first
        out[first:, self.block.rows] = (delta[i] * delta[j])[:, None] * d_sigma.T[position[i, j]]
        out[k, self.scale_rows[i]] += delta[j] * at.sigma[i, j]
        out[k, self.scale_rows[j]] += delta[i] * at.sigma[i, j]
        return out[:, :-1]


def ordinal_group(model: Model, block: Block, moments: OrdinalMoments) -> OrdinalGroup:
    """Rows of thresholds and scales of one group, matched to the order of its statistics."""
    at = {(row.lhs, row.op, row.rhs): k for k, row in enumerate(model.rows) if row.group == block.group}
    counts = np.bincount(moments.item, minlength=len(block.observed))
    thresholds = [
        at.get((name, "|", f"t{k + 1}"), -1)
        for name, n in zip(block.observed, counts, strict=True)
        for k in range(n)
    ]
    scales = [at.get((name, "~*~", name), -1) for name in block.observed]
    return OrdinalGroup(block, np.array(thresholds, dtype=np.intp), np.array(scales, dtype=np.intp), moments)


def fill_residuals(model: Model, groups: tuple[OrdinalGroup, ...], values: Array) -> Array:
    """Values, one for each row of the parameter table, with each ordered item's residual variance set to what its
    scale leaves."""
    filled = values.copy()
    for group in groups:
        at, _ = group.implied(values)
        names = group.block.observed
        for k in group.block.rows:
            row = model.rows[k]
            if row.op == "~~" and row.lhs == row.rhs and row.lhs in names:
                i = names.index(row.lhs)
                if group.scale_rows[i] < 0:
                    continue
                filled[k] = 1 / values[group.scale_rows[i]] ** 2 - (at.sigma[i, i] - values[k])
    return filled
