"""Evaluates R expressions on the columns of a design.

Transforms that learn from the data (`scale`, `center`, `poly`, factor levels) keep what they learned in a memory, so
that new rows are treated as the old ones were. Supported functions stand in two tables at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from ..errors import DesignError, FormulaError
from .expression import Node, write
from .reading import Factor, Value, drop_unused, label_of, match_levels, some, to_factor


class Environment:
    """Columns by name, with the memory of what data-dependent transforms learned.

    `learned` is filled while fitting and only read when `frozen`. As in R, means and spreads are learned from every
    row that has the variable, `whole`, also from rows that are incomplete elsewhere.
    """

    def __init__(
        self,
        columns: dict[str, Value],
        n: int,
        learned: dict[str, Any] | None = None,
        whole: Environment | None = None,
    ) -> None:
        self.columns, self.n, self.whole = columns, n, whole
        self.frozen = learned is not None
        self.learned: dict[str, Any] = {} if learned is None else learned

    def value(self, node: Node) -> Value:
        """The value of an expression; infinite or undefined results are refused."""
        value = self._evaluate(node)
        if isinstance(value, np.ndarray) and value.dtype != np.bool_ and not np.isfinite(value).all():
            bad = int(self.n - np.isfinite(value).reshape(self.n, -1).all(axis=1).sum())
            what = "infinite" if node.kind == "name" else "infinite or not a number"
            raise DesignError(
                f"{write(node)} is {what} in {bad} of {self.n} rows; correct the values or drop the rows."
            )
        return value

    def learn(self, node: Node, compute: Callable[[], Any]) -> Any:
        key = write(node)
        if not self.frozen and key not in self.learned:
            self.learned[key] = compute()
        return self.learned[key]

    def present(self, node: Node) -> NDArray[np.float64]:
        """The numbers to learn from: every row that has them."""
        x = self.numeric(node) if self.whole is None else self.whole.numeric(node)
        return x[np.isfinite(x)]

    def numeric(self, node: Node) -> NDArray[np.float64]:
        value = self._evaluate(node)
        if isinstance(value, (Factor, str)):
            raise FormulaError(
                f"{write(node)} is categorical; the calculation around it needs numbers. Make the column numeric, or "
                "use it as it is."
            )
        return np.asarray(value, dtype=np.float64)

    def _evaluate(self, node: Node) -> Value:
        kind, args = node.kind, node.args
        if kind == "name":
            return self._name(args[0])
        if kind == "number":
            return float(args[0])
        if kind == "string":
            return args[0]
        if kind == "(":
            return self._evaluate(args[0])
        if kind == "call":
            return self._call(node)
        return self._operator(node)

    def _name(self, name: str) -> Value:
        if name in self.columns:
            return self.columns[name]
        constants = {"TRUE": 1.0, "FALSE": 0.0, "T": 1.0, "F": 0.0, "pi": np.pi}
        if name in constants:
            return constants[name]
        raise FormulaError(
            f"The model names {name!r}, which is not a column of the data; make the column first."
        )

    def _call(self, node: Node) -> Value:
        name = node.args[0]
        if name in _PLAIN:
            with np.errstate(all="ignore"):
                return _PLAIN[name](*(self.numeric(a) for _, a in node.args[1:]))
        if name in _SPECIAL:
            return _SPECIAL[name](self, node)
        if name == "Q":
            raise FormulaError(
                f"Write the unusual column name of {write(node)} in backticks, as in R: `my column`."
            )
        known = ", ".join(sorted([*_PLAIN, *_SPECIAL]))
        raise FormulaError(
            f"The function {name}() is not supported in a formula. Known: {known}; or make a column first."
        )

    def _operator(self, node: Node) -> Value:
        if node.kind in ("==", "!="):
            left, right = (self._evaluate(a) for a in node.args)
            for factor, other in ((left, right), (right, left)):
                if isinstance(factor, Factor):
                    same = np.asarray(factor.levels, dtype=object)[factor.codes] == label_of(other)
                    return same if node.kind == "==" else ~same
        operands = [self.numeric(a) for a in node.args]
        table = _UNARY if len(operands) == 1 else _OPERATORS
        if node.kind not in table:
            raise FormulaError(
                f"The operator {node.kind} has no meaning in {write(node)!r}; make a column of it first."
            )
        with np.errstate(all="ignore"):
            return table[node.kind](*operands)


def _logical(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: function(*(np.asarray(a, dtype=bool) for a in args))


_UNARY: dict[str, Callable[..., Any]] = {"-": np.negative, "+": np.positive, "!": _logical(np.logical_not)}
_OPERATORS: dict[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power, "%%": np.mod,
    "%/%": np.floor_divide, "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal,
    ">": np.greater, ">=": np.greater_equal, "&": _logical(np.logical_and), "|": _logical(np.logical_or),
}  # fmt: skip
_PLAIN: dict[str, Callable[..., Any]] = {
    "log": lambda x, base=None: np.log(x) if base is None else np.log(x) / np.log(base),
    "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "exp": np.exp, "expm1": np.expm1, "sqrt": np.sqrt,
    "qlogis": special.logit, "plogis": special.expit, "qnorm": special.ndtri, "pnorm": special.ndtr,
    "asin": np.arcsin, "asinh": np.arcsinh, "sinh": np.sinh, "atanh": np.arctanh, "tanh": np.tanh,
    "abs": np.abs, "sin": np.sin, "cos": np.cos, "tan": np.tan, "floor": np.floor, "ceiling": np.ceil,
    "sign": np.sign, "round": lambda x, digits=0: np.round(x, int(digits)), "pmin": np.minimum, "pmax": np.maximum,
}  # fmt: skip


def _argument(node: Node, position: int, key: str) -> Node | None:
    """An argument by keyword or position, as R matches them."""
    for name, value in node.args[1:]:
        if name == key:
            return value
    unnamed = [value for name, value in node.args[1:] if name is None]
    return unnamed[position] if position < len(unnamed) else None


def _first(node: Node) -> Node:
    if len(node.args) < 2:
        raise FormulaError(f"{write(node)} needs a column, as in log(x).")
    return node.args[1][1]


def _inhibit(env: Environment, node: Node) -> Value:
    return env._evaluate(_first(node))


def _factor(env: Environment, node: Node) -> Factor:
    factor = drop_unused(to_factor(env._evaluate(_first(node))))
    wanted = _argument(node, 1, "levels")
    if wanted is None:
        return factor
    items = wanted.args[1:] if wanted.kind == "call" and wanted.args[0] == "c" else ((None, wanted),)
    levels = tuple(label_of(env._evaluate(a)) for _, a in items)
    unknown = [level for level in factor.levels if level not in levels]
    if unknown:
        raise DesignError(
            f"{write(node)} leaves out the level(s) {some(unknown)}, which occur in the data; name them "
            "all, or leave their rows out."
        )
    return match_levels(factor, levels)


def _relevel(env: Environment, node: Node) -> Factor:
    factor, reference = to_factor(env._evaluate(_first(node))), _argument(node, 1, "ref")
    label = label_of(env._evaluate(reference)) if reference is not None else ""
    if env.frozen:
        return factor  # new rows need not hold the reference; labels are matched to the learned levels later
    if label not in factor.levels:
        raise DesignError(f"{write(node)}: {label!r} is not a level; there are {some(factor.levels)}.")
    return match_levels(factor, (label, *(level for level in factor.levels if level != label)))


def _scale(env: Environment, node: Node) -> NDArray[np.float64]:
    x = env.numeric(_first(node))
    choice = [_argument(node, 1, "center"), _argument(node, 2, "scale")]
    centred, scaled = (bool(env.numeric(c)) if c is not None else True for c in choice)

    def learn() -> tuple[float, float]:
        known = env.present(_first(node))
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


def _center(env: Environment, node: Node) -> NDArray[np.float64]:
    x = env.numeric(_first(node))
    return x - env.learn(node, lambda: float(env.present(_first(node)).mean()))


def _poly(env: Environment, node: Node) -> NDArray[np.float64]:
    """R's poly(): orthogonal polynomials by three-term recurrence (Kennedy & Gentle 1980), or raw powers."""
    x = env.numeric(_first(node))
    degree_node, raw = _argument(node, 1, "degree"), _argument(node, 2, "raw")
    degree = int(env.numeric(degree_node)) if degree_node is not None else 1
    if raw is not None and bool(env.numeric(raw)):
        return np.column_stack([x**k for k in range(1, degree + 1)])
    alpha, norm2 = env.learn(node, lambda: _poly_coefficients(env.present(_first(node)), degree, write(node)))
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


def _as_numeric(env: Environment, node: Node) -> NDArray[np.float64]:
    value = env._evaluate(_first(node))
    return (
        np.asarray(value.codes + 1.0, dtype=np.float64)
        if isinstance(value, Factor)
        else np.asarray(value, dtype=np.float64)
    )


_SPECIAL: dict[str, Callable[[Environment, Node], Value]] = {
    "I": _inhibit, "factor": _factor, "as.factor": _factor, "relevel": _relevel, "scale": _scale,
    "center": _center, "poly": _poly, "as.numeric": _as_numeric, "offset": _inhibit,
}  # fmt: skip
