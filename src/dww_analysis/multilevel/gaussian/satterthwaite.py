"""Satterthwaite df: the variance of a contrast's estimated variance, from the curvature of the criterion.

Giesbrecht & Burns (1985); Fai & Cornelius (1996) for several rows; parametrised as lmerTest does, in theta
and sigma (Kuznetsova, Brockhoff & Christensen 2017). All derivatives are exact here. At a boundary the method
is an approximation without theory behind it, and `at_boundary` says so.
"""

from __future__ import annotations

import numpy as np

from ..errors import MethodError
from ..inference.distributions import f_tail
from ..inference.hypotheses import check_rank
from ..model import Array, JointTest, Solution
from .likelihood import Expansion

FLAT = 1e-8  # eigenvalues of the Hessian below this carry no information (the threshold of lmerTest)


def covariance_of_parameters(hessian: Array) -> Array:
    """2 H^-1 over the directions with positive curvature, as lmerTest does."""
    values, vectors = np.linalg.eigh(hessian)
    positive = values > FLAT
    return 2 * (vectors[:, positive] / values[positive]) @ vectors[:, positive].T


def hessian_with_sigma(expansion: Expansion) -> Array:
    """(k + 1, k + 1) Hessian of the criterion in (theta, sigma), sigma not profiled out, in scaled units.

    d = log|V| + log|X'V^-1X| + m log sigma2 + r2(theta) / sigma2, the second term for REML only.
    """
    m, rss = expansion.criterion.divisor, expansion.fit.rss
    sigma = np.sqrt(rss / m)
    first = expansion.log_det[0] + expansion.rss[0] / sigma**2
    second = expansion.log_det[1] + expansion.rss[1] / sigma**2
    if expansion.criterion.reml:
        first, second = first + expansion.log_det_x[0], second + expansion.log_det_x[1]
    in_theta = expansion.to_theta(first, second)[1]
    mixed = -2 / sigma**3 * (expansion.jacobian.T @ expansion.rss[0])
    last = -2 * m / sigma**2 + 6 * rss / sigma**4
    return np.block([[in_theta, mixed[:, None]], [mixed[None, :], np.array([[last]])]])


def vcov_derivatives(expansion: Expansion) -> Array:
    """(k + 1, p, p) derivatives of sigma2 (X'V^-1X)^-1 in (theta, sigma), in scaled units."""
    m, rss, inverse = expansion.criterion.divisor, expansion.fit.rss, expansion.fit.inverse
    variance, p = rss / m, len(inverse)
    stacked = (-variance * inverse @ expansion.jets.G1[:, :-1, :-1] @ inverse).reshape(expansion.k, p * p)
    in_theta = (expansion.jacobian.T @ stacked).reshape(expansion.k, p, p)
    return np.concatenate([in_theta, 2 * np.sqrt(variance) * inverse[None]])


class Satterthwaite:
    """Covariance and df as lmerTest gives them, for REML and ML fits; refuses families other than Gaussian."""

    method = "satterthwaite"

    def __init__(self, solution: Solution) -> None:
        if solution.family != "gaussian" or "expansion" not in solution.extra:
            raise MethodError(
                f"Satterthwaite df apply to Gaussian models without a residual structure; this fit is "
                f"{solution.family}. Choose another df method, for example 'normal'."
            )
        expansion: Expansion = solution.extra["expansion"].sharp()
        criterion = expansion.criterion
        # scaled columns and response: derivative matrices move by T and the square of the response's scale
        T, scale = criterion.scaling.T, criterion.response.scale
        self.A = covariance_of_parameters(hessian_with_sigma(expansion))
        self._slopes = scale**2 * T @ vcov_derivatives(expansion) @ T.T
        self.vcov: Array = solution.vcov
        self._beta = solution.beta
        self.at_boundary = bool(solution.boundary)

    def df(self, L: Array) -> Array:
        """(m,) df of every row of L (m, p): 2 v^2 / var(v) with v = l' vcov l."""
        L = np.atleast_2d(np.asarray(L, dtype=float))
        variance = np.einsum("mi,ij,mj->m", L, self.vcov, L)
        slopes = np.einsum("mi,rij,mj->mr", L, self._slopes, L)
        spread = np.einsum("mr,rs,ms->m", slopes, self.A, slopes)
        with np.errstate(divide="ignore"):
            return np.where(spread > 0, 2 * variance**2 / spread, np.inf)

    def joint(self, L: Array) -> JointTest:
        """F test of L beta = 0 with the df of Fai & Cornelius (1996)."""
        L = np.atleast_2d(np.asarray(L, dtype=float))
        check_rank(L)
        q = len(L)
        values, vectors = np.linalg.eigh(L @ self.vcov @ L.T)
        rotated = vectors.T @ L
        squares = (rotated @ self._beta) ** 2 / values
        statistic = float(squares.sum()) / q
        df = joint_df(self.df(rotated))
        return JointTest(statistic, q, df, f_tail(statistic, q, df))


def joint_df(nu: Array) -> float:
    """One denominator df from those of independent one-row contrasts."""
    if len(nu) == 1 or np.all(np.abs(np.diff(nu)) < 1e-8):
        return float(nu.mean())
    if np.any(nu <= 2):
        return 2.0
    E = float(np.sum(nu / (nu - 2)))
    return 2 * E / (E - len(nu))
