"""Themes over regions: what each study's sessions found important, and all studies together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dww_analysis.domain.practice import Practice
from dww_analysis.domain.study import Text
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import Cell, heading, hidden, nothing, percent
from dww_analysis.reports.sections.quantity_rows import Row
from dww_analysis.reports.tables import build_table, flagged, rows_of

ALL_REGIONS = "all_regions"


@dataclass(frozen=True)
class Regions:
    """Who sent bundles. titles: study -> what it is called. packages: versions of the program that made them. hidden:
    studies of which the stricter minimum hid something."""

    titles: Mapping[str, Text]
    packages: Sequence[str]
    hidden: Sequence[str]


def region_blocks(table: pd.DataFrame, practice: Practice, regions: Regions, labels: Labels) -> list[Block]:
    """Who sent what and under which minimum; then the share of each theme, a row each, by study and over all.

    table: quantities of the bundles, joined.
    """
    words = labels.words
    named = {study: words.say(title) for study, title in regions.titles.items()}
    said = [words("regions.joined", studies=words.listing(named[s] for s in sorted(named)))]
    said.append(words("regions.minimum", minimum=words.count(labels.study.min_cell_size)))
    if regions.hidden:
        said.append(words("regions.stricter", studies=words.listing(named[s] for s in regions.hidden)))
    if len(regions.packages) > 1:
        said.append(words("regions.versions", versions=words.listing(regions.packages)))
    rows = {(r["unit"], r["subject"]): r for r in rows_of(table[table["quantity"] == "share_over_sessions"])}
    themes = sorted({t for _, t in rows}, key=lambda t: _name(practice, t, labels).casefold())
    columns = [*(s for s in sorted(named) if any(unit == s for unit, _ in rows)), ALL_REGIONS]
    heads = [words("priorities.theme"), *(named.get(c, words("regions.all")) for c in columns)]
    cells = [
        [heading(words.capital(_name(practice, t, labels))), *(_cell(rows.get((c, t))) for c in columns)]
        for t in themes
    ]
    notes = [words("regions.note_mean"), words("regions.note_subtract")]
    shares = build_table("regions", words("regions.table"), heads, cells, notes, "quantities.csv")
    return [block(sentences=said), *([block(words("regions.shares"), tables=[shares])] if themes else [])]


def _name(practice: Practice, theme: str, labels: Labels) -> str:
    texts = {t.id: t.label for t in practice.themes}
    return labels.words.say(texts[theme])


def _cell(row: Row | None) -> Cell:
    if row is None:
        return nothing()
    return hidden() if flagged(row) else percent(row["value"])
