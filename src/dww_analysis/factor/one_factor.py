"""The one-factor model by maximum likelihood, straight from a covariance matrix.

It feeds omega total: loadings, residual variances and their joint covariance, with the factor variance fixed at one.
Models with more factors, groups or missing answers are fitted by `fit_cfa`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dww_analysis.factor.errors import FactorError

MAX_STEPS = 300
TOLERANCE = 1e-9  # largest gradient entry of the discrepancy on the correlation metric
FLAT = 1e-12  # a change of the discrepancy that cannot be told from rounding

Array = NDArray[Any]


@dataclass(frozen=True)
class OneFactorFit:
    """Sigma = psi * loadings loadings' + diag(residual_variances) with psi = 1, for k items."""

    loadings: Array  # (k,), in the items' own units; the sum is not negative
    residual_variances: Array  # (k,), may hold negative values: see `heywood`
    psi: float  # factor variance, fixed at 1
    covariance: Array  # (2k, 2k), asymptotic covariance of loadings, then residual variances
    chi_square: float  # n times the minimum of the discrepancy
    df: int
    n_obs: int
    converged: bool
    heywood: tuple[int, ...]  # positions of items whose residual variance is zero or negative
    warnings: tuple[str, ...]
    n_steps: int

    @property
    def implied(self) -> Array:
        """The covariance matrix that the estimates imply, shape (k, k)."""
        return self.psi * np.outer(self.loadings, self.loadings) + np.diag(self.residual_variances)


def one_factor(covariance: ArrayLike, n: int) -> OneFactorFit:
    """Maximum likelihood for one factor and k items.

    Minimises log|Sigma| + tr(S Sigma^-1) - log|S| - k by Fisher scoring (Joereskog 1967) on the correlation metric and
    returns the estimates in the units of `covariance`. The standard errors come from the expected information with n
    observations. A residual variance may become negative; it is reported and not moved to the boundary.

    covariance: (k, k), symmetric positive definite, k >= 3; the divisor (n or n - 1) is the caller's choice.
    n: number of persons behind it, more than k.
    Refuses fewer than three items, an item without variance and a matrix that is not positive definite.
    Reproduces lavaan `cfa("f =~ ...", std.lv = TRUE)` when S divides by n.
    """
    S = _checked(covariance, n)
    scale = np.sqrt(np.diag(S))
    R = S / np.outer(scale, scale)
    theta, value, converged, n_steps = _scoring(R, _start(R))
    k = len(R)
    theta[:k] *= -1.0 if (theta[:k] * scale).sum() < 0 else 1.0
    units = np.concatenate([scale, scale**2])
    covariance_of_estimates = _asymptotic_covariance(theta, n) * np.outer(units, units)
    theta = theta * units
    heywood = tuple(int(i) for i in np.flatnonzero(theta[k:] <= 0))
    return OneFactorFit(
        loadings=theta[:k],
        residual_variances=theta[k:],
        psi=1.0,
        covariance=covariance_of_estimates,
        chi_square=max(float(n * (value - np.linalg.slogdet(R)[1] - k)), 0.0),
        df=k * (k + 1) // 2 - 2 * k,
        n_obs=int(n),
        converged=converged,
        heywood=heywood,
        warnings=_warnings(converged, heywood),
        n_steps=n_steps,
    )


def _checked(covariance: ArrayLike, n: int) -> Array:
    S = np.asarray(covariance, dtype=float)
    where = "one-factor model"
    if S.ndim != 2 or S.shape[0] != S.shape[1]:
        raise FactorError.of(
            found=f"an array of shape {S.shape}",
            where=where,
            expected="a square covariance matrix",
            action="pass items.cov()",
        )
    k = len(S)
    if k < 3:
        raise FactorError.of(
            found=f"{k} items",
            where=where,
            expected="at least three items, because two covary in one number and cannot carry two loadings",
            action="use the Spearman-Brown coefficient for two items",
        )
    if not np.isfinite(S).all() or not np.allclose(S, S.T, rtol=1e-8, atol=1e-12):
        raise FactorError.of(
            found="a matrix with gaps or not symmetric",
            where=where,
            expected="a complete covariance matrix",
            action="drop items",
        )
    flat = np.flatnonzero(np.diag(S) <= 0)
    if len(flat):
        raise FactorError.of(
            found=f"{len(flat)} items without variance",
            where=where,
            expected="items that vary",
            action="drop the constant items",
        )
    if n <= k:
        raise FactorError.of(
            found=f"{n} persons for {k} items",
            where=where,
            expected="more persons than items",
            action="collect more answers or shorten the scale",
        )
    scale = np.sqrt(np.diag(S))
    if np.linalg.eigvalsh(S / np.outer(scale, scale))[0] < 1e-10:
        raise FactorError.of(
            found="a covariance matrix that is not positive definite",
            where=where,
            expected="items that are not copies or sums of each other",
            action="drop the duplicated item, or use complete cases instead of pairwise covariances",
        )
    return (S + S.T) / 2


def _start(R: Array) -> Array:
    """A few principal-axis rounds from squared multiple correlations: close enough for scoring to take over."""
    communality = 1 - 1 / np.diag(np.linalg.inv(R))
    loadings = np.zeros(len(R))
    for _ in range(5):
        values, vectors = np.linalg.eigh(R - np.diag(1 - communality))
        loadings = vectors[:, -1] * np.sqrt(max(values[-1], 0.05))
        communality = np.clip(loadings**2, 0.02, 0.95)
    return np.concatenate([loadings, 1 - communality])


def _sigma(theta: Array) -> Array:
    k = len(theta) // 2
    return np.outer(theta[:k], theta[:k]) + np.diag(theta[k:])


def _discrepancy(theta: Array, R: Array) -> float:
    """log|Sigma| + tr(R Sigma^-1); infinite where Sigma is not positive definite."""
    try:
        L = np.linalg.cholesky(_sigma(theta))
    except np.linalg.LinAlgError:
        return np.inf
    half = np.linalg.solve(L, R)
    return float(2 * np.log(np.diag(L)).sum() + np.trace(np.linalg.solve(L, half.T)))


def _gradient(theta: Array, R: Array, W: Array) -> Array:
    k = len(R)
    G = W - W @ R @ W
    return np.concatenate([2 * G @ theta[:k], np.diag(G)])


def _information(theta: Array, W: Array) -> Array:
    """Half the expected second derivatives of the discrepancy: tr(W dSigma_a W dSigma_b) / 2."""
    loadings = theta[: len(W)]
    w = W @ loadings
    top = (loadings @ w) * W + np.outer(w, w)
    cross = W * w[None, :]
    return np.block([[top, cross], [cross.T, W * W / 2]])


def _scoring(R: Array, theta: Array) -> tuple[Array, float, bool, int]:
    """Fisher scoring; a ridge that grows when a step fails and fades when it succeeds."""
    value, ridge = _discrepancy(theta, R), 0.0
    for step in range(MAX_STEPS):
        W = np.linalg.inv(_sigma(theta))
        gradient = _gradient(theta, R, W)
        if np.abs(gradient).max() < TOLERANCE:
            return theta, value, True, step
        information = _information(theta, W)
        damped = information + ridge * np.diag(np.diag(information))
        proposal = theta - np.linalg.lstsq(damped, gradient / 2, rcond=1e-14)[0]
        new = _discrepancy(proposal, R)
        if new <= value + FLAT:
            theta, value = proposal, new
            ridge = 0.0 if ridge < 1e-5 else ridge / 10
        else:
            ridge = max(ridge * 10, 1e-3)
            if ridge > 1e10:
                return theta, value, bool(np.abs(gradient).max() < 1e-5), step
    return theta, value, False, MAX_STEPS


def _asymptotic_covariance(theta: Array, n: int) -> Array:
    information = n * _information(theta, np.linalg.inv(_sigma(theta)))
    if np.linalg.cond(information) > 1e14:
        return np.full_like(information, np.nan)
    return np.linalg.inv(information)


def _warnings(converged: bool, heywood: tuple[int, ...]) -> tuple[str, ...]:
    said = []
    if not converged:
        said.append("the one-factor model did not converge; its estimates mean nothing")
    if heywood:
        positions = ", ".join(str(i + 1) for i in heywood)
        said.append(f"Heywood case: residual variance of item {positions} is zero or negative")
    return tuple(said)
