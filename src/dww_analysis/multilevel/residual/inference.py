"""Small-sample inference for models with a residual structure: Kenward-Roger and Satterthwaite on dense blocks.

Kenward-Roger follows Kenward & Roger (1997) with all terms: separate variances are linear in their parameters; AR(1)
is not, and its second-derivative term is included (their Lambda: W_rs (Q_rs - P_r Phi P_s - R_rs / 4), summed). The
parameters are the ones a report shows: covariances of the random effects, residual variances, rho.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import MethodError
from ..gaussian.kenward_roger import denominator_df, parameter_covariance
from ..gaussian.satterthwaite import covariance_of_parameters, joint_df
from ..generalised.search import hessian
from ..inference.distributions import f_tail
from ..inference.hypotheses import check_rank
from ..model import Array, JointTest, Solution
from .solve import MAX_MEMORY, StructuredProblem


@dataclass(frozen=True, eq=False)
class Pieces:
    """Kenward and Roger's P_r, Q_rs and R_rs with tr(V^-1 V_r V^-1 V_s), for parameters r, s of omega."""

    P: Array  # (R, p, p) -X'V^-1 V_r V^-1 X
    Q: Array  # (R, R, p, p) X'V^-1 V_r V^-1 V_s V^-1 X
    second: Array  # (R, R, p, p) X'V^-1 V_rs V^-1 X
    trace: Array  # (R, R)


def pieces(problem: StructuredProblem, omega: Array, max_memory: float = MAX_MEMORY) -> Pieces:
    """Sums over the independent blocks, a few at a time."""
    rows, p = problem.rows, problem.design.X.shape[1]
    R = rows.n_parameters
    P, Q, second = np.zeros((R, p, p)), np.zeros((R, R, p, p)), np.zeros((R, R, p, p))
    trace = np.zeros((R, R))
    for block in rows.each_block(max_memory):
        inverse, _ = problem.invert(block, omega)
        VX = inverse @ block.X
        derivatives = list(rows.derivatives(block, omega))
        left = [d @ VX for d in derivatives]  # V_r V^-1 X
        moved = [inverse @ d for d in derivatives]
        for r in range(R):
            P[r] -= _sum_products(VX, left[r])
            middle = inverse @ left[r]
            for s in range(R):
                Q[s, r] += _sum_products(left[s], middle)
                trace[r, s] += float(np.vdot(moved[r], moved[s].transpose(0, 2, 1)))
        for r, s, d in rows.second_derivatives(block, omega):
            part = _sum_products(VX, d @ VX)
            second[r, s] += part
            if r != s:
                second[s, r] += part
    return Pieces(P, Q, second, trace)


def _sum_products(a: Array, b: Array) -> Array:
    return np.einsum("kip,kiq->pq", a, b, optimize=True)


class StructuredKenwardRoger:
    """Adjusted covariance and df of a REML fit with a residual structure.

    `information` "expected" is that of Kenward and Roger and of pbkrtest; "observed", the Hessian, is what SAS and mmrm
    put in its place.
    """

    method = "kenward-roger"

    def __init__(self, solution: Solution, max_memory: float, information: str = "expected") -> None:
        if solution.method != "REML":
            raise MethodError(
                f"Kenward-Roger needs a REML fit; this one is {solution.method}. Fit with method='REML', or choose "
                "df='satterthwaite'."
            )
        problem: StructuredProblem = solution.extra["problem"]
        found = pieces(problem, solution.extra["omega"], max_memory)
        phi = solution.vcov
        self.W = _parameter_covariance(problem, solution.extra["omega"], found, phi, information)
        products = np.einsum("rij,jk,skl->rsil", found.P, phi, found.P, optimize=True)
        inner = np.einsum("rs,rsij->ij", self.W, found.Q - products - found.second / 4.0)
        adjusted = phi + 2.0 * phi @ inner @ phi
        self.vcov: Array = (adjusted + adjusted.T) / 2.0
        self.unadjusted = phi
        self._moved = phi @ found.P @ phi
        self._beta = solution.beta

    def _A(self, L: Array) -> tuple[float, float]:
        parts = np.linalg.solve(L @ self.unadjusted @ L.T, L @ self._moved @ L.T)  # (R, q, q)
        traces = np.einsum("rii->r", parts)
        return float(traces @ self.W @ traces), float(np.einsum("rs,rij,sji->", self.W, parts, parts))

    def df(self, L: Array) -> Array:
        """(m,) denominator df of every row of L (m, p)."""
        L = np.atleast_2d(np.asarray(L, dtype=float))
        return np.array([denominator_df(1, *self._A(row[None]))[0] for row in L])

    def joint(self, L: Array) -> JointTest:
        """Scaled F test of L beta = 0."""
        L = np.atleast_2d(np.asarray(L, dtype=float))
        check_rank(L)
        q = len(L)
        df, scaling = denominator_df(q, *self._A(L))
        value = L @ self._beta
        statistic = scaling * float(value @ np.linalg.solve(L @ self.vcov @ L.T, value)) / q
        return JointTest(statistic, q, df, f_tail(statistic, q, df), scaling)


def _parameter_covariance(
    problem: StructuredProblem, omega: Array, found: Pieces, phi: Array, information: str
) -> Array:
    """(R, R) covariance of omega: twice the inverse of tr(V^-1V_rV^-1V_s) - 2 tr(Phi Q_rs) + tr(Phi P_r Phi P_s), or of
    the Hessian of the criterion."""
    if information == "observed":
        step = 1e-4 * np.maximum(np.abs(omega), 1e-2)
        rows = [
            (problem.moments(omega + e).gradient - problem.moments(omega - e).gradient) / (2.0 * h)
            for e, h in zip(np.diag(step), step, strict=True)
        ]
        twice = np.array(rows)
    else:
        twice = found.trace - 2.0 * np.einsum("ij,rsji->rs", phi, found.Q)
        twice += np.einsum("ij,rjk,kl,sli->rs", phi, found.P, phi, found.P, optimize=True)
    return parameter_covariance((twice + twice.T) / 2.0)


class StructuredSatterthwaite:
    """Satterthwaite df from the observed information of all covariance parameters (Giesbrecht & Burns 1985;
    several rows: Fai & Cornelius 1996). For REML and ML fits; at a boundary the name of the method says so."""

    def __init__(self, solution: Solution) -> None:
        problem: StructuredProblem = solution.extra["problem"]
        self.vcov: Array = solution.vcov
        self.method = "satterthwaite (boundary)" if solution.boundary else "satterthwaite"
        x = solution.extra["coordinates"]
        self.A = covariance_of_parameters(hessian(problem, x, problem.steps))
        self._slopes = np.array([_vcov_slope(problem, x, i, h) for i, h in enumerate(problem.steps)])
        self._beta = solution.beta

    def df(self, L: Array) -> Array:
        """(m,) df of every row of L (m, p): 2 v^2 / var(v) with v = l' vcov l."""
        L = np.atleast_2d(np.asarray(L, dtype=float))
        variance = np.einsum("mi,ij,mj->m", L, self.vcov, L)
        slopes = np.einsum("mi,xij,mj->mx", L, self._slopes, L)
        spread = np.einsum("mx,xy,my->m", slopes, self.A, slopes)
        with np.errstate(divide="ignore"):
            return np.where(spread > 0, 2.0 * variance**2 / spread, np.inf)

    def joint(self, L: Array) -> JointTest:
        """F test of L beta = 0."""
        L = np.atleast_2d(np.asarray(L, dtype=float))
        check_rank(L)
        values, vectors = np.linalg.eigh(L @ self.vcov @ L.T)
        rotated = vectors.T @ L
        statistic = float(((rotated @ self._beta) ** 2 / values).sum()) / len(L)
        df = joint_df(self.df(rotated))
        return JointTest(statistic, len(L), df, f_tail(statistic, len(L), df))


def _vcov_slope(problem: StructuredProblem, x: Array, i: int, h: float) -> Array:
    """(p, p) derivative of (X'V^-1X)^-1 in search coordinate i, by central differences (error of order h squared)."""
    shift = np.zeros_like(x)
    shift[i] = h
    return (problem.estimate(x + shift)[2] - problem.estimate(x - shift)[2]) / (2.0 * h)
