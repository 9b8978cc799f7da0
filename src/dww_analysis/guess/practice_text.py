"""practice.yaml of a draft: roles, themes, sessions, votes and blocks by the words of the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from dww_analysis.domain.written import OPEN
from dww_analysis.guess.phrases import GUESS, NEW, comment, names_left_out, quoted, words_of
from dww_analysis.guess.records import PracticeDraft

PLAIN = ("roles", "regions")
OPEN_DAY = f"{OPEN} the day of the session, as 2026-03-12"
OPEN_ANGLE = f"{OPEN} team_learning, feedback or context"


def practice_text(draft: PracticeDraft) -> str:
    """The text of practice.yaml. Labels are the words of the files; what these do not say begins with "?"."""
    return "\n".join([*_lines(draft), ""])


def open_points(draft: PracticeDraft) -> list[str]:
    """What a reader must fill in, in words."""
    found = [f"sessions {id}: give its date" for id in draft.lists["sessions"] if id not in draft.days]
    found += [f"blocks {id}: choose its angle" for id in draft.lists["blocks"]]
    return found + [f"{name}: {names_left_out(n)}" for name, n in draft.unwritten.items()]


def _lines(draft: PracticeDraft) -> Iterator[str]:
    yield f"# Ids are made of the words in the files; labels are those words.  {GUESS}: write them in both languages"
    for name in PLAIN:
        yield from _list(name, draft.lists[name], lambda id: "")
    yield from _list("themes", draft.lists["themes"], lambda id: _national(draft, id))
    yield from _list(
        "sessions", draft.lists["sessions"], lambda id: f", date: {quoted(draft.days.get(id, OPEN_DAY))}"
    )
    yield from _list("blocks", draft.lists["blocks"], lambda id: f", angle: {quoted(OPEN_ANGLE)}")
    yield from _votes(draft)
    if draft.national:
        yield "agenda:"
        yield "  national:"
        yield from (
            f"    - {{id: {id}, label: {words_of(comment(word))}}}" for id, word in draft.national.items()
        )


def entries_of(draft: PracticeDraft) -> dict[str, list[str]]:
    """List of practice.yaml -> the lines of what a draft adds to it, as proposals; nothing for lists without."""
    own: dict[str, Callable[[str], str]] = {
        **{name: lambda id: "" for name in PLAIN},
        "themes": lambda id: _national(draft, id),
        "sessions": lambda id: f", date: {quoted(draft.days.get(id, OPEN_DAY))}",
        "blocks": lambda id: f", angle: {quoted(OPEN_ANGLE)}",
    }
    lines = {
        name: [
            f"  - {{id: {id}, label: {words_of(comment(word))}{more(id)}}}  {NEW}; write both languages"
            for id, word in draft.lists[name].items()
        ]
        for name, more in own.items()
    }
    votes = list(_votes(draft))[1:]
    lines["votes"] = [f"{line}  {NEW}" if line.startswith("  - ") else line for line in votes]
    return {name: found for name, found in lines.items() if found}


def _national(draft: PracticeDraft, theme: str) -> str:
    return f", national: {draft.belongs[theme]}" if theme in draft.belongs else ""


def _list(name: str, entries: Mapping[str, str], more: Callable[[str], str]) -> Iterator[str]:
    if entries:
        yield f"{name}:"
        yield from (
            f"  - {{id: {id}, label: {words_of(comment(word))}{more(id)}}}" for id, word in entries.items()
        )


def _votes(draft: PracticeDraft) -> Iterator[str]:
    if draft.lists["votes"]:
        yield "votes:"
    for id, word in draft.lists["votes"].items():
        yield f"  - id: {id}"
        yield f"    text: {words_of(comment(word))}"
        yield "    options:"
        yield from (
            f"      {quoted(o)}: {words_of(comment(said))}" for o, said in draft.options.get(id, {}).items()
        )
