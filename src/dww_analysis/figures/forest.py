"""The forest of estimates: one row per outcome in the plan's order, against the smallest effect of interest.

Rows share one axis in SD units, because points on different scales cannot be compared by eye; when there are no
standardised rows the outcome's own unit is used, provided it is the same for all. The axis has one favourable
direction: outcomes where lower is better are drawn the other way round, and their numbers stay as in the tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dww_analysis.figures.drawing import (
    BAND,
    FAINT,
    INK,
    NARROW,
    SOFT,
    Drawing,
    Words,
    name_lines,
    new_figure,
    plain_ticks,
    style,
    tick_decimals,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, GREY = "#0072b2", "#555d66"
ROW_HEIGHT = 0.5
NARROW_ROW = 0.72


def draw_forest(
    headlines: pd.DataFrame, *, words: Words, name: str = "forest", forms: bool = False
) -> Drawing | None:
    """A forest plot of the headline estimates, or None when nothing can share an axis.

    headlines: one row per plan entry in the plan's order, as the reports room's `with_answers` gives: label,
    primary (bool), noun, direction, unit, n_teams, n_persons, conf_level, side; estimate, std_error, conf_low,
    conf_high, sesoi in the outcome's unit; the same with prefix sd_ in SDs (NaN where absent). The square's
    area grows with precision (1 / SE squared). forms: whether n_persons counts questionnaires, of persons who cannot be
    recognised from one wave to another. Rows without an estimate are left out and counted in the caption.
    side is the word of the answer: by direction and after correction.
    """
    rows, standardised = _common_axis(headlines)
    if rows.empty:
        return None
    rows = rows.sort_values("primary", ascending=False, kind="stable").reset_index(drop=True)
    with style():
        figure = new_figure(0.95 + ROW_HEIGHT * len(rows))
        height = figure.get_size_inches()[1]
        axes = figure.add_axes((0.30, 0.58 / height, 0.40, (ROW_HEIGHT * len(rows) + 0.04) / height))
        _draw_rows(axes, rows, words)
        _finish(axes, rows, words, standardised)
        narrow = _narrow(rows, words, standardised)
    return Drawing(
        name=name,
        narrow=narrow,
        kind="forest",
        subject="",
        language=words.language,
        figure=figure,
        title=_title(rows, words),
        subtitle=_subtitle(rows, words, standardised),
        caption=_caption(rows, headlines, words, forms),
        alt=_alt(rows, words),
        long_description="\n".join(_sentence(r, words) for r in rows.to_dict("records")),
        data=rows[
            ["entry", "label", "primary", "x", "x_low", "x_high", "x_sesoi", "x_unit", "turned"]
        ].rename(
            columns={
                "x": "estimate",
                "x_low": "conf_low",
                "x_high": "conf_high",
                "x_sesoi": "sesoi",
                "x_unit": "unit",
            }
        ),
    )


def _common_axis(headlines: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    rows = headlines.copy()
    standardised = bool(rows["sd_estimate"].notna().any())
    prefix = "sd_" if standardised else ""
    for new, old in (
        ("x", "estimate"),
        ("x_low", "conf_low"),
        ("x_high", "conf_high"),
        ("x_se", "std_error"),
        ("x_sesoi", "sesoi"),
    ):
        rows[new] = rows[prefix + old].astype(float)
    rows["x_unit"] = "SD" if standardised else rows["unit"]
    rows["turned"] = rows["direction"] == "lower is better"
    rows = rows[rows["x"].notna()]
    if len(rows):
        rows = rows[
            rows["noun"] == rows["noun"].iloc[0]
        ]  # an association per unit is no neighbour of a change per wave
    if not standardised and rows["unit"].nunique() > 1:
        rows = rows.iloc[0:0]
    return rows, standardised


def _narrow(rows: pd.DataFrame, words: Words, standardised: bool) -> Figure:
    """The same rows over three lines each: label, interval, numbers with their word."""
    figure = new_figure(0.75 + NARROW_ROW * len(rows), NARROW)
    height = figure.get_size_inches()[1]
    axes = figure.add_axes((0.03, 0.5 / height, 0.94, NARROW_ROW * len(rows) / height))
    for y, row in enumerate(rows.to_dict("records")):
        _draw_interval(axes, row, y, 45.0, 0.14)
        place: dict[str, Any] = {
            "transform": axes.get_yaxis_transform(),
            "weight": "bold" if row["primary"] else "normal",
        }
        axes.text(0, y - 0.17, _label(row, words, 48), va="bottom", size=8.5, linespacing=1.05, **place)
        axes.text(0, y + 0.19, _numbers(row, words), va="top", size=8.5, **place)
        said = words(f"figure.forest.word.{row['side']}")
        axes.text(1, y + 0.19, said, va="top", ha="right", size=8.5, **place)
    _limits(axes, rows, words, standardised)
    return figure


def _draw_interval(axes: Axes, row: dict[str, Any], y: float, size: float, band: float) -> None:
    """One interval with its mark, over the band of what is smaller than the smallest effect of interest."""
    colour = BLUE if row["primary"] else GREY
    if np.isfinite(row["x_sesoi"]):
        s = row["x_sesoi"]
        axes.fill_between([-s, s], y - band, y + band, color=BAND, linewidth=0, zorder=0)
        axes.vlines([-s, s], y - band, y + band, color=SOFT, linewidth=0.9, linestyle=(0, (1, 1.6)), zorder=1)
    side = -1 if row["turned"] else 1
    ends = [side * row["x_low"], side * row["x_high"]]
    axes.plot(ends, [y, y], color=colour, lw=2.4 if row["primary"] else 1.4, zorder=3)
    mark = "s" if row["primary"] else "o"
    axes.scatter(side * row["x"], y, s=size, marker=mark, color=colour, zorder=4)


def _label(row: dict[str, Any], words: Words, width: int) -> str:
    sign = words("figure.lower_better_sign") if row["turned"] else ""
    return "\n".join(name_lines(words.capital(row["label"]), width - len(sign), 3)) + sign


def _numbers(row: dict[str, Any], words: Words) -> str:
    decimals = words.decimals(row["x_se"])
    return f"{words.number(row['x'], decimals)} {words.bracket(row['x_low'], row['x_high'], decimals)}"


def _draw_rows(axes: Axes, rows: pd.DataFrame, words: Words) -> None:
    precision = 1 / rows["x_se"].to_numpy(float) ** 2
    size = 22 + 60 * precision / precision.max()
    for y, row in enumerate(rows.to_dict("records")):
        _draw_interval(axes, row, y, size[y], 0.5)
        weight = "bold" if row["primary"] else "normal"
        place: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center"}
        label = _label(row, words, 27 if row["primary"] else 31)
        axes.text(-0.73, y, label, weight=weight, linespacing=1.05, **place)
        axes.text(1.03, y - 0.15, _numbers(row, words), weight=weight, **place)
        axes.text(1.03, y + 0.22, words(f"figure.forest.word.{row['side']}"), size=8, color=SOFT, **place)


def _limits(axes: Axes, rows: pd.DataFrame, words: Words, standardised: bool) -> None:
    """The common axis: zero in the middle, the favourable side at the right."""
    count = len(rows)
    axes.axvline(0, color=INK, linewidth=1, zorder=2)
    edge = np.nanmax(np.abs(rows[["x_low", "x_high", "x_sesoi"]].to_numpy(float)))
    axes.set_xlim(-1.12 * edge, 1.12 * edge)
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.locator_params(axis="x", nbins=5)
    axes.xaxis.set_major_formatter(plain_ticks(words, tick_decimals(axes.get_xticks())))
    axes.set_xlabel(_axis_label(rows, words, standardised))
    if (rows["direction"] != "neutral").all():
        place: dict[str, Any] = {"transform": axes.transAxes, "va": "bottom", "size": 8, "color": SOFT}
        axes.text(0, 1.0, words("figure.forest.side_bad"), ha="left", **place)
        axes.text(1, 1.0, words("figure.forest.side_good"), ha="right", **place)


def _finish(axes: Axes, rows: pd.DataFrame, words: Words, standardised: bool) -> None:
    count = len(rows)
    _limits(axes, rows, words, standardised)
    split = int(rows["primary"].sum())
    if 0 < split < count:
        axes.plot(
            [-0.75, 1.75],
            [split - 0.5] * 2,
            color=FAINT,
            lw=0.8,
            clip_on=False,
            transform=axes.get_yaxis_transform(),
        )
    level = words.level(rows["conf_level"].iloc[0])
    head: dict[str, Any] = {"transform": axes.transAxes, "va": "bottom", "size": 8, "color": SOFT}
    above = 1 + 0.07 / (ROW_HEIGHT * count)
    axes.text(-0.73, above, words("figure.forest.outcome"), **head)
    axes.text(1.03, above, words("figure.forest.numbers", level=level), **head)


def _axis_label(rows: pd.DataFrame, words: Words, standardised: bool) -> str:
    if not standardised:
        return str(rows["unit"].iloc[0])
    if set(rows["contrast"]) == {words("contrast.per_wave")}:
        return words("figure.forest.axis_sd_per", contrast=rows["contrast"].iloc[0])
    return words("figure.forest.axis_sd")


def _title(rows: pd.DataFrame, words: Words) -> str:
    primary = rows[rows["primary"]]
    kind = "primary" if len(primary) else "all"
    shown = primary if len(primary) else rows
    if len(shown) == 1:
        row = shown.iloc[0]
        estimate = words.number(row["x"], words.decimals(row["x_se"]))
        noun = words(f"noun.{row['noun']}.name")
        label = words.capital(row["label"])
        return words(
            "figure.forest.title_single", label=label, noun=noun, estimate=estimate, unit=row["x_unit"]
        )
    counts = dict.fromkeys(("favourable", "unfavourable", "higher", "lower", "unsure", "unclear"), 0)
    for row in shown.to_dict("records"):
        counts[row["side"]] += 1
    parts = [words(f"figure.forest.count_{k}", n=n) for k, n in counts.items() if n]
    return words(f"figure.forest.title_{kind}", n=len(shown), parts=words.listing(parts))


def _subtitle(rows: pd.DataFrame, words: Words, standardised: bool) -> str:
    text = words(
        f"figure.forest.subtitle_{rows['noun'].iloc[0]}", level=words.level(rows["conf_level"].iloc[0])
    )
    if rows["x_sesoi"].notna().any():
        text += " " + words(
            "figure.forest.sesoi_note", smallest=words(f"noun.{rows['noun'].iloc[0]}.smallest")
        )
    if rows["turned"].any():
        text += " " + words("figure.forest.lower_note", sign=words("figure.lower_better_sign").strip())
    return text


def _caption(rows: pd.DataFrame, headlines: pd.DataFrame, words: Words, forms: bool) -> str:
    teams = "" if rows["n_teams"].max() > 0 else "_persons"
    text = words(
        f"figure.forest.caption{'_forms' if forms else ''}{teams}",
        persons=words.count(rows["n_persons"].max()),
        teams=words.count(rows["n_teams"].max()),
    )
    absent = len(headlines) - len(rows)
    if absent:
        text += " " + words.capital(words.many("figure.forest.absent", absent, n=words.few(absent)))
    return words.capital(text)


def _alt(rows: pd.DataFrame, words: Words) -> str:
    first = rows[rows["primary"]] if rows["primary"].any() else rows
    return (
        words.many("figure.forest.alt", len(rows))
        + " "
        + " ".join(_sentence(r, words) for r in first.to_dict("records"))
    )


def _sentence(row: dict[str, Any], words: Words) -> str:
    return words(
        "figure.forest.row",
        label=words.capital(row["label"]),
        estimate=words.number(row["x"], words.decimals(row["x_se"])),
        unit=row["x_unit"],
        level=words.level(row["conf_level"]),
        span=words.span(row["x_low"], row["x_high"], words.decimals(row["x_se"])),
        word=words(f"figure.forest.word.{row['side']}"),
    )
