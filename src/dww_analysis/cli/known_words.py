"""What is told before files are guessed at: words of the study, points of check-lists, which words are names."""

from __future__ import annotations

from dww_analysis.domain.networks import CHECKLISTS
from dww_analysis.domain.practice import PRACTICE_KINDS, Practice
from dww_analysis.guess.meetings import LISTS, Lists, vocabulary
from dww_analysis.guess.networks import LISTS as OF_NETWORKS
from dww_analysis.guess.networks import KnownNetworks
from dww_analysis.guess.vocabulary import letters
from dww_analysis.practice import load_checklist
from dww_analysis.stages.project import Project

NETWORK_LISTS = {"network": "networks", "unit": "networks", **OF_NETWORKS}


def is_name(word: str) -> bool:
    """Whether a word of a list can be the name of a person."""
    from dww_analysis.privacy.names import find_names, is_single_name

    return is_single_name(word) or any(True for _ in find_names(word))


def points_of_checklists() -> dict[str, str]:
    """Letters of the id and of the words of every point of the package's check-lists -> its id."""
    items = [item for id in CHECKLISTS for item in load_checklist(id).items]
    return {letters(said): item.id for item in items for said in (item.id, *item.text.values())}


def known_at_first() -> KnownNetworks:
    """What is known without a study."""
    return KnownNetworks(items=points_of_checklists(), is_name=is_name)


def known_networks(project: Project) -> KnownNetworks:
    """The words that the study has for networks and what belongs to them, and who is in them."""
    practice = project.files.practice or Practice()
    return KnownNetworks(
        {name: _spelled(project, practice, name, NETWORK_LISTS) for name in NETWORK_LISTS.values()},
        {n.id: [m.person for m in n.members] for n in practice.networks},
        [used.id for used in practice.checklists],
        points_of_checklists(),
        is_name,
    )


def known_lists(project: Project) -> Lists:
    """The words that the study has for its lists: ids, labels, and what files typed for them; empty ones of a study
    without practice.yaml."""
    practice = project.files.practice or Practice()
    lists = Lists(
        {name: vocabulary(name, _spelled(project, practice, name, LISTS), is_name) for name in LISTS.values()}
    )
    for vote in practice.votes:
        for id, words in vote.options.items():
            lists.answers.spellings |= {letters(said): id for said in (id, *words.values())}
            lists.words.setdefault(id, next(iter(words.values())))
    for item in practice.national:
        lists.national.spellings |= {letters(said): item.id for said in (item.id, *item.label.values())}
    return lists


def _spelled(project: Project, practice: Practice, name: str, lists: dict[str, str]) -> dict[str, str]:
    """Letters of a known word -> its id. Ids come last, as they say most surely what is meant."""
    typed: dict[str, str] = {}
    for source in project.files.sources:
        if source.kind in PRACTICE_KINDS:
            for ours, codes in source.recode.items():
                typed |= {letters(w): id for w, id in codes.items()} if lists.get(ours) == name else {}
    entries = getattr(practice, name)
    ids = {entry.id for entry in entries}
    labels = {
        letters(said): entry.id
        for entry in entries
        for said in (entry.text if name == "votes" else entry.label).values()
    }
    return {w: id for w, id in typed.items() if id in ids} | labels | {letters(id): id for id in ids}
