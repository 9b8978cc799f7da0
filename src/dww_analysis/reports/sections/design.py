"""Who was measured when and under which condition, and what differs from the sealed plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.design import sequence_order
from dww_analysis.domain.plan import Plan
from dww_analysis.domain.theory import Theory
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import Cell, count, heading, text
from dww_analysis.reports.headlines import entry_name
from dww_analysis.reports.sections.impact import impact_table
from dww_analysis.reports.tables import Table, build_table, rows_of

Row = Mapping[str, Any]


def design_table(design: pd.DataFrame | None, labels: Labels) -> Table:
    """One row per sequence of conditions: how many units followed it, and in which condition they were at each wave."""
    words, study = labels.words, labels.study
    found = rows_of(design)
    rows: list[list[Cell]] = []
    for sequence in sorted({str(r["sequence"]) for r in found}, key=sequence_order):
        own = [r for r in found if str(r["sequence"]) == sequence]
        at = {int(r["wave"]): str(r["condition"]) for r in own}
        conditions = [text(words(f"design.condition_{at[w.number]}")) for w in study.waves if w.number in at]
        rows.append([heading(labels.sequence(sequence)), count(len({r["unit"] for r in own})), *conditions])
    unit = study.unit
    columns = [words("design.sequence"), words.capital(words.level_names(unit))]
    columns += [words.capital(words.say(w.label)) for w in study.waves]
    caption = words.capital(words("design.caption", units=words.level_names(unit)))
    return build_table("design", caption, columns, rows, csv="design.csv")


def deviation_blocks(
    deviations: pd.DataFrame | None, plan: Plan, labels: Labels, theory: Theory | None = None
) -> list[Block]:
    """What differs from the sealed plan, with when, why and what it does to the answers, in the plan's order; a
    sentence where nothing does, none without a seal."""
    words, place = labels.words, {e.id: i for i, e in enumerate(plan.entries)}
    found = sorted(rows_of(deviations), key=lambda r: place.get(str(r["entry"]), len(place)))
    if not plan.sealed:
        return []
    if not found:
        return [block(words("deviations.heading"), sentences=[words("deviations.none")])]
    table = deviation_table(found, plan, labels)
    said = [words.many("deviations.some", len(found)), words("impact.intro")]
    changed = [impact_table(found, plan, labels, theory)]
    folded = [fold(table.caption, table)]
    return [block(words("deviations.heading"), sentences=said, tables=changed, folded=folded)]


def deviation_table(found: Sequence[Row], plan: Plan, labels: Labels) -> Table:
    """One row per value that changed: of which analysis, what, from what to what, when and why."""
    words = labels.words
    rows = [
        [
            heading(entry_name(str(r["entry"]), plan, labels)),
            *(text(_text(r[name])) for name in ("what", "old", "new")),
            text(words.date(str(r["when"]))),
            text(_why(str(r["why"]), labels)),
        ]
        for r in found
    ]
    columns = [
        words("results.outcome"),
        *(words(f"deviations.{k}") for k in ("what", "old", "new", "when", "why")),
    ]
    return build_table("deviations", words("deviations.caption"), columns, rows, csv="deviations.csv")


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str) and value else "–"


def _why(why: str, labels: Labels) -> str:
    return labels.words("deviations.not_explained") if why == "not explained" else why
