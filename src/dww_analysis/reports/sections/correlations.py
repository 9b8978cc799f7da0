"""How much answers of one unit resemble each other, for who plans the next study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.analyses import LARGE_FIT, LEAST_DRAWS
from dww_analysis.domain.plan import Plan
from dww_analysis.language.labels import Labels
from dww_analysis.reports.cells import Cell, heading, hidden, text, with_interval
from dww_analysis.reports.headlines import marked_entry
from dww_analysis.reports.sections.results import shown_large
from dww_analysis.reports.tables import Table, build_table, flagged


def correlations_table(
    correlations: pd.DataFrame | None,
    plan: Plan,
    labels: Labels,
    fits: Mapping[str, Mapping[str, Any]] | None = None,
) -> Table | None:
    """Intraclass correlations of planned outcomes, each with its interval; None where there are none.

    correlations: the declared table of that name, after disclosure control. fits: entry -> record, of which n_obs says
    how the interval was made.
    """
    if correlations is None or correlations.empty:
        return None
    words, entries = labels.words, {e.id: e for e in plan.entries}
    rows: list[list[Cell]] = []
    strong: list[int] = []
    seen = None
    for row in correlations.to_dict("records"):
        entry = str(row["entry"])
        if entry != seen:
            seen = entry
            strong.append(len(rows))
        value = (
            hidden() if flagged(row) else with_interval(row["estimate"], row["conf_low"], row["conf_high"])
        )
        rows.append(
            [
                heading(marked_entry(entries[entry], plan, labels)),
                text(words(f"correlations.{row['quantity']}")),
                value,
            ]
        )
    columns = [
        words("variance.outcome"),
        words("correlations.quantity"),
        words("correlations.value", level=words.level(plan.conf_level)),
    ]
    notes = [words("correlations.note")]
    if shown_large(correlations["entry"], fits or {}):
        notes.append(words("correlations.large", n=words.count(LARGE_FIT), least=words.count(LEAST_DRAWS)))
    return build_table(
        "correlations", words("correlations.caption"), columns, rows, notes, "correlations.csv", strong
    )
