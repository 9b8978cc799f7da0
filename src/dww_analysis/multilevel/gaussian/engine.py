"""The engine of Gaussian models with independent residuals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..engine import InferenceBuilder, Profiler
from ..inference.choice import gaussian_df
from ..inference.plain import PLAIN
from ..model import Array, Design, Solution
from ..options import Options
from .blup import random_effects
from .kenward_roger import KenwardRoger
from .refit import refit, refit_many
from .satterthwaite import Satterthwaite
from .simulate import simulate
from .solve import solve_gaussian


class GaussianEngine:
    """Reduces a design once; searches, refits and draws start from the reduced data."""

    starts_at_theta = True
    inferences: Mapping[str, InferenceBuilder] = {
        **PLAIN,
        "kenward-roger": KenwardRoger,
        "satterthwaite": lambda solution, max_memory: Satterthwaite(solution),
    }

    def solve(self, design: Design, options: Options, start: Array | None, max_memory: float) -> Solution:
        return solve_gaussian(design, options.method, start=start)

    def df_method(self, solution: Solution, df: str | None) -> str:
        return gaussian_df(solution, df)

    def random_effects(self, solution: Solution) -> list[tuple[Array, Array]]:
        return random_effects(solution)

    def simulate(self, solution: Solution, n: int, rng: np.random.Generator) -> Array:
        return simulate(solution, n, rng)

    def refit(self, solution: Solution, options: Options, y: Array) -> Solution:
        return refit(solution, y)

    def refit_many(self, solution: Solution, options: Options, Y: Array, df: str, max_memory: float) -> Any:
        return refit_many(solution, Y, df)

    def bootstrap(self, solution: Solution, options: Options, n: int, rng: np.random.Generator) -> Any:
        from ..inference.bootstrap import bootstrap

        return bootstrap(solution, n, rng)

    def profiler(self, solution: Solution, conf_level: float) -> Profiler:
        from .profile import profiler

        return profiler(solution, conf_level)
