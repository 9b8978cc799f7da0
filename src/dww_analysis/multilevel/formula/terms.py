"""Turns an lme4-style formula into a plan: response, fixed terms, random terms, offsets.

The expansion of `*`, `:`, `/`, `^`, `%in%` and `-` and the order of terms follow R's `terms.formula`; bars follow
lme4 (`(1 | a/b)`, `(x || g)`). Data are not looked at here, so one plan serves fitting and prediction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from ..errors import FormulaError
from .expression import Node, names, parse, write
from .functions import FUNCTIONS


@dataclass(frozen=True)
class TermList:
    """The terms of one right-hand side. Each term is a tuple of positions in `variables`, in increasing order."""

    variables: tuple[Node, ...]
    terms: tuple[tuple[int, ...], ...]  # by order of interaction, then as they appear
    intercept: bool
    offsets: tuple[Node, ...] = ()

    def label(self, term: tuple[int, ...]) -> str:
        return ":".join(write(self.variables[v]) for v in term)

    @property
    def variables_in_terms(self) -> tuple[Node, ...]:
        """The variables of the terms; those of offsets are none of them."""
        used = {v for term in self.terms for v in term}
        return tuple(node for i, node in enumerate(self.variables) if i in used)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.label(t) for t in self.terms)


@dataclass(frozen=True)
class BarTerm:
    """One `(left | group)` after nesting and double bars are written out."""

    left: TermList
    group: tuple[Node, ...]  # factors whose combinations are the levels, inner first
    group_name: str  # as lme4 names it


@dataclass(frozen=True)
class FormulaPlan:
    """A formula, read."""

    text: str
    response: tuple[Node, ...]  # one node, or two for cbind(successes, failures)
    response_label: str
    fixed: TermList
    random: tuple[BarTerm, ...]

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every data column the formula names, once each, in order of appearance."""
        nodes = [*self.response, *self.fixed.variables, *self.fixed.offsets]
        for bar in self.random:
            nodes += [*bar.left.variables, *bar.group]
        return tuple(dict.fromkeys(n for node in nodes for n in names(node)))


@lru_cache(maxsize=256)
def read_formula(text: str) -> FormulaPlan:
    """The plan of a formula such as `y ~ condition * time + (1 | org) + (1 + time | team)`. FormulaError for what is
    no text, has no `~`, cannot be read, or names a term twice."""
    if not isinstance(text, str):
        raise FormulaError(f"A formula is a text such as 'y ~ x + (1 | team)', not {type(text).__name__}.")
    tree = parse(text)
    if tree.kind != "~" or len(tree.args) != 2:
        raise FormulaError(
            f"Formula {text!r} needs an outcome and predictors around one '~': y ~ x + (1 | team)."
        )
    left, right = tree.args
    fixed_part, bars = _split_bars(right)
    random = tuple(term for bar in bars for term in _expand_bar(bar))
    plan = FormulaPlan(text, _response(left), write(left), expand_terms(fixed_part), random)
    _check_plan(plan)
    return plan


def _response(node: Node) -> tuple[Node, ...]:
    if node.kind == "call" and node.args[0] == "cbind":
        if len(node.args) != 3:
            raise FormulaError("cbind(successes, failures) takes exactly two columns: write cbind(yes, no).")
        return tuple(argument for _, argument in node.args[1:])
    return (node,)


def _check_plan(plan: FormulaPlan) -> None:
    if plan.response_label in plan.fixed.labels:
        raise FormulaError(
            f"The outcome {plan.response_label} is also a predictor; take it out of the right side."
        )
    if "." in plan.columns:
        raise FormulaError("'.' (all other columns) is not supported; name the predictors.")


# ---- random part -----------------------------------------------------------------------------------------------
def _is_bar(node: Node) -> bool:
    return node.kind == "(" and node.args[0].kind in ("|", "||")


def _has_bar(node: Node) -> bool:
    inner = (a[1] if isinstance(a, tuple) else a for a in node.args)
    return node.kind in ("|", "||") or any(isinstance(a, Node) and _has_bar(a) for a in inner)


def _split_bars(node: Node) -> tuple[Node | None, list[Node]]:
    """The fixed part (None when nothing is left) and the bar nodes, in order of appearance."""
    if node.kind in ("|", "||"):
        raise FormulaError("A random term needs brackets: (1 | team).")
    if _is_bar(node):
        return None, [node.args[0]]
    if node.kind == "(" and _has_bar(node):
        return _split_bars(node.args[0])
    if node.kind == "+" and len(node.args) == 2:
        (left, bars), (right, more) = _split_bars(node.args[0]), _split_bars(node.args[1])
        parts = [p for p in (left, right) if p is not None]
        return (Node("+", tuple(parts)) if len(parts) == 2 else parts[0] if parts else None), bars + more
    if node.kind == "-" and len(node.args) == 2 and not _has_bar(node.args[1]):
        left, bars = _split_bars(node.args[0])
        rest = Node("-", (left, node.args[1]) if left is not None else (node.args[1],))
        return rest, bars
    return node, []


def _expand_bar(bar: Node) -> list[BarTerm]:
    """One bar as lme4 reads it: double bars split into uncorrelated terms, `a/b` into `b:a` and `a`."""
    left, right = bar.args
    groups = _groups(right)
    lists = _uncorrelated(expand_terms(left)) if bar.kind == "||" else [expand_terms(left)]
    for terms in lists:
        if not terms.terms and not terms.intercept:
            raise FormulaError(
                f"The random term ({write(bar)}) has no column: write (1 | group) or (0 + x | group)."
            )
        if terms.offsets:
            raise FormulaError(
                f"An offset inside a random term ({write(bar)}) has no meaning; add it outside the bar."
            )
    return [BarTerm(terms, factors, name) for factors, name in groups for terms in lists]


def _uncorrelated(terms: TermList) -> list[TermList]:
    out = [TermList((), (), True)] if terms.intercept else []
    for term in terms.terms:
        used = tuple(terms.variables[v] for v in term)
        out.append(TermList(used, (tuple(range(len(used))),), False))
    return out


def _groups(node: Node) -> list[tuple[tuple[Node, ...], str]]:
    """The grouping factors of the right side of a bar, inner first, with lme4's names."""
    node = _unwrap(node)
    if node.kind == "/":
        outer = _groups(node.args[0])
        inner = _groups(node.args[1])
        if len(inner) != 1:
            raise FormulaError(
                f"Nested groups {write(node)!r} are written outer/inner/innermost without brackets."
            )
        factors, name = inner[0]
        around, around_name = outer[0]
        shown = f"({around_name})" if len(around) > 1 else around_name
        return [((*factors, *around), f"{name}:{shown}"), *outer]
    if node.kind in (":", "*"):
        if node.kind == "*":
            raise FormulaError(
                f"Groups {write(node)!r}: write a:b for their combinations or a/b for nesting."
            )
        left, right = _groups(node.args[0]), _groups(node.args[1])
        return [(left[0][0] + right[0][0], f"{left[0][1]}:{right[0][1]}")]
    if node.kind == "+":
        raise FormulaError(f"Groups {write(node)!r}: write one random term per group: (1 | a) + (1 | b).")
    if node.kind not in ("name", "call"):
        raise FormulaError(f"{write(node)!r} is not a grouping factor; name a column, as in (1 | team).")
    return [((node,), node.args[0] if node.kind == "name" else write(node))]


def read_group(text: str) -> tuple[Node, ...]:
    """The factors whose combinations are the levels of a group such as "team:wave", inner first."""
    return _groups(parse(text))[0][0]


def _unwrap(node: Node) -> Node:
    return _unwrap(node.args[0]) if node.kind == "(" else node


# ---- fixed part, R's terms.formula -------------------------------------------------------------------------------
def expand_terms(node: Node | None) -> TermList:
    """The terms of a right-hand side, ordered by degree as in R; intercept unless removed. None: the intercept
    alone."""
    state = _Expansion()
    terms = state.encode(node, True) if node is not None else []
    kept = [t for t in dict.fromkeys(terms) if not any(state.is_offset(v) for v in t)]
    ordered = sorted(kept, key=len)  # stable: appearance within a degree
    offsets = tuple(
        FUNCTIONS["offset"].match(v)["object"] for i, v in enumerate(state.variables) if state.is_offset(i)
    )
    return TermList(
        tuple(state.variables), tuple(tuple(sorted(t)) for t in ordered), state.intercept, offsets
    )


Terms = list[frozenset[int]]


class _Expansion:
    """R's encoding of a model formula: variables in order of appearance, terms as sets of them."""

    def __init__(self) -> None:
        self.variables: list[Node] = []
        self.intercept = True

    def is_offset(self, variable: int) -> bool:
        node = self.variables[variable]
        return bool(node.kind == "call" and node.args[0] == "offset")

    def encode(self, node: Node, positive: bool) -> Terms:
        kind, args = node.kind, node.args
        if kind == "number":
            return self.constant(args[0], positive)
        if kind == "(":
            return self.encode(args[0], positive)
        if kind == "+":
            return [t for a in args for t in self.encode(a, positive)]
        if kind == "-":
            return self.minus(args, positive)
        if kind == "%in%" and args[1].kind == "call" and args[1].args[0] == "c":
            raise FormulaError(f"{write(node)!r} between terms means nesting; write I({write(node)}).")
        rule = {":": self.interact, "*": self.cross, "/": self.nest, "%in%": self.within}.get(kind)
        if rule is not None:
            return rule(self.encode(args[0], positive), self.encode(args[1], positive))
        if kind == "^":
            return self.power(args, positive)
        if kind in ("name", "call"):
            return [frozenset([self.install(node)])]
        if kind in ("|", "||"):
            raise FormulaError(
                f"The random term ({write(node)}) must be added with '+': y ~ x + ({write(node)})."
            )
        raise FormulaError(f"{write(node)!r} is not a term; wrap calculations in I(): I({write(node)}).")

    def install(self, node: Node) -> int:
        if node not in self.variables:
            self.variables.append(node)
        return self.variables.index(node)

    def constant(self, text: str, positive: bool) -> Terms:
        if text not in ("0", "1"):
            raise FormulaError(
                f"The number {text} is not a term; only 1 (intercept) and 0 (no intercept) are."
            )
        self.intercept = positive == (text == "1")
        return []

    def minus(self, args: tuple[Node, ...], positive: bool) -> Terms:
        kept = self.encode(args[0], positive) if len(args) == 2 else []
        dropped = set(self.encode(args[-1], not positive))
        return [t for t in kept if t not in dropped]

    @staticmethod
    def interact(left: Terms, right: Terms) -> Terms:
        return [a | b for a in left for b in right]

    def cross(self, left: Terms, right: Terms) -> Terms:
        return left + right + self.interact(left, right)

    @staticmethod
    def nest(left: Terms, right: Terms) -> Terms:
        everything = frozenset().union(*left)
        return left + [everything | b for b in right]

    @staticmethod
    def within(left: Terms, right: Terms) -> Terms:
        everything = frozenset().union(*right)
        return [a | everything for a in left]

    def power(self, args: tuple[Node, ...], positive: bool) -> Terms:
        exponent = _unwrap(args[1])
        if exponent.kind != "number" or not exponent.args[0].isdigit() or int(exponent.args[0]) < 1:
            raise FormulaError(
                f"The power {write(args[1])!r} must be a whole number; for squares write I(x^2)."
            )
        base = self.encode(args[0], positive)
        terms = base
        for _ in range(int(exponent.args[0]) - 1):
            terms = list(dict.fromkeys(self.interact(terms, base) + terms))
        return terms
