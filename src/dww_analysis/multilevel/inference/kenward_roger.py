"""Kenward-Roger tests: scaled F and denominator df, whatever engine adjusted the covariance.

Kenward & Roger (1997, Biometrics 53:983-997), section 3. An engine hands over the adjusted covariance, how the plain
one moves with each variance parameter, and the covariance of these parameters.
"""

from __future__ import annotations

import numpy as np

from ..model import Array, JointTest
from .distributions import f_tail
from .hypotheses import check_rank

SINGULAR = 1e-13  # eigenvalues of the scaled information below this are zero but for rounding


def parameter_covariance(information: Array) -> Array:
    """W, shape (..., R, R), the covariance of the variance parameters: twice the inverse, generalised where the
    information is singular once every parameter is in units of its own information."""
    scale = np.sqrt(np.maximum(np.abs(np.einsum("...rr->...r", information)), 1e-300))
    units = scale[..., :, None] * scale[..., None, :]
    values, vectors = np.linalg.eigh(information / units)
    divisors = np.where(np.abs(values) > SINGULAR, values, np.inf)
    W: Array = 2 * ((vectors / divisors[..., None, :]) @ np.swapaxes(vectors, -1, -2)) / units
    return W


class KenwardRogerTests:
    """Adjusted covariance and df of a REML fit.

    `phi` (p, p) is (X'V^-1X)^-1 in any unit, `moved` (R, p, p) are Phi P_r Phi in the same unit, one for each variance
    parameter, `W` (R, R) the covariance of the variance parameters, `vcov` the adjusted covariance.
    """

    method = "kenward-roger"

    def __init__(self, beta: Array, vcov: Array, phi: Array, moved: Array, W: Array) -> None:
        self._beta, self.vcov, self._phi, self._moved, self.W = beta, vcov, phi, moved, W

    def _A(self, L: Array) -> tuple[float, float]:
        """A1 and A2 of Kenward & Roger (their section 2) for the rows of L."""
        middle = np.linalg.inv(L @ self._phi @ L.T)
        parts = middle @ (L @ self._moved @ L.T)  # (R, q, q)
        traces = np.einsum("rii->r", parts)
        A1 = float(traces @ self.W @ traces)
        A2 = float(np.einsum("rs,rij,sji->", self.W, parts, parts))
        return A1, A2

    def df(self, L: Array) -> Array:
        """(m,) denominator df of every row of L (m, p), where A1 and A2 are the same; missing for a row of zeros."""
        L = np.atleast_2d(np.asarray(L, dtype=float))
        variance = ((L @ self._phi) * L).sum(axis=1)
        with np.errstate(invalid="ignore"):
            slopes = ((L @ self._moved) * L).sum(axis=2).T / variance[:, None]  # (m, R)
        A = ((slopes @ self.W) * slopes).sum(axis=1)
        return one_row_df(A)

    def joint(self, L: Array) -> JointTest:
        """Scaled F test of L beta = 0 for L of shape (q, p) (Kenward & Roger 1997, section 3). Refused where rows of
        L follow from each other."""
        L = np.atleast_2d(np.asarray(L, dtype=float))
        check_rank(L)
        q = len(L)
        df, scaling = denominator_df(q, *self._A(L))
        value = L @ self._beta
        wald = float(value @ np.linalg.solve(L @ self.vcov @ L.T, value)) / q
        statistic = scaling * wald
        return JointTest(statistic, q, df, f_tail(statistic, q, df), scaling)


def one_row_df(A: Array) -> Array:
    """`denominator_df` for hypotheses of one row, where A1 = A2 = A: all of it comes down to 2 / A. Infinite where A
    is 0, as for a variance that does not move."""
    with np.errstate(divide="ignore"):
        df: Array = 2.0 / A
    return df


def denominator_df(q: int, A1: float, A2: float) -> tuple[float, float]:
    """(df, scaling of F) for a hypothesis of q rows, with the guards of pbkrtest for vanishing terms.

    Their rho is `rise` / (q V2); V2 is zero for a df of 4, and that is no end of it.
    """
    B = (A1 + 6 * A2) / (2 * q)
    g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2) if A2 != 0 else 0.0
    bottom = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / bottom, (q - g) / bottom, (q + 2 - g) / bottom
    V0, V1, V2 = 1 + c1 * B, 1 - c2 * B, 1 - c3 * B
    V0 = 0.0 if abs(V0) < 1e-10 else V0
    rise = _ratio(1 - A2 / q, V1) ** 2 * V0
    if rise == V2:
        return np.inf, 1 - A2 / q
    df = 4 + (q + 2) * V2 / (rise - V2)
    scaling = 1.0 if abs(df - 2) < 1e-2 else df * (1 - A2 / q) / (df - 2)
    return float(df), float(scaling)


def _ratio(a: float, b: float, tiny: float = 1e-14) -> float:
    if abs(a) < tiny and abs(b) < tiny:
        return 1.0
    return a / b if b != 0 else np.inf
