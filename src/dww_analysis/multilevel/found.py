"""What was fitted and how it was found: the facts of a solution that need no computing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from .formula.design import ModelSpec
from .formula.reading import as_it_is_now
from .model import Array, Design, Search, Solution
from .options import DEFAULT_MEMORY, Options
from .shapes import dispersion, edge_notes


@dataclass(frozen=True, eq=False, repr=False)
class Found:
    """A solution with the options that led to it, and its facts by name."""

    solution: Solution
    options: Options
    max_memory: float = DEFAULT_MEMORY
    _cache: dict[str, Any] = field(default_factory=dict)

    @property
    def design(self) -> Design:
        return self.solution.design

    @property
    def spec(self) -> ModelSpec:
        spec: ModelSpec = self.solution.design.spec
        return spec

    @property
    def formula(self) -> str:
        return self.design.formula

    @property
    def method(self) -> str:
        return self.solution.method

    @property
    def family(self) -> str:
        return self.solution.family

    @property
    def link(self) -> str:
        """ "identity", "logit", "cloglog" or "log"."""
        return self.solution.extra.link

    @property
    def frame(self) -> pd.DataFrame:
        """The complete rows as given, with their index in the data; a frame of the caller's own. The response of a
        refit stands in `design.y`."""
        return as_it_is_now(self.design.frame)

    @property
    def log_likelihood(self) -> float:
        return self.solution.log_likelihood

    @property
    def aic(self) -> float:
        return 2 * self.solution.n_parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """With the number of rows, as lme4."""
        return float(np.log(self.n_obs)) * self.solution.n_parameters - 2 * self.log_likelihood

    @property
    def converged(self) -> bool:
        """Whether gradient and curvature prove an optimum."""
        return self.solution.converged

    @property
    def boundary(self) -> tuple[str, ...]:
        """Components estimated on the boundary, e.g. "team (Intercept)"; empty when there are none."""
        return self.solution.boundary

    @property
    def dropped(self) -> dict[str, str]:
        """Fixed columns the data cannot tell from others, with the reason; the model was fitted without them."""
        return dict(self.spec.dropped)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the fit has to know besides convergence and boundary: one sentence each, on columns that
        were left out and parameters at the edge of their range; () where there is nothing."""
        left_out = (f"Left out of the model: {name}, because {why}." for name, why in self.dropped.items())
        zero = self.design.zero.spec.dropped if self.design.zero is not None else {}
        of_zeros = (
            f"Left out of what extra zeros depend on: {name}, because {why}." for name, why in zero.items()
        )
        return (*left_out, *of_zeros, *edge_notes(self.solution))

    @property
    def thresholds(self) -> pd.Series:
        """Thresholds between the categories of an ordered outcome, by name ("low|middle"); no rows for other
        outcomes."""
        return self.fixed_effects.iloc[: self.design.n_thresholds].rename("threshold")

    @property
    def dispersion(self) -> float | None:
        """theta of a negative binomial fit: the variance of a count is mu + mu^2 / theta. Infinite where it is Poisson;
        None for other families."""
        return dispersion(self.solution)

    @property
    def search(self) -> Search:
        return self.solution.search

    @property
    def n_obs(self) -> int:
        return self.design.n

    @property
    def n_dropped(self) -> int:
        return self.design.n_dropped

    @property
    def missing(self) -> dict[str, int]:
        """Rows with a missing value, by column of the model."""
        return dict(self.spec.missing)

    @property
    def n_groups(self) -> dict[str, int]:
        zero = self.design.zero
        terms = self.design.random if zero is None else (*self.design.random, *zero.random)
        return {term.group: term.n_levels for term in terms}

    @property
    def sigma(self) -> float:
        return self.solution.sigma

    @property
    def theta(self) -> Array:
        return self.solution.theta.copy()

    @property
    def fixed_effects(self) -> pd.Series:
        """Estimate of each column of the fixed part, by its name; a Series of the caller's own."""
        return pd.Series(self.solution.beta.copy(), index=list(self.design.x_names), name="estimate")
