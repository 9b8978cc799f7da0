"""Reads the expression language of R formulas: names with dots, backticks, `^`, `%in%`, bars and function calls.

An expression becomes a small tree of `Node`s and can be written back as R would write it, because the names of
R's model matrices are such texts. Nothing here knows data, terms or designs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import FormulaError

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?L?)
    | (?P<name>(?:[^\W\d]|\.(?!\d))[\w.]*)
    | (?P<quoted>`[^`]+`)
    | (?P<string>"[^"]*"|'[^']*')
    | (?P<op>%[^%\s]*%|\*\*|\|\||&&|==|!=|<=|>=|[-+*/^:|~()!,<>=&])
    )""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"(?:[^\W\d_]|\.(?!\d))[\w.]*")  # a name that needs no backticks
# R's precedence, weakest first; "^" is the only operator that groups from the right.
_BINARY = {"~": 1, "|": 2, "||": 2, "&": 3, "&&": 3, "==": 5, "!=": 5, "<": 5, ">": 5, "<=": 5, ">=": 5}
_BINARY |= {"+": 6, "-": 6, "*": 7, "/": 7, ":": 9, "^": 11}
_SPECIAL, _NOT, _SIGN = 8, 4, 10
_TIGHT = {"/", ":", "^"}  # written without spaces


@dataclass(frozen=True)
class Node:
    """One node: kind "name", "number", "string" (args: text), "call" (args: function, then (keyword, Node) pairs),
    "(" (args: Node), or an operator with one or two Nodes."""

    kind: str
    args: tuple[Any, ...]


def parse(text: str) -> Node:
    """The tree of one expression or formula; refuses what R would not read."""
    reader = _Reader(text)
    node = reader.expression(0)
    if reader.token[1] is not None:
        reader.fail("this part cannot be read")
    return node


def write(node: Node) -> str:
    """The expression as R's deparse writes it (`a * b`, `x^2`, `log(x)`, backticks around unusual names)."""
    kind, args = node.kind, node.args
    if kind == "name":
        return args[0] if _PLAIN.fullmatch(args[0]) else f"`{args[0]}`"
    if kind == "string":
        return f'"{args[0]}"'
    if kind == "number":
        return args[0]
    if kind == "(":
        return f"({write(args[0])})"
    if kind == "call":
        parts = (write(a) if key is None else f"{key} = {write(a)}" for key, a in args[1:])
        return f"{args[0]}({', '.join(parts)})"
    if len(args) == 1:
        return f"{kind}{write(args[0])}"
    return (f"{kind}" if kind in _TIGHT else f" {kind} ").join(write(a) for a in args)


def names(node: Node) -> Iterator[str]:
    """Every column an expression names, in order of appearance (with repeats); the coding in C(x, Sum) is none."""
    if node.kind == "name":
        yield node.args[0]
    coded = node.kind == "call" and node.args[0] == "C"
    for child in [match_arguments(node, *CODED)["object"]] if coded else parts(node):
        yield from names(child)


def parts(node: Node) -> list[Node]:
    """The expressions an expression is made of, the arguments of a call by whichever name."""
    children = [arg[1] if isinstance(arg, tuple) else arg for arg in node.args]
    return [child for child in children if isinstance(child, Node)]


CODED = ("object", "contr"), ("base",)  # what C() takes; the coding is no column


def match_arguments(
    node: Node, formals: tuple[str, ...], named: tuple[str, ...] = (), needs: int = 1
) -> dict[str, Node]:
    """The arguments of a call by name and in the order of `formals`, matched as R does: named ones first, the rest in
    order. Those of `named` have no place; the first `needs` must be there."""
    keys = [key for key, _ in node.args[1:] if key is not None]
    unnamed = [value for key, value in node.args[1:] if key is None]
    free = [formal for formal in formals if formal not in keys]
    wrong = [key for key in keys if key not in formals + named or keys.count(key) > 1]
    if wrong or len(unnamed) > len(free):
        twice = " twice" if keys.count("".join(wrong[:1])) > 1 else ""
        found = f"has an argument {wrong[0]}{twice}" if wrong else f"has {len(node.args) - 1} arguments"
        raise FormulaError(f"{write(node)} {found}; {node.args[0]}() takes {', '.join(formals + named)}.")
    given = {**dict(node.args[1:]), **dict(zip(free, unnamed, strict=False))}
    for formal in formals[:needs]:
        if formal not in given:
            what = "a column" if formal == formals[0] else f"its argument {formal}"
            usual = ", ".join(formals[:needs]) + (", ..." if len(formals) > needs else "")
            raise FormulaError(f"{write(node)} needs {what}: {node.args[0]}({usual}).")
    return {formal: given[formal] for formal in formals + named if formal in given}


class _Reader:
    """Precedence climbing over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text, self.position = text, 0
        self.start = 0
        self.token: tuple[str, str | None] = ("end", None)
        self.advance()

    def advance(self) -> tuple[str, str | None]:
        before = self.token
        rest = self.text[self.position :]
        self.start = self.position + len(rest) - len(rest.lstrip())
        match = _TOKEN.match(self.text, self.position)
        if match is None:
            if rest.strip():
                self.token = ("op", rest.strip()[0])
                self.fail(f"the sign {rest.strip()[0]!r} has no meaning in a formula")
            self.token = ("end", None)
        else:
            self.position = match.end()
            self.token = (str(match.lastgroup), match.group(str(match.lastgroup)))
        return before

    def fail(self, why: str) -> None:
        mark = " " * self.start + "^"
        raise FormulaError(
            f"Formula cannot be read: {why}.\n  {self.text}\n  {mark}\nWrite it as for lme4: y ~ x + (1 | team)."
        )

    def expression(self, weakest: int) -> Node:
        left = self.prefix()
        while True:
            kind, text = self.token
            power = (
                _BINARY.get(text or "", _SPECIAL if (text or "").startswith("%") else 0)
                if kind == "op"
                else 0
            )
            if text == "**":
                power = _BINARY["^"]
            if power == 0 or power < weakest:
                return left
            self.advance()
            operator = "^" if text == "**" else str(text)
            right = self.expression(power if operator == "^" else power + 1)
            left = Node(operator, (left, right))

    def prefix(self) -> Node:
        kind, text = self.advance()
        if kind == "number":
            return Node("number", (str(text).rstrip("L"),))
        if kind == "string":
            return Node("string", (str(text)[1:-1],))
        if kind == "quoted":
            return Node("name", (str(text)[1:-1],))
        if kind == "name":
            return (
                self.call(str(text))
                if self.token[1] == "(" and self.token[0] == "op"
                else Node("name", (text,))
            )
        if text == "(":
            inner = self.expression(0)
            self.close()
            return Node("(", (inner,))
        if text in ("+", "-", "!", "~"):
            power = {"!": _NOT, "~": 1}.get(text, _SIGN)
            return Node(text, (self.expression(power),))
        self.fail("it stops too early" if text is None else f"{text!r} is not expected here")
        raise AssertionError

    def call(self, function: str) -> Node:
        self.advance()
        arguments: list[tuple[str | None, Node]] = []
        while self.token[1] != ")":
            argument = self.expression(0)
            key = None
            if self.token == ("op", "=") and argument.kind == "name":
                self.advance()
                key, argument = argument.args[0], self.expression(0)
            arguments.append((key, argument))
            if self.token[1] != ",":
                break
            self.advance()
        self.close()
        return Node("call", (function, *arguments))

    def close(self) -> None:
        if self.token != ("op", ")"):
            self.fail("a closing bracket is missing")
        self.advance()
