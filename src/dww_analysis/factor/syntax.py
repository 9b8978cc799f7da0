"""Model text to statements: the lavaan dialect that psychometric papers use.

Only reading happens here: which variable loads on, covaries with or is regressed on which, with which fixed value,
start or label. What the text leaves unsaid (markers, variances, intercepts) is filled in by `table`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from dww_analysis.factor.errors import FactorError

OPERATORS = ("=~", "~~", "~*~", ":=", "==", "<~", "~", "|", "<", ">")
UNSUPPORTED = {
    "==": "equality is said by a shared label: a*x1 + a*x2",
    "<~": "formative factors are not offered",
    "<": "inequality constraints are not offered",
    ">": "inequality constraints are not offered",
}
_NAME = re.compile(r"^[^\W\d][\w.]*$")
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


@dataclass(frozen=True)
class Modifier:
    """What the text says about one parameter; tuples hold one value a group (one value holds for all groups)."""

    fixed: tuple[float | None, ...] = ()  # None frees the parameter (NA)
    label: tuple[str, ...] = ()
    start: tuple[float, ...] = ()


@dataclass(frozen=True)
class Statement:
    """One relation of the model text, e.g. lhs `f`, op `=~`, rhs `x1`."""

    lhs: str
    op: str
    rhs: str  # "" for an intercept
    modifier: Modifier = Modifier()
    level: int = 1  # 1 within (or the only level), 2 between


@dataclass(frozen=True)
class Definition:
    """A quantity defined from labels, `name := expression`."""

    name: str
    expression: str


@dataclass(frozen=True)
class ModelText:
    statements: tuple[Statement, ...]
    definitions: tuple[Definition, ...]
    n_levels: int


def parse_model(text: str) -> ModelText:
    """The statements of a model text, in order.

    Understands `=~`, `~~`, `~`, `~ 1`, `|`, `~*~`, `:=`, `level: 1` / `level: 2`, comments (# or !), `;`, lines that
    go on after an operator or `+`, fixed numbers, `NA*`, labels, `start(value)*` and `c(a, b)*` for groups.
    Refuses what it does not know instead of skipping it.
    """
    if not isinstance(text, str) or not text.strip():
        raise FactorError.of(
            found="no model",
            where="model text",
            expected="at least one line such as 'f =~ x1 + x2 + x3'",
            action="write the model",
        )
    statements: dict[tuple[str, str, str, int], Statement] = {}
    definitions: list[Definition] = []
    level, levels = 1, {1}
    for line in _lines(text):
        heading = re.match(r"^(level|group|block|class)\s*:(?!=)\s*(.+)$", line, flags=re.IGNORECASE)
        if heading:
            level = _level(heading, line)
            levels.add(level)
            continue
        lhs, op, rhs = _split(line)
        if op == ":=":
            definitions.append(Definition(lhs.strip(), rhs.strip()))
            continue
        for statement in _statements(lhs, op, rhs, level, line):
            key = (statement.lhs, statement.op, statement.rhs, level)
            statements[key] = _merged(statements.get(key), statement)
    if not statements:
        raise FactorError.of(
            found="no relation",
            where="model text",
            expected="at least one '=~', '~' or '~~'",
            action="write the model",
        )
    _check_once(definitions, statements.values())
    return ModelText(tuple(statements.values()), tuple(definitions), len(levels))


def _check_once(definitions: list[Definition], statements: Iterable[Statement]) -> None:
    """Refuses names that are defined twice, and those that are labels already."""
    names = [definition.name for definition in definitions]
    labels = {label for statement in statements for label in statement.modifier.label}
    twice = sorted({name for name in names if names.count(name) > 1 or name in labels})
    if twice:
        raise FactorError.of(
            found=f"more than one meaning of {', '.join(twice)}",
            where="model text (:=)",
            expected="each name defined once, and other names than those of labels",
            action="rename one of them",
        )


def _lines(text: str) -> list[str]:
    """Logical lines: comments gone, continuation lines joined."""
    pieces: list[str] = []
    for raw in re.split(r"[\n;]", text):
        line = re.sub(r"[#!].*$", "", raw).strip()
        if not line:
            continue
        goes_on = bool(pieces) and (
            pieces[-1].endswith(("+", "*", "~", "=", ",", "(")) or line.startswith(("+", "*"))
        )
        if goes_on and not re.match(r"^(level|group|block)\s*:", line):
            pieces[-1] += " " + line
        else:
            pieces.append(line)
    return pieces


def _level(heading: re.Match[str], line: str) -> int:
    word, value = heading.group(1).lower(), heading.group(2).strip().strip("\"'").lower()
    known = {"1": 1, "within": 1, "2": 2, "between": 2}
    if word != "level" or value not in known:
        raise FactorError.of(
            found=f"the heading '{line}'",
            where="model text",
            expected="'level: 1' or 'level: 2'",
            action="use the group argument for groups",
        )
    return known[value]


def _split(line: str) -> tuple[str, str, str]:
    found = re.search(r"=~|~~|~\*~|:=|==|<~|~|\||<|>", line)
    if not found:
        raise FactorError.of(
            found=f"'{line}'",
            where="model text",
            expected=f"one of {' '.join(OPERATORS)}",
            action="write lhs operator rhs",
        )
    op = found.group()
    if op in UNSUPPORTED:
        raise FactorError.of(
            found=f"'{op}' in '{line}'",
            where="model text",
            expected=UNSUPPORTED[op],
            action="rewrite the line",
        )
    return line[: found.start()], op, line[found.end() :]


def _statements(lhs: str, op: str, rhs: str, level: int, line: str) -> list[Statement]:
    if rhs.strip().endswith("+") or lhs.strip().endswith("+"):
        raise FactorError.of(
            found=f"nothing behind the last '+' of '{line}'",
            where="model text",
            expected="a name on both sides of each '+'",
            action="write the name that is missing, or take the '+' away",
        )
    names = [_name(part, line) for part in lhs.split("+")]
    terms = [_term(part, line) for part in _terms(rhs)]
    found = []
    for name in names:
        for variable, modifier in terms:
            if variable == "1":
                if op != "~":
                    raise FactorError.of(
                        found=f"'1' in '{line}'",
                        where="model text",
                        expected="an intercept such as x1 ~ 1",
                        action="rewrite it",
                    )
                found.append(Statement(name, "~1", "", modifier, level))
            elif op in ("=~", "~") and name == variable:
                raise FactorError.of(
                    found=f"{name} on both sides of '{line}'",
                    where="model text",
                    expected="a factor and its items, or an outcome and its predictors, of other names",
                    action="give the factor a name of its own",
                )
            else:
                found.append(Statement(name, op, variable, modifier, level))
    return found


def _terms(rhs: str) -> list[str]:
    """Split at `+` outside parentheses and numbers such as 1e+3."""
    parts, depth, current = [], 0, ""
    for position, sign in enumerate(rhs):
        depth += (sign == "(") - (sign == ")")
        exponent = sign == "+" and re.search(r"\d[eE]$", rhs[:position]) is not None
        if sign == "+" and depth == 0 and not exponent:
            parts.append(current)
            current = ""
        else:
            current += sign
    return [part for part in [*parts, current] if part.strip()] or [""]


def _term(term: str, line: str) -> tuple[str, Modifier]:
    *modifiers, variable = [piece.strip() for piece in term.split("*")]
    if variable != "1":
        variable = _name(variable, line)
    modifier = Modifier()
    for piece in modifiers:
        modifier = _with_piece(modifier, piece, line)
    return variable, modifier


def _with_piece(modifier: Modifier, piece: str, line: str) -> Modifier:
    start = re.match(r"^start\((.+)\)$", piece)
    if start:
        values = _vector(start.group(1))
        if not all(_NUMBER.match(value) for value in values):
            raise _unreadable(piece, line)
        return replace(modifier, start=tuple(float(v) for v in values))
    values = _vector(piece)
    if all(value == "NA" or _NUMBER.match(value) for value in values):
        return replace(modifier, fixed=tuple(None if v == "NA" else float(v) for v in values))
    labels = tuple(value.strip("\"'") for value in values)
    if not all(_NAME.match(label) for label in labels):
        raise _unreadable(piece, line)
    if modifier.label:
        raise FactorError.of(
            found=f"two labels of one parameter in '{line}'",
            where="model text",
            expected="one label a parameter",
            action="give parameters that are equal the same label",
        )
    return replace(modifier, label=labels)


def _unreadable(piece: str, line: str) -> FactorError:
    return FactorError.of(
        found=f"the modifier '{piece}' in '{line}'",
        where="model text",
        expected="a number, NA, a label, start(value) or c(one, per, group)",
        action="rewrite the term",
    )


def _vector(piece: str) -> list[str]:
    inner = re.match(r"^c\((.*)\)$", piece.strip())
    return [value.strip() for value in (inner.group(1) if inner else piece).split(",")]


def _name(part: str, line: str) -> str:
    name = part.strip()
    if not _NAME.match(name):
        raise FactorError.of(
            found=f"'{name}' in '{line}'",
            where="model text",
            expected="the name of a column or factor",
            action="rewrite the line",
        )
    return name


def _merged(old: Statement | None, new: Statement) -> Statement:
    """A relation may be said twice, once for its label and once for its value."""
    if old is None:
        return new
    both = Modifier(
        new.modifier.fixed or old.modifier.fixed,
        new.modifier.label or old.modifier.label,
        new.modifier.start or old.modifier.start,
    )
    return replace(old, modifier=both)
