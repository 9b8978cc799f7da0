"""`dww add` on files about sessions: what practice.yaml gets, and what is left to its reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dww_analysis.config.insert import append_entries
from dww_analysis.domain.practice import PRACTICE_KINDS, Practice
from dww_analysis.errors import ConfigError
from dww_analysis.guess.meetings import LISTS, Lists, vocabulary
from dww_analysis.guess.practice_text import entries_of, open_points, practice_text
from dww_analysis.guess.records import PracticeDraft
from dww_analysis.guess.vocabulary import letters
from dww_analysis.stages.project import Project

FILE = "practice.yaml"


def known_lists(project: Project) -> Lists:
    """The words that the study has for its lists: ids, labels, and what files typed for them; empty ones of a study
    without practice.yaml."""
    practice = project.files.practice or Practice()
    lists = Lists({name: vocabulary(name, _spelled(project, practice, name)) for name in LISTS.values()})
    for vote in practice.votes:
        for id, words in vote.options.items():
            lists.answers.spellings |= {letters(said): id for said in (id, *words.values())}
            lists.words.setdefault(id, next(iter(words.values())))
    for item in practice.national:
        lists.national.spellings |= {letters(said): item.id for said in (item.id, *item.label.values())}
    return lists


def _spelled(project: Project, practice: Practice, name: str) -> dict[str, str]:
    """Letters of a known word -> its id. Ids come last, as they say most surely what is meant."""
    typed: dict[str, str] = {}
    for source in project.files.sources:
        if source.kind in PRACTICE_KINDS:
            for ours, codes in source.recode.items():
                typed |= {letters(w): id for w, id in codes.items()} if LISTS.get(ours) == name else {}
    entries = getattr(practice, name)
    ids = {entry.id for entry in entries}
    labels = {
        letters(said): entry.id
        for entry in entries
        for said in (entry.text if name == "votes" else entry.label).values()
    }
    return {w: id for w, id in typed.items() if id in ids} | labels | {letters(id): id for id in ids}


def extended(project: Project, draft: PracticeDraft | None) -> tuple[dict[str, str], list[str]]:
    """The new text of practice.yaml under its name, if anything is added, and lines that say what was and was not.

    draft: None where no file is about sessions, which gives ({}, []). A list that has no entry a line is left as it
    is: what it would get is said line by line.
    """
    if draft is None:
        return {}, []
    path = project.paths.config / FILE
    shown = f"{project.paths.shown(project.paths.config)}/{FILE}"
    said = list(_alike(draft))
    if not path.is_file():
        return {FILE: practice_text(draft)}, [f"Written: {shown}", *said, *_points(draft)]
    before = path.read_text(encoding="utf-8-sig")
    text, given = before, list[str]()
    for name, lines in entries_of(draft).items():
        text, by_hand = _with_entries(text, name, lines, shown)
        said += by_hand
        given += [] if by_hand else [f"{name} {', '.join(draft.lists[name])}"]
    said += _options(project, draft)
    said += [
        f"{FILE}, agenda: national: add {{id: {id}, label: ...}} for {word!r}"
        for id, word in draft.national.items()
    ]
    added = [f"Added to {shown}: {'; '.join(given)}"] if given else []
    return ({FILE: text} if text != before else {}), [*added, *said, *_points(draft)]


def _points(draft: PracticeDraft) -> list[str]:
    return [f"{FILE}, {point}" for point in open_points(draft)]


def _with_entries(text: str, name: str, lines: list[str], shown: str) -> tuple[str, list[str]]:
    """The text with entries of a list; or as it was, with what to add by hand."""
    try:
        return append_entries(text, name, lines, shown), []
    except ConfigError:
        pass
    if not any(line.startswith(f"{name}:") for line in text.splitlines()):
        return "\n".join([text.rstrip("\n"), f"{name}:", *lines, ""]), []
    return text, [f"{FILE}, {name}: add by hand: {line.strip()}" for line in lines]


def _alike(draft: PracticeDraft) -> Iterator[str]:
    for name, words in draft.alike.items():
        for word, id in words.items():
            yield (
                f"{FILE}, {name}: {word!r} looks like `{id}` and was not added: translate it with `recode` "
                "(or name its column) in sources.yaml, or add it as one of its own"
            )


def _options(project: Project, draft: PracticeDraft) -> Iterator[str]:
    """Options that statements of the study do not have yet."""
    practice = project.files.practice or Practice()
    known: Mapping[str, Mapping[str, object]] = {vote.id: vote.options for vote in practice.votes}
    for statement, options in draft.options.items():
        for id, word in options.items():
            if statement in known and id not in known[statement]:
                yield f'{FILE}, votes {statement}: add to its options: "{id}": {{nl: {word!r}, en: {word!r}}}'
