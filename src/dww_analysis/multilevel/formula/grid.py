"""The reference grid: at which values of the predictors a mean is evaluated, and what is averaged equally.

Conventions of estimated marginal means (Searle, Speed & Milliken 1980, Am Stat 34:216-221; R package emmeans): factor
levels that are not named count equally, numeric variables that are not named are held at their mean over the rows of
the model, and a named numeric variable is evaluated at its observed values or at values the caller gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from ..errors import FormulaError, NotEstimableError
from ..model import Array, Design
from .checks import as_numbers
from .design import ModelSpec
from .evaluation import Environment
from .expression import names, write
from .reading import Factor, label_of, number_label

MOST_VALUES = 10  # distinct values up to which a named numeric variable is evaluated at what was observed
LARGEST_GRID = 2_000_000
_MAKES_FACTORS = {"factor", "as.factor", "relevel"}


@dataclass(frozen=True, eq=False)
class Axis:
    """One variable of the grid: its values, as numbers or as labels of levels."""

    name: str
    values: tuple[Any, ...]
    factor: Factor | None  # the factor of the data the labels belong to
    averaged: bool = False  # whether its values are averaged over unless it is named

    @property
    def shown(self) -> list[Any]:
        """The values as a table shows them; True and False for a logical."""
        if self.factor is not None and self.factor.logical:
            return [value == "TRUE" for value in self.values]
        return list(self.values)

    def labels(self) -> list[str]:
        """Labels for contrasts; the variable's name stands before values that are numbers."""
        texts = [value if isinstance(value, str) else number_label(value) for value in self.values]
        return [self.name + t for t in texts] if any(_is_number(t) for t in texts) else texts


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a table of means: the axes named (first varies fastest) and one row of L for each cell."""

    axes: tuple[Axis, ...]
    places: tuple[tuple[int, ...], ...]  # per cell: position on each axis
    L: Array  # (cells, p)
    offset: Array  # (cells,) known part of the linear predictor

    def frame(self) -> dict[str, Any]:
        """The columns that name the cells; factors as categoricals in their order."""
        out: dict[str, Any] = {}
        for k, axis in enumerate(self.axes):
            shown = axis.shown
            values = [shown[place[k]] for place in self.places]
            ordered = axis.factor is not None and not axis.factor.logical
            out[axis.name] = pd.Categorical(values, categories=shown) if ordered else values
        return out


def marginal_cells(design: Design, named: Sequence[str], at: Mapping[str, Any] | None = None) -> Cells:
    """The linear functions whose values are the estimated marginal means of the named variables."""
    spec: ModelSpec = design.spec
    given = {_resolve(spec, k): _as_values(k, v) for k, v in (at or {}).items()}
    wanted = [_resolve(spec, name) for name in named]
    if len(set(wanted)) < len(wanted):
        raise FormulaError(f"A variable is named twice: {', '.join(named)}.")
    axes = {name: _axis(spec, name, name in wanted, given.get(name)) for name in spec.fixed_columns()}
    order = wanted + [name for name in axes if name not in wanted]
    sizes = [len(axes[name].values) for name in order]
    if np.prod(sizes, dtype=float) > LARGEST_GRID:
        raise NotEstimableError(
            f"The reference grid would have {np.prod(sizes, dtype=float):.0f} cells; name fewer variables."
        )
    # first named variable fastest, averaged ones slowest
    rows = [tuple(reversed(cell)) for cell in product(*(range(k) for k in reversed(sizes)))]
    X, offset = _evaluate(spec, [axes[name] for name in order], np.array(rows).reshape(len(rows), len(order)))
    n_cells = int(np.prod(sizes[: len(wanted)])) if wanted else 1
    L = X.reshape(-1, n_cells, X.shape[1]).mean(axis=0)
    known = offset.reshape(-1, n_cells).mean(axis=0) + _given_offset(design)
    places = tuple(row[: len(wanted)] for row in rows[:n_cells])
    return Cells(tuple(axes[name] for name in wanted), places, L, known)


def _given_offset(design: Design) -> float:
    """Mean of the offset that was handed over beside the formula (formula offsets are evaluated on the grid)."""
    spec: ModelSpec = design.spec
    if not spec.offset_given:
        return 0.0
    env = Environment(spec.columns, design.n, spec.learned)
    return float((design.offset - spec.formula_offset(env)).mean())


def _as_values(name: str, value: Any) -> tuple[Any, ...]:
    values = (value,) if isinstance(value, (str, bytes)) or np.ndim(value) == 0 else tuple(value)
    if not values:
        raise NotEstimableError(f"at={{{name!r}: ...}} names no value at which to evaluate.")
    return values


def _resolve(spec: ModelSpec, name: str) -> str:
    """The data column behind a name such as "time" or "factor(time)"."""
    columns = spec.fixed_columns()
    if name in columns:
        return name
    for node in spec.plan.fixed.variables:
        inside = spec.columns_of([node])
        if write(node) == name and len(inside) == 1:
            return inside[0]
    raise NotEstimableError(
        f"{name!r} is not a predictor of the fixed part, so it has no marginal means; there are {', '.join(columns)}."
    )


def _axis(spec: ModelSpec, name: str, named: bool, given: tuple[Any, ...] | None) -> Axis:
    column = spec.columns[name]
    if not isinstance(column, Factor) and column.dtype == np.bool_:
        column = Factor(column.astype(np.intp), ("FALSE", "TRUE"), logical=True)
    if isinstance(column, Factor):
        return Axis(name, _levels(name, column, given), column, averaged=True)
    if given is not None:
        return Axis(name, _numbers(name, given), None)
    if named or _made_a_factor(spec, name):
        values = np.unique(column)
        if named and len(values) > MOST_VALUES and not _made_a_factor(spec, name):
            raise NotEstimableError(
                f"{name} has {len(values)} distinct values; say at which to evaluate: at={{{name!r}: [...]}}."
            )
        return Axis(name, tuple(float(v) for v in values), None, averaged=_made_a_factor(spec, name))
    return Axis(name, (float(column.mean()),), None)


def _numbers(name: str, given: tuple[Any, ...]) -> tuple[float, ...]:
    values = as_numbers(given, f"{name} is numeric, so at={{{name!r}: ...}}")
    if not np.isfinite(values).all():
        raise NotEstimableError(f"at={{{name!r}: ...}} has values that are missing or infinite.")
    return tuple(values.tolist())


def _levels(name: str, factor: Factor, given: tuple[Any, ...] | None) -> tuple[str, ...]:
    if given is None:
        return factor.levels
    labels = tuple(label_of(v) for v in given)
    unknown = [label for label in labels if label not in factor.levels]
    if unknown:
        raise NotEstimableError(
            f"{name} has no level {', '.join(unknown)}; there are {', '.join(factor.levels)}."
        )
    return labels


def _made_a_factor(spec: ModelSpec, name: str) -> bool:
    """Whether a numeric column enters the model as a factor, e.g. factor(time)."""
    nodes = spec.plan.fixed.variables
    return any(n.kind == "call" and n.args[0] in _MAKES_FACTORS and name in names(n) for n in nodes)


def _evaluate(spec: ModelSpec, axes: list[Axis], places: Array) -> tuple[Array, Array]:
    """Model matrix and formula offset at the grid points."""
    columns: dict[str, Any] = {}
    for k, axis in enumerate(axes):
        if axis.factor is None:
            columns[axis.name] = np.array(axis.values)[places[:, k]]
        else:
            code = np.array([axis.factor.levels.index(v) for v in axis.values], dtype=np.intp)
            columns[axis.name] = Factor(code[places[:, k]], axis.factor.levels, axis.factor.logical)
    env = Environment(columns, len(places), spec.learned)
    return spec.fixed_matrix(env), spec.formula_offset(env)
