"""Building blocks of the place to learn: what groups asked for, often together, and beside it what teams report."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from dww_analysis.domain.practice import Practice
from dww_analysis.domain.scales import Scale
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import Cell, count, heading, percent, text
from dww_analysis.reports.sections.quantity_rows import Row
from dww_analysis.reports.sections.sessions.board import board_of
from dww_analysis.reports.sections.sessions.pasted import pasted_block
from dww_analysis.reports.sections.sessions.rows import SessionRows, rows_of_session
from dww_analysis.reports.sections.sessions.tables import CSV
from dww_analysis.reports.tables import Table, build_table, flagged, rows_of


def building_blocks(table: pd.DataFrame, practice: Practice, labels: Labels) -> list[Block]:
    """The blocks of every session, and the scales that they belong to; nothing where none were pasted."""
    told = [rows_of_session(session, table, practice, labels) for session in practice.sessions]
    pasted = [_with_board(part, own) for own in told if (part := pasted_block(own))]
    if not pasted:
        return []
    words = labels.words
    values = {r["subject"]: r for r in rows_of(table[table["quantity"] == "team_value"]) if not flagged(r)}
    table = _beside(told, values, labels)
    what = [words("building.what")] if table.rows else []
    beside = block(words("building.beside"), sentences=what, tables=[table])
    return [part for part in (block(sentences=[words("building.reading")]), *pasted, beside) if part]


def _with_board(pasted: Block, told: SessionRows) -> Block:
    """What a session pasted, with the map of where it lay."""
    picture = board_of(told)
    return pasted if picture is None else replace(pasted, pictures=(picture,))


def _beside(told: list[SessionRows], values: dict[str, Row], labels: Labels) -> Table:
    """Blocks that belong to a scale: what groups asked for and what teams report."""
    words = labels.words
    scales = labels.scales
    rows = []
    for own in told:
        for b in sorted(own.practice.blocks, key=lambda b: (b.scale, own.name("blocks", b.id).casefold())):
            share = own.row("block_share", b.id)
            if share is None or flagged(share) or b.scale not in scales:
                continue
            asked = [
                heading(words.capital(own.name("blocks", b.id))),
                percent(share["value"]),
                count(share["n"]),
            ]
            rows.append([*asked, *_reported(scales[b.scale], values.get(b.scale), labels)])
    heads = [words(f"priorities.{key}") for key in ("block", "share", "groups")]
    heads += [words(f"building.{key}") for key in ("scale", "value", "range")]
    return build_table(
        "beside",
        words("building.table"),
        heads,
        rows,
        [words("building.note_value"), words("building.note_none")],
        CSV,
    )


def _reported(scale: Scale, row: Row | None, labels: Labels) -> list[Cell]:
    """The scale, the value of the teams with its interval, and between which ends a score lies."""
    words = labels.words
    low, high = scale.score_range()
    ends = text(words("number.span", low=f"{low:g}", high=f"{high:g}"))
    named = text(words.capital(labels.outcome(scale.id)))
    if row is None:
        return [named, text("–"), ends]
    value = Cell(row["value"], "with_interval", also=(float(row["conf_low"]), float(row["conf_high"])))
    return [named, value, ends]
