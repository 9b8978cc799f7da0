"""Kenward-Roger: a covariance of the fixed effects adjusted for small samples, and its denominator df.

Kenward & Roger (1997, Biometrics 53:983-997), for a covariance V = sum_r phi_r V_r that is linear in its
parameters: the entries of the random-effect covariance matrices and the residual variance. All that is needed
are first and second derivatives of X'V^-1X and of log|V| in those parameters, which the elimination yields;
no n x n matrix is formed.
"""

from __future__ import annotations

import numpy as np

from ..errors import MemoryLimitError, MethodError
from ..inference.distributions import f_tail
from ..inference.hypotheses import check_rank
from ..model import Array, JointTest, Solution
from .likelihood import Expansion
from .linear import Pieces, expected_information, linear_pieces

SINGULAR = 1e-13  # eigenvalues of the scaled information below this are zero but for rounding


def parameter_covariance(information: Array) -> Array:
    """W, the covariance of the variance parameters: twice the inverse, generalised where the information is
    singular once every parameter is in units of its own information."""
    scale = np.sqrt(np.maximum(np.abs(np.diag(information)), 1e-300))
    units = np.outer(scale, scale)
    values, vectors = np.linalg.eigh(information / units)
    kept = np.abs(values) > SINGULAR
    W: Array = 2 * ((vectors[:, kept] / values[kept]) @ vectors[:, kept].T) / units
    return W


def adjustment(pieces: Pieces, inverse: Array, W: Array) -> Array:
    """(p, p) Lambda of Kenward & Roger: sum_rs W_rs (Q_rs - P_r Phi P_s), to be wrapped in 2 Phi . Phi."""
    products = np.einsum("rij,jk,skl->rsil", pieces.P, inverse, pieces.P)
    return np.einsum("rs,rsij->ij", W, pieces.Q / 2 - products)


class KenwardRoger:
    """Adjusted covariance and df of a REML fit; reproduces pbkrtest::vcovAdj, Lb_ddf and KRmodcomp.

    A component that was estimated at zero stays in the information. Refuses ML fits, families other than
    Gaussian, models with a residual structure, and designs whose second derivatives would need more than
    `max_memory` bytes.
    """

    method = "kenward-roger"

    def __init__(self, solution: Solution, max_memory: float = 2e9) -> None:
        expansion = _expansion_of(solution, max_memory)
        pieces = linear_pieces(expansion)
        inverse = expansion.fit.inverse
        self.W = parameter_covariance(expected_information(expansion))
        T = expansion.criterion.scaling.T
        adjusted = inverse + 2 * inverse @ adjustment(pieces, inverse, self.W) @ inverse
        unit = solution.sigma**2 * T
        self.vcov: Array = _symmetric(unit @ adjusted @ T.T)
        self.unadjusted: Array = solution.vcov
        moved = inverse @ pieces.P @ inverse  # Phi P_r Phi, in scaled columns and residual variance one
        self._moved = T @ moved @ T.T
        self._phi = T @ inverse @ T.T
        self._beta = solution.beta

    def _A(self, L: Array) -> tuple[float, float]:
        """A1 and A2 of Kenward & Roger (their section 2) for the rows of L."""
        middle = np.linalg.inv(L @ self._phi @ L.T)
        parts = middle @ (L @ self._moved @ L.T)  # (R, q, q)
        traces = np.einsum("rii->r", parts)
        A1 = float(traces @ self.W @ traces)
        A2 = float(np.einsum("rs,rij,sji->", self.W, parts, parts))
        return A1, A2

    def df(self, L: Array) -> Array:
        """(m,) denominator df of every row of L (m, p). For one row A1 and A2 are the same."""
        L = np.atleast_2d(np.asarray(L, dtype=float))
        variance = ((L @ self._phi) * L).sum(axis=1)
        slopes = ((L @ self._moved) * L).sum(axis=2).T / variance[:, None]  # (m, R)
        A = ((slopes @ self.W) * slopes).sum(axis=1)
        return np.array([denominator_df(1, a, a)[0] for a in A.tolist()])

    def joint(self, L: Array) -> JointTest:
        """Scaled F test of L beta = 0 (Kenward & Roger 1997, section 3)."""
        L = np.atleast_2d(np.asarray(L, dtype=float))
        check_rank(L)
        q = len(L)
        df, scaling = denominator_df(q, *self._A(L))
        value = L @ self._beta
        wald = float(value @ np.linalg.solve(L @ self.vcov @ L.T, value)) / q
        statistic = scaling * wald
        return JointTest(statistic, q, df, f_tail(statistic, q, df), scaling)


def denominator_df(q: int, A1: float, A2: float) -> tuple[float, float]:
    """(df, scaling of F) for a hypothesis of q rows, with the guards of pbkrtest for vanishing terms."""
    B = (A1 + 6 * A2) / (2 * q)
    g = ((q + 1) * A1 - (q + 4) * A2) / ((q + 2) * A2) if A2 != 0 else 0.0
    bottom = 3 * q + 2 * (1 - g)
    c1, c2, c3 = g / bottom, (q - g) / bottom, (q + 2 - g) / bottom
    V0, V1, V2 = 1 + c1 * B, 1 - c2 * B, 1 - c3 * B
    V0 = 0.0 if abs(V0) < 1e-10 else V0
    rho = _ratio(1 - A2 / q, V1) ** 2 * V0 / V2 / q
    df = 4 + (q + 2) / (q * rho - 1)
    scaling = 1.0 if abs(df - 2) < 1e-2 else df * (1 - A2 / q) / (df - 2)
    return float(df), float(scaling)


def _ratio(a: float, b: float, tiny: float = 1e-14) -> float:
    return 1.0 if abs(a) < tiny and abs(b) < tiny else a / b


def _symmetric(a: Array) -> Array:
    return (a + a.T) / 2


def _expansion_of(solution: Solution, max_memory: float) -> Expansion:
    if solution.family != "gaussian" or "criterion" not in solution.extra:
        raise MethodError(
            f"Kenward-Roger applies to Gaussian models without a residual structure; this fit is {solution.family}. "
            "Choose another df method, for example 'satterthwaite' or 'normal'."
        )
    if solution.method != "REML":
        raise MethodError(
            f"Kenward-Roger needs a REML fit; this one is {solution.method}. Fit with method='REML', or choose "
            "df='satterthwaite'."
        )
    criterion = solution.extra["criterion"]
    needed = criterion.kernel.bytes_of_jets()
    if needed > max_memory:
        raise MemoryLimitError(
            f"Kenward-Roger needs about {needed / 1e9:.3g} GB for this design (its largest block of random effects is "
            f"dense), and max_memory allows {max_memory / 1e9:.3g} GB. Raise max_memory, or choose df='satterthwaite'."
        )
    expansion: Expansion = solution.extra["expansion"]
    return expansion.sharp()
