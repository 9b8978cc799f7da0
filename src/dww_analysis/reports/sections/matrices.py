"""Priorities of all sessions: a matrix of each, as a picture, as a list and as a table, and votes before and after."""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.practice import Practice
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.sections.sessions.matrix import matrix_of
from dww_analysis.reports.sections.sessions.rows import SessionRows, rows_of_session, ways_to_read
from dww_analysis.reports.sections.sessions.themes import order_of, table_of_themes
from dww_analysis.reports.sections.sessions.votes import vote_block


def matrix_blocks(table: pd.DataFrame, practice: Practice, labels: Labels) -> list[Block]:
    """What can be said at once, then each session: its matrix, and what the room voted; nothing without choices.
    table: quantities, rows of all sessions after disclosure control."""
    told = [rows_of_session(session, table, practice, labels) for session in practice.sessions]
    parts = [part for own in told for part in _session(own)]
    words = labels.words
    first = block(sentences=[*ways_to_read(told, words), words("matrix.reading")])
    return [first, *parts] if any(own.themes for own in told) else []


def _session(told: SessionRows) -> list[Block]:
    picture = matrix_of(told)
    parts = [vote_block(told, vote) for vote in told.practice.votes]
    if picture is not None:
        pictures = [] if told.nothing_shown else [picture]
        tables = [table_of_themes(told)]
        parts.insert(0, block(told.title, sentences=order_of(told), pictures=pictures, tables=tables))
    return [part for part in parts if part]
