"""Who was to be measured, where, when and under which condition: `Study`, and one delivered file: `Source`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dww_analysis.domain.exposure import Rules
from dww_analysis.domain.wide import InACell, Wide
from dww_analysis.domain.written import SHARE, WRITTEN, said

Text = Mapping[str, str]  # language code ("nl", "en") -> words in that language
Prose = str  # words in one language, for readers; like `Text` they decide no number
Position = Mapping[str, str]  # where something stands in the configuration, for messages

Design = Literal["parallel_cluster", "stepped_wedge", "before_after", "waves_only"]
STARTS: tuple[Design, ...] = ("stepped_wedge", "before_after")  # units start at waves of their own
Unit = Literal["person", "team", "organisation"]
DuplicateRule = Literal["stop", "keep_first", "keep_last_complete"]
RangeRule = Literal["stop", "missing"]
PersonRule = Literal["key", "anonymous", "code"]
ConflictRule = Literal["stop", "same", "keep_apart"]
Participant = Literal["professional", "student"]
Basis = Literal["private", "open"]  # asked in confidence, or made together in the room and shown there to all

LEVELS = ("organisation", "team", "person")
KEY_COLUMNS = ("sample", "person", "wave")  # one row of Measurements each


def say(text: Text | str, language: str) -> str:
    """The words of `text` in `language`, or in whatever language there is."""
    if isinstance(text, str):
        return text
    return text.get(language) or next(iter(text.values()))


def level_of(group: str) -> str:
    """What a random term of a model is about, however its formula writes the group: `team:organisation` (as of
    `organisation/team`) is `team`, `wave:team` (as of `team/wave`) is `team:wave`; any other group is as it is."""
    factors = group.replace("/", ":").split(":")
    around, rest = [f for f in LEVELS if f in factors], [f for f in factors if f not in LEVELS]
    return ":".join([around[-1], *rest]) if around and set(rest) <= {"wave"} else group


@dataclass(frozen=True)
class Wave:
    """One round of measurement. Always true: numbers are 0, 1, 2, ... in the order of time."""

    number: int
    label: Text
    date: str | None = None  # ISO date of the middle of the fieldwork


@dataclass(frozen=True)
class Arm:
    """One condition that teams are allocated to."""

    id: str
    label: Text


@dataclass(frozen=True)
class Background:
    """One background variable of persons, asked at any wave; the first answer counts."""

    name: str
    label: Text
    kind: Literal["category", "number"]
    categories: Mapping[str, Text] = field(
        default_factory=dict
    )  # code as text -> label, in the order to show
    unit: Text | None = None  # of a number
    valid_range: tuple[float, float] | None = None  # of a number
    each_wave: bool = False  # a number that belongs to a row; else the first answer of a person counts


@dataclass(frozen=True)
class Allocation:
    """How arms (or starts) were given to units."""

    unit: Unit
    source: str  # id of the source with columns person, team or organisation, and arm or start
    randomised: bool
    strata: str | None = None  # "organisation" when randomised within organisations
    transition_waves: int = 0  # waves from the start on that are left out: practice is changing
    counts: Literal["as_allocated", "any"] = "as_allocated"  # how many units chance could have put in an arm
    listed: str = (
        ""  # file with every allocation that could have been drawn; without it as strata and counts say
    )
    listed_sha256: str = ""  # of what is in that file; "" while it is not there


@dataclass(frozen=True)
class Plausible:
    """Bounds of a plausible link between a wave and the next one with persons who can be recognised, as shares."""

    __pydantic_config__ = WRITTEN
    seen_again: float = said("at least this share of the smaller wave is seen in the other one", 0.05, SHARE)
    changed_team: float = said("at most this share of those seen again is in another team", 0.5, SHARE)
    changed_fact: float = said(
        "at most this share of those seen again has another value of a fact", 0.2, SHARE
    )
    other_spelling: float = said(
        "at most this share of the smaller wave agrees only in another spelling", 0.1, SHARE
    )


@dataclass(frozen=True)
class Linking:
    """What is known about links over waves, and how codes that persons made themselves are linked."""

    facts: tuple[
        str, ...
    ] = ()  # background that does not change: known and different values contradict a link
    rule: Literal["fuzzy", "exact"] = "fuzzy"
    elements: tuple[int, ...] = ()  # widths of the parts of a code, when it has no separators
    margin: int = 2  # edits by which the second best candidate must be worse
    came_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # team -> teams it was made of
    plausible: Plausible = Plausible()


@dataclass(frozen=True)
class Study:
    """The whole design. Always true: waves ordered; the reference arm is the first of `arms`."""

    id: str
    title: Text
    data: Literal["invented", "public", "private"]
    delivered: str  # ISO date of the last data delivery: the date the report carries
    design: Design
    waves: tuple[Wave, ...]
    arms: tuple[Arm, ...]  # reference first; empty for waves_only
    allocation: Allocation | None
    samples: Mapping[str, Text]  # id -> label; persons of different samples are different persons
    level_labels: Mapping[str, Text]  # of "organisation", "team", "person"
    background: tuple[Background, ...]
    min_cell_size: int = 8  # statistics of answers of fewer persons are suppressed
    seed: int = 20250101
    contact: Prose = ""
    citation: Text | str = ""
    linking: Linking = field(default_factory=Linking)  # used for sources with persons: code
    start: str | None = None  # waves_only: ISO date, or number of the wave, from which change is looked for

    @property
    def unit(self) -> Unit:
        """What was allocated; teams where nothing was."""
        return self.allocation.unit if self.allocation is not None else "team"

    @property
    def has_arms(self) -> bool:
        return bool(self.arms)

    @property
    def by_lot(self) -> bool:
        """Whether chance formed the arms, or the order of the starts."""
        return self.allocation is not None and self.allocation.randomised

    @property
    def starts(self) -> bool:
        """Whether units change condition at a start of their own (design stepped_wedge or before_after)."""
        return self.design in STARTS

    @property
    def transition_waves(self) -> int:
        """Waves from the start of a unit on whose rows no model has."""
        return self.allocation.transition_waves if self.allocation is not None else 0

    @property
    def groups(self) -> tuple[Arm, ...]:
        """The arms that persons stay in; none where they change condition at a start."""
        return () if self.starts else self.arms

    @property
    def reference_arm(self) -> str:
        """Id of the arm that others are compared with; in a stepped wedge the condition before the start. IndexError
        without arms (`has_arms`)."""
        return self.arms[0].id

    @property
    def treated_arm(self) -> str:
        """Id of the arm that is compared; in a stepped wedge the condition from the start on. IndexError without
        arms (`has_arms`)."""
        return self.arms[1].id

    def wave_label(self, number: int, language: str) -> str:
        """The label of a wave, e.g. "nameting"; StopIteration for a number that the study has not, which `config`
        refuses."""
        return next(say(w.label, language) for w in self.waves if w.number == number)


def rule_name(kind: str, written: str) -> str:
    """How a rule of a source is called, e.g. "recode lpw_{01-12}"."""
    return f"{kind} {written}"


SourceKind = Literal[
    "answers",
    "allocation",
    "diary",
    "events",
    "hr",
    "observations",
    "members",
    "attendance",
    "ballots",
    "tallies",
    "votes",
    "statements",
    "blocks",
    "interpretations",
    "actions",
    "counts",
    "agenda",
    "ratings",
    "ties",
    "checklist",
    "fragments",
]


@dataclass(frozen=True)
class DropRule:
    """Rows to leave out: those whose `column` holds one of `values`, e.g. previews."""

    column: str  # as delivered
    values: tuple[str, ...]  # compared as text
    reason: str  # one word or short phrase for the flow table, e.g. "test row"
    may_be_absent: bool = False  # no error when no row matches


@dataclass(frozen=True)
class Source:
    """One delivered file and the proof that it is that file."""

    id: str
    file: str  # relative to data/raw/<study>/
    sha256: str | None  # None only while a study is being set up
    kind: SourceKind
    format: str  # "auto" or a name of the readers' table
    sample: str
    wave: int | None  # None for an allocation
    columns: Mapping[str, str]  # our name -> theirs; person, team, organisation, items, background
    options: Mapping[str, Any] = field(
        default_factory=dict
    )  # for the reader: delimiter, encoding, sheet, ...
    persons: PersonRule = "key"
    duplicates: DuplicateRule = "stop"
    out_of_range: RangeRule = "stop"
    drop_rows: tuple[DropRule, ...] = ()
    complete: tuple[str, str | None] | None = (
        None  # (column, value as text or None for "not empty") of finished rows
    )
    missing_codes: Mapping[str, str] = field(default_factory=dict)  # code as text -> missing reason
    team_aliases: Mapping[str, str] = field(default_factory=dict)  # hand-typed team name -> team id
    recode: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict
    )  # our column -> {their code: our code}
    identifiers: tuple[str, ...] = ()  # further delivered columns that are dropped unread
    rules: Rules | None = None  # of a diary, an app log or personnel records
    position: Position = field(default_factory=dict)  # config location for error messages
    conflicts: Mapping[str, ConflictRule] = field(
        default_factory=dict
    )  # our column -> what to do when it differs between waves
    apart: Mapping[str, str] = field(default_factory=dict)  # name of a column kept apart -> our name of it
    written: Mapping[str, str] = field(
        default_factory=dict
    )  # `rule_name` of a column -> the range it is part of
    may_be_absent: tuple[str, ...] = ()  # `rule_name` of rules that may meet nothing
    rows: tuple[str, tuple[str, ...]] | None = None  # column and values of the rows of this source; None: all
    rows_of_others: tuple[str, ...] = ()  # values of that column that other sources of the file take
    shared: tuple[str, ...] = ()  # our columns that another wave takes from the same delivered column
    basis: Basis = "private"  # of what was made in sessions
    consent: Prose = ""  # how those in the room agreed that it may be shown
    date: str | None = None  # when that was
    by: Literal["person", "table"] = "person"  # whose choice a ballot is
    texts: tuple[str, ...] = ()  # our columns in which people typed what they like, and that are read
    participant: Participant = "professional"  # who answered
    fixed: Mapping[str, str] = field(default_factory=dict)  # our column that the file has not -> its value
    wide: Wide | None = None  # columns beside each other, one a theme or question
    several: InACell | None = None  # several themes or blocks in a cell

    @property
    def read_columns(self) -> tuple[str, ...]:
        """Every column of the file that is read."""
        return (*self.columns.values(), *(self.wide.columns if self.wide is not None else ()))
