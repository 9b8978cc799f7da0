"""Quantities defined in the model text from labels, `name := expression`, with delta-method standard errors."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.factor.distributions import Z_95, two_sided
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.model import Model

Array = NDArray[Any]
_BINARY: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sqrt": math.sqrt,
    "exp": math.exp,
    "log": math.log,
    "abs": abs,
}


def defined_rows(
    model: Model, values: Array, covariance: Array, std_all: Array, std_lv: Array
) -> pd.DataFrame | None:
    """Rows for the parameter table, or nothing when the text defines nothing.

    The standardised columns hold the expression at the standardised estimates.
    """
    if not model.table.definitions:
        return None
    label_at: dict[str, int] = {}
    for k, row in enumerate(model.rows):
        if row.label and not row.label.startswith("."):
            label_at.setdefault(row.label, k)
    rows = []
    for definition in model.table.definitions:
        estimate, se = _with_error(definition.expression, label_at, model, values, covariance)
        z = estimate / se if se > 0 else np.nan
        rows.append(
            {
                "lhs": definition.name,
                "op": ":=",
                "rhs": definition.expression.replace(" ", ""),
                "group": 0,
                "level": 0,
                "label": definition.name,
                "free": False,
                "estimate": estimate,
                "std_error": se,
                "z": z,
                "p_value": float(two_sided(z)),
                "conf_low": estimate - Z_95 * se,
                "conf_high": estimate + Z_95 * se,
                "standardised": _at(definition.expression, label_at, model, std_all),
                "standardised_lv": _at(definition.expression, label_at, model, std_lv),
            }
        )
    return pd.DataFrame(rows)


def _at(expression: str, label_at: dict[str, int], model: Model, numbers: Array) -> float:
    try:
        text = ast.parse(expression.replace("^", "**"), mode="eval").body
    except SyntaxError as error:
        raise _unreadable(expression) from error
    known = {definition.name: definition.expression for definition in model.table.definitions}
    return _value(text, label_at, numbers, known)


def _unreadable(expression: str) -> FactorError:
    return FactorError.of(
        found=f"the expression '{expression}'",
        where="model text (:=)",
        expected="labels of the model, numbers and + - * / ^ sqrt exp log abs",
        action="rewrite it",
    )


def _with_error(
    expression: str, label_at: dict[str, int], model: Model, values: Array, covariance: Array
) -> tuple[float, float]:
    def at(numbers: Array) -> float:
        return _at(expression, label_at, model, numbers)

    estimate, gradient = at(values), np.zeros(model.n_theta)
    for name, k in label_at.items():
        j = model.theta_of_row[k]
        if j < 0:
            continue
        h = 1e-5 * max(1.0, abs(values[k]))
        up, down = values.copy(), values.copy()
        up[label_at[name]] += h
        down[label_at[name]] -= h
        gradient[j] += (at(up) - at(down)) / (2 * h)
    return estimate, float(np.sqrt(gradient @ covariance @ gradient)) if model.n_theta else 0.0


def _value(node: ast.AST, label_at: dict[str, int], values: Array, known: dict[str, str]) -> float:
    def inner(part: ast.AST) -> float:
        return _value(part, label_at, values, known)

    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in label_at:
        return float(values[label_at[node.id]])
    if isinstance(node, ast.Name) and node.id in known:
        return inner(ast.parse(known[node.id].replace("^", "**"), mode="eval").body)
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _BINARY[type(node.op)](inner(node.left), inner(node.right))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return -inner(node.operand) if isinstance(node.op, ast.USub) else inner(node.operand)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in _FUNCTIONS
        and len(node.args) == 1
    ):
        return _FUNCTIONS[node.func.id](inner(node.args[0]))
    raise _unreadable(ast.unparse(node))
