"""Satterthwaite df: the variance of a contrast's estimated variance, whatever engine knows its curvature.

Giesbrecht & Burns (1985) for one row; Fai & Cornelius (1996) for several. An engine hands over the covariance of its
variance parameters and how the covariance of the fixed effects moves with each of them.
"""

from __future__ import annotations

import numpy as np

from ..model import Array, JointTest, Solution
from .distributions import f_tail
from .hypotheses import check_rank

FLAT = 1e-8  # eigenvalues of the Hessian below this carry no information (the threshold of lmerTest)


class Satterthwaite:
    """Covariance and df of a Gaussian fit by REML or ML.

    At a boundary the method is an approximation without theory behind it: `at_boundary` and the name say so.
    """

    def __init__(self, solution: Solution, hessian: Array, slopes: Array) -> None:
        """`hessian` (R, R) of -2 log-likelihood in the R variance parameters, `slopes` (R, p, p) of vcov in them."""
        self.A = covariance_of_parameters(hessian)
        self._slopes = slopes
        self.vcov: Array = solution.vcov
        self._beta = solution.beta
        self.at_boundary = bool(solution.boundary)
        self.method = "satterthwaite (boundary)" if self.at_boundary else "satterthwaite"

    def df(self, L: Array) -> Array:
        """(m,) df of every row of L (m, p): 2 v^2 / var(v) with v = l' vcov l."""
        L = np.atleast_2d(np.asarray(L, dtype=float))
        variance = np.einsum("mi,ij,mj->m", L, self.vcov, L)
        slopes = np.einsum("mi,rij,mj->mr", L, self._slopes, L)
        spread = np.einsum("mr,rs,ms->m", slopes, self.A, slopes)
        with np.errstate(divide="ignore"):
            return np.where(spread > 0, 2 * variance**2 / spread, np.inf)

    def joint(self, L: Array) -> JointTest:
        """F test of L beta = 0 for L of shape (q, p), with the df of Fai & Cornelius (1996). Refused where rows of L
        follow from each other."""
        L = np.atleast_2d(np.asarray(L, dtype=float))
        check_rank(L)
        q = len(L)
        values, vectors = np.linalg.eigh(L @ self.vcov @ L.T)
        rotated = vectors.T @ L
        statistic = float(((rotated @ self._beta) ** 2 / values).sum()) / q
        df = joint_df(self.df(rotated))
        return JointTest(statistic, q, df, f_tail(statistic, q, df))


def covariance_of_parameters(hessian: Array) -> Array:
    """2 H^-1 over the directions with positive curvature, shape (R, R), as lmerTest does."""
    values, vectors = np.linalg.eigh(hessian)
    positive = values > FLAT
    return 2 * (vectors[:, positive] / values[positive]) @ vectors[:, positive].T


def joint_df(nu: Array) -> float:
    """One denominator df from those of independent one-row contrasts."""
    if len(nu) == 1 or np.all(np.abs(np.diff(nu)) < 1e-8):
        return float(nu.mean())
    if np.any(nu <= 2):
        return 2.0
    E = float(np.sum(nu / (nu - 2)))
    return 2 * E / (E - len(nu))
