"""study.yaml: waves, levels, arms, design, samples, background, disclosure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from dww_analysis.config.strict import (
    Code,
    Codes,
    IsoDate,
    Name,
    OwnName,
    Strict,
    Words,
    a_date,
    each_once,
    expand_names,
    refuse_twice,
)
from dww_analysis.domain import study as domain
from dww_analysis.domain.design import start_wave

LARGEST_WAVE, LARGEST_CELL, LARGEST_SEED = 1000, 10_000, 2**32 - 1


class WaveConfig(Strict):
    number: int = Field(ge=0, le=LARGEST_WAVE, description="0, 1, 2, ... in the order of time")
    label: Words = Field(description="how the report calls this wave")
    date: IsoDate | None = Field(None, description="middle of the fieldwork, YYYY-MM-DD")


class ArmConfig(Strict):
    id: Name
    label: Words


class SchemeConfig(Strict):
    """Which allocations chance could have given, each as likely: the permutation test is over these."""

    within: Literal["strata", "all"] | None = Field(
        None, description="units changed places within strata, or among all"
    )
    counts: Literal["as_allocated", "any"] = Field(
        "as_allocated",
        description="as many units in each arm (of each stratum) as there were, or any number: a coin for each unit",
    )
    listed: str | None = Field(
        None,
        alias="list",
        min_length=1,
        description="a file in data/raw/STUDY/ with every allocation that could have been drawn, where these were "
        "constrained: a row for each, a column for each unit",
    )

    @model_validator(mode="after")
    def _one_way(self) -> SchemeConfig:
        if (self.within is None) == (self.listed is None):
            raise ValueError("either `within` (strata or all) or `list` (a file of allocations)")
        if self.listed is not None and "counts" in self.model_fields_set:
            raise ValueError("`counts` beside `within`; a `list` holds the counts itself")
        return self


class AllocationConfig(Strict):
    unit: Literal["person", "team", "organisation"] = Field("team", description="what was allocated")
    source: Name = Field(description="id of the source that lists units and arms")
    randomised: bool = Field(description="true only when chance decided; the word effect depends on it")
    strata: Literal["organisation"] | None = Field(None, description="randomised within organisations")
    transition_waves: int = Field(0, ge=0, description="waves from the start on that are left out")
    scheme: SchemeConfig | None = Field(
        None, description="which allocations chance could have given; without it as `strata` says"
    )

    @model_validator(mode="after")
    def _scheme_of_the_strata(self) -> AllocationConfig:
        if self.scheme is None:
            return self
        if not self.randomised:
            raise ValueError("`scheme` where `randomised: true`; no chance, no scheme")
        if self.scheme.within and (self.scheme.within == "strata") != (self.strata is not None):
            raise ValueError("`scheme: within: strata` with `strata`, `within: all` without")
        if self.scheme.listed and self.unit == "person":
            raise ValueError(
                "`scheme: list` for teams or organisations; persons are in no list of allocations"
            )
        return self

    @model_validator(mode="after")
    def _strata_hold_units(self) -> AllocationConfig:
        if self.strata == self.unit:
            raise ValueError("`strata` above the unit: units are allocated within strata")
        return self

    def to_domain(self) -> domain.Allocation:
        """The frozen form; what is in a list of allocations is not looked at here."""
        scheme = self.scheme
        return domain.Allocation(
            **self.model_dump(exclude={"scheme"}),
            counts=scheme.counts if scheme else "as_allocated",
            listed=(scheme.listed or "") if scheme else "",
        )


class BackgroundConfig(Strict):
    name: OwnName
    label: Words
    kind: Literal["category", "number"]
    categories: dict[Code, Words] = Field(
        default_factory=dict, description="code: label, in the order to show"
    )
    unit: Words | None = None
    valid_range: tuple[float, float] | None = None
    each_wave: bool = Field(
        False,
        description="a number of every row, such as the cases behind it; else a person's first answer counts",
    )

    @model_validator(mode="after")
    def _of_its_kind(self) -> BackgroundConfig:
        if self.kind == "number" and self.categories:
            raise ValueError("`categories` for `kind: category`, or a number without them")
        if self.kind == "category" and self.unit:
            raise ValueError("`unit` for `kind: number`, or a category without it")
        if self.kind == "category" and self.each_wave:
            raise ValueError("`each_wave` for `kind: number`, or a category without it")
        return self


class DisclosureConfig(Strict):
    min_cell_size: int = Field(
        8, ge=3, le=LARGEST_CELL, description="statistics of answers of fewer persons are suppressed"
    )


class LinkingConfig(Strict):
    plausible: domain.Plausible = domain.Plausible()
    facts: Annotated[list[Name], BeforeValidator(expand_names), AfterValidator(each_once)] = Field(
        default_factory=list,
        description="background that does not change, such as a band of the year of birth",
    )
    rule: Literal["fuzzy", "exact"] = Field(
        "fuzzy", description="fuzzy: also codes with one error; exact: equal ones"
    )
    elements: list[int] = Field(
        default_factory=list, description="widths of the parts of a code without separators, e.g. [2, 1, 2]"
    )
    margin: int = Field(2, ge=1, le=10, description="edits by which the second best candidate must be worse")
    came_from: dict[Code, Codes] = Field(
        default_factory=dict, description="team: teams it was made of, when teams merged or split"
    )

    @field_validator("elements")
    @classmethod
    def _positive(cls, elements: list[int]) -> list[int]:
        if any(width < 1 or width > 50 for width in elements):
            raise ValueError("widths of 1 to 50 characters")
        return elements


class LevelsConfig(Strict):
    organisation: Words = Field(default_factory=lambda: {"nl": "organisatie", "en": "organisation"})
    team: Words = Field(default_factory=lambda: {"nl": "team", "en": "team"})
    person: Words = Field(default_factory=lambda: {"nl": "professional", "en": "professional"})


class StudyConfig(Strict):
    """Who was to be measured, where, when and under which condition."""

    study: Name
    title: Words
    data: Literal["invented", "public", "private"] = Field(
        "private", description="invented and public data may use the fixed test key for pseudonyms"
    )
    delivered: IsoDate = Field(description="date of the last data delivery, printed in reports")
    design: domain.Design
    waves: list[WaveConfig] = Field(
        default_factory=list, description="at least one, unless all sources are about sessions"
    )
    arms: list[ArmConfig] = Field(default_factory=list, description="the reference arm first")
    allocation: AllocationConfig | None = None
    start: Code | None = Field(
        None,
        description="waves_only: date, or number of the first wave, from which change is looked for; without it since "
        "the first wave",
    )
    samples: dict[Name, Words] = Field(
        default_factory=lambda: {"main": {"nl": "de studie", "en": "the study"}}
    )
    levels: LevelsConfig = Field(default_factory=LevelsConfig)
    background: list[BackgroundConfig] = Field(default_factory=list)
    disclosure: DisclosureConfig = DisclosureConfig(min_cell_size=8)
    linking: LinkingConfig | None = Field(
        None,
        description="facts and bounds of plausible links, and how codes that persons made themselves are linked",
    )
    seed: int = Field(20250101, ge=0, le=LARGEST_SEED)
    contact: str = ""
    citation: Words = Field(default_factory=lambda: {"nl": "", "en": ""})

    @field_validator("waves")
    @classmethod
    def _waves_in_order(cls, waves: list[WaveConfig]) -> list[WaveConfig]:
        if [w.number for w in waves] != list(range(len(waves))):
            raise ValueError("waves numbered 0, 1, 2, ... in the order of time")
        dates = [w.date for w in waves if w.date]
        if dates != sorted(dates):
            raise ValueError("waves whose dates do not run backwards")
        return waves

    @field_validator("background")
    @classmethod
    def _background_once(cls, background: list[BackgroundConfig]) -> list[BackgroundConfig]:
        refuse_twice(b.name for b in background)
        return background

    @field_validator("arms")
    @classmethod
    def _arms_once(cls, arms: list[ArmConfig]) -> list[ArmConfig]:
        refuse_twice(a.id for a in arms)
        return arms

    @model_validator(mode="after")
    def _design_has_its_parts(self) -> StudyConfig:
        if self.design != "waves_only" and (len(self.arms) != 2 or self.allocation is None):
            raise ValueError(f"design {self.design} with two arms and an allocation")
        if self.design in domain.STARTS and len(self.waves) < 2:
            raise ValueError(f"design {self.design} with two or more waves")
        scheme = self.allocation.scheme if self.allocation else None
        if scheme is not None and scheme.counts == "any" and self.design in domain.STARTS:
            raise ValueError(
                "`scheme: counts: any` where units get an arm; starts change places between units"
            )
        if self.design == "before_after" and self.allocation and self.allocation.randomised:
            raise ValueError(
                "design before_after with `randomised: false`: by lot it is stepped_wedge or parallel_cluster"
            )
        if self.design == "parallel_cluster" and self.allocation and self.allocation.transition_waves:
            raise ValueError("`transition_waves` for units that start at a wave of their own only")
        if self.first_exposure > len(self.waves) > 1:
            raise ValueError("fewer `transition_waves` than there are waves: the others are what is compared")
        if self.design == "waves_only" and (self.arms or self.allocation):
            raise ValueError("design waves_only without arms and allocation")
        return self

    @property
    def first_exposure(self) -> int:
        """The first number of waves since a start at which answers count: 1, or the one after the transition."""
        return 1 + (self.allocation.transition_waves if self.allocation else 0)

    @model_validator(mode="after")
    def _start_among_the_waves(self) -> StudyConfig:
        if self.start is None:
            return self
        if self.design != "waves_only":
            raise ValueError("`start` for design waves_only; elsewhere the allocation says when units start")
        dates = [w.date for w in self.waves if w.date]
        if not self.start.isdecimal():
            a_date(self.start)
            if len(dates) < len(self.waves):
                raise ValueError("a date for every wave, or the number of a wave as `start`")
        first = start_wave(self.start, [domain.Wave(w.number, w.label, w.date) for w in self.waves])
        if not first:
            raise ValueError("a `start` after the first wave, and up to the last")
        return self

    def with_list(self, columns: Collection[str]) -> StudyConfig:
        """Before and after in two groups is arms side by side that nobody allotted: the list has arms and no starts.
        columns: of ours in that list; another design, or another list, leaves the study as it is."""
        if self.design != "before_after" or "arm" not in columns or "start" in columns:
            return self
        return self.model_copy(update={"design": "parallel_cluster"})

    def to_domain(self) -> domain.Study:
        """The frozen value the other rooms see."""
        return domain.Study(
            id=self.study,
            title=self.title,
            data=self.data,
            delivered=self.delivered,
            design=self.design,
            waves=tuple(domain.Wave(w.number, w.label, w.date) for w in self.waves),
            arms=tuple(domain.Arm(a.id, a.label) for a in self.arms),
            allocation=self.allocation.to_domain() if self.allocation else None,
            samples=self.samples,
            level_labels=self.levels.model_dump(),
            background=tuple(domain.Background(**b.model_dump()) for b in self.background),
            min_cell_size=self.disclosure.min_cell_size,
            seed=self.seed,
            contact=self.contact,
            citation=self.citation,
            linking=self._linking(),
            start=self.start,
        )

    def _linking(self) -> domain.Linking:
        declared = self.linking or LinkingConfig.model_validate({})
        came_from = {team: tuple(before) for team, before in declared.came_from.items()}
        return domain.Linking(
            tuple(declared.facts),
            declared.rule,
            tuple(declared.elements),
            declared.margin,
            came_from,
            declared.plausible,
        )
