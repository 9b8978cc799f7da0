"""Building blocks by how many groups chose them, and which were often together."""

from __future__ import annotations

from dww_analysis.domain.practice import ANGLES
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import heading, text
from dww_analysis.reports.sections.sessions.rows import SessionRows
from dww_analysis.reports.sections.sessions.tables import session_table, with_interval

TOGETHER_SHOWN = 5  # pairs of blocks


def pasted_block(told: SessionRows) -> Block:
    """The blocks of a session; nothing where none were pasted."""
    words = told.labels.words
    found = [(b, row) for b in told.practice.blocks if (row := told.row("block_share", b.id)) is not None]
    if not found:
        return block()
    found.sort(key=lambda p: (ANGLES.index(p[0].angle), told.name("blocks", p[0].id).casefold()))
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
    notes = [words("priorities.note_interval")]
    table = session_table(told, "blocks", caption, heads, rows, notes, ("block_share",))
    title = words("priorities.blocks", session=words.capital(told.label))
    return block(title, points=_together(told), tables=[table])


def _together(told: SessionRows) -> list[str]:
    """The pairs of blocks that most groups placed both."""
    words = told.labels.words
    pairs = sorted(told.shown("blocks_together"), key=lambda r: (-r["value"], r["subject"]))
    return [
        words(
            "priorities.together",
            pair=words.listing(words.quoted(told.name("blocks", b)) for b in r["subject"].split(":")),
            groups=words.count(r["value"]),
            n=words.count(r["n"]),
        )
        for r in pairs[:TOGETHER_SHOWN]
    ]
