"""One printed number about a session in which people set priorities, and how sure a theme's place is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from dww_analysis.domain.networks import Network, Relation, UsedChecklist
from dww_analysis.domain.study import Basis, Text

Tier = Literal["sure_top3", "maybe_top3", "not_top3"]
TIERS: tuple[str, ...] = get_args(Tier)
Angle = Literal["team_learning", "feedback", "context"]
ANGLES: tuple[Angle, ...] = get_args(Angle)
RemarkKind = Literal["success", "dilemma", "barrier", "chance", "condition", "give", "need"]
REMARK_KINDS: tuple[RemarkKind, ...] = get_args(RemarkKind)
AppCode = Literal["need", "condition", "pitfall"]  # what people say of the practice profile
APP_CODES: tuple[str, ...] = get_args(AppCode)
AgendaLevel = Literal["national", "region"]
AGENDA_LEVELS: tuple[AgendaLevel, ...] = get_args(AgendaLevel)
AgendaStatus = Literal["new", "taken up", "anchored", "stopped"]
AGENDA_STATUSES: tuple[AgendaStatus, ...] = get_args(AgendaStatus)
ALL_ROLES = "all"
OTHERS = "other_roles"  # roles of too few people, taken together
MOMENTS = ("before", "after")  # of a vote
OF_SCORES = (
    "of scores"  # in the method of means over roles: of points, ranks or ratings, so that they are no shares
)
RATED_HIGHEST = "rated highest"  # in the method of shares: of ballots that rated no theme higher
TAKEN_ROLES = (ALL_ROLES, OTHERS)  # words that stand for several roles
# Kinds of sources, and the columns of ours that each may have.
PRACTICE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "attendance": ("session", "date", "network", "role", "person", "present", "organisation", "minutes"),
    "ballots": ("session", "ballot", "role", "theme", "chosen", "points", "rank", "rating"),
    "tallies": ("session", "role", "theme", "dots", "voters"),
    "votes": ("session", "moment", "statement", "option", "role", "n", "ballot"),
    "statements": ("session", "function", "id", "role", "theme", "kind", "coder", "text"),
    "blocks": ("session", "group", "block", "placed", "x", "y"),
    "agenda": ("item", "level", "region", "theme", "status", "since", "owner_role"),
    "ratings": (
        *("network", "unit", "function", "round", "person", "role", "rating", "example"),
        *("strong", "gap", "take", "leave", "step", "step_done"),
    ),
    "ties": ("network", "round", "from", "to", "relation", "strength"),
    "checklist": ("unit", "round", "rater", "item", "met", "evidence"),
    "fragments": ("fragment", "person", "situation", "element", "way", "coder", "date"),
}
PRACTICE_KINDS = tuple(PRACTICE_COLUMNS)
Lists = Literal[
    "roles",
    "themes",
    "sessions",
    "votes",
    "blocks",
    "national",
    "regions",
    "networks",
    "relations",
    "checklists",
    "elements",
    "situations",
    "functions",
]
UnitLevel = Literal["session", "network", "study"]  # what a number is about
NAN = float("nan")  # not known, or not shown


@dataclass(frozen=True)
class Quantity:
    """One number that a sentence, figure or page may print. Always true: conf_low <= value <= conf_high where the
    three are known; a suppressed quantity has no value, interval or count.
    """

    id: str
    unit_level: UnitLevel
    unit: str
    subject: str  # theme, block, or statement:option; "" where the quantity is about the unit as a whole
    role: str  # ALL_ROLES where roles are taken together
    quantity: str
    value: float
    conf_low: float = NAN
    conf_high: float = NAN
    conf_level: float = NAN
    method: str = ""
    n: float = NAN  # persons, tables or groups that the number rests on
    n_possible: float = NAN
    tier: str = ""  # of TIERS, or "" where the order is not judged
    basis: Basis = "private"
    suppressed: bool = False


@dataclass(frozen=True)
class Role:
    """From which side people look: parents, professionals, policy."""

    id: str
    label: Text


@dataclass(frozen=True)
class Theme:
    """Something that people may find important. national: id of the item of the national agenda it belongs to."""

    id: str
    label: Text
    national: str = ""
    short: Text = field(default_factory=dict)  # the label for narrow places


@dataclass(frozen=True)
class Session:
    """One meeting. choose: how many themes a ballot may choose, or dots it may give; None where that is free. capacity:
    how many people can have been there; None where nobody said."""

    id: str
    label: Text
    date: str
    question: Text
    choose: int | None = None
    capacity: int | None = None


@dataclass(frozen=True)
class RoomVote:
    """A statement that a room votes on, with the words of its options."""

    id: str
    text: Text
    options: Mapping[str, Text]


@dataclass(frozen=True)
class Block:
    """A building block of an ideal place to learn. scale: id of the scale that asks teams about the same."""

    id: str
    label: Text
    angle: Angle
    scale: str = ""


@dataclass(frozen=True)
class NationalItem:
    """An item of the national agenda, to which themes of a study may belong."""

    id: str
    label: Text


@dataclass(frozen=True)
class Region:
    """A part of the country with sessions and a learning agenda of its own."""

    id: str
    label: Text


@dataclass(frozen=True)
class AgendaItem:
    """One item of a learning agenda as it stands now.

    since: the day of its status; first: the day on which it first stood there. carried_over: it stood there before and
    still runs. region: "" for the national agenda; theme: "" for an item that no theme is about; national: id of the
    national item it belongs to, "" where it belongs to none.
    """

    id: str
    level: AgendaLevel
    region: str
    item: str
    theme: str
    national: str
    status: AgendaStatus
    since: str
    first: str
    carried_over: bool
    owner_role: str = ""


@dataclass(frozen=True)
class Element:
    """A core element of the work: something that professionals know how to do."""

    id: str
    label: Text


@dataclass(frozen=True)
class Situation:
    """In what kind of situation somebody acts."""

    id: str
    label: Text


def verb_of(written: str) -> str:
    """How verbs of app logs are compared: the last part of an address, in small letters, with underscores."""
    last = re.split(r"[/#]", written.rstrip("/#"))[-1]
    return re.sub(r"[\s_-]+|%20", "_", last.strip()).lower()


@dataclass(frozen=True)
class Function:
    """Something that the digital practice profile offers. events: verbs of the app log by which it is used, () where no
    log has it; answered_by: verbs by which what was asked is answered; both as `verb_of` writes them."""

    id: str
    label: Text
    events: tuple[str, ...] = ()
    answered_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Practice:
    """What a study says about its sessions (practice.yaml)."""

    roles: tuple[Role, ...] = ()
    themes: tuple[Theme, ...] = ()
    sessions: tuple[Session, ...] = ()
    votes: tuple[RoomVote, ...] = ()
    kinds: tuple[RemarkKind, ...] = REMARK_KINDS
    blocks: tuple[Block, ...] = ()
    national: tuple[NationalItem, ...] = ()
    regions: tuple[Region, ...] = ()
    networks: tuple[Network, ...] = ()
    relations: tuple[Relation, ...] = ()
    checklists: tuple[UsedChecklist, ...] = ()
    elements: tuple[Element, ...] = ()
    situations: tuple[Situation, ...] = ()
    functions: tuple[Function, ...] = ()

    def ids(self, what: Lists) -> tuple[str, ...]:
        """The ids of one list, in its order."""
        return tuple(entry.id for entry in getattr(self, what))
