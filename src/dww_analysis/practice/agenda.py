"""Learning agendas of regions and of the country: read, checked, each item as it stands now, and the gaps between them.

A theme belongs to a national item where practice.yaml says so (`national`), never because words look alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Literal, cast

import numpy as np
import pandas as pd

from dww_analysis.domain.practice import (
    AGENDA_LEVELS,
    AGENDA_STATUSES,
    AgendaItem,
    AgendaLevel,
    AgendaStatus,
    Practice,
    Quantity,
)
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError, Problem, raise_all
from dww_analysis.practice.delivered import Delivered, Listed
from dww_analysis.practice.origin import Origin
from dww_analysis.practice.reading import Counted, once

KEY = ["level", "region", "item"]
STOPPED = "stopped"
Gap = Literal["not_national", "stopped_nationally", "asked_nowhere"]


def read_agenda(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """Rows of level, region, item, theme, status, since and owner_role ("" where a cell is empty).

    Columns of `source.columns`: item, level, theme, status, since; region where a row is about one, and owner_role. An
    item may have several rows, one for each day on which its status changed. Raises one PracticeError: ids that are
    not in practice.yaml, a regional row without region or theme, a day that is none, an item with two themes, a
    national item whose theme belongs to another one, two statuses of one day.
    """
    table = Delivered.of(data, source, lines, ("item", "level", "theme", "status", "since"))
    rows = pd.DataFrame(
        {
            "level": table.named("level", Listed("level", AGENDA_LEVELS, "levels")),
            "region": _optional(table, "region", Listed.of(practice, "regions")),
            "item": table.text("item"),
            "theme": _optional(table, "theme", Listed.of(practice, "themes")),
            "status": table.named("status", Listed("status", AGENDA_STATUSES, "statuses")),
            "since": table.days("since"),
            "owner_role": _optional(
                table, "owner_role", Listed("owner role", practice.ids("roles"), "roles")
            ),
        }
    )
    _places(table, rows, practice)
    day = rows["since"].str.fullmatch(r"\d{4}-\d{2}-\d{2}").fillna(False).astype(bool)
    table.refuse(
        ~day, "since", "no day", "a date, as 2026-03-12", "write the day on which the item got this status"
    )
    several = rows.groupby(KEY)["theme"].transform("nunique") > 1
    table.refuse(
        several, "theme", "one item with several themes", "one theme for each item", "make two items of it"
    )
    kept = once(table, rows, [*KEY, "since"])
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))


def _optional(table: Delivered, ours: str, listed: Listed) -> pd.Series:
    """A column of ids in which cells may be empty; all are where the column is not declared."""
    if ours not in table.source.columns:
        return pd.Series("", index=range(len(table.data)))
    cells = table.text(ours)
    given = cells.fillna("")
    for word in sorted(set(given) - {"", *listed.known}):
        table.unknown(ours, listed, word, given == word)
    return given


def _places(table: Delivered, rows: pd.DataFrame, practice: Practice) -> None:
    """Rows whose level, region, item and theme do not go together."""
    table.refuse(rows["item"].isna(), "item", "no item", "a code of the item", "add it, or use drop_rows")
    regional, national = rows["level"] == "region", rows["level"] == "national"
    either = "`level` says of which agenda an item is"
    table.refuse(
        regional & (rows["region"] == ""), "region", "a regional item without a region", either, "add it"
    )
    table.refuse(
        national & (rows["region"] != ""), "region", "a national item with a region", either, "leave it out"
    )
    table.refuse(
        regional & (rows["theme"] == ""),
        "theme",
        "a regional item without a theme",
        "an id of themes",
        "add it",
    )
    items = Listed("national item", practice.ids("national"), "agenda: national")
    for word in sorted(set(rows.loc[national, "item"].dropna()) - set(items.known)):
        wrong = national & (rows["item"] == word)
        table.unknown("item", items, str(word), wrong)
    belongs = rows["theme"].map({theme.id: theme.national for theme in practice.themes}).fillna("")
    table.refuse(
        national & (rows["theme"] != "") & (belongs != rows["item"]),
        "theme",
        "a national item with a theme that practice.yaml gives to another item, or to none",
        "the theme's `national` in practice.yaml is this item",
        "correct the theme, or its `national`",
    )


def agenda_items(read: Sequence[tuple[Source, Counted]], practice: Practice) -> list[AgendaItem]:
    """Every item as its last row says, in order of level, region and item.

    read: sources as `read_agenda` gave them. PracticeError where two sources say different things of one item and day.
    """
    if not read:
        return []
    rows = pd.concat([counted.rows for _, counted in read], ignore_index=True).drop_duplicates()
    raise_all(list(_contradictions(rows, read)), PracticeError)
    national = {theme.id: theme.national for theme in practice.themes}
    return [
        _item(own.sort_values("since", kind="stable"), national)
        for _, own in rows.groupby(KEY, sort=True)
    ]  # fmt: skip


def _contradictions(rows: pd.DataFrame, read: Sequence[tuple[Source, Counted]]) -> Iterator[Problem]:
    days = int(rows.duplicated([*KEY, "since"], keep="first").sum())
    themes = int((rows.groupby(KEY)["theme"].nunique() > 1).sum())
    if days or themes:
        yield Problem(
            found=f"{days + themes} agenda items of which two sources say different things",
            where=f"sources {', '.join(source.id for source, _ in read)}",
            expected="one row for each item and day, and one theme for each item",
            action="correct the files; rows that are alike count once",
        )


def _item(history: pd.DataFrame, national: dict[str, str]) -> AgendaItem:
    """history: all rows of one item, in order of days."""
    last, first = history.iloc[-1], history.iloc[0]
    level, region, item = str(last["level"]), str(last["region"]), str(last["item"])
    return AgendaItem(
        id=f"{region or level}.{item}",
        level=cast(AgendaLevel, level),
        region=region,
        item=item,
        theme=str(last["theme"]),
        national=item if level == "national" else national.get(str(last["theme"]), ""),
        status=cast(AgendaStatus, str(last["status"])),
        since=str(last["since"]),
        first=str(first["since"]),
        carried_over=len(history) > 1 and last["status"] != STOPPED,
        owner_role=str(last["owner_role"]),
    )


def agenda_table(items: Sequence[AgendaItem]) -> pd.DataFrame:
    """One row an item, columns in the order of its fields."""
    return pd.DataFrame([asdict(item) for item in items], columns=list(AgendaItem.__dataclass_fields__))


def agenda_gaps(items: Sequence[AgendaItem], national: Sequence[str]) -> dict[tuple[Gap, str], int]:
    """What one agenda has and the other lacks: (gap, theme or national item) -> regions in which it runs.

    `not_national`: a theme that runs in a region and belongs to no national item. `stopped_nationally`: one whose item
    was stopped. `asked_nowhere`: an item of the national agenda that was not stopped, and runs in no region. national:
    the ids of the national agenda. What a region stopped it does not ask any more.
    """
    stopped = {i.item for i in items if i.level == "national" and i.status == STOPPED}
    running = [i for i in items if i.level == "region" and i.status != STOPPED]
    asked = {i.national for i in running}
    regions = {i.theme: len({j.region for j in running if j.theme == i.theme}) for i in running}
    gaps: dict[tuple[Gap, str], int] = {}
    for i in running:
        if i.national not in national:
            gaps["not_national", i.theme] = regions[i.theme]
        elif i.national in stopped:
            gaps["stopped_nationally", i.theme] = regions[i.theme]
    return gaps | {("asked_nowhere", id): 0 for id in national if id not in asked and id not in stopped}


def agenda_quantities(items: Sequence[AgendaItem], national: Sequence[str], study: str) -> list[Quantity]:
    """How many items each agenda has, by status and carried over (`agenda_items`, subject `region` or
    `region:status`), and each gap with the number of regions in which it runs (`agenda_gaps`, subject `gap:theme`).

    They count items and regions: no person is in them, and nothing of them is hidden.
    """
    if not items:
        return []
    where = [i.region or i.level for i in items]
    told = [*where, *(f"{w}:{i.status}" for w, i in zip(where, items, strict=True))]
    told += [f"{w}:carried_over" for w, i in zip(where, items, strict=True) if i.carried_over]
    regions = len({i.region for i in items if i.region})
    origin = Origin(study, "study")
    return [
        *(_counted(origin, "agenda_items", s, n, len(items)) for s, n in sorted(Counter(told).items())),
        *(
            _counted(origin, "agenda_gaps", f"{gap}:{id}", n, regions)
            for (gap, id), n in sorted(agenda_gaps(items, national).items())
        ),
    ]


def _counted(origin: Origin, quantity: str, subject: str, n: int, possible: int) -> Quantity:
    method = "items counted" if quantity == "agenda_items" else "regions counted"
    return origin.quantity(quantity, float(n), subject, n=float(n), n_possible=float(possible), method=method)
