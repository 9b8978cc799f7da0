"""Files about learning networks, told ways of acting and a practice profile: which kind each is by its headings, and
what of practice.yaml their words make.

As of sessions, words are taken where two rows or more have them. Members are taken only where their codes are no names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import pandas as pd

from dww_analysis.delivery.codes import code_text
from dww_analysis.domain.practice import APP_CODES
from dww_analysis.domain.written import OPEN
from dww_analysis.guess.columns import Delivered
from dww_analysis.guess.kinds import named
from dww_analysis.guess.names import identifier, squeezed, unused
from dww_analysis.guess.records import (
    Mapped,
    MemberDraft,
    NetworkDraft,
    PracticeDraft,
    SourceDraft,
    bare_source,
    left_of,
)

NAMES = {
    "network": "network netwerk leernetwerk unit",
    "session": "session sessie bijeenkomst bijeenkomstnr sessienr",
    "date": "date datum",
    "person": "person persoon deelnemer participant deelnemercode deelnemernr lid",
    "present": "present aanwezig aantalaanwezig",
    "role": "role rol",
    "organisation": "organisation organisatie",
    "minutes": "minutes minuten",
    "round": "round ronde meting",
    "rating": "rating cijfer rapportcijfer waardering",
    "example": "example voorbeeld",
    "strong": "strong sterk",
    "gap": "gap lastig knelpunt",
    "take": "take meenemen",
    "leave": "leave latenliggen achterlaten",
    "step": "step stap eerstestap",
    "step_done": "stepdone stapgezet stapgedaan",
    "from": "from van",
    "to": "to naar",
    "relation": "relation relatie waarvoor soortcontact",
    "strength": "strength sterkte hoevaak frequentie",
    "rater": "rater beoordelaar",
    "item": "item punt",
    "met": "met gezien gedaan",
    "evidence": "evidence bewijs toelichting",
    "fragment": "fragment fragmentnr",
    "situation": "situation situatie",
    "element": "element kernelement",
    "way": "way manier handelwijze",
    "coder": "coder codeur",
    "function": "function functie",
    "id": "id nummer nr uitspraaknr",
    "kind": "kind soort",
    "text": "text tekst uitspraak",
}
# The headings that a kind must have, one of those that it may choose from, others, and those that it may not have.
KINDS: Mapping[str, tuple[str, str, str, str]] = {
    "fragments": ("fragment person situation element way", "", "coder date", ""),
    "ties": ("network from to relation", "", "round strength", ""),
    "checklist": ("network rater item met", "", "round evidence", ""),
    "network ratings": (
        "network round person rating", "", "role example strong gap take leave step step_done", "function",
    ),
    "network attendance": ("network session date", "person present", "role organisation minutes", "rating"),
    "function ratings": ("function person rating", "", "role", "network"),
    "function statements": ("function id kind coder", "", "text", "session network"),
}  # fmt: skip
OURS = {"checklist": {"network": "unit"}}  # where a column of ours has another name
LISTS = {"relation": "relations", "element": "elements", "situation": "situations", "function": "functions"}
SAID = {"behoefte": "need", "nodig": "need", "voorwaarde": "condition", "valkuil": "pitfall"}
CODE = re.compile(
    r"[A-Za-z]{0,4}[-_ ]?\d{1,6}[A-Za-z]?|[A-Za-z]{1,2}"
)  # what may be written down of a person
INTAKE = "intake_"  # how the points of that check-list begin
SHARED_BY = 2  # rows
MOST_MEMBERS = 40
ROLE_TOO = ("ratings", "attendance")


def network_kind(file: Delivered) -> str:
    """The row of `KINDS` that a file is; "" where its headings do not say so."""
    found = _columns(file)
    for kind, (needed, one_of, _, never) in KINDS.items():
        chosen = [name for name in one_of.split() if name in found]
        if (
            set(needed.split()) <= found.keys()
            and not set(never.split()) & found.keys()
            and len(chosen) == bool(one_of)
        ):
            return kind
    return ""


def _columns(file: Delivered) -> dict[str, str]:
    """Our name -> their column. A number beside a network is that of a session."""
    if file.data is None:
        return {}
    found = named([c for c in file.columns if not c.identifying], NAMES)
    if "network" in found and "id" in found and "session" not in found:
        found["session"] = found.pop("id")
    return found


def network_source(file: Delivered) -> SourceDraft:
    """The source of such a file, with our columns by their headings."""
    kind = network_kind(file)
    used = {name for part in KINDS[kind][:3] for name in part.split()}
    ours = OURS.get(kind, {})
    columns = {name: theirs for name, theirs in _columns(file).items() if name in used}
    mapped = tuple(Mapped(ours.get(name, name), theirs, "by its heading") for name, theirs in columns.items())
    return replace(
        bare_source(file), kind=kind.split()[-1], columns=mapped, left=left_of(file, columns.values())
    )


@dataclass
class _Lists:
    """What practice.yaml gets: list -> id -> the word in the files; and the members of each network."""

    words: dict[str, dict[str, str]] = field(default_factory=dict)
    people: dict[str, dict[str, dict[str, str]]] = field(
        default_factory=dict
    )  # network -> code -> role, organisation
    checklists: list[str] = field(default_factory=list)
    strange_items: bool = False

    def ids(self, name: str, words: Iterable[str]) -> dict[str, str]:
        """Word -> id, one for words that differ in capitals and signs alone; new ones are added."""
        known = self.words.setdefault(name, {})
        by_word = {squeezed(word) or word: id for id, word in known.items()}
        codes = {}
        for word in sorted(words):
            spelled = squeezed(word) or word
            id = by_word.get(spelled) or unused(identifier(word, name.rstrip("s")), known)
            known.setdefault(id, word)
            by_word[spelled] = codes[word] = id
        return codes


def with_networks(
    sources: Sequence[SourceDraft], files: Sequence[Delivered], practice: PracticeDraft | None
) -> tuple[list[SourceDraft], PracticeDraft | None, NetworkDraft | None]:
    """The sources with ids for their words, practice.yaml with their roles, and what it gets of networks and acting.

    practice: the lists of sessions; an empty one is made where there was none. Nothing without such sources.
    """
    if not sources:
        return [], practice, None
    by_name = {f.file: f for f in files}
    lists = _Lists({"roles": dict(practice.lists["roles"]) if practice is not None else {}})
    changed = []
    for source in sources:
        data = by_name[source.file].data
        assert data is not None
        cells = {m.ours: data[m.theirs].map(code_text) for m in source.columns}
        recode = _codes(source.kind, cells, lists)
        _note_people(source.kind, cells, recode, lists)
        _note_items(source.kind, cells, lists)
        named = {ours: {w: id for w, id in codes.items() if w != id} for ours, codes in recode.items()}
        changed.append(replace(source, recode={ours: codes for ours, codes in named.items() if codes}))
    before = practice or PracticeDraft(MappingProxyType({}), {}, {}, {}, {})
    every: dict[str, Mapping[str, str]] = {
        name: {} for name in ("roles", "regions", "themes", "sessions", "votes", "blocks")
    }
    merged = {**every, **before.lists, "roles": lists.words.pop("roles")}
    return changed, replace(before, lists=merged), _draft(lists)


def _codes(kind: str, cells: Mapping[str, pd.Series], lists: _Lists) -> dict[str, dict[str, str]]:
    """Our column -> their word -> our id."""
    of = {"network": "networks", "unit": "networks", "role": "roles", **LISTS}
    recode = {}
    for ours in cells:
        counts = cells[ours][cells[ours] != ""].value_counts()
        if ours in of:
            recode[ours] = lists.ids(of[ours], counts.index[counts >= SHARED_BY])
        elif ours == "kind" and kind == "statements":
            known = {**{code: code for code in APP_CODES}, **SAID}
            recode[ours] = {word: known.get(word.casefold(), OPEN) for word in sorted(counts.index)}
    return recode


def _note_people(
    kind: str, cells: Mapping[str, pd.Series], recode: Mapping[str, Mapping[str, str]], lists: _Lists
) -> None:
    """Who is in each network, in the order of the file, with the role and organisation that rows give."""
    if "network" not in cells:
        return
    network = cells["network"].map(recode["network"])
    for column in (c for c in ("person", "from", "to") if c in cells):
        for place, code in cells[column].items():
            if not code or not isinstance(network[place], str):
                continue
            person = lists.people.setdefault(network[place], {}).setdefault(code, {})
            if column == "person" and kind in ROLE_TOO and "role" in cells:
                role = recode["role"].get(cells["role"][place])
                person |= {"role": role} if role else {}
            if "organisation" in cells and cells["organisation"][place]:
                person.setdefault("organisation", cells["organisation"][place])


def _note_items(kind: str, cells: Mapping[str, pd.Series], lists: _Lists) -> None:
    """Which check-lists of the package the points are of, by how they begin."""
    if kind != "checklist":
        return
    items = sorted(set(cells["item"]) - {""})
    intake = [item for item in items if item.startswith(INTAKE)]
    for id, found in (("good_practice", len(items) - len(intake)), ("intake", len(intake))):
        if found and id not in lists.checklists:
            lists.checklists.append(id)
    lists.strange_items |= any(not re.fullmatch(r"[a-z]+_[a-z_]+", item) for item in items)


def _draft(lists: _Lists) -> NetworkDraft:
    networks = lists.words.pop("networks", {})
    members = {
        id: tuple(
            MemberDraft(code, more.get("role", ""), more.get("organisation", ""))
            for code, more in lists.people.get(id, {}).items()
        )
        for id in networks
    }
    unwritten = tuple(
        id
        for id, people in members.items()
        if len(people) > MOST_MEMBERS or not all(CODE.fullmatch(m.person) for m in people)
    )
    return NetworkDraft(
        networks, {id: people for id, people in members.items() if people and id not in unwritten}, unwritten,
        {name: found for name, found in lists.words.items() if found}, tuple(lists.checklists), lists.strange_items,
    )  # fmt: skip
