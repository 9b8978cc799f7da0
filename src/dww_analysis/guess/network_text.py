"""What a draft has of networks, acting and a practice profile, as text of practice.yaml and as open points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dww_analysis.domain.networks import NETWORK_TYPES
from dww_analysis.domain.written import OPEN
from dww_analysis.guess.phrases import GUESS, NEW, comment, names_left_out, quoted, words_of
from dww_analysis.guess.records import MemberDraft, NetworkDraft

OPEN_TYPE = f"{OPEN} {', '.join(NETWORK_TYPES[:-1])} or {NETWORK_TYPES[-1]}"
OPEN_ROLE = f"{OPEN} an id of roles"


def network_text(draft: NetworkDraft) -> str:
    """Lines of practice.yaml, after those about sessions."""
    return "\n".join([*_lines(draft), ""])


def network_points(draft: NetworkDraft) -> list[str]:
    """What a reader must fill in, in words."""
    found = [f"networks {id}: choose its type" for id in draft.networks]
    for id, people in draft.members.items():
        without = sum(not m.role for m in people)
        if without:
            found.append(f"networks {id}: give {without} of its members a role")
    found += [
        f"networks {id}: list its members by codes; what the files call them is not written here, as it may be names"
        for id in draft.unwritten
    ]
    found += [
        f"networks {id}: {n} persons in the files are not among its members; add those who are, by their codes"
        for id, n in draft.more.items()
    ]
    found += [f"{name}: {names_left_out(n)}" for name, n in draft.names.items()]
    if draft.strange_items:
        found.append(
            "checklists: the points of the file are not those of the package; translate them with `recode: {item: ...}`"
        )
    return found


def network_entries(draft: NetworkDraft) -> dict[str, list[str]]:
    """List of practice.yaml -> the lines of what a draft adds to it, as proposals; nothing for lists without."""
    lines = {
        "networks": [line for id, word in draft.networks.items() for line in _network(draft, id, word)],
        **{name: [f"{line}  {NEW}" for line in _entries(words)] for name, words in draft.lists.items()},
        "checklists": list(_checklists(draft)),
    }
    return {name: found for name, found in lines.items() if found}


def added_ids(draft: NetworkDraft) -> dict[str, list[str]]:
    """List of practice.yaml -> the ids that a draft adds to it."""
    lists = {"networks": draft.networks, **draft.lists, "checklists": draft.checklists}
    return {name: list(ids) for name, ids in lists.items() if ids}


def _lines(draft: NetworkDraft) -> Iterator[str]:
    if draft.networks:
        yield "networks:"
    for id, word in draft.networks.items():
        yield from _network(draft, id, word)
    for name, words in draft.lists.items():
        yield f"{name}:"
        yield from _entries(words)
    if draft.checklists:
        yield "checklists:"
        yield from _checklists(draft)


def _network(draft: NetworkDraft, id: str, word: str) -> Iterator[str]:
    yield f"  - id: {id}"
    yield f"    label: {words_of(comment(word))}"
    yield f"    type: {quoted(OPEN_TYPE)}"
    yield "    # ambition: {nl: ..., en: ...}   planned_sessions: 14   every_weeks: 6"
    if id in draft.members:
        yield f"    members:  {GUESS}: everybody in the files; add level and leans where they are known"
        yield from (f"      - {{{_member(m)}}}" for m in draft.members[id])


def _entries(words: Mapping[str, str]) -> Iterator[str]:
    return (f"  - {{id: {id}, label: {words_of(comment(word))}}}" for id, word in words.items())


def _checklists(draft: NetworkDraft) -> Iterator[str]:
    return (
        f"  - {{id: {id}, unit: {unit}}}  {GUESS}: by its points and headings"
        for id, unit in draft.checklists.items()
    )


def _member(member: MemberDraft) -> str:
    role = member.role or quoted(OPEN_ROLE)
    more = f", organisation: {quoted(member.organisation)}" if member.organisation else ""
    return f"person: {quoted(member.person)}, role: {role}{more}"
