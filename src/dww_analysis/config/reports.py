"""reports.yaml: which documents, in which languages, and what units hear about themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from dww_analysis.config.strict import LONGEST_NAME, Code, Strict, Words, each_once, refuse_twice
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.sheets import Reference, Release, UnitSettings

UnitName = Annotated[Code, Field(min_length=1, max_length=LONGEST_NAME)]


class UnitsConfig(Strict):
    """Sheets for teams and organisations."""

    release: Release = Field("after_last_wave", description="when units get their sheet")
    reference: Reference = Field("all_teams", description="with which teams a team is compared")
    combine: dict[UnitName, Annotated[list[Code], Field(min_length=2)]] = Field(
        default_factory=dict, description="name: teams that stand together on one sheet"
    )
    minimum_share: float = Field(0.4, ge=0, le=1, description="least share of a unit's members that answered")
    reason: str = Field("", description="why units hear something while the study runs")

    @field_validator("combine")
    @classmethod
    def _in_one_combination(cls, combine: dict[str, list[str]]) -> dict[str, list[str]]:
        refuse_twice(team for teams in combine.values() for team in teams)
        return combine

    @model_validator(mode="after")
    def _reason_while_it_runs(self) -> UnitsConfig:
        if self.release == "after_each_wave" and not self.reason:
            raise ValueError(
                "a `reason` with `release: after_each_wave`: feedback while a study runs is itself an intervention"
            )
        return self

    def to_domain(self) -> UnitSettings:
        """The frozen value the other rooms see."""
        combine = {name: tuple(teams) for name, teams in self.combine.items()}
        return UnitSettings(self.release, self.reference, combine, self.minimum_share, self.reason)


class ReportsConfig(Strict):
    """How the study reports."""

    languages: Annotated[list[Literal["nl", "en"]], AfterValidator(each_once)] = Field(
        ["nl", "en"], min_length=1
    )
    subtitle: Words = Field(default_factory=lambda: {"nl": "", "en": ""})
    licence: str = ""  # nothing is printed that nobody declared
    units: UnitsConfig | None = Field(None, description="sheets for teams and organisations; without it none")

    def to_domain(self) -> ReportSettings:
        """The frozen value the reports room sees."""
        units = self.units.to_domain() if self.units is not None else None
        return ReportSettings(tuple(self.languages), self.subtitle, self.licence, units)
