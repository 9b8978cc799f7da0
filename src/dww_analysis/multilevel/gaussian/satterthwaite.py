"""What Satterthwaite df need of a Gaussian fit: the curvature of its criterion and the slopes of its covariance.

Parametrised as lmerTest does, in theta and sigma (Kuznetsova, Brockhoff & Christensen 2017). All derivatives are
exact here.
"""

from __future__ import annotations

import numpy as np

from ..errors import MethodError
from ..inference import satterthwaite as inference
from ..model import Array, Solution
from .extra import GaussianExtra
from .likelihood import Expansion


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


class Satterthwaite(inference.Satterthwaite):
    """Covariance and df as lmerTest gives them, for REML and ML fits; refuses families other than Gaussian."""

    def __init__(self, solution: Solution) -> None:
        if not isinstance(solution.extra, GaussianExtra):
            raise MethodError(
                f"Satterthwaite df apply to Gaussian models without a residual structure; this fit is "
                f"{solution.family}. Choose another df method, for example 'normal'."
            )
        expansion = solution.extra.expansion.sharp()
        criterion = expansion.criterion
        # scaled columns and response: derivative matrices move by T and the square of the response's scale
        T, scale = criterion.scaling.T, criterion.response.scale
        slopes = scale**2 * T @ vcov_derivatives(expansion) @ T.T
        super().__init__(solution, hessian_with_sigma(expansion), slopes)
