"""Linear functions of the fixed effects: what a caller may hand over as L, and the type II and III hypotheses.

Type III hypotheses are those of SAS (for designs without empty cells): the coefficients of the term when every factor
is coded to sum to zero, so that the levels of other factors count equally and the reference level does not matter;
numeric variables stay as they are, so a main effect beside an interaction with a number is the effect at zero.
A model of one term has one test whatever the type; its rows are those of type I, as in lmerTest.

Type II hypotheses are those of SAS and lmerTest too: a term given all terms that do not contain it, so that levels of
other factors count as often as they occur. A term contains another when it has its variables and more factors besides;
`condition:time` with a number `time` contains `time`, not `condition`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import FormulaError, MethodError, NotEstimableError
from ..formula.checks import as_numbers
from ..formula.contrasts import SUM, TREATMENT
from ..formula.design import ModelSpec
from ..formula.evaluation import Environment
from ..formula.matrix import Variable, evaluate_variables, every_cell, model_matrix, n_rows
from ..formula.rank import COLLINEAR, Rank
from ..model import Array, Design

UNKNOWN = 1e-7  # a weight on what the data do not inform that is more than rounding
SAFE_CURVATURE = 1e-5  # smallest eigenvalue of a cross-product of unit columns that costs at most five digits


def as_rows(L: Any, names: tuple[str, ...], dropped: Mapping[str, str] | None = None) -> Array:
    """(m, p) hypothesis matrix from an array, a data frame with term columns, a term name, a list of names, or a
    mapping from names to weights. `dropped`: columns the fit left out, with the reason; naming one is refused."""
    if isinstance(L, str):
        return as_rows([L], names, dropped)
    if isinstance(L, pd.DataFrame):
        return np.vstack([as_rows(dict(row), names, dropped) for _, row in L.iterrows()])
    if isinstance(L, Mapping):
        row = np.zeros((1, len(names)))
        for term, weight in L.items():
            row[0, _position(str(term), names, dropped or {})] = float(weight)
        return row
    if isinstance(L, (list, tuple, np.ndarray, pd.Index)) and len(L) and all(isinstance(t, str) for t in L):
        return np.vstack([as_rows({term: 1.0}, names, dropped) for term in L])
    rows = np.atleast_2d(as_numbers(L, "A hypothesis that does not name terms"))
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise NotEstimableError(
            f"A hypothesis has one weight for each of the {len(names)} fixed effects ({', '.join(names)}); "
            f"this one has shape {np.shape(L)}. Give weights by name, as in {{name: 1.0}}."
        )
    if not np.isfinite(rows).all():
        raise NotEstimableError("A hypothesis has weights that are missing or infinite; correct them.")
    return rows


def _position(term: str, names: tuple[str, ...], dropped: Mapping[str, str]) -> int:
    if term in dropped:
        raise NotEstimableError(
            f"{term} is not estimable: {dropped[term]}, so the model left it out. Test what the data inform: "
            f"{', '.join(names)}."
        )
    if term not in names:
        hint = (
            " Write the names alone, as in test(['x', 'z']): all of them are zero."
            if "=" in str(term)
            else ""
        )
        raise FormulaError(
            f"{term!r} is not a fixed effect of the model; there are {', '.join(names)}.{hint}"
        )
    if names.count(term) > 1:
        raise FormulaError(
            f"Two fixed effects are named {term}, because levels hold colons; give the hypothesis as an array."
        )
    return names.index(term)


def check_rank(L: Array) -> None:
    """Full row rank, otherwise the number of hypotheses is not what it seems."""
    scaled = L / np.maximum(np.sqrt((L**2).sum(axis=1, keepdims=True)), 1e-300)
    if len(L) == 0 or len(L) > L.shape[1] or np.linalg.svd(scaled, compute_uv=False)[-1] < COLLINEAR:
        raise NotEstimableError(
            f"The {len(L)} rows of the hypothesis are not linearly independent (or one is zero); leave out the rows "
            "that follow from others."
        )


def type2_hypotheses(design: Design) -> dict[str, Array]:
    """Per term of the fixed part (without the intercept), the (k, p) matrix L of its type II test.

    The rows of the term in the triangle of X'X, with the columns of terms that contain it put last, or its coefficients
    where none does; precision weights and variance components play no part, as in lmerTest. A term of which every
    column was left out has no rows.
    """
    spec, env, X, assign = _formula_columns(design)
    terms = spec.plan.fixed
    factors = [v.factor is not None for v in evaluate_variables(terms, env)]
    found = {}
    for number, (label, term) in enumerate(zip(terms.labels, terms.terms, strict=True), start=1):
        last = [k for k, other in enumerate(terms.terms, start=1) if _contains(other, term, factors)]
        alone = not last and len(terms.terms) > 1
        rows = np.eye(len(assign))[assign == number] if alone else _rows_before(X, assign, number, last)
        found[label] = _over_coefficients(spec, rows)
    return found


def _rows_before(X: Array, assign: NDArray[np.intp], number: int, last: list[int]) -> Array:
    """The rows of a term in the triangle of X'X with its columns behind all others but those of the terms `last`."""
    order = np.argsort((assign == number) + 2 * np.isin(assign, last), kind="stable")
    rows = np.zeros((int((assign == number).sum()), X.shape[1]))
    rows[:, order] = _sequential_basis(X[:, order])[assign[order] == number]
    return rows


def _contains(larger: tuple[int, ...], smaller: tuple[int, ...], factors: list[bool]) -> bool:
    """Whether a term has the variables of another and, beyond them, factors alone."""
    return set(smaller) < set(larger) and all(factors[v] for v in set(larger) - set(smaller))


def type3_hypotheses(design: Design) -> dict[str, Array]:
    """Per term of the fixed part (without the intercept), the (k, p) matrix L of its type III test.

    Where columns were left out, a term keeps the part of its hypothesis that is estimable, with fewer rows (none: the
    matrix is empty), as joint tests of estimated marginal means do.
    """
    spec, env, X, assign = _formula_columns(design)
    return {label: _over_coefficients(spec, L) for label, L in _hypotheses(spec, env, X, assign).items()}


def _formula_columns(design: Design) -> tuple[ModelSpec, Environment, Array, NDArray[np.intp]]:
    """The columns that hypotheses are about and the term of each: those of the formula, for an ordered outcome with an
    intercept in place of its thresholds."""
    spec: ModelSpec = design.spec
    env = Environment(spec.columns, design.n, spec.learned)
    X, assign = design.X, spec.assign
    if spec.n_thresholds:
        X = spec.fixed_matrix(env)[:, spec.rank.kept]
        assign = np.concatenate([[0], assign[spec.n_thresholds :]])
    return spec, env, X, assign


TYPES = {2: type2_hypotheses, 3: type3_hypotheses}
ROMAN = {"II": 2, "III": 3}


def type_of_tests(said: int | str) -> int:
    """2 or 3, also from "II" and "III"; refuses other types."""
    number = ROMAN.get(said, said) if isinstance(said, str) else said
    if number not in TYPES:
        raise MethodError(f"Tests of terms are of type 2 or 3, not {said!r}; correct `type`.")
    return int(number)


def _over_coefficients(spec: ModelSpec, L: Array) -> Array:
    """Rows over the kept columns of the formula as rows over the coefficients."""
    return np.hstack([np.zeros((len(L), spec.n_thresholds)), L[:, 1:]]) if spec.n_thresholds else L


def _hypotheses(spec: ModelSpec, env: Environment, X: Array, assign: NDArray[np.intp]) -> dict[str, Array]:
    terms = spec.plan.fixed
    if len(terms.labels) == 1:
        return {terms.labels[0]: _sequential_basis(X)[assign == 1]}
    variables = evaluate_variables(terms, env)
    if spec.dropped:
        return _estimable_hypotheses(spec, variables, assign)
    coded = model_matrix(terms, variables, env.n, SUM).X
    size = np.sqrt((coded**2).sum(axis=0))
    size[size == 0] = 1.0
    usual = all(v.factor is None or v.factor.contrasts == TREATMENT for v in variables)
    plain = X if usual else model_matrix(terms, variables, env.n, TREATMENT).X
    change = _change_of_coding(coded / size, plain) / size[:, None]
    found = {
        label: _own_basis(change, assign == number) for number, label in enumerate(terms.labels, start=1)
    }
    if usual:
        return found
    length = np.sqrt((plain**2).sum(axis=0))
    back = _change_of_coding(plain / length, X) / length[:, None]
    return {label: rows @ back for label, rows in found.items()}


def _estimable_hypotheses(
    spec: ModelSpec, variables: list[Variable], assign: NDArray[np.intp]
) -> dict[str, Array]:
    """The estimable part of every term's hypothesis, over the kept columns."""
    terms = spec.plan.fixed
    every = every_cell(variables)
    n = n_rows(every)
    plain = model_matrix(terms, every, n)
    change = _change_of_coding(model_matrix(terms, every, n, SUM).X, plain.X)
    found = {}
    for number, label in enumerate(terms.labels, start=1):
        rows = _estimable_part(change[plain.assign == number], spec.rank)
        own = assign == number
        found[label] = _own_basis_of(rows, own) if len(rows) == own.sum() else rows
    return found


def _estimable_part(rows: Array, rank: Rank) -> Array:
    """(k', p) the combinations of rows (k, all columns) that are estimable, over the kept columns."""
    size = np.abs(rows) @ np.abs(rank.combinations)
    unknown = np.where(np.abs(rows @ rank.combinations) > UNKNOWN * size, rows @ rank.combinations, 0.0)
    left, values, _ = np.linalg.svd(unknown)
    free = left[:, int((values > UNKNOWN * max(float(np.abs(unknown).max(initial=0.0)), 1.0)).sum()) :].T
    part: Array = (free @ rows)[:, rank.kept]
    part[np.abs(part) < 1e-9 * np.abs(part).max(axis=1, keepdims=True, initial=1e-300)] = 0.0
    return part


def _change_of_coding(coded: Array, X: Array) -> Array:
    """A with coded A = X; from cross-products where these are safe, which spares many rows."""
    gram = coded.T @ coded
    if np.linalg.eigvalsh(gram)[0] > SAFE_CURVATURE:
        return np.asarray(np.linalg.solve(gram, coded.T @ X), dtype=np.float64)
    change, _, rank, _ = np.linalg.lstsq(coded, X, rcond=None)
    if rank < X.shape[1]:
        raise NotEstimableError(
            "Type III hypotheses are not determined: levels cannot be averaged equally here. Test "
            "chosen terms with test()."
        )
    return np.asarray(change, dtype=np.float64)


def _sequential_basis(X: Array) -> Array:
    """(p, p) unit upper triangle U with X'X = U' D U (Doolittle): row j is column j given the columns before it.

    A row subset tests the same as the identity on these columns; only the Satterthwaite df of several rows differ.
    """
    size = np.sqrt((X**2).sum(axis=0))
    triangle = np.linalg.qr(X / size, mode="r") * size
    rows = np.asarray(triangle / np.diag(triangle)[:, None], dtype=np.float64)
    rows[np.abs(rows) < 1e-9 * np.abs(rows).max(axis=1, keepdims=True)] = 0.0
    return rows


def _own_basis(change: Array, own: NDArray[np.bool_]) -> Array:
    """The rows of a term, combined so that they are the identity on the term's own columns.

    The hypothesis is the same; Satterthwaite df of several rows depend on how they are combined, and these are the
    combinations of lmerTest (differences from the first level, whatever the coding).
    """
    return _own_basis_of(change[own], own)


def _own_basis_of(rows: Array, own: NDArray[np.bool_]) -> Array:
    square = rows[:, own]
    if square.size and np.linalg.cond(square) < 1 / COLLINEAR:
        rows = np.asarray(np.linalg.solve(square, rows), dtype=np.float64)
    rows[np.abs(rows) < 1e-9 * np.abs(rows).max(axis=1, keepdims=True)] = 0.0
    return rows
