"""What a guess consists of: sources, scales, words, arms and places left open. `write.py` makes texts of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from dww_analysis.guess.columns import Delivered


@dataclass(frozen=True)
class Mapped:
    """One column that is used: our name, theirs, and why it was guessed (nothing for items of a set)."""

    ours: str
    theirs: str
    why: str = ""


@dataclass(frozen=True)
class WideDraft:
    """Columns beside each other. columns: what each is about, one value for each of `by` -> their column."""

    by: tuple[str, ...]
    cells: str
    columns: Mapping[tuple[str, ...], str]

    def theirs(self) -> tuple[str, ...]:
        """Their columns."""
        return tuple(self.columns.values())


@dataclass(frozen=True)
class SourceDraft:
    """One source of sources.yaml."""

    id: str
    file: str
    sha256: str
    format: str
    kind: str = "answers"
    wave: int | None = None
    persons: str = "key"
    columns: tuple[Mapped, ...] = ()
    left: tuple[tuple[str, str], ...] = ()  # columns that are not used, with what is known of them
    options: Mapping[str, Any] = field(default_factory=dict)
    guessed: Mapping[str, str] = field(default_factory=dict)  # option -> why
    rows: tuple[str, str] | None = None  # column and value of the rows of this wave
    recode: Mapping[str, Mapping[str, str] | str] = field(default_factory=dict)
    missing_codes: Mapping[str, str] = field(default_factory=dict)
    drop_rows: tuple[tuple[str, tuple[str, ...]], ...] = ()
    notes: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    wide: WideDraft | None = None
    several: tuple[str, str, str] | None = None  # our column, the delimiter, what naming says


def bare_source(file: Delivered) -> SourceDraft:
    """The source of a file of which no column is named yet."""
    return SourceDraft("", file.file, file.sha256, file.format, options=file.options, guessed=file.guessed)


def left_of(file: Delivered, used: Collection[str]) -> tuple[tuple[str, str], ...]:
    """The columns of a file that are not used, with what is known of them."""
    return tuple(
        (c.name, "never read: identifies persons" if c.identifying else c.label)
        for c in file.columns
        if c.name not in used
    )


@dataclass(frozen=True)
class ScaleDraft:
    """One scale of scales.yaml: items in their order, or one delivered score."""

    id: str
    items: tuple[str, ...]
    minimum: float
    maximum: float
    why: str
    range_from: str
    reversed: Mapping[str, str] = field(default_factory=dict)  # item -> why it counts the other way
    perhaps: Mapping[str, str] = field(default_factory=dict)  # item -> why it might, and is not listed
    delivered: bool = False


@dataclass(frozen=True)
class BackgroundDraft:
    """One background variable of study.yaml; no categories: a number."""

    name: str
    label: str
    categories: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WordSet:
    """Answer words with their numbers; "?" where the number is not known."""

    id: str
    numbers: Mapping[str, str]
    why: str


@dataclass(frozen=True)
class ArmsDraft:
    """The arms that an allocation holds, the reference arm first, and the source that lists them.

    `starts`: units start at waves of their own; the arms are then before and after.
    """

    source: str
    unit: str
    arms: tuple[tuple[str, str], ...]  # id and the word in the file
    starts: bool = False


@dataclass(frozen=True)
class PracticeDraft:
    """The lists of practice.yaml: id -> the word in the files; sessions with the day that a file gives them."""

    lists: Mapping[str, Mapping[str, str]]
    days: Mapping[str, str]
    options: Mapping[str, Mapping[str, str]]  # statement -> option -> word
    national: Mapping[str, str]
    belongs: Mapping[str, str]  # theme -> the national item that has it
    alike: Mapping[str, Mapping[str, str]] = field(
        default_factory=dict
    )  # list -> word that is not added -> known id
    unwritten: Mapping[str, int] = field(
        default_factory=dict
    )  # list -> how many words can be names of persons


@dataclass(frozen=True)
class MemberDraft:
    """One person of a network, by code; role and organisation are "" where the files do not say them."""

    person: str
    role: str = ""
    organisation: str = ""


@dataclass(frozen=True)
class NetworkDraft:
    """What practice.yaml gets of networks, acting and a practice profile, by the words of the files.

    networks: id -> word. unwritten: networks whose members may be names or initials, or are too many. lists: name -> id
    -> word, of relations, elements, situations and functions. strange_items: whether points are those of no check-list.
    Of networks that were there: more, how many persons of the files are no members yet. alike: list -> word that is not
    added -> known id. names: list -> how many words can be names of persons.
    """

    networks: Mapping[str, str]
    members: Mapping[str, tuple[MemberDraft, ...]]
    unwritten: tuple[str, ...]
    lists: Mapping[str, Mapping[str, str]]
    checklists: Mapping[str, str] = field(default_factory=dict)  # id -> what it is about
    strange_items: bool = False
    more: Mapping[str, int] = field(default_factory=dict)
    alike: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    names: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Draft:
    """A whole first configuration."""

    study: str
    date: str
    waves: tuple[str, ...]
    sources: tuple[SourceDraft, ...]
    scales: tuple[ScaleDraft, ...]
    words: tuple[WordSet, ...] = ()
    background: tuple[BackgroundDraft, ...] = ()
    arms: ArmsDraft | None = None
    open: tuple[str, ...] = ()  # what could not be guessed about the design
    undecided: str = ""  # why nothing runs before somebody has chosen the design
    practice: PracticeDraft | None = None
    networks: NetworkDraft | None = None
    left_out: tuple[str, ...] = ()  # files in which nothing looks like an answer, beside files with answers
