"""A learning network: five to twenty people of several organisations who meet for a time around one question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from dww_analysis.domain.study import Text

NetworkType = Literal[
    "community_of_practice", "breakthrough", "living_lab", "action_research", "improvement_track"
]
NETWORK_TYPES: tuple[NetworkType, ...] = get_args(NetworkType)
DecisionLevel = Literal["practice", "management", "board"]
Leaning = Literal["thinking", "doing"]
DECISION_LEVELS: tuple[DecisionLevel, ...] = get_args(DecisionLevel)
LEANINGS: tuple[Leaning, ...] = get_args(Leaning)
Met = Literal["yes", "partly", "no", "unknown"]
METS: tuple[Met, ...] = get_args(Met)
ChecklistId = Literal["good_practice", "intake"]
CHECKLISTS: tuple[ChecklistId, ...] = get_args(ChecklistId)
ChecklistUnit = Literal["network", "session", "team", "organisation"]  # what it is filled in about
FREE_UNITS: tuple[ChecklistUnit, ...] = (
    "team",
    "organisation",
)  # no list has these: any code may stand there
INTAKE: ChecklistId = "intake"  # asks organisations before there is a network; the others look at a network
LOWEST_RATING, HIGHEST_RATING = 0.0, 10.0
LEAST_ANSWERED = 0.6  # of the members: of contacts that fewer told of there is no density


@dataclass(frozen=True)
class Member:
    """One person of a network, by code. "" or None where it is not known."""

    person: str
    role: str
    organisation: str = ""
    level: DecisionLevel | None = None
    leans: Leaning | None = None


@dataclass(frozen=True)
class Network:
    """One learning network. planned_sessions and every_weeks are None where nothing was planned."""

    id: str
    label: Text
    type: NetworkType
    ambition: Text
    planned_sessions: int | None = None
    every_weeks: int | None = None
    members: tuple[Member, ...] = ()


@dataclass(frozen=True)
class Relation:
    """What a contact is for: asking advice, working together."""

    id: str
    label: Text


@dataclass(frozen=True)
class UsedChecklist:
    """A check-list of the package that a study fills in."""

    id: ChecklistId
    unit: ChecklistUnit = "network"


@dataclass(frozen=True)
class ChecklistItem:
    """One point of a check-list. yes, no: what it means for an intake that an organisation says so."""

    id: str
    text: Text
    yes: Text
    no: Text


@dataclass(frozen=True)
class ChecklistBlock:
    """Points that belong together."""

    id: str
    label: Text
    items: tuple[ChecklistItem, ...]


@dataclass(frozen=True)
class Checklist:
    """A check-list in our own words, with the source that it was made after."""

    id: ChecklistId
    name: Text
    source: Text
    blocks: tuple[ChecklistBlock, ...]

    @property
    def items(self) -> tuple[ChecklistItem, ...]:
        """All points, in order."""
        return tuple(item for block in self.blocks for item in block.items)
