"""Who took part: teams and persons from allocation through every wave, as boxes and as a list.

The boxes and the list come from the same counts as the flow table. One column per arm; without arms that
persons stay in one per sample of persons.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from dww_analysis.domain.measurements import FLOW_MOVES, FLOW_STEPS
from dww_analysis.domain.study import Study
from dww_analysis.figures.drawing import (
    BAND,
    INK,
    PAPER,
    SOFT,
    WIDTH,
    Drawing,
    Words,
    arm_style,
    new_figure,
    style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BOX, GAP = 0.6, 0.46  # heights in inches


@dataclass(frozen=True)
class Stage:
    """One box: a heading, the counts in it, and what is said beside the arrow that leads to it."""

    heading: str
    counts: str
    beside: str = ""


class Spot(NamedTuple):
    """Where a box stands, in inches: its middle, its top and its width."""

    x: float
    y: float
    width: float


def draw_flow(flow: pd.DataFrame, *, study: Study, words: Words, name: str = "flow") -> Drawing | None:
    """The participant flow; None when the table has no counts of teams or persons.

    flow: columns source, sample, wave, level (row, person, team, organisation), arm ("" is all arms), step, reason,
    count. Steps that are drawn: allocated (teams) and, at each wave, answered (teams and persons) with persons
    newly in, missed (back later), left and moved team. A count may be text such as `<8`.
    """
    words = words.named(study.level_labels, study.unit)
    counts = tidy_flow(flow)
    columns = _columns(counts, study, words)
    columns = {head: stages for head, stages in columns.items() if stages}
    if not columns:
        return None
    with style():
        figure = _draw(columns, _top(counts, study, words), study)
    lines = [
        ": ".join(p for p in (head, f"{s.heading}, {s.counts}" + (f" ({s.beside})" if s.beside else "")) if p)
        for head, stages in columns.items()
        for s in stages
    ]
    top = _top(counts, study, words)
    return Drawing(
        name=name,
        kind="flow",
        subject="",
        language=words.language,
        figure=figure,
        title=_title(columns, words),
        subtitle=words.capital(words(f"figure.flow.subtitle{'' if _in_teams(counts) else '_persons'}")),
        caption=words(f"figure.flow.caption_{_counted(counts, study)}"),
        alt=words("figure.flow.alt")
        + " "
        + "; ".join(f"{h}: {s[-1].counts}" if h else s[-1].counts for h, s in columns.items()),
        long_description="\n".join(([top] if top else []) + lines),
        data=counts,
    )


def _counted(counts: pd.DataFrame, study: Study) -> str:
    """What was counted: arms, waves, or only who answered where persons cannot be recognised."""
    if (counts["step"] == "unknown").any():
        return "unrecognised"
    own = "arms" if study.groups else "waves"
    return own if _in_teams(counts) else f"{own}_persons"


def _in_teams(counts: pd.DataFrame) -> bool:
    """Whether anybody answered from a team that is known."""
    return bool((counts["level"].eq("team") & counts["step"].eq("answered")).any())


def tidy_flow(flow: pd.DataFrame) -> pd.DataFrame:
    """The rows about teams, persons and organisations, with one word per step."""
    counts = flow[flow["level"].isin(["team", "person", "organisation"])].copy()
    counts["step"] = counts["step"].map(FLOW_STEPS)
    counts["arm"] = counts["arm"].fillna("").astype(str)
    counts = counts[counts["step"].notna()]
    kept = [c for c in ("sample", "wave", "level", "arm", "step", "count") if c in counts]
    return counts[kept].drop_duplicates(subset=kept[:-1]).reset_index(drop=True)


def _count(counts: pd.DataFrame, **where: Any) -> Any:
    rows = counts
    for column, value in where.items():
        rows = rows[rows[column].isna() if value is None else rows[column] == value]
    return None if rows.empty else rows["count"].iloc[0]


def _columns(counts: pd.DataFrame, study: Study, words: Words) -> dict[str, list[Stage]]:
    if study.groups:
        return {
            words.say(a.label): _stages(counts[counts["arm"] == a.id], study, words) for a in study.groups
        }
    one = len(study.samples) == 1
    return {
        "" if one else words.say(label): _stages(
            counts[(counts["sample"] == sample) & (counts["arm"] == "")], study, words
        )
        for sample, label in study.samples.items()
    }


def _stages(counts: pd.DataFrame, study: Study, words: Words) -> list[Stage]:
    stages = []
    units = _count(counts, step="allocated", level=study.unit)
    if study.has_arms and units is not None:
        stages.append(Stage(words("figure.flow.allocated"), words.amount("unit", units)))
    for wave in study.waves:
        at = counts[pd.to_numeric(counts["wave"], errors="coerce") == wave.number]
        persons = _count(at, step="answered", level="person")
        if persons is None:
            continue
        beside = []
        for step in FLOW_MOVES:
            n = _count(at, step=step, level="person")
            if n is not None and n != 0 and str(n) != "0":
                beside.append(words(f"figure.flow.{step}", n=words.count(n)))
        amount = _amount(_count(at, step="answered", level="team"), persons, words)
        stages.append(Stage(words.say(wave.label), amount, ", ".join(beside) if wave.number else ""))
    return stages


def _amount(teams: Any, persons: Any, words: Words) -> str:
    """`124 persons in 12 teams`, or the one of the two that is known."""
    said = {
        level: words.amount(level, n) for level, n in (("team", teams), ("person", persons)) if n is not None
    }
    if len(said) < 2:
        return "".join(said.values())
    return words("figure.flow.persons_in_teams", persons=said["person"], teams=said["team"])


def _top(counts: pd.DataFrame, study: Study, words: Words) -> str:
    if not study.groups:
        return ""
    units = pd.to_numeric(
        counts.loc[
            (counts["step"] == "allocated") & (counts["level"] == study.unit) & (counts["arm"] != ""), "count"
        ],
        errors="coerce",
    )
    if units.empty or units.isna().any():
        return ""
    return words(
        "figure.flow.top_" + ("lot" if study.by_lot else "given"),
        units=words.amount("unit", float(units.sum())),
    )


def _draw(columns: dict[str, list[Stage]], top: str, study: Study) -> Any:
    rows = max(len(s) for s in columns.values())
    share = WIDTH / len(columns)
    box = min(3.1, share - 0.3)
    heads = ["\n".join(textwrap.wrap(head, int(box * 10))) for head in columns]
    head = 0.14 + 0.16 * max(h.count("\n") + 1 for h in heads) if any(columns) else 0.0
    height = 0.2 + (BOX + GAP if top else 0) + head + rows * BOX + (rows - 1) * GAP
    figure = new_figure(height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, height))
    axes.axis("off")
    y = height - 0.1
    centres = [share * (i + 0.5) for i in range(len(columns))]
    if top:
        _box(axes, Spot(WIDTH / 2, y, 4.2), "", top, BAND)
        _branches(axes, WIDTH / 2, centres, y - BOX)
        y -= BOX + GAP
    for i, stages in enumerate(columns.values()):
        spot = Spot(centres[i], y - head, box)
        if head:
            colour = arm_style(i)["color"] if study.groups else SOFT
            _draw_head(axes, spot, heads[i], colour)
        _draw_column(axes, spot, stages)
    return figure


def _branches(axes: Axes, middle: float, centres: list[float], y: float) -> None:
    bar = y - GAP / 2 + 0.05
    axes.plot([middle, middle], [y, bar], color=SOFT, lw=1)
    axes.plot([min(centres), max(centres)], [bar, bar], color=SOFT, lw=1)
    for c in centres:
        axes.plot([c, c], [bar, y - GAP], color=SOFT, lw=1)


def _draw_head(axes: Axes, spot: Spot, head: str, colour: str) -> None:
    x, y, width = spot
    axes.plot([x - width / 2, x + width / 2], [y + 0.03] * 2, color=colour, lw=3, solid_capstyle="butt")
    paper = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}
    axes.text(x, y + 0.1, head, ha="center", va="bottom", weight="bold", size=9.5, bbox=paper)


def _draw_column(axes: Axes, spot: Spot, stages: list[Stage]) -> None:
    x, y, width = spot
    for i, stage in enumerate(stages):
        if i:
            axes.annotate(
                "",
                (x - width * 0.38, y),
                (x - width * 0.38, y + GAP),
                arrowprops={"arrowstyle": "-|>", "color": SOFT, "lw": 1, "shrinkA": 0, "shrinkB": 0},
            )
            axes.text(
                x - width * 0.38 + 0.12,
                y + GAP / 2,
                "\n".join(textwrap.wrap(stage.beside, 34)),
                va="center",
                size=7.8,
                color=SOFT,
            )
        _box(axes, Spot(x, y, width), stage.heading, stage.counts, PAPER)
        y -= BOX + GAP


def _box(axes: Axes, spot: Spot, heading: str, counts: str, face: str) -> None:
    from matplotlib.patches import Rectangle

    x, y, width = spot
    axes.add_patch(Rectangle((x - width / 2, y - BOX), width, BOX, facecolor=face, edgecolor=SOFT, lw=1))
    if heading:
        axes.text(x, y - 0.2, heading, ha="center", va="center", size=8.5, color=SOFT)
    axes.text(x, y - (0.42 if heading else BOX / 2), counts, ha="center", va="center", size=9.5, color=INK)


def _title(columns: dict[str, list[Stage]], words: Words) -> str:
    if len(columns) > 2:
        return words("figure.flow.title_groups", n=len(columns))
    parts = [f"{s[-1].counts} ({h})" if h else s[-1].counts for h, s in columns.items()]
    return words("figure.flow.title", parts=words.listing(parts))
