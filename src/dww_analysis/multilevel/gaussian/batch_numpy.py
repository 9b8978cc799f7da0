"""`batch.Evaluation` of many responses at once in numpy, where the compiled loops are not there.

Criterion, derivatives and Kenward-Roger are those of `_compiled_point`, for stacks of responses (R, ...).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..inference.kenward_roger import one_row_df, parameter_covariance
from ..model import Array
from .batch import Evaluation, Flags, Index
from .batch_units import Stacked, StackedSums, expand
from .jets import pair_places

AT_ONCE = 60_000  # numbers of one matrix a unit over all responses at work: what a processor keeps at hand


class Points(NamedTuple):
    """R responses, each at its own ratios: the expansion and the profile. k ratios, p columns."""

    ratios: Array  # (R, k)
    ld1: Array  # (R, k)
    ld2: Array  # (R, k, k)
    G: Array  # (R, p + 1, p + 1)
    G1: Array  # (R, k, p + 1, p + 1)
    G2: Array  # (R, k, k, p + 1, p + 1)
    b: Array  # (R, p + 1) direction of the residual
    inverse: Array  # (R, p, p) of X'V^-1X
    rss: Array  # (R,)
    log_det: Array  # (R,) log|V|
    log_det_x: Array  # (R,) log|X'V^-1X|


def evaluate_numpy(
    design: Stacked, sums: StackedSums, which: Index, ratios: Array, report: Flags, contrasts: Array,
    divisor: float, reml: bool, adjust: bool, out: Evaluation,
) -> None:  # fmt: skip
    """Fill the rows `which` of `out` at `ratios` (a, k), and the tests of the contrasts (m, p) where `report` is."""
    lanes = max(AT_ONCE // design.size, 1)
    for first in range(0, len(which), lanes):
        part = slice(first, first + lanes)
        i, points = which[part], _points(design, sums.of(which[part]), ratios[part])
        info1, info2 = _differentiate(points, i, divisor, reml, out)
        if not report[part].any():
            continue
        wanted = report[part]
        chosen = Points(*(values[wanted] for values in points))
        i = i[wanted]
        out.rss[i], out.beta[i], out.safe[i] = chosen.rss, -chosen.b[:, :-1], True
        W = _variance_information(divisor, chosen.ratios, info1[wanted], info2[wanted]) if adjust else None
        out.tests[:, i] = _tests(chosen, contrasts, W)


def _points(design: Stacked, sums: StackedSums, ratios: Array) -> Points:
    ld, G = expand(design, sums, ratios)
    G = np.ascontiguousarray(np.moveaxis(G, -1, 0))
    k = ratios.shape[1]
    second = pair_places(k)
    b, inverse, rss, log_det_x = _profile(G[:, 0])
    stacks = (ld.T[:, 1 : 1 + k], ld.T[:, second], G[:, 0], G[:, 1 : 1 + k], G[:, second])
    return Points(ratios, *stacks, b, inverse, rss, ld[0], log_det_x)


def _profile(G: Array) -> tuple[Array, Array, Array, Array]:
    """As `likelihood.profile_out`: direction, inverse, residual sum of squares, log|X'V^-1X|."""
    A, p = G[:, :-1, :-1], G.shape[1] - 1
    factor = factors(A)
    root = np.linalg.inv(factor)
    inverse = np.swapaxes(root, 1, 2) @ root
    b = np.ones(G.shape[:2])
    b[:, :p] = -(inverse @ G[:, :p, p:])[:, :, 0]
    rss = np.einsum("ri,rij,rj->r", b, G, b, optimize=True)
    return b, inverse, rss, 2.0 * np.log(np.einsum("rii->ri", factor)).sum(axis=1)


def factors(A: Array) -> Array:
    """Cholesky factors (R, p, p); missing where X'V^-1X is lost in rounding."""
    try:
        return np.asarray(np.linalg.cholesky(A), dtype=np.float64)
    except np.linalg.LinAlgError:
        out = np.full_like(A, np.nan)
        for i, matrix in enumerate(A):
            try:
                out[i] = np.linalg.cholesky(matrix)
            except np.linalg.LinAlgError:
                continue
        return out


def _differentiate(
    points: Points, i: Index, divisor: float, reml: bool, out: Evaluation
) -> tuple[Array, Array]:
    """Fill criterion and derivatives; those of log|V| + log|X'V^-1X| (R, k), (R, k, k) are returned."""
    G1, G2, b, inverse = points.G1, points.G2, points.b, points.inverse
    R, k, w, _ = G1.shape
    rss = points.rss[:, None]
    moved = (G1 @ b[:, None, :, None])[..., 0]  # (R, k, w)
    fall = (moved @ b[:, :, None])[..., 0]
    inner = moved[:, :, :-1]
    scaled = inverse[:, None] @ G1[:, :, :-1, :-1]
    weights = np.zeros((R, w, w, 2))  # b'G b and tr(inverse G) at once
    weights[..., 0] = b[:, :, None] * b[:, None]
    weights[:, :-1, :-1, 1] = inverse
    pairs = (G2.reshape(R, k * k, w * w) @ weights.reshape(R, w * w, 2)).reshape(R, k, k, 2)
    bent = pairs[..., 0] - 2.0 * inner @ inverse @ np.swapaxes(inner, 1, 2)
    crossed = scaled.reshape(R, k, -1) @ np.swapaxes(np.swapaxes(scaled, 2, 3).reshape(R, k, -1), 1, 2)
    trace1, trace2 = np.einsum("rkii->rk", scaled), pairs[..., 1] - crossed
    info1, info2 = points.ld1 + trace1, points.ld2 + trace2
    relative = fall / rss
    own1, own2 = (info1, info2) if reml else (points.ld1, points.ld2)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = points.log_det + divisor * np.log(points.rss)
    out.value[i] = value + (points.log_det_x if reml else 0.0)
    out.first[i] = own1 + divisor * relative
    out.second[i] = own2 + divisor * (bent / rss[:, None] - relative[:, :, None] * relative[:, None])
    out.expected[i] = -info2 - info1[:, :, None] * info1[:, None] / divisor
    return info1, info2


def _variance_information(n_residual: float, ratios: Array, info1: Array, info2: Array) -> Array:
    """(R, k + 1, k + 1) covariance of the variance parameters, with the border of `linear.expected_information`;
    `n_residual` is n - p."""
    R, k = ratios.shape
    info = np.empty((R, k + 1, k + 1))
    info[:, :k, :k] = -info2
    border = info1 - _along(info[:, :k, :k], ratios)
    info[:, :k, k] = info[:, k, :k] = border
    info[:, k, k] = n_residual - ((info1 + border) * ratios).sum(axis=1)
    known = np.isfinite(info).all(axis=(1, 2))
    W = np.full_like(info, np.nan)
    W[known] = parameter_covariance(info[known])
    return W


def _along(matrices: Array, vectors: Array) -> Array:
    """(R, i) matrices (R, i, j) times vectors (R, j)."""
    out: Array = (matrices @ vectors[..., None])[..., 0]
    return out


def _tests(points: Points, contrasts: Array, W: Array | None) -> Array:
    """(3, R, m) plain and adjusted variance of the contrasts, the residual variance being one, and df."""
    u = contrasts @ points.inverse  # (R, m, p)
    plain = np.einsum("rmp,mp->rm", u, contrasts)
    if W is None:
        return np.stack([plain, plain, np.full_like(plain, np.inf)])
    k = points.ratios.shape[1]
    Pu = np.empty((*u.shape[:2], k + 1, u.shape[2]))
    Pu[:, :, :k] = np.moveaxis(u[:, None] @ points.G1[:, :, :-1, :-1], 1, 2)
    Pu[:, :, k] = -contrasts - np.einsum("rk,rmkp->rmp", points.ratios, Pu[:, :, :k])
    slopes = (Pu @ u[..., None])[..., 0]  # (R, m, k + 1)
    quadratic = _quadratics(points, u, slopes)
    products = Pu @ points.inverse[:, None] @ np.swapaxes(Pu, 2, 3)
    extra = np.einsum("rst,rmst->rm", W, quadratic / 2.0 - products)
    spread = np.einsum("rst,rms,rmt->rm", W, slopes, slopes, optimize=True)
    return np.stack([plain, plain + 2.0 * extra, one_row_df(spread / plain**2)])


def _quadratics(points: Points, u: Array, slopes: Array) -> Array:
    """(R, m, k + 1, k + 1) u'(Q_rs + Q_sr)u; those of the residual by Euler's identities."""
    k, ratios = points.ratios.shape[1], points.ratios[:, None]
    Q = np.empty((*u.shape[:2], k + 1, k + 1))
    both = (u[:, :, :, None] * u[:, :, None]).reshape(*u.shape[:2], -1)
    flat = points.G2[..., :-1, :-1].reshape(len(u), k * k, -1)
    Q[:, :, :k, :k] = (both @ np.swapaxes(flat, 1, 2)).reshape(*u.shape[:2], k, k)
    border = -2.0 * slopes[:, :, :k] - (Q[:, :, :k, :k] @ ratios[..., None])[..., 0]
    Q[:, :, :k, k] = Q[:, :, k, :k] = border
    Q[:, :, k, k] = -2.0 * slopes[:, :, k] - (border * ratios).sum(axis=2)
    return Q
