"""`dww add` on files about sessions and networks: what practice.yaml gets, and what is left to its reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dww_analysis.config.insert import append_entries
from dww_analysis.domain.practice import Practice
from dww_analysis.errors import ConfigError
from dww_analysis.guess.network_text import added_ids, network_entries, network_points, network_text
from dww_analysis.guess.practice_text import entries_of, open_points, practice_text
from dww_analysis.guess.records import NetworkDraft, PracticeDraft
from dww_analysis.stages.project import Project

FILE = "practice.yaml"
NO_NETWORKS = NetworkDraft({}, {}, (), {})


def extended(
    project: Project, draft: PracticeDraft | None, networks: NetworkDraft | None
) -> tuple[dict[str, str], list[str]]:
    """The new text of practice.yaml under its name, if anything is added, and lines that say what was and was not.

    draft: None where no file is about sessions or networks, which gives ({}, []). networks: None where none is about
    networks. A list that has no entry a line is left as it is: what it would get is said line by line.
    """
    if draft is None:
        return {}, []
    path = project.paths.config / FILE
    shown = f"{project.paths.shown(project.paths.config)}/{FILE}"
    more = networks or NO_NETWORKS
    said = list(_alike({**draft.alike, **more.alike}))
    points = [f"{FILE}, {point}" for point in (*open_points(draft), *network_points(more))]
    if not path.is_file():
        text = practice_text(draft) + (network_text(more) if networks is not None else "")
        return {FILE: text}, [f"Written: {shown}", *said, *points]
    before = path.read_text(encoding="utf-8-sig")
    text, given = before, list[str]()
    ids = {**draft.lists, **added_ids(more)}
    for name, lines in {**entries_of(draft), **network_entries(more)}.items():
        text, by_hand = _with_entries(text, name, lines, shown)
        said += by_hand
        given += [] if by_hand else [f"{name} {', '.join(ids[name])}"]
    said += _options(project, draft)
    said += [
        f"{FILE}, agenda: national: add {{id: {id}, label: ...}} for {word!r}"
        for id, word in draft.national.items()
    ]
    added = [f"Added to {shown}: {'; '.join(given)}"] if given else []
    return ({FILE: text} if text != before else {}), [*added, *said, *points]


def _with_entries(text: str, name: str, lines: list[str], shown: str) -> tuple[str, list[str]]:
    """The text with entries of a list; or as it was, with what to add by hand."""
    try:
        return append_entries(text, name, lines, shown), []
    except ConfigError:
        pass
    if not any(line.startswith(f"{name}:") for line in text.splitlines()):
        return "\n".join([text.rstrip("\n"), f"{name}:", *lines, ""]), []
    return text, [f"{FILE}, {name}: add by hand: {line.strip()}" for line in lines]


def _alike(alike: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for name, words in alike.items():
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
