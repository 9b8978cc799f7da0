"""Building blocks by how many groups chose them, and which were often together and side by side."""

from __future__ import annotations

from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import heading, text
from dww_analysis.reports.sections.sessions.board import in_order_of_angle
from dww_analysis.reports.sections.sessions.rows import SessionRows
from dww_analysis.reports.sections.sessions.tables import session_table, with_interval

PAIRS_SHOWN = 5  # of blocks


def pasted_block(told: SessionRows) -> Block:
    """The blocks of a session; nothing where none were pasted."""
    words = told.labels.words
    blocks = in_order_of_angle(told, told.practice.blocks)
    found = [(b, row) for b in blocks if (row := told.row("block_share", b.id)) is not None]
    if not found:
        return block()
    rows = [
        [
            heading(words.capital(told.name("blocks", b.id))),
            text(words(f"priorities.angle.{b.angle}")),
            *with_interval(row),
        ]
        for b, row in found
    ]
    heads = [words(f"priorities.{key}") for key in ("block", "angle", "share", "interval", "groups")]
    caption = words("priorities.blocks_of", session=told.label)
    near = _pairs(told, "blocks_near", "priorities.near")
    notes = [words("priorities.note_interval"), *([words("priorities.near_means")] if near else [])]
    table = session_table(told, "blocks", caption, heads, rows, notes, ("block_share",))
    title = words("priorities.blocks", session=words.capital(told.label))
    return block(
        title, points=[*_pairs(told, "blocks_together", "priorities.together"), *near], tables=[table]
    )


def _pairs(told: SessionRows, quantity: str, said: str) -> list[str]:
    """The pairs of blocks of which most groups had this."""
    words = told.labels.words
    pairs = sorted(told.shown(quantity), key=lambda r: (-r["value"], r["subject"]))
    return [
        words(
            said,
            pair=words.listing(words.quoted(told.name("blocks", b)) for b in r["subject"].split(":")),
            groups=words.count(r["value"]),
            n=words.count(r["n"]),
        )
        for r in pairs[:PAIRS_SHOWN]
    ]
