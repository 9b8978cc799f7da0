"""Which columns an expression follows gradually, and of which it knows only the values that occur.

A slope is a derivative, and numbers that are not named stand at their mean; neither means anything for a number that
enters through `cut`, `x > 5` and the like alone, or whose values are the levels of a factor.
"""

from __future__ import annotations

from collections.abc import Iterator

from .expression import Node, parts
from .functions import FUNCTIONS

# operators that change in steps only
STEPPING = {"==", "!=", "<", "<=", ">", ">=", "&", "|", "!", "%in%", "%/%"}


def gradual_names(node: Node) -> Iterator[str]:
    """The names inside no function or comparison that changes in steps: b in ifelse(a > 5, b, 0)."""
    if node.kind == "name":
        yield node.args[0]
    for part in _followed(node):
        yield from gradual_names(part)


def _followed(node: Node) -> list[Node]:
    if node.kind in STEPPING:
        return []
    if node.kind == "call" and node.args[0] in FUNCTIONS:
        function = FUNCTIONS[node.args[0]]
        given = function.match(node)
        return [argument for formal, argument in given.items() if formal not in function.steps]
    return parts(node)


def level_names(node: Node) -> Iterator[str]:
    """The names whose values are the levels of a factor, with nothing between them: a in relevel(factor(a), "2")."""
    if node.kind == "call" and node.args[0] in FUNCTIONS:
        function = FUNCTIONS[node.args[0]]
        if function.levels:
            yield from gradual_names(function.match(node)[function.formals[0]])
    for part in parts(node):
        yield from level_names(part)
