"""What was measured of every outcome of the plan: items, range, missing rule, reliability here, and what matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.scales import TOTAL
from dww_analysis.language.labels import Labels
from dww_analysis.reports.cells import Cell, count, hidden, nothing, number, text, with_interval
from dww_analysis.reports.sections.measurement import cell_notes, marked, scale_cell, there
from dww_analysis.reports.tables import Table, build_table, flagged, rows_of

Row = Mapping[str, Any]
COLUMNS = ("items", "range", "missing", "reliability", "smallest", "family")


def outcomes_table(plan: Plan, reliability: pd.DataFrame | None, labels: Labels) -> Table:
    """One row per outcome of the plan. Reliability: omega, else alpha, at the first wave that has it."""
    words = labels.words
    first: dict[str, PlanEntry] = {}
    for entry in plan.entries:
        first.setdefault(entry.outcome, entry)
    once = list(first.values())
    found = rows_of(reliability)
    rows = [_row(entry, plan, found, labels) for entry in once]
    columns = [words("results.outcome"), *(words(f"outcomes.{name}") for name in COLUMNS)]
    notes = [words("outcomes.note"), *cell_notes(rows, labels), *_sources(once, labels)]
    if any(labels.unverified(e.outcome) for e in once):
        notes.append(words("table.unverified_note"))
    return build_table("outcomes", words("outcomes.caption"), columns, rows, notes)


def _row(entry: PlanEntry, plan: Plan, reliability: Sequence[Row], labels: Labels) -> list[Cell]:
    family = plan.families.get(entry.family)
    return [
        scale_cell(entry.outcome, labels),
        *_of_scale(entry.outcome, labels),
        _reliability(entry, reliability),
        nothing() if entry.sesoi is None else number(entry.sesoi),
        text(labels.words.say(family.label) if family is not None else entry.family),
    ]


def _of_scale(outcome: str, labels: Labels) -> list[Cell]:
    """Items, range with direction, and how many items a score needs."""
    words, scale = labels.words, labels.scale_of(outcome)
    if scale is None:
        return [nothing(), text("–"), text("–")]
    low, high = (words.plain(v) for v in scale.score_range(outcome))
    direction = words(f"direction.{labels.direction(outcome)}")
    ranged = words("outcomes.range_of", low=low, high=high, direction=direction)
    ranged = labels.better_answer(outcome) or ranged
    if labels.of_records(outcome):
        return [nothing(), text(ranged), text(words("outcomes.records"))]
    if scale.key is None:
        return [nothing(), text(ranged), text(words("outcomes.delivered"))]
    part = outcome.partition(".")[2] or TOTAL
    n, needed = len(scale.key.items_of(part)), scale.key.items_needed(part)
    rule = words("outcomes.needed", needed=words.count(needed), n=words.count(n))
    return [count(n), text(ranged), text(rule)]


def _reliability(entry: PlanEntry, found: Sequence[Row]) -> Cell:
    own = [r for r in found if r["scale"] == entry.outcome and r["sample"] == entry.sample]
    for row in sorted(own, key=lambda r: float(r["wave"])):
        if flagged(row):
            return hidden()
        for name in ("omega", "alpha"):
            if there(row.get(name)):
                return with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])
    return nothing()


def _sources(entries: Sequence[PlanEntry], labels: Labels) -> list[str]:
    """Of each outcome with a scoring key: which key, where it comes from, and what of it was checked."""
    words, said = labels.words, []
    for entry in entries:
        scale = labels.scale_of(entry.outcome)
        if scale is None or scale.key is None:
            continue
        key = scale.key
        checked = words("outcomes.checked" if key.verified else "outcomes.unchecked")
        name = marked(entry.outcome.split(".")[0], labels).rstrip("†")
        said.append(
            words(
                "outcomes.source",
                label=name,
                scoring=f"{key.id} {key.version}",
                reference=key.reference,
                checked=checked,
            )
        )
    return list(dict.fromkeys(said))
