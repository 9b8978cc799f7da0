"""Draws of the variances of a Gaussian fit without a search for each: quadratic estimates of simulated responses.

At given variances, q_r = y'P V_r P y has expectation sum_s tr(P V_r P V_s) phi_s, so M^-1 q with M_rs = tr(P V_r P V_s)
estimates the variances phi; of all unbiased quadratic estimates it has the least variance where the given ones are the
truth (MIVQUE; Rao 1971, J Multivar Anal 1, 445-456; LaMotte 1973, Biometrics 29, 311-330). It is one step of scoring
from the truth: what restricted maximum likelihood finds in a balanced layout, and differs from that by less and less as
units become many. A response costs one solve with a sparse factor instead of some ten evaluations of the likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import nnls
from scipy.sparse import csr_array, diags_array, eye_array, hstack
from scipy.sparse.linalg import splu

from ..gaussian.elimination import Index
from ..gaussian.extra import GaussianExtra, criterion_of
from ..gaussian.linear import expected_information
from ..gaussian.profile import parameter_names, sd_and_correlations
from ..gaussian.simulate import simulate
from ..model import Array, Solution

AT_ONCE = 10_000_000  # numbers of simulated responses that are held at one time


def drawn_spreads(
    solution: Solution, n: int, rng: np.random.Generator
) -> tuple[tuple[str, ...], Array, Array] | None:
    """Names (m,), estimates (m,) and n draws (n, m) of the standard deviations, sigma's last, each the bounded
    quadratic estimate of a response that was simulated from the fit. None for fits that are not REML or have a residual
    structure, and with terms of several columns."""
    extra, design = solution.extra, solution.design
    scalar = all(len(term.names) == 1 for term in design.random)
    if not isinstance(extra, GaussianExtra) or solution.method != "REML" or not scalar:
        return None
    expansion = extra.expansion.sharp()
    forms = _Forms.of(solution, expansion.covariance_entries)
    size = max(AT_ONCE // design.n, 1)
    parts = [forms.of_draws(min(size, n - first), rng) for first in range(0, n, size)]
    ratios = bounded_estimates(expected_information(expansion), np.concatenate(parts))
    own = sd_and_correlations(design, solution.theta, solution.sigma)
    units = [float(basis[0, 0]) for basis in extra.criterion.scaling.z_bases]  # of the scaled columns
    return (
        parameter_names(design)[: len(own)],
        own,
        solution.sigma * np.sqrt(ratios) * np.append(units, 1.0),
    )


def bounded_estimates(M: Array, q: Array) -> Array:
    """(n, R) where (phi - M^-1 q)'M (phi - M^-1 q) is least over phi that are not negative: non-negative
    least squares, |R phi - R'^-1 q| with M = R'R. M (R, R) positive definite, q (n, R)."""
    unit = 1 / np.sqrt(np.diag(M))
    R = np.linalg.cholesky(M * np.outer(unit, unit)).T
    targets = np.linalg.solve(R.T, (q * unit).T).T
    return unit * np.array([nnls(R, target)[0] for target in targets])


@dataclass(frozen=True, eq=False)
class _Forms:
    """The quadratic forms of a fit, relative to its residual variance; rows are brought to residual variance one."""

    solution: Solution
    ratios: Array  # (k,) relative variances of the scaled columns
    root: Array  # (n, 1) of the weights
    Z: csr_array  # (n, levels of all terms)
    starts: Index  # (k,) first level of every term
    ZL: csr_array  # Z times the relative standard deviation of every level
    factor: Any  # of I + ZL'ZL
    X: Array  # (n, p)
    VX: Array  # (n, p) V^-1 X
    inverse: Array  # (p, p) (X'V^-1X)^-1

    @classmethod
    def of(cls, solution: Solution, ratios: Array) -> _Forms:
        design, scaling = solution.design, criterion_of(solution).scaling
        root = np.sqrt(np.broadcast_to(design.weights, (design.n,)))[:, None]
        rows = np.arange(design.n)
        blocks = [
            csr_array((root[:, 0] * (t.Z @ basis)[:, 0], (rows, t.codes)), shape=(design.n, t.n_levels))
            for t, basis in zip(design.random, scaling.z_bases, strict=True)
        ]
        levels = [t.n_levels for t in design.random]
        Z = hstack(blocks, format="csr")
        ZL = (Z @ diags_array(np.repeat(np.sqrt(ratios), levels))).tocsr()
        A = (ZL.T @ ZL + eye_array(Z.shape[1])).tocsc()
        factor = splu(A, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
        X = root * design.X @ scaling.T
        VX = X - ZL @ factor.solve(ZL.T @ X) if X.shape[1] else X
        starts = np.cumsum([0, *levels[:-1]])
        return cls(solution, ratios, root, Z, starts, ZL, factor, X, VX, np.linalg.inv(X.T @ VX))

    def of_draws(self, n: int, rng: np.random.Generator) -> Array:
        """(n, k + 1) y'P V_r P y of n new responses, the residual's last."""
        solution, design = self.solution, self.solution.design
        mean = design.X @ solution.beta + design.offset
        Y = self.root * (simulate(solution, n, rng) - mean[:, None]) / solution.sigma
        VY = Y - self.ZL @ self.factor.solve(self.ZL.T @ Y)
        PY = VY - self.VX @ (self.inverse @ (self.X.T @ VY))
        own = np.add.reduceat((self.Z.T @ PY) ** 2, self.starts, axis=0)
        rest = np.einsum("ij,ij->j", Y, PY) - self.ratios @ own  # y'P y is the sum of all, by their ratios
        return np.vstack([own, rest]).T
