"""A whole first configuration from delivered files: guesses about files, roles, items and words brought together.

Tables in, a frozen `Draft` out; nothing here reads or writes a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from dww_analysis.delivery.codes import code_text, fold
from dww_analysis.delivery.wording import is_no_answer
from dww_analysis.guess.columns import Column, Delivered, is_number
from dww_analysis.guess.items import ItemSet, find_sets, is_score, is_single, union
from dww_analysis.guess.kinds import EXPOSURE, Slice, allocation_columns, kind_of, named, slices_of
from dww_analysis.guess.names import identifier, says_reversed, unused
from dww_analysis.guess.records import (
    OPEN,
    ArmsDraft,
    BackgroundDraft,
    Draft,
    Mapped,
    ScaleDraft,
    SourceDraft,
    WordSet,
)
from dww_analysis.guess.reversals import reversed_items
from dww_analysis.guess.roles import (
    guess_arm,
    guess_organisation,
    guess_person,
    guess_team,
    is_background,
    is_control,
    is_system,
)
from dww_analysis.guess.words import WordSets, answer_words, known_order, number_words

MOST_CATEGORIES = 20
WORST_LABEL = (
    15  # characters from which a question text is sure enough to say that two columns are one question
)
STRUCTURE = ("person", "team", "organisation", "arm", "wave", "wave_number", "submitted", "sample", "source")


def draft_study(study: str, files: Sequence[Delivered], date: str) -> Draft:
    """The guessed configuration of a study with these files, in the order of their waves."""
    kinds = [kind_of(f) for f in files]
    several = kinds.count("answers") > 1
    waves: list[Slice | Delivered] = []
    for file, kind in zip(files, kinds, strict=True):
        if kind == "answers":
            waves += [file] if file.data is None else slices_of(file, several)
    slices = aligned([s for s in waves if isinstance(s, Slice)])
    content = Content(slices)
    numbered = _numbered(waves, slices)
    answers = [_answer_source(w, i, content) for i, w in enumerate(numbered)]
    others = [other_source(f, k) for f, k in zip(files, kinds, strict=True) if k != "answers"]
    if len(numbered) == 1:  # what happened at work belongs to the only wave there is
        others = [s if s.kind == "allocation" else replace(s, wave=0) for s in others]
    sources = _with_ids([*answers, *others])
    sources = [_named_teams(s, sources, files) for s in sources]
    arms = next((arms_of(s, files) for s in sources if s.kind == "allocation"), None)
    return Draft(
        study,
        date,
        tuple(_wave_label(w, i) for i, w in enumerate(numbered)) or ("",),
        tuple(arm_codes(s, arms) for s in sources),
        content.scales,
        content.words,
        content.background,
        arms if arms is not None and len(arms.arms) == 2 else None,
        tuple(_open(content, arms, slices, sources)),
    )


def _numbered(waves: Sequence[Slice | Delivered], slices: Sequence[Slice]) -> list[Slice | Delivered]:
    """The waves in their order, with the columns as they were aligned."""
    aligned = iter(slices)
    return [next(aligned) if isinstance(w, Slice) else w for w in waves]


def aligned(slices: Sequence[Slice]) -> list[Slice]:
    """The slices with one key for a question that another tool gave another name: by its text."""
    known: dict[str, str] = {}
    result: list[Slice] = []
    for one in slices:
        keys = {k for done in result for k in done.columns}
        columns: dict[str, Column] = {}
        for key, column in one.columns.items():
            text = fold(column.label or column.name)
            alias = known.get(text) if len(text) >= WORST_LABEL and key not in keys else None
            columns[
                alias if alias is not None and alias not in one.columns and alias not in columns else key
            ] = column
        texts = [fold(c.label or c.name) for c in columns.values()]
        for key, text in zip(columns, texts, strict=True):
            if texts.count(text) == 1:
                known.setdefault(text, key)
        result.append(replace(one, columns=columns))
    return result


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
                {*self.ours.values(), *STRUCTURE, *(s.id for s in self.sets)},
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
        found = {}
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
        origin = "from the value labels" if labelled else "from the words" if worded else "from what was seen"
        if not values and used:
            return 1.0, float(max(2, *(len(u) for u in used))), "as many answers as there are words"
        return *_widened(values, bool(labelled or worded)), origin

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
            texts = texts.map(lambda t: numbers.get(fold(t), ""))
        return pd.to_numeric(texts.where(~texts.isin(column.no_answer)), errors="coerce")


def _widened(values: Sequence[float], sure: bool) -> tuple[float, float]:
    """Lowest and highest answer; an unlabelled scale of which nobody chose 1 starts at 1 all the same."""
    if not values or min(values) == max(values):
        values = [1.0, 5.0, *values]
    low, high = min(values), max(values)
    return (1.0 if not sure and 1 < low <= 3 and high <= 10 else low), high


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
    return {key: c for key, c in one.columns.items() if c.name not in taken}


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
    why = "numbers that look like a score"
    return ScaleDraft(name, (name,), low, max(high, low + 1), why, "from what was seen", delivered=True)


def _single(name: str, column: Column) -> ScaleDraft:
    labelled = [float(c) for c in column.value_labels if is_number(c)]
    low, high = _widened(labelled or column.numbers, bool(labelled))
    origin = "from the value labels" if labelled else "from what was seen"
    return ScaleDraft(name, (name,), low, high, "one question", origin)


def _ordered(column: Column) -> bool:
    """Whether the words of one question are answers from low to high, and no categories."""
    words = answer_words(column.words)
    return known_order(words) is not None or OPEN not in number_words(words, [])[0].values()


def _word_range(words: Sequence[str]) -> tuple[float, float]:
    numbers = [float(n) for n in number_words(words, [])[0].values() if n != OPEN]
    return (min(numbers), max(numbers)) if numbers else (1.0, float(len(words)))


# ---- sources -----------------------------------------------------------------------------------------------------


def _answer_source(one: Slice | Delivered, wave: int, content: Content) -> SourceDraft:
    if isinstance(one, Delivered):
        return replace(_bare(one), wave=wave, persons="anonymous", notes=one.needs)
    roles = content.roles[content.slices.index(one)]
    return source_of(one, roles, wave, content)


def source_of(one: Slice, roles: Mapping[str, str], wave: int, content: Content) -> SourceDraft:
    """The source of one wave of one file."""
    mapped = [Mapped(role, name, "the " + role) for role, name in roles.items()]
    used = {k: c for k, c in one.columns.items() if k in content.ours and c.name not in roles.values()}
    mapped += [Mapped(content.ours[k], c.name) for k, c in used.items()]
    names = {m.theirs for m in mapped}
    left = [
        (c.name, "never read: identifies persons" if c.identifying else c.label) for c in one.file.columns
    ]
    return replace(
        _bare(one.file),
        wave=wave,
        persons="key" if "person" in roles else "anonymous",
        columns=tuple(mapped),
        left=tuple(entry for entry in left if entry[0] not in names and entry[0] not in one.repeated),
        rows=one.rows,
        recode={
            content.ours[k]: content.word_of[content.ours[k]]
            for k, c in used.items()
            if content.ours[k] in content.word_of and answer_words(c.words)
        },
        missing_codes=_missing_codes(one, used.values()),
        drop_rows=_previews(one),
    )


def _bare(file: Delivered) -> SourceDraft:
    return SourceDraft("", file.file, file.sha256, file.format, options=file.options, guessed=file.guessed)


_PREVIEW = {"Survey Preview", "Survey Test", "Preview", "Offline Survey Preview", "1", "2", "17", "preview"}


def _previews(one: Slice) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Previews and tests of Qualtrics that are in these rows."""
    names = {c.name for c in one.columns.values()}
    if not {"ResponseId", "ResponseID"} & names:
        return ()
    for name in ("Status", "DistributionChannel"):
        if name in names:
            values = tuple(sorted({*one.data[name].map(code_text)} & _PREVIEW))
            if values:
                return ((name, values),)
    return ()


def _missing_codes(one: Slice, used: Iterable[Column]) -> dict[str, str]:
    """Codes for no answer that occur among the answers of this wave, with a reason."""
    found: dict[str, str] = {}
    for column in used:
        codes = dict(column.no_answer) | {w: w for w in column.words if is_no_answer(w)}
        if not codes:
            continue
        there = set(one.data[column.name].map(code_text))
        found |= {code: _reason(label) for code, label in codes.items() if code in there}
    return found


def _reason(label: str) -> str:
    words = fold(label)
    return (
        "not applicable"
        if any(w in words for w in ("van toepassing", "nvt", "n v t", "applicable"))
        else "skipped"
    )


def other_source(file: Delivered, kind: str) -> SourceDraft:
    """The source of an allocation, a diary, an app log, personnel records or observations."""
    bare = replace(_bare(file), kind=kind)
    if kind == "events":
        return bare
    if kind == "allocation":
        columns = allocation_columns(file)
    else:
        person = guess_person(file, repeated=True)
        columns = {"person": person} if person else {}
        columns |= named(file.columns, EXPOSURE[kind])
        team = guess_team(file.columns, columns.values())
        columns |= {"team": team} if team and kind in ("diary", "hr", "observations") else {}
        columns |= _exposure_items(file, kind, set(columns.values()))
    mapped = tuple(
        Mapped(ours, theirs, "the " + ours if ours in STRUCTURE else "") for ours, theirs in columns.items()
    )
    left = tuple(
        (c.name, "never read: identifies persons" if c.identifying else c.label)
        for c in file.columns
        if c.name not in columns.values()
    )
    return replace(bare, columns=mapped, left=left)


def _exposure_items(file: Delivered, kind: str, taken: set[str]) -> dict[str, str]:
    """Items of a diary (numbers) or a check-list (few words or numbers)."""
    if kind == "hr":
        return {}
    found: dict[str, str] = {}
    for column in file.columns:
        fits = column.is_answer and not is_background(column) and column.name not in taken
        if fits and (kind == "observations" or column.numbers):
            found[unused(identifier(column.name, "item"), {*found, *STRUCTURE, "date", "observer"})] = (
                column.name
            )
    return found


def _with_ids(sources: Sequence[SourceDraft]) -> list[SourceDraft]:
    """The sources with ids: the wave, or the kind."""
    taken: set[str] = set()
    result = []
    for source in sources:
        id_ = unused(f"wave{source.wave}" if source.kind == "answers" else source.kind, taken)
        taken.add(id_)
        result.append(replace(source, id=id_))
    return result


def _wave_label(wave: Slice | Delivered, number: int) -> str:
    return wave.mark if isinstance(wave, Slice) and not wave.mark.isdigit() else ""


def _named_teams(
    source: SourceDraft, sources: Sequence[SourceDraft], files: Sequence[Delivered]
) -> SourceDraft:
    """Teams and organisations that are numbers here and names in another file get their names, by the labels."""
    if source.kind not in ("answers", "allocation"):
        return source
    by_name = {f.file: f for f in files}
    recode = dict(source.recode)
    for mapped in source.columns:
        labels = by_name[source.file].column(mapped.theirs).value_labels
        if mapped.ours not in ("team", "organisation") or not labels:
            continue
        elsewhere = {
            fold(code_text(v))
            for other in sources
            for m in other.columns
            if other.file != source.file and m.ours == mapped.ours
            for v in _data(by_name[other.file])[m.theirs]
        }
        if sum(fold(label) in elsewhere for label in labels.values()) >= len(labels) / 2:
            recode[mapped.ours] = dict(labels)
    return replace(source, recode=recode)


def _data(file: Delivered) -> pd.DataFrame:
    assert file.data is not None
    return file.data


# ---- arms --------------------------------------------------------------------------------------------------------


def arms_of(source: SourceDraft, files: Sequence[Delivered]) -> ArmsDraft:
    """The arms of an allocation list, those that look like the reference first."""
    file = next(f for f in files if f.file == source.file)
    assert file.data is not None
    columns = {m.ours: m.theirs for m in source.columns}
    column = file.column(columns["arm"])
    values = sorted({v for v in file.data[column.name].map(code_text) if v})
    said = {v: column.value_labels.get(v, v) for v in values}
    ordered = sorted(values, key=lambda v: (not is_control(said[v]), v))
    ids: list[str] = []
    for value in ordered:
        ids.append(unused(identifier(said[value], "arm"), ids))
    return ArmsDraft(
        source.id, "team" if "team" in columns else "organisation", tuple(zip(ids, ordered, strict=True))
    )


def arm_codes(source: SourceDraft, arms: ArmsDraft | None) -> SourceDraft:
    """The allocation with a recode for arms whose words are no ids."""
    if arms is None or source.id != arms.source or all(id_ == word for id_, word in arms.arms):
        return source
    return replace(source, recode={**source.recode, "arm": {word: id_ for id_, word in arms.arms}})


def _open(
    content: Content, arms: ArmsDraft | None, slices: Sequence[Slice], sources: Sequence[SourceDraft]
) -> list[str]:
    """What could not be guessed about the design, in words."""
    found = []
    if arms is not None and len(arms.arms) != 2:
        listed = ", ".join(word for _, word in arms.arms)
        found.append(
            f"the allocation has {len(arms.arms)} arms ({listed}); a design with arms has two: "
            "choose which, or leave it out"
        )
    if arms is None:
        names = {
            guess_arm([c for c in s.columns.values() if c.name not in r.values()])
            for s, r in zip(slices, content.roles, strict=True)
        }
        found += [
            f"the column {name} looks like arms: a design with arms takes a list of teams and arms (kind: allocation)"
            for name in sorted(n for n in names if n)
        ]
    return found
