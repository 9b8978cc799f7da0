"""Evaluates R expressions on the columns of a design.

Transforms that learn from the data (`scale`, `poly`, `ns`, `bs`, `cut`, factor levels) keep what they learned in a
memory, so that new rows are treated as the old ones were. The functions that a formula may call: `functions`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DesignError, FormulaError
from .arguments import CONSTANTS
from .expression import Node, write
from .functions import FUNCTIONS, is_in, is_same
from .reading import Factor, Value

EQUALITIES = ("==", "!=")


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
        finite: bool = False,  # the columns were checked to be so
    ) -> None:
        self.columns, self.n, self.whole, self.finite = columns, n, whole, finite
        self.frozen = learned is not None
        self.learned: dict[str, Any] = {} if learned is None else learned

    def value(self, node: Node) -> Value:
        """The value of an expression; infinite or undefined results are refused."""
        value = self.evaluate(node)
        if self.finite and node.kind == "name":
            return value
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
        """The value as numbers, shape (n,) or one; FormulaError for a categorical one."""
        value = self.evaluate(node)
        if isinstance(value, (Factor, str)):
            raise FormulaError(
                f"{write(node)} is categorical; the calculation around it needs numbers. Make the column numeric, or "
                "use it as it is."
            )
        return np.asarray(value, dtype=np.float64)

    def evaluate(self, node: Node) -> Value:
        """The value of an expression over the rows, infinite or undefined results included. FormulaError for names
        and functions that are not known."""
        kind, args = node.kind, node.args
        if kind == "name":
            return self._name(args[0])
        if kind == "number":
            return float(args[0])
        if kind == "string":
            return args[0]
        if kind == "(":
            return self.evaluate(args[0])
        if kind == "call":
            return self._call(node)
        return self._operator(node)

    def _name(self, name: str) -> Value:
        if name in self.columns:
            return self.columns[name]
        if name in CONSTANTS:
            return CONSTANTS[name]
        raise FormulaError(
            f"The model names {name!r}, which is not a column of the data; make the column first."
        )

    def _call(self, node: Node) -> Value:
        name = node.args[0]
        if name in FUNCTIONS:
            return FUNCTIONS[name].call(self, node)
        if name == "Q":
            raise FormulaError(
                f"Write the unusual column name of {write(node)} in backticks, as in R: `my column`."
            )
        known = sorted(FUNCTIONS)
        near = difflib.get_close_matches(name.rpartition(".")[2] or name, known, n=1, cutoff=0.5)
        hint = f" Did you mean {near[0]}()?" if near else ""
        raise FormulaError(
            f"The function {name}() is not supported in a formula.{hint} Known: {', '.join(known)}; or make a "
            "column first."
        )

    def _operator(self, node: Node) -> Value:
        if node.kind == "%in%":
            return is_in(self, node)
        if node.kind in EQUALITIES and any(isinstance(self.evaluate(a), Factor) for a in node.args):
            same = is_same(self, node)
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
