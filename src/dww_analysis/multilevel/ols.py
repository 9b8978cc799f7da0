"""The engine of ordinary (or weighted) least squares: models without random terms.

Estimates, covariance and t df are those of R's lm; `robust` then uses an identity working covariance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .engine import InferenceBuilder, Profiler
from .errors import MethodError
from .gaussian.simulate import simulate
from .inference.choice import least_squares_df
from .inference.distributions import f_tail
from .inference.hypotheses import check_rank
from .inference.plain import Normal, wald_f
from .inference.resampling import Resampled
from .model import Array, Design, JointTest, Search, Solution
from .options import DEFAULT_MEMORY, Options


def solve_ols(design: Design) -> Solution:
    """Estimates by QR, residual variance with n - p df, log-likelihood as R's logLik.lm. The columns of X must be
    independent, as `build_design` leaves them."""
    n, p = design.X.shape
    root = np.sqrt(design.weights)
    Q, R = np.linalg.qr(design.X * root[:, None])
    z = (design.y - design.offset) * root
    beta = np.linalg.solve(R, Q.T @ z)
    rss = float(((z - design.X @ beta * root) ** 2).sum())
    inverse = np.linalg.inv(R)
    sigma2 = rss / (n - p)
    likelihood = -0.5 * n * (np.log(2 * np.pi * rss / n) + 1) + 0.5 * float(np.log(design.weights).sum())
    search = Search((), -2 * likelihood, np.zeros(0), 0.0, np.inf, 0, ("closed form",))
    return Solution(
        design, "OLS", "gaussian", np.zeros(0), float(np.sqrt(sigma2)), beta, sigma2 * inverse @ inverse.T, likelihood,
        p + 1, True, (), search,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Residual:
    """t and F with n - p df."""

    solution: Solution
    method: str = "residual"

    @property
    def vcov(self) -> Array:
        return self.solution.vcov

    @property
    def _den_df(self) -> float:
        n, p = self.solution.design.X.shape
        return float(n - p)

    def df(self, L: Array) -> Array:
        return np.full(len(L), self._den_df)

    def joint(self, L: Array) -> JointTest:
        check_rank(L)
        F = wald_f(L, self.solution.beta, self.vcov)
        return JointTest(F, len(L), self._den_df, f_tail(F, len(L), self._den_df))


class LeastSquaresEngine(Resampled):
    """One step, no search."""

    starts_at_theta = False
    inferences: Mapping[str, InferenceBuilder] = {
        "normal": lambda solution, max_memory: Normal(solution),
        "residual": lambda solution, max_memory: Residual(solution),
    }

    def solve(self, design: Design, options: Options, start: Array | None, max_memory: float) -> Solution:
        return solve_ols(design)

    def df_method(self, solution: Solution, df: str | None) -> str:
        return least_squares_df(solution, df)

    def random_effects(self, solution: Solution) -> list[tuple[Array, Array]]:
        return []

    def simulate(self, solution: Solution, n: int, rng: np.random.Generator) -> Array:
        return simulate(solution, n, rng)

    def refit(self, solution: Solution, options: Options, y: Array) -> Solution:
        return self.solve(replace(solution.design, y=y), options, None, DEFAULT_MEMORY)

    def profiler(self, solution: Solution, conf_level: float) -> Profiler:
        raise MethodError("Least squares has no profile of its own; its t intervals are exact.")
