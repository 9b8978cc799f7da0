"""Reads data-frame columns into plain arrays and evaluates R expressions on them.

A column is numeric, logical or a factor (codes and labels); strings become factors with levels in code-point order,
categoricals keep their declared order. Transforms that learn from the data (`scale`, `poly`, factor levels) keep what
they learned in a memory, so that new data are treated as the old ones were.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .errors import DesignError, FormulaError
from .expression import Node, write


@dataclass(frozen=True, eq=False)
class Factor:
    """Codes 0..k-1 into `levels`; -1 where missing or, in new data, not a known level."""

    codes: NDArray[np.intp]
    levels: tuple[str, ...]
    logical: bool = False

    def __len__(self) -> int:
        return len(self.codes)


Value = Any  # a float array (n,) or (n, k), a bool array (n,), a Factor, or a constant
LOGICAL_LEVELS = ("FALSE", "TRUE")


def number_label(x: float) -> str:
    """A number as R turns it into a level: at most 15 significant digits, whole numbers without a point."""
    return str(int(x)) if float(x).is_integer() and abs(x) < 1e15 else f"{x:.15g}"


def label_of(x: Any) -> str:
    """Any single value as the label of a level."""
    if isinstance(x, (bool, np.bool_)):
        return LOGICAL_LEVELS[int(x)]
    return number_label(float(x)) if isinstance(x, (int, float, np.number)) else str(x)


# ---- reading ---------------------------------------------------------------------------------------------------
def find_column(data: pd.DataFrame, name: str) -> pd.Series:
    """The column of that name; an unknown name is refused with the nearest known ones."""
    try:
        column = data[name]
    except KeyError:
        near = difflib.get_close_matches(name, [str(c) for c in data.columns], n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else f" The data have: {_some(data.columns)}."
        raise FormulaError(f"The model names {name!r}, which is not a column of the data.{hint}") from None
    if isinstance(column, pd.DataFrame):
        raise DesignError(f"The data have {column.shape[1]} columns named {name!r}; names must be unique.")
    return column


def _some(items: Iterable[Any], most: int = 12) -> str:
    texts = [str(i) for i in items]
    return ", ".join(texts[:most]) + (" ..." if len(texts) > most else "")


def read_column(column: pd.Series, name: str) -> Value:
    """A float array, a bool array, or a Factor; missing as NaN or code -1. Dates and mixed content are refused."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _from_categorical(column)
    if isinstance(dtype, np.dtype) and dtype.kind in "fiu":
        return column.to_numpy(dtype=np.float64)
    if pd.api.types.is_bool_dtype(dtype):
        return _from_boolean(column)
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    if pd.api.types.is_string_dtype(dtype) or pd.api.types.is_object_dtype(dtype):
        return _from_text(column, name)
    raise DesignError(f"Column {name!r} has type {dtype}; make it a number, a category or a text first.")


def _from_categorical(column: pd.Series) -> Factor:
    codes = column.cat.codes.to_numpy().astype(np.intp)
    return Factor(codes, tuple(label_of(c) for c in column.cat.categories))


def _from_boolean(column: pd.Series) -> Value:
    if isinstance(column.dtype, np.dtype):
        return column.to_numpy()
    codes = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isnan(codes).any():
        return codes.astype(bool)
    return Factor(np.where(np.isnan(codes), -1, codes).astype(np.intp), LOGICAL_LEVELS, logical=True)


def _from_text(column: pd.Series, name: str) -> Value:
    if pd.api.types.is_object_dtype(column.dtype):
        kind = pd.api.types.infer_dtype(column, skipna=True)
        if kind in ("integer", "floating", "mixed-integer-float", "decimal"):
            return pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)
        if kind == "boolean":
            return _from_boolean(column.astype("boolean"))
        if kind not in ("string", "empty"):
            raise DesignError(
                f"Column {name!r} mixes kinds of values ({kind}); make it numbers, categories or text."
            )
    codes, uniques = pd.factorize(column)
    return _sorted_factor(codes, np.asarray(uniques, dtype=object).astype(str).tolist())


def _sorted_factor(codes: NDArray[np.intp], labels: list[str]) -> Factor:
    ordered = sorted(labels)
    if ordered == labels:
        return Factor(codes.astype(np.intp, copy=False), tuple(labels))
    place = {label: i for i, label in enumerate(ordered)}
    rank = np.array([*map(place.__getitem__, labels), -1], dtype=np.intp)  # a missing code (-1) stays missing
    return Factor(rank[codes], tuple(ordered))


def is_missing(value: Value) -> NDArray[np.bool_]:
    """(n,) rows where a read column is missing."""
    if isinstance(value, Factor):
        return value.codes < 0
    return np.isnan(value) if value.dtype != np.bool_ else np.zeros(len(value), dtype=bool)


def take_rows(value: Value, rows: NDArray[Any]) -> Value:
    """The rows of a read column."""
    return (
        Factor(value.codes[rows], value.levels, value.logical) if isinstance(value, Factor) else value[rows]
    )


def drop_unused(factor: Factor) -> Factor:
    """The factor with the levels that occur, in their order."""
    used = np.bincount(factor.codes, minlength=len(factor.levels)) > 0
    if used.all():
        return factor
    new = np.cumsum(used) - 1
    return Factor(new[factor.codes], tuple(np.asarray(factor.levels, dtype=object)[used]), factor.logical)


def to_factor(value: Value) -> Factor:
    """Any column as a factor: numbers sorted by size, as R's factor() does."""
    if isinstance(value, Factor):
        return value
    if value.dtype == np.bool_:
        return Factor(value.astype(np.intp), LOGICAL_LEVELS, logical=True)
    codes, uniques = pd.factorize(value, sort=True)
    return Factor(codes.astype(np.intp), tuple(number_label(u) for u in uniques))


def match_levels(factor: Factor, levels: tuple[str, ...]) -> Factor:
    """The factor with the codes of other levels, by label; -1 for labels they do not have."""
    place = {label: i for i, label in enumerate(levels)}
    new = np.array([place.get(label, -1) for label in factor.levels] + [-1], dtype=np.intp)
    return Factor(new[factor.codes], levels, factor.logical)


# ---- evaluating ------------------------------------------------------------------------------------------------
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
            raise FormulaError(f"{write(node)} is categorical; the calculation around it needs numbers.")
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
        raise FormulaError(f"The model names {name!r}, which is not a column of the data.")

    def _call(self, node: Node) -> Value:
        name = node.args[0]
        if name in _PLAIN:
            with np.errstate(all="ignore"):
                return _PLAIN[name](*(self.numeric(a) for _, a in node.args[1:]))
        if name in _SPECIAL:
            return _SPECIAL[name](self, node)
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
            raise FormulaError(f"The operator {node.kind} has no meaning in {write(node)!r}.")
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
        raise FormulaError(f"{write(node)} needs a column.")
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
        raise DesignError(f"{write(node)} leaves out the level(s) {_some(unknown)}, which occur in the data.")
    return match_levels(factor, levels)


def _relevel(env: Environment, node: Node) -> Factor:
    factor, reference = to_factor(env._evaluate(_first(node))), _argument(node, 1, "ref")
    label = label_of(env._evaluate(reference)) if reference is not None else ""
    if env.frozen:
        return factor  # new rows need not hold the reference; labels are matched to the learned levels later
    if label not in factor.levels:
        raise DesignError(f"{write(node)}: {label!r} is not a level; there are {_some(factor.levels)}.")
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
        raise DesignError(f"{write(node)}: the column has no variation, so it cannot be scaled.")
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
        raise DesignError(f"{label}: the degree must be at least 1 and below the number of distinct values.")
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
