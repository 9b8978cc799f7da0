"""Check-lists that raters filled in about teams or organisations, all of these together: none stands by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dww_analysis.domain.networks import Checklist
from dww_analysis.domain.practice import Practice
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.sections.networks.checked import checked_tables
from dww_analysis.reports.sections.study_rows import StudyRows


def filled_blocks(
    table: pd.DataFrame, practice: Practice, checklists: Sequence[Checklist], labels: Labels
) -> list[Block]:
    """What it is about, then each check-list with a table a round; nothing where none was filled in about such units.

    checklists: those of the study; without them, what it is about alone.
    """
    told = StudyRows.of(table, practice, labels)
    if not told.of_quantity("checklist"):
        return []
    return [
        block(sentences=[labels.words("filled.together"), *_how_many(told)]),
        *checked_tables(told, checklists, "filled"),
    ]


def _how_many(told: StudyRows) -> list[str]:
    """About how many teams or organisations each was filled in, and by how many raters."""
    words = told.labels.words
    units = {used.id: used.unit for used in told.practice.checklists}
    return [
        words(
            "filled.of", units=words.amount(units[row["subject"]], row["value"]),
            raters=words.many("filled.raters", float(row["n"])),
        )
        for row in told.of_quantity("checklist_units")
        if row["subject"] in units
    ]  # fmt: skip
