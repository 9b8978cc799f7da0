"""Files about sessions: which kind each is by its headings, and the lists of practice.yaml that their words make.

Words are taken where two rows or more have them: what stands in a file once may be a typing error, or a name, and is
left to `dww check`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from dww_analysis.delivery.codes import code_text, day_of_cell
from dww_analysis.domain.practice import AGENDA_LEVELS, AGENDA_STATUSES, REMARK_KINDS
from dww_analysis.domain.written import OPEN
from dww_analysis.guess.columns import Delivered
from dww_analysis.guess.kinds import named
from dww_analysis.guess.names import identifier, squeezed, unused
from dww_analysis.guess.records import Mapped, PracticeDraft, SourceDraft

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
    "blocks": ("session group block placed", "", ""),
    "statements": ("session id role theme kind coder", "", "text"),
    "votes": ("session moment statement option", "ballot n", "role"),
    "ballots": ("session ballot role theme", "chosen points rank", ""),
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
    return ""


def _columns(file: Delivered) -> dict[str, str]:
    return named(file.columns, NAMES) if file.data is not None else {}


def meeting_source(file: Delivered, kind: str) -> SourceDraft:
    """The source of a file about sessions, with our columns by their headings."""
    needed, one_of, more = (part.split() for part in KINDS[kind])
    columns = {ours: c for ours, c in _columns(file).items() if ours in (*needed, *one_of, *more)}
    left = tuple(
        (c.name, "never read: identifies persons" if c.identifying else c.label)
        for c in file.columns
        if c.name not in columns.values()
    )
    mapped = tuple(Mapped(ours, theirs, "by its heading") for ours, theirs in columns.items())
    bare = SourceDraft("", file.file, file.sha256, file.format, options=file.options, guessed=file.guessed)
    return replace(bare, kind=kind, columns=mapped, left=left)


def with_words(
    sources: Sequence[SourceDraft], files: Sequence[Delivered]
) -> tuple[list[SourceDraft], PracticeDraft | None]:
    """The sources with a translation of their words, and the lists of practice.yaml; no lists without such sources."""
    by_name = {f.file: f for f in files}
    told = [s for s in sources if s.kind in KINDS]
    if not told:
        return list(sources), None
    lists: dict[str, dict[str, str]] = {name: {} for name in dict.fromkeys(LISTS.values())}
    days: dict[str, str] = {}
    options: dict[str, dict[str, str]] = {}
    answers: dict[str, str] = {}
    national: dict[str, str] = {}
    belongs: dict[str, str] = {}
    changed = []
    for source in sources:
        data = by_name[source.file].data
        if source.kind not in KINDS or data is None:
            changed.append(source)
            continue
        cells = {m.ours: data[m.theirs].map(code_text) for m in source.columns}
        recode = {ours: codes for ours in cells if (codes := _codes(ours, cells[ours], lists))}
        if source.kind == "votes":
            recode |= _options(cells, recode.get("statement", {}), answers, options)
        if source.kind == "attendance" and "date" in cells:
            days |= _days(cells, recode.get("session", {}))
        if source.kind == "agenda":
            level = cells["level"].str.casefold().map(FIXED["level"])
            items = _ids(set(cells["item"][level == "national"]) - {""}, "item", national)
            own = zip(cells["theme"], cells["item"].map(items), strict=True)
            themes = recode.get("theme", {})
            belongs |= {themes[t]: i for t, i in own if t in themes and isinstance(i, str)}
            recode["item"] = items
        changed.append(
            replace(source, recode={k: _translated(v) for k, v in recode.items() if _translated(v)})
        )
    return changed, PracticeDraft(lists, days, options, national, belongs)


def _translated(codes: Mapping[str, str]) -> dict[str, str]:
    return {word: ours for word, ours in codes.items() if word != ours}


def _codes(ours: str, cells: pd.Series, lists: dict[str, dict[str, str]]) -> dict[str, str]:
    """Their word -> our id, of a column of ids; "?" for a fixed word that is not known."""
    if ours in FIXED:
        return {w: FIXED[ours].get(w.casefold(), OPEN) for w in sorted(set(cells) - {""})}
    if ours not in LISTS:
        return {}
    counts = cells[cells != ""].value_counts()
    return _ids(counts.index[counts >= SHARED_BY], LISTS[ours].rstrip("s"), lists[LISTS[ours]])


def _ids(words: Iterable[str], otherwise: str, known: dict[str, str]) -> dict[str, str]:
    """Word -> id, one for words that differ in capitals and signs alone. known: id -> word; new ones are added to it.

    otherwise: what a word without letters is called.
    """
    by_word = {_letters(word): id for id, word in known.items()}
    codes = {}
    for word in sorted(words):
        id = by_word.get(_letters(word)) or unused(identifier(word, otherwise), known)
        known.setdefault(id, word)
        by_word[_letters(word)] = codes[word] = id
    return codes


def _letters(word: str) -> str:
    return squeezed(word) or word


def _options(
    cells: Mapping[str, pd.Series],
    statements: Mapping[str, str],
    known: dict[str, str],
    options: dict[str, dict[str, str]],
) -> dict[str, dict[str, str]]:
    """The options of each statement; one word is one option of all statements. known: option -> its word."""
    codes = _ids(set(cells["option"]) - {""}, "option", known)
    for word, id in statements.items():
        given = sorted(set(cells["option"][cells["statement"] == word]) - {""})
        options.setdefault(id, {}).update({codes[w]: known[codes[w]] for w in given})
    return {"option": codes}


def _days(cells: Mapping[str, pd.Series], sessions: Mapping[str, str]) -> dict[str, str]:
    """Session -> its day, where its rows give one that is a date."""
    found = {}
    for word, id in sessions.items():
        given = {day_of_cell(d) for d in cells["date"][cells["session"] == word] if d}
        if len(given) == 1 and re.fullmatch(r"\d{4}-\d{2}-\d{2}", day := given.pop()):
            found[id] = day
    return found
