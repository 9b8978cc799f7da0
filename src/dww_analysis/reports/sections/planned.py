"""What the plan asks of each outcome and why, what is estimated by its parts (ICH E9(R1)), what is done about events
after the start, and where it is registered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.contrasts import contrast_of
from dww_analysis.domain.estimate import truth
from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.records import of_records
from dww_analysis.language.labels import MINUS, Labels
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import Cell, heading, text
from dww_analysis.reports.headlines import entry_name
from dww_analysis.reports.tables import Table, build_table


def planned_block(plan: Plan, labels: Labels, estimates: pd.DataFrame | None = None) -> Block:
    """Where the plan was registered, and its questions behind one line, a row for each entry. estimates: as of
    `planned_table`."""
    words, place = labels.words, plan.registered_at
    registered = (
        words("planned.registered", registry=place.registry, id=place.id, date=words.date(place.date))
        if place is not None
        else ""
    )
    table = planned_table(plan, labels, estimates)
    return block(words("planned.heading"), sentences=[registered], folded=[fold(table.caption, table)])


def planned_table(plan: Plan, labels: Labels, estimates: pd.DataFrame | None = None) -> Table:
    """One row per analysis: its outcome and question, why it is asked, what is estimated, and how events after the
    start are handled. estimates: of which the planned contrasts say what is compared."""
    words, found = labels.words, _planned_rows(estimates)
    parts = {
        "planned.question": [words.say(e.question) for e in plan.entries],
        "planned.why": [words.say(e.why) for e in plan.entries],
        "planned.estimand": [estimand(e, found.get(e.id), labels) for e in plan.entries],
        "planned.events": ["; ".join(map(words.say, e.events.values())) for e in plan.entries],
    }
    given = {name: cells for name, cells in parts.items() if any(cells)}
    rows: list[list[Cell]] = [
        [heading(entry_name(e.id, plan, labels)), *(text(cells[i] or "–") for cells in given.values())]
        for i, e in enumerate(plan.entries)
    ]
    columns = [words("results.outcome"), *(words(name) for name in given)]
    return build_table("planned", words("planned.caption"), columns, rows)


def estimand(entry: PlanEntry, row: Mapping[str, Any] | None, labels: Labels) -> str:
    """What an analysis estimates, by its parts: how it is compared, what with what and when, and of whom; "" where
    nothing was estimated. row: its planned contrast, as of domain.estimate."""
    if row is None:
        return ""
    words, study = labels.words, labels.study
    recorded = of_records(entry.outcome, [s for s in labels.scales.values() if s.label])
    whom = words("planned.of.records" if recorded else f"planned.of.{entry.population}")
    alike = entry.units_once or (row["df_method"] == "units" and study.unit != "person")
    once = words("planned.units_once") if alike else ""
    groups = labels.by_design("planned.as_allocated") if contrast_of(row).arm else ""
    what = words(
        "planned.compared", what=words(f"planned.what.{row['summary']}"), contrast=_contrast(row, labels)
    )
    return f"{words.capital(what)}. {words.capital('; '.join(filter(None, (whom, once, groups))))}."


def _contrast(row: Mapping[str, Any], labels: Labels) -> str:
    """What is laid beside what: one minus the other, of a ratio one over the other."""
    said = labels.contrast(contrast_of(row)) or str(row["term"])
    return said.replace(f" {MINUS} ", " / ") if str(row["summary"]).endswith("ratio") else said


def _planned_rows(estimates: pd.DataFrame | None) -> dict[str, Mapping[str, Any]]:
    """Entry -> its planned contrast in the outcome's own unit."""
    if estimates is None or estimates.empty:
        return {}
    own = estimates["primary"].map(truth).eq(True) & ~estimates["standardised"].map(truth).eq(True)
    return {str(row["entry"]): row for row in estimates[own].to_dict("records")}
