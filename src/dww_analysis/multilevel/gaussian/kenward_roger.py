"""Kenward-Roger: a covariance of the fixed effects adjusted for small samples, and its denominator df.

Kenward & Roger (1997, Biometrics 53:983-997), for a covariance V = sum_r phi_r V_r that is linear in its
parameters: the entries of the random-effect covariance matrices and the residual variance. All that is needed
are first and second derivatives of X'V^-1X and of log|V| in those parameters, which the elimination yields;
no n x n matrix is formed.
"""

from __future__ import annotations

import numpy as np

from ..errors import MemoryLimitError, MethodError
from ..inference.kenward_roger import KenwardRogerTests, parameter_covariance
from ..inference.kenward_roger import one_row_df as one_row_df  # for those who adjust many fits
from ..model import Array, Solution
from .extra import GaussianExtra
from .likelihood import Expansion
from .linear import Pieces, expected_information, linear_pieces


def adjustment(pieces: Pieces, inverse: Array, W: Array) -> Array:
    """(p, p) Lambda of Kenward & Roger: sum_rs W_rs (Q_rs - P_r Phi P_s), to be wrapped in 2 Phi . Phi."""
    products = np.einsum("rij,jk,skl->rsil", pieces.P, inverse, pieces.P)
    return np.einsum("rs,rsij->ij", W, pieces.Q / 2 - products)


class KenwardRoger(KenwardRogerTests):
    """Adjusted covariance and df of a REML fit; reproduces pbkrtest::vcovAdj, Lb_ddf and KRmodcomp.

    A component that was estimated at zero stays in the information. Refuses ML fits, families other than
    Gaussian, models with a residual structure, and designs whose second derivatives would need more than
    `max_memory` bytes.
    """

    def __init__(self, solution: Solution, max_memory: float = 2e9) -> None:
        expansion = _expansion_of(solution, max_memory)
        pieces = linear_pieces(expansion)
        inverse = expansion.fit.inverse
        W = parameter_covariance(expected_information(expansion))
        T = expansion.criterion.scaling.T
        adjusted = inverse + 2 * inverse @ adjustment(pieces, inverse, W) @ inverse
        unit = solution.sigma**2 * T
        moved = inverse @ pieces.P @ inverse  # Phi P_r Phi, in scaled columns and residual variance one
        vcov = _symmetric(unit @ adjusted @ T.T)
        super().__init__(solution.beta, vcov, T @ inverse @ T.T, T @ moved @ T.T, W)
        self.unadjusted: Array = solution.vcov


def _symmetric(a: Array) -> Array:
    return (a + a.T) / 2


def _expansion_of(solution: Solution, max_memory: float) -> Expansion:
    if not isinstance(solution.extra, GaussianExtra):
        raise MethodError(
            f"Kenward-Roger applies to Gaussian models without a residual structure; this fit is {solution.family}. "
            "Choose another df method, for example 'satterthwaite' or 'normal'."
        )
    if solution.method != "REML":
        raise MethodError(
            f"Kenward-Roger needs a REML fit; this one is {solution.method}. Fit with method='REML', or choose "
            "df='satterthwaite'."
        )
    needed = solution.extra.criterion.kernel.bytes_of_jets()
    if needed > max_memory:
        raise MemoryLimitError(
            f"Kenward-Roger needs about {needed / 1e9:.3g} GB for this design (its largest block of random effects is "
            f"dense), and max_memory allows {max_memory / 1e9:.3g} GB. Raise max_memory, or choose df='satterthwaite'."
        )
    return solution.extra.expansion.sharp()
