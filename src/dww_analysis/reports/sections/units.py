"""How units stand when chance is allowed for: a figure without names, counts or a ranking."""

from __future__ import annotations

from collections.abc import Sequence

from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.figure_record import FigureRecord


def units_blocks(figures: Sequence[FigureRecord], labels: Labels) -> list[Block]:
    """The figure under a heading that names the units; nothing where none was drawn."""
    study = labels.study
    words = labels.words.named(study.level_labels, "team" if study.unit == "person" else study.unit)
    drawn = [f for f in figures if f.kind == "units"]
    return [block(words("units.heading"), figures=drawn)] if drawn else []
