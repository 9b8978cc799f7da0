"""Conditional modes of the random effects (BLUPs) of a Gaussian fit and their conditional covariances."""

from __future__ import annotations

import numpy as np

from ..model import Array, Solution
from .extra import criterion_of as criterion_of  # refits and profiles start from it too


def random_effects(solution: Solution) -> list[tuple[Array, Array]]:
    """Per random term: modes (levels, q) and conditional covariances (levels, q, q), in units of the
    response.

    With relative covariance S and V relative to the residual variance: b = S Z'V^-1 (y - X beta) and
    Var(b | y) = sigma2 (S - S Z'V^-1 Z S), the residual variance and beta held at their estimates, as
    lme4::ranef(condVar = TRUE) does.
    """
    criterion = criterion_of(solution)
    theta = criterion.scaled_theta(solution.theta)
    sigmas = [f @ f.T for f in criterion.factors(theta)]
    fit = criterion.profile(theta)
    out = []
    found = criterion.kernel.effects(sigmas, fit.direction)
    for Sigma, basis, (v, info) in zip(sigmas, criterion.scaling.z_bases, found, strict=True):
        mode = criterion.response.scale * v @ Sigma @ basis.T
        covariance = Sigma - Sigma @ info @ Sigma
        covariance = solution.sigma**2 * basis @ covariance @ basis.T
        out.append((mode, (covariance + np.swapaxes(covariance, 1, 2)) / 2))
    return out
