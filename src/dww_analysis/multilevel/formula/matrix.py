"""Columns of a model matrix from a term list, coded and named as R's `model.matrix` does.

A factor inside a term is coded by its contrasts when what remains of the term without it stands in an earlier term,
and by one indicator per level otherwise (Chambers & Hastie 1992, p. 38). The same code builds the columns with
sum-to-zero contrasts, which type III hypotheses need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import DesignError
from ..model import Array
from .contrasts import Contrasts
from .evaluation import Environment
from .expression import Node, write
from .reading import (
    AS_NUMBERS,
    LOGICAL_LEVELS,
    Factor,
    Value,
    drop_unused,
    holds_decimals,
    match_levels,
    some,
    to_factor,
)
from .terms import TermList

LARGEST_DESIGN = 200_000  # rows


@dataclass(frozen=True, eq=False)
class Variable:
    """One evaluated variable: columns with the suffixes R puts behind the label, or a factor."""

    label: str
    values: Array | None  # (n, k)
    suffixes: tuple[str, ...]
    factor: Factor | None


@dataclass(frozen=True, eq=False)
class Columns:
    """A model matrix with, for each column, the term it belongs to (0 is the intercept, then 1, 2, ...)."""

    X: Array
    names: tuple[str, ...]
    assign: NDArray[np.intp]

    @cached_property
    def gram(self) -> Array:
        """X'X."""
        return self.X.T @ self.X


def evaluate_variables(terms: TermList, env: Environment) -> list[Variable]:
    """The variables that stand in a term, in the order of the term list; levels are learned or matched."""
    used = {v for term in terms.terms for v in term}
    return [_variable(node, env) if i in used else _unused(node) for i, node in enumerate(terms.variables)]


def _unused(node: Node) -> Variable:
    return Variable(write(node), None, (), None)


def _variable(node: Node, env: Environment) -> Variable:
    label, value = write(node), env.value(node)
    key = f"levels of {label}"
    if env.frozen and key in env.learned:
        levels, contrasts = env.learned[key]
        factor = _known(match_levels(to_factor(value), levels), label)
        return Variable(label, None, (), replace(factor, contrasts=contrasts))
    if not env.frozen and (isinstance(value, Factor) or np.asarray(value).dtype == np.bool_):
        if holds_decimals(value):
            raise DesignError(
                f"Predictor {label} is text that holds numbers ({some(value.levels, 3)}), so each would be a category "
                f"of its own; {AS_NUMBERS}. If they are categories, make it a pd.Categorical."
            )
        factor = _with_levels(drop_unused(to_factor(value)), label)
        env.learned[key] = (factor.levels, factor.contrasts)
        return Variable(label, None, (), factor)
    values = _numbers(value, env.n, label)
    k = values.shape[1]
    suffixes = tuple(str(i + 1) for i in range(k)) if k > 1 else ("",)
    return Variable(label, values, suffixes, None)


def _with_levels(factor: Factor, label: str) -> Factor:
    """The factor, which must have two levels or more."""
    if len(factor.levels) < 2:
        raise DesignError(
            f"Predictor {label} has one level only ({factor.levels[0]}) in the complete rows, so it has no effect "
            "to estimate; leave it out or keep the rows of its other levels."
        )
    return factor


def _numbers(value: Value, n: int, label: str) -> Array:
    """(n, k) columns; a logical in new rows counts 0 and 1, other factors are refused where the model has a number."""
    if isinstance(value, Factor):
        if not value.logical:
            raise DesignError(
                f"{label} is a number in the model, and the new rows hold text or categories; convert them."
            )
        value = value.codes
    values = np.asarray(value, dtype=np.float64)
    return values.reshape(n, -1) if values.ndim else np.full((n, 1), values)


def _known(factor: Factor, label: str) -> Factor:
    unknown = int((factor.codes < 0).sum())
    if unknown:
        known = "FALSE, TRUE" if factor.levels == LOGICAL_LEVELS else ", ".join(factor.levels[:12])
        raise DesignError(
            f"{label} has a value the model does not know in {unknown} new rows; it knows {known}. Leave "
            "these rows out, or fit the model with them."
        )
    return factor


def every_cell(variables: list[Variable]) -> list[Variable]:
    """The variables over a design in which every combination of levels occurs, with numbers in general position: what
    holds for their columns holds whatever the data."""
    levels = [len(v.factor.levels) for v in variables if v.factor is not None]
    n_numbers = sum(len(v.suffixes) for v in variables if v.factor is None)
    cells = np.indices(levels).reshape(len(levels), -1) if levels else np.zeros((0, 1), dtype=np.intp)
    if cells.shape[1] * (2 + 2 * n_numbers) > LARGEST_DESIGN:
        raise DesignError(
            f"The factors of the fixed part have {cells.shape[1]} combinations of levels, too many to work out its "
            "hypotheses; merge levels, or test chosen terms with test()."
        )
    codes = np.repeat(cells, 2 + 2 * n_numbers, axis=1)
    rng = np.random.default_rng(0)  # any numbers do; these are the same every time
    out, at = [], 0
    for v in variables:
        if v.factor is not None:
            out.append(Variable(v.label, None, (), replace(v.factor, codes=codes[at])))
            at += 1
        else:
            values = rng.uniform(-1.0, 1.0, (codes.shape[1], len(v.suffixes)))
            out.append(Variable(v.label, values, v.suffixes, None))
    return out


def n_rows(variables: list[Variable]) -> int:
    """Rows over which variables were evaluated; one where there are none."""
    values = [v.values if v.factor is None else v.factor.codes for v in variables]
    return next((len(v) for v in values if v is not None), 1)


def coding(terms: TermList, is_factor: list[bool]) -> list[dict[int, bool]]:
    """Per term, for each factor in it: True for contrasts, False for one column a level. is_factor: of each variable
    of the term list."""
    out: list[dict[int, bool]] = []
    for place, term in enumerate(terms.terms):
        rule = {}
        for v in term:
            if is_factor[v]:
                rest = set(term) - {v}
                rule[v] = not rest or any(rest <= set(earlier) for earlier in terms.terms[:place])
        out.append(rule)
    if not terms.intercept:  # R codes the first factor it meets in full when there is no intercept
        for rule in out:
            if rule:
                rule[next(iter(rule))] = False
                break
    return out


def model_matrix(
    terms: TermList, variables: list[Variable], n: int, contrasts: Contrasts | None = None
) -> Columns:
    """The columns of a term list; `contrasts` codes every factor in the same way, None each in its own."""
    rules = coding(terms, [v.factor is not None for v in variables])
    blocks = [np.ones((n, 1))] if terms.intercept else []
    names = ["(Intercept)"] if terms.intercept else []
    assign = [0] if terms.intercept else []
    for number, (term, rule) in enumerate(zip(terms.terms, rules, strict=True), start=1):
        block, labels = _term_columns(term, rule, variables, contrasts)
        blocks.append(block)
        names += labels
        assign += [number] * len(labels)
    return Columns(beside(blocks, n), tuple(names), np.array(assign, dtype=np.intp))


def beside(blocks: Sequence[Array], n: int) -> Array:
    """Blocks of columns (n, ...) as one matrix. The numbers of a column lie next to each other, so that what goes
    through a model column by column is fast."""
    if len(blocks) == 1:
        return blocks[0]
    out, at = np.empty((sum(block.shape[1] for block in blocks), n)), 0
    for block in blocks:
        out[at : at + block.shape[1]] = block.T
        at += block.shape[1]
    return out.T


def _term_columns(
    term: tuple[int, ...], rule: dict[int, bool], variables: list[Variable], contrasts: Contrasts | None
) -> tuple[Array, list[str]]:
    """Products of the columns of a term's variables; the first variable varies fastest."""
    block, labels = _coded(variables[term[0]], rule.get(term[0]), contrasts)
    for v in term[1:]:
        right, right_labels = _coded(variables[v], rule.get(v), contrasts)
        block = (right[:, :, None] * block[:, None, :]).reshape(len(block), -1)
        labels = [f"{a}:{b}" for b in right_labels for a in labels]
    return block, labels


def _coded(
    variable: Variable, by_contrast: bool | None, contrasts: Contrasts | None
) -> tuple[Array, list[str]]:
    factor = variable.factor
    if factor is None:
        assert variable.values is not None
        return variable.values, [variable.label + s for s in variable.suffixes]
    table, labels = np.eye(len(factor.levels)), factor.levels
    if by_contrast:
        table, labels = (contrasts or factor.contrasts).table(factor.levels)
    return table[factor.codes], [variable.label + label for label in labels]
