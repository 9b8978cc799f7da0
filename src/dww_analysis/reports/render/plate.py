"""Where everything stands on the talking picture: A3 landscape in millimetres, every text measured before it is placed.

Nothing is decided here but places and sizes. No text is smaller than 3.6 mm (10 pt) and no name of a stop than 6 mm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from dww_analysis.reports.render.fonts import ASCENT, DESCENT, PITCH, cut, height, width, wrap
from dww_analysis.reports.sections.stops import StopSaid

WIDE, HIGH, MARGIN = 420, 297, 16
SMALLEST = 3.6
STOP = (75.0, 55.0)  # a stop's width and height
TOPS = (84.0, 55.5)  # of stops that stand low, and high
ROADS = (154.0, 125.5)  # where the road passes them
KEY_RADIUS = 2.5  # of a sign
AIR = 0.6  # around a text
NAME = 6.0
BODY = (4.6, 4.4, 4.2, 4.0, 3.8, SMALLEST)
# Sizes of the title and of what stands below it, the first that fits; and how far down both may reach.
HEADS = (
    *((13.5, 6.0), (12.0, 5.6), (10.5, 5.2), (9.0, 5.0), (8.0, 4.6), (7.0, 4.4)),
    *((6.2, 4.2), (5.6, 4.0), (5.0, 3.8), (4.6, SMALLEST)),
)
HEAD_END = 43.0
BOX_TOP, BOX_HIGH = 190.0, 78.0
BOXES = ((16.0, 94.0), (115.5, 94.0), (215.0, 94.0), (314.5, 89.5))  # left and width
ROWS = (276.0, 282.0, 288.0)  # base lines of the key
STORY_GAP = 2.2  # between two stories
INK, SOFT = "#20303a", "#46545e"


@dataclass(frozen=True)
class Piece:
    """Lines of one text. box: left, top, width and height that they stay in; estimate: the id of what it prints."""

    box: tuple[float, float, float, float]
    lines: tuple[tuple[float, float, str], ...]  # left, base line, text
    size: float
    bold: bool = False
    colour: str = INK
    estimate: str = ""

    @property
    def data_box(self) -> str:
        """The box as an SVG would write it, with a little air for letters that reach out at their side."""
        left, top, wide, high = self.box
        return f"{left - AIR:.2f} {top - AIR / 4:.2f} {wide + 2 * AIR:.2f} {high + AIR / 2:.2f}"


@dataclass(frozen=True)
class Place:
    """One stop as it is drawn."""

    left: float
    top: float
    road: float
    sign: str
    strong: bool
    pieces: tuple[Piece, ...]
    lines: tuple[float, ...] = ()  # to write on

    @property
    def middle(self) -> float:
        return self.left + STOP[0] / 2


@dataclass(frozen=True)
class WritingBox:
    """A box along the bottom. bars: (left, top, width, tier) of themes."""

    kind: str
    left: float
    wide: float
    pieces: tuple[Piece, ...]
    lines: tuple[float, ...] = ()
    bars: tuple[tuple[float, float, float, str], ...] = ()


@dataclass(frozen=True)
class Ask:
    """A heading and a question with lines to write on."""

    kind: str
    heading: str
    question: str


@dataclass(frozen=True)
class Themes:
    """What people in a session found important. bars: (name, share, tier)."""

    heading: str
    source: str
    bars: Sequence[tuple[str, float, str]]
    key: str
    kind: str = field(default="themes", init=False)


@dataclass(frozen=True)
class Stories:
    """What people shared, in quotation marks. more: of how many are left out -> the words for it."""

    heading: str
    texts: Sequence[str]
    more: Callable[[int], str]
    kind: str = field(default="stories", init=False)


def piece(
    text: str, left: float, top: float, wide: float, size: float, *, bold: bool = False, colour: str = INK,
    estimate: str = "",
) -> Piece:  # fmt: skip
    """A text from its top left corner, broken where it meets the other side: a Piece with its lines and its box.
    left, top, wide and size in millimetres. estimate: the id of the estimate that it prints, "" for none."""
    lines = wrap(text, wide, size, bold)
    base = [top + ASCENT * size + i * PITCH * size for i in range(len(lines))]
    placed = tuple((round(left, 2), round(y, 2), line) for y, line in zip(base, lines, strict=True))
    high = (ASCENT + DESCENT + (len(lines) - 1) * PITCH) * size
    box = (round(left, 2), round(top, 2), round(wide, 2), round(high, 2))
    return Piece(box, placed, size, bold, colour, estimate)


def header(title: str, lead: Sequence[str]) -> tuple[Piece, ...]:
    """The title and what was done, as large as the head has room for. Where nothing is small enough the last sentences
    fall away, and of the title what more than three lines would take."""
    wide = WIDE - 2 * MARGIN
    for n in range(len(lead), 0, -1):
        for large, small in HEADS:
            found = _headed(title, " ".join(lead[:n]), wide, large, small)
            if sum(found[-1].box[i] for i in (1, 3)) <= HEAD_END:
                return found
    large, small = HEADS[-1]
    shorter = cut(title, 3, wide, large, True), cut(lead[0], 3, wide, small)
    return _headed(*shorter, wide, large, small)


def _headed(title: str, text: str, wide: float, large: float, small: float) -> tuple[Piece, Piece]:
    first = piece(title, MARGIN, 5, wide, large, bold=True)
    return first, piece(text, MARGIN, first.box[1] + first.box[3] + 1, wide, small, colour=SOFT)


def places_of(stops: Sequence[StopSaid], *, empty: bool = False, ask: Sequence[str] = ()) -> list[Place]:
    """Every stop in its place, low and high by turns. empty: lines to write on instead of what was found, under the
    two questions `ask`."""
    step = (WIDE - 2 * MARGIN - STOP[0]) / max(len(stops) - 1, 1)
    return [
        (_empty if empty else _filled)(stop, MARGIN + i * step, TOPS[i % 2], ROADS[i % 2], tuple(ask))
        for i, stop in enumerate(stops)
    ]


def _name(stop: StopSaid, left: float, top: float) -> tuple[Piece, float]:
    """A stop's name beside its sign, and where what follows begins."""
    lines = len(wrap(stop.name, STOP[0] - 18, NAME, True))
    first = top + (5.5 if lines == 1 else 3)
    named = piece(stop.name, left + 15.5, first, STOP[0] - 18, NAME, bold=True)
    return named, max(top + 16.5, named.box[1] + named.box[3] + 1)


def _filled(stop: StopSaid, left: float, top: float, road: float, _: tuple[str, ...]) -> Place:
    named, start = _name(stop, left, top)
    room = (left + 4, start, STOP[0] - 7.5, top + STOP[1] - 2 - start)
    tries = ((said, size) for said in (stop.saw, stop.counted) for size in BODY)
    body: list[Piece] = []
    for said, size in tries:
        body = _body(said, stop, room, size)
        if body[-1].box[1] + body[-1].box[3] <= room[1] + room[3]:
            break
    return Place(left, top, road, stop.sign, stop.strong, (named, *body))


def _body(
    said: Sequence[tuple[str, str]], stop: StopSaid, room: tuple[float, float, float, float], size: float
) -> list[Piece]:
    """What was found, and how sure: behind all of it where that is true of all, else behind the first."""
    left, top, wide, _ = room
    after = len(said) if stop.alike else 1
    texts = [(text, estimate, INK) for estimate, text in said]
    texts.insert(after, (stop.sure, stop.lead, SOFT))
    pieces: list[Piece] = []
    for text, estimate, colour in texts:
        top += 1.2 if pieces and colour != pieces[-1].colour else 0
        pieces.append(piece(text, left, top, wide, size, colour=colour, estimate=estimate))
        top += height(len(pieces[-1].lines), size)
    return pieces


def _empty(stop: StopSaid, left: float, top: float, road: float, ask: tuple[str, ...]) -> Place:
    named, start = _name(stop, left, top)
    asked = [
        piece(a, left + 4, y, STOP[0] - 8, 4.0, colour=SOFT)
        for a, y in zip(ask, (start, top + 40), strict=True)
    ]
    lines = (start + 11, start + 19, top + 52)
    return Place(left, top, road, "blank", True, (named, *asked), lines)


def road_paths(places: Sequence[Place]) -> list[str]:
    """The curve from each stop to the next, as `d` of an SVG path; one fewer than there are places, none of a single
    one."""
    found = []
    for a, b in pairwise(places):
        bend = (b.middle - a.middle) * 0.48
        ends = (
            f"{a.middle:g} {a.road:g}C{a.middle + bend:g} {a.road + 6:g} {b.middle - bend:g} {b.road - 2:g}"
        )
        found.append(f"M{ends} {b.middle:g} {b.road:g}")
    return found


def boxes_of(contents: Sequence[Ask | Themes | Stories]) -> list[WritingBox]:
    """The four boxes along the bottom, one for each of `contents` in their order (ValueError for another number);
    what asks has one size in all of them."""
    asks = [(c, wide - 12) for c, (_, wide) in zip(contents, BOXES, strict=True) if isinstance(c, Ask)]
    sizes = (
        min(_fitting(a.heading, wide, (7.2, 6.6, 6.0, 5.6, 5.2), 1, True) for a, wide in asks),
        min(_fitting(a.question, wide, BODY, 2) for a, wide in asks),
    )
    return [_box(content, left, wide, sizes) for content, (left, wide) in zip(contents, BOXES, strict=True)]


def _box(content: Ask | Themes | Stories, left: float, wide: float, sizes: tuple[float, float]) -> WritingBox:
    if isinstance(content, Themes):
        return _themes(content, left, wide)
    if isinstance(content, Stories):
        return _stories(content, left, wide)
    return _ask(content, left, wide, *sizes)


def _fitting(text: str, wide: float, sizes: Sequence[float], lines: int, bold: bool = False) -> float:
    """The largest of these sizes at which so many lines hold a text; else the smallest."""
    return next((s for s in sizes if len(wrap(text, wide, s, bold)) <= lines), sizes[-1])


def _ask(content: Ask, left: float, wide: float, large: float, small: float) -> WritingBox:
    head = piece(content.heading, left + 6, BOX_TOP + 7, wide - 12, large, bold=True)
    asked = piece(content.question, left + 6, head.box[1] + head.box[3] + 0.5, wide - 12, small, colour=SOFT)
    below = asked.box[1] + asked.box[3] + 6
    lines = tuple(BOX_TOP + BOX_HIGH - 8 - 9 * i for i in range(5))[::-1]
    return WritingBox(content.kind, left, wide, (head, asked), tuple(y for y in lines if y > below))


def _themes(content: Themes, left: float, wide: float) -> WritingBox:
    x, room = left + 6, wide - 12
    size = _fitting(content.heading, room, (7.2, 6.6, 6.0, 5.6, 5.2, 4.8), 1, True)
    head = piece(content.heading, x, BOX_TOP + 5.5, room, size, bold=True)
    small = _fitting(content.source, room, (4.0, SMALLEST), 2)
    source = cut(content.source, 2, room, small)
    told = piece(source, x, head.box[1] + head.box[3] + 0.3, room, small, colour=SOFT)
    high = height(len(wrap(content.key, room, SMALLEST)), SMALLEST)
    key = piece(content.key, x, BOX_TOP + BOX_HIGH - 1.5 - high, room, SMALLEST, colour=SOFT)
    top = told.box[1] + told.box[3] + 0.8
    step = (key.box[1] - top) / max(len(content.bars), 1)
    longest = max((share for _, share, _ in content.bars), default=1) or 1
    names, bars = [], []
    for i, (name, share, tier) in enumerate(content.bars):
        bold = tier == "sure_top3"
        fits = _fitting(name, room, (4.4, 4.0, SMALLEST), 1, bold)
        short = cut(name, 1, room, fits, bold)
        names.append(piece(short, x, top + i * step, room, fits, bold=bold))
        below = names[-1].box[1] + names[-1].box[3]
        bars.append((round(x, 2), round(below, 2), round(room * share / longest, 2), tier or "none"))
    return WritingBox("themes", left, wide, (head, told, *names, key), (), tuple(bars))


def _stories(content: Stories, left: float, wide: float) -> WritingBox:
    """As many whole stories as there is room for; of the first as much as fits where not one has room."""
    x, room = left + 6, wide - 12
    size = _fitting(content.heading, room, (7.2, 6.6, 6.0, 5.6, 5.2, 4.8), 1, True)
    head = piece(content.heading, x, BOX_TOP + 5.5, room, size, bold=True)
    top, low = head.box[1] + head.box[3] + 1.5, BOX_TOP + BOX_HIGH - 2
    told = next((t for s in BODY if len(t := _told(content, x, top, low, room, s)) >= len(content.texts)), [])
    told = told or max((_told(content, x, top, low, room, s) for s in BODY), key=len)
    if not told:
        lines = int((low - top - 2 * height(1, SMALLEST)) / height(1, SMALLEST))
        quoted, end = content.texts[0][:-1], content.texts[0][-1]
        text = cut(quoted, lines, room - width(end, SMALLEST), SMALLEST) + end
        told = [piece(text, x, top, room, SMALLEST)]
    absent = len(content.texts) - len(told)
    if absent:
        words = content.more(absent)
        high = height(len(wrap(words, room, SMALLEST)), SMALLEST)
        told.append(piece(words, x, low - high, room, SMALLEST, colour=SOFT))
    return WritingBox(content.kind, left, wide, (head, *told))


def _told(content: Stories, x: float, top: float, low: float, room: float, size: float) -> list[Piece]:
    """The first stories below each other, as far as they and how many are left out have room."""
    found: list[Piece] = []
    for n, text in enumerate(content.texts, 1):
        absent = len(content.texts) - n
        words = wrap(content.more(absent), room, SMALLEST) if absent else []
        one = piece(text, x, top, room, size)
        if one.box[1] + one.box[3] + height(len(words), SMALLEST) + 1 > low:
            break
        found.append(one)
        top += height(len(one.lines), size) + STORY_GAP
    return found


def key_row(items: Sequence[tuple[str, str]], base: float, before: float) -> list[tuple[float, str, Piece]]:
    """A row of the key: (left of its mark, mark, words). before: room for a mark; "" has none."""
    room = [before if mark else 0.0 for mark, _ in items]
    size = next((s for s in (4.2, 4.0, 3.8) if _row_width(items, s, room) <= WIDE - 2 * MARGIN), SMALLEST)
    found, left = [], float(MARGIN)
    for (mark, text), space in zip(items, room, strict=True):
        wide = width(text, size)
        found.append((left, mark, piece(text, left + space, base - ASCENT * size, wide + 0.1, size)))
        left += space + wide + 6
    return found


def _row_width(items: Sequence[tuple[str, str]], size: float, room: Sequence[float]) -> float:
    return sum(space + width(text, size) + 6 for space, (_, text) in zip(room, items, strict=True)) - 6


def every_piece(
    head: Iterable[Piece], places: Iterable[Place], boxes: Iterable[WritingBox], rows: Iterable[Piece]
) -> Mapping[bool, list[str]]:
    """By whether it is bold (False, True), all lines that are written: what the embedded fonts must hold."""
    pieces = [
        *head,
        *(p for place in places for p in place.pieces),
        *(p for box in boxes for p in box.pieces),
        *rows,
    ]
    return {
        bold: [line for p in pieces if p.bold == bold for _, _, line in p.lines] for bold in (False, True)
    }
