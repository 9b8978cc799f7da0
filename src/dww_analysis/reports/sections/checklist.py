"""The check-list of a report: each item that journals ask, with the section that answers it, or that the study did not
state it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dww_analysis.domain.checklist import Item, items_of, list_of
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import Cell, heading, text
from dww_analysis.reports.tables import Table, build_table


def checklist_block(
    known: Collection[str], places: Mapping[str, str], labels: Labels, *, shares: bool
) -> Block:
    """The list with how many of its items are answered, and a row for each.

    known: the facts and prompts (domain.checklist) that the study has. places: section -> its number in the report.
    shares: whether an outcome is yes or no.
    """
    words, study = labels.words, labels.study
    items = items_of(study, shares)
    answered = [item for item in items if not _lacking(item, known, places)]
    said = words("checklist.count", n=words.count(len(answered)), total=words.count(len(items)))
    return block(
        sentences=[words(f"checklist.intro.{_which(labels)}"), said],
        tables=[checklist_table(items, known, places, labels)],
    )


def _which(labels: Labels) -> str:
    """Which list it is, as its name in the catalogue."""
    study = labels.study
    if list_of(study) == "trend":
        return "trend"
    if study.design == "stepped_wedge":
        return "consort_wedge"
    return "consort" if study.unit == "person" else "consort_cluster"


def checklist_table(
    items: Collection[Item], known: Collection[str], places: Mapping[str, str], labels: Labels
) -> Table:
    """One row per item: its number, what it asks, and where that is answered."""
    words = labels.words
    which = list_of(labels.study)
    rows: list[list[Cell]] = [
        [
            heading(item.number),
            text(words(f"checklist.{which}.{item.number}")),
            text(_answer(item, known, places, labels)),
        ]
        for item in items
    ]
    columns = [words(f"checklist.{c}") for c in ("number", "asked", "where")]
    return build_table("checklist", words(f"checklist.caption.{which}"), columns, rows)


def _lacking(item: Item, known: Collection[str], places: Mapping[str, str]) -> list[str]:
    """What would have to be known to answer an item; the section itself when the report has none."""
    lacking = [need for need in item.needs if need not in known]
    return lacking or ([] if item.section in places else [item.section])


def _answer(item: Item, known: Collection[str], places: Mapping[str, str], labels: Labels) -> str:
    words = labels.words
    lacking = _lacking(item, known, places)
    place = words("checklist.place", place=places[item.section]) if item.section in places else ""
    if not lacking:
        return place
    some = place and any(need in known for need in item.needs)
    if not some:
        return words("checklist.absent")
    names = words.listing(words(f"told.{need}").lower() for need in lacking)
    return words("checklist.partly", place=place, names=names)
