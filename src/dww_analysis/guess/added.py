"""Files that come later: the columns of a new wave get the names that the study has given to the same questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dww_analysis.delivery.codes import fold
from dww_analysis.guess.columns import Delivered
from dww_analysis.guess.content import Content, aligned
from dww_analysis.guess.kinds import Slice, by_key, kind_of, slices_of
from dww_analysis.guess.meetings import Lists, meeting_kind
from dww_analysis.guess.names import key_of, unused, without_mark
from dww_analysis.guess.networks import NOTHING, KnownNetworks, network_kind, worded
from dww_analysis.guess.records import ArmsDraft, NetworkDraft, PracticeDraft, SourceDraft, WordSet
from dww_analysis.guess.sources import arm_codes, arms_of, other_source, source_of, undecided
from dww_analysis.guess.words import answer_words, number_words


@dataclass(frozen=True, eq=False)
class Known:
    """What a study has already: one of its sources of answers as it was delivered, with the names given."""

    file: Delivered
    columns: Mapping[str, str]  # our name -> theirs
    roles: Mapping[str, str]
    recode: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class KnownStudy:
    """What a study says already: how many waves it has, the ids of its sources, its recode sets, and the words of
    sessions, themes, networks and the rest that it knows."""

    waves: int
    ids: Sequence[str]
    sets: Mapping[str, Mapping[str, str]]
    lists: Lists = field(default_factory=Lists)
    networks: KnownNetworks = NOTHING


@dataclass(frozen=True)
class Added:
    """What is added: sources, waves, sets of words, arms; and what was left, in words."""

    sources: tuple[SourceDraft, ...]
    waves: tuple[int, ...]
    words: tuple[WordSet, ...] = ()
    arms: ArmsDraft | None = None
    said: tuple[str, ...] = ()
    practice: PracticeDraft | None = None  # what practice.yaml has not yet
    networks: NetworkDraft | None = None  # and of networks, acting and a practice profile


def add_to(known: Sequence[Known], files: Sequence[Delivered], study: KnownStudy) -> Added:
    """Sources for `files`, the first wave of which has the number that follows.

    Columns are recognised by their names, without marks of waves, and by their question texts; the others are left as
    comments, and said.
    """
    wave, networks = study.waves, study.networks
    kinds = [network_kind(f, networks).rpartition(" ")[2] or meeting_kind(f) or kind_of(f) for f in files]
    before = [_known_slice(k) for k in known]
    new = [
        s
        for f, kind in zip(files, kinds, strict=True)
        if kind == "answers" and f.data is not None
        for s in slices_of(f, True)
    ]
    names = {
        key: ours for slice_, k in zip(before, known, strict=True) for key, ours in _ours(slice_, k).items()
    }
    slices = aligned([*before, *new])[len(before) :]
    content = Content(slices, names)
    content.limit_to(names)
    words = _Words(known, study.sets)
    sources: list[SourceDraft] = []
    taken = list(study.ids)
    for number, one in enumerate(slices, wave):
        roles = content.roles[number - wave]
        source = words.with_recode(source_of(one, roles, number, content), one, names)
        sources.append(replace(source, id=unused(f"wave{number}", taken)))
        taken.append(sources[-1].id)
    for file, kind in zip(files, kinds, strict=True):
        if kind != "answers":
            source = other_source(file, kind, networks)
            sources.append(replace(source, id=unused(kind, taken)))
            taken.append(sources[-1].id)
    sources, practice, of_networks = worded(sources, files, study.lists, networks)
    arms = next((arms_of(s, files) for s in sources if s.kind == "allocation"), None)
    waves = tuple(range(wave, wave + len(slices)))
    return Added(
        tuple(arm_codes(s, arms) for s in sources),
        waves,
        tuple(words.new),
        arms,
        (
            *_said(slices, content, names),
            *([f"study.yaml: {said}"] if (said := undecided(arms, wave + len(slices))) else []),
        ),
        practice,
        of_networks,
    )


def _known_slice(known: Known) -> Slice:
    assert known.file.data is not None
    used = set(known.columns.values())
    columns = {}
    for key, column in by_key([c for c in known.file.columns if c.name in used]).items():
        base = without_mark(column.name).base
        columns[key_of(base) if key_of(base) not in columns else key] = column
    return Slice(known.file, known.file.data, columns, known.roles.get("person"))


def _ours(one: Slice, known: Known) -> dict[str, str]:
    """Key over all waves -> the name of ours, without roles."""
    ours = {theirs: name for name, theirs in known.columns.items() if name not in known.roles}
    return {key: ours[c.name] for key, c in one.columns.items() if c.name in ours}


def _said(slices: Sequence[Slice], content: Content, names: Mapping[str, str]) -> list[str]:
    lines = []
    for one, roles in zip(slices, content.roles, strict=True):
        found = [c for k, c in one.columns.items() if k in names]
        absent = sorted(set(names.values()) - {names[k] for k in one.columns if k in names})
        new = [
            c.name
            for k, c in one.columns.items()
            if k not in names and c.is_answer and c.name not in roles.values()
        ]
        lines.append(f"{one.file.file}: {len(found)} columns are known from earlier waves")
        if absent:
            lines.append(f"{one.file.file}: not found, so not asked: {', '.join(absent[:12])}")
        if new:
            lines.append(
                f"{one.file.file}: not known from earlier waves, and not used: {', '.join(new[:12])}"
            )
    return lines


class _Words:
    """The numbers of words that the study has, and sets for new ones."""

    def __init__(self, known: Sequence[Known], sets: Mapping[str, Mapping[str, str]]) -> None:
        self.known, self.sets = known, sets
        self.new: list[WordSet] = []

    def with_recode(self, source: SourceDraft, one: Slice, names: Mapping[str, str]) -> SourceDraft:
        recode: dict[str, Mapping[str, str] | str] = {}
        for key, column in one.columns.items():
            words = answer_words(column.words)
            if key in names and words:
                recode[names[key]] = self._set(names[key], words)
        return replace(source, recode=recode)

    def _set(self, ours: str, words: Sequence[str]) -> str:
        """The set that holds the words: of the study, or a new one from the labels of an earlier wave."""
        folded = {fold(w) for w in words}
        for id_, codes in [*self.sets.items(), *((w.id, w.numbers) for w in self.new)]:
            if folded <= {fold(c) for c in codes}:
                return id_
        labels = [
            (k.file.file, k.file.column(k.columns[ours]).value_labels)
            for k in self.known
            if ours in k.columns
        ]
        labels += [
            ("an earlier wave", {number: word for word, number in k.recode[ours].items()})
            for k in self.known
            if ours in k.recode
        ]
        numbers, why = number_words(words, [(where, given) for where, given in labels if given])
        taken = {*self.sets, *(w.id for w in self.new)}
        self.new.append(WordSet(unused(f"words_{ours}"[:50], taken), numbers, why))
        return self.new[-1].id
