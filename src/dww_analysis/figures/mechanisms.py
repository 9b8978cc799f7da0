"""The theory of change as one picture: nodes from cause to outcome, each arrow with what the study says of it.

An arrow says what it is (effect, difference or association), how sure that is, and its number with the interval. Within
one wave it is dashed. Without data, or where nothing could be estimated, it is grey and says why.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.estimate import truth
from dww_analysis.domain.study import Study
from dww_analysis.domain.theory import Arrow, Node, Theory
from dww_analysis.figures.drawing import (
    ARM_STYLES,
    FAINT,
    INK,
    NARROW,
    PAPER,
    SOFT,
    WIDTH,
    Drawing,
    Words,
    name_lines,
    new_figure,
    style,
)
from dww_analysis.language.theory import points_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ORANGE, BLUE = (str(look["color"]) for look in ARM_STYLES[:2])
BOX_HEIGHT, GAP, MARGIN = 0.52, 0.8, 0.1  # inches
WIDEST_BOX, PORT = 2.1, 0.36  # inches; and where a bent arrow leaves its box, as a share of the width
LINE_HEIGHT, LETTER = 0.135, 0.057  # inches, of the words at an arrow
ALONG = (0.5, 0.4, 0.6, 0.32, 0.68, 0.25, 0.75)  # where on an arrow its words may stand, best first
BENDS = (0.0, 0.5, -0.5, 0.8, -0.8, 1.2, -1.2, 1.7, -1.7, 2.3, -2.3)  # inches aside: past boxes and words
AROUND = (-0.1, 0.3, 0.8, 1.4)  # inches past an edge, towards which a long arrow is drawn
LOOKS: Mapping[str, dict[str, Any]] = {
    "as_expected": {"color": BLUE, "linewidth": 2.2},
    "clear": {"color": BLUE, "linewidth": 2.2},
    "against": {"color": ORANGE, "linewidth": 2.2},
    "unclear": {"color": SOFT, "linewidth": 1.2},
    "": {"color": FAINT, "linewidth": 1.2},
}
Row = Mapping[str, Any]
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Box:
    """A rectangle in inches, by its centre."""

    x: float
    y: float
    width: float
    height: float

    def touches(self, other: Box) -> bool:
        apart_x = abs(self.x - other.x) >= (self.width + other.width) / 2
        return not (apart_x or abs(self.y - other.y) >= (self.height + other.height) / 2)

    def holds(self, points: Points) -> bool:
        """Whether one of the points lies in it."""
        inside = np.abs(points - [self.x, self.y]) < [self.width / 2, self.height / 2]
        return bool(inside.all(axis=1).any())


Route = tuple[Points, Box]


def draw_mechanisms(
    table: pd.DataFrame, *, theory: Theory, study: Study, words: Words, name: str = "mechanisms"
) -> Drawing:
    """The theory with what the table `mechanisms` says of each arrow."""
    words = words.named(study.level_labels, study.unit)
    rows = {r["id"]: r for r in table.to_dict("records") if r["kind"] == "arrow" and truth(r["shown"])}
    with style():
        figure, narrow = (_drawn(theory, rows, words, width) for width in (WIDTH, NARROW))
    lines = [_sentence(arrow, rows[arrow.id], theory, words) for arrow in theory.arrows]
    clear = [r for r in rows.values() if _look(r) not in ("", "unclear")]
    known = [r for r in rows.values() if _look(r)]
    return Drawing(
        name=name,
        kind="mechanisms",
        subject="",
        language=words.language,
        figure=figure,
        narrow=narrow,
        title=_title(len(clear), len(known), words),
        subtitle=words("mechanisms.figure.subtitle"),
        caption=words("mechanisms.figure.caption", points=points_of(theory, words)),
        alt=" ".join(lines),
        long_description="\n".join(lines),
        data=table[(table["kind"] == "arrow")].drop(columns=["through", "by"]),
    )


def _title(clear: int, known: int, words: Words) -> str:
    if not known:
        return words("mechanisms.figure.title_none")
    numbers = {"clear": words.few(clear), "known": words.few(known)}
    return words.many("mechanisms.figure.title", known, **numbers)


def layers_of(theory: Theory) -> list[list[Node]]:
    """Nodes by the longest way that leads to them, in the theory's order: a column of the picture each. Arrows must
    not go round, which `config.theory` refuses."""
    depth = dict.fromkeys((n.id for n in theory.nodes), 0)
    for _ in theory.nodes:
        for arrow in theory.arrows:
            depth[arrow.target] = max(depth[arrow.target], depth[arrow.origin] + 1)
    levels = sorted(set(depth.values()))
    return [[n for n in theory.nodes if depth[n.id] == level] for level in levels]


def _drawn(theory: Theory, rows: Mapping[str, Row], words: Words, width: float) -> Figure:
    """Words at the arrows; numbers with a list below where the words would not fit."""
    layers = layers_of(theory)
    tall = 2 * MARGIN + len(layers) * BOX_HEIGHT + (len(layers) - 1) * GAP
    texts = {a.id: "\n".join(_at_the_arrow(rows[a.id], words)) for a in theory.arrows}
    boxes = _boxes(layers, width, tall)
    routes, legend = _routes(theory, texts, boxes, width), []
    if routes is None:
        numbers = {a.id: str(i) for i, a in enumerate(theory.arrows, 1)}
        routes, legend = _routes(theory, numbers, boxes, width, True), list(_legend(theory, texts, width))
        texts = numbers
    assert routes is not None  # where anything goes there is a way
    below = LINE_HEIGHT * len(legend) + (MARGIN if legend else 0.0)
    figure = new_figure(tall + below, width)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(-below, tall)
    axes.axis("off")
    for arrow in theory.arrows:
        _draw_arrow(axes, arrow, rows[arrow.id], texts[arrow.id], routes[arrow.id])
    for node in theory.nodes:
        _draw_node(axes, node, boxes[node.id], words)
    axes.text(MARGIN, 0, "\n".join(legend), va="top", size=7.5, color=INK, linespacing=1.2)
    return figure


def _legend(theory: Theory, texts: Mapping[str, str], width: float) -> Iterator[str]:
    """A numbered line for every arrow, broken where the page ends."""
    for i, arrow in enumerate(theory.arrows, 1):
        said = texts[arrow.id].replace("\n", ", ")
        yield from textwrap.wrap(f"{i}  {said}", int((width - 2 * MARGIN) / LETTER), subsequent_indent="    ")


def _boxes(layers: Sequence[Sequence[Node]], width: float, height: float) -> dict[str, Box]:
    found = {}
    for level, nodes in enumerate(layers):
        y = height - MARGIN - BOX_HEIGHT / 2 - level * (BOX_HEIGHT + GAP)
        space = width / len(nodes)
        for i, node in enumerate(nodes):
            found[node.id] = Box((i + 0.5) * space, y, min(space - 0.2, WIDEST_BOX), BOX_HEIGHT)
    return found


def _draw_node(axes: Axes, node: Node, box: Box, words: Words) -> None:
    from matplotlib.patches import Rectangle

    known = node.measured
    corner = (box.x - box.width / 2, box.y - box.height / 2)
    look: dict[str, Any] = {"facecolor": PAPER, "edgecolor": INK if known else SOFT, "linewidth": 1.0}
    axes.add_patch(
        Rectangle(corner, box.width, box.height, linestyle="-" if known else (0, (3, 2)), zorder=3, **look)
    )
    label = name_lines(words.say(node.short or node.label), max(int(box.width / 0.075), 8), 2)
    below = "" if known else words("mechanisms.figure.not_measured")
    below = words("mechanisms.figure.team_mean") if node.level == "team" and known else below
    text = "\n".join(label)
    up = 0.09 if below else 0.0
    axes.text(
        box.x, box.y + up, text, ha="center", va="center", size=8.5, color=INK, zorder=4, linespacing=1.05
    )
    if below:
        low = box.y - box.height / 2 + 0.04
        axes.text(box.x, low, below, ha="center", va="bottom", size=7, color=SOFT, zorder=4)


def _draw_arrow(axes: Axes, arrow: Arrow, row: Row, text: str, route: Route) -> None:
    line, place = route
    look = LOOKS[_look(row)]
    dashed = (0, (3, 1.5)) if arrow.lag == 0 else "-"
    axes.plot(*line[:-1].T, linestyle=dashed, zorder=1, solid_capstyle="butt", **look)
    axes.annotate(
        "", line[-1], line[-4], zorder=1,
        arrowprops={"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, "mutation_scale": 11, **look},
    )  # fmt: skip
    axes.text(
        place.x, place.y, text, ha="center", va="center", size=7.5, linespacing=1.2, zorder=5,
        color=INK if _look(row) else SOFT,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.2},
    )  # fmt: skip


def _routes(
    theory: Theory, texts: Mapping[str, str], boxes: Mapping[str, Box], width: float, anyhow: bool = False
) -> dict[str, Route] | None:
    """arrow -> its line and where its words stand, short arrows first: the others go round them. None where the
    words of one have no place, unless `anyhow`."""
    routes: dict[str, Route] = {}
    taken = list(boxes.values())
    for arrow in sorted(theory.arrows, key=lambda a: boxes[a.origin].y - boxes[a.target].y):
        ends, text = (boxes[arrow.origin], boxes[arrow.target]), texts[arrow.id]
        lines = list(_lines(*ends, width))
        found = _first_free([w for w in lines if _passes(w, taken, ends, width)], text, taken, width)
        if found is None and not anyhow:
            return None
        past_boxes = [w for w in lines if _passes(w, boxes.values(), ends, width)]
        found = found or _first_free([*past_boxes, *lines], text, taken, width)
        found = found or (lines[0], next(_places(lines[0], text)))
        routes[arrow.id] = found
        taken.append(found[1])
    return routes


def _first_free(lines: Sequence[Points], text: str, taken: Sequence[Box], width: float) -> Route | None:
    """The first line with a free place for its words."""
    for line in lines:
        for place in _places(line, text):
            inside = place.width / 2 <= place.x <= width - place.width / 2
            if inside and not any(place.touches(b) for b in taken):
                return line, place
    return None


def _passes(line: Points, taken: Iterable[Box], ends: Sequence[Box], width: float) -> bool:
    """Whether a line stays on the page and meets nothing but its two ends."""
    inside = bool((line[:, 0] > 0).all() and (line[:, 0] < width).all())
    return inside and not any(b.holds(line) for b in taken if b not in ends)


def _lines(start: Box, end: Box, width: float) -> Iterator[Points]:
    """Ways from the foot of one box to the head of another: straight, bent, or round by an edge of the page."""
    for bend in BENDS:
        side = float(np.sign(bend)) * PORT
        a, b = _foot(start, side), _head(end, side)
        middle = (a + b) / 2 + [1.33 * bend, 0.0]
        yield _curve(a, middle, middle, b)
    for out in AROUND:
        for side, x in ((-PORT, -out), (PORT, width + out)):
            a, b = _foot(start, side), _head(end, side)
            yield _curve(a, np.array([x, a[1]]), np.array([x, b[1]]), b)


def _foot(box: Box, side: float) -> Points:
    return np.array([box.x + side * box.width, box.y - box.height / 2])


def _head(box: Box, side: float) -> Points:
    return np.array([box.x + side * box.width, box.y + box.height / 2])


def _curve(a: Points, b: Points, c: Points, d: Points) -> Points:
    """(40, 2) points of a cubic Bezier curve."""
    t = np.linspace(0, 1, 40)[:, None]
    line: Points = (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * b + 3 * t**2 * (1 - t) * c + t**3 * d
    return line


def _places(line: Points, text: str) -> Iterator[Box]:
    lines = text.split("\n")
    width, height = LETTER * max(map(len, lines)) + 0.06, LINE_HEIGHT * len(lines) + 0.03
    for share in ALONG:
        x, y = line[int(share * (len(line) - 1))]
        yield Box(float(x), float(y), width, height)


def _look(row: Row) -> str:
    """The word of the evidence; "" where there is no estimate to show."""
    return "" if truth(row.get("suppressed")) or row["remark"] else str(row["evidence"])


def _at_the_arrow(row: Row, words: Words) -> Iterator[str]:
    if not _look(row):
        yield words(
            "mechanisms.remark.suppressed" if not row["remark"] else f"mechanisms.remark.{row['remark']}"
        )
        return
    yield words(
        "mechanisms.figure.said",
        noun=words(f"mechanisms.noun.{row['noun']}"),
        sure=words(f"mechanisms.evidence.{row['evidence']}"),
    )
    decimals = words.decimals(row["std_error"])
    yield (
        f"{words.number(row['estimate'], decimals)} "
        f"{words.bracket(row['conf_low'], row['conf_high'], decimals)}"
    )


def _sentence(arrow: Arrow, row: Row, theory: Theory, words: Words) -> str:
    ends = {
        k: words.say(theory.node(n).label) for k, n in (("cause", arrow.origin), ("outcome", arrow.target))
    }
    said = ", ".join(_at_the_arrow(row, words))
    key = "mechanisms.figure.line_same_wave" if arrow.lag == 0 else "mechanisms.figure.line"
    return words(key, said=said, **ends)
