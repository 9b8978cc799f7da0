"""The engine of Gaussian models with a residual structure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..engine import InferenceBuilder, Profiler
from ..errors import MethodError
from ..inference.choice import gaussian_df
from ..inference.plain import PLAIN
from ..inference.resampling import Resampled
from ..model import Array, Design, Solution
from ..options import DEFAULT_MEMORY, Options
from .inference import StructuredKenwardRoger, StructuredSatterthwaite
from .modes import simulate, structured_random_effects
from .solve import solve_structured


class StructuredEngine(Resampled):
    """Separate residual variances, autoregressive residuals, or both."""

    starts_at_theta = False
    inferences: Mapping[str, InferenceBuilder] = {
        **PLAIN,
        "kenward-roger": StructuredKenwardRoger,
        "satterthwaite": lambda solution, max_memory: StructuredSatterthwaite(solution),
    }

    def solve(self, design: Design, options: Options, start: Array | None, max_memory: float) -> Solution:
        return solve_structured(
            design,
            options.method,
            residual_variance=options.residual_variance,
            residual_correlation=options.residual_correlation,
            max_memory=max_memory,
        )

    def df_method(self, solution: Solution, df: str | None) -> str:
        return gaussian_df(solution, df)

    def random_effects(self, solution: Solution) -> list[tuple[Array, Array]]:
        return structured_random_effects(solution)

    def simulate(self, solution: Solution, n: int, rng: np.random.Generator) -> Array:
        return simulate(solution, n, rng)

    def refit(self, solution: Solution, options: Options, y: Array) -> Solution:
        return self.solve(replace(solution.design, y=y), options, None, DEFAULT_MEMORY)

    def profiler(self, solution: Solution, conf_level: float) -> Profiler:
        raise MethodError("Profile intervals are not available with a residual structure; use bootstrap(n).")
