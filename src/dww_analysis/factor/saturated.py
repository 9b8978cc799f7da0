"""Means and covariances with nothing imposed, from answers with gaps: expectation-maximisation, then scoring.

One step of expectation-maximisation (Dempster, Laird & Rubin 1977) is mu + Sigma g / N and Sigma + 2 Sigma G Sigma / N
minus the outer product of the shift, with g and G the gradient of the likelihood; scoring takes over near the top.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from dww_analysis.factor import normal
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.moments import Moments
from dww_analysis.factor.ram import unvech, vech_index

Array = NDArray[Any]
EM_STEPS = 12
MAX_STEPS = 60
DECREMENT = 1e-10


def saturated(moments: Moments) -> tuple[Array, Array]:
    """Maximum-likelihood mean (p,) and covariance (p, p). Exact for complete data.

    Refuses answers whose likelihood has no maximum, which happens when too few persons answered two items together.
    """
    if moments.complete:
        return moments.mean[0], moments.cov[0]
    mu, sigma = _univariate(moments)
    try:
        for _ in range(EM_STEPS):
            mu, sigma = _em_step(moments, mu, sigma)
        return _scoring(moments, mu, sigma)
    except np.linalg.LinAlgError as error:
        raise _refusal() from error


def _refusal() -> FactorError:
    return FactorError.of(
        found="means and covariances of the items that cannot be estimated",
        where="answers with gaps",
        expected="enough persons who answered each pair of items",
        action="drop the items that are hardly answered together, or fit a smaller model",
    )


def _univariate(moments: Moments) -> tuple[Array, Array]:
    counts = moments.n @ moments.observed
    mu = moments.n @ moments.mean / counts
    spread = (
        np.diagonal(moments.cov, axis1=1, axis2=2) + np.where(moments.observed, moments.mean - mu, 0.0) ** 2
    )
    return mu, np.diag(moments.n @ spread / counts)


def _em_step(moments: Moments, mu: Array, sigma: Array) -> tuple[Array, Array]:
    state = normal.evaluate(moments, mu, sigma)
    shift = sigma @ state.g / moments.total
    new = sigma + 2 * sigma @ state.G @ sigma / moments.total - np.outer(shift, shift)
    return mu + shift, (new + new.T) / 2


def _scoring(moments: Moments, mu: Array, sigma: Array) -> tuple[Array, Array]:
    """Newton steps where the observed information allows, scoring elsewhere; halved until the likelihood rises."""
    p = len(mu)
    rows, cols = vech_index(p)
    multiple = np.where(rows == cols, 1.0, 2.0)
    state, gain = normal.evaluate(moments, mu, sigma), np.inf
    for _ in range(MAX_STEPS):
        gradient = np.concatenate([state.g, state.G[rows, cols] * multiple])
        step, gain = _step(moments, state, gradient, observed=gain < 1.0)
        if gain < DECREMENT:
            return mu, sigma
        for halving in range(30):
            t = 0.5**halving
            new_mu, new_sigma = mu + t * step[:p], sigma + t * unvech(step[p:], p)
            new_state = _try(moments, new_mu, new_sigma)
            if new_state is not None and new_state.logl >= state.logl - 1e-9:
                break
        else:
            raise _refusal()
        mu, sigma, state = new_mu, new_sigma, new_state
    if gain < 1e-6:
        return mu, sigma
    raise _refusal()


def _try(moments: Moments, mu: Array, sigma: Array) -> normal.NormalState | None:
    try:
        return normal.evaluate(moments, mu, sigma)
    except np.linalg.LinAlgError:
        return None


def _step(
    moments: Moments, state: normal.NormalState, gradient: Array, observed: bool
) -> tuple[Array, float]:
    p = len(state.g)
    if observed:
        seen = normal.curvature(moments, state, expected=False)
        try:
            return _solve(np.block([[seen.mean, seen.cross], [seen.cross.T, seen.cov]]), gradient)
        except np.linalg.LinAlgError:
            pass
    curve = normal.curvature(moments, state, expected=True)
    first, gain_first = _solve(curve.mean, gradient[:p])
    last, gain_last = _solve(curve.cov, gradient[p:])
    return np.concatenate([first, last]), gain_first + gain_last


def _solve(info: Array, gradient: Array) -> tuple[Array, float]:
    diagonal = np.diag(info)
    if diagonal.min() <= 0:
        raise np.linalg.LinAlgError("not positive definite")
    scale = 1 / np.sqrt(diagonal)
    factor = cho_factor(info * np.outer(scale, scale), lower=True, check_finite=False)
    step = cho_solve(factor, gradient * scale, check_finite=False) * scale
    return step, float(gradient @ step) / 2
