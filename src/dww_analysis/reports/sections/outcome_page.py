"""One outcome by itself: what was asked, what came out, the means over the waves, and how much hangs on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.answer import UNSEEN
from dww_analysis.domain.contrasts import contrast_of
from dww_analysis.domain.plan import PlanEntry
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.headlines import entry_rows
from dww_analysis.reports.material import Results
from dww_analysis.reports.sections.fits import planned_formula
from dww_analysis.reports.sections.invariance import Comparability
from dww_analysis.reports.sections.sensitivity import said_of
from dww_analysis.reports.sections.summary import finding
from dww_analysis.reports.tables import rows_of

Row = Mapping[str, Any]
DRAWN = ("trajectories", "sensitivity")  # figures of an outcome, in order


def outcome_block(row: Row, entry: PlanEntry, results: Results, n_family: int, labels: Labels) -> Block:
    """One plan entry: question, estimate, what it says, figure, table and checks.

    row: its headline with its answer. n_family: how many entries its family has. Of the figures, which are
    of the reader's language, the entry's means over the waves and its other analyses are shown. Of one that is
    hidden or not estimated only that stands there.
    """
    words, tables = labels.words, results.tables
    found = finding(row, n_family, labels)
    unseen = row["verdict"] in UNSEEN
    estimate = (
        ""
        if unseen
        else words(
            "outcome_page.estimate", contrast=words.capital(row["contrast"]), estimate=_said(row, labels)
        )
    )
    others = [r for r in rows_of(tables.get("sensitivity")) if r["entry"] == entry.id]
    firm = found["firm"]
    return block(
        words.capital(str(row["label"])),
        sentences=[
            f"{row['question']} {found['scale']}.",
            estimate,
            " ".join([*found["sentences"], str(found["test"])]),
            said_of(row, others, labels) if others and not unseen else "",
            *_doubts(entry, tables, labels),
            _computed(entry, results.fits, labels),
            firm["total"] + ":" if firm else "",
        ],
        points=[f"{word}: {why}" for _, word, why in firm["marks"]] if firm else [],
        figures=[f for name in DRAWN for f in results.records() if f.name == f"{name}_{entry.id}"],
    )


def _said(row: Row, labels: Labels) -> str:
    return labels.words.estimate(row, row["unit"])


def _doubts(entry: PlanEntry, tables: Mapping[str, pd.DataFrame], labels: Labels) -> list[str]:
    """Sentences about whether the means behind the planned contrast may be compared."""
    known = Comparability(tables.get("invariance"), labels)
    planned = entry_rows(tables["estimates"], entry)
    planned = planned[planned["id"].astype(str) == entry.id]
    return [
        s
        for r in planned.to_dict("records")
        for s in known.doubts(entry.sample, entry.outcome, contrast_of(r))
    ]


def _computed(entry: PlanEntry, fits: Mapping[str, Mapping[str, Any]], labels: Labels) -> str:
    """How the estimate was computed."""
    formula = planned_formula(fits.get(entry.id, {}))
    return labels.words("outcome_page.model", formula=formula) if formula else ""
