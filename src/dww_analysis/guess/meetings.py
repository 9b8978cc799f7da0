"""Files about sessions: which kind each is by its headings, and the lists of practice.yaml that their words make.

Words are taken where two rows or more have them: what stands in a file once may be a typing error, or a name, and is
left to `dww check`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import pandas as pd

from dww_analysis.delivery.codes import code_text, day_of_cell
from dww_analysis.domain.practice import AGENDA_LEVELS, AGENDA_STATUSES, REMARK_KINDS
from dww_analysis.domain.written import OPEN
from dww_analysis.guess.columns import Delivered
from dww_analysis.guess.kinds import named
from dww_analysis.guess.polls import poll_of, poll_source
from dww_analysis.guess.records import Mapped, PracticeDraft, SourceDraft, WideDraft, bare_source, left_of
from dww_analysis.guess.vocabulary import IsName, Vocabulary, nobody

NAMES = {
    "session": "session sessie bijeenkomst sessieid sessionid meeting",
    "date": "date datum",
    "role": "role rol roles rollen",
    "person": "person persoon deelnemer participant deelnemercode",
    "present": "present aanwezig aantalaanwezig",
    "ballot": "ballot stembriefje stembiljet stembriefjenr ballotid stemkaart kastje",
    "theme": "theme thema onderwerp topic",
    "chosen": "chosen gekozen keuze",
    "points": "points punten",
    "rank": "rank rang rangorde",
    "rating": "rating cijfer",
    "dots": "dots stippen stickers",
    "voters": "voters stemmers",
    "moment": "moment ronde voorna",
    "statement": "statement stelling",
    "option": "option optie antwoord answer",
    "n": "n aantal count stemmen",
    "id": "id nummer nr opmerkingnr",
    "kind": "kind soort type",
    "coder": "coder codeur",
    "text": "text tekst opmerking remark",
    "group": "group groep tafel",
    "block": "block bouwsteen blok",
    "placed": "placed geplakt",
    "x": "x",
    "y": "y",
    "item": "item punt agendapunt",
    "level": "level niveau",
    "region": "region regio",
    "status": "status stand",
    "since": "since sinds sindsdatum",
    "owner_role": "ownerrole trekker trekkerrol",
}
# Headings that a kind must have, one of those that it may choose from, and others that it may have.
KINDS: Mapping[str, tuple[str, str, str]] = {
    "agenda": ("item level theme status since", "", "region owner_role"),
    "blocks": ("session group block placed", "", "x y"),
    "statements": ("session id role theme kind coder", "", "text"),
    "votes": ("session moment statement option", "ballot n", "role"),
    "ballots": ("session ballot role theme", "chosen points rank rating", ""),
    "tallies": ("session role theme dots", "", "voters"),
    "attendance": ("session role", "person present", "date"),
}
FIXED: Mapping[str, Mapping[str, str]] = {
    "moment": {
        **dict.fromkeys(("before", "voor", "vooraf"), "before"), **dict.fromkeys(("after", "na", "achteraf"), "after"),
    },
    "level": {**{w: w for w in AGENDA_LEVELS}, "landelijk": "national", "nationaal": "national", "regio": "region"},
    "status": {
        **{w: w for w in AGENDA_STATUSES}, "nieuw": "new", "opgepakt": "taken up", "geborgd": "anchored",
        "gestopt": "stopped",
    },
    "kind": {
        **{w: w for w in REMARK_KINDS}, "succes": "success", "drempel": "barrier", "belemmering": "barrier",
        "kans": "chance", "voorwaarde": "condition", "te bieden": "give", "bieden": "give", "nodig": "need",
        "vraag": "need",
    },
}  # fmt: skip
LISTS = {
    "session": "sessions", "role": "roles", "owner_role": "roles", "theme": "themes", "statement": "votes",
    "block": "blocks", "region": "regions",
}  # fmt: skip
SHARED_BY = 2  # rows


def meeting_kind(file: Delivered) -> str:
    """The kind of a file about sessions or agendas; "" where its headings do not say so."""
    found = _columns(file)
    for kind, (needed, one_of, _) in KINDS.items():
        there = set(needed.split()) <= found.keys()
        chosen = [name for name in one_of.split() if name in found]
        if there and (len(chosen) == 1 or not one_of):
            return kind
    poll = poll_of(file)
    return poll.kind if poll is not None else ""


def _columns(file: Delivered) -> dict[str, str]:
    return named(file.columns, NAMES) if file.data is not None else {}


def meeting_source(file: Delivered, kind: str) -> SourceDraft:
    """The source of a file about sessions, with our columns by their headings, or with the map of a poll."""
    poll = poll_of(file)
    if poll is not None and not set(KINDS[kind][0].split()) <= _columns(file).keys():
        return poll_source(file, poll)
    needed, one_of, more = (part.split() for part in KINDS[kind])
    columns = {ours: c for ours, c in _columns(file).items() if ours in (*needed, *one_of, *more)}
    mapped = tuple(Mapped(ours, theirs, "by its heading") for ours, theirs in columns.items())
    return replace(bare_source(file), kind=kind, columns=mapped, left=left_of(file, columns.values()))


OF_PLACES = (
    "sessions",
    "networks",
)  # lists whose words may look alike, and like names: spring 1 and 2, West and Oost


def vocabulary(
    name: str, spellings: Mapping[str, str] = MappingProxyType({}), is_name: IsName = nobody
) -> Vocabulary:
    """The words of a list; those that can be names of persons are not added to it."""
    places = name in OF_PLACES
    return Vocabulary(dict(spellings), forgiving=not places, is_name=nobody if places else is_name)


@dataclass
class Lists:
    """The words of all lists of practice.yaml, and what statements, sessions and themes have."""

    named: dict[str, Vocabulary] = field(default_factory=lambda: {n: vocabulary(n) for n in LISTS.values()})
    answers: Vocabulary = field(default_factory=lambda: Vocabulary(forgiving=False))
    national: Vocabulary = field(default_factory=lambda: Vocabulary(forgiving=False))
    words: dict[str, str] = field(default_factory=dict)  # of options: id -> word
    days: dict[str, str] = field(default_factory=dict)
    options: dict[str, dict[str, str]] = field(default_factory=dict)
    belongs: dict[str, str] = field(default_factory=dict)

    @classmethod
    def without_names(cls, is_name: IsName) -> Lists:
        """Empty lists, to which no word is added that can be a name."""
        return cls({name: vocabulary(name, is_name=is_name) for name in LISTS.values()})

    def ids(self, ours: str, words: Iterable[str], headings: bool = False) -> dict[str, str]:
        """Word -> id in the list that a column of ours names. headings: whether these are words of headings, in which
        a name is none of a person who answered."""
        return self.named[LISTS[ours]].ids(words, LISTS[ours].rstrip("s"), headings)

    def option_ids(self, words: Iterable[str]) -> dict[str, str]:
        """Word -> id of an option; one word is one option of all statements."""
        codes = self.answers.ids(words, "option")
        self.words |= {id: word for word, id in reversed(codes.items()) if id not in self.words}
        self.words |= self.answers.new
        return codes

    def draft(self) -> PracticeDraft:
        """What is new."""
        lists = {name: dict(known.new) for name, known in self.named.items()}
        alike = {name: dict(known.alike) for name, known in self.named.items() if known.alike}
        unwritten = {name: known.unwritten for name, known in self.named.items() if known.unwritten}
        return PracticeDraft(
            lists,
            dict(self.days),
            dict(self.options),
            dict(self.national.new),
            dict(self.belongs),
            alike,
            unwritten,
        )


def with_words(
    sources: Sequence[SourceDraft], files: Sequence[Delivered], lists: Lists | None = None
) -> tuple[list[SourceDraft], PracticeDraft | None]:
    """The sources with a translation of their words, and the lists of practice.yaml; no lists without such sources.

    lists: what is known already; what the files add is in the draft.
    """
    by_name = {f.file: f for f in files}
    told = [s for s in sources if s.kind in KINDS]
    if not told:
        return list(sources), None
    lists = lists or Lists()
    changed = []
    for source in sources:
        data = by_name[source.file].data
        known = source.kind in KINDS and data is not None
        changed.append(_translated(source, data, lists) if known and data is not None else source)
    return changed, lists.draft()


def _translated(source: SourceDraft, data: pd.DataFrame, lists: Lists) -> SourceDraft:
    """The source with ids for the words of its cells, for what its columns are about and for its session."""
    cells = {m.ours: data[m.theirs].map(code_text) for m in source.columns}
    if source.several is not None:
        cells[source.several[0]] = _taken_apart(cells[source.several[0]], source.several[1])
    recode = {ours: codes for ours in cells if (codes := _codes(ours, cells[ours], lists))}
    fixed = {o: lists.ids(o, [word])[word] if o in LISTS else word for o, word in source.fixed.items()}
    if source.wide is not None:
        wide, left = _with_ids(source.wide, data, lists, recode)
        source = replace(source, wide=wide, left=(*source.left, *left))
    elif source.kind == "votes":
        recode["option"] = _options(cells, recode.get("statement", {}), lists)
    if source.kind == "attendance" and "date" in cells:
        lists.days |= _days(cells, recode.get("session", {}))
    if source.kind == "agenda":
        level = cells["level"].str.casefold().map(FIXED["level"])
        items = lists.national.ids(set(cells["item"][level == "national"]) - {""}, "item")
        own = zip(cells["theme"], cells["item"].map(items), strict=True)
        themes = recode.get("theme", {})
        lists.belongs |= {themes[t]: i for t, i in own if t in themes and isinstance(i, str)}
        recode["item"] = items
    return replace(source, fixed=fixed, recode={k: _changed(v) for k, v in recode.items() if _changed(v)})


def _with_ids(
    wide: WideDraft, data: pd.DataFrame, lists: Lists, recode: dict[str, dict[str, str]]
) -> tuple[WideDraft, list[tuple[str, str]]]:
    """Ids for what wide columns are about, and the columns that are left, each with why: what only looks like something
    known, and what differs from another column in signs alone. `recode` gets the words of options."""
    by = wide.by[0]
    ids = lists.ids(by, dict.fromkeys(about[0] for about in wide.columns), headings=True)
    columns: dict[tuple[str, ...], str] = {}
    left = []
    for about, theirs in wide.columns.items():
        if about[0] not in ids:
            left.append((theirs, f"looks like something of {LISTS[by]}: see what was said"))
            continue
        first = columns.setdefault((ids[about[0]], *about[1:]), theirs)
        if first != theirs:
            left.append(
                (theirs, f"is {ids[about[0]]} by its letters, as {first!r} is: give it an id of its own")
            )
    if wide.cells == "option":
        said = {theirs: data[theirs].map(code_text) for theirs in columns.values()}
        recode["option"] = lists.option_ids({w for words in said.values() for w in words} - {""})
        for about, theirs in columns.items():
            given = sorted({recode["option"][w] for w in set(said[theirs]) - {""}})
            lists.options.setdefault(about[0], {}).update({id: lists.words[id] for id in given})
    return WideDraft(wide.by, wide.cells, columns), left


def _taken_apart(cells: pd.Series, delimiter: str) -> pd.Series:
    """The words in cells that hold several."""
    words = cells.str.split(delimiter, regex=False).explode()
    return words.fillna("").str.strip().reset_index(drop=True)


def _changed(codes: Mapping[str, str]) -> dict[str, str]:
    return {word: ours for word, ours in codes.items() if word != ours}


def _codes(ours: str, cells: pd.Series, lists: Lists) -> dict[str, str]:
    """Their word -> our id, of a column of ids; "?" for a fixed word that is not known."""
    if ours in FIXED:
        return {w: FIXED[ours].get(w.casefold(), OPEN) for w in sorted(set(cells) - {""})}
    if ours not in LISTS:
        return {}
    counts = cells[cells != ""].value_counts()
    known = counts.index.map(lists.named[LISTS[ours]].knows).to_numpy(bool)
    return lists.ids(ours, counts.index[(counts >= SHARED_BY) | known])


def _options(cells: Mapping[str, pd.Series], statements: Mapping[str, str], lists: Lists) -> dict[str, str]:
    """The options of each statement."""
    codes = lists.option_ids(set(cells["option"]) - {""})
    for word, id in statements.items():
        given = sorted(set(cells["option"][cells["statement"] == word]) - {""})
        lists.options.setdefault(id, {}).update({codes[w]: lists.words[codes[w]] for w in given})
    return codes


def _days(cells: Mapping[str, pd.Series], sessions: Mapping[str, str]) -> dict[str, str]:
    """Session -> its day, where its rows give one that is a date."""
    found = {}
    for word, id in sessions.items():
        given = {day_of_cell(d) for d in cells["date"][cells["session"] == word] if d}
        if len(given) == 1 and re.fullmatch(r"\d{4}-\d{2}-\d{2}", day := given.pop()):
            found[id] = day
    return found
