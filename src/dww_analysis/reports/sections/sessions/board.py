"""Where groups pasted building blocks: a map of their mean places, numbered, with the names beside it and as a list."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

from dww_analysis.domain.practice import ANGLES, Block
from dww_analysis.reports.picture import Mark, Picture
from dww_analysis.reports.sections.quantity_rows import Row
from dww_analysis.reports.sections.sessions.rows import SessionRows
from dww_analysis.reports.tables import flagged

WIDE, HIGH = 420.0, 300.0  # of the board
ASIDE, ABOVE = 12.0, 24.0  # around it, where its sides are named
KEY, KEY_ROW, KEY_CHARACTERS = 28.0, 17.0, 30  # names beside it
LARGEST, LETTER = 9.0, 11.0
THIRD = 100 / 3
SCATTERED = 50.0  # an interval wider than half the board says nothing of a place
ACROSS, DOWN = ("left", "middle", "right"), ("top", "middle", "bottom")


@dataclass(frozen=True)
class Lay:
    """One block with its number on the map, and the rows of how far it lay from the left and from the top."""

    number: int
    name: str
    left: Row
    top: Row

    @property
    def scattered(self) -> bool:
        """Whether groups pasted it too far apart to name one place."""
        return any(
            float(row["conf_high"]) - float(row["conf_low"]) > SCATTERED for row in (self.left, self.top)
        )

    @property
    def place(self) -> str:
        """One of nine parts of the board, or that there is none."""
        parts = (int(min(float(row["value"]) // THIRD, 2)) for row in (self.top, self.left))
        return (
            "scattered"
            if self.scattered
            else "_".join(n[p] for n, p in zip((DOWN, ACROSS), parts, strict=True))
        )

    @property
    def at(self) -> tuple[float, float]:
        """Where its mark is drawn."""
        x, y = (float(row["value"]) / 100 for row in (self.left, self.top))
        return round(ASIDE + x * WIDE, 1), round(ABOVE + y * HIGH, 1)


def in_order_of_angle(told: SessionRows, blocks: Sequence[Block]) -> list[Block]:
    """Blocks by angle and then by name."""
    return sorted(blocks, key=lambda b: (ANGLES.index(b.angle), told.name("blocks", b.id).casefold()))


def board_of(told: SessionRows) -> Picture | None:
    """The map of a session; None where places were not delivered, or too few groups have one of any block."""
    lays = _lays(told)
    if not lays:
        return None
    words = told.labels.words
    key = list(_key(lays))
    height = max([ABOVE + HIGH + ABOVE, *(mark.y + KEY_ROW / 2 for mark in key)])
    longest = max(len(mark.text) for mark in key)
    return Picture(
        id=f"board-{told.session.id}",
        title=words("board.title", session=told.label),
        alt=_alt(told, lays),
        caption=words("board.caption"),
        lines=tuple(_line(told, lay) for lay in lays),
        width=WIDE + 2 * ASIDE + KEY + 6.2 * longest,
        height=height,
        marks=(*_frame(told), *_dots(lays), *key),
    )


def _lays(told: SessionRows) -> list[Lay]:
    found: list[Lay] = []
    for block in in_order_of_angle(told, told.practice.blocks):
        left, top = told.row("block_left", block.id), told.row("block_top", block.id)
        if left is not None and top is not None and not flagged(left) and not flagged(top):
            found.append(
                Lay(len(found) + 1, told.labels.words.capital(told.name("blocks", block.id)), left, top)
            )
    return found


def _frame(told: SessionRows) -> Iterator[Mark]:
    """The edges of the board and what its sides are called."""
    words, right, low = told.labels.words, ASIDE + WIDE, ABOVE + HIGH
    for y in (ABOVE, low):
        yield Mark("rule", ASIDE, y, WIDE)
    for x in (ASIDE, right):
        yield Mark("upright", x, ABOVE, HIGH)
    for y, side in ((ABOVE - 8, "top"), (low + 16, "bottom")):
        yield Mark("text", ASIDE + WIDE / 2, y, LETTER, words(f"board.side.{side}"), "middle")
    yield Mark("text", ASIDE, low + 16, LETTER, words("board.side.left"))
    yield Mark("text", right, low + 16, LETTER, words("board.side.right"), "end")


def _dots(lays: Sequence[Lay]) -> Iterator[Mark]:
    """A dot or ring for each block, its area by how many groups, with its number where that covers nothing."""
    most = max(float(lay.left["n"]) for lay in lays)
    sizes = {lay.number: round(LARGEST * sqrt(float(lay.left["n"]) / most), 1) for lay in lays}
    for lay in lays:
        yield Mark("ring" if lay.scattered else "dot", *lay.at, sizes[lay.number])
    taken = [(*lay.at, sizes[lay.number]) for lay in lays]
    for lay in lays:
        x, y = _free(lay.at, sizes[lay.number], taken)
        taken.append((x, y - LETTER / 3, LETTER / 2))
        yield Mark("text", x, y, LETTER, str(lay.number), "middle", strong=True)


def _free(
    at: tuple[float, float], size: float, taken: Sequence[tuple[float, float, float]]
) -> tuple[float, float]:
    """The first place beside a dot, of eight around it, on which nothing lies; the emptiest where all are full."""
    far = size + LETTER * 0.8
    ways = ((1, 0), (-1, 0), (0, -1), (0, 1), (0.7, -0.7), (0.7, 0.7), (-0.7, -0.7), (-0.7, 0.7))
    places = [(round(at[0] + far * dx, 1), round(at[1] + far * dy + LETTER / 3, 1)) for dx, dy in ways]
    return max(places, key=lambda place: min(_room(place, taken), 1.0))


def _room(place: tuple[float, float], taken: Sequence[tuple[float, float, float]]) -> float:
    """How far the nearest of what lies there is from the number, in its heights."""
    x, y = place[0], place[1] - LETTER / 3
    return min((sqrt((x - tx) ** 2 + (y - ty) ** 2) - r - LETTER / 2) / LETTER for tx, ty, r in taken)


def _key(lays: Sequence[Lay]) -> Iterator[Mark]:
    """The names with their numbers, beside the map."""
    x, y = ASIDE + WIDE + KEY, ABOVE + LETTER
    for lay in lays:
        yield Mark("text", x, y, LETTER, str(lay.number), "end", strong=True)
        for line in textwrap.wrap(lay.name, KEY_CHARACTERS):
            yield Mark("text", x + 8, y, LETTER, line)
            y += KEY_ROW


def _line(told: SessionRows, lay: Lay) -> str:
    """One block in words: where it lay, with the intervals."""
    words = told.labels.words
    return words.many(
        "board.line", float(lay.left["n"]), number=lay.number, block=lay.name, place=words(f"board.place.{lay.place}"),
        left=_measured(told, lay.left), top=_measured(told, lay.top),
    )  # fmt: skip


def _measured(told: SessionRows, row: Row) -> str:
    words = told.labels.words
    low, high = float(row["conf_low"]), float(row["conf_high"])
    return f"{words.number(float(row['value']), 0)} {words.bracket(low, high, 0)}"


def _alt(told: SessionRows, lays: Sequence[Lay]) -> str:
    """How many blocks there are, and which lay in which part; the list below says the rest."""
    words = told.labels.words
    names: dict[str, list[str]] = {}
    for lay in lays:
        names.setdefault(lay.place, []).append(words.quoted(lay.name))
    said = (
        words(
            "board.in_part", place=words.capital(words(f"board.place.{place}")), blocks=words.listing(blocks)
        )
        for place, blocks in names.items()
    )
    return " ".join([words.many("board.alt", len(lays)), *said, words("board.alt_list")])
