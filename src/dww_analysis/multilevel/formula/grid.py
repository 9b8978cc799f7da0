"""The reference grid: at which values of the predictors a mean is evaluated, and what is averaged equally.

Conventions of estimated marginal means (Searle, Speed & Milliken 1980, Am Stat 34:216-221; R package emmeans): factor
levels that are not named count equally, and so do the values of a number that enters by steps alone (`cut`, `x > 5`);
other numeric variables that are not named are held at their mean over the rows of the model (0/1 variables too;
`Cells.held` says where), and a named numeric variable is evaluated at its observed values or at values the caller
gives. An offset counts with its mean over the rows, in the formula or beside it, unless the
caller names its column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import FormulaError, MethodError, NotEstimableError
from ..model import Array, Design
from .checks import as_numbers
from .design import ModelSpec, sum_of_offsets
from .evaluation import Environment
from .expression import Node, write
from .reading import Factor, days_since, label_of, match_levels, number_label, to_factor

MOST_VALUES = 10  # distinct values up to which a named numeric variable is evaluated at what was observed
LARGEST_GRID = 2_000_000


@dataclass(frozen=True, eq=False)
class Axis:
    """One variable of the grid: its values, as numbers or as labels of levels."""

    name: str
    values: tuple[Any, ...]
    factor: Factor | None  # the factor of the data the labels belong to
    averaged: bool = False  # whether its values are averaged over unless it is named

    @property
    def shown(self) -> list[Any]:
        """The values as the rows of a table show them; True and False for a logical."""
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
    L: Array  # (cells, all columns of the formula)
    offset: Array  # (cells,) known part of the linear predictor
    held: dict[str, str]  # where predictors stand that the cells do not name, and the offset

    def frame(self) -> dict[str, Any]:
        """The columns that name the cells; factors as categoricals in their order."""
        out: dict[str, Any] = {}
        for k, axis in enumerate(self.axes):
            shown = axis.shown
            values = [shown[place[k]] for place in self.places]
            ordered = axis.factor is not None and not axis.factor.logical
            out[axis.name] = pd.Categorical(values, categories=shown) if ordered else values
        return out


WEIGHTS = ("equal", "proportional")  # how levels that are not named count in an average


def marginal_cells(
    design: Design, named: Sequence[str], at: Mapping[str, Any] | None = None, weights: str = "equal"
) -> Cells:
    """The linear functions whose values are the estimated marginal means of the named variables.

    `weights` "proportional": combinations of levels that are averaged over count as often as they occur in the rows.
    """
    if weights not in WEIGHTS:
        raise MethodError(f"weights are {' or '.join(map(repr, WEIGHTS))}, not {weights!r}.")
    spec: ModelSpec = design.spec
    given = {_resolve(spec, k): _as_values(k, v) for k, v in (at or {}).items()}
    wanted = [_resolve(spec, name) for name in named]
    if len(set(wanted)) < len(wanted):
        raise FormulaError(f"A variable is named twice: {', '.join(named)}; name it once.")
    axes = {name: _axis(spec, name, name in wanted, given.get(name)) for name in spec.fixed_columns()}
    order = wanted + [name for name in axes if name not in wanted]
    sizes = [len(axes[name].values) for name in order]
    if np.prod(sizes, dtype=float) > LARGEST_GRID:
        raise NotEstimableError(
            f"The reference grid would have {np.prod(sizes, dtype=float):.0f} cells; name fewer variables."
        )
    on_grid = tuple(n for n in spec.plan.fixed.offsets if {*spec.columns_of([n])} & {*wanted, *given})
    # first named variable fastest, averaged ones slowest
    rows = [tuple(reversed(cell)) for cell in product(*(range(k) for k in reversed(sizes)))]
    X, offset = _evaluate(
        spec, [axes[name] for name in order], np.array(rows).reshape(len(rows), len(order)), on_grid
    )
    n_cells = int(np.prod(sizes[: len(wanted)])) if wanted else 1
    around = [axes[name] for name in order[len(wanted) :]]
    shares = _shares(spec, around) if weights == "proportional" else None
    L = _average(X.reshape(-1, n_cells, X.shape[1]), shares)
    held_offset = _held_offset(design, on_grid)
    known = _average(offset.reshape(-1, n_cells), shares) + held_offset
    places = tuple(row[: len(wanted)] for row in rows[:n_cells])
    held = {name: _held_value(axes[name]) for name in order[len(wanted) :] if _is_held(spec, axes[name])}
    if held_offset:
        held["offset"] = f"{held_offset:.6g}"
    return Cells(tuple(axes[name] for name in wanted), places, L, known, held)


def _average(values: Array, shares: Array | None) -> Array:
    """The mean over the first axis, by shares or with all alike."""
    return values.mean(axis=0) if shares is None else np.tensordot(shares, values, 1)


def _shares(spec: ModelSpec, axes: list[Axis]) -> Array:
    """(combinations,) shares of the rows that have each combination of the values of some axes, first axis fastest."""
    sizes = [len(axis.values) for axis in axes]
    places = [_places(spec, axis) for axis in axes if axis.averaged]
    known = np.all([place >= 0 for place in places], axis=0) if places else np.ones(1, dtype=bool)
    whole = iter(places)
    index = [next(whole)[known] if axis.averaged else np.zeros(known.sum(), dtype=np.intp) for axis in axes]
    if not known.any():
        raise NotEstimableError("No row of the model has the levels named in `at`; name levels that occur.")
    flat = np.ravel_multi_index(index, sizes, order="F") if axes else np.zeros(1, dtype=np.intp)
    counts = np.bincount(flat, minlength=int(np.prod(sizes)))
    return np.asarray(counts / counts.sum(), dtype=np.float64)


def _places(spec: ModelSpec, axis: Axis) -> NDArray[np.intp]:
    """(n,) the position of every row of the model on an axis; -1 where it has another value."""
    factor = axis.factor or to_factor(spec.columns[axis.name])
    return match_levels(factor, tuple(label_of(value) for value in axis.values)).codes


def middle_of(column: Array) -> float:
    """Where a number stands that is not named."""
    return float(column.mean())


def _held_offset(design: Design, on_grid: tuple[Node, ...]) -> float:
    """Mean over the rows of every offset, of the formula or beside it, that the grid does not evaluate."""
    if not design.offset.any():
        return 0.0
    spec: ModelSpec = design.spec
    env = Environment(spec.columns, design.n, spec.learned)
    return float((design.offset - sum_of_offsets(on_grid, env)).mean())


def _is_held(spec: ModelSpec, axis: Axis) -> bool:
    """Whether a variable is a predictor that the table does not name and does not average over."""
    return not axis.averaged and axis.name in spec.columns_of(spec.plan.fixed.variables_in_terms)


def _held_value(axis: Axis) -> str:
    return " and ".join(f"{float(v):.6g}" for v in axis.values)


def _as_values(name: str, value: Any) -> tuple[Any, ...]:
    values = (value,) if isinstance(value, (str, bytes)) or np.ndim(value) == 0 else tuple(value)
    if not values:
        raise NotEstimableError(
            f"at={{{name!r}: ...}} names no value at which to evaluate; give one, or leave it out of `at`."
        )
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
    several = " Of several write a list, or the others as by=." if set("~|:*+") & set(name) else ""
    raise NotEstimableError(
        f"{name!r} is not a predictor of the fixed part, so it has no marginal means; there are {', '.join(columns)}."
        f"{several}"
    )


def _axis(spec: ModelSpec, name: str, named: bool, given: tuple[Any, ...] | None) -> Axis:
    column = spec.columns[name]
    if not isinstance(column, Factor) and column.dtype == np.bool_:
        column = Factor(column.astype(np.intp), ("FALSE", "TRUE"), logical=True)
    if isinstance(column, Factor):
        return Axis(name, _levels(name, column, given), column, averaged=True)
    if given is not None:
        return Axis(name, numbers_at(spec, name, given), None)
    levels = spec.made_a_factor(name)
    averaged = levels or bool(spec.steps_in(name))
    if not (named or averaged):
        return Axis(name, (middle_of(column),), None)
    values = np.unique(column)
    if named and len(values) > MOST_VALUES and not levels:
        raise NotEstimableError(
            f"{name} has {len(values)} distinct values; say at which to evaluate: at={{{name!r}: [...]}}."
        )
    return Axis(name, tuple(float(v) for v in values), None, averaged)


def numbers_at(spec: ModelSpec, name: str, value: Any) -> tuple[float, ...]:
    """What `at` gives for a numeric variable, one value or several, as numbers; dates in days since the first."""
    given, first = _as_values(name, value), spec.first_day(name)
    if first is not None and not all(isinstance(v, (int, float, np.number)) for v in given):
        given = tuple(days_since(first, given))
    values = as_numbers(given, f"{name} is numeric, so at={{{name!r}: ...}}")
    if not np.isfinite(values).all():
        raise NotEstimableError(
            f"at={{{name!r}: ...}} has values that are missing or infinite; give numbers."
        )
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


def _evaluate(
    spec: ModelSpec, axes: list[Axis], places: Array, offsets: tuple[Node, ...]
) -> tuple[Array, Array]:
    """Model matrix and the offsets that depend on the grid, at its points."""
    columns: dict[str, Any] = {}
    for k, axis in enumerate(axes):
        if axis.factor is None:
            columns[axis.name] = np.array(axis.values)[places[:, k]]
        else:
            code = np.array([axis.factor.levels.index(v) for v in axis.values], dtype=np.intp)
            columns[axis.name] = Factor(code[places[:, k]], axis.factor.levels, axis.factor.logical)
    env = Environment(columns, len(places), spec.learned)
    return spec.fixed_matrix(env), sum_of_offsets(offsets, env)
