"""What an engine is: the functions that answer for one kind of model. `engines` holds the register of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd

from .model import Array, Design, Inference, Solution
from .options import Options

# of a solution and the bytes a dense block may take
InferenceBuilder = Callable[[Solution, float], Inference]


class Profiler(Protocol):
    """The likelihood of one fit with each parameter held in turn, as tables; `terms` names some of the parameters."""

    @property
    def quantile(self) -> float:
        """The root of the rise in deviance at a limit."""

    def table(self, terms: list[str] | None = None) -> pd.DataFrame:
        """Estimates and limits: columns term, estimate, conf_low, conf_high. terms: None for all."""

    def curves(self, terms: list[str] | None = None) -> pd.DataFrame:
        """Roots of the rise in deviance between the limits: columns term, value, root. terms: None for all."""


class Engine(Protocol):
    """One kind of model, from its search to what is done with the solution. Inputs are checked before they get here."""

    @property
    def inferences(self) -> Mapping[str, InferenceBuilder]:
        """The covariance and df of every method that `df_method` lets through."""

    @property
    def starts_at_theta(self) -> bool:
        """Whether `start` may be the theta of the same model over other rows."""

    def solve(self, design: Design, options: Options, start: Array | None, max_memory: float) -> Solution:
        """The solution of a design; the search begins at `start` besides its own starts."""

    def df_method(self, solution: Solution, df: str | None) -> str:
        """The df method that applies; None chooses, and a known one that does not apply is refused."""

    def random_effects(self, solution: Solution) -> list[tuple[Array, Array]]:
        """Per random term the modes, shape (levels, q), and conditional covariances, shape (levels, q, q)."""

    def simulate(self, solution: Solution, n: int, rng: np.random.Generator) -> Array:
        """(n_obs, n) responses from the fitted model, with new random effects."""

    def refit(self, solution: Solution, options: Options, y: Array) -> Solution:
        """The solution for another response (n,) over the same rows."""

    def refit_many(self, solution: Solution, options: Options, Y: Array, df: str, max_memory: float) -> Any:
        """Arrays of results for every column of Y (n, r)."""

    def bootstrap(self, solution: Solution, options: Options, n: int, rng: np.random.Generator) -> Any:
        """n draws of a parametric bootstrap; those that could not be fitted are NaN rows."""

    def profiler(self, solution: Solution, conf_level: float) -> Profiler:
        """Profile likelihoods of the parameters."""
