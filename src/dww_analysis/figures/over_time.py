"""What happened since the start, by arm: who used the app in each four weeks, and who had left the employer by when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from dww_analysis.domain.design import first_treated_wave
from dww_analysis.figures.drawing import (
    FAINT,
    INK,
    NARROW,
    SOFT,
    WIDTH,
    Drawing,
    label_ends,
    look_of,
    new_figure,
    style,
)
from dww_analysis.language.labels import Labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WEEKS, MONTHS = 4, 3  # of one period
PANEL, FOOT, ROW = 2.3, 0.5, 0.17  # inches: the panel, its axis, a row of numbers below it
STEPS = 5  # of the axis of shares, at most
BESIDE = 0.8  # inches: names of lines stand a third of that beside the panel


@dataclass(frozen=True, eq=False)
class _Line:
    """One arm: shares of 1 at moments, from the first one on; `below` stands under the axis at each moment."""

    arm: str
    x: tuple[float, ...]
    y: tuple[float, ...]  # NaN where it may not be shown
    below: tuple[str, ...] = ()


def draw_app_periods(periods: pd.DataFrame, *, labels: Labels, name: str = "app") -> Drawing | None:
    """Share of persons who used the app in each four weeks; None where nothing may be shown or nobody used it.

    periods: the safe table `app_periods` of one sample.
    """
    words = labels.words
    rows = _by_arm(periods, labels).sort_values(["week_from"], kind="stable")
    shown = rows[rows["share_users"].notna() & ~rows["suppressed"].astype(bool)]
    if not (shown["share_users"] > 0).any():
        return None
    lines = [
        _Line(arm, tuple(own["week_from"] + 1.5), tuple(own["share_users"].astype(float)))
        for arm, own in rows.groupby("arm", sort=False)
        if own["share_users"].notna().any()
    ]
    top = shown.loc[shown["share_users"].idxmax()]
    said = [_app_line(r, labels) for r in shown.to_dict("records")]
    absent = len(rows) - len(shown)
    minimum = labels.study.min_cell_size
    return Drawing(
        name=name,
        kind="app",
        subject="",
        language=words.language,
        **_drawn(lines, labels, words("figure.app_periods.axis", wave=_start(labels)), WEEKS),
        title=words("figure.app_periods.title", **_app_blanks(top, labels)),
        subtitle=words("figure.app_periods.subtitle", wave=_start(labels)),
        caption=" ".join(
            [
                words("figure.app_periods.caption", persons=_persons(shown, labels)),
                *([words.many("figure.app_periods.hidden", absent, minimum=minimum)] if absent else []),
            ]
        ),
        alt=words("figure.app_periods.alt", **_app_blanks(top, labels)),
        long_description="\n".join(said),
        data=shown[["sample", "arm", "week_from", "week_to", "n_persons", "n_users", "share_users"]],
    )


def _by_arm(table: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Rows in the order of the study's arms."""
    arms = [a.id for a in labels.study.groups]
    named = table.assign(arm=table["arm"].fillna("").astype(str))
    order = named["arm"].map({a: i for i, a in enumerate(arms)}).fillna(len(arms))
    return named.assign(order=order).sort_values("order", kind="stable").drop(columns="order")


def _start(labels: Labels) -> str:
    """The wave from which time is counted."""
    waves = [w.number for w in labels.study.waves]
    return labels.wave(waves[max(waves.index(first_treated_wave(labels.study)) - 1, 0)])


def _of_arm(arm: str, labels: Labels) -> str:
    """The arm as a sentence names it behind what it says; nothing in a study without arms."""
    return labels.words("figure.of_arm", arm=labels.arm(arm)) if labels.study.groups else ""


def _app_blanks(row: Any, labels: Labels) -> dict[str, str]:
    words = labels.words
    weeks = {"from": words.count(row["week_from"]), "to": words.count(row["week_to"])}
    share = words.percent(float(row["share_users"]))
    return {**weeks, "share": share, "arm": _of_arm(str(row["arm"]), labels)}


def _app_line(row: Any, labels: Labels) -> str:
    n, total = labels.words.count(row["n_users"]), labels.words.count(row["n_persons"])
    return labels.words("figure.app_periods.line", n=n, total=total, **_app_blanks(row, labels))


def _persons(shown: pd.DataFrame, labels: Labels) -> str:
    """How many persons each arm has."""
    words = labels.words
    first = shown.drop_duplicates("arm")
    return words.listing(
        f"{words.count(r['n_persons'])}{_of_arm(r['arm'], labels)}" for r in first.to_dict("records")
    )


def draw_leaving(periods: pd.DataFrame, *, labels: Labels, name: str = "leaving") -> Drawing | None:
    """The cumulative share who left, with the numbers at risk below it; None where no arm may be drawn, or there is no
    wave to count from.

    periods: the safe table `leaving_periods` of one sample. An arm's line goes by three months where these may be
    shown, else by wave; it ends where the next part may not be shown.
    """
    words = labels.words
    if len(labels.study.waves) < 2:
        return None
    by_arm = _by_arm(periods, labels).groupby("arm", sort=False)
    treated = first_treated_wave(labels.study)
    steps = {arm: _steps(own, treated) for arm, own in by_arm}
    data = pd.DataFrame([s for own in steps.values() for s in own])
    if data.empty:
        return None
    lines = [_leaving(arm, own, labels) for arm, own in steps.items() if own]
    ends = [own[-1] for own in steps.values() if own]
    said = [_leaving_line(r, labels) for r in data.to_dict("records")]
    early = any(row["month_to"] < periods["month_to"].max() for row in ends)
    found = words.listing(_end(row, labels, early) for row in ends)
    hidden = any(len(steps[arm]) < len(_parts(own, own, treated)) for arm, own in by_arm)
    return Drawing(
        name=name,
        kind="leaving",
        subject="",
        language=words.language,
        **_drawn(lines, labels, words("figure.leaving.axis", wave=_start(labels)), MONTHS),
        title=words("figure.leaving.title", found=found),
        subtitle=words("figure.leaving.subtitle", wave=_start(labels)),
        caption=" ".join([words("figure.leaving.caption"), *([_coarser(labels)] if hidden else [])]),
        alt=words("figure.leaving.alt", found=found),
        long_description="\n".join(said),
        data=data[["sample", "arm", "wave", "period", "month_to", "n_at_risk", "n_left", "cumulative"]],
    )


def _steps(own: pd.DataFrame, first: int) -> list[dict[str, Any]]:
    """The parts of the line of one arm in order, with the cumulative share at the end of each."""
    found: list[dict[str, Any]] = []
    shown = own[~own["suppressed"].astype(bool) & own["risk"].notna()]
    left = 1.0
    for part in _parts(own, shown, first):
        left *= 1 - float(part["risk"])
        found.append({**part, "cumulative": 1 - left})
    return found


def _parts(own: pd.DataFrame, shown: pd.DataFrame, first: int) -> list[dict[str, Any]]:
    """Rows that follow on each other from the start: three months, else a wave, else all at once."""
    parts: list[dict[str, Any]] = []
    waves = sorted({int(w) for w in own["wave"].dropna()})
    for wave in (w for w in waves if w >= first):
        months = shown[(shown["wave"] == wave) & (shown["span"] == "months")]
        whole = shown[(shown["wave"] == wave) & (shown["span"] == "wave")]
        known = len(months) and len(months) == ((own["wave"] == wave) & (own["span"] == "months")).sum()
        rows = months.sort_values("period") if known else whole
        if not len(rows):
            break
        parts += rows.to_dict("records")
    if not parts and waves and waves[0] >= first:
        parts = shown[shown["span"] == "whole"].to_dict("records")
    return parts


def _leaving(arm: str, steps: Sequence[dict[str, Any]], labels: Labels) -> _Line:
    start = steps[0]["month_from"] - 1
    numbers = [labels.words.count(s["n_at_risk"]) for s in steps]
    return _Line(
        arm,
        (float(start), *(float(s["month_to"]) for s in steps)),
        (0.0, *(s["cumulative"] for s in steps)),
        (*numbers, ""),
    )


def _end(row: dict[str, Any], labels: Labels, early: bool) -> str:
    """How many of an arm had left at the end of its line; with the month where a line ends early."""
    share, arm = labels.words.percent(row["cumulative"]), _of_arm(str(row["arm"]), labels)
    if not early:
        return f"{share}{arm}"
    return labels.words.many("figure.leaving.by_month", int(row["month_to"]), share=share, arm=arm)


def _leaving_line(row: dict[str, Any], labels: Labels) -> str:
    words = labels.words
    return words(
        "figure.leaving.line",
        month=words.count(row["month_to"]),
        share=words.percent(row["cumulative"], 1),
        n=words.count(row["n_left"]),
        since=words.count(row["month_from"]),
        at_risk=words.count(row["n_at_risk"]),
        arm=_of_arm(str(row["arm"]), labels),
    )


def _coarser(labels: Labels) -> str:
    key = "coarse_groups" if labels.study.groups else "coarse"
    return labels.words(f"figure.leaving.{key}", minimum=labels.study.min_cell_size)


def _drawn(lines: Sequence[_Line], labels: Labels, axis: str, period: int) -> dict[str, Figure]:
    """The figure and its variant for a telephone. period: what the time axis counts in."""
    with style():
        wide, narrow = (_panel(lines, labels, axis, period, width) for width in (WIDTH, NARROW))
    return {"figure": wide, "narrow": narrow}


def _panel(lines: Sequence[_Line], labels: Labels, axis: str, period: int, width: float) -> Figure:
    numbers = any(line.below for line in lines)
    below = ROW * (len(lines) + 1) + 0.12 if numbers else 0
    height = PANEL + FOOT + below + 0.1
    figure = new_figure(height, width)
    left, right = (0.75, 1.75) if width > NARROW else (0.5, 1.65)
    box = (left / width, (FOOT + below) / height, (width - left - right) / width, PANEL / height)
    axes = figure.add_axes(box)
    ends = []
    for line in lines:
        look = look_of(line.arm, labels.study)
        axes.plot(line.x, line.y, ms=5, lw=1.6, clip_on=False, zorder=3, **look)
        last = next(v for v in reversed(line.y) if v == v)
        text = f"{labels.words.percent(last)} {labels.arm(line.arm) if labels.study.groups else ''}".strip()
        ends.append((last, text, look))
    _scaled(axes, lines, labels, period)
    first, last = axes.get_xlim()
    label_ends(axes, ends, last, axes.get_ylim()[1], unit=(last - first) * BESIDE / (width - left - right))
    axes.set_xlabel(axis, size=8.5, color=SOFT)
    if numbers:
        _numbers_below(axes, lines, labels, width)
    return figure


def _ticks(last: float, period: int) -> list[int]:
    """Moments at multiples of a period, at most eight."""
    step = period * max(1, -(-int(last) // (7 * period)))
    return list(range(0, int(last) + 1, step))


def _scaled(axes: Axes, lines: Sequence[_Line], labels: Labels, period: int) -> None:
    from matplotlib.ticker import FuncFormatter

    top = max(v for line in lines for v in line.y if v == v)
    last = max(line.x[-1] for line in lines)
    axes.set_ylim(0, max(1.15 * top, 0.05))
    axes.set_xlim(0, 1.02 * last)
    axes.locator_params(axis="y", nbins=STEPS, steps=[1, 2, 5, 10])
    axes.set_xticks(_ticks(last, period))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: labels.words.percent(value)))
    axes.grid(axis="y", color=FAINT, linewidth=0.5)
    axes.set_axisbelow(True)


def _numbers_below(axes: Axes, lines: Iterable[_Line], labels: Labels, width: float) -> None:
    """A row of numbers for each line under the axis, at the moments that the line has."""
    place = axes.get_xaxis_transform()
    left = -0.65 if width > NARROW else -0.45
    x = left / (axes.get_position().width * width)
    y = -(FOOT + 0.06) / PANEL
    heading = labels.words("figure.leaving.at_risk")
    axes.text(x, y, heading, transform=axes.transAxes, size=8, color=SOFT, va="center", clip_on=False)
    for line in lines:
        y -= ROW / PANEL
        look = look_of(line.arm, labels.study)
        axes.plot(
            [x / 2],
            [y],
            ms=5,
            linestyle="",
            transform=axes.transAxes,
            clip_on=False,
            marker=look["marker"],
            color=look["color"],
        )
        for at, text in zip(line.x, line.below, strict=True):
            axes.text(
                at, y, text, transform=place, size=8, color=INK, ha="center", va="center", clip_on=False
            )
