"""Rows of the quantities about the study as a whole, found by quantity and subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from dww_analysis.domain.practice import ALL_ROLES, NAN, Practice
from dww_analysis.language.labels import Labels
from dww_analysis.reports.tables import flagged, refuse_small, rows_of

Row = dict[str, Any]
KEY, CSV = "quantities", "quantities.csv"


@dataclass(frozen=True)
class StudyRows:
    """What is known of the study as a whole."""

    practice: Practice
    rows: Sequence[Row]
    labels: Labels

    @classmethod
    def of(cls, table: pd.DataFrame, practice: Practice, labels: Labels) -> StudyRows:
        """The rows of the study in the table of quantities; DisclosureError for a number of too few persons."""
        own = table[table["unit_level"] == "study"]
        refuse_small(own[own["basis"] != "open"], KEY, "n", ("value",), labels.study.min_cell_size)
        return cls(practice, rows_of(own), labels)

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str], Row]:
        return {(r["quantity"], r["subject"] or ""): r for r in self.rows if r["role"] == ALL_ROLES}

    def row(self, quantity: str, subject: str = "") -> Row | None:
        """One row, also a hidden one; None where there is none."""
        return self._by_name.get((quantity, subject))

    def value(self, quantity: str, subject: str = "") -> float:
        """The value of a row; NaN where it is not there or not shown."""
        row = self.row(quantity, subject)
        return NAN if row is None or flagged(row) else float(row["value"])

    def of_quantity(self, *quantities: str) -> list[Row]:
        """The rows of these quantities, hidden ones too."""
        return [r for r in self.rows if r["quantity"] in quantities]
