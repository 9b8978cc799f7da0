"""What every rule of sources.yaml met: a rule that met nothing is a problem, a code of it that met nothing a line.

The same account is kept for answers, allocations, diaries, logs and records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from dww_analysis.delivery.codes import nearest
from dww_analysis.domain.study import Source, rule_name
from dww_analysis.errors import Problem

RULE_COLUMNS = (
    *("source", "sample", "wave", "rule", "written", "code", "met", "of", "unit", "may_be_absent"),
)
MOST_SHOWN = 8  # values of a column that a message shows


@dataclass(frozen=True)
class Met:
    """One rule and what it met: `parts` counts each of its codes or values, out of `of` rows or answers."""

    kind: str  # "recode", "drop_rows", ...
    written: str  # our column, the column or the code, as written
    parts: Mapping[str, int]
    of: int
    unit: str = "answers"
    found: str = ""  # what is there instead, for the message
    allowed: bool = False  # may_be_absent
    columns: tuple[str, ...] = field(default=())  # our columns it stands for, when a range or several

    @property
    def met(self) -> int:
        return sum(self.parts.values())


def together(ledger: Iterable[Met], source: Source) -> list[Met]:
    """Rules that are written once for several columns as one rule, with their counts added up."""
    found: dict[tuple[str, str], Met] = {}
    for met in ledger:
        written = source.written.get(rule_name(met.kind, met.written), met.written)
        columns = (met.written,) if met.kind in ("recode", "conflicts") else ()
        before = found.get((met.kind, written))
        parts = dict(met.parts)
        if before is not None:
            parts = {c: before.parts.get(c, 0) + parts.get(c, 0) for c in {**before.parts, **parts}}
            columns, of = (*before.columns, *columns), before.of + met.of
        else:
            of = met.of
        allowed = met.allowed or rule_name(met.kind, written) in source.may_be_absent
        found[met.kind, written] = Met(met.kind, written, parts, of, met.unit, met.found, allowed, columns)
    return list(found.values())


def unmet(ledger: Iterable[Met], source: Source) -> list[Problem]:
    """A Problem for every rule that met no cell or row and does not say that it may; [] where all met something."""
    return [_problem(met, source) for met in together(ledger, source) if not met.met and not met.allowed]


def _problem(met: Met, source: Source) -> Problem:
    codes = "" if list(met.parts) == [met.written] else " " + ", ".join(map(repr, list(met.parts)[:5]))
    own = f" ({', '.join(met.columns[:3])}{', ...' * (len(met.columns) > 3)})" if len(met.columns) > 1 else ""
    return Problem(
        found=f"{met.kind}: {met.written!r}{own}{codes} met 0 of {met.of} {met.unit}",
        where=f"{source.file}, source {source.id} in sources.yaml",
        expected="a rule that meets something" + (f"; found: {met.found}" if met.found else ""),
        action="correct what is written, remove the rule, or declare `may_be_absent: true` in it",
    )


def rules_table(ledger: Iterable[Met], source: Source) -> pd.DataFrame:
    """Columns source, sample, wave, rule, written, code, met, of, unit, may_be_absent: one row a rule and code."""
    records = [
        (source.id, source.sample, source.wave, m.kind, m.written, code, count, m.of, m.unit, m.allowed)
        for m in together(ledger, source)
        for code, count in m.parts.items()
    ]
    table = pd.DataFrame(records, columns=list(RULE_COLUMNS))
    texts = dict.fromkeys(("source", "sample", "rule", "written", "code", "unit"), "str")
    return table.astype({**texts, "wave": "Int64", "met": "int64", "of": "int64", "may_be_absent": "bool"})


def rule_lines(rules: pd.DataFrame) -> list[str]:
    """Every rule in one line with its count, and the codes of it that met nothing. rules: columns source, rule,
    written, code, met, unit, of."""
    lines = []
    for (source, rule, written), rows in rules.groupby(["source", "rule", "written"], sort=False):
        unit, of = rows["unit"].iloc[0], rows["of"].iloc[0]
        line = f"{source}: {rule} {written}: {rows['met'].sum()} of {of} {unit}"
        silent = rows.loc[rows["met"] == 0, "code"].tolist()
        if silent and silent != [written]:
            line += (
                "; met nothing: "
                + ", ".join(map(repr, silent[:MOST_SHOWN]))
                + ", ..." * (len(silent) > MOST_SHOWN)
            )
        lines.append(line)
    return lines


def identifier_rules(names: Sequence[str], source: Source) -> list[Met]:
    """Declared identifying columns that the file has."""
    return [
        Met("identifiers", name, {name: int(name in names)}, 1, "columns", nearest(name, names).strip("; "))
        for name in source.identifiers
    ]
