"""What the waves of a study ask: items, scores, background and words, each with one name of ours over all waves."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from dww_analysis.delivery.codes import code_text, fold
from dww_analysis.domain.written import OPEN
from dww_analysis.guess.columns import Column, is_number
from dww_analysis.guess.items import ItemSet, find_sets, is_mark, is_score, is_single, union
from dww_analysis.guess.kinds import Slice
from dww_analysis.guess.names import identifier, says_reversed, unused
from dww_analysis.guess.patterns import can_be_named
from dww_analysis.guess.records import (
    BackgroundDraft,
    ScaleDraft,
    WordSet,
)
from dww_analysis.guess.reversals import reversed_items
from dww_analysis.guess.roles import (
    TAKEN,
    guess_arm,
    guess_organisation,
    guess_team,
    is_background,
    is_system,
)
from dww_analysis.guess.words import WordSets, answer_words, known_order, number_words

MOST_CATEGORIES = 20
SHORTEST_TEXT = 12  # characters from which a text says that two columns are one question


def aligned(slices: Sequence[Slice]) -> list[Slice]:
    """The slices with one key for a question that another tool gave another name: by its text."""
    known: dict[str, str] = {}
    result: list[Slice] = []
    for one in slices:
        keys = {k for done in result for k in done.columns}
        columns: dict[str, Column] = {}
        for key, column in one.columns.items():
            alias = next((known[t] for t in _texts(column) if t in known), None) if key not in keys else None
            free = alias is not None and alias not in one.columns and alias not in columns
            columns[alias if alias is not None and free else key] = column
        every = Counter(t for c in columns.values() for t in _texts(c))
        for key, column in columns.items():
            for text in _texts(column):
                if every[text] == 1:
                    known.setdefault(text, key)
        result.append(replace(one, columns=columns))
    return result


def _texts(column: Column) -> list[str]:
    """The text of a question for comparing: whole, without remarks in brackets, and without that of its grid."""
    text = re.sub(r"\([^()]*\)", " ", column.label or column.plain)
    inner = re.search(r"\[([^\[\]]+)\]\s*$", text)
    tail = inner[1] if inner else re.split(r"\s[-–—]\s", text)[-1]
    texts = dict.fromkeys(fold(t) for t in (column.label or column.plain, text, tail))
    return [t for t in texts if len(t) >= SHORTEST_TEXT]


class Content:
    """What the waves of a study ask: items, scores, background and words, each with one name of ours."""

    def __init__(self, slices: Sequence[Slice], taken: Mapping[str, str] | None = None) -> None:
        """`taken`: key over all waves -> our name, where a study has given names already."""
        self.slices = slices
        self.roles = [_roles(s) for s in slices]
        known = taken or {}
        content = [_content(s, r) for s, r in zip(slices, self.roles, strict=True)]
        self.union = union([{k: c for k, c in columns.items() if k not in known} for columns in content])
        self.sets = find_sets(self.union)
        self.ours: dict[str, str] = dict(known)
        self._scales: list[ScaleDraft] = []
        self.background = self._name_all()
        self._word_sets = WordSets()
        self.word_of = self._collect_words()
        self.words: tuple[WordSet, ...] = self._word_sets.numbered()
        self.scales = tuple(self._set_scale(s) for s in self.sets) + tuple(self._scales)

    def _name_all(self) -> tuple[BackgroundDraft, ...]:
        for found in self.sets:
            self.ours |= dict(zip(found.keys, found.ours, strict=True))
        background = []
        for key, column in self.union.items():
            if key in self.ours or column.identifying or is_system(column):
                continue
            name = unused(
                identifier(column.plain, "item"),
                {*self.ours.values(), *TAKEN, *(s.id for s in self.sets)},
            )
            if is_background(column):
                draft = _background(name, column)
                background += [draft] if draft else []
                self.ours |= {key: name} if draft else {}
            elif is_score(column):
                self.ours[key] = name
                self._scales.append(_score(name, column))
            elif is_single(column):
                self.ours[key] = name
                self._scales.append(_single(name, column))
            elif column.words and len(answer_words(column.words)) >= 3 and _ordered(column):
                self.ours[key] = name
                self._scales.append(
                    ScaleDraft(
                        name, (name,), *_word_range(answer_words(column.words)), "one question", "the words"
                    )
                )
        return tuple(background)

    def _collect_words(self) -> dict[str, str]:
        """Our name of a column with answers in words -> the set that holds its words."""
        found: dict[str, str] = {}
        groups = [(s.id, s.keys) for s in self.sets]
        groups += [
            (self.ours[k], (k,))
            for k in self.union
            if k in self.ours and not any(k in s.keys for s in self.sets)
        ]
        names = {b.name for b in self.background}
        for id_, keys in groups:
            words = [w for k in keys for w in answer_words(self.union[k].words)]
            if not words or self.ours[keys[0]] in names:
                continue
            labels = [
                (s.file.file, s.columns[k].value_labels)
                for k in keys
                for s in self.slices
                if k in s.columns and s.columns[k].value_labels and not s.columns[k].words
            ]
            labels += [
                (s.file.file, s.columns[k].value_labels)
                for k in keys
                for s in self.slices
                if k in s.columns and s.columns[k].words and s.columns[k].value_labels
            ]
            set_id = self._word_sets.add(f"words_{id_}"[:50], list(dict.fromkeys(words)), labels)
            found |= {self.ours[k]: set_id for k in keys if self.union[k].words}
        return found

    def limit_to(self, names: Mapping[str, str]) -> None:
        """Use only the columns that the study has a name for."""
        self.ours = dict(names)
        self.word_of = {}

    def numbers_of(self, set_id: str) -> dict[str, str]:
        return next(dict(w.numbers) for w in self.words if w.id == set_id)

    def _set_scale(self, found: ItemSet) -> ScaleDraft:
        columns = [self.union[k] for k in found.keys]
        low, high, origin = self._range(found, columns)
        named = [o for o, c in zip(found.ours, columns, strict=True) if says_reversed(c.plain, c.label)]
        turn, perhaps = reversed_items(self._answers(found), named)
        return ScaleDraft(found.id, found.ours, low, high, found.why, origin, turn, perhaps)

    def _range(self, found: ItemSet, columns: Sequence[Column]) -> tuple[float, float, str]:
        labelled = [float(c) for column in columns for c in column.value_labels if is_number(c)]
        used = [self.numbers_of(self.word_of[o]) for o in found.ours if o in self.word_of]
        worded = [float(n) for numbers in used for n in numbers.values() if n != OPEN]
        seen = [x for c in columns for x in (c.minimum, c.maximum) if x is not None]
        values = labelled or [*worded, *seen]
        if not values and used:
            return 1.0, float(max(2, *(len(u) for u in used))), "as many answers as there are words"
        low, high = _widened(values, bool(labelled or worded))
        said = "from the value labels" if labelled else "from the words" if worded else ""
        return low, high, said or _origin(low, high, values)

    def _answers(self, found: ItemSet) -> pd.DataFrame:
        """The answers to the items of a set as numbers, all waves below each other."""
        frames = []
        for one in self.slices:
            here = {
                o: one.columns[k] for k, o in zip(found.keys, found.ours, strict=True) if k in one.columns
            }
            frames.append(pd.DataFrame({o: self._numbers(o, c, one.data) for o, c in here.items()}))
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def _numbers(self, ours: str, column: Column, data: pd.DataFrame) -> pd.Series:
        texts = data[column.name].map(code_text)
        if column.words and ours in self.word_of:
            numbers = {fold(w): n for w, n in self.numbers_of(self.word_of[ours]).items()}
            texts = texts.map(lambda t: numbers.get(fold(t), t))
        return pd.to_numeric(texts.where(~texts.isin(column.no_answer)), errors="coerce")


def _widened(values: Sequence[float], sure: bool) -> tuple[float, float]:
    """Lowest and highest answer; an unlabelled scale of which nobody chose 1 starts at 1 all the same."""
    if not values or min(values) == max(values):
        values = [1.0, 5.0, *values]
    low, high = min(values), max(values)
    return (1.0 if not sure and 1 < low <= 3 and high <= 10 else low), high


def _origin(low: float, high: float, seen: Sequence[float]) -> str:
    """Where a range without labels or words comes from: the reader must know where nobody answered its ends."""
    if seen and (low, high) == (min(seen), max(seen)):
        return "from what was seen"
    return "wider than what was seen"


def _roles(one: Slice) -> dict[str, str]:
    """Our name of a role -> their column."""
    columns = list(one.columns.values())
    found = {"person": one.person}
    for role, guess in (("team", guess_team), ("organisation", guess_organisation)):
        found[role] = guess(columns, [n for n in found.values() if n])
    return {role: name for role, name in found.items() if name}


def _content(one: Slice, roles: Mapping[str, str]) -> dict[str, Column]:
    """The columns that are no role."""
    taken = {
        *roles.values(),
        *one.repeated,
        guess_arm([c for c in one.columns.values() if c.name not in roles.values()]) or "",
    }
    return {key: c for key, c in one.columns.items() if c.name not in taken and can_be_named(c.name)}


def _background(name: str, column: Column) -> BackgroundDraft | None:
    """A background variable: categories by their labels or words, otherwise a number."""
    codes = dict(column.value_labels) or {w: w for w in answer_words(column.words)}
    if not codes and column.kind == "number":
        return BackgroundDraft(name, column.label or column.plain)
    if not 2 <= len(codes) <= MOST_CATEGORIES:
        return None
    extra = [f"{x:g}" for x in column.numbers if f"{x:g}" not in codes]
    return BackgroundDraft(name, column.label or column.plain, codes | {x: x for x in extra})


def _score(name: str, column: Column) -> ScaleDraft:
    """A delivered score with the range it was seen in, rounded to that of marks or percentages where it fits."""
    low, high = column.minimum or 0.0, column.maximum or 0.0
    for top, least in ((10.0, 5.5), (100.0, 20.0)):
        if low >= 0 and least <= high <= top:
            low, high = (1.0 if low >= 1 and top == 10 else 0.0), top
            break
    low, high = float(low // 1), float(-(-high // 1))
    why, high = "numbers that look like a score", max(high, low + 1)
    origin = _origin(low, high, [x for x in (column.minimum, column.maximum) if x is not None])
    return ScaleDraft(name, (name,), low, high, why, origin, delivered=True)


def _single(name: str, column: Column) -> ScaleDraft:
    labelled = [float(c) for c in column.value_labels if is_number(c)]
    low, high = _widened(labelled or column.numbers, bool(labelled))
    if not labelled and is_mark(column):
        low, high = min(low, 1.0), 10.0
    origin = "from the value labels" if labelled else _origin(low, high, column.numbers)
    return ScaleDraft(name, (name,), low, high, "one question", origin)


def _ordered(column: Column) -> bool:
    """Whether the words of one question are answers from low to high, and no categories."""
    words = answer_words(column.words)
    return known_order(words) is not None or OPEN not in number_words(words, [])[0].values()


def _word_range(words: Sequence[str]) -> tuple[float, float]:
    numbers = [float(n) for n in number_words(words, [])[0].values() if n != OPEN]
    return (min(numbers), max(numbers)) if numbers else (1.0, float(len(words)))
