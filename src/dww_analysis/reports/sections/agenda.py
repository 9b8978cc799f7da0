"""The learning agenda: themes by region beside the national item, since when, what was stopped, and the gaps both ways.

Every count is a row of the quantities; items are not counts of people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import pandas as pd

from dww_analysis.domain.practice import Practice
from dww_analysis.domain.study import Text
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import Cell, heading, text
from dww_analysis.reports.sections.quantity_rows import Row
from dww_analysis.reports.tables import Table, build_table, rows_of

CSV = "agenda.csv"
NATIONAL: Literal["national"] = "national"
STOPPED = "stopped"


@dataclass(frozen=True)
class AgendaRows:
    """The items of all agendas, with the names that practice.yaml gives.

    counts: subject of `agenda_items` -> value. gaps: kind of gap -> the themes or national items.
    """

    practice: Practice
    items: Sequence[Row]
    counts: Mapping[str, float]
    gaps: Mapping[str, Sequence[str]]
    labels: Labels

    @cached_property
    def regions(self) -> list[str]:
        """Regions with an agenda, in the order of the study."""
        seen = {i["region"] for i in self.items}
        return [r for r in self.practice.ids("regions") if r in seen]

    def name(self, what: str, id: str) -> str:
        """What an entry of practice.yaml is called; its id where it is not there."""
        texts: Mapping[str, Text] = {entry.id: entry.label for entry in getattr(self.practice, what)}
        return self.labels.words.say(texts[id]) if id in texts else id

    def of(self, theme: str, region: str = "") -> list[Row]:
        """The items of a theme on the agenda of a region, as rows; [] where it does not stand there."""
        return [
            i for i in self.items if i["level"] == "region" and (i["theme"], i["region"]) == (theme, region)
        ]

    def lines(self) -> list[tuple[str, str]]:
        """(national item, theme) of each line: in the order of the national agenda, then by name of the theme."""
        regional = {i["theme"] for i in self.items if i["level"] == "region"}
        found: list[tuple[str, str]] = []
        for item in self.practice.ids(NATIONAL):
            own = [t.id for t in self.practice.themes if t.national == item and t.id in regional]
            found += [(item, t) for t in self._by_name(own)] or [(item, "")]
        known = {theme for _, theme in found}
        return [*found, *(("", t) for t in self._by_name(regional - known))]

    def _by_name(self, themes: Sequence[str] | set[str]) -> list[str]:
        return sorted(themes, key=lambda t: (self.name("themes", t).casefold(), t))


def agenda_blocks(
    agenda: pd.DataFrame, quantities: pd.DataFrame, practice: Practice, labels: Labels
) -> list[Block]:
    """What is on the agendas, the gaps both ways, what was carried over and what was stopped.

    agenda: a row for each item; quantities: of them agenda_items (counts by theme) and agenda_gaps are read. Parts
    without a row fall away.
    """
    counted = rows_of(quantities[quantities["quantity"] == "agenda_items"])
    gaps: dict[str, list[str]] = {}
    for row in rows_of(quantities[quantities["quantity"] == "agenda_gaps"]):
        kind, _, id = str(row["subject"]).partition(":")
        gaps.setdefault(kind, []).append(id)
    counts = {str(r["subject"]): float(r["value"]) for r in counted}
    told = AgendaRows(practice, [_plain(r) for r in rows_of(agenda)], counts, gaps, labels)
    words = labels.words
    parts = [
        block(sentences=_counts(told), tables=[_table(told)]),
        block(words("agenda.gaps"), points=_gaps(told) or [words("agenda.no_gaps")]),
        block(words("agenda.carried"), points=_histories(told, lambda i: bool(i["carried_over"]))),
        block(words("agenda.stopped"), points=_histories(told, lambda i: i["status"] == STOPPED)),
    ]  # fmt: skip
    return [part for part in parts if part]


def _plain(row: Row) -> Row:
    """A row in which what is absent is an empty text."""
    return {key: "" if isinstance(value, float) and value != value else value for key, value in row.items()}


def _counts(told: AgendaRows) -> Iterator[str]:
    words = told.labels.words
    if NATIONAL in told.counts:
        yield words.many("agenda.national_items", told.counts[NATIONAL])
    for region in told.regions:
        yield words.many(
            "agenda.region_items", told.counts[region], region=words.capital(told.name("regions", region))
        )


def _table(told: AgendaRows) -> Table:
    words = told.labels.words
    heads = [words("agenda.national"), words("priorities.theme")]
    heads += [words.capital(told.name("regions", r)) for r in told.regions]
    national = {i["item"]: i for i in told.items if i["level"] == NATIONAL}
    rows, before = [], None
    for item, theme in told.lines():
        first = heading(_national(told, item, national.get(item)) if item != before else "")
        named = text(words.capital(told.name("themes", theme)) if theme else "–")
        rows.append([first, named, *(_cell(told, theme, region) for region in told.regions)])
        before = item
    starts = [i for i, row in enumerate(rows) if row[0].value]
    notes = [words("agenda.note_map"), words("agenda.note_status")]
    return build_table("agenda", words("agenda.table"), heads, rows, notes, CSV, starts)


def _national(told: AgendaRows, item: str, row: Row | None) -> str:
    words = told.labels.words
    if not item:
        return words("agenda.on_no_item")
    named = words.capital(told.name(NATIONAL, item))
    return f"{named} ({_status(told, row)})" if row is not None else named


def _cell(told: AgendaRows, theme: str, region: str) -> Cell:
    return text("; ".join(_status(told, i) for i in told.of(theme, region)) or "–")


def _status(told: AgendaRows, item: Row) -> str:
    """What an item's status is and since when; of one that was carried over also since when it stands there."""
    words = told.labels.words
    said = words("agenda.since", status=words(f"agenda.status.{_key(item)}"), date=words.date(item["since"]))
    if item["carried_over"]:
        said = words("agenda.stood", said=said, date=words.date(item["first"]))
    return said


def _key(item: Row) -> str:
    return str(item["status"]).replace(" ", "_")


def _gaps(told: AgendaRows) -> list[str]:
    """What one agenda has and the other lacks, each a row of the quantities."""
    words = told.labels.words
    said = []
    for kind in ("not_national", "stopped_nationally", "asked_nowhere"):
        what = NATIONAL if kind == "asked_nowhere" else "themes"
        for id in sorted(told.gaps.get(kind, ()), key=lambda g: told.name(what, g).casefold()):
            asking = [r for r in told.regions if any(i["status"] != STOPPED for i in told.of(id, r))]
            regions = words.listing(told.name("regions", r) for r in asking)
            said.append(words(f"agenda.gap.{kind}", what=words.quoted(told.name(what, id)), regions=regions))
    return said


def _histories(told: AgendaRows, holds: Callable[[Row], bool]) -> list[str]:
    """Items of which something is true, with their agenda, since when, and who sees to them."""
    words = told.labels.words
    return [
        words(
            "agenda.history",
            what=words.quoted(_named(told, i)),
            where=told.name("regions", i["region"]) if i["region"] else words("agenda.country"),
            status=_status(told, i),
            owner=words("agenda.owner", role=told.name("roles", i["owner_role"])) if i["owner_role"] else "",
        )
        for i in told.items
        if holds(i)
    ]


def _named(told: AgendaRows, item: Row) -> str:
    return (
        told.name(NATIONAL, item["item"]) if item["level"] == NATIONAL else told.name("themes", item["theme"])
    )
