"""New responses from a fitted Gaussian model, with new random effects and new residuals."""

from __future__ import annotations

import numpy as np

from ..model import Array, Solution


def simulate(solution: Solution, n: int, rng: np.random.Generator) -> Array:
    """(n_obs, n) responses y = X beta + Z b + e with b ~ N(0, sigma2 Lambda Lambda') and e ~ N(0, sigma2 /
    weights).
    """
    design, sigma = solution.design, solution.sigma
    mean = design.X @ solution.beta + design.offset
    out = sigma * rng.standard_normal((design.n, n)) / np.sqrt(design.weights)[:, None] + mean[:, None]
    for r, term in enumerate(design.random):
        factor = sigma * solution.factor(r)
        b = rng.standard_normal((term.n_levels, n, len(term.names)))
        b = b * factor[0, 0] if len(factor) == 1 else b @ factor.T
        for j in range(len(term.names)):
            out += term.Z[:, j, None] * b[term.codes, :, j]
    return out
