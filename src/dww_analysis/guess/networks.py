"""Files about learning networks, told ways of acting and a practice profile: which kind each is by its headings, and
what of practice.yaml their words make.

As of sessions, words are taken where two rows or more have them. Members are taken only where their codes are no names
and no initials.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from dww_analysis.delivery.codes import code_text, person_code
from dww_analysis.domain.networks import FREE_UNITS, ChecklistUnit
from dww_analysis.domain.practice import APP_CODES
from dww_analysis.domain.written import OPEN
from dww_analysis.guess.columns import Delivered
from dww_analysis.guess.items import find_sets
from dww_analysis.guess.kinds import by_key, named
from dww_analysis.guess.meetings import Lists, vocabulary, with_words
from dww_analysis.guess.network_polls import beside, number_of_round
from dww_analysis.guess.records import (
    Mapped,
    MemberDraft,
    NetworkDraft,
    PracticeDraft,
    SourceDraft,
    WideDraft,
    bare_source,
    left_of,
)
from dww_analysis.guess.vocabulary import IsName, Vocabulary, nobody

NAMES = {
    "network": "network netwerk leernetwerk unit",
    "team": "team teamnaam teamcode teamnr",
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
    "function ratings": ("function person rating", "", "round role", "network"),
    "function statements": ("function id kind coder", "", "text", "session network"),
}  # fmt: skip
OURS = {"checklist": {"network": "unit"}}  # where a column of ours has another name
LISTS = {"relation": "relations", "element": "elements", "situation": "situations", "function": "functions"}
SAID = {"behoefte": "need", "nodig": "need", "voorwaarde": "condition", "valkuil": "pitfall"}
CODE = re.compile(
    r"[A-Za-z]{0,4}[-_ ]?\d{1,6}[A-Za-z]?|[A-Za-z]"
)  # what may be written down of a person: two letters may be initials
INTAKE = "intake_"  # how the points of that check-list begin
SHARED_BY = 2  # rows
MOST_MEMBERS = 40
ROLE_TOO = ("ratings", "attendance")


@dataclass(frozen=True)
class KnownNetworks:
    """What is known before files are looked at.

    words: list of practice.yaml -> letters of a word -> its id. members: id of a network -> codes of its members.
    checklists: ids of those of the study. items: letters of the id or the words of a point of a check-list -> its id.
    is_name: whether a word can be the name of a person.
    """

    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    members: Mapping[str, Collection[str]] = field(default_factory=dict)
    checklists: Collection[str] = ()
    items: Mapping[str, str] = field(default_factory=dict)
    is_name: IsName = nobody


NOTHING = KnownNetworks()


def network_kind(file: Delivered, known: KnownNetworks = NOTHING) -> str:
    """The row of `KINDS` that a file is, long or wide; "" where its headings do not say so, and for a questionnaire: of
    ratings with items beside them."""
    wide = _beside(file, known)
    kind = _long_kind(_columns(file)) or (wide[0] if wide is not None else "")
    return "" if kind.endswith("ratings") and _has_items(file, kind, wide) else kind


def _long_kind(found: Mapping[str, str]) -> str:
    for kind, (needed, one_of, _, never) in KINDS.items():
        chosen = [name for name in one_of.split() if name in found]
        if (
            set(needed.split()) <= found.keys()
            and not set(never.split()) & found.keys()
            and len(chosen) == bool(one_of)
        ):
            return kind
    return ""


def _has_items(file: Delivered, kind: str, wide: tuple[str, WideDraft] | None) -> bool:
    """Whether columns that this kind does not read are items of a scale."""
    taken = {*_columns(file).values(), *(wide[1].theirs() if wide is not None and wide[0] == kind else ())}
    return bool(find_sets(by_key([c for c in file.columns if c.name not in taken])))


def _beside(file: Delivered, known: KnownNetworks) -> tuple[str, WideDraft] | None:
    return beside(file, _columns(file), known.items, known.words.get("functions", {}))


def _columns(file: Delivered) -> dict[str, str]:
    """Our name -> their column. A number beside a network is that of a session."""
    if file.data is None:
        return {}
    found = named([c for c in file.columns if not c.identifying], NAMES)
    if "network" in found and "id" in found and "session" not in found:
        found["session"] = found.pop("id")
    unit = next((unit for unit in FREE_UNITS if unit in found), None)
    rated = "rater" in found and "person" not in found  # of persons: what somebody observed
    if "network" not in found and unit is not None and rated:
        found["network"] = found.pop(unit)
    return found


def _unit(file: Delivered) -> ChecklistUnit:
    """What a check-list is about, by the heading of the column that says of which."""
    theirs = _columns(file).get("network")
    own = named(file.columns, NAMES)
    return next((unit for unit in FREE_UNITS if own.get(unit) == theirs), "network")


def network_source(file: Delivered, known: KnownNetworks = NOTHING) -> SourceDraft:
    """The source of such a file, with our columns by their headings, and the map of what lies beside each other."""
    kind = network_kind(file, known)
    found = _beside(file, known)
    wide = found[1] if found is not None and found[0] == kind else None
    used = {name for part in KINDS[kind][:3] for name in part.split()}
    used -= {*wide.by, wide.cells} if wide is not None else set()
    ours = OURS.get(kind, {})
    columns = {name: theirs for name, theirs in _columns(file).items() if name in used}
    mapped = tuple(Mapped(ours.get(name, name), theirs, "by its heading") for name, theirs in columns.items())
    taken = [*columns.values(), *(wide.theirs() if wide is not None else ())]
    return replace(
        bare_source(file), kind=kind.split()[-1], columns=mapped, left=left_of(file, taken), wide=wide
    )


@dataclass
class _Lists:
    """What practice.yaml gets: the words of its lists, and the members of each network."""

    known: KnownNetworks
    words: dict[str, Vocabulary]
    people: dict[str, dict[str, dict[str, str]]] = field(
        default_factory=dict
    )  # network -> code -> role, organisation
    checklists: dict[str, ChecklistUnit] = field(default_factory=dict)
    strange_items: bool = False

    def of(self, name: str) -> Vocabulary:
        """The words of one list."""
        if name not in self.words:
            self.words[name] = vocabulary(name, self.known.words.get(name, {}), self.known.is_name)
        return self.words[name]


def worded(
    sources: Sequence[SourceDraft], files: Sequence[Delivered], lists: Lists, known: KnownNetworks = NOTHING
) -> tuple[list[SourceDraft], PracticeDraft | None, NetworkDraft | None]:
    """The sources with ids for their words, in their order, and what practice.yaml gets of sessions and of networks.

    lists: what is known already of sessions; sessions and networks share its roles. Nothing without such sources.
    """
    apart = {f.file for f in files if network_kind(f, known)}
    others, of_sessions = with_words([s for s in sources if s.file not in apart], files, lists)
    told, networks = _with_networks(
        [s for s in sources if s.file in apart], files, lists.named["roles"], known
    )
    by_id = {s.id: s for s in (*others, *told)}
    none = of_sessions is None and networks is None
    return [by_id[s.id] for s in sources], None if none else lists.draft(), networks


def _with_networks(
    sources: Sequence[SourceDraft], files: Sequence[Delivered], roles: Vocabulary, known: KnownNetworks
) -> tuple[list[SourceDraft], NetworkDraft | None]:
    if not sources:
        return [], None
    by_name = {f.file: f for f in files}
    lists = _Lists(known, {"roles": roles})
    changed = []
    for source in sources:
        file = by_name[source.file]
        data, unit = file.data, _unit(file)
        assert data is not None
        cells = {m.ours: data[m.theirs].map(code_text) for m in source.columns}
        listed = {ours: own for ours, own in cells.items() if ours != "unit" or unit not in FREE_UNITS}
        recode = _codes(source.kind, listed, lists)
        _note_people(source.kind, cells, recode, lists)
        _note_items(source, cells, unit, lists)
        named = {ours: {w: id for w, id in codes.items() if w != id} for ours, codes in recode.items()}
        changed.append(replace(source, recode={ours: codes for ours, codes in named.items() if codes}))
    return changed, _draft(lists)


def _codes(kind: str, cells: Mapping[str, pd.Series], lists: _Lists) -> dict[str, dict[str, str]]:
    """Our column -> their word -> our id."""
    of = {"network": "networks", "unit": "networks", "role": "roles", **LISTS}
    recode = {}
    for ours in cells:
        counts = cells[ours][cells[ours] != ""].value_counts()
        if ours in of:
            words = lists.of(of[ours])
            often = counts.index[(counts >= SHARED_BY) | counts.index.map(words.knows).to_numpy(bool)]
            recode[ours] = words.ids(often, of[ours].rstrip("s"))
        elif ours == "round":
            words_only = sorted(word for word in counts.index if not word.isdigit())
            recode[ours] = {word: number_of_round(word) or OPEN for word in words_only}
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


def _note_items(
    source: SourceDraft, cells: Mapping[str, pd.Series], unit: ChecklistUnit, lists: _Lists
) -> None:
    """Which check-lists of the package the points are of, by how they begin, and what they are about."""
    if source.kind != "checklist":
        return
    stood = source.wide.columns if source.wide is not None else ()
    items = sorted({about[0] for about in stood} | (set(cells["item"]) - {""} if "item" in cells else set()))
    intake = [item for item in items if item.startswith(INTAKE)]
    for id, found in (("good_practice", len(items) - len(intake)), ("intake", len(intake))):
        if found and id not in (*lists.checklists, *lists.known.checklists):
            lists.checklists[id] = unit
    lists.strange_items |= any(not re.fullmatch(r"[a-z]+_[a-z_]+", item) for item in items)


def _draft(lists: _Lists) -> NetworkDraft:
    new = lists.of("networks").new
    members = {
        id: tuple(
            MemberDraft(code, more.get("role", ""), more.get("organisation", ""))
            for code, more in lists.people.get(id, {}).items()
        )
        for id in new
    }
    unwritten = tuple(
        id
        for id, people in members.items()
        if len(people) > MOST_MEMBERS or not all(CODE.fullmatch(m.person) for m in people)
    )
    own = {name: words for name, words in lists.words.items() if name not in ("networks", "roles")}
    return NetworkDraft(
        dict(new), {id: people for id, people in members.items() if people and id not in unwritten}, unwritten,
        {name: dict(words.new) for name, words in own.items() if words.new}, dict(lists.checklists),
        lists.strange_items, _no_members(lists),
        {name: dict(words.alike) for name, words in own.items() if words.alike},
        {name: words.unwritten for name, words in own.items() if words.unwritten},
    )  # fmt: skip


def _no_members(lists: _Lists) -> dict[str, int]:
    """Of networks that were there, how many persons of the files are no members yet."""
    found = {}
    for id, members in lists.known.members.items():
        there = {person_code(code) for code in members}
        if strange := sum(person_code(code) not in there for code in lists.people.get(id, {})):
            found[id] = strange
    return found
