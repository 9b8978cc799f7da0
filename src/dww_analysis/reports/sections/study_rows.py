"""Rows of the quantities about the study as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dww_analysis.domain.practice import Practice
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.quantity_rows import QuantityRows
from dww_analysis.reports.tables import refuse_small, rows_of

KEY, CSV = "quantities", "quantities.csv"


@dataclass(frozen=True)
class StudyRows(QuantityRows):
    """What is known of the study as a whole."""

    @classmethod
    def of(cls, table: pd.DataFrame, practice: Practice, labels: Labels) -> StudyRows:
        """The rows of the study in the table of quantities; DisclosureError for a number of too few persons."""
        own = table[table["unit_level"] == "study"]
        refuse_small(own[own["basis"] != "open"], KEY, "n", ("value",), labels.study.min_cell_size)
        return cls(practice, rows_of(own), labels)
