"""The part of sources.yaml about workplace learning: rules for a diary, an app log and personnel records."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator

from dww_analysis.config.strict import Code, Codes, Name, Strict, Words, a_date, expand_keys
from dww_analysis.domain import exposure as domain
from dww_analysis.domain.written import LONGEST_MINUTES


class LearningSourceConfig(Strict):
    label: Words
    direct: bool = Field(description="true for people, false for documents and models")


class DiaryConfig(Strict):
    expires_after_minutes: float | None = Field(
        None,
        gt=0,
        le=LONGEST_MINUTES,
        description="after sending; leave out when the file has the times of expiry",
    )
    expected_beeps: int | None = Field(
        None, gt=0, le=100_000, description="per person and wave, when the file holds answered beeps only"
    )
    day_starts_hour: int = Field(4, ge=0, le=12, description="earlier beeps belong to the evening before")
    separator: str = Field(
        ";", min_length=1, max_length=10, description="between several sources or processes in one cell"
    )
    impossible_times: Literal["stop", "drop"] = Field(
        "stop", description="answered before it was sent, or before 1990"
    )
    epoch: Literal["utc", "local"] = Field("utc", description="what times given as numbers count from")
    sources: dict[Name, LearningSourceConfig] = Field(
        default_factory=dict, description="more sources of learning than the usual six"
    )
    processes: dict[Name, Words] = Field(
        default_factory=dict, description="the study's own processes of learning, instead of the usual six"
    )
    ranges: dict[str, tuple[float, float]] = Field(
        default_factory=dict, description="our item: [lowest, highest] valid answer"
    )

    @field_validator("ranges", mode="before")
    @classmethod
    def _expand_ranges(cls, ranges: Any) -> Any:
        return expand_keys(ranges)

    @field_validator("ranges")
    @classmethod
    def _lowest_first(cls, ranges: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
        if any(low >= high for low, high in ranges.values()):
            raise ValueError("[lowest, highest] with the lowest first")
        return ranges

    def to_domain(self) -> domain.DiaryRules:
        """The frozen value the other rooms see."""
        values = self.model_dump(exclude={"sources", "processes"})
        own = {name: domain.LearningSource(s.label, s.direct) for name, s in self.sources.items()}
        return domain.DiaryRules(
            **values,
            sources={**domain.LEARNING_SOURCES, **own},
            processes=self.processes or domain.LEARNING_PROCESSES,
        )


def _dates_exist(rules: domain.HrRules) -> domain.HrRules:
    for text in (rules.observed_from, rules.observed_to):
        if text is not None:
            a_date(text)
    return rules


HrRules = Annotated[domain.HrRules, AfterValidator(_dates_exist)]


class ObservationsConfig(Strict):
    words: dict[Code, float] = Field(
        default_factory=dict, description="the check-list's own words: 0 (not met) to 1 (met)"
    )
    no_occasion: Codes = Field(default_factory=list, description="more words for what could not be seen")
    min_observed: float = Field(
        0.5, ge=0, le=1, description="share of items that must be observed for a score"
    )

    @field_validator("words")
    @classmethod
    def _from_0_to_1(cls, words: dict[Code, float]) -> dict[str, float]:
        if any(not 0 <= value <= 1 for value in words.values()):
            raise ValueError("values from 0 (not met) to 1 (met)")
        return words

    def to_domain(self) -> domain.ObservationRules:
        """The frozen value the other rooms see."""
        return domain.ObservationRules(
            self.words or domain.OBSERVED_WORDS,
            (*domain.NO_OCCASION, *self.no_occasion),
            self.min_observed,
        )


def rules_of(kind: str, written: Any) -> domain.Rules:
    """The rules of a source of one kind (`EXPOSURE_KINDS`): as written, or, with None, those that hold without any."""
    match kind:
        case "events":
            return written or domain.EventRules()
        case "hr":
            return written or domain.HrRules()
        case "diary":
            return (written or DiaryConfig.model_validate({})).to_domain()
        case _:
            return (written or ObservationsConfig.model_validate({})).to_domain()
