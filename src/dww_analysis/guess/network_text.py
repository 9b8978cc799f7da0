"""What a draft has of networks, acting and a practice profile, as text of practice.yaml and as open points."""

from __future__ import annotations

from collections.abc import Iterator

from dww_analysis.domain.networks import NETWORK_TYPES
from dww_analysis.domain.written import OPEN
from dww_analysis.guess.phrases import GUESS, comment, quoted, words_of
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
    if draft.strange_items:
        found.append(
            "checklists: the points of the file are not those of the package; translate them with `recode: {item: ...}`"
        )
    return found


def _lines(draft: NetworkDraft) -> Iterator[str]:
    if draft.networks:
        yield "networks:"
    for id, word in draft.networks.items():
        yield f"  - id: {id}"
        yield f"    label: {words_of(comment(word))}"
        yield f"    type: {quoted(OPEN_TYPE)}"
        yield "    # ambition: {nl: ..., en: ...}   planned_sessions: 14   every_weeks: 6"
        if id in draft.members:
            yield f"    members:  {GUESS}: everybody in the files; add level and leans where they are known"
            yield from (f"      - {{{_member(m)}}}" for m in draft.members[id])
    for name, words in draft.lists.items():
        yield f"{name}:"
        yield from (f"  - {{id: {id}, label: {words_of(comment(word))}}}" for id, word in words.items())
    if draft.checklists:
        yield "checklists:"
        yield from (f"  - {{id: {id}, unit: network}}  {GUESS}: by its points" for id in draft.checklists)


def _member(member: MemberDraft) -> str:
    role = member.role or quoted(OPEN_ROLE)
    more = f", organisation: {quoted(member.organisation)}" if member.organisation else ""
    return f"person: {quoted(member.person)}, role: {role}{more}"
