"""The part of reports.yaml about teams and organisations: what they hear about themselves, and when."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator, model_validator

from dww_analysis.config.rules import unknown, unused
from dww_analysis.config.sources import SourceConfig, SourcesConfig
from dww_analysis.config.strict import LONGEST_NAME, Code, Strict, each_once, refuse_twice
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.sheets import UNIT_LEVELS, Reference, Release, UnitSettings
from dww_analysis.errors import Problem

UnitName = Annotated[Code, Field(min_length=1, max_length=LONGEST_NAME)]


class UnitsConfig(Strict):
    """Sheets for teams and organisations."""

    release: Release = Field("after_last_wave", description="when units get their sheet")
    reference: Reference = Field("all_teams", description="with which teams a team is compared")
    combine: dict[UnitName, Annotated[list[Code], Field(min_length=2)]] = Field(
        default_factory=dict, description="name: teams that stand together on one sheet"
    )
    minimum_share: float = Field(0.4, ge=0, le=1, description="least share of a unit's members that answered")
    carry_words: Annotated[list[UnitName], AfterValidator(each_once)] = Field(
        default_factory=list,
        description="combinations, and teams of `came_from`, whose sheets open with what the teams that they were made "
        "of said last; ask these teams first",
    )
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
        if self.reason and self.release != "after_each_wave":
            raise ValueError("no `reason` without `release: after_each_wave`, which it is the reason of")
        return self

    def to_domain(self) -> UnitSettings:
        """The frozen value the other rooms see."""
        combine = {name: tuple(teams) for name, teams in self.combine.items()}
        carried = tuple(self.carry_words)
        return UnitSettings(self.release, self.reference, combine, self.minimum_share, carried, self.reason)


def check_units(
    config: UnitsConfig | None,
    samples: list[str],
    sources: SourcesConfig,
    file: YamlFile,
    sources_file: YamlFile,
) -> Iterator[Problem]:
    """Problems of units that no answer names, and of lists of members that nothing reads. config: None where
    reports.yaml has no `units`."""
    asked = config is not None and config.release != "never"
    for index, source in enumerate(sources.sources):
        if source.kind == "members" and not (asked and source.sample not in samples[1:]):
            yield _unread(source.id, asked, samples[:1], sources_file.where(("sources", index)))
    own = [s for s in sources.sources if samples and s.sample == samples[0]]
    if not asked or not own:  # a sample without sources is refused as such
        return
    answers = [s for s in own if s.kind == "answers"]
    if not any(set(UNIT_LEVELS) & set(s.columns) for s in answers):
        yield Problem(
            found=f"`units` asks for sheets, and no answers of sample `{samples[0]}` have a team or an organisation",
            where=file.where(("units",)),
            expected="a column `team` or `organisation` in at least one source of answers",
            action="name it in `columns` of sources.yaml, or leave `units` out",
        )
    elif config is not None and config.reference == "organisation" and not _in_organisations(own):
        yield Problem(
            found=f"`reference: organisation`, and no source of sample `{samples[0]}` has a column `organisation`",
            where=file.where(("units", "reference")),
            expected="the organisation that teams are compared within",
            action="name it in `columns` of sources.yaml, or compare with `all_teams`",
        )


def check_carried(
    config: UnitsConfig | None, came_from: Collection[str], sources: SourcesConfig, file: YamlFile
) -> Iterator[Problem]:
    """Words that are carried over to units that were made of no others, or where nobody writes back: a Problem each,
    with file and line.

    came_from: teams that study.yaml says were made of others.
    """
    if config is None or not config.carry_words:
        return
    where, known = file.where(("units", "carry_words")), [*config.combine, *came_from]
    yield from (
        unknown("unit that was made of others", u, known, where) for u in config.carry_words if u not in known
    )
    if not any(s.kind in ("interpretations", "actions") for s in sources.sources):
        yield unused(
            "`carry_words`, and nobody writes back",
            where,
            "a source of kind `interpretations` or `actions` in sources.yaml",
            "add it",
        )


def _in_organisations(sources: list[SourceConfig]) -> bool:
    """Whether any source says in which organisation a team is."""
    return any("organisation" in s.columns for s in sources if s.kind in ("answers", "allocation"))


def _unread(name: str, asked: bool, first: list[str], where: str) -> Problem:
    if asked:
        expected = f"members of teams of the first sample ({', '.join(first)}), which sheets are about"
        return Problem(
            found=f"nobody reads the members of `{name}`",
            where=where,
            expected=expected,
            action="correct its `sample`",
        )
    return Problem(
        found=f"nobody reads the members of `{name}`: reports.yaml asks for no sheets",
        where=where,
        expected="`units` in reports.yaml, which counts members",
        action="add `units`, or remove the source",
    )
