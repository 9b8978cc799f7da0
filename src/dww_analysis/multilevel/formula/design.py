"""From a formula and a data frame to the arrays of a model.

The complete rows are kept and the rest counted by cause; the response, the fixed and random columns and the group
codes are built from them, and everything the data cannot carry is refused at this door (`checks`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..errors import DesignError
from ..model import Array, Design, RandomTerm
from . import checks
from .arguments import CONSTANTS
from .evaluation import Environment
from .expression import Node, names, write
from .matrix import Columns, evaluate_variables, model_matrix
from .rank import Rank, find_rank, full_rank, reasons
from .reading import (
    Factor,
    Value,
    as_it_is_now,
    drop_unused,
    find_column,
    first_day,
    is_dates,
    is_missing,
    match_levels,
    read_column,
    read_columns,
    take_rows,
    to_factor,
)
from .rows import complete_rows, frame_of, held_once, row_numbers
from .steps import gradual_names, level_names
from .terms import BarTerm, FormulaPlan, read_formula, read_group


@dataclass(frozen=True, eq=False)
class ModelSpec:
    """What is needed to build the same columns for new rows, and where the rows of the design came from."""

    plan: FormulaPlan
    assign: NDArray[np.intp]  # (p,) term of each fixed column; 0 is the intercept
    rank: Rank  # which columns of the formula the data can tell apart
    dropped: dict[str, str]  # the columns left out, each with the reason
    learned: dict[str, Any]  # levels, means and the like, by expression
    group_levels: dict[str, tuple[tuple[str, ...], ...]]  # per random term's group: the levels of its factors
    data: pd.DataFrame  # as it was when the design was built
    kept: NDArray[Any]  # positions of the complete rows in `data`
    missing: dict[str, int]  # rows with a missing value, by column
    columns: dict[str, Value] = field(default_factory=dict)  # the complete rows, read
    offset_column: str | None = None
    offset_given: bool = False
    n_thresholds: int = 0  # of an ordered outcome, in place of the intercept

    def coefficients_of(self, L: Array) -> Array:
        """(m, p) rows over the coefficients, from rows over all columns of the formula.

        For an ordered outcome the intercept becomes minus the mean of the thresholds, as in emmeans (mode "latent").
        """
        kept = L[:, self.rank.kept]
        if not self.n_thresholds:
            return kept
        shares = np.full((1, self.n_thresholds), -1.0 / self.n_thresholds)
        return np.hstack([kept[:, :1] * shares, kept[:, 1:]])

    def location_of(self, L: Array) -> Array:
        """The same without the thresholds: rows of `Design.X`."""
        rows = self.coefficients_of(L)
        rows[:, : self.n_thresholds] = 0.0
        return rows

    def column(self, name: str) -> Value:
        """A column over the rows of the design, in the model or not."""
        if name in self.columns:
            return self.columns[name]
        value = take_rows(read_column(find_column(self.data, name), name), self.kept)
        lost = int(is_missing(value).sum())
        if lost:
            raise DesignError(
                f"Column {name!r} is missing in {lost} of the {len(self.kept)} rows of the model; "
                "complete it, or leave these rows out before fitting."
            )
        return value

    def why_dropped(self) -> str:
        """The left-out columns with their reasons, as one sentence."""
        return "; ".join(f"{name} is left out because {why}" for name, why in self.dropped.items())

    def group_factor(self, name: str) -> Factor:
        """A column, or an interaction such as "team:wave", as a factor with the levels that occur."""
        if name in self.columns or name in self.data.columns:
            return drop_unused(to_factor(self.column(name)))
        nodes = read_group(name)
        env = Environment({n: self.column(n) for node in nodes for n in names(node)}, len(self.kept))
        return combine([drop_unused(to_factor(env.value(node))) for node in nodes])

    def environment(self, data: pd.DataFrame, names: Sequence[str]) -> Environment:
        """New rows as an environment in which transforms repeat what they learned."""
        columns = {name: self._new_column(data, name) for name in names}
        for name, value in columns.items():
            lost = int(is_missing(value).sum())
            if lost:
                raise DesignError(
                    f"New data: column {name!r} is missing in {lost} of {len(data)} rows; "
                    "leave these rows out or fill the column."
                )
        return Environment(columns, len(data), self.learned)

    def _new_column(self, data: pd.DataFrame, name: str) -> Value:
        column = find_column(data, name)
        first = self.first_day(name)
        if first is None and is_dates(column):
            raise DesignError(
                f"New data: {name!r} holds dates, and the model knows no dates there; convert it."
            )
        return read_column(column, name, first)

    def first_day(self, name: str) -> pd.Timestamp | None:
        """The day from which the dates of a column are counted; None for other columns."""
        column = find_column(self.data, name)
        return first_day(column) if is_dates(column) else None

    def made_a_factor(self, name: str) -> bool:
        """Whether a numeric column enters the fixed part as a factor, e.g. factor(time)."""
        return any(name in level_names(node) for node in self.plan.fixed.variables)

    def steps_in(self, name: str) -> tuple[str, ...]:
        """The parts of the formula through which a numeric column enters the fixed part where they all change in steps
        only, e.g. cut(time, 3); none for other columns."""
        around = [n for n in (*self.plan.fixed.variables, *self.plan.fixed.offsets) if name in names(n)]
        gradual = any(name in gradual_names(node) for node in around)
        return () if gradual else tuple(write(node) for node in around)

    def columns_of(self, nodes: Sequence[Node]) -> tuple[str, ...]:
        """The data columns that expressions name; constants such as pi are none."""
        return tuple(dict.fromkeys(n for node in nodes for n in names(node) if n in self.columns))

    def fixed_columns(self) -> tuple[str, ...]:
        """The data columns the fixed part and its offsets name."""
        return self.columns_of([*self.plan.fixed.variables, *self.plan.fixed.offsets])

    def fixed_matrix(self, env: Environment) -> Array:
        """(n, all columns) the fixed columns of the formula for an environment of new rows, left-out ones included."""
        variables = evaluate_variables(self.plan.fixed, env)
        return model_matrix(self.plan.fixed, variables, env.n).X

    def formula_offset(self, env: Environment) -> Array:
        """(n,) the sum of the offsets of the formula."""
        return formula_offset(self.plan, env)

    def random_matrix(self, bar: BarTerm, env: Environment) -> Array:
        """(n, q) the columns of a random term for an environment of new rows."""
        return model_matrix(bar.left, evaluate_variables(bar.left, env), env.n).X


def build_design(
    formula: str,
    data: pd.DataFrame,
    weights: str | ArrayLike | None = None,
    offset: str | ArrayLike | None = None,
    family: str = "gaussian",
    *,
    extra_columns: Sequence[str] = (),
) -> Design:
    """The design of an lme4-style formula over the complete rows of a data frame.

    `weights` and `offset` are a column name or one number per row of `data`; gaussian weights are precisions
    (variance sigma^2 / w), binomial weights numbers of trials. `extra_columns` are kept in the frame and must be
    complete as well. Factors are coded by treatment contrasts, ordered ones by polynomials. Fixed columns that are
    combinations of earlier ones, such as that of a cell without rows, are left out as R does and stand in
    `spec.dropped` with the reason. Refuses unknown columns (`FormulaError`) and everything in `checks` (`DesignError`).
    """
    plan = read_formula(formula)
    checks.check_data(data)
    data = as_it_is_now(data)
    columns, aside = _read(plan, data, weights, offset, extra_columns)
    kept, missing = complete_rows({**columns, **aside}, len(data))
    whole = Environment(columns, len(data)) if missing else None
    if len(kept) < len(data):
        columns = {name: take_rows(value, kept) for name, value in columns.items()}
        aside = {name: take_rows(value, kept) for name, value in aside.items()}
    columns = {name: drop_unused(v) if isinstance(v, Factor) else v for name, v in columns.items()}
    checks.check_finite({**columns, **aside})
    env = Environment(columns, len(kept), whole=whole, finite=True)
    y, w, categories = _response(plan, env, family, aside.get("weights"))
    fixed, rank, dropped = _fixed_part(plan, env)
    if categories:
        fixed = _with_thresholds(fixed, categories, plan)
    random, group_levels = _random_terms(plan, env)
    random = held_once(fixed, random, columns)
    spec = ModelSpec(
        plan, fixed.assign, rank, dropped, env.learned, group_levels, data, kept, missing, columns,
        offset if isinstance(offset, str) else None, offset is not None, max(len(categories) - 1, 0),
    )  # fmt: skip
    design = Design(
        formula=formula,
        response=plan.response_label,
        y=y,
        X=fixed.X,
        x_names=fixed.names,
        random=random,
        weights=w,
        offset=formula_offset(plan, env) + aside["offset"]
        if "offset" in aside
        else formula_offset(plan, env),
        frame=partial(frame_of, columns, data.index, kept),
        n_dropped=len(data) - len(kept),
        spec=spec,
        categories=categories,
    )
    vars(design)["gram"] = fixed.gram  # the rank was found from it
    checks.check_random(design, family)
    return design


# ---- rows ------------------------------------------------------------------------------------------------------
def _read(
    plan: FormulaPlan, data: pd.DataFrame, weights: Any, offset: Any, extra: Sequence[str]
) -> tuple[dict[str, Value], dict[str, Array]]:
    names = [n for n in plan.columns if n in data.columns or n not in CONSTANTS]
    columns = read_columns(data, [*names, *extra])
    aside = {}
    for role, given in (("weights", weights), ("offset", offset)):
        if given is not None:
            aside[role] = row_numbers(role, given, data)
    return columns, aside


# ---- response --------------------------------------------------------------------------------------------------
def _response(
    plan: FormulaPlan, env: Environment, family: str, weights: Array | None
) -> tuple[Array, Array, tuple[str, ...]]:
    """(n,) response, (n,) weights and the categories of an ordered outcome; proportion of successes and trials for a
    binomial outcome."""
    values = [env.value(node) for node in plan.response]
    w = checks.check_weights(weights, env.n)
    if family == "ordinal" and len(values) == 1:
        y, categories = checks.check_ordered(values[0], plan.response_label)
        return y, w, categories
    if len(values) == 2:
        if family != "binomial":
            raise DesignError(
                f"cbind(successes, failures) needs family='binomial', not {family!r}; name it, or model one column."
            )
        if weights is not None:
            raise DesignError(
                "cbind(successes, failures) already tells the number of trials; leave weights out."
            )
        return *checks.check_counts(values, [write(n) for n in plan.response]), ()
    return checks.check_response(values[0], plan.response_label, family, w), w, ()


# ---- fixed part ------------------------------------------------------------------------------------------------
def _fixed_part(plan: FormulaPlan, env: Environment) -> tuple[Columns, Rank, dict[str, str]]:
    """The columns that the data can tell apart, the rank, and why columns were left out."""
    variables = evaluate_variables(plan.fixed, env)
    found = model_matrix(plan.fixed, variables, env.n)
    rank = find_rank(found.X, found.gram) if len(found.names) else full_rank(0)
    checks.check_fixed_shape(env.n, len(rank.kept))
    if not len(rank.dropped):
        return found, rank, {}
    kept = Columns(found.X[:, rank.kept], tuple(found.names[j] for j in rank.kept), found.assign[rank.kept])
    return kept, rank, reasons(rank, found, plan.fixed, variables)


def _with_thresholds(fixed: Columns, categories: tuple[str, ...], plan: FormulaPlan) -> Columns:
    """The columns with one of zeros for each threshold in place of the intercept."""
    if fixed.names[0] != "(Intercept)":
        raise DesignError(
            f"The thresholds of an ordinal model are its intercepts; leave 0 or -1 out of '{plan.text}'."
        )
    thresholds = tuple(f"{low}|{high}" for low, high in pairwise(categories))
    zeros = np.zeros((len(fixed.X), len(thresholds)))
    assign = np.concatenate([np.zeros(len(thresholds), dtype=np.intp), fixed.assign[1:]])
    return Columns(np.hstack([zeros, fixed.X[:, 1:]]), (*thresholds, *fixed.names[1:]), assign)


# ---- random part -----------------------------------------------------------------------------------------------
def combine(factors: Sequence[Factor]) -> Factor:
    """The combinations of factors that occur, over the same rows, first factor slowest; each level is the tuple of
    its parts."""
    if len(factors) == 1:
        return factors[0]
    cell = factors[0].codes.astype(np.int64)
    for factor in factors[1:]:
        cell = cell * len(factor.levels) + factor.codes
    codes, cells = pd.factorize(cell, sort=True)
    places = np.unravel_index(cells, [len(f.levels) for f in factors])
    parts = [[f.levels[k] for k in place] for f, place in zip(factors, places, strict=True)]
    return Factor(codes.astype(np.intp), tuple(zip(*parts, strict=True)), all_occur=True)


def _random_terms(
    plan: FormulaPlan, env: Environment
) -> tuple[tuple[RandomTerm, ...], dict[str, tuple[tuple[str, ...], ...]]]:
    groups: dict[str, Factor] = {}
    found: dict[Any, Columns] = {}  # terms with the same columns share them
    levels: dict[str, tuple[tuple[str, ...], ...]] = {}
    terms = []
    for bar in plan.random:
        if bar.group_name not in groups:
            factors = [_group_factor(env.value(node)) for node in bar.group]
            groups[bar.group_name] = combine(factors)
            levels[bar.group_name] = tuple(f.levels for f in factors)
        group = groups[bar.group_name]
        if bar.left not in found:
            found[bar.left] = model_matrix(bar.left, evaluate_variables(bar.left, env), env.n)
        columns = found[bar.left]
        terms.append(RandomTerm(bar.group_name, columns.names, columns.X, group.codes, group.levels))
    return tuple(terms), levels


def _group_factor(value: Value) -> Factor:
    """A grouping factor with the levels that occur; columns read as factors have only those already."""
    return value if isinstance(value, Factor) else drop_unused(to_factor(value))


def new_group_codes(spec: ModelSpec, bar: BarTerm, term: RandomTerm, env: Environment) -> NDArray[np.intp]:
    """(n,) codes of new rows into the levels of a random term; -1 for levels the fit has not seen."""
    group = combine([to_factor(env.value(node)) for node in bar.group])
    return match_levels(group, term.levels).codes


def formula_offset(plan: FormulaPlan, env: Environment) -> Array:
    """(n,) sum of the offset(...) terms."""
    return sum_of_offsets(plan.fixed.offsets, env)


def sum_of_offsets(offsets: Sequence[Node], env: Environment) -> Array:
    """(n,) sum of some offset(...) terms; zeros (that take no memory) where there are none."""
    if not offsets:
        return np.broadcast_to(0.0, env.n)
    total = np.zeros(env.n)
    for node in offsets:
        total = total + env.numeric(node)
    if not np.isfinite(total).all():
        raise DesignError(
            "An offset of the formula is infinite or not a number in some rows; correct the column, or leave these "
            "rows out."
        )
    return total
