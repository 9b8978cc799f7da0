"""reports.yaml: which documents, in which languages, and what units hear about themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from dww_analysis.config.strict import Strict, Words, each_once
from dww_analysis.config.units import UnitsConfig
from dww_analysis.domain.report import Document, ReportSettings


class ReportsConfig(Strict):
    """How the study reports."""

    languages: Annotated[list[Literal["nl", "en"]], AfterValidator(each_once)] = Field(
        ["nl", "en"], min_length=1
    )
    subtitle: Words = Field(default_factory=lambda: {"nl": "", "en": ""})
    licence: str = ""  # nothing is printed that nobody declared
    units: UnitsConfig | None = Field(None, description="sheets for teams and organisations; without it none")
    documents: Annotated[list[Document], AfterValidator(each_once)] = Field(
        [], description="what is made beside the report"
    )

    def to_domain(self) -> ReportSettings:
        """The frozen value the reports room sees."""
        units = self.units.to_domain() if self.units is not None else None
        documents = tuple(self.documents)
        return ReportSettings(tuple(self.languages), self.subtitle, self.licence, units, documents)
