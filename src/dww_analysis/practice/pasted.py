"""Building blocks that groups pasted: read, checked and counted by group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import person_code
from dww_analysis.domain.practice import Practice, Quantity
from dww_analysis.domain.study import Source
from dww_analysis.practice.blocks import block_shares, blocks_near, blocks_together, mean_places
from dww_analysis.practice.delivered import Delivered, Listed
from dww_analysis.practice.origin import Origin, bounds_of
from dww_analysis.practice.quantities import in_order
from dww_analysis.practice.reading import CELLS, Counted, once
from dww_analysis.practice.shown import OPEN_FEWEST, HowAsked, hidden_counts

FEWEST_TOGETHER = 2  # groups
AT = ("x", "y")  # where on its board a group pasted a block
PLACES = ("block_left", "block_top")  # quantities: how far from the left and from the top


def read_blocks(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """Rows of session, group, block, value (1: placed), x and y (NaN where its place was not noted).

    Columns of `source.columns`: session, group, block, placed; x (from the left) and y (from the top), its place on the
    board of the group in any unit. Raises one PracticeError: ids that are not in practice.yaml, cells that are not 1 or
    0, one block of a group that is placed and not, x without y, a place of a block that was not placed.
    """
    placed = tuple(c for c in AT if set(AT) & set(source.columns))
    table = Delivered.of(data, source, lines, ("session", "group", "block", "placed", *placed))
    absent = pd.Series(np.nan, index=range(len(table.data)))
    anywhere = "a number", lambda v: np.isfinite(v)
    rows = pd.DataFrame(
        {
            "session": table.named("session", Listed.of(practice, "sessions")),
            "group": table.text("group").map(person_code, na_action="ignore"),
            "block": table.named("block", Listed.of(practice, "blocks")),
            "value": table.numbers("placed", *CELLS["chosen"]),
            **{c: table.numbers(c, *anywhere, absent=True) if placed else absent for c in AT},
        }
    )
    table.refuse(rows["group"].isna(), "group", "no group", "a number or code of the group", "add it")
    _places(table, rows)
    kept = once(table, rows, ["session", "group", "block"])
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))


def _places(table: Delivered, rows: pd.DataFrame) -> None:
    """A place is two numbers, of a block that was placed."""
    given = {c: table.text(c).notna() for c in AT}
    action = "add the other one, or leave both empty"
    for c, other in (AT, AT[::-1]):
        table.refuse(given[other] & ~given[c], c, f"{other} without {c}", "both of them, or neither", action)
    nowhere = given["x"] & given["y"] & (rows["value"] == 0)
    expected = "x and y of blocks that a group placed"
    table.refuse(
        nowhere, "x", "a place of a block that was not placed", expected, "correct `placed` or the place"
    )


def block_quantities(counted: Counted, blocks: tuple[str, ...], asked: HowAsked) -> list[Quantity]:
    """The share of groups that placed each block, by session, which blocks were often together and side by side, and
    where they lay.

    blocks: all that there were.
    A group counts as one, so that a minimum of persons is kept when it is kept by groups.
    """
    found: list[Quantity] = []
    for session, rows in counted.rows.groupby("session"):
        origin = Origin(str(session), asked=asked)
        placed = rows.pivot(index="group", columns="block", values="value")
        found += _session(origin, placed.reindex(columns=list(blocks)).fillna(0))
        if not asked.private and len(placed) >= asked.fewest:
            places = rows[(rows["value"] > 0) & rows["x"].notna()]
            found += [*_near(origin, places), *_lay(origin, places)]
    return in_order(found)


def _session(origin: Origin, placed: pd.DataFrame) -> Iterator[Quantity]:
    n, asked = len(placed), origin.asked
    if not asked.private and n >= asked.fewest:
        yield from _together(origin, placed)
    hidden = hidden_counts((placed > 0).sum(), n, asked.hidden_below)
    for block, share in block_shares(placed).items():
        if n < asked.fewest or hidden[block]:
            yield origin.hidden("block_share", block)
        else:
            yield origin.share("block_share", share, block)


def _together(origin: Origin, placed: pd.DataFrame) -> Iterator[Quantity]:
    """How many groups placed two blocks both (`blocks_together`, subject block:block), from two groups on."""
    for block, other, groups in blocks_together(placed).itertuples(index=False):
        if groups >= FEWEST_TOGETHER:
            own: dict[str, Any] = {"n": float(len(placed)), "method": "groups counted"}
            yield origin.quantity("blocks_together", float(groups), f"{block}:{other}", **own)


def _near(origin: Origin, places: pd.DataFrame) -> Iterator[Quantity]:
    """In how many groups two blocks lay side by side (`blocks_near`, subject block:block), from two groups on, of at
    least three that placed both."""
    for block, other, groups, both in blocks_near(places).itertuples(index=False):
        if groups >= FEWEST_TOGETHER and both >= OPEN_FEWEST:
            own: dict[str, Any] = {"n": float(both), "method": "no other block nearer; groups counted"}
            yield origin.quantity("blocks_near", float(groups), f"{block}:{other}", **own)


def _lay(origin: Origin, places: pd.DataFrame) -> Iterator[Quantity]:
    """Where blocks lay (`block_left` and `block_top`, 0 to 100), of those with a place on three boards or more."""
    for block, means in mean_places(places).items():
        for quantity, mean in zip(PLACES, means, strict=True):
            if mean.n >= OPEN_FEWEST:
                yield origin.quantity(
                    quantity, mean.value, block, **bounds_of(mean), n=float(mean.n),
                    method="mean over boards, each from its outermost blocks; t",
                )  # fmt: skip
