"""What was done, for who reads one page: with whom, when, and what is compared with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.one_minute import compared_of, way_of
from dww_analysis.reports.sections.participants import counts_of, persons_seen
from dww_analysis.reports.sections.summary import design_sentence

Row = Mapping[str, Any]


def done_of(
    rows: Sequence[Row],
    planned: Sequence[Row],
    flow: pd.DataFrame | None,
    labels: Labels,
    *,
    briefly: bool = True,
) -> list[str]:
    """What was done, with whom and when, and what higher means where a line says higher or lower. rows: of every entry
    of the plan. briefly: without the organisations within which lots were drawn."""
    words, counts = labels.words, counts_of(flow)
    seen = persons_seen(counts, labels.study)
    known = seen == seen and len(labels.study.samples) == 1
    people = [words("summary.persons_seen", persons=words.amount("person", seen))] if known else []
    design = design_sentence(rows, counts, labels, briefly=briefly)
    moved = any(way_of(r) in ("up", "down") for r in planned)
    return [design, *people, *_when(labels), *(compared_of(planned, labels) if moved else [])]


def _when(labels: Labels) -> list[str]:
    waves = labels.study.waves
    dates = [labels.words.date(w.date) for w in waves if w.date]
    if len(dates) < len(waves):
        return []
    return [labels.words.many("factsheet.when", len(waves), first=dates[0], last=dates[-1])]
