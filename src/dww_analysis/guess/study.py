"""A whole first configuration from delivered files: guesses about files, roles, items and words brought together.

Tables in, a frozen `Draft` out; nothing here reads or writes a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dww_analysis.domain.practice import PRACTICE_KINDS
from dww_analysis.guess.columns import Delivered
from dww_analysis.guess.content import Content, aligned
from dww_analysis.guess.kinds import Slice, kind_of, slices_of
from dww_analysis.guess.meetings import Lists, meeting_kind
from dww_analysis.guess.names import unused
from dww_analysis.guess.networks import NOTHING, KnownNetworks, network_kind, worded
from dww_analysis.guess.records import ArmsDraft, Draft, SourceDraft
from dww_analysis.guess.roles import (
    ROLES,
    guess_arm,
)
from dww_analysis.guess.sources import (
    answer_source,
    arm_codes,
    arms_of,
    named_teams,
    other_source,
    undecided,
)


def draft_study(study: str, files: Sequence[Delivered], date: str, known: KnownNetworks = NOTHING) -> Draft:
    """The guessed configuration of a study with these files, in the order of their waves. A file in which nothing looks
    like an answer (a code book, a list of team sizes) is left out where others hold answers.

    known: points of check-lists, and which words can be names of persons.
    """
    found = _draft(study, files, date, known)
    of_answers = [s for s in found.sources if s.kind == "answers"]
    with_columns = {s.file for s in of_answers if any(m.ours not in ROLES for m in s.columns)}
    read = {f.file for f in files if f.data is not None}
    empty = {s.file for s in of_answers if s.file in read} - with_columns
    if not empty or not with_columns:
        return found
    kept = [f for f in files if f.file not in empty]
    return replace(_draft(study, kept, date, known), left_out=tuple(f.file for f in files if f.file in empty))


def _draft(study: str, files: Sequence[Delivered], date: str, known: KnownNetworks) -> Draft:
    kinds = [network_kind(f, known).rpartition(" ")[2] or meeting_kind(f) or kind_of(f) for f in files]
    several = kinds.count("answers") > 1
    waves: list[Slice | Delivered] = []
    for file, kind in zip(files, kinds, strict=True):
        if kind == "answers":
            waves += [file] if file.data is None else slices_of(file, several)
    slices = aligned([s for s in waves if isinstance(s, Slice)])
    content = Content(slices)
    numbered = _numbered(waves, slices)
    answers = [answer_source(w, i, content) for i, w in enumerate(numbered)]
    others = [other_source(f, k, known) for f, k in zip(files, kinds, strict=True) if k != "answers"]
    if len(numbered) == 1:  # what happened at work belongs to the only wave there is
        others = [
            s if s.kind == "allocation" or s.kind in PRACTICE_KINDS else replace(s, wave=0) for s in others
        ]
    lists = Lists.without_names(known.is_name)
    sources, practice, networks = worded(_with_ids([*answers, *others]), files, lists, known)
    sources = [named_teams(s, sources, files) for s in sources]
    arms = next((arms_of(s, files) for s in sources if s.kind == "allocation"), None)
    return Draft(
        study,
        date,
        tuple(_wave_label(w, i) for i, w in enumerate(numbered)) or ("",),
        tuple(arm_codes(s, arms) for s in sources),
        content.scales,
        content.words,
        content.background,
        arms
        if arms is not None and len(arms.arms) == 2 and not (arms.starts and len(numbered) < 2)
        else None,
        tuple(_open(content, arms, slices, sources)),
        undecided(arms, len(numbered)),
        practice,
        networks,
    )


def _numbered(waves: Sequence[Slice | Delivered], slices: Sequence[Slice]) -> list[Slice | Delivered]:
    """The waves in their order, with the columns as they were aligned."""
    aligned = iter(slices)
    return [next(aligned) if isinstance(w, Slice) else w for w in waves]


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


def _open(
    content: Content, arms: ArmsDraft | None, slices: Sequence[Slice], sources: Sequence[SourceDraft]
) -> list[str]:
    """What could not be guessed about the design, in words."""
    found = []
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
