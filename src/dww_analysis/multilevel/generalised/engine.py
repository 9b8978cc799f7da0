"""The engines of generalised models: yes/no outcomes and counts, and ordered outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..engine import InferenceBuilder, Profiler
from ..errors import MethodError
from ..inference.choice import generalised_df
from ..inference.plain import PLAIN
from ..inference.resampling import Resampled
from ..model import Array, Design, Solution
from ..options import Options
from .modes import generalised_random_effects, searched, simulate_generalised
from .ordinal import simulate_ordinal, solve_ordinal
from .solve import solve_generalised
from .zero_terms import solve_zero_terms


class GeneralisedEngine(Resampled):
    """Laplace or adaptive quadrature."""

    starts_at_theta = False  # its start is theta and beta together
    inferences: Mapping[str, InferenceBuilder] = PLAIN

    def solve(self, design: Design, options: Options, start: Array | None, max_memory: float) -> Solution:
        if design.zero is not None and design.zero.random:
            return solve_zero_terms(design, options.quadrature, start=start)
        return solve_generalised(design, options.family, options.quadrature, link=options.link, start=start)

    def df_method(self, solution: Solution, df: str | None) -> str:
        return generalised_df(solution, df)

    def random_effects(self, solution: Solution) -> list[tuple[Array, Array]]:
        return generalised_random_effects(solution)

    def simulate(self, solution: Solution, n: int, rng: np.random.Generator) -> Array:
        return simulate_generalised(solution, n, rng)

    def refit(self, solution: Solution, options: Options, y: Array) -> Solution:
        return self.solve(replace(solution.design, y=y), options, searched(solution), np.inf)

    def profiler(self, solution: Solution, conf_level: float) -> Profiler:
        zero = solution.design.zero
        if zero is not None and zero.random:
            raise MethodError(
                f"Profiles of models with random effects of extra zeros ({zero.formula}) are not offered; use "
                "bootstrap(), or compare() with the model without the term."
            )
        from .profile import GeneralisedProfiler

        return GeneralisedProfiler(solution, conf_level)


class OrdinalEngine(GeneralisedEngine):
    """Cumulative logit: the same deviances over stacked rows."""

    def solve(self, design: Design, options: Options, start: Array | None, max_memory: float) -> Solution:
        return solve_ordinal(design, options.quadrature, start=start)

    def simulate(self, solution: Solution, n: int, rng: np.random.Generator) -> Array:
        return simulate_ordinal(solution, n, rng)

    def refit(self, solution: Solution, options: Options, y: Array) -> Solution:
        start = np.concatenate([solution.theta, solution.beta])
        return solve_ordinal(replace(solution.design, y=y), options.quadrature, start=start)
