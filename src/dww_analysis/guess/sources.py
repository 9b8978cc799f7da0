"""Sources of sources.yaml: of a wave, of an allocation and its arms, of learning at work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from dww_analysis.delivery.codes import code_text, fold
from dww_analysis.delivery.rows import PREVIEWS
from dww_analysis.delivery.wording import is_no_answer
from dww_analysis.guess.columns import Column, Delivered
from dww_analysis.guess.content import Content
from dww_analysis.guess.kinds import EXPOSURE, Slice, allocation_columns, named
from dww_analysis.guess.meetings import KINDS as MEETINGS
from dww_analysis.guess.meetings import meeting_source
from dww_analysis.guess.names import identifier, unused
from dww_analysis.guess.networks import NOTHING, KnownNetworks, network_kind, network_source
from dww_analysis.guess.records import (
    ArmsDraft,
    Mapped,
    SourceDraft,
    bare_source,
    left_of,
)
from dww_analysis.guess.roles import (
    ROLES,
    TAKEN,
    guess_person,
    guess_team,
    is_background,
    is_control,
)
from dww_analysis.guess.words import answer_words


def answer_source(one: Slice | Delivered, wave: int, content: Content) -> SourceDraft:
    if isinstance(one, Delivered):
        return replace(bare_source(one), wave=wave, persons="anonymous", notes=one.needs)
    roles = content.roles[content.slices.index(one)]
    return source_of(one, roles, wave, content)


def source_of(one: Slice, roles: Mapping[str, str], wave: int, content: Content) -> SourceDraft:
    """The source of one wave of one file."""
    mapped = [Mapped(role, name, "the " + role) for role, name in roles.items()]
    used = {k: c for k, c in one.columns.items() if k in content.ours and c.name not in roles.values()}
    mapped += [Mapped(content.ours[k], c.name) for k, c in used.items()]
    return replace(
        bare_source(one.file),
        wave=wave,
        persons="key" if "person" in roles else "anonymous",
        columns=tuple(mapped),
        left=left_of(one.file, {*(m.theirs for m in mapped), *one.repeated}),
        rows=one.rows,
        recode={
            content.ours[k]: content.word_of[content.ours[k]]
            for k, c in used.items()
            if content.ours[k] in content.word_of and answer_words(c.words)
        },
        missing_codes=_missing_codes(one, used.values()),
        drop_rows=_previews(one),
    )


def _previews(one: Slice) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Previews and tests of Qualtrics that are in these rows."""
    names = {c.name for c in one.columns.values()}
    if not {"ResponseId", "ResponseID"} & names:
        return ()
    for name, words in PREVIEWS.items():
        if name in names:
            values = tuple(sorted({*one.data[name].map(code_text)} & words))
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


def other_source(file: Delivered, kind: str, known: KnownNetworks = NOTHING) -> SourceDraft:
    """The source of an allocation, a diary, an app log, personnel records, observations, sessions or networks."""
    if network_kind(file, known):
        return network_source(file, known)
    if kind in MEETINGS:
        return meeting_source(file, kind)
    bare = replace(bare_source(file), kind=kind)
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
        Mapped(ours, theirs, "the " + ours if ours in ROLES else "") for ours, theirs in columns.items()
    )
    return replace(bare, columns=mapped, left=left_of(file, columns.values()))


def _exposure_items(file: Delivered, kind: str, taken: set[str]) -> dict[str, str]:
    """Items of a diary (numbers) or a check-list (few words or numbers)."""
    if kind == "hr":
        return {}
    found: dict[str, str] = {}
    for column in file.columns:
        fits = column.is_answer and not is_background(column) and column.name not in taken
        if fits and (kind == "observations" or column.numbers):
            found[unused(identifier(column.name, "item"), {*found, *TAKEN, "date", "observer"})] = column.name
    return found


def named_teams(
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


def arms_of(source: SourceDraft, files: Sequence[Delivered]) -> ArmsDraft:
    """The arms of an allocation list, those that look like the reference first."""
    file = next(f for f in files if f.file == source.file)
    assert file.data is not None
    columns = {m.ours: m.theirs for m in source.columns}
    unit = next(role for role in ("person", "team", "organisation") if role in columns)
    if "start" in columns:
        return ArmsDraft(source.id, unit, (("before", "before"), ("after", "after")), starts=True)
    column = file.column(columns["arm"])
    values = sorted({v for v in file.data[column.name].map(code_text) if v})
    said = {v: column.value_labels.get(v, v) for v in values}
    ordered = sorted(values, key=lambda v: (not is_control(said[v]), v))
    ids: list[str] = []
    for value in ordered:
        ids.append(unused(identifier(said[value], "arm"), ids))
    return ArmsDraft(source.id, unit, tuple(zip(ids, ordered, strict=True)))


def arm_codes(source: SourceDraft, arms: ArmsDraft | None) -> SourceDraft:
    """The allocation with a recode for arms whose words are no ids."""
    if arms is None or source.id != arms.source or all(id_ == word for id_, word in arms.arms):
        return source
    return replace(source, recode={**source.recode, "arm": {word: id_ for id_, word in arms.arms}})


def undecided(arms: ArmsDraft | None, waves: int) -> str:
    """Why a list of arms or starts does not settle the design."""
    if arms is not None and arms.starts and waves < 2:
        return (
            f"the {arms.unit}s of the list start at waves of their own, which takes two or more waves: add the files "
            "of the others, or write waves_only and remove the list"
        )
    if arms is not None and len(arms.arms) != 2:
        listed = ", ".join(word for _, word in arms.arms)
        return (
            f"the allocation has {len(arms.arms)} arms ({listed}) and a design has two: write parallel_cluster with "
            "`arms` and `allocation` and leave out the units of the others by drop_rows, or waves_only and remove the "
            "list"
        )
    return ""
