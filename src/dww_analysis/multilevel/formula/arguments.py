"""What a function in a formula gets of its call: where it is, and its arguments as numbers or as TRUE or FALSE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import FormulaError
from .expression import Node, match_arguments, write
from .reading import Factor, Value, label_of


class Environment(Protocol):
    """What a function gets of where it is called: see `evaluation.Environment`."""

    n: int  # rows
    frozen: bool  # whether what was learned is only read

    @property
    def whole(self) -> Environment | None: ...

    def evaluate(self, node: Node) -> Value:
        """The value of an expression over the rows: an array (n,), a Factor, or one number or text."""

    def numeric(self, node: Node) -> NDArray[np.float64]:
        """The value as numbers, shape (n,) or one; FormulaError for a categorical one."""

    def present(self, node: Node) -> NDArray[np.float64]: ...

    def learn(self, node: Node, compute: Callable[[], Any]) -> Any:
        """What `compute` gives where the rows of the fit are read; the same again where new rows are (`frozen`)."""


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
        """The arguments of a call by name; FormulaError for unknown, double or absent ones."""
        return match_arguments(node, self.formals, self.named, self.needs)

    def call(self, env: Environment, node: Node) -> Value:
        return self.compute(env, node, self.match(node))


def constants(env: Environment, node: Node) -> list[Any]:
    """The values of c(1, 2) or of one constant."""
    parts = [a for _, a in node.args[1:]] if node.kind == "call" and node.args[0] == "c" else [node]
    return [env.evaluate(part) for part in parts]


def level_labels(env: Environment, node: Node, what: Node) -> tuple[str, ...]:
    """The labels that c("a", "b") gives to levels. FormulaError for a level that is named twice."""
    labels = tuple(label_of(value) for value in constants(env, node))
    if len(set(labels)) < len(labels):
        raise FormulaError(f"{write(what)}: a level is named twice; name each once.")
    return labels


def numbers(env: Environment, node: Node | None, what: Node) -> tuple[float, ...] | None:
    """The numbers of c(0, 5, 10) or of one constant; None where the argument is not given. FormulaError for anything
    else."""
    if node is None:
        return None
    values = constants(env, node)
    if not all(np.ndim(v) == 0 and not isinstance(v, (str, Factor)) for v in values):
        raise FormulaError(f"{write(what)}: {write(node)} must be numbers, as in c(0, 5, 10).")
    return tuple(float(v) for v in values)


def whole(env: Environment, node: Node | None, what: Node) -> int | None:
    """One whole number; None where the argument is not given. FormulaError for anything else."""
    values = numbers(env, node, what)
    if node is None or values is None:
        return None
    if len(values) != 1 or not values[0].is_integer():
        raise FormulaError(f"{write(what)}: {write(node)} must be one whole number.")
    return int(values[0])


def positive(env: Environment, node: Node, given: Given, name: str, usual: int) -> int:
    """One whole number of at least 1, `usual` where it is not given. FormulaError for anything else."""
    number = whole(env, given.get(name), node)
    if number is not None and number < 1:
        raise FormulaError(f"{write(node)}: {name} must be at least 1, not {number}.")
    return usual if number is None else number


def flag(given: Given, name: str, default: bool, what: Node) -> bool:
    """TRUE or FALSE as a truth, `default` where it is not given. FormulaError for anything else."""
    if name not in given:
        return default
    text = write(given[name])
    if text not in FLAGS:
        raise FormulaError(f"{write(what)}: {name} is {text}; write TRUE or FALSE.")
    return FLAGS[text]
