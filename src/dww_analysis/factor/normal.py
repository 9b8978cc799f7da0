"""The normal log-likelihood of one group, its gradient and curvature in the moments, for any pattern of answered items.

With W the inverse covariance of the answered items, d = mean - mu and T = cov + d d' per pattern:
logl = -1/2 sum n (k log 2 pi + log|Sigma| + tr(W T)). First derivatives are g = sum n W d and
G = 1/2 sum n (W T W - W); second ones are sums of Kronecker products of W and W T W, formed for all patterns at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor.moments import Moments
from dww_analysis.factor.ram import vech_index

Array = NDArray[Any]
LOG_2PI = float(np.log(2 * np.pi))
AT_ONCE = 4_000_000  # numbers that scores of rows take at one time
FEW_PATTERNS = 8  # below this a loop over patterns beats one large matrix product


@dataclass(frozen=True)
class NormalState:
    """Everything a step needs at one (mu, Sigma)."""

    logl: float
    W: Array  # (P, p, p)
    U: Array | None  # (P, p, p), W T W; only where asked for
    w: Array  # (P, p), W d
    g: Array  # (p,)
    G: Array  # (p, p)


def inverses(moments: Moments, sigma: Array) -> tuple[Array, Array]:
    """Inverse covariance of each pattern, zero outside it, and log determinants. LinAlgError if not positive
    definite.
    """
    seen = moments.observed
    if moments.complete:
        L = np.linalg.cholesky(sigma)
        half = np.linalg.inv(L)
        logdet = np.array([2 * np.log(np.diag(L)).sum()])
        W = (half.T @ half)[None]
        return np.broadcast_to(W, (len(seen), *sigma.shape)), np.broadcast_to(logdet, (len(seen),))
    both = moments.together
    padded = np.where(both, sigma, 0.0) + moments.gaps
    L = np.linalg.cholesky(padded)
    logdet = 2 * np.log(np.diagonal(L, axis1=1, axis2=2)).sum(axis=1)
    W = np.linalg.inv(padded)
    return np.where(both, (W + W.transpose(0, 2, 1)) / 2, 0.0), logdet


def log_likelihood(moments: Moments, mu: Array, sigma: Array) -> float:
    """Log-likelihood of the group at mu (p,) and sigma (p, p); minus infinity where a pattern's covariance is not
    positive definite."""
    try:
        W, logdet = inverses(moments, sigma)
    except np.linalg.LinAlgError:
        return -np.inf
    d = np.where(moments.observed, moments.mean - mu, 0.0)
    return _value(moments, W, logdet, d, (W @ d[:, :, None])[:, :, 0])


def _value(moments: Moments, W: Array, logdet: Array, d: Array, w: Array) -> float:
    n_items = moments.observed.sum(axis=1)
    spread = (W * moments.cov).sum(axis=(1, 2)) + (d * w).sum(axis=1)
    return float(-0.5 * (moments.n * (n_items * LOG_2PI + logdet + spread)).sum())


def evaluate(moments: Moments, mu: Array, sigma: Array) -> NormalState:
    """Value and gradient. Raises LinAlgError where a pattern's covariance is not positive definite."""
    W, logdet = inverses(moments, sigma)
    d = np.where(moments.observed, moments.mean - mu, 0.0)
    w = (W @ d[:, :, None])[:, :, 0]
    U = w[:, :, None] * w[:, None, :]
    many = moments.repeated
    if len(many) == 1:
        k = int(many[0])
        U[k] += W[k] @ moments.cov[k] @ W[k]
    elif len(many):
        U[many] += W[many] @ moments.cov[many] @ W[many]
    weighted = moments.n[:, None, None]
    G = 0.5 * (weighted * (U - W)).sum(axis=0)
    return NormalState(_value(moments, W, logdet, d, w), W, U, w, moments.n @ w, (G + G.T) / 2)


@dataclass(frozen=True)
class Curvature:
    """Minus the second derivatives of logl, in mu (p) and vech Sigma (s = p (p + 1) / 2)."""

    mean: Array  # (p, p)
    cross: Array  # (p, s)
    cov: Array  # (s, s)


def curvature(moments: Moments, state: NormalState, expected: bool) -> Curvature:
    """Observed information in the moments mu (p,) and vech Sigma, of all persons, or expected information given the
    patterns."""
    return curvature_of(moments.n, state.W, state.U, state.w, expected)


def curvature_of(n: Array, W: Array, U: Array | None, w: Array, expected: bool) -> Curvature:
    """The same from (P,) weights, (P, p, p) precisions, W T W and (P, p) W d."""
    p = W.shape[1]
    rows, cols = vech_index(p)
    multiple = np.where(rows == cols, 1.0, 2.0)
    mean = np.tensordot(n, W, axes=1)
    left = W / 2 if expected or U is None else U - W / 2
    cross = np.zeros((p, len(rows)))
    if not expected:
        both = np.tensordot(n[:, None, None] * W, w, axes=(0, 0))  # (p, p, p): sum n W_ab w_c
        cross = (both[:, rows, cols] + both[:, cols, rows]) * multiple / 2
    return Curvature(mean, cross, traces(n, left, W))


def traces(n: Array, left: Array, right: Array) -> Array:
    """(s, s) matrix of the form sum n tr(left X right Y) in vech X and vech Y, for symmetric (P, p, p) matrices."""
    rows, cols = vech_index(left.shape[1])
    multiple = np.where(rows == cols, 1.0, 2.0)
    return _kronecker(n, left, right) * np.outer(multiple, multiple) / 4


def _kronecker(n: Array, left: Array, right: Array) -> Array:
    """sum n left_ij right_kl at rows (j, k) and columns (l, i), summed over both orders of each pair."""
    p = left.shape[1]
    r, c = vech_index(p)
    if len(n) <= FEW_PATTERNS:
        out = np.zeros((len(r), len(r)))
        for weight, L, R in zip(n, left, right, strict=True):
            L = weight * L
            # rows a = (j, k) = (r, c) and columns b = (l, i) = (r, c), each in both orders; rows that lie together in
            # memory are taken last
            Lr, Lc, Rr, Rc = L[:, r], L[:, c], R[:, r], R[:, c]
            out += Lc[r] * Rr[c] + Lr[r] * Rc[c] + Lc[c] * Rr[r] + Lr[c] * Rc[r]
        return out
    at = r * p + c
    product = (n[:, None] * left.reshape(len(n), -1)[:, at]).T @ right.reshape(len(n), -1)[:, at]
    first, *others = _gather(p)
    out = product.take(first)
    for where in others:
        out += product.take(where)
    return out


@lru_cache(maxsize=4)
def _gather(p: int) -> tuple[NDArray[np.intp], ...]:
    """Positions in the (s, s) product for the four orders of two pairs."""
    r, c = vech_index(p)
    at = np.zeros((p, p), dtype=np.intp)
    at[r, c] = at[c, r] = np.arange(len(r))
    j, k, el, i = r[:, None], c[:, None], r[None, :], c[None, :]
    pairs = (((i, j), (k, el)), ((el, j), (k, i)), ((i, k), (j, el)), ((el, k), (j, i)))
    return tuple(at[a] * len(r) + at[b] for a, b in pairs)


def casewise_scores(moments: Moments, mu: Array, sigma: Array) -> Iterator[tuple[slice, Array, Array]]:
    """Each row's derivative of its own log-likelihood in mu (n, p) and vech Sigma (n, s), some rows at a time: those of
    all persons over many waves would not be held in memory."""
    assert moments.rows is not None and moments.pattern is not None
    W, _ = inverses(moments, sigma)
    rows, cols = vech_index(len(sigma))
    multiple = np.where(rows == cols, 1.0, 2.0)
    precision = W[:, rows, cols]
    step = max(AT_ONCE // len(sigma) ** 2, 1)
    for first in range(0, len(moments.rows), step):
        some = slice(first, first + step)
        answers, pattern = moments.rows[some], moments.pattern[some]
        d = np.where(np.isnan(answers), 0.0, answers - mu)
        w = np.einsum("nij,nj->ni", W[pattern], d) if not moments.complete else d @ W[0]
        spread = precision[pattern] if len(precision) > 1 else precision
        yield some, w, (w[:, rows] * w[:, cols] - spread) * multiple / 2
