"""Learning at work as it happened: diary, app log and personnel records, and the declared rules for reading them.

These sources are laid out as tidy tables beside the Measurements, with the same pseudonyms. Their vocabularies (sources
of learning, kinds of app events, destinations of who left) are fixed here, so that studies can be laid side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import pandas as pd

from dww_analysis.domain.written import LONGEST_MINUTES, WRITTEN, said

Text = Mapping[str, str]
HOME_ZONE = "Europe/Amsterdam"

VOIDED = "http://adlnet.gov/expapi/verbs/voided"  # the verb of a statement that takes another one back

EXPOSURE_KINDS = ("diary", "events", "hr", "observations")
BEEP_STATUS = ("scheduled", "sent", "answered", "expired")  # how far a beep came
EventKind = Literal[
    "profile_viewed",
    "reflection_written",
    "feedback_requested",
    "feedback_received",
    "goal_set",
    "video_reviewed",
    "other",
]
EVENT_KINDS: tuple[str, ...] = get_args(EventKind)
FEEDBACK_EVENTS = ("feedback_requested", "feedback_received")
REFLECTION_EVENTS = ("reflection_written", "video_reviewed")
# The four categories of the flow of employees that CBS publishes, and what an employer may not know.
DESTINATIONS = ("stayed", "other_care", "outside_care", "not_employee", "unknown")

BEEP_TIMES = ("scheduled", "sent", "started", "finished", "expired")
HR_WORDS = ("team", "function", "exit_reason", "destination", "internal_transfer")
# Columns of ours that a source of this kind may have; of diaries and check-lists every further one is an item.
KNOWN_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "events": ("team",),
    "hr": ("person", "start", "end", "fte", *HR_WORDS),
    "members": ("team", "wave", "members"),
}
UNTRANSLATED: Mapping[str, tuple[str, ...]] = {  # columns whose cells are times, dates and codes: no recode
    "diary": BEEP_TIMES,
    "hr": ("start", "end"),
    "observations": ("date", "observer"),
}
# Names of columns that readers give to their tables: no item has them.
OWN_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "diary": (
        *("sample", "wave", "time", "day", "status", "latency_minutes", "minutes", "row"),
        *("lag_beeps", "lag_minutes", "night_minutes"),
    ),
    "observations": ("sample", "wave", "observation", "value", "n_observed", "met"),
}

OBSERVED_WORDS: Mapping[str, float] = {
    "ja": 1.0,
    "yes": 1.0,
    "1": 1.0,
    "deels": 0.5,
    "gedeeltelijk": 0.5,
    "partly": 0.5,
    "nee": 0.0,
    "no": 0.0,
    "0": 0.0,
}
NO_OCCASION = ("n.v.t.", "nvt", "niet van toepassing", "not applicable", "n/a", "niet gezien", "not seen")

Favourable = Literal["higher is better", "lower is better", "neutral"]
StopOrDrop = Literal["stop", "drop"]


@dataclass(frozen=True)
class LearningSource:
    """From whom or what somebody learned; `direct` is interaction with people, and a study's own source has a label."""

    label: Text
    direct: bool


# Names of the usual sources and processes stand with the other words of a report; only a study's own carry a label.
LEARNING_SOURCES: Mapping[str, LearningSource] = {
    **{name: LearningSource({}, True) for name in ("colleagues", "students", "clients", "trainers")},
    **{name: LearningSource({}, False) for name in ("protocols", "models")},
}
LEARNING_PROCESSES: Mapping[str, Text] = {
    name: {} for name in ("trying", "observing", "exchanging", "feedback", "reflecting", "looking_up")
}


# What a theory of change may take as a dose: how much of something a person met or did up to a wave.
DOSES: Mapping[str, tuple[str, ...]] = {
    "diary": ("moments", "moments_direct", "moments_indirect"),
    "events": ("events", "sessions", "active_days", "active_weeks", "session_minutes"),
    "observations": ("met",),
}


@dataclass(frozen=True)
class DiaryRules:
    """How a diary or experience-sampling file is read."""

    expires_after_minutes: float | None = (
        None  # after sending; None when the file says itself when a beep expired
    )
    expected_beeps: int | None = None  # per person and wave, for files that leave out what was not answered
    day_starts_hour: int = 4  # a beep before this hour belongs to the evening before
    separator: str = ";"  # between several sources or processes in one cell
    impossible_times: StopOrDrop = "stop"  # beeps answered before they were sent
    epoch: Literal["utc", "local"] = (
        "utc"  # numbers instead of times: seconds since 1970 in UTC or in local time
    )
    sources: Mapping[str, LearningSource] = field(default_factory=lambda: LEARNING_SOURCES)
    processes: Mapping[str, Text] = field(default_factory=lambda: LEARNING_PROCESSES)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # our item -> lowest, highest


def own_words(diaries: Iterable[DiaryRules]) -> dict[str, dict[str, Text]]:
    """What a study calls sources and processes of learning itself: kind -> code -> words, the first diary's first."""
    found: dict[str, dict[str, Text]] = {"source": {}, "process": {}}
    for rules in diaries:
        words = {"source": {code: s.label for code, s in rules.sources.items()}, "process": rules.processes}
        for kind, named in words.items():
            found[kind] = {code: text for code, text in named.items() if text} | found[kind]
    return found


@dataclass(frozen=True)
class EventRules:
    """How a log of xAPI statements is read."""

    __pydantic_config__ = WRITTEN
    session_gap_minutes: float = said(
        "a longer silence starts a new session", 30.0, {"gt": 0, "le": LONGEST_MINUTES}
    )
    kinds: Mapping[str, EventKind] = field(
        default_factory=dict,
        metadata={"description": "verb id: kind of event, beside verbs named after a kind"},
    )
    home_pages: tuple[str, ...] = said("systems whose accounts count; needed when there are several", ())
    broken_lines: Literal["stop", "drop"] = said("lines that are no statements", "stop")
    wrong_clock: Literal["stop", "stored", "drop"] = said(
        "events that happened after they were stored or over five years before: stored = use that time",
        "stop",
    )


@dataclass(frozen=True)
class HrRules:
    """How personnel records are read."""

    __pydantic_config__ = WRITTEN
    impossible_dates: Literal["stop", "drop"] = said(
        "a contract ends before it starts, or starts more than 60 years before the extract", "stop"
    )
    overlapping: Literal["stop", "merge"] = said("two contracts of one person at the same time", "stop")
    blank_destination: Literal["stop", "unknown"] = said("who left without a destination", "stop")
    gap_days: int = said("contracts within this distance are one employment", 31, {"ge": 1, "le": 36_500})
    direction: Literal["higher is better", "lower is better", "neutral"] = said(
        "of leaving as an outcome", "lower is better"
    )
    observed_from: str | None = said("YYYY-MM-DD; without: date of the first wave", None)
    observed_to: str | None = said("YYYY-MM-DD of the extract; without: `delivered`", None)


@dataclass(frozen=True)
class ObservationRules:
    """How observation check-lists are read."""

    words: Mapping[str, float] = field(
        default_factory=lambda: OBSERVED_WORDS
    )  # word -> 0 (not met) to 1 (met)
    no_occasion: tuple[str, ...] = NO_OCCASION  # words for what could not be seen
    min_observed: float = 0.5  # share of the items that must be observed for a score


Rules = DiaryRules | EventRules | HrRules | ObservationRules


@dataclass(frozen=True, eq=False)
class Exposure:
    """What one source of workplace learning gave.

    `table`: one row a beep, an event, an employment or an observation. `features`: one row per sample, person and wave.
    `flow`: columns source, sample, kind, step, reason, rows. `detail`: one row per learning moment, source and process
    (diary), per session (events), per person and month at risk (hr), or per observed item (observations). `notes`: what
    was left out by rule, in words with counts.
    """

    table: pd.DataFrame
    features: pd.DataFrame
    flow: pd.DataFrame
    detail: pd.DataFrame
    notes: tuple[str, ...] = ()
