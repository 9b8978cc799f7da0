"""Parametric bootstrap of a Gaussian fit: simulate from it, refit, and keep every estimate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import MethodError
from ..gaussian.profile import parameter_names, sd_and_correlations
from ..gaussian.refit import refit_many
from ..gaussian.simulate import simulate
from ..model import Array, Solution
from .distributions import check_conf_level

Flags = NDArray[np.bool_]
AT_ONCE = 25_000_000  # numbers of simulated responses that are held at one time


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Draws of all parameters: standard deviations, correlations, sigma, then fixed effects."""

    terms: tuple[str, ...]  # (m,)
    estimate: Array  # (m,) of the fit
    draws: Array  # (n, m)
    converged: Flags  # (n,)
    at_boundary: Flags  # (n,)

    def intervals(self, conf_level: float = 0.95) -> pd.DataFrame:
        """Percentile intervals: term, estimate, std_error, conf_low, conf_high."""
        check_conf_level(conf_level)
        tail = (1 - conf_level) / 2
        low, high = np.nanquantile(self.draws, [tail, 1 - tail], axis=0)
        return pd.DataFrame(
            {
                "term": self.terms,
                "estimate": self.estimate,
                "std_error": np.nanstd(self.draws, axis=0, ddof=1),
                "conf_low": low,
                "conf_high": high,
            }
        )


def bootstrap(solution: Solution, n: int, rng: np.random.Generator, **settings: Any) -> Bootstrap:
    """`n` parametric bootstrap draws (as lme4::bootMer with type = "parametric", use.u = FALSE).

    Draws whose search did not converge are kept and marked; a correlation with a variance at zero is NaN.
    """
    if settings:
        raise MethodError(f"Unknown settings {sorted(settings)}; bootstrap takes n and rng.")
    if n < 1:
        raise MethodError(f"A bootstrap needs at least one draw; found n = {n}.")
    names, size = parameter_names(solution.design), max(AT_ONCE // solution.design.n, 1)
    parts = [_drawn(solution, min(size, n - first), rng) for first in range(0, n, size)]
    draws, converged, at_boundary = (np.concatenate(column) for column in zip(*parts, strict=True))
    own = np.append(sd_and_correlations(solution.design, solution.theta, solution.sigma), solution.beta)
    return Bootstrap(names, own, draws, converged, at_boundary)


def _drawn(solution: Solution, n: int, rng: np.random.Generator) -> tuple[Array, Flags, Flags]:
    """`n` draws (n, parameters), and how each search ended."""
    refits = refit_many(solution, simulate(solution, n, rng), df="normal")
    variances = [
        sd_and_correlations(solution.design, theta, sigma)
        for theta, sigma in zip(refits.theta, refits.sigma, strict=True)
    ]
    return np.column_stack([np.array(variances), refits.estimate]), refits.converged, refits.at_boundary
