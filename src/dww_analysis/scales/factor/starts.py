"""Where the search starts: principal factors of each factor's own items, uncorrelated factors, observed means."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dww_analysis.scales.factor.model import Block, Model

Array = NDArray[np.float64]


def start(model: Model, covs: list[Array], means: list[Array]) -> Array:
    """Theta from the covariance (p, p) and mean (p,) of each block, in the blocks' order of observed variables."""
    values = np.zeros(len(model.rows))
    for block, cov, mean in zip(model.blocks, covs, means, strict=True):
        values[block.rows] = _block_start(model, block, cov, mean)
    for k, row in enumerate(model.rows):
        if row.start is not None:
            values[k] = row.start
    theta, count = np.zeros(model.n_theta), np.zeros(model.n_theta)
    free = model.theta_of_row >= 0
    np.add.at(theta, model.theta_of_row[free], values[free])
    np.add.at(count, model.theta_of_row[free], 1)
    return theta / np.maximum(count, 1)


def _block_start(model: Model, block: Block, cov: Array, mean: Array) -> Array:
    at = {name: k for k, name in enumerate(block.observed)}
    sd = np.sqrt(np.maximum(np.diag(cov), 1e-8))
    loading, factor_variance, shared = _principal_factors(model, block, cov, sd, at)
    out = np.zeros(len(block.rows))
    for position, k in enumerate(block.rows):
        row = model.rows[k]
        if row.op == "=~":
            out[position] = loading.get((row.lhs, row.rhs), 1.0)
        elif row.op == "~~" and row.lhs == row.rhs:
            if row.lhs in at:
                out[position] = cov[at[row.lhs], at[row.lhs]] * max(1 - shared.get(row.lhs, 0.0), 0.1)
            else:
                out[position] = factor_variance.get(row.lhs, 0.5)
        elif row.op == "~1" and row.lhs in at:
            out[position] = mean[at[row.lhs]]
    return out


def _principal_factors(
    model: Model, block: Block, cov: Array, sd: Array, at: dict[str, int]
) -> tuple[dict[tuple[str, str], float], dict[str, float], dict[str, float]]:
    """Loadings, factor variances and shared variance (communality) from each factor's own items."""
    loading: dict[tuple[str, str], float] = {}
    variance: dict[str, float] = {}
    shared: dict[str, float] = {}
    for factor in block.factors:
        rows = [model.rows[k] for k in block.rows if model.rows[k].op == "=~" and model.rows[k].lhs == factor]
        items = [row for row in rows if row.rhs in at]
        if len(items) < 2:
            variance[factor] = 0.5
            continue
        where = [at[row.rhs] for row in items]
        R = cov[np.ix_(where, where)] / np.outer(sd[where], sd[where])
        weights = _first_factor(R) * sd[where]
        marker = next((n for n, row in enumerate(items) if row.value == 1.0), None)
        unit = weights[marker] if marker is not None else 1.0
        unit = unit if abs(unit) > 0.1 * sd[where].mean() or marker is None else 0.3 * sd[where][marker]
        variance[factor] = unit**2 if marker is not None else 1.0
        for row, weight, s in zip(items, weights, sd[where], strict=True):
            loading[factor, row.rhs] = float(weight / unit)
            shared[row.rhs] = min(shared.get(row.rhs, 0.0) + float((weight / s) ** 2), 0.8)
    return loading, variance, shared


def _first_factor(R: Array) -> Array:
    """Loadings of one factor on a correlation matrix, by a few principal-axis rounds."""
    communality = np.full(len(R), np.abs(R - np.eye(len(R))).max(axis=1).mean() if len(R) > 1 else 0.5)
    for _ in range(4):
        values, vectors = np.linalg.eigh(R - np.diag(1 - communality))
        loadings = vectors[:, -1] * np.sqrt(max(values[-1], 0.1))
        communality = np.clip(loadings**2, 0.05, 0.9)
    return loadings * (1.0 if loadings.sum() >= 0 else -1.0)
