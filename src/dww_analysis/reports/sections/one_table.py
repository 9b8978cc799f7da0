"""The one table of results: who answered, what they scored at the start and the planned wave, and what came out.

Below each outcome a line per arm with n, mean and SD; beside the outcome the adjusted estimate with its interval,
the same in SD, the ICC, both p values and the words of the answer. Every number stands in a gated table.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dww_analysis.domain.answer import UNSEEN
from dww_analysis.domain.estimate import truth
from dww_analysis.domain.outcomes import RISK_DIFFERENCE
from dww_analysis.domain.plan import Plan
from dww_analysis.language import decimals_for
from dww_analysis.language.labels import Labels
from dww_analysis.reports.cells import (
    Cell,
    count,
    heading,
    hidden,
    mean_sd,
    nothing,
    p_value,
    percent,
    text,
    with_interval,
)
from dww_analysis.reports.headlines import marked_label, noun_of_words, with_slope
from dww_analysis.reports.sections.measurement import cell_notes
from dww_analysis.reports.sections.one_minute import line_of
from dww_analysis.reports.tables import (
    Table,
    arm_of,
    build_table,
    flagged,
    hides,
    is_number,
    refuse_small,
    rows_of,
)

Row = Mapping[str, Any]
COLUMNS = ("n", "first", "later", "estimate", "sd", "icc", "p", "p_adjusted", "says")
BLANK = 3  # columns of a line of an arm


@dataclass(frozen=True, eq=False)
class Material:
    """What a row is made from."""

    estimates: pd.DataFrame
    descriptives: Sequence[Row]
    correlations: Sequence[Row]
    labels: Labels


def results_table(
    headlines: pd.DataFrame, tables: Mapping[str, pd.DataFrame], plan: Plan, labels: Labels
) -> Table:
    """One outcome after the other in the plan's order, each with a line for every arm that persons stay in.

    headlines: with answers. tables: "estimates", and "descriptives" and "correlations" where there are any. Rows of
    outcomes carry the ids of their estimates. DisclosureError for a mean of fewer persons than the study's minimum.
    """
    words = labels.words
    refuse_small(tables.get("descriptives"), "descriptives", "n", ("mean", "sd"), labels.study.min_cell_size)
    material = Material(
        tables["estimates"], rows_of(tables.get("descriptives")), rows_of(tables.get("correlations")), labels
    )
    rows: list[list[Cell]] = []
    ids: list[str] = []
    strong: list[int] = []
    for row in headlines.to_dict("records"):
        strong.append(len(rows))
        lines = [] if noun_of_words(row) == "association" else _arm_lines(row, material)
        rows += [_outcome_line(row, material), *lines]
        ids += [str(row["id"]), *[""] * len(lines)]
    level = words.level(plan.conf_level)
    columns = [words("results.outcome"), *(words(f"one_table.{name}", level=level) for name in COLUMNS)]
    notes = [*_notes(headlines, plan, labels), *cell_notes(rows, labels)]
    return build_table(
        "results", words("one_table.caption"), columns, rows, notes, "estimates.csv", strong, ids
    )


def _outcome_line(row: Row, material: Material) -> list[Cell]:
    labels = material.labels
    name = with_slope(marked_label(row, labels), row, labels)
    said = text(line_of(row, labels, with_contrast=False)["said"])
    blank = [text("")] * BLANK
    if row["verdict"] in UNSEEN:
        mark = hidden if row["verdict"] == "suppressed" else nothing
        return [heading(name), *blank, mark(), mark(), mark(), mark(), mark(), said]
    adjusted = p_value(row["p_adjusted"]) if row["adjust_method"] not in ("none", "") else nothing()
    return [
        heading(name),
        *blank,
        _estimate(row),
        _in_sd(row),
        _icc(row, material),
        p_value(row["p_value"]),
        adjusted,
        said,
    ]


def _estimate(row: Row) -> Cell:
    decimals = decimals_for(row["std_error"])
    return with_interval(row["estimate"], row["conf_low"], row["conf_high"], decimals)


def _in_sd(row: Row) -> Cell:
    if not math.isfinite(row["sd_estimate"]):
        return nothing()
    decimals = decimals_for(row["sd_std_error"])
    return with_interval(row["sd_estimate"], row["sd_conf_low"], row["sd_conf_high"], decimals)


def _icc(row: Row, material: Material) -> Cell:
    """How much persons of one unit resemble each other at one wave, where the estimates say it."""
    own = [r for r in material.correlations if r["entry"] == row["entry"] and r["quantity"] == "within_wave"]
    if not own:
        return nothing()
    first = own[0]
    if flagged(dict(first)):
        return hidden()
    return with_interval(first["estimate"], first["conf_low"], first["conf_high"])


def _arm_lines(row: Row, material: Material) -> list[list[Cell]]:
    """n, and mean (SD) at the first and at the planned wave, of each arm that persons stay in, or of all together."""
    own = [r for r in material.descriptives if r["scale"] == row["outcome"] and r["sample"] == row["sample"]]
    if not own:
        return []
    first, later = _waves(row, own, material)
    arms = [a.id for a in material.labels.study.groups] or [""]
    return [_arm_line(arm, own, first, later, material.labels) for arm in arms]


def _waves(row: Row, own: Sequence[Row], material: Material) -> tuple[int, int]:
    """The first wave at which the scale was asked, and the one of the planned contrast (else the last)."""
    asked = sorted({int(r["wave"]) for r in own})
    own_rows = material.estimates[material.estimates["entry"].astype(str) == str(row["entry"])]
    planned = [
        r["wave"] for r in own_rows.to_dict("records") if truth(r["primary"]) is True and is_number(r["wave"])
    ]
    return asked[0], int(planned[0]) if planned and int(planned[0]) in asked else asked[-1]


def _arm_line(arm: str, own: Sequence[Row], first: int, later: int, labels: Labels) -> list[Cell]:
    found = {int(r["wave"]): r for r in own if arm_of(r) == arm}
    n = found.get(later, {}).get("n")
    cells = [
        heading(labels.arm(arm), indent=True),
        count(n),
        _level(found.get(first), labels) if first != later else nothing(),
        _level(found.get(later), labels),
    ]
    return [*cells, *[text("")] * (len(COLUMNS) - BLANK)]


def _level(row: Row | None, labels: Labels) -> Cell:
    """Mean (SD), of yes or no the share of yes."""
    if row is None:
        return nothing()
    if flagged(dict(row)):
        return hidden()
    if labels.has_shares(str(row["scale"])):
        return percent(row["mean"])
    return mean_sd(row["mean"], row["sd"], hides(row, "sd"))


def _notes(headlines: pd.DataFrame, plan: Plan, labels: Labels) -> list[str]:
    words = labels.words
    nouns = dict.fromkeys(noun_of_words(row) for row in headlines.to_dict("records"))
    of_shares = headlines[headlines["outcome"].map(labels.has_shares)]
    shares = "note_shares" if (of_shares["summary"] == RISK_DIFFERENCE).any() else "note_percent"
    said = [words(f"one_table.{shares}")] if len(of_shares) else []
    notes = [words("one_table.note"), *said, *(words(f"one_table.noun.{noun}") for noun in nouns)]
    methods = [words.df_method(m) for m in headlines["df_method"].dropna().unique() if m]
    if methods:
        notes.append(words("results.note_df", method=words.listing(methods)))
    adjusted = [
        f for f in plan.families.values() if f.adjust != "none" and (headlines["family"] == f.id).any()
    ]
    notes += [
        words("one_table.adjusted", family=words.say(f.label), method=words(f"results.adjust.{f.adjust}"))
        for f in adjusted
    ]
    if (headlines["sd_estimate"].notna()).any():
        what = words("results.sd_arms" if labels.study.arms else "results.sd_waves")
        notes.append(words("results.note_sd", what=what))
    if any(labels.unverified(o) for o in headlines["outcome"]):
        notes.append(words("table.unverified_note"))
    return notes
