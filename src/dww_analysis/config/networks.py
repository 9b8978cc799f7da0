"""Learning networks of practice.yaml: who is in them, how often they meet, what contacts are for, which check-lists."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from dww_analysis.config.rules import unknown
from dww_analysis.config.strict import Code, Name, Strict, Words
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain import networks as domain
from dww_analysis.errors import Problem


class MemberConfig(Strict):
    person: Code = Field(min_length=1, max_length=60, description="a code, never a name")
    role: Name
    organisation: Code = Field("", max_length=60, description="a code of the organisation")
    level: domain.DecisionLevel | None = Field(None, description="where this person decides")
    leans: domain.Leaning | None = Field(None, description="more of a thinker or more of a doer")


def _persons_once(members: list[MemberConfig]) -> list[MemberConfig]:
    codes = ["".join(member.person.split()).upper() for member in members]
    if len(set(codes)) < len(codes):
        raise ValueError("every person once")
    return members


class NetworkConfig(Strict):
    id: Name
    label: Words
    type: domain.NetworkType
    ambition: Words = Field(default_factory=lambda: {"nl": "", "en": ""})
    planned_sessions: int | None = Field(None, ge=1, le=500)
    every_weeks: int | None = Field(None, ge=1, le=104, description="weeks between two sessions, as planned")
    members: Annotated[list[MemberConfig], AfterValidator(_persons_once)] = Field(default_factory=list)

    def to_domain(self) -> domain.Network:
        """The frozen value the other rooms see."""
        own = {name: getattr(self, name) for name in type(self).model_fields if name != "members"}
        return domain.Network(**own, members=tuple(domain.Member(**m.model_dump()) for m in self.members))


class RelationConfig(Strict):
    id: Name
    label: Words

    def to_domain(self) -> domain.Relation:
        """The frozen value the other rooms see."""
        return domain.Relation(self.id, self.label)


class ChecklistConfig(Strict):
    id: domain.ChecklistId
    unit: domain.ChecklistUnit = Field("network", description="what it is filled in about")

    @model_validator(mode="after")
    def _of_networks(self) -> ChecklistConfig:
        if self.id == domain.INTAKE and self.unit != "network":
            raise ValueError(f"`unit: network`: {self.id} asks whether a network fits")
        return self

    def to_domain(self) -> domain.UsedChecklist:
        """The frozen value the other rooms see."""
        return domain.UsedChecklist(self.id, self.unit)


def each_list_once(checklists: list[ChecklistConfig]) -> list[ChecklistConfig]:
    """The check-lists; each at most once for a kind of unit, and one about teams or organisations about nothing else:
    their codes are in no list, so that a code that is mistyped would be one of theirs."""
    pairs = [(c.id, c.unit) for c in checklists]
    if len(set(pairs)) < len(pairs):
        raise ValueError("each check-list once for a `unit`")
    for id in dict.fromkeys(c.id for c in checklists):
        units = [c.unit for c in checklists if c.id == id]
        if len(units) > 1 and set(units) & set(domain.FREE_UNITS):
            raise ValueError(
                f"`{id}` about one `unit`, as it is about teams or organisations, not {', '.join(units)}"
            )
    return checklists


def check_networks(
    networks: Sequence[NetworkConfig], roles: Collection[str], file: YamlFile
) -> Iterator[Problem]:
    """Members in a role that is not in `roles`: a Problem each, with file and line."""
    for index, network in enumerate(networks):
        for position, member in enumerate(network.members):
            if member.role not in roles:
                where = file.where(("networks", index, "members", position, "role"))
                yield unknown("role", member.role, roles, where)
