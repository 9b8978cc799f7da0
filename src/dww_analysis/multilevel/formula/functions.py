"""The functions of R that a formula may call, each with the arguments it takes.

A function gets the environment, the call and its arguments by name; what it learns from the data (`scale`, `poly`,
`ns`, `bs`, `cut`) it keeps in the environment, so that new rows are treated as the old ones were.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..errors import DesignError, FormulaError
from .contrasts import POLY, TREATMENT, Contrasts, find_contrasts
from .expression import CODED, Node, match_arguments, write
from .reading import Factor, Value, drop_unused, label_of, match_levels, some, to_factor
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
from .splines import CUBIC, Asked, find_knots


class Environment(Protocol):
    """What a function gets of where it is called: see `evaluation.Environment`."""

    n: int  # rows
    frozen: bool  # whether what was learned is only read

    @property
    def whole(self) -> Environment | None: ...

    def evaluate(self, node: Node) -> Value: ...

    def numeric(self, node: Node) -> NDArray[np.float64]: ...

    def present(self, node: Node) -> NDArray[np.float64]: ...

    def learn(self, node: Node, compute: Callable[[], Any]) -> Any: ...


FLAGS = {"TRUE": True, "T": True, "FALSE": False, "F": False}
CONSTANTS: dict[str, bool | float] = {**FLAGS, "pi": np.pi, "Inf": np.inf}
Given = dict[str, Node]  # the arguments of a call by name


@dataclass(frozen=True)
class Function:
    """A function that a formula may call, with the arguments it takes."""

    compute: Callable[[Environment, Node, Given], Value]
    formals: tuple[str, ...] = ("x",)
    named: tuple[str, ...] = ()  # further ones, by name only
    needs: int = 1  # how many of the first must be given
    steps: tuple[str, ...] = ()  # the arguments with which its value changes in steps only
    levels: bool = False  # whether the values that occur become its levels, with nothing between them

    def match(self, node: Node) -> Given:
        return match_arguments(node, self.formals, self.named, self.needs)

    def call(self, env: Environment, node: Node) -> Value:
        return self.compute(env, node, self.match(node))


def _of_numbers(function: Callable[..., Any]) -> Callable[[Environment, Node, Given], Value]:
    """A calculation of numbers, in the order of its arguments."""

    def compute(env: Environment, node: Node, given: Given) -> Value:
        with np.errstate(all="ignore"):
            return function(*(env.numeric(argument) for argument in given.values()))

    return compute


def _log(x: NDArray[np.float64], base: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    return np.log(x) if base is None else np.log(x) / np.log(base)


def _round(env: Environment, node: Node, given: Given) -> NDArray[np.float64]:
    return np.round(env.numeric(given["x"]), _whole(env, given.get("digits"), node) or 0)


def _inhibit(env: Environment, node: Node, given: Given) -> Value:
    (inner,) = given.values()
    return env.evaluate(inner)


def _constants(env: Environment, node: Node) -> list[Any]:
    """The values of c(1, 2) or of one constant."""
    parts = [a for _, a in node.args[1:]] if node.kind == "call" and node.args[0] == "c" else [node]
    return [env.evaluate(part) for part in parts]


def _numbers(env: Environment, node: Node | None, what: Node) -> tuple[float, ...] | None:
    if node is None:
        return None
    values = _constants(env, node)
    if not all(np.ndim(v) == 0 and not isinstance(v, (str, Factor)) for v in values):
        raise FormulaError(f"{write(what)}: {write(node)} must be numbers, as in c(0, 5, 10).")
    return tuple(float(v) for v in values)


def _whole(env: Environment, node: Node | None, what: Node) -> int | None:
    values = _numbers(env, node, what)
    if node is None or values is None:
        return None
    if len(values) != 1 or not values[0].is_integer():
        raise FormulaError(f"{write(what)}: {write(node)} must be one whole number.")
    return int(values[0])


def _positive(env: Environment, node: Node, given: Given, name: str, usual: int) -> int:
    number = _whole(env, given.get(name), node)
    if number is not None and number < 1:
        raise FormulaError(f"{write(node)}: {name} must be at least 1, not {number}.")
    return usual if number is None else number


def _flag(given: Given, name: str, default: bool, what: Node) -> bool:
    if name not in given:
        return default
    text = write(given[name])
    if text not in FLAGS:
        raise FormulaError(f"{write(what)}: {name} is {text}; write TRUE or FALSE.")
    return FLAGS[text]


def _factor(env: Environment, node: Node, given: Given) -> Factor:
    factor = _with_levels(env, node, given)
    if "ordered" not in given:
        return factor
    return replace(factor, contrasts=POLY if _flag(given, "ordered", False, node) else TREATMENT)


def _ordered(env: Environment, node: Node, given: Given) -> Factor:
    return replace(_with_levels(env, node, given), contrasts=POLY)


def _with_levels(env: Environment, node: Node, given: Given) -> Factor:
    factor = drop_unused(to_factor(env.evaluate(given["x"])))
    if "levels" not in given:
        return factor
    levels = tuple(label_of(v) for v in _constants(env, given["levels"]))
    unknown = [level for level in factor.levels if level not in levels]
    if unknown:
        raise DesignError(
            f"{write(node)} leaves out the level(s) {some(unknown)}, which occur in the data; name them "
            "all, or leave their rows out."
        )
    return match_levels(factor, levels)


def _relevel(env: Environment, node: Node, given: Given) -> Factor:
    factor, label = to_factor(env.evaluate(given["x"])), label_of(env.evaluate(given["ref"]))
    if env.frozen:
        return factor  # new rows need not hold the reference; labels are matched to the learned levels later
    _level(node, factor, label)
    others = (level for level in factor.levels if level != label)
    return match_levels(replace(factor, contrasts=TREATMENT), (label, *others))


def _scale(env: Environment, node: Node, given: Given) -> NDArray[np.float64]:
    x = env.numeric(given["x"])
    centred, scaled = (_flag(given, name, True, node) for name in ("center", "scale"))

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
    degree = _positive(env, node, given, "degree", 1)
    if _flag(given, "raw", False, node):
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


# ---- codings, splines, new variables -------------------------------------------------------------------------------
def _coded(env: Environment, node: Node, given: Given) -> Factor:
    """R's C(): a factor with contrasts of its own."""
    factor = drop_unused(to_factor(env.evaluate(given["object"])))
    chosen = given.get("contr")
    if env.frozen or chosen is None:
        return factor
    if chosen.kind not in ("name", "string", "call"):
        raise FormulaError(f"{write(node)}: write the coding by name, as in C(arm, Sum).")
    contrasts = find_contrasts(chosen.args[0])
    inside = match_arguments(chosen, ("base",), needs=0) if chosen.kind == "call" else {}
    if "base" in inside and "base" in given:
        raise FormulaError(f"{write(node)} names a reference twice; name it once.")
    base = {**inside, **given}.get("base")
    return replace(
        factor, contrasts=contrasts if base is None else _based(env, node, factor, contrasts, base)
    )


def _based(env: Environment, node: Node, factor: Factor, contrasts: Contrasts, base: Node) -> Contrasts:
    """Treatment contrasts with another reference: a level, or its number as in R."""
    if contrasts != TREATMENT:
        raise FormulaError(f"{write(node)}: only Treatment has a reference level of choice; leave it out.")
    value = env.evaluate(base)
    place, label = _place(value, len(factor.levels)), label_of(value)
    if place is None:
        return replace(contrasts, base=_level(node, factor, label))
    if label in factor.levels and factor.levels[place] != label:
        raise FormulaError(
            f"{write(node)}: {label} is a level and also the place of level {factor.levels[place]!r}; "
            f'write the level that is meant in quotes, as in base = "{label}".'
        )
    return replace(contrasts, base=place)


def _place(value: Value, count: int) -> int | None:
    """The position that a number from 1 to `count` gives; None for other values."""
    if isinstance(value, (str, bool)) or not float(value).is_integer() or not 1 <= value <= count:
        return None
    return int(value) - 1


def _level(node: Node, factor: Factor, label: str) -> int:
    """The position of a level by its label; refuses what is none."""
    if label not in factor.levels:
        raise DesignError(f"{write(node)}: {label!r} is not a level; there are {some(factor.levels)}.")
    return factor.levels.index(label)


def _natural_spline(env: Environment, node: Node, given: Given) -> NDArray[np.float64]:
    return _spline(env, node, given, natural=True)


def _b_spline(env: Environment, node: Node, given: Given) -> NDArray[np.float64]:
    return _spline(env, node, given, natural=False)


def _spline(env: Environment, node: Node, given: Given, natural: bool) -> NDArray[np.float64]:
    asked = Asked(
        write(node), natural, _whole(env, given.get("df"), node),
        _numbers(env, given.get("knots"), node), _positive(env, node, given, "degree", CUBIC),
        _flag(given, "intercept", False, node), _numbers(env, given.get("Boundary.knots"), node),
    )  # fmt: skip
    knots = env.learn(node, lambda: find_knots(env.present(given["x"]), asked))
    columns: NDArray[np.float64] = knots.columns(env.numeric(given["x"]))
    return columns


def _ifelse(env: Environment, node: Node, given: Given) -> Value:
    condition = np.broadcast_to(as_condition(env.evaluate(given["test"])), env.n)
    return choose(condition, env.evaluate(given["yes"]), env.evaluate(given["no"]))


def is_in(env: Environment, node: Node) -> NDArray[np.bool_]:
    left, right = node.args
    wanted = _constants(env, right)
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
    right = _flag(given, "right", True, node)
    lowest = _flag(given, "include.lowest", False, node)
    codes = cut(env.numeric(given["x"]), breaks, right, lowest)
    check_inside(codes, write(node))
    labels = cut_labels(breaks, right, lowest, _positive(env, node, given, "dig.lab", SHORTEST))
    if "labels" in given:
        wanted = _constants(env, given["labels"])
        if wanted == [CONSTANTS["FALSE"]]:
            return codes + 1.0
        if len(wanted) != len(labels):
            raise FormulaError(
                f"{write(node)} has {len(labels)} intervals and {len(wanted)} labels; name each."
            )
        labels = tuple(label_of(w) for w in wanted)
    ordered = _flag(given, "ordered_result", False, node)
    return Factor(codes, labels, contrasts=POLY if ordered else TREATMENT)


def _breaks(env: Environment, node: Node, given: Given) -> tuple[float, ...]:
    breaks = _numbers(env, given.get("breaks"), node)
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
    "factor": Function(_factor, ("x", "levels"), ("ordered",), steps=("x",), levels=True),
    "as.factor": Function(_factor, steps=("x",), levels=True),
    "ordered": Function(_ordered, ("x", "levels"), steps=("x",), levels=True),
    "relevel": Function(_relevel, ("x", "ref"), needs=2, steps=("x",), levels=True),
    "C": Function(_coded, *CODED, steps=("object", "contr", "base"), levels=True),
}
