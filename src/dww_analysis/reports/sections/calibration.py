"""How often the planned tests go wrong at this very design: invented trials, as a table and as sentences of limits."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.analyses import (
    AS_PLANNED,
    BETWEEN_WITHIN,
    ESTIMATED,
    OWN_TRIALS,
    STOPPED,
    UNITS,
    WITHOUT_UNIT_BY_WAVE,
    deciding_method,
)
from dww_analysis.domain.answer import ENOUGH_POWER
from dww_analysis.domain.plan import Plan
from dww_analysis.language import Words, decimals_for
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import (
    Cell,
    count,
    heading,
    hidden,
    nothing,
    number,
    percent,
    share_error,
    text,
)
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.headlines import marked_label
from dww_analysis.reports.sections.measurement import cell_notes
from dww_analysis.reports.tables import Table, build_table, flagged, is_number, rows_of, truth

Row = Mapping[str, Any]
OFTEN_AT_ZERO = 0.05  # share of trials with a variance at zero that is worth a sentence
ROUNDING = 1e-6  # two effects that differ less are the same
CLEARLY = 3  # Monte Carlo standard errors above its level from which a test is said to go wrong too often


def calibration_blocks(
    calibration: pd.DataFrame | None,
    headlines: pd.DataFrame,
    plan: Plan,
    labels: Labels,
    figures: Sequence[FigureRecord] = (),
) -> list[Block]:
    """What was tried and how, the figure of the trials and the table of the primary family, and the other families
    folded.

    figures: in the reader's language, of which that of kind "trials" is shown. calibration: a row for each entry,
    method and true effect, after disclosure control; None, or no row with trials: nothing. Rows with other components
    than the estimated ones have a table of their own.
    """
    words, found = labels.words, rows_of(calibration)
    tried = [r for r in found if r["trials"] > 0]
    if not tried:
        return []
    entries = [e for e in headlines.to_dict("records") if any(r["entry"] == e["entry"] for r in tried)]
    families = sorted(dict.fromkeys(e["family"] for e in entries), key=lambda f: f != plan.primary)
    own = [r for r in tried if r.get("components", ESTIMATED) == ESTIMATED]
    ends = [r for r in tried if r.get("components", ESTIMATED) != ESTIMATED]
    tables = {f: _table(f, [e for e in entries if e["family"] == f], own, plan, labels) for f in families}
    folds = {f: words("calibration.fold", family=_family(f, plan, words)) for f in families}
    return [
        block(
            sentences=[
                labels.by_lot("calibration.intro", n=words.count(max(r["trials"] for r in tried))),
                labels.by_lot("calibration.read", percent=words.percent(1 - plan.conf_level)),
                *_about(entries, own, plan, labels),
                *_without_trials(headlines, entries, plan, labels),
                *_without_ends(entries, found, labels),
            ],
            figures=[f for f in figures if f.kind == "trials"],
            tables=[
                *(tables[f] for f in families if f == plan.primary),
                *([_ends_table(entries, ends, labels)] if ends else []),
            ],
            folded=[fold(words.capital(folds[f]), tables[f]) for f in families if f != plan.primary],
        )
    ]


def _about(entries: Sequence[Row], tried: Sequence[Row], plan: Plan, labels: Labels) -> list[str]:
    """What holds for some outcomes only: hardly any trial could be analysed, fewer were made than asked for, or answers
    in order were drawn as numbers."""
    asked = plan.calibration.trials if plan.calibration else 0
    stopped = {r["entry"] for r in tried if r["remark"] == STOPPED}
    fewer = {
        r["entry"] for r in tried if r["method"] in OWN_TRIALS and r["trials"] < asked and not flagged(r)
    }
    scales = {e["entry"]: labels.scale_of(str(e["outcome"])) for e in entries}
    ordered = {entry for entry, scale in scales.items() if scale is not None and scale.measure == "ordered"}
    said = {"stopped": stopped, "fewer": fewer - stopped, "ordered": ordered}
    words = labels.words
    return [
        labels.by_lot(f"calibration.{k}", labels=_labels(entries, own, words))
        for k, own in said.items()
        if own
    ]


def _without_trials(headlines: pd.DataFrame, tried: Sequence[Row], plan: Plan, labels: Labels) -> list[str]:
    """Which primary outcomes have no trials here, whether none were made or they are hidden with the estimate."""
    there = {e["entry"] for e in tried}
    absent = [
        e for e in headlines.to_dict("records") if e["family"] == plan.primary and e["entry"] not in there
    ]
    named = _labels(absent, {e["entry"] for e in absent}, labels.words)
    return [labels.by_lot("calibration.absent", labels=named)] if absent else []


def _without_ends(entries: Sequence[Row], found: Sequence[Row], labels: Labels) -> list[str]:
    """Of which outcomes a variance has no known end of its interval, so that it was not tried there."""
    unknown = {r["entry"] for r in found if not r["trials"] and r.get("components", ESTIMATED) != ESTIMATED}
    named = _labels(entries, unknown, labels.words)
    return [labels.words("calibration.no_ends", labels=named)] if named else []


def _labels(entries: Sequence[Row], own: Collection[str], words: Words) -> str:
    return words.listing(list(dict.fromkeys(str(e["label"]) for e in entries if e["entry"] in own)))


def _notes(entries: Sequence[Row], tried: Sequence[Row], labels: Labels) -> list[str]:
    """How to read the table: whose trials are the same with and without effect, and whose effects are restated."""
    named = {e["entry"] for e in entries}
    rows = [r for r in tried if r["entry"] in named]
    own = {r["entry"] for r in rows if r["method"] in OWN_TRIALS}
    restated = {
        r["entry"] for r in rows if is_number(_truth(r)) and abs(abs(_truth(r)) - abs(r["effect"])) > ROUNDING
    }
    same = [labels.by_lot("calibration.note_same")] if named - own else []
    if named - own and own:
        same = [
            labels.by_lot("calibration.note_same_some", labels=_labels(entries, named - own, labels.words))
        ]
    notes = [" ".join([labels.by_lot("calibration.note"), *same])]
    if own:
        notes.append(labels.by_lot("calibration.note_own", labels=_labels(entries, own, labels.words)))
    if restated:
        notes.append(labels.by_lot("calibration.note_truth", labels=_labels(entries, restated, labels.words)))
    return notes


def _truth(row: Row) -> float:
    """The true effect in the unit of the estimate."""
    return float(row.get("truth", row["effect"]))


def _table(family: str, entries: Sequence[Row], tried: Sequence[Row], plan: Plan, labels: Labels) -> Table:
    words = labels.words
    rows: list[list[Cell]] = []
    strong: list[int] = []
    for entry in entries:
        strong.append(len(rows))
        rows += [_row(entry, r, labels) for r in tried if r["entry"] == entry["entry"]]
    columns = ["results.outcome", "calibration.method", "calibration.effect", "calibration.trials"]
    columns += [
        "calibration.rejected",
        "calibration.coverage",
        "calibration.bias",
        "calibration.mean_std_error",
    ]
    columns += ["calibration.empirical_sd", "calibration.share_boundary", "calibration.share_wrong"]
    notes = [*_notes(entries, tried, labels), *cell_notes(rows, labels)]
    if any(r[0].marked("†") for r in rows):
        notes.append(words("table.unverified_note"))
    caption = words.capital(labels.by_lot("calibration.caption", family=_family(family, plan, words)))
    heads = [labels.by_lot(c) for c in columns]
    return build_table(f"calibration-{family}", caption, heads, rows, notes, "calibration.csv", strong)


def _row(entry: Row, row: Row, labels: Labels) -> list[Cell]:
    decimals = decimals_for(_own_error(entry, row))
    head = [heading(marked_label(entry, labels)), text(_method(entry, row, labels.words))]
    if flagged(row):
        return head + [hidden()] * 9
    wrong = row["share_not_converged"] + row["share_failed"]
    covered = share_error(row["coverage"], row["coverage_mcse"]) if is_number(row["coverage"]) else nothing()
    return [
        *head,
        number(_truth(row), decimals),
        count(row["trials"]),
        share_error(row["rejected"], row["rejected_mcse"]),
        covered,
        number(row["bias"], decimals + 1),
        number(row["mean_std_error"], decimals + 1),
        number(row["empirical_sd"], decimals + 1),
        percent(row["share_boundary"], 1),
        percent(min(wrong, 1.0), 1),
    ]


def _own_error(entry: Row, row: Row) -> float:
    """The standard error in the unit of a row: the difference of shares of units, beside a ratio, has its own."""
    beside = row["method"] == UNITS and deciding_method(entry) != UNITS
    return float(row["mean_std_error"] if beside and is_number(row["mean_std_error"]) else entry["std_error"])


def _ends_table(entries: Sequence[Row], ends: Sequence[Row], labels: Labels) -> Table:
    """The planned test with one variance at a time at an end of its interval: a row per outcome, variance and end."""
    words = labels.words
    rows: list[list[Cell]] = []
    strong: list[int] = []
    for entry in entries:
        own = [r for r in ends if r["entry"] == entry["entry"]]
        strong += [len(rows)] if own else []
        rows += [_end_row(entry, r, labels) for r in own]
    columns = ["results.outcome", "calibration.components", "calibration.effect", "calibration.trials"]
    columns += ["calibration.rejected", "calibration.coverage", "calibration.mean_std_error"]
    notes = [labels.by_lot("calibration.note_ends"), *cell_notes(rows, labels)]
    if any(r[0].marked("†") for r in rows):
        notes.append(words("table.unverified_note"))
    heads = [labels.by_lot(c) for c in columns]
    caption = words("calibration.caption_ends")
    return build_table("calibration-ends", caption, heads, rows, notes, "calibration.csv", strong)


def _end_row(entry: Row, row: Row, labels: Labels) -> list[Cell]:
    group, _, end = str(row["components"]).rpartition(" ")
    decimals = decimals_for(entry["std_error"])
    name = labels.words(f"calibration.end_{end}", group=labels.words.capital(labels.group(group)))
    head = [heading(marked_label(entry, labels)), text(name)]
    if flagged(row):
        return head + [hidden()] * 5
    return [
        *head,
        number(_truth(row), decimals),
        count(row["trials"]),
        share_error(row["rejected"], row["rejected_mcse"]),
        share_error(row["coverage"], row["coverage_mcse"]),
        number(row["mean_std_error"], decimals + 1),
    ]


def _method(entry: Row, row: Row, words: Words) -> str:
    """The name of a test; of the model's own and of another that decides also whether it is the planned one."""
    method = str(row["method"])
    decides = method == deciding_method(entry)
    if method == AS_PLANNED and not decides:
        return words("calibration.method.own")
    if method == UNITS and not decides:
        return words("calibration.method.units_beside")
    name = words(f"calibration.method.{method.replace(' ', '_').replace('-', '_')}")
    return words("calibration.method.decides", method=name) if decides and method != AS_PLANNED else name


def as_planned(calibration: pd.DataFrame, headlines: pd.DataFrame) -> pd.DataFrame:
    """The trials analysed by the test that decides, from the variances as estimated."""
    tests = {e["entry"]: deciding_method(e) for e in headlines.to_dict("records")}
    decides = calibration["method"] == calibration["entry"].map(tests).fillna(AS_PLANNED)
    return calibration[decides & (calibration["components"].fillna(ESTIMATED) == ESTIMATED)]


def calibration_limits(
    calibration: pd.DataFrame | None, headlines: Sequence[Row], plan: Plan, labels: Labels
) -> list[str]:
    """Sentences of the limits: a test that goes wrong too often, too little power, variances at zero, and what a
    model without variance between waves of a unit would have done (the last two not of averages over units).
    calibration: as for `calibration_blocks`; hidden rows say nothing, nor the few trials of
    a model that mostly failed."""
    words, alpha = labels.words, 1 - plan.conf_level
    found = [r for r in rows_of(calibration) if r.get("components", ESTIMATED) == ESTIMATED]
    shown = [r for r in found if r["trials"] > 0 and r["remark"] != STOPPED and not flagged(r)]
    tests = {e["entry"]: deciding_method(e) for e in headlines}
    tested = [r for r in shown if r["method"] == tests.get(r["entry"])]
    planned = {r["entry"]: r for r in tested if r["effect"] == 0}
    wanted = {r["entry"]: r for r in tested if truth(r["is_sesoi"])}
    of_models = [r for r in shown if r["entry"] not in {e.id for e in plan.entries if e.units_once}]
    modelled = {r["entry"]: r for r in of_models if r["method"] in (AS_PLANNED, BETWEEN_WITHIN)}
    without = {r["entry"]: r for r in of_models if r["method"] == WITHOUT_UNIT_BY_WAVE and r["effect"] == 0}

    def said(key: str, rows: Mapping[str, Row], value: str, worth: Any) -> list[str]:
        named = [(e, rows[e["entry"]]) for e in headlines if e["entry"] in rows and worth(rows[e["entry"]])]
        if not named:
            return []
        each = words.listing(f"{e['label']} ({words.percent(r[value])})" for e, r in named)
        return [labels.by_lot(f"limits.{key}", labels=each, level=words.percent(alpha))]

    return [
        *said("level", planned, "rejected", lambda r: _too_often(r, alpha)),
        *said("power", wanted, "rejected", lambda r: r["rejected"] < ENOUGH_POWER),
        *said("at_zero", modelled, "share_boundary", lambda r: r["share_boundary"] > OFTEN_AT_ZERO),
        *said("without_unit_by_wave", without, "rejected", lambda r: _too_often(r, alpha)),
    ]


def _too_often(row: Row, alpha: float) -> bool:
    return bool(row["rejected"] > alpha + CLEARLY * math.sqrt(alpha * (1 - alpha) / row["trials"]))


def _family(family: str, plan: Plan, words: Words) -> str:
    return words.say(plan.families[family].label) if family in plan.families else family
