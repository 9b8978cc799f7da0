"""Slopes of a number: how fast estimated marginal means change with it, by level of other variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import FormulaError, MethodError
from ..formula.design import ModelSpec
from ..formula.grid import Cells, marginal_cells, middle_of, numbers_at
from ..formula.reading import Factor
from ..model import Array, Design
from .means import ROUNDING, Tested, as_names, estimable_table, held_text

STEP = 1e-3  # of the range of the variable
# a derivative from four neighbours: exact for polynomials up to the fourth degree
NEIGHBOURS: dict[float, float] = {-2.0: 1 / 12, -1.0: -8 / 12, 1.0: 8 / 12, 2.0: -1 / 12}


def slopes_table(
    tested: Tested, variable: str, by: str | Sequence[str] | None, at: Mapping[str, Any] | None
) -> pd.DataFrame:
    """One row per combination of `by`, or of the values of the variable in `at` (fastest) and `by`."""
    design, spec = tested.solution.design, tested.spec
    column = _numbers_of(spec, variable)
    given = dict(at or {})
    named = [*([variable] if variable in given else []), *as_names(by)]
    places = numbers_at(spec, variable, given[variable]) if variable in given else (middle_of(column),)
    centre = _cells(design, named, given, variable, places)
    step = STEP * float(np.ptp(column))
    moved = [_cells(design, named, given, variable, np.add(places, move * step)) for move in NEIGHBOURS]
    weights = np.array(list(NEIGHBOURS.values())) / step
    L = _weighted(weights, np.array([cells.L for cells in moved]))
    known = _weighted(weights, np.array([cells.offset for cells in moved]))
    rows = replace(centre, L=L, offset=known)
    columns = estimable_table(tested, rows.L, rows.offset)
    return pd.DataFrame({**rows.frame(), **columns, "held_at": held_text(rows)})


def _weighted(weights: Array, values: Array) -> Array:
    """The sum of values (weights, ...), zero where only rounding is left."""
    total = np.tensordot(weights, values, 1)
    size = np.tensordot(np.abs(weights), np.abs(values), 1)
    return np.where(np.abs(total) > ROUNDING * size, total, 0.0)


def _cells(design: Design, named: list[str], given: dict[str, Any], variable: str, places: Any) -> Cells:
    return marginal_cells(design, named, {**given, variable: places})


def _numbers_of(spec: ModelSpec, variable: str) -> Array:
    """(n,) the variable over the rows of the model; refuses what is no number."""
    if variable not in spec.fixed_columns():
        raise FormulaError(
            f"{variable!r} is not a column of the fixed part, so it has no slope; there are "
            f"{', '.join(spec.fixed_columns())}."
        )
    column = spec.columns[variable]
    if isinstance(column, Factor) or column.dtype == np.bool_ or spec.made_a_factor(variable):
        raise MethodError(
            f"{variable} is categorical in the model, so it has no slope; compare its levels: contrasts({variable!r})."
        )
    if steps := spec.steps_in(variable):
        raise MethodError(
            f"{variable} enters the model by steps ({', '.join(steps)}), so it has no slope; compare its values: "
            f"contrasts({variable!r}, at={{{variable!r}: [...]}})."
        )
    return np.asarray(column, dtype=np.float64)
