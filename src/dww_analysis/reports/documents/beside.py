"""What lies beside the page and may be handed out: documents with their kinds and sizes in words, and tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.documents.doors import (
    ANALYST,
    DOORS,
    LEAD,
    RESEARCHER,
    TEAMS,
    behind,
    doors_of,
)

# Document -> the doors behind which it belongs.
OF_DOORS: Mapping[str, tuple[str, ...]] = {
    "factsheet": (LEAD,),
    "report": (RESEARCHER,),
    "praatplaat": (LEAD, TEAMS),
    "praatplaat_empty": (LEAD, TEAMS),
    "cards": (LEAD, TEAMS),
    "workbook": (RESEARCHER, ANALYST),
    "repeat": (ANALYST,),
    "provenance": (ANALYST,),
}
KINDS = ("html", "pdf", "docx", "xlsx", "svg", "py", "json")  # of files, each with a word for it


@dataclass(frozen=True)
class Beside:
    """A file of a document: its address from the page, and its language ("" where it is for all)."""

    document: str
    address: str
    language: str = ""


@dataclass(frozen=True)
class Listed:
    """A line of the list: a document, its size in words, its files as (kind, address), and behind which doors."""

    name: str
    size: str
    files: tuple[tuple[str, str], ...]
    doors: tuple[str, ...]


def with_doors(part: Mapping[str, Any], documents: Sequence[Beside], labels: Labels) -> dict[str, Any]:
    """What a template shows in one language, with its documents, and behind which doors each section stands.

    part: the template's values, of which `sections` and `chapters` are read. The section of documents is left
    out where none may be listed.
    """
    listed = _listed(documents, labels.words)
    sections = [(k, title) for k, title in part["sections"] if k != "documents" or listed]
    places = behind([k for k, _ in sections], {k: c.appended for k, c in part["chapters"].items()})
    if listed:
        places["documents"] = tuple(d for d in DOORS if any(d in one.doors for one in listed))
    return {
        **part,
        "sections": sections,
        "behind": {k: " ".join(doors) for k, doors in places.items()},
        "doors": doors_of(places, labels),
        "documents": listed,
    }


def _listed(documents: Iterable[Beside], words: Words) -> list[Listed]:
    """A line for each document that has files in this language."""
    files: dict[str, list[tuple[str, str]]] = {}
    for one in documents:
        if one.language in ("", words.language):
            suffix = one.address.rpartition(".")[2]
            assert suffix in KINDS
            kind = words(f"beside.kind.{suffix}")
            files.setdefault(one.document, []).append((kind, one.address))
    return [
        Listed(
            words(f"beside.{document}"),
            words(f"beside.{document}.size"),
            tuple(found),
            OF_DOORS[document],
        )
        for document, found in files.items()
    ]
