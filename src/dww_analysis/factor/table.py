"""The parameter table: every number of the model, free, fixed or held equal, for every group and level.

It fills in what the model text leaves unsaid by the conventions of lavaan 0.6 `cfa()`: a marker or a standardised
factor, residual variances, covariances of exogenous factors, intercepts, and the equalities asked for across groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.syntax import Definition, ModelText, Statement

EQUALITIES = {
    "loadings": "factor loadings",
    "intercepts": "intercepts of the items (thresholds of ordered items)",
    "thresholds": "thresholds of ordered items",
    "residuals": "residual variances of the items",
    "residual.covariances": "residual covariances of the items",
    "lv.variances": "factor variances",
    "lv.covariances": "factor covariances",
    "means": "factor means",
    "regressions": "regression coefficients",
}


@dataclass
class Row:
    """One parameter of one group and level. `value` is the fixed value, or nothing when the parameter is free."""

    lhs: str
    op: str
    rhs: str
    group: int
    level: int
    value: float | None = None
    label: str = ""
    start: float | None = None
    stated: bool = False  # it stands in the model text
    fixed_in_text: bool = False
    of_covariate: bool = False  # moment of a covariate, taken from the data and not modelled

    @property
    def free(self) -> bool:
        """Whether the row is estimated: no value holds it, and it is not a moment of covariates."""
        return self.value is None and not self.of_covariate

    @property
    def name(self) -> str:
        """The row as a statement of the model's text: `f=~x1`, `x1~1`."""
        return f"{self.lhs}{self.op}{self.rhs}"


@dataclass(frozen=True)
class Roles:
    """Who is who at one level."""

    factors: tuple[str, ...]
    observed: tuple[str, ...]
    covariates: tuple[str, ...]  # observed predictors, conditioned on
    indicators: tuple[str, ...]  # observed items that load on a factor


@dataclass(frozen=True)
class Table:
    rows: tuple[Row, ...]
    roles: dict[int, Roles]  # by level
    definitions: tuple[Definition, ...]
    n_groups: int
    mean_structure: bool
    equal: tuple[str, ...] = ()
    ordered: bool = False
    levels: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class Choices:
    """How the unsaid is filled in."""

    n_groups: int = 1
    std_lv: bool = False
    mean_structure: bool = False
    equal: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    ordered: dict[str, int] = field(default_factory=dict)  # number of thresholds by item
    covariates: dict[int, tuple[str, ...]] | None = None  # by level, where the text alone does not show them


def build_table(model: ModelText, choices: Choices) -> Table:
    """All parameters of the model for every group and level.

    Refuses unknown words in `equal`, names in `partial` that no parameter carries, and a factor that also is a column.
    """
    unknown = [word for word in choices.equal if word not in EQUALITIES]
    if unknown:
        raise FactorError.of(
            found=f"equal={unknown}",
            where="equality across groups",
            expected=f"words among {', '.join(EQUALITIES)}",
            action="correct the spelling",
        )
    roles = roles_by_level(model)
    levels = tuple(roles)
    if choices.covariates is not None:
        roles = {
            level: replace(who, covariates=choices.covariates.get(level, ())) for level, who in roles.items()
        }
    rows: list[Row] = []
    for group in range(1, choices.n_groups + 1):
        for level in levels:
            said = [s for s in model.statements if s.level == level]
            rows += _block(said, roles, level, group, choices, levels)
    _set_equal(rows, roles, choices)
    _free_what_equality_identifies(rows, roles, choices)
    _close_labels(rows)
    return Table(
        tuple(rows),
        roles,
        model.definitions,
        choices.n_groups,
        choices.mean_structure,
        choices.equal,
        bool(choices.ordered),
        levels,
    )


def roles_by_level(model: ModelText) -> dict[int, Roles]:
    """Who is who at each level that the text speaks of."""
    levels = sorted({statement.level for statement in model.statements})
    return {level: _roles([s for s in model.statements if s.level == level]) for level in levels}


def _roles(said: Sequence[Statement]) -> Roles:
    factors = list(dict.fromkeys(s.lhs for s in said if s.op == "=~"))
    names = [n for s in said for n in (s.lhs, s.rhs) if n and not (s.op in ("|", "~*~") and n == s.rhs)]
    items = [s.rhs for s in said if s.op == "=~" and s.rhs not in factors]
    observed = list(dict.fromkeys([*items, *(n for n in names if n not in factors)]))
    outcomes = {s.lhs for s in said if s.op == "~"}
    predictors = {s.rhs for s in said if s.op == "~"}
    in_covariance = {n for s in said if s.op == "~~" for n in (s.lhs, s.rhs)} | {
        s.lhs for s in said if s.op == "~1"
    }
    covariates = [n for n in observed if n in predictors - outcomes - set(items) - in_covariance]
    return Roles(tuple(factors), tuple(observed), tuple(covariates), tuple(dict.fromkeys(items)))


def _block(
    said: Sequence[Statement],
    roles: dict[int, Roles],
    level: int,
    group: int,
    choices: Choices,
    levels: tuple[int, ...],
) -> list[Row]:
    """The rows of one group and level, the text's own first."""
    who = roles[level]
    rows = [_row(s, group, choices.n_groups) for s in said]
    _scale_factors(rows, said, who, choices)
    present = {frozenset((r.lhs, r.rhs)) for r in rows if r.op == "~~"}

    def add(lhs: str, op: str, rhs: str, **more: object) -> None:
        rows.append(Row(lhs, op, rhs, group, level, **more))  # type: ignore[arg-type]

    if choices.ordered:
        _add_thresholds(rows, who, level, group, choices)
    single = _single_indicators(said, who)
    for name in (*who.observed, *who.factors):
        if frozenset((name,)) in present:
            continue
        if name in who.covariates:
            add(name, "~~", name, of_covariate=True)
        elif name in choices.ordered:
            add(name, "~~", name, value=1.0)
        else:
            fixed = 1.0 if name in who.factors and choices.std_lv else 0.0 if name in single else None
            add(name, "~~", name, value=fixed)
    for pair, of_covariate in _unsaid_covariances(said, who):
        if frozenset(pair) not in present:
            add(pair[0], "~~", pair[1], of_covariate=of_covariate)
    if choices.mean_structure:
        _add_intercepts(rows, who, roles, level, group, choices, levels)
    return rows


def _row(statement: Statement, group: int, n_groups: int) -> Row:
    m = statement.modifier
    fixed = _of_group(m.fixed, group, n_groups)
    return Row(
        statement.lhs,
        statement.op,
        statement.rhs,
        group,
        statement.level,
        value=fixed,
        label=_of_group(m.label, group, n_groups) or "",
        start=_of_group(m.start, group, n_groups),
        stated=True,
        fixed_in_text=fixed is not None,
    )


def _of_group(values: tuple, group: int, n_groups: int):  # type: ignore[no-untyped-def,type-arg]
    """The value for a group; a single value holds for all."""
    if not values:
        return None
    if len(values) > 1 and len(values) != n_groups:
        raise FactorError.of(
            found=f"c({', '.join(map(str, values))}), {len(values)} values (groups: {n_groups})",
            where="model text",
            expected="one value, or one a group",
            action="correct the c(...), or say group=",
        )
    return values[0] if len(values) == 1 else values[group - 1]


def _scale_factors(rows: list[Row], said: Sequence[Statement], who: Roles, choices: Choices) -> None:
    """A factor gets its unit from its first item, unless it is standardised or the text frees it with NA."""
    freed = {(s.lhs, s.rhs) for s in said if s.op == "=~" and s.modifier.fixed[:1] == (None,)}
    for factor in who.factors:
        first = next(r for r in rows if r.op == "=~" and r.lhs == factor)
        if not choices.std_lv and first.value is None and (factor, first.rhs) not in freed:
            first.value = 1.0


def _single_indicators(said: Sequence[Statement], who: Roles) -> set[str]:
    by_factor = {f: [s.rhs for s in said if s.op == "=~" and s.lhs == f] for f in who.factors}
    return {items[0] for items in by_factor.values() if len(items) == 1 and items[0] in who.indicators}


def _unsaid_covariances(said: Sequence[Statement], who: Roles) -> list[tuple[tuple[str, str], bool]]:
    """Exogenous factors covary, pure outcomes keep their residual covariance, covariates have that of the data."""
    outcomes = [s.lhs for s in said if s.op == "~"]
    predictors = {s.rhs for s in said if s.op == "~"}
    loaded_on = {s.rhs for s in said if s.op == "=~"}
    free = [f for f in who.factors if f not in outcomes and f not in loaded_on]
    ends = [
        n
        for n in (*who.factors, *who.observed)
        if n in outcomes and n not in predictors and n not in loaded_on
    ]
    pairs: list[tuple[tuple[str, str], bool]] = [(p, False) for p in combinations(free, 2)]
    pairs += [(p, False) for p in combinations(ends, 2)]
    return pairs + [(p, True) for p in combinations(who.covariates, 2)]


def _add_thresholds(rows: list[Row], who: Roles, level: int, group: int, choices: Choices) -> None:
    said = {(r.lhs, r.rhs) for r in rows if r.op == "|"}
    for item in (name for name in who.observed if name in choices.ordered):
        for k in range(1, choices.ordered.get(item, 0) + 1):
            if (item, f"t{k}") not in said:
                rows.append(Row(item, "|", f"t{k}", group, level))
        if not any(r.op == "~*~" and r.lhs == item for r in rows):
            rows.append(Row(item, "~*~", item, group, level, value=1.0))


def _add_intercepts(
    rows: list[Row],
    who: Roles,
    roles: dict[int, Roles],
    level: int,
    group: int,
    choices: Choices,
    levels: tuple[int, ...],
) -> None:
    """Items have free means and factors zero; with two levels the means of shared items belong to the between level."""
    said = {r.lhs for r in rows if r.op == "~1"}
    between = set(roles[2].observed) if len(levels) > 1 else set()
    for name in who.observed:
        if name in said:
            continue
        if name in who.covariates:
            rows.append(Row(name, "~1", "", group, level, of_covariate=True))
        else:
            zero = name in choices.ordered or (level == 1 and name in between)
            rows.append(Row(name, "~1", "", group, level, value=0.0 if zero else None))
    rows += [Row(f, "~1", "", group, level, value=0.0) for f in who.factors if f not in said]


def equality_kind(row: Row, who: Roles) -> str:
    """The word of `equal` that a parameter falls under, "" for none."""
    factor = row.lhs in who.factors
    if row.op == "=~":
        return "loadings"
    if row.op == "~1":
        return "means" if factor else "intercepts"
    if row.op == "|":
        return "thresholds"
    if row.op == "~":
        return "regressions"
    if row.op == "~~":
        same = row.lhs == row.rhs
        if factor:
            return "lv.variances" if same else "lv.covariances"
        return "residuals" if same else "residual.covariances"
    return ""


def _set_equal(rows: list[Row], roles: dict[int, Roles], choices: Choices) -> None:
    wanted = set(choices.equal) | ({"thresholds"} if "intercepts" in choices.equal else set())
    partial = {name.replace(" ", "") for name in choices.partial}
    unknown = partial - {r.name for r in rows}
    if unknown:
        raise FactorError.of(
            found=f"partial={sorted(unknown)}",
            where="equality across groups",
            expected="names such as 'f=~x2' or 'x2~1'",
            action="correct them",
        )
    if choices.n_groups == 1:
        return
    for row in rows:
        if equality_kind(row, roles[row.level]) not in wanted or row.label:
            continue
        if row.name not in partial and row.free:
            row.label = f".{row.name}.{row.level}"
        elif row.name in partial and row.op == "=~" and row.value == 1.0 and row.group > 1:
            row.value = (
                None  # a marker that differs: the other loadings, held equal, give the factor its unit
            )


def _free_what_equality_identifies(rows: list[Row], roles: dict[int, Roles], choices: Choices) -> None:
    """Equal intercepts identify factor means, equal loadings factor variances, from the second group on.

    A factor that loads on a factor keeps its mean at zero: the higher one's mean and theirs would say the same.
    """
    equal = set(choices.equal)
    below = {row.rhs for row in rows if row.op == "=~" and row.rhs in roles[row.level].factors}
    for row in rows:
        if row.group == 1 or row.stated or row.lhs not in roles[row.level].factors:
            continue
        kind = equality_kind(row, roles[row.level])
        identified = equal & {"intercepts", "thresholds"} and row.lhs not in below
        if kind == "means" and identified and "means" not in equal:
            row.value = None
        if kind == "lv.variances" and choices.std_lv and "loadings" in equal and "lv.variances" not in equal:
            row.value = None
    if choices.ordered and equal & {"intercepts", "thresholds"}:
        for row in rows:
            if row.op == "~*~" and row.group > 1 and not row.stated:
                row.value = None


def _close_labels(rows: list[Row]) -> None:
    """A label shared with a fixed parameter fixes the others too."""
    fixed = {row.label: row.value for row in rows if row.label and row.value is not None}
    for row in rows:
        if row.free and row.label in fixed:
            row.value = fixed[row.label]
