"""What the plan asks of each outcome and why, what is done about events after the start, and where it is registered."""

from __future__ import annotations

from dww_analysis.domain.plan import Plan
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import Cell, heading, text
from dww_analysis.reports.tables import Table, build_table


def planned_block(plan: Plan, labels: Labels) -> Block:
    """Where the plan was registered, and its questions behind one line, a row for each entry."""
    words, place = labels.words, plan.registered_at
    registered = (
        words("planned.registered", registry=place.registry, id=place.id, date=words.date(place.date))
        if place is not None
        else ""
    )
    table = planned_table(plan, labels)
    return block(words("planned.heading"), sentences=[registered], folded=[fold(table.caption, table)])


def planned_table(plan: Plan, labels: Labels) -> Table:
    """One row per analysis: its outcome and question, why it is asked, and how events after the start are handled."""
    words = labels.words
    parts = {
        "planned.question": [words.say(e.question) for e in plan.entries],
        "planned.why": [words.say(e.why) for e in plan.entries],
        "planned.events": ["; ".join(map(words.say, e.events.values())) for e in plan.entries],
    }
    given = {name: cells for name, cells in parts.items() if any(cells)}
    rows: list[list[Cell]] = [
        [heading(labels.outcome(e.outcome)), *(text(cells[i] or "–") for cells in given.values())]
        for i, e in enumerate(plan.entries)
    ]
    columns = [words("results.outcome"), *(words(name) for name in given)]
    return build_table("planned", words("planned.caption"), columns, rows)
