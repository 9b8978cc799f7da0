"""What is fitted and which sums of its coefficients are estimates: `Model` and `Target`; and the fit of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.contrasts import Contrast
from dww_analysis.domain.formulas import Terms

ROW = "row"  # column of the frame with a level for each row
OF_ROWS = f" + (1 | {ROW})"
LEAST_SQUARES = "least_squares"  # method of a design's own model in which no answer depends on another


@dataclass(frozen=True)
class Target:
    """One thing a model estimates: a weighted sum of its coefficients, and what that compares."""

    weights: Mapping[str, float]  # coefficient -> weight
    contrast: Contrast
    primary: bool  # whether it is the planned contrast of the entry

    @property
    def single(self) -> str | None:
        """The coefficient, where the target is one coefficient as it stands; else None."""
        return next(iter(self.weights)) if list(self.weights.values()) == [1.0] else None

    @property
    def term(self) -> str:
        """The coefficient, or the sum of coefficients, as text."""
        parts = (_signed(weight, name) for name, weight in self.weights.items())
        return self.single or " ".join(parts).removeprefix("+ ")


def _signed(weight: float, name: str) -> str:
    size = "" if abs(weight) == 1 else f"{abs(weight):.4g} "
    return f"{'-' if weight < 0 else '+'} {size}{name}"


@dataclass(frozen=True)
class Model:
    """A formula and its targets, the planned one first."""

    formula: str
    targets: tuple[Target, ...]
    methods: tuple[str, ...]  # ids of method sentences for the report
    warnings: tuple[str, ...] = ()
    association: bool = False  # whether its contrasts may not be called effects, whatever the design
    weights: str | None = None  # column of the frame with the precision of each row
    period: str | None = None  # column of the frame with the time that a row counts over

    @property
    def planned(self) -> Target:
        """The entry's own contrast."""
        return next(t for t in self.targets if t.primary)

    def like(self, other: Model) -> Model:
        """With the weights and times of another model, and its term by row."""
        row = OF_ROWS if other.formula.endswith(OF_ROWS) else ""
        return replace(self, weights=other.weights, period=other.period, formula=self.formula + row)


def of_counts(model: Model) -> Model:
    """With a random term by row: counts vary more than a Poisson distribution has it (Harrison 2014)."""
    return replace(model, formula=model.formula + OF_ROWS, methods=(*model.methods, "overdispersion"))


def fit_model(model: Model, frame: pd.DataFrame, family: str = "gaussian") -> Any:
    """The fit of a model to the rows of a frame. Without random terms only where the design itself says least squares:
    a given formula without them takes all answers of a person as independent, and is refused."""
    from dww_analysis.multilevel import fit, fit_ols

    if LEAST_SQUARES in model.methods and not Terms.read(model.formula).random and family == "gaussian":
        return fit_ols(model.formula, frame, weights=model.weights)
    offset = None if model.period is None else np.log(frame[model.period].to_numpy(dtype="float64"))
    return fit(model.formula, frame, family=family, weights=model.weights, offset=offset)
