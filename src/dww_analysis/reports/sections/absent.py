"""Who did not answer: who answered again, which values were imputed, and how far these may be off."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.plan import DecidingTest, Plan
from dww_analysis.language import decimals_for
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import Cell, count, heading, hidden, interval, number, p_value, percent, text
from dww_analysis.reports.headlines import entry_name
from dww_analysis.reports.sections.measurement import cell_notes
from dww_analysis.reports.tables import Table, build_table, first_of_each, flagged, is_number, rows_of

Row = Mapping[str, Any]
Tables = Mapping[str, pd.DataFrame]
CLEAR = 0.05  # p value under which answering is said to go together with something
SETTLED = 1.1  # largest split R-hat of a chain whose halves agree (Gelman et al. 2013, sec. 11.5)
ALIKE = 0.2  # correlation of data sets next to each other over which they are not said to be new ones


def absent_blocks(tables: Tables, plan: Plan, labels: Labels) -> list[Block]:
    """What the plan asked about values that are missing, from tables participation, imputation and tipping; nothing
    where it asked nothing and they are absent."""
    made = [
        participation_block(tables.get("participation"), plan, labels),
        imputation_block(tables, plan, labels),
    ]
    return [b for b in made if b]


def participation_block(participation: pd.DataFrame | None, plan: Plan, labels: Labels) -> Block:
    """How many later waves were answered, what that goes together with, and the table of odds ratios.

    participation: a row for each entry and term, after disclosure control; None where the plan does not ask. Entries
    whose model failed are named, hidden rows stand in the table alone.
    """
    words, found = labels.words, rows_of(participation)
    shown = [r for r in found if not flagged(r) and is_number(r["odds_ratio"])]
    entries = list(dict.fromkeys(str(r["entry"]) for r in found))
    failed = [str(r["entry"]) for r in found if r["remark"] == "failed"]
    said = []
    counts = [r for r in found if is_number(r["n_rows"]) and is_number(r["share_answered"])]
    if counts:
        most = max(counts, key=lambda r: float(r["n_rows"]))
        share, n = words.percent(most["share_answered"]), words.count(most["n_rows"])
        said.append(words("participation.intro", n=n, share=share))
    said += [
        _together([r for r in shown if r["entry"] == e], e, plan, labels) for e in entries if e not in failed
    ]
    if failed:
        said.append(words("participation.failed", labels=_names(failed, plan, labels)))
    return block(
        words("participation.heading"),
        sentences=[*said, words("participation.everybody") if found else ""],
        tables=[_participation_table(found, plan, labels)],
    )


def _together(rows: Sequence[Row], entry: str, plan: Plan, labels: Labels) -> str:
    words = labels.words
    label = words.capital(entry_name(entry, plan, labels))
    clear = [
        words("participation.term", term=_term(r, labels), ratio=words.number(r["odds_ratio"], 2))
        for r in rows
        if r["p_value"] < CLEAR
    ]
    if clear:
        return words("participation.with", label=label, terms=words.listing(clear))
    tested = [r for r in rows if is_number(r["p_value"])]
    terms = words.listing(dict.fromkeys(_variable(str(r["variable"]), labels) for r in tested))
    return words("participation.nothing", label=label, terms=terms) if tested else ""


def _variable(variable: str, labels: Labels) -> str:
    """What a term is of, whichever its category."""
    key = f"participation.variable.{variable}"
    return labels.words(key) if labels.words.has(key) else labels.column(variable)


def _participation_table(found: Sequence[Row], plan: Plan, labels: Labels) -> Table:
    words = labels.words
    own = [r for r in found if r["variable"]]
    rows: list[list[Cell]] = []
    for r in own:
        cells = [heading(entry_name(str(r["entry"]), plan, labels)), text(_term(r, labels))]
        if flagged(r):
            rows.append([*cells, *[hidden()] * 4])
            continue
        ratio = [number(r["odds_ratio"]), interval(r["conf_low"], r["conf_high"]), p_value(r["p_value"])]
        rows.append([*cells, *ratio, count(r["n_persons"])])
    columns = [words("results.outcome"), words("participation.what"), words("participation.ratio")]
    columns += [words.level(plan.conf_level), words("results.p"), words("measurement.persons")]
    minimum = labels.study.min_cell_size
    said = [labels.by_lot("participation.note", minimum=minimum), words("participation.known")]
    notes = [*said, *cell_notes(rows, labels)] if rows else []
    strong = first_of_each(r["entry"] for r in own)
    return build_table(
        "participation", words("participation.caption"), columns, rows, notes, "participation.csv", strong
    )


def _term(row: Row, labels: Labels) -> str:
    """What an odds ratio is of: an arm, a wave, the score before, a number or a category of background."""
    words, variable, level = labels.words, str(row["variable"]), str(row["level"] or "")
    if variable == "arm":
        return words.quoted(labels.arm(level))
    if variable == "wave":
        return labels.wave(level)
    if variable == "score_before":
        return words("participation.score_before")
    name = labels.column(variable)
    if not level:
        return words("participation.per_sd", name=name)
    codes = next((b.categories for b in labels.study.background if b.name == variable), {})
    return words(
        "participation.category", name=name, level=words.say(codes[level]) if level in codes else level
    )


def imputation_block(tables: Tables, plan: Plan, labels: Labels) -> Block:
    """Who was imputed, by which model, whether the chain may be believed, and how far the values may be off. tables:
    "imputation" and, where deltas are planned, "tipping"; empty where the plan imputes nothing."""
    words, imputation = labels.words, plan.missing.imputation
    if imputation is None or "imputation" not in tables:
        return block()
    found = rows_of(tables["imputation"])
    shown = [r for r in found if not flagged(r) and is_number(r["estimate"])]
    without = _without(found, plan, labels)
    said = [words("imputation.who"), " ".join(_model(plan, labels))] if shown else []
    said.append(" ".join(_chain(shown, plan, labels)))
    if without:
        said.append(words("imputation.without", labels=_names(without, plan, labels)))
    table = _imputation_table(found, plan, labels)
    points = _tipping(shown, rows_of(tables.get("tipping")), plan, labels)
    return block(words("imputation.heading"), sentences=said, points=points, tables=[table])


def _without(found: Sequence[Row], plan: Plan, labels: Labels) -> list[str]:
    """Entries with a continuous outcome that have no imputed answer."""
    there = {str(r["entry"]) for r in found}
    scales = {e.id: labels.scale_of(e.outcome) for e in plan.entries}
    return [e for e, s in scales.items() if e not in there and s is not None and s.measure == "continuous"]


def _model(plan: Plan, labels: Labels) -> list[str]:
    words, imputation = labels.words, plan.missing.imputation
    assert imputation is not None
    background = [b.name for b in labels.study.background if b.name in plan.missing.participation]
    said = [words("imputation.model", m=words.count(imputation.m))]
    if imputation.auxiliaries:
        others = words.listing(labels.outcome(a) for a in imputation.auxiliaries)
        said.append(words("imputation.auxiliaries", labels=others))
    if background:
        said.append(words("imputation.background", labels=words.listing(map(labels.column, background))))
    decided = any(e.test != DecidingTest() for e in plan.entries)
    return [*said, words("imputation.pooled_by_model" if decided else "imputation.pooled")]


def _chain(shown: Sequence[Row], plan: Plan, labels: Labels) -> list[str]:
    """Whether the halves of the chains agree, data sets are new ones, and their number is enough."""
    if not shown:
        return []
    words = labels.words
    unsettled = [str(r["entry"]) for r in shown if r["r_hat_effect"] > SETTLED]
    slow = [r for r in shown if r["worst_r_hat"] > SETTLED and str(r["entry"]) not in unsettled]
    worst = words.number(max(r["worst_r_hat"] for r in slow or shown), 2)
    alike = [str(r["entry"]) for r in shown if abs(r["acf_effect"]) > ALIKE]
    said = []
    if unsettled:
        said.append(words("imputation.unsettled", labels=_names(unsettled, plan, labels)))
    if slow:
        named = _names([str(r["entry"]) for r in slow], plan, labels)
        said.append(words("imputation.slow", labels=named, worst=worst))
    if not unsettled and not slow:
        said.append(words("imputation.settled", worst=worst))
    if alike:
        said.append(words("imputation.alike", labels=_names(alike, plan, labels)))
    change = max((c for r in shown if is_number(c := _moved_by_doubling(r))), default=math.nan)
    if is_number(change):
        said.append(words("imputation.doubled", share=words.percent(change)))
    return said


def _moved_by_doubling(row: Row) -> float:
    """How far the estimate goes with twice as many data sets, in standard errors: relative to an estimate near zero any
    move is large."""
    return float(row["change_doubled"] * abs(row["estimate"]) / row["std_error"])


def _imputation_table(found: Sequence[Row], plan: Plan, labels: Labels) -> Table:
    words = labels.words
    rows: list[list[Cell]] = []
    for r in found:
        name = heading(entry_name(str(r["entry"]), plan, labels))
        if flagged(r):
            rows.append([name] + [hidden()] * 7)
            continue
        decimals = decimals_for(r["std_error"])
        share = r["n_imputed"] / r["n_expected"] if r["n_expected"] else math.nan
        rows.append([
            name, percent(share), number(r["estimate"], decimals),
            interval(r["conf_low"], r["conf_high"], decimals), p_value(r["p_value"]),
            number(r["likelihood_estimate"], decimals), number(r["other_prior_estimate"], decimals),
            percent(r["fmi"]),
        ])  # fmt: skip
    columns = [words("results.outcome"), words("imputation.share"), words("imputation.estimate")]
    columns += [words.level(plan.conf_level), words("results.p")]
    columns += [words(f"imputation.{k}") for k in ("likelihood", "other_prior", "fmi")]
    notes = [words("imputation.note"), *cell_notes(rows, labels)] if rows else []
    return build_table("imputation", words("imputation.caption"), columns, rows, notes, "imputation.csv")


def _tipping(shown: Sequence[Row], tipping: Sequence[Row], plan: Plan, labels: Labels) -> list[str]:
    """For each primary outcome, by how much the imputed values of one arm may be off before the answer turns."""
    primary = {e.id for e in plan.entries if e.family == plan.primary}
    there = [str(r["entry"]) for r in shown if r["entry"] in primary]
    own = {e: [r for r in tipping if r["entry"] == e] for e in there}
    return [_turns(rows, entry, plan, labels) for entry, rows in own.items() if rows]


def _turns(rows: Sequence[Row], entry: str, plan: Plan, labels: Labels) -> str:
    words, delta = labels.words, plan.missing.delta
    assert delta is not None  # there are no tipping points without
    label = words.capital(entry_name(entry, plan, labels))
    moved = [r for r in rows if is_number(r["delta"])]
    if not moved:
        low, high = words.number(delta.low, 1), words.number(delta.high, 1)
        return words("imputation.never", label=label, low=low, high=high, unit=_unit(labels, delta.unit))
    return words(
        "imputation.turns", label=label, moves=words.either(_move(r, delta.unit, labels) for r in moved)
    )


def _move(row: Row, unit: str, labels: Labels) -> str:
    words = labels.words
    key = "imputation.lower" if row["direction"] < 0 else "imputation.higher"
    size = words.number(abs(row["delta"]), 2)
    return words(key, size=size, unit=_unit(labels, unit), arm=words.quoted(labels.arm(str(row["arm"]))))


def _unit(labels: Labels, unit: str) -> str:
    return labels.words(f"imputation.unit_{unit}")


def _names(entries: Sequence[str], plan: Plan, labels: Labels) -> str:
    return labels.words.listing(dict.fromkeys(entry_name(e, plan, labels) for e in entries))
