"""Small-sample inference for models with a residual structure: Kenward-Roger and Satterthwaite on dense blocks.

Kenward-Roger follows Kenward & Roger (1997) with all terms: separate variances are linear in their parameters; AR(1)
is not, and its second-derivative term is included (their Lambda: W_rs (Q_rs - P_r Phi P_s - R_rs / 4), summed). The
parameters are the ones a report shows: covariances of the random effects, residual variances, rho.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import MethodError
from ..generalised.search import hessian
from ..inference.kenward_roger import KenwardRogerTests, parameter_covariance
from ..inference.satterthwaite import Satterthwaite
from ..model import Array, Solution
from .solve import MAX_MEMORY, StructuredProblem, structured_extra


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


class StructuredKenwardRoger(KenwardRogerTests):
    """Adjusted covariance and df of a REML fit with a residual structure.

    `information` "expected" is that of Kenward and Roger and of pbkrtest; "observed", the Hessian, is what SAS and mmrm
    put in its place.
    """

    def __init__(self, solution: Solution, max_memory: float, information: str = "expected") -> None:
        if solution.method != "REML":
            raise MethodError(
                f"Kenward-Roger needs a REML fit; this one is {solution.method}. Fit with method='REML', or choose "
                "df='satterthwaite'."
            )
        extra = structured_extra(solution)
        problem, phi = extra.problem, solution.vcov
        found = pieces(problem, extra.omega, max_memory)
        W = _parameter_covariance(problem, extra.omega, found, phi, information)
        products = np.einsum("rij,jk,skl->rsil", found.P, phi, found.P, optimize=True)
        inner = np.einsum("rs,rsij->ij", W, found.Q - products - found.second / 4.0)
        adjusted = phi + 2.0 * phi @ inner @ phi
        super().__init__(solution.beta, (adjusted + adjusted.T) / 2.0, phi, phi @ found.P @ phi, W)
        self.unadjusted = phi


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


class StructuredSatterthwaite(Satterthwaite):
    """Satterthwaite df from the observed information of all covariance parameters, for REML and ML fits."""

    def __init__(self, solution: Solution) -> None:
        extra = structured_extra(solution)
        problem, x = extra.problem, extra.coordinates
        slopes = np.array([_vcov_slope(problem, x, i, h) for i, h in enumerate(problem.steps)])
        super().__init__(solution, hessian(problem, x, problem.steps), slopes)


def _vcov_slope(problem: StructuredProblem, x: Array, i: int, h: float) -> Array:
    """(p, p) derivative of (X'V^-1X)^-1 in search coordinate i, by central differences (error of order h squared)."""
    shift = np.zeros_like(x)
    shift[i] = h
    return (problem.estimate(x + shift)[2] - problem.estimate(x - shift)[2]) / (2.0 * h)
