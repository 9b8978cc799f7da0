"""A bundle that a region sent, read as strictly as a configuration: all problems at once, nothing guessed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from dww_analysis.config.practice import (
    EachOnce,
    NationalConfig,
    RegionConfig,
    RoleConfig,
    SessionConfig,
    ThemeConfig,
    VoteConfig,
)
from dww_analysis.config.strict import IsoDate, Name, Strict, Words, validate
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain import practice as domain
from dww_analysis.domain.bundle import FORMAT, Bundle
from dww_analysis.domain.study import Basis
from dww_analysis.errors import Problem

Number = float | None


class QuantityConfig(Strict):
    id: str = Field(min_length=1, max_length=400)
    unit_level: Literal["session", "network", "study"]
    unit: str
    subject: str
    role: str
    quantity: str
    value: Number
    conf_low: Number
    conf_high: Number
    conf_level: Number
    method: str
    n: Number
    n_possible: Number
    tier: Literal["", "sure_top3", "maybe_top3", "not_top3"]
    basis: Basis
    suppressed: bool

    def to_domain(self) -> domain.Quantity:
        """The frozen value; what is not known is NaN."""
        values: dict[str, Any] = {k: domain.NAN if v is None else v for k, v in self.model_dump().items()}
        return domain.Quantity(**values)


class ItemConfig(Strict):
    id: str = Field(min_length=1, max_length=200)
    level: domain.AgendaLevel
    region: str
    item: str
    theme: str
    national: str
    status: domain.AgendaStatus
    since: IsoDate
    first: IsoDate
    carried_over: bool
    owner_role: str


class BundleConfig(Strict):
    """One file of `dww bundle`."""

    format: int
    package: str
    study: Name
    title: Words
    data: Literal["invented", "public", "private"]
    delivered: IsoDate
    minimum: int = Field(ge=1, le=1000)
    roles: Annotated[list[RoleConfig], EachOnce]
    regions: Annotated[list[RegionConfig], EachOnce]
    themes: Annotated[list[ThemeConfig], EachOnce]
    sessions: Annotated[list[SessionConfig], EachOnce]
    votes: Annotated[list[VoteConfig], EachOnce]
    national: Annotated[list[NationalConfig], EachOnce]
    quantities: list[QuantityConfig]
    agenda: list[ItemConfig]
    provenance: dict[str, Any]

    def to_domain(self) -> Bundle:
        """The frozen value the other rooms see."""
        practice = domain.Practice(
            roles=tuple(domain.Role(r.id, r.label) for r in self.roles),
            themes=tuple(t.to_domain() for t in self.themes),
            sessions=tuple(domain.Session(**s.model_dump()) for s in self.sessions),
            votes=tuple(domain.RoomVote(v.id, v.text, v.options) for v in self.votes),
            national=tuple(domain.NationalItem(i.id, i.label) for i in self.national),
            regions=tuple(domain.Region(r.id, r.label) for r in self.regions),
        )
        return Bundle(
            self.study, self.title, self.data, self.delivered, self.minimum, self.package, practice,
            tuple(q.to_domain() for q in self.quantities),
            tuple(domain.AgendaItem(**i.model_dump()) for i in self.agenda),
        )  # fmt: skip


def bundle_of(values: Any, name: str) -> tuple[Bundle | None, list[Problem]]:
    """The bundle in the values of a JSON file, or None and all that is wrong with it. name: as messages call it."""
    given = values.get("format") if isinstance(values, dict) else None
    if isinstance(given, int) and given > FORMAT:
        return None, [
            Problem(
                found=f"a bundle of format {given}", where=name, expected=f"format {FORMAT}, which this program reads",
                action="install the program with which it was made, or ask for a bundle of an earlier one",
            )
        ]  # fmt: skip
    config, problems = validate(BundleConfig, YamlFile(Path(name), name, values, {}))
    if config is None:
        made = "make it again with `dww bundle`; a bundle is not edited by hand"
        return None, [replace(p, action=made) for p in problems] or [
            Problem(found="no bundle", where=name, expected="a file of `dww bundle`", action=made)
        ]
    return config.to_domain(), []
