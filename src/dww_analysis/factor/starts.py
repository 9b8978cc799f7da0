"""Where the search starts: each factor from its own items, uncorrelated factors, observed means.

Three rules, tried in turn. `marker` estimates loadings relative to the first item with the other items as
instruments (Haegglund 1982), so that the marker keeps its say about what the factor is, as in lavaan; `principal`
takes principal factors; `modest` begins with weak factors and equal loadings, for when the other two run away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor.model import Block, Model

Array = NDArray[Any]


def start(model: Model, covs: list[Array], means: list[Array], rule: str = "marker") -> Array:
    """Theta (n_theta,) from the covariance (p, p) and mean (p,) of each block, in the blocks' order of observed
    variables. rule: of `RULES`. A start in the model's text goes first."""
    values = np.zeros(len(model.rows))
    for block, cov, mean in zip(model.blocks, covs, means, strict=True):
        values[block.rows] = _block_start(model, block, cov, mean, RULES[rule])
    for k, row in enumerate(model.rows):
        if row.start is not None:
            values[k] = row.start
    theta, count = np.zeros(model.n_theta), np.zeros(model.n_theta)
    free = model.theta_of_row >= 0
    np.add.at(theta, model.theta_of_row[free], values[free])
    np.add.at(count, model.theta_of_row[free], 1)
    return theta / np.maximum(count, 1)


def _block_start(
    model: Model, block: Block, cov: Array, mean: Array, rule: Callable[[Array, int], tuple[Array, float]]
) -> Array:
    at = {name: k for k, name in enumerate(block.observed)}
    loading, factor_variance, shared = _factors(model, block, cov, at, rule)
    centre, explained = _means(model, block, mean, at, loading)
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
            out[position] = mean[at[row.lhs]] - explained[at[row.lhs]]
        elif row.op == "~1":
            out[position] = centre.get(row.lhs, 0.0)
    return out


def _means(
    model: Model, block: Block, mean: Array, at: dict[str, int], loading: dict[tuple[str, str], float]
) -> tuple[dict[str, float], Array]:
    """Means of factors that are free to have one, from items whose intercepts are fixed, by least squares; and what
    they say of each item's mean (p,). A factor that starts far from its items may end where it explains nothing."""
    rows = [model.rows[k] for k in block.rows]
    free = [r.lhs for r in rows if r.op == "~1" and r.free and r.lhs in block.factors]
    fixed = {r.lhs: float(r.value) for r in rows if r.op == "~1" and r.value is not None and r.lhs in at}
    weights = np.zeros((len(at), len(free)))
    for row in rows:
        if row.op == "=~" and row.lhs in free and row.rhs in at:
            known = loading.get((row.lhs, row.rhs), 1.0) if row.value is None else row.value
            weights[at[row.rhs], free.index(row.lhs)] = known
    items = [at[name] for name in fixed]
    away = mean[items] - np.array(list(fixed.values()))
    found = np.linalg.lstsq(weights[items], away, rcond=None)[0] if free and items else np.zeros(len(free))
    return dict(zip(free, found, strict=True)), weights @ found


def _factors(
    model: Model,
    block: Block,
    cov: Array,
    at: dict[str, int],
    rule: Callable[[Array, int], tuple[Array, float]],
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
        S = cov[np.ix_(where, where)]
        marker = next((n for n, row in enumerate(items) if row.value == 1.0), None)
        weights, psi = rule(S, marker or 0)
        if marker is None:
            weights, psi = weights * np.sqrt(psi), 1.0
        variance[factor] = psi
        for row, weight, total in zip(items, weights, np.diag(S), strict=True):
            loading[factor, row.rhs] = float(weight)
            shared[row.rhs] = min(shared.get(row.rhs, 0.0) + float(weight**2 * psi / max(total, 1e-8)), 0.8)
    return loading, variance, shared


def _by_marker(S: Array, marker: int) -> tuple[Array, float]:
    """Loadings with the marker at one, none stronger than the marker's, and a factor that explains little.

    A weak factor grows easily; one that starts too strong can run away from a weak marker.
    """
    k = len(S)
    weights, limit = np.ones(k), np.sqrt(np.maximum(np.diag(S), 1e-8) / max(S[marker, marker], 1e-8))
    for j in range(k):
        others = [i for i in range(k) if i not in (j, marker)]
        if j == marker or not others:
            continue
        via = np.linalg.lstsq(S[np.ix_(others, others)], S[others, marker], rcond=None)[0]
        strength = float(S[marker, others] @ via)
        weights[j] = S[j, others] @ via / strength if strength > 0 else limit[j]
    return np.clip(weights, -limit, limit), float(0.05 * S[marker, marker])


def _principal(S: Array, marker: int) -> tuple[Array, float]:
    """The first principal factor after a few rounds, in units of the marker."""
    sd = np.sqrt(np.maximum(np.diag(S), 1e-8))
    R = S / np.outer(sd, sd)
    communality = np.full(len(R), np.abs(R - np.eye(len(R))).max(axis=1).mean())
    for _ in range(4):
        values, vectors = np.linalg.eigh(R - np.diag(1 - communality))
        loadings = vectors[:, -1] * np.sqrt(max(values[-1], 0.1))
        communality = np.clip(loadings**2, 0.05, 0.9)
    weights = loadings * sd * (1.0 if loadings.sum() >= 0 else -1.0)
    unit = weights[marker] if abs(weights[marker]) > 0.1 * sd[marker] else 0.3 * sd[marker]
    return weights / unit, float(unit**2)


def _modest(S: Array, marker: int) -> tuple[Array, float]:
    """Loadings of equal strength with the signs of the first component, and a factor that explains little."""
    sd = np.sqrt(np.maximum(np.diag(S), 1e-8))
    first = np.linalg.eigh(S / np.outer(sd, sd))[1][:, -1]
    signs = np.where(first * first[marker] < 0, -1.0, 1.0)
    return signs * sd / sd[marker], float(0.05 * S[marker, marker])


RULES: dict[str, Callable[[Array, int], tuple[Array, float]]] = {
    "marker": _by_marker,
    "principal": _principal,
    "modest": _modest,
}
