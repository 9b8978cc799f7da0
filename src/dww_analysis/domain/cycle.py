"""The way back, round after round: what a unit said about its numbers, what it agreed on, and what it counted.

A round is the round of measurement of that number. Texts are those that people typed: `share` says how far each goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

CycleLevel = Literal["team", "organisation", "region", "study"]
CYCLE_LEVELS: tuple[str, ...] = get_args(CycleLevel)
Question = Literal["recognise", "judge", "explain", "act"]
QUESTIONS: tuple[str, ...] = get_args(Question)
Decision = Literal["start", "keep", "adapt", "stop"]
DECISIONS: tuple[str, ...] = get_args(Decision)
ActionStatus = Literal["open", "running", "done", "stopped"]
ACTION_STATUSES: tuple[str, ...] = get_args(ActionStatus)
Share = Literal["unit", "organisation", "all", "no"]  # how far a text goes
SHARES: tuple[str, ...] = get_args(Share)

# Kinds of sources, and the columns of ours that each may have.
CYCLE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "interpretations": ("level", "unit", "round", "date", "present", "question", "about", "text", "share"),
    "actions": (
        *("level", "unit", "round", "action", "what", "decision", "why", "owner_role", "start", "check"),
        *("indicator", "status", "result", "reflection", "share"),
    ),
    "counts": ("level", "unit", "indicator", "date", "value", "out_of"),
}
CYCLE_KINDS = tuple(CYCLE_COLUMNS)
NEEDED_CYCLE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "interpretations": ("level", "unit", "round", "question", "text", "share"),
    "actions": ("level", "unit", "round", "action", "what", "decision", "status", "share"),
    "counts": ("level", "unit", "indicator", "date", "value"),
}
# Columns in which people write what they like: read only where the source declares them in `texts`.
FREE_TEXTS: Mapping[str, tuple[str, ...]] = {
    "interpretations": ("text",),
    "actions": ("what", "why", "owner_role", "indicator", "result", "reflection"),
    "counts": ("indicator",),
}
CHOICES: Mapping[str, tuple[str, ...]] = {  # columns with a word of a list
    "level": CYCLE_LEVELS,
    "question": QUESTIONS,
    "decision": DECISIONS,
    "status": ACTION_STATUSES,
    "share": SHARES,
}
LONGEST_TEXT = 1000  # characters of a cell that people typed
FEWEST_SPEAKERS = 2  # what one person alone said goes no further than the own unit
LONGEST_ID = 60  # of the id of an action


@dataclass(frozen=True)
class Interpretation:
    """An answer of a unit to one of the four questions. about: outcome id, "" where it is about all of them.

    unit: "" where the reader may not know which.
    """

    level: CycleLevel
    unit: str
    round: int
    question: Question
    text: str
    share: Share
    about: str = ""
    date: str = ""
    present: int | None = None


@dataclass(frozen=True)
class Action:
    """Something that a unit agreed to start, keep, adapt or stop. Always true: start <= check where both are known."""

    level: CycleLevel
    unit: str
    round: int
    action: str  # id, once in a unit
    what: str
    decision: Decision
    status: ActionStatus
    share: Share
    why: str = ""
    owner_role: str = ""  # a role, never a name
    start: str = ""
    check: str = ""
    indicator: str = ""
    result: str = ""
    reflection: str = ""


@dataclass(frozen=True)
class Count:
    """One count of one indicator. Always true: 0 <= value, and value <= out_of where there is one."""

    level: CycleLevel
    unit: str
    indicator: str
    date: str
    value: float
    out_of: float | None = None

    @property
    def share(self) -> float:
        """The value as a percentage of what was counted, or as it is."""
        return self.value if self.out_of is None else 100 * self.value / self.out_of


@dataclass(frozen=True)
class Cycle:
    """One round of one unit: what it said, what it agreed on, and what it counted up to now."""

    level: CycleLevel
    unit: str
    round: int
    interpretations: tuple[Interpretation, ...] = ()
    actions: tuple[Action, ...] = ()
    counts: tuple[Count, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nobody said, agreed or counted anything."""
        return not (self.interpretations or self.actions or self.counts)


Before = Literal["", "carried", "other"]
Signal = Literal["too_few", "none", "run", "crossings", "both"]


@dataclass(frozen=True)
class RunChart:
    """A series of counts with its median, and whether it moves more than chance mostly makes it.

    frozen: whether the median is of the points before the break alone. judged: how many of the points, from the first
    on, the signal rests on. useful: those of them that are off the median. run_start: the position of the first point
    of the longest run, whatever stands on the median. starts_before: whether that is before the break.
    """

    values: tuple[float, ...]
    median: float
    frozen: bool
    judged: int
    useful: int
    longest_run: int
    longest_expected: int
    crossings: int
    fewest_expected: int
    signal: Signal
    run_start: int
    run_above: bool
    starts_before: bool


@dataclass(frozen=True)
class Series:
    """The counts of one indicator in the order of time, the day of the break, and what the chart of them says."""

    indicator: str
    dates: tuple[str, ...]
    percent: bool
    chart: RunChart
    break_date: str = ""
    break_before: int | None = None  # how many points are before the break


@dataclass(frozen=True)
class Told:
    """What a sheet prints of a unit's own words: the last round, this one, its counts; what others share with it.

    before: whether the last round is that of the teams that the unit was made of ("carried"), or only theirs and not
    told here ("other"); "" where it is its own.
    """

    last: Cycle | None
    now: Cycle
    series: Series | None = None
    shared: tuple[Interpretation, ...] = ()
    before: Before = ""
