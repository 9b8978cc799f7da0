"""What people in sessions find important: who was there, themes by role, votes of the room, blocks, coded remarks.

Every number is a row of the quantities; a theme's place is said in tiers, never as a rank.
"""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.practice import Practice
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.sections.sessions.exchange import exchange_block
from dww_analysis.reports.sections.sessions.pasted import pasted_block
from dww_analysis.reports.sections.sessions.remarks import CODED, coding_block, remarks_block
from dww_analysis.reports.sections.sessions.rows import SessionRows, rows_of_session, ways_to_read
from dww_analysis.reports.sections.sessions.tables import KEY
from dww_analysis.reports.sections.sessions.themes import themes_block
from dww_analysis.reports.sections.sessions.votes import vote_block
from dww_analysis.reports.tables import refuse_small, rows_of


def priority_blocks(table: pd.DataFrame | None, practice: Practice | None, labels: Labels) -> list[Block]:
    """A block for each session and for what was told in all of them; nothing without sessions.

    table: quantities, rows of sessions, networks and the study; those of networks are left out. DisclosureError for a
    value of fewer persons than the minimum, but of what was said in the open.
    """
    if practice is None or table is None:
        return []
    table = table[table["unit_level"] != "network"]
    if not about_sessions(table):
        return []
    closed = table[table["basis"] != "open"]
    refuse_small(closed, KEY, "n", ("value",), labels.study.min_cell_size)
    words = labels.words
    told = [rows_of_session(session, table, practice, labels) for session in practice.sessions]
    parts = [block(sentences=[words("priorities.nobody_drawn"), *ways_to_read(told, words)])]
    parts += [part for own in told for part in (*session_blocks(own), pasted_block(own))]
    parts.append(coding_block(rows_of(table[table["unit_level"] == "study"]), labels))
    return [part for part in parts if part]


def about_sessions(table: pd.DataFrame) -> bool:
    """Whether any row of the quantities is of a session, or of what was told in all of them."""
    remarks = table["subject"].isin(CODED)
    runs = table["quantity"].eq("new_information") & ~table["subject"].astype(str).str.contains(":")
    return bool((table["unit_level"].eq("session") | remarks | runs).any())


def session_blocks(told: SessionRows) -> list[Block]:
    """What was chosen, voted and told in a session; nothing where it has no rows."""
    if not told.rows:
        return []
    votes = (vote_block(told, vote) for vote in told.practice.votes)
    return [part for part in (themes_block(told), *votes, remarks_block(told), exchange_block(told)) if part]
