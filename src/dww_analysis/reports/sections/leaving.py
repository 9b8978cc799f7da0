"""Leaving the employer: hazard ratio and difference in risk, always together, and the risk by arm."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import Cell, count, heading, percent
from dww_analysis.reports.headlines import entry_rows
from dww_analysis.reports.tables import Table, build_table

Fit = Mapping[str, Any]


def leaving_blocks(
    estimates: pd.DataFrame, fits: Mapping[str, Fit], plan: Plan, labels: Labels
) -> list[Block]:
    """For every entry with risks: a sentence with the ratio of hazards and the difference in risk, and the table by
    arm. Nothing where an estimate is hidden, or the smallest group is smaller than may be shown. fits: entry id ->
    its record, whose `risks` are read."""
    words, minimum = labels.words, labels.study.min_cell_size
    found = []
    for entry in plan.entries:
        risks = fits.get(entry.id, {}).get("risks")
        said = _said(entry_rows(estimates, entry), labels) if risks else []
        if risks and said and risks["n_smallest"] >= minimum:
            key = "leaving.heading" if len(said) > 1 else "leaving.heading_difference"
            label = words.capital(labels.outcome(entry.outcome))
            table = _table(entry, risks, labels, plan.conf_level)
            found.append(block(words(key, label=label), sentences=said, tables=[table]))
    return found


def _said(rows: pd.DataFrame, labels: Labels) -> list[str]:
    """The ratio of hazards and the difference in risk with their intervals; [] when one of them is hidden."""
    words, by_summary = labels.words, {str(r["summary"]): r for r in rows.to_dict("records")}
    hazard, risk = by_summary.get("hazard_ratio"), by_summary.get("risk_difference")
    shown = [r for r in (hazard, risk) if r is not None]
    if risk is None or any(not math.isfinite(r["estimate"]) for r in shown):
        return []
    sentences = []
    arms = {name: words.quoted(labels.arm(str(risk[name]))) for name in ("arm", "reference")}
    if hazard is not None:
        numbers = {k: words.number(math.exp(hazard[c]), 2) for k, c in _LIMITS.items()}
        sentences.append(words("leaving.hazard", level=words.level(hazard["conf_level"]), **arms, **numbers))
    points = {k: words.number(100 * risk[c], 1) for k, c in _LIMITS.items()}
    sentences.append(words("leaving.risk", level=words.level(risk["conf_level"]), **arms, **points))
    return sentences


_LIMITS = {"value": "estimate", "low": "conf_low", "high": "conf_high"}


def _table(entry: PlanEntry, risks: Fit, labels: Labels, conf_level: float) -> Table:
    words = labels.words
    rows = [
        [
            heading(labels.arm(arm["arm"])),
            count(arm["units"]),
            percent(arm["estimate"], 1),
            Cell("", "percent_span", also=(arm["conf_low"], arm["conf_high"])),
        ]
        for arm in risks["arms"]
    ]
    unit = words.capital(words.level_names(labels.study.unit))
    columns = [words("leaving.arm"), unit, words("leaving.share")]
    columns.append(words.level(conf_level))
    caption = words("leaving.caption", first=risks["first"], last=risks["last"])
    exact = any(arm["estimate"] in (0, 1) for arm in risks["arms"])
    notes = [words("leaving.note"), *([words("leaving.note_exact")] if exact else [])]
    return build_table(f"leaving-{entry.id}", caption, columns, rows, notes)
