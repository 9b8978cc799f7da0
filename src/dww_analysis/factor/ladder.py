"""The models of an invariance ladder, over groups or over waves, on answers that are summarised once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor.fitted import Fitted
from dww_analysis.factor.longitudinal import WaveColumns, factor_name, over_waves
from dww_analysis.factor.model import Model
from dww_analysis.factor.ordinal_summary import OrdinalSummary
from dww_analysis.factor.summary import Summary
from dww_analysis.factor.syntax import ModelText
from dww_analysis.factor.table import Choices, Row, Table, build_table
from dww_analysis.factor.wls import WlsFit

Array = NDArray[Any]
LEVELS = ("configural", "metric", "scalar", "strict")
ADDS = {"metric": "loadings", "scalar": "intercepts", "strict": "residuals"}


def equal_at(level: str) -> tuple[str, ...]:
    """What is held equal at a level of `LEVELS`, in the order in which it was added; () at the first. ValueError for
    another name."""
    return tuple(ADDS[step] for step in LEVELS[1 : LEVELS.index(level) + 1])


class Ladder(Protocol):
    """Builds the parameter table of any level and names parameters as in the model text."""

    @property
    def summary(self) -> Summary | OrdinalSummary: ...

    def table(self, level: str, freed: tuple[str, ...]) -> Table:
        """The parameter table at a level of the ladder. freed: names (`base_name`) of parameters that may differ all
        the same."""

    def base_name(self, row: Row) -> str:
        """What the parameter of a row is called in every group or wave alike."""


def thresholds_of(summary: Summary | OrdinalSummary) -> dict[str, int]:
    return summary.ordered if isinstance(summary, OrdinalSummary) else {}


@dataclass(frozen=True)
class GroupLadder:
    text: ModelText
    summary: Summary | OrdinalSummary

    def table(self, level: str, freed: tuple[str, ...]) -> Table:
        n_groups, ordered = len(self.summary.moments), thresholds_of(self.summary)
        return build_table(
            self.text,
            Choices(n_groups, mean_structure=True, equal=equal_at(level), partial=freed, ordered=ordered),
        )

    def base_name(self, row: Row) -> str:
        return row.name


@dataclass(frozen=True)
class WaveLadder:
    text: ModelText
    columns: WaveColumns
    summary: Summary | OrdinalSummary

    def table(self, level: str, freed: tuple[str, ...]) -> Table:
        ordered = thresholds_of(self.summary)
        text = over_waves(self.text, self.columns, frozenset(equal_at(level)), frozenset(freed), ordered)
        return build_table(text, Choices(mean_structure=True, ordered=ordered))

    def base_name(self, row: Row) -> str:
        return f"{self._base[row.lhs]}{row.op}{self._base.get(row.rhs, row.rhs)}"

    @property
    def _base(self) -> dict[str, str]:
        back = {column: item for (item, _), column in self.columns.column.items()}
        factors = {s.lhs for s in self.text.statements if s.op == "=~"}
        return back | {factor_name(f, w): f for f in factors for w in self.columns.waves}


@dataclass(frozen=True)
class Candidate:
    """A set of equal parameters that could be allowed to differ."""

    name: str  # as in the model text, e.g. f=~x2 or x3~1; x3|t1,t2 for the thresholds of an ordered item
    frees: tuple[str, ...]  # the names that the table must free
    factors: tuple[str, ...]  # factors that would lose an equal item
    rows: tuple[int, ...]  # table rows to free


def candidates(ladder: Ladder, fitted: Fitted | WlsFit, kind: str) -> list[Candidate]:
    """Loadings (markers too), intercepts or thresholds, residual variances held equal, one candidate a parameter.
    kind: which of them, as `ADDS` calls it. [] where nothing of that kind is held equal."""
    model, ordered = fitted.model, thresholds_of(fitted.summary)
    by_name: dict[str, list[int]] = {}
    for k, row in enumerate(model.rows):
        wanted = _wanted(kind, row.lhs in ordered)
        if row.op == wanted and _is_item(row, model) and not (row.fixed_in_text and row.value != 1.0):
            by_name.setdefault(ladder.base_name(row), []).append(k)
    equal = {name: rows for name, rows in by_name.items() if len(rows) > 1 and _held_equal(model, rows)}
    loads_on: dict[str, set[str]] = {}
    for row in model.rows:
        if row.op == "=~":
            factor, _, item = ladder.base_name(row).partition("=~")
            loads_on.setdefault(item, set()).add(factor)
    found = []
    for name, members in _joined(equal).items():
        item = members[0].split("=~")[-1].split("|")[0].split("~~")[0].removesuffix("~1")
        factors = (name.split("=~")[0],) if "=~" in name else tuple(sorted(loads_on.get(item, ())))
        rows = tuple(k for member in members for k in equal[member][1:])
        found.append(Candidate(name, tuple(members), factors, rows))
    return found


def _wanted(kind: str, ordered: bool) -> str:
    """The operator of the parameters of a kind, for an item that is ordered or not."""
    return {"loadings": "=~", "intercepts": "|" if ordered else "~1", "residuals": "~~"}[kind]


def _joined(equal: dict[str, list[int]]) -> dict[str, list[str]]:
    """Thresholds of an item are released together, everything else on its own."""
    by_item: dict[str, list[str]] = {}
    for name in equal:
        by_item.setdefault(name.split("|")[0], []).append(name)
    return {
        f"{item}|{','.join(n.split('|')[1] for n in names)}" if "|" in names[0] else item: names
        for item, names in by_item.items()
    }


def _is_item(row: Row, model: Model) -> bool:
    who = model.table.roles[row.level]
    if row.op == "~~":
        return row.lhs == row.rhs and row.lhs in who.indicators
    return row.op == "=~" or row.lhs in who.indicators


def _held_equal(model: Model, rows: list[int]) -> bool:
    entries = {int(model.theta_of_row[k]) for k in rows}
    return len(entries) == 1


def warm_start(model: Model, before: Fitted | WlsFit) -> Array:
    """Theta (n_theta,) from the estimates of the model before, matched by name; shared parameters start at their
    average, those that were not there at 0 (scales of ordered items at 1)."""
    values = {
        (r.lhs, r.op, r.rhs, r.group, r.level): v
        for r, v in zip(before.model.rows, before.values, strict=True)
    }
    theta, count = np.zeros(model.n_theta), np.zeros(model.n_theta)
    unknown = {"~*~": 1.0}
    for k, row in enumerate(model.rows):
        entry = model.theta_of_row[k]
        if entry >= 0:
            theta[entry] += values.get(
                (row.lhs, row.op, row.rhs, row.group, row.level), unknown.get(row.op, 0.0)
            )
            count[entry] += 1
    return theta / count
