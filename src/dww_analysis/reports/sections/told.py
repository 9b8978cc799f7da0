"""What a unit wrote back, in the words of its sheet: the last round first, this round in its four boxes, its counts.

Values only, no markup: what is printed stands in `ToldSaid`, cut to what two sides of paper hold. Cut texts end in an
ellipsis, and what is left out is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dww_analysis.domain.cycle import QUESTIONS, Action, Interpretation, Series, Told
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels

SIGNS = {"open": "○", "running": "→", "done": "✓", "stopped": "×"}
MOST, MOST_WITH_SHARED = (3, 2, 0), (2, 1, 2)  # actions, answers and shared answers on the front
MOST_IN_BOX = 2  # of each question on the back
LONGEST_ACTION, LONGEST_LINE, LONGEST_IN_BOX = 120, 92, 105  # characters
WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM = 870, 330, 60, 20, 46, 44  # of the picture of counts
DIGIT = 18  # width of a character at its axis
MOST_ROWS = 20  # counts in the table


@dataclass(frozen=True)
class ActionLine:
    """One agreement: its sign and status, and what it is."""

    sign: str
    status: str
    said: str


@dataclass(frozen=True)
class Dot:
    """One count in the picture. off: whether it is off the median and judged."""

    x: float
    y: float
    off: bool


@dataclass(frozen=True)
class Chart:
    """The run chart: the words beside it, the geometry of its picture, and its table."""

    heading: str
    key: str
    found: tuple[str, ...]
    alt: str
    dots: tuple[Dot, ...]
    left: float
    median: float
    median_label: str
    break_x: float | None
    break_label: str
    days: tuple[tuple[float, str, str], ...]  # x, anchor, day under the axis
    ends: tuple[tuple[float, str], ...]  # y, number at the axis
    table_heading: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ToldSaid:
    """What the sheet prints of the unit's own words, in one language."""

    actions_heading: str
    actions: tuple[ActionLine, ...]
    said_heading: str
    said: tuple[str, ...]
    shared_heading: str
    shared: tuple[str, ...]
    intro: str
    boxes: dict[str, tuple[str, ...]]
    chart: Chart | None
    before: str = ""  # whose last round it was, where it was not the unit's own
    before_heading: str = ""  # where nothing of it is told


def say_told(told: Told | None, labels: Labels) -> ToldSaid | None:
    """The words of one unit; None where it never wrote anything."""
    if told is None:
        return None
    words, last = labels.words, told.last
    actions = last.actions if last is not None else ()
    said = last.interpretations if last is not None else ()
    boxes = {question: _box(told, question, labels) for question in QUESTIONS}
    most, answers, up = MOST_WITH_SHARED if told.shared else MOST
    from_teams = [words("cycle.from_team", text=_about(i, labels)) for i in told.shared[:up]]
    return ToldSaid(
        actions_heading=_part(_agreed_heading(told, labels) if last else "", actions, most, words),
        actions=tuple(_line(a, words) for a in actions[:most]),
        said_heading=_part(words(f"cycle.said_heading{_carried(told)}"), said, answers, words),
        said=tuple(cut(_about(i, labels), LONGEST_LINE) for i in said[:answers]),
        shared_heading=_part(words("cycle.shared_heading"), told.shared, up, words),
        shared=tuple(cut(text, LONGEST_LINE) for text in from_teams),
        intro=words("cycle.back_intro") if any(boxes.values()) else "",
        boxes=boxes,
        chart=_chart(told.series, labels.words) if told.series is not None else None,
        before=words(f"cycle.before_{told.before}") if told.before else "",
        before_heading=words("cycle.before_heading") if told.before == "other" else "",
    )


def cut(text: str, most: int) -> str:
    """At most `most` characters, cut at a word."""
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[:most].rsplit(" ", 1)[0][: most - 1].rstrip(" ,;:.") + "…"


def _part(heading: str, rows: Sequence[Any], most: int, words: Words) -> str:
    """A heading, with how many of the rows stand below it where that is not all."""
    return words("cycle.part", heading=heading, n=most, all=len(rows)) if len(rows) > most else heading


def _carried(told: Told) -> str:
    """The end of the key of a heading about the last round."""
    return "_carried" if told.before == "carried" else ""


def _agreed_heading(told: Told, labels: Labels) -> str:
    """When it was agreed: in the last round, or also before it; and whether by the teams that the unit was made of."""
    last = told.last
    assert last is not None
    older = "_older" if any(action.round < last.round for action in last.actions) else ""
    return labels.words(f"cycle.actions_heading{older}{_carried(told)}", wave=labels.wave(last.round))


def _agreed(action: Action, words: Words) -> str:
    decision = words.capital(words(f"cycle.decision.{action.decision}"))
    return words("cycle.agreed", decision=decision, what=action.what)


def _line(action: Action, words: Words) -> ActionLine:
    """What was agreed, and where it led when there is room."""
    said = _agreed(action, words)
    if action.result and len(said) < LONGEST_ACTION // 2:
        said = f"{said.rstrip('.')}. {words('cycle.result', result=action.result)}"
    return ActionLine(SIGNS[action.status], words(f"cycle.status.{action.status}"), cut(said, LONGEST_ACTION))


def _about(interpretation: Interpretation, labels: Labels) -> str:
    if not interpretation.about:
        return interpretation.text
    outcome = labels.short(interpretation.about)
    return labels.words("cycle.about", outcome=outcome, text=interpretation.text)


def _box(told: Told, question: str, labels: Labels) -> tuple[str, ...]:
    """What this round said to one question; under what to do also what was agreed."""
    said = [_about(i, labels) for i in told.now.interpretations if i.question == question]
    said += [_agreed(a, labels.words) for a in told.now.actions] if question == "act" else []
    texts = [cut(text, LONGEST_IN_BOX) for text in said[:MOST_IN_BOX]]
    if len(said) > MOST_IN_BOX:
        texts[-1] += " " + labels.words.many("cycle.more", len(said) - MOST_IN_BOX)
    return tuple(texts)


# --- the run chart


def _chart(series: Series, words: Words) -> Chart:
    chart = series.chart
    low, high = _axis(chart.values, series.percent)
    ends = tuple((_y(v, low, high), _number(v, series.percent, words)) for v in (low, high))
    left = max(LEFT, 14 + DIGIT * max(len(number) for _, number in ends))
    x = [_x(i, len(chart.values), left) for i in range(len(chart.values))]
    shown = [_number(v, series.percent, words) for v in chart.values]
    rows = list(zip((words.day(d) for d in series.dates), shown, strict=True))
    first, last = words.date(series.dates[0]), words.date(series.dates[-1])
    median, lowest, highest = (
        _number(v, series.percent, words) for v in (chart.median, min(chart.values), max(chart.values))
    )
    return Chart(
        heading=words("cycle.chart.heading", indicator=cut(series.indicator, 60)),
        key=words("cycle.chart.key_frozen" if chart.frozen else "cycle.chart.key_whole"),
        found=tuple(_found(series, words)),
        alt=words(
            "cycle.chart.alt", first=first, last=last, median=median,
            low=lowest, high=highest,
        ),
        dots=tuple(
            Dot(x[i], _y(v, low, high), v != chart.median and i < chart.judged) for i, v in enumerate(chart.values)
        ),
        left=left,
        median=_y(chart.median, low, high),
        median_label=words("cycle.chart.median", value=median),
        break_x=_break_x(series, x, left),
        break_label=words("cycle.chart.break"),
        days=_days(series, x, left, words),
        ends=ends,
        table_heading=words("cycle.chart.table_last", n=MOST_ROWS)
        if len(rows) > MOST_ROWS
        else words("cycle.chart.table", first=first, last=last),
        rows=tuple(rows[-MOST_ROWS:]),
    )  # fmt: skip


def _found(series: Series, words: Words) -> list[str]:
    """What the chart says; that it began before the action comes first."""
    chart = series.chart
    if chart.signal in ("too_few", "none"):
        return [words(f"cycle.chart.{chart.signal}")]
    run = chart.signal in ("run", "both")
    said = [words("cycle.chart.before")] if run and chart.starts_before else []
    if run:
        said.append(words(f"cycle.chart.{'above' if chart.run_above else 'below'}", n=chart.longest_run))
    elif chart.crossings:
        said.append(words.many("cycle.chart.crossings", chart.crossings))
    else:
        said.append(words("cycle.chart.never"))
    said.append(words("cycle.chart.signal"))
    said.append(words("cycle.chart.cause" if series.break_date else "cycle.chart.cause_unknown"))
    if chart.judged < len(chart.values) and series.break_before is not None:
        day, n = words.date(series.dates[chart.judged - 1]), chart.judged - series.break_before
        said.append(words("cycle.chart.judged", date=day, n=n))
    return said


def _number(value: float, percent: bool, words: Words) -> str:
    """A count with the decimals it has, at most one; a share as a whole percentage."""
    if percent:
        return f"{words.number(value, 0)}%"
    return words.plain(value)


def _axis(values: Sequence[float], percent: bool) -> tuple[float, float]:
    """Lowest and highest number at the axis: from zero, and shares up to a hundred."""
    return 0.0, 100.0 if percent else max(max(values), 1.0)


def _x(position: int, count: int, left: float) -> float:
    return round(left + (WIDE - left - RIGHT) * (position + 0.5) / count, 1)


def _y(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low)
    return round(HIGH - BOTTOM - share * (HIGH - TOP - BOTTOM), 1)


def _break_x(series: Series, x: Sequence[float], left: float) -> float | None:
    """Between the last count before the action and the first one after."""
    at = series.break_before
    if at is None:
        return None
    return round((x[at - 1] + x[at]) / 2, 1) if at else float(left)


def _days(
    series: Series, x: Sequence[float], left: float, words: Words
) -> tuple[tuple[float, str, str], ...]:
    """The first and the last day."""
    first, last = words.date(series.dates[0]), words.date(series.dates[-1])
    if len(x) < 2:
        return ((x[0], "middle", first),)
    return ((float(left), "start", first), (float(WIDE - RIGHT), "end", last))
