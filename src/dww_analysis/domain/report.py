"""What a report is asked to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dww_analysis.domain.cycle import QUESTIONS
from dww_analysis.domain.sheets import UnitSettings
from dww_analysis.domain.study import Text

Document = Literal["factsheet", "praatplaat", "cards", "workbook", "report"]
SENSEMAKING = QUESTIONS  # the questions a document asks, in their order


@dataclass(frozen=True)
class ReportSettings:
    """Languages in the order shown (the first is shown first), a subtitle, and its licence ("" for none).

    units: the sheets that teams and organisations get; None where there are none. documents: what is made beside the
    report.
    """

    languages: tuple[str, ...]
    subtitle: Text
    licence: str
    units: UnitSettings | None = None
    documents: tuple[Document, ...] = ()

    def languages_of(self, document: Document) -> list[str]:
        """The languages in which a document is made; none where it is not asked for."""
        return list(self.languages) if document in self.documents else []
