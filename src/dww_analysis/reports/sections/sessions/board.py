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

WIDE, HIGH = 480.0, 340.0  # of the board, between the outermost blocks
EDGE = 22.0  # of the board around these
ASIDE, ABOVE = EDGE + 2, EDGE + 24  # where the first block can lie; above the board its side is named
KEY, KEY_ROW, KEY_CHARACTERS = 34.0, 19.0, 30  # names beside it
LARGEST, LETTER = 9.0, 12.0
CHARACTER = 0.57 * LETTER  # how wide one is, at most
GAP = 4.0  # between a dot and its number
THIRD = 100 / 3
SCATTERED = 50.0  # an interval wider than half the board says nothing of a place
PARTS = (  # of the board, as they lie
    ("top_left", "top_middle", "top_right"),
    ("middle_left", "middle_middle", "middle_right"),
    ("bottom_left", "bottom_middle", "bottom_right"),
)


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
        down, across = (int(min(float(row["value"]) // THIRD, 2)) for row in (self.top, self.left))
        return "scattered" if self.scattered else PARTS[down][across]

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
    height = max([ABOVE + HIGH + EDGE + ABOVE, *(mark.y + KEY_ROW / 2 for mark in key)])
    longest = max(len(mark.text) for mark in key)
    return Picture(
        id=f"board-{told.session.id}",
        title=words("board.title", session=told.label),
        alt=_alt(told, lays),
        caption=words("board.caption"),
        lines=(*(_line(told, lay) for lay in lays), words("board.brackets")),
        width=round(ASIDE + WIDE + EDGE + KEY + CHARACTER * (longest + 1)),
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
    words = told.labels.words
    left, right, top, low = ASIDE - EDGE, ASIDE + WIDE + EDGE, ABOVE - EDGE, ABOVE + HIGH + EDGE
    for y in (top, low):
        yield Mark("rule", left, y, right - left)
    for x in (left, right):
        yield Mark("upright", x, top, low - top)
    for y, side in ((top - 8, "top"), (low + 16, "bottom")):
        yield Mark("text", (left + right) / 2, y, LETTER, words(f"board.side.{side}"), "middle")
    yield Mark("text", left, low + 16, LETTER, words("board.side.left"))
    yield Mark("text", right, low + 16, LETTER, words("board.side.right"), "end")


def _dots(lays: Sequence[Lay]) -> Iterator[Mark]:
    """A dot or ring for each block, its area by how many groups, with its number where that covers nothing."""
    most = max(float(lay.left["n"]) for lay in lays)
    sizes = {lay.number: round(LARGEST * sqrt(float(lay.left["n"]) / most), 1) for lay in lays}
    for lay in lays:
        yield Mark("ring" if lay.scattered else "dot", *lay.at, sizes[lay.number])
    taken = [(*lay.at, sizes[lay.number]) for lay in lays]
    for lay in lays:
        reach = CHARACTER * len(str(lay.number)) / 2
        x, y = _free(lay.at, sizes[lay.number], reach, taken)
        taken.append((x, y, reach))
        yield Mark("text", x, round(y + LETTER / 3, 1), LETTER, str(lay.number), "middle", strong=True)


def _free(
    at: tuple[float, float], size: float, reach: float, taken: Sequence[tuple[float, float, float]]
) -> tuple[float, float]:
    """The middle of the first place beside a dot, of eight around it, on which nothing lies; else of the emptiest.

    reach: half the width of what is put there."""
    far = size + reach + GAP
    ways = ((1, 0), (-1, 0), (0, -1), (0, 1), (0.7, -0.7), (0.7, 0.7), (-0.7, -0.7), (-0.7, 0.7))
    places = [(round(at[0] + far * dx, 1), round(at[1] + far * dy, 1)) for dx, dy in ways]
    return max(places, key=lambda place: min(_room(place, taken) - reach, GAP / 2))


def _room(place: tuple[float, float], taken: Sequence[tuple[float, float, float]]) -> float:
    """How far the nearest of what lies there is from a place."""
    return min(sqrt((place[0] - x) ** 2 + (place[1] - y) ** 2) - r for x, y, r in taken)


def _key(lays: Sequence[Lay]) -> Iterator[Mark]:
    """The names with their numbers, beside the map."""
    x, y = ASIDE + WIDE + EDGE + KEY, ABOVE - EDGE + LETTER
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
    return f"{words.percent(float(row['value']) / 100)} {words.bracket(low, high, 0)}"


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
