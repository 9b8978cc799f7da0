"""The way back from a transformed outcome, such as log(y), to the outcome itself.

The left side of a formula is read from the outside in: every calculation around one column that can be undone becomes
a step back. What cannot be undone (abs(y), y1 - y2, a square of values of both signs) is said to be so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special

from ..errors import FormulaError
from ..model import Array
from .design import ModelSpec
from .evaluation import Environment
from .expression import Node, names, write
from .functions import FUNCTIONS
from .reading import Factor

Undo = Callable[[Array], Array]


@dataclass(frozen=True)
class Step:
    """One calculation of an outcome, and how it is undone."""

    undo: Undo
    slope: Undo  # derivative of `undo`
    label: str  # what the calculation was of, as it is written
    factor: float | None = None  # of a straight line, what one unit before is after; None for curves
    log_base: float | None = None  # for a logarithm its natural logarithm of the base
    odds: bool = False  # a logit
    shifted: bool = False  # log1p: of one more than the outcome


class CannotUndo(FormulaError):
    """The outcome is calculated in a way that has no way back."""


def steps_back(spec: ModelSpec) -> list[Step]:
    """The steps from the outcome of the model to the data column it was made of; none when it is a column."""
    if len(spec.plan.response) != 1:
        return []
    node = spec.plan.response[0]
    env = Environment(spec.columns, len(spec.kept), spec.learned)
    columns = [n for n in dict.fromkeys(names(node)) if n in spec.columns]
    try:
        return list(_steps(node, env)) if len(columns) == 1 else _refuse(node)
    except CannotUndo as error:
        raise CannotUndo(
            f"The outcome is the transformed {write(node)}, and {error}, so results cannot be turned back to "
            f"{' and '.join(columns) or 'a column'}. Use type='link' (the scale of {write(node)}), or fit the "
            "column itself."
        ) from None


def _refuse(node: Node) -> list[Step]:
    raise CannotUndo(f"{write(node)} is made of several columns")


def _steps(node: Node, env: Environment) -> Iterator[Step]:
    while node.kind != "name":
        inner, step = _outermost(node, env)
        if step is not None:
            yield step
        node = inner


def _outermost(node: Node, env: Environment) -> tuple[Node, Step | None]:
    """The expression inside the outermost calculation, and the step that undoes it."""
    if node.kind == "(":
        return node.args[0], None
    if node.kind == "call":
        return _of_call(node, env)
    if len(node.args) == 1:
        return node.args[0], _line(node, node.args[0], 0.0, {"-": -1.0, "+": 1.0}.get(node.kind))
    return _of_operator(node, env)


# ---- functions ---------------------------------------------------------------------------------------------------
def _of_call(node: Node, env: Environment) -> tuple[Node, Step | None]:
    function = node.args[0]
    inner, *others = FUNCTIONS[function].match(node).values()
    label = write(inner)
    if function in ("I", "as.numeric") and not isinstance(env.evaluate(inner), Factor):
        return inner, None
    if function in ("scale", "center"):
        return inner, _learned_line(node, inner, env)
    if function == "log" and others:
        return inner, _logarithm(label, float(np.log(env.numeric(others[0]))))
    if function in LOG_BASES:
        return inner, _logarithm(label, LOG_BASES[function])
    if function == "log1p":
        return inner, Step(np.expm1, np.exp, f"1 + {label}", log_base=1.0, shifted=True)
    if function == "sqrt":
        return inner, Step(lambda x: _positive(x) ** 2, lambda x: 2 * _positive(x), label)
    if function in CURVES:
        undo, slope = CURVES[function]
        return inner, Step(undo, slope, label, odds=function == "qlogis")
    raise CannotUndo(f"{function}() cannot be undone")


def _logarithm(label: str, base: float) -> Step:
    return Step(lambda x: np.exp(x * base), lambda x: base * np.exp(x * base), label, log_base=base)


def _learned_line(node: Node, inner: Node, env: Environment) -> Step:
    """scale() and center() are straight lines: two of the column's own values tell which."""
    before, after = env.numeric(inner), env.numeric(node)
    low, high = int(np.argmin(before)), int(np.argmax(before))
    factor = float((after[high] - after[low]) / (before[high] - before[low]))
    return _straight(write(inner), float(after[low] - factor * before[low]), factor)


def _positive(x: Array) -> Array:
    """Values below zero, which no outcome gives (a limit may fall there), count as zero."""
    return np.maximum(x, 0.0)


LOG_BASES = {"log": 1.0, "log2": float(np.log(2.0)), "log10": float(np.log(10.0))}
CURVES: dict[str, tuple[Undo, Undo]] = {  # name: (what undoes it, the derivative of that)
    "exp": (lambda x: np.log(_positive(x)), lambda x: 1 / x),
    "expm1": (lambda x: np.log(_positive(1 + x)), lambda x: 1 / (1 + x)),
    "qlogis": (special.expit, lambda x: special.expit(x) * special.expit(-x)),
    "plogis": (lambda x: special.logit(np.clip(x, 0, 1)), lambda x: 1 / (x * (1 - x))),
    "qnorm": (special.ndtr, lambda x: np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)),
    "asinh": (np.sinh, np.cosh),
    "sinh": (np.arcsinh, lambda x: 1 / np.sqrt(1 + x**2)),
    "atanh": (np.tanh, lambda x: 1 / np.cosh(x) ** 2),
    "tanh": (lambda x: np.arctanh(np.clip(x, -1, 1)), lambda x: 1 / (1 - x**2)),
    "asin": (lambda x: np.sin(np.clip(x, -np.pi / 2, np.pi / 2)), np.cos),
}


# ---- arithmetic --------------------------------------------------------------------------------------------------
def _of_operator(node: Node, env: Environment) -> tuple[Node, Step]:
    left, right = node.args
    inner, constant, first = (left, right, True) if any(_columns(left, env)) else (right, left, False)
    if any(_columns(constant, env)):
        raise CannotUndo(f"{write(node)} uses a column twice")
    c = float(env.numeric(constant))
    lines = {
        ("+", True): (c, 1.0), ("+", False): (c, 1.0), ("-", True): (-c, 1.0), ("-", False): (c, -1.0),
        ("*", True): (0.0, c), ("*", False): (0.0, c), ("/", True): (0.0, 1 / c if c else None),
    }  # fmt: skip
    if (node.kind, first) in lines:
        return inner, _line(node, inner, *lines[node.kind, first])
    if node.kind == "/":
        return inner, Step(lambda x: c / x, lambda x: -c / x**2, write(inner))
    if node.kind == "^":
        return inner, _power(node, inner, c, env) if first else _exponent(inner, c)
    raise CannotUndo(f"{write(node)} cannot be undone")


def _columns(node: Node, env: Environment) -> Iterator[str]:
    return (n for n in names(node) if n in env.columns)


def _line(node: Node, inner: Node, shift: float, factor: float | None) -> Step:
    if not factor:
        raise CannotUndo(f"{write(node)} cannot be undone")
    return _straight(write(inner), shift, factor)


def _straight(label: str, shift: float, factor: float) -> Step:
    return Step(lambda x: (x - shift) / factor, lambda x: np.full_like(x, 1 / factor), label, factor)


def _power(node: Node, inner: Node, k: float, env: Environment) -> Step:
    values = env.numeric(inner)
    if k == 0 or ((values < 0).any() and (k != round(k) or round(k) % 2 == 0)):
        raise CannotUndo(f"{write(node)} is the same for different values of {write(inner)}")

    odd = k == round(k) and round(k) % 2 == 1  # keeps the sign; other powers are of outcomes from zero

    def undo(x: Array) -> Array:
        return np.sign(x) * np.abs(x) ** (1 / k) if odd else _positive(x) ** (1 / k)

    return Step(undo, lambda x: np.abs(x) ** (1 / k - 1) / k, write(inner))


def _exponent(inner: Node, base: float) -> Step:
    if not base > 0 or base == 1:
        raise CannotUndo(f"a power of {base:g} cannot be undone")
    size = float(np.log(base))
    return Step(lambda x: np.log(x) / size, lambda x: 1 / (x * size), write(inner))


def undo_all(steps: list[Step], eta: Array) -> Array:
    """Values of the outcome itself; values that no outcome can have are refused."""
    value = np.asarray(eta, dtype=np.float64)
    for step in steps:
        with np.errstate(all="ignore"):
            value = step.undo(value)
    return value


def slope_of_all(steps: list[Step], eta: Array) -> Array:
    """Derivative of `undo_all` at eta."""
    value, slope = np.asarray(eta, dtype=np.float64), np.ones(np.shape(eta))
    for step in steps:
        with np.errstate(all="ignore"):
            slope = slope * step.slope(value)
            value = step.undo(value)
    return slope
