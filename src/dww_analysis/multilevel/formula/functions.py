"""The functions of R that a formula may call, each with the arguments it takes.

A function gets the environment, the call and its arguments by name; what it learns from the data (`scale`, `poly`,
`ns`, `bs`, `cut`) it keeps in the environment, so that new rows are treated as the old ones were.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..errors import DesignError, FormulaError
from .arguments import (
    CONSTANTS,
    Environment,
    Function,
    Given,
    constants,
    flag,
    level_labels,
    numbers,
    positive,
    whole,
)
from .codings import coded, make_factor, make_ordered, relevel
from .contrasts import POLY, TREATMENT
from .expression import CODED, Node, write
from .reading import Factor, Value, label_of, some
from .recoding import (
    SHORTEST,
    as_condition,
    check_inside,
    choose,
    cut,
    cut_labels,
    equal_breaks,
    have_one_label,
    is_among,
)
from .splines import CUBIC, SplineCall, find_knots


def _of_numbers(function: Callable[..., Any]) -> Callable[[Environment, Node, Given], Value]:
    """A calculation of numbers, in the order of its arguments."""

    def compute(env: Environment, node: Node, given: Given) -> Value:
        with np.errstate(all="ignore"):
            return function(*(env.numeric(argument) for argument in given.values()))

    return compute


def _log(x: NDArray[np.float64], base: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    return np.log(x) if base is None else np.log(x) / np.log(base)


def _round(env: Environment, node: Node, given: Given) -> NDArray[np.float64]:
    return np.round(env.numeric(given["x"]), whole(env, given.get("digits"), node) or 0)


def _inhibit(env: Environment, node: Node, given: Given) -> Value:
    (inner,) = given.values()
    return env.evaluate(inner)


def _scale(env: Environment, node: Node, given: Given) -> NDArray[np.float64]:
    x = env.numeric(given["x"])
    centred, scaled = (flag(given, name, True, node) for name in ("center", "scale"))

    def learn() -> tuple[float, float]:
        known = env.present(given["x"])
        centre = float(known.mean()) if centred else 0.0
        return centre, float(
            np.sqrt(((known - centre) ** 2).sum() / max(len(known) - 1, 1))
        ) if scaled else 1.0

    centre, spread = env.learn(node, learn)
    if spread == 0:
        raise DesignError(
            f"{write(node)}: the column has no variation, so it cannot be scaled; leave it out."
        )
    return (x - centre) / spread


def _center(env: Environment, node: Node, given: Given) -> NDArray[np.float64]:
    x = env.numeric(given["x"])
    return x - env.learn(node, lambda: float(env.present(given["x"]).mean()))


def _poly(env: Environment, node: Node, given: Given) -> NDArray[np.float64]:
    """R's poly(): orthogonal polynomials by three-term recurrence (Kennedy & Gentle 1980), or raw powers."""
    x = env.numeric(given["x"])
    degree = positive(env, node, given, "degree", 1)
    if flag(given, "raw", False, node):
        return np.column_stack([x**k for k in range(1, degree + 1)])
    alpha, norm2 = env.learn(node, lambda: _poly_coefficients(env.present(given["x"]), degree, write(node)))
    columns = _recurrence(x, alpha, norm2, degree)
    return np.column_stack([columns[k] / np.sqrt(norm2[k + 1]) for k in range(1, degree + 1)])


def _recurrence(x: NDArray[Any], alpha: list[float], norm2: list[float], degree: int) -> list[NDArray[Any]]:
    columns = [np.ones_like(x), x - alpha[0]]
    for k in range(2, degree + 1):
        columns.append((x - alpha[k - 1]) * columns[k - 1] - norm2[k] / norm2[k - 1] * columns[k - 2])
    return columns


def _poly_coefficients(x: NDArray[Any], degree: int, label: str) -> tuple[list[float], list[float]]:
    if degree < 1 or degree >= len(np.unique(x)):
        raise DesignError(
            f"{label}: the degree must be at least 1 and below the number of distinct values; lower it, "
            "or use factor()."
        )
    alpha, norm2 = [float(x.mean())], [1.0, float(len(x))]
    for k in range(1, degree + 1):
        column = _recurrence(x, alpha, norm2, k)[k]
        norm2.append(float(column @ column))
        alpha.append(float((x * column**2).sum() / norm2[-1]))
    return alpha, norm2


def _as_numeric(env: Environment, node: Node, given: Given) -> NDArray[np.float64]:
    value = env.evaluate(given["x"])
    return (
        np.asarray(value.codes + 1.0, dtype=np.float64)
        if isinstance(value, Factor)
        else np.asarray(value, dtype=np.float64)
    )


# ---- splines, new variables ----------------------------------------------------------------------------------------
def _natural_spline(env: Environment, node: Node, given: Given) -> NDArray[np.float64]:
    return _spline(env, node, given, natural=True)


def _b_spline(env: Environment, node: Node, given: Given) -> NDArray[np.float64]:
    return _spline(env, node, given, natural=False)


def _spline(env: Environment, node: Node, given: Given, natural: bool) -> NDArray[np.float64]:
    asked = SplineCall(
        write(node), natural, whole(env, given.get("df"), node),
        numbers(env, given.get("knots"), node), positive(env, node, given, "degree", CUBIC),
        flag(given, "intercept", False, node), numbers(env, given.get("Boundary.knots"), node),
    )  # fmt: skip
    knots = env.learn(node, lambda: find_knots(env.present(given["x"]), asked))
    columns: NDArray[np.float64] = knots.columns(env.numeric(given["x"]))
    return columns


def _ifelse(env: Environment, node: Node, given: Given) -> Value:
    condition = np.broadcast_to(as_condition(env.evaluate(given["test"])), env.n)
    return choose(condition, env.evaluate(given["yes"]), env.evaluate(given["no"]))


def is_in(env: Environment, node: Node) -> NDArray[np.bool_]:
    left, right = node.args
    wanted = constants(env, right)
    _check_known(env, node, left, wanted)
    return is_among(env.evaluate(left), wanted)


def is_same(env: Environment, node: Node) -> NDArray[np.bool_]:
    """(n,) whether the labels of both sides are one, where one side is categorical at least."""
    for side, other in (node.args, node.args[::-1]):
        value = env.evaluate(other)
        if not isinstance(value, Factor) and np.ndim(value) == 0:
            _check_known(env, node, side, [value])
    return have_one_label(*(env.evaluate(side) for side in node.args))


def _check_known(env: Environment, node: Node, left: Node, wanted: list[Any]) -> None:
    """Refuses what is no level of a categorical expression; new rows need not hold every level."""
    if env.frozen or not isinstance(env.evaluate(left), Factor):
        return
    known = (env.whole or env).evaluate(left).levels
    unknown = [label_of(w) for w in wanted if label_of(w) not in known]
    if unknown:
        raise DesignError(
            f"{write(node)}: {some(unknown)} is not a level of {write(left)}; there are {some(known)}."
        )


def _cut(env: Environment, node: Node, given: Given) -> Value:
    """R's cut(): intervals of a number; values outside them are refused where R makes them missing."""
    breaks = np.array(env.learn(node, lambda: _breaks(env, node, given)))
    right = flag(given, "right", True, node)
    lowest = flag(given, "include.lowest", False, node)
    codes = cut(env.numeric(given["x"]), breaks, right, lowest)
    check_inside(codes, write(node))
    labels = cut_labels(breaks, right, lowest, positive(env, node, given, "dig.lab", SHORTEST))
    if "labels" in given:
        if constants(env, given["labels"]) == [CONSTANTS["FALSE"]]:
            return codes + 1.0
        wanted = level_labels(env, given["labels"], node)
        if len(wanted) != len(labels):
            raise FormulaError(
                f"{write(node)} has {len(labels)} intervals and {len(wanted)} labels; name each."
            )
        labels = wanted
    ordered = flag(given, "ordered_result", False, node)
    return Factor(codes, labels, contrasts=POLY if ordered else TREATMENT)


def _breaks(env: Environment, node: Node, given: Given) -> tuple[float, ...]:
    breaks = numbers(env, given.get("breaks"), node)
    if breaks is None:
        raise FormulaError(f"{write(node)} needs breaks: cut(x, c(0, 5, 10)), or a number of intervals.")
    if len(breaks) > 1:
        if len(set(breaks)) < len(breaks):
            raise FormulaError(f"{write(node)}: a break is named twice; name it once.")
        return tuple(sorted(breaks))
    if breaks[0] < 2:
        raise FormulaError(f"{write(node)}: {breaks[0]:g} is not a number of intervals; write 2 or more.")
    x = env.present(given["x"])
    if np.ptp(x) == 0:
        raise DesignError(
            f"{write(node)}: the column has no variation, so it has no intervals; leave it out."
        )
    return equal_breaks(x, int(breaks[0]))


# ---- the register ------------------------------------------------------------------------------------------------
OF_ONE_NUMBER: dict[str, Callable[..., Any]] = {
    "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "exp": np.exp, "expm1": np.expm1, "sqrt": np.sqrt,
    "qlogis": special.logit, "plogis": special.expit, "qnorm": special.ndtri, "pnorm": special.ndtr,
    "asin": np.arcsin, "asinh": np.arcsinh, "sinh": np.sinh, "atanh": np.arctanh, "tanh": np.tanh,
    "abs": np.abs, "sin": np.sin, "cos": np.cos, "tan": np.tan,
}  # fmt: skip
STEPS_OF_ONE_NUMBER: dict[str, Callable[..., Any]] = {"floor": np.floor, "ceiling": np.ceil, "sign": np.sign}
FUNCTIONS: dict[str, Function] = {
    **{name: Function(_of_numbers(function)) for name, function in OF_ONE_NUMBER.items()},
    **{n: Function(_of_numbers(function), steps=("x",)) for n, function in STEPS_OF_ONE_NUMBER.items()},
    "log": Function(_of_numbers(_log), ("x", "base")),
    "pmin": Function(_of_numbers(np.minimum), ("x", "y"), needs=2),
    "pmax": Function(_of_numbers(np.maximum), ("x", "y"), needs=2),
    "round": Function(_round, ("x", "digits"), steps=("x",)),
    "I": Function(_inhibit),
    "offset": Function(_inhibit, ("object",)),
    "as.numeric": Function(_as_numeric),
    "scale": Function(_scale, ("x", "center", "scale")),
    "center": Function(_center),
    "poly": Function(_poly, ("x", "degree", "raw")),
    "ns": Function(_natural_spline, ("x", "df", "knots", "intercept", "Boundary.knots")),
    "bs": Function(_b_spline, ("x", "df", "knots", "degree", "intercept", "Boundary.knots")),
    "ifelse": Function(_ifelse, ("test", "yes", "no"), needs=3, steps=("test",)),
    "cut": Function(
        _cut, ("x", "breaks", "labels", "include.lowest", "right", "dig.lab", "ordered_result"), steps=("x",)
    ),
    "factor": Function(make_factor, ("x", "levels"), ("ordered",), steps=("x",), levels=True),
    "as.factor": Function(make_factor, steps=("x",), levels=True),
    "ordered": Function(make_ordered, ("x", "levels"), steps=("x",), levels=True),
    "relevel": Function(relevel, ("x", "ref"), needs=2, steps=("x",), levels=True),
    "C": Function(coded, *CODED, steps=("object", "contr", "base"), levels=True),
}
