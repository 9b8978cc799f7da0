"""Learning at work as it happened: how the diary was kept, moments of learning, use of the app, who stayed and left.

These tables describe. They say nothing of causes, never show less than an arm, and keep what disclosure control hid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import Cell, count, heading, hidden, nothing, number, percent, text
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.sections.measurement import cell_notes
from dww_analysis.reports.tables import (
    Table,
    build_table,
    cell_of,
    counted,
    first_of_each,
    flagged,
    hides,
    is_number,
    refuse_small,
    rows_of,
)

COUNTS = {"diary_compliance": "compliance_mean", "diary_learning": "moments", "app_use": "events_mean",
          "hr_flow": "count", "observations": "met_mean"}  # fmt: skip
LEFT = ("count", "n_persons", "per_100_person_months")  # what the sentence about who left prints
Row = dict[str, Any]
Tables = Mapping[str, pd.DataFrame]
Column = tuple[str, Callable[[Row, Words], Cell]]


def exposure_blocks(tables: Tables, labels: Labels, figures: Sequence[FigureRecord] = ()) -> list[Block]:
    """One block for each kind of source the study has, with its figures; these are in the reader's language. tables:
    "diary_compliance", "diary_learning", "app_use", "hr_flow", "observations" and "exposure_flow", those there
    are. DisclosureError where a count is of fewer persons than the study's minimum."""
    for name, value in COUNTS.items():
        refuse_small(tables.get(name), name, "n_persons", (value,), labels.study.min_cell_size)
    made = [
        replace(_diary(tables, labels), figures=_of_kind(figures, "sources")),
        replace(_app(tables, labels), figures=_of_kind(figures, "app")),
        replace(_hr(tables, labels), figures=_of_kind(figures, "leaving")),
        _observed(tables, labels),
        _sources(tables, labels),
    ]
    return [b for b in made if b]


def _of_kind(figures: Sequence[FigureRecord], kind: str) -> tuple[FigureRecord, ...]:
    return tuple(f for f in figures if f.kind == kind)


def shown_number(name: str, decimals: int = 1) -> Callable[[Row, Words], Cell]:
    """A column of numbers."""
    return lambda r, w: cell_of(r, name, lambda value: number(value, decimals))


def shown_count(name: str) -> Callable[[Row, Words], Cell]:
    """A column of counts."""
    return lambda r, w: cell_of(r, name, count)


def shown_share(name: str) -> Callable[[Row, Words], Cell]:
    """A column of shares of one, as per cent."""
    return lambda r, w: cell_of(r, name, percent)


def _percent(share: Any, words: Words) -> str:
    return words.percent(float(share)) if is_number(share) else "–"


def _by_group(
    identity: str,
    caption: str,
    found: Sequence[Row],
    columns: Sequence[Column],
    notes: Iterable[str],
    csv: str,
    labels: Labels,
) -> Table:
    """One row per wave and arm; hidden rows keep their number of persons."""
    words, arms = labels.words, bool(labels.study.groups)
    several = len({str(r["sample"]) for r in found}) > 1
    rows: list[list[Cell]] = []
    strong = first_of_each(r["wave"] for r in found)
    for r in found:
        cells = [heading(words.capital(_period(r["wave"], labels)))]
        cells += [text(labels.sample(str(r["sample"])))] if several else []
        cells += [text(labels.arm(str(r["arm"])))] if arms else []
        cells.append(counted(r, "n_persons"))
        rest = [hidden()] * len(columns) if flagged(r) else [make(r, words) for _, make in columns]
        rows.append(cells + rest)
    heads = [
        "measurement.wave",
        *(["measurement.sample"] if several else []),
        *(["flow.group"] if arms else []),
    ]
    names = [words(h) for h in (*heads, "measurement.persons")] + [name for name, _ in columns]
    return build_table(identity, caption, names, rows, [*notes, *cell_notes(rows, labels)], csv, strong)


def _period(wave: Any, labels: Labels) -> str:
    return labels.wave(int(wave)) if is_number(wave) else labels.words("exposure.whole")


def _diary(tables: Tables, labels: Labels) -> Block:
    words, found = labels.words, rows_of(tables.get("diary_compliance"))
    if not found:
        return block()
    medians = [
        float(r["compliance_median"]) for r in found if not flagged(r) and is_number(r["compliance_median"])
    ]
    sentences = []
    if medians:
        low, high = (words.percent(v) for v in (min(medians), max(medians)))
        said = "exposure.compliance_same" if low == high else "exposure.compliance"
        sentences.append(words(said, low=low, high=high))
    columns: list[Column] = [
        (words("exposure.sent"), shown_count("beeps_sent")),
        (words("exposure.answered"), shown_count("beeps_answered")),
        (words("exposure.median"), shown_share("compliance_median")),
        (words("exposure.quartiles"), _quartiles),
        (words("exposure.below_half"), shown_share("share_below_half")),
        (words("exposure.minutes"), shown_number("latency_minutes_median")),
    ]
    table = _by_group(
        "diary",
        words("exposure.diary"),
        found,
        columns,
        [words("exposure.note_diary")],
        "diary_compliance.csv",
        labels,
    )
    learning = rows_of(tables.get("diary_learning"))
    sentences += [_direct_sentence(learning, labels)]
    return block(
        words("exposure.diary_heading"),
        sentences=sentences,
        tables=[table, _learning_table(learning, labels)],
    )


def _quartiles(row: Row, words: Words) -> Cell:
    high = row["compliance_q75"]
    return cell_of(row, "compliance_q25", lambda low: Cell("", "percent_span", also=(low, high)))


def _direct_sentence(learning: Sequence[Row], labels: Labels) -> str:
    """Between which shares of the moments of learning came from people."""
    shares = [
        float(r["share"])
        for r in learning
        if r["code"] == "direct" and not flagged(r) and is_number(r["share"])
    ]
    if not shares:
        return ""
    words = labels.words
    low, high = words.percent(min(shares)), words.percent(max(shares))
    return words("exposure.direct_same" if low == high else "exposure.direct", low=low, high=high)


def _learning_table(found: Sequence[Row], labels: Labels) -> Table:
    """One row per source and process, one column per wave and arm: moments for every ten answered beeps."""
    words = labels.words
    order = {a.id: i for i, a in enumerate(labels.study.groups)}
    groups = sorted(
        {(str(r["sample"]), int(r["wave"]), str(r["arm"])) for r in found},
        key=lambda g: (*g[:2], order.get(g[2], len(order)), g[2]),
    )
    kinds = dict.fromkeys((str(r["learning"]), _code(r["code"])) for r in found)
    known = {
        (str(r["learning"]), _code(r["code"]), str(r["sample"]), int(r["wave"]), str(r["arm"])): r
        for r in found
    }
    rows: list[list[Cell]] = []
    strong = first_of_each(learning for learning, _ in kinds)
    for learning, code in kinds:
        cells = [
            heading(words.capital(words(f"exposure.learning.{learning}"))),
            text(labels.learning_name(learning, code)),
        ]
        for group in groups:
            r = known.get((learning, code, *group))
            cells.append(nothing() if r is None else number(r["per_ten_beeps"], 1, flagged(r)))
        rows.append(cells)
    columns = [
        words("exposure.kind"),
        words("exposure.what"),
        *(_group_name(g, groups, labels) for g in groups),
    ]
    notes = [words("exposure.note_learning"), *cell_notes(rows, labels)]
    return build_table(
        "learning", words("exposure.learning_caption"), columns, rows, notes, "diary_learning.csv", strong
    )


def _code(code: Any) -> str:
    return code if isinstance(code, str) else ""


def _group_name(group: tuple[str, int, str], groups: Sequence[tuple[str, int, str]], labels: Labels) -> str:
    parts = [labels.sample(group[0])] if len({g[0] for g in groups}) > 1 else []
    parts.append(labels.wave(group[1]))
    parts += [labels.arm(group[2])] if labels.study.groups else []
    return labels.words.capital(", ".join(parts))


def _app(tables: Tables, labels: Labels) -> Block:
    words, found = labels.words, rows_of(tables.get("app_use"))
    if not found:
        return block()
    users = [r for r in found if not flagged(r) and is_number(r["n_users"]) and float(r["n_users"]) > 0]
    points = [_users_sentence(r, labels) for r in users]
    columns: list[Column] = [
        (words("exposure.users"), shown_count("n_users")),
        (words("exposure.share_users"), shown_share("share_users")),
        (words("exposure.weeks"), shown_number("active_weeks_mean")),
        (words("exposure.sessions"), shown_number("sessions_mean")),
        (words("exposure.feedback"), shown_number("feedback_events_mean")),
        (words("exposure.reflection"), shown_number("reflection_events_mean")),
    ]
    table = _by_group(
        "app", words("exposure.app"), found, columns, [words("exposure.note_app")], "app_use.csv", labels
    )
    return block(words("exposure.app_heading"), points=points, tables=[table])


def _users_sentence(row: Row, labels: Labels) -> str:
    words = labels.words
    blanks = {
        "wave": words.capital(_period(row["wave"], labels)),
        "n": words.count(row["n_users"]),
        "total": words.count(row["n_persons"]),
        "share": _percent(row["share_users"], words),
    }
    if labels.study.groups:
        return words("exposure.used_arm", arm=labels.arm(str(row["arm"])), **blanks)
    return words("exposure.used", **blanks)


def _hr(tables: Tables, labels: Labels) -> Block:
    words, found = labels.words, rows_of(tables.get("hr_flow"))
    if not found:
        return block()
    whole = [r for r in found if not is_number(r["wave"])]
    left = [r for r in whole if r["code"] == "left" and not any(hides(r, name) for name in LEFT)]
    points = [
        words(
            "exposure.left_arm" if labels.study.groups else "exposure.left",
            arm=words.capital(labels.arm(str(r["arm"]))),
            n=words.count(r["count"]),
            total=words.count(r["n_persons"]),
            rate=words.number(float(r["per_100_person_months"]), 1),
        )
        for r in left
    ]
    waves = [r for r in found if is_number(r["wave"])]
    table = _hr_table("hr", words("exposure.hr"), whole, labels)
    by_wave = _hr_table("hr-waves", words("exposure.hr_waves"), waves, labels)
    return block(
        words("exposure.hr_heading"),
        points=points,
        tables=[table],
        folded=[fold(words("exposure.hr_fold"), by_wave)],
    )


def _hr_table(identity: str, caption: str, found: Sequence[Row], labels: Labels) -> Table:
    columns: list[Column] = [
        (labels.words("exposure.count"), shown_count("count")),
        (labels.words("exposure.share"), shown_share("share")),
        (labels.words("exposure.rate"), shown_number("per_100_person_months", 2)),
    ]
    words, arms = labels.words, bool(labels.study.groups)
    rows: list[list[Cell]] = []
    strong = first_of_each((r["wave"] if is_number(r["wave"]) else None, r["arm"]) for r in found)
    for r in found:
        cells = [heading(words.capital(_period(r["wave"], labels)))]
        cells += [text(labels.arm(str(r["arm"])))] if arms else []
        cells += [text(flow_name(str(r["code"]), labels)), counted(r, "n_persons")]
        rest = [hidden()] * len(columns) if flagged(r) else [make(r, words) for _, make in columns]
        rows.append(cells + rest)
    heads = ["exposure.period", *(["flow.group"] if arms else []), "exposure.became", "exposure.at_risk"]
    names = [words(h) for h in heads] + [name for name, _ in columns]
    notes = [words("exposure.note_hr"), *cell_notes(rows, labels)]
    return build_table(identity, caption, names, rows, notes, "hr_flow.csv", strong)


def flow_name(code: str, labels: Labels) -> str:
    """What became of employees: stayed, left, moved, or where leavers went; a code that `exposure.flow` and
    `exposure.destination` of the catalogue lack stays."""
    words = labels.words
    if words.has(f"exposure.flow.{code}"):
        return words(f"exposure.flow.{code}")
    if words.has(f"exposure.destination.{code}"):
        return words("exposure.to", place=words(f"exposure.destination.{code}"))
    return code


def _observed(tables: Tables, labels: Labels) -> Block:
    words, found = labels.words, rows_of(tables.get("observations"))
    if not found:
        return block()
    columns: list[Column] = [
        (words("exposure.observations"), shown_count("observations")),
        (words("measurement.mean"), shown_number("met_mean", 2)),
        (words("measurement.sd"), shown_number("met_sd", 2)),
        (words("measurement.median"), shown_number("met_median", 2)),
    ]
    notes = [words("exposure.note_observed")]
    table = _by_group(
        "observations", words("exposure.observed"), found, columns, notes, "observations.csv", labels
    )
    return block(words("exposure.observed_heading"), tables=[table])


def _sources(tables: Tables, labels: Labels) -> Block:
    """What was delivered in each source, and what of it was dropped and why."""
    words = labels.words
    found = [r for r in rows_of(tables.get("exposure_flow")) if r["step"] in ("read", "dropped", "kept")]
    rows: list[list[Cell]] = []
    strong = first_of_each(r["source"] for r in found)
    for r in found:
        step = words(f"flow.step_{r['step']}")
        reason = _reason(r.get("reason"), words)
        cells = [heading(str(r["source"])), text(step), text(reason), cell_of(r, "rows", count)]
        rows.append(cells)
    keys = ("flow.source", "exposure.step", "exposure.why", "exposure.rows")
    table = build_table(
        "exposure-flow", words("exposure.sources"), [words(k) for k in keys], rows, cell_notes(rows, labels),
        "exposure_flow.csv", strong,
    )  # fmt: skip
    return block(words("exposure.sources_heading"), folded=[fold(words("exposure.sources_fold"), table)])


def _reason(reason: Any, words: Words) -> str:
    if not isinstance(reason, str) or not reason:
        return ""
    for key in (f"reason.{reason}", f"exposure.reason.{reason.replace(' ', '_')}"):
        if words.has(key):
            return words(key)
    return reason
