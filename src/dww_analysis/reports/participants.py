"""Who took part: the tables of flow, of dropped rows, of organisations, and of the groups at the start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from dww_analysis.domain.study import Study, say
from dww_analysis.reports.labels import Labels
from dww_analysis.reports.tables import (
    Cell,
    Table,
    build_table,
    count,
    flagged,
    heading,
    hidden,
    number,
    refuse_small,
    rows_of,
    text,
)
from dww_analysis.reports.words import Words

STEPS = ("answered", "new", "left", "moved")


def flow_tables(flow: pd.DataFrame | None, labels: Labels) -> list[Table]:
    """Persons and teams per wave; rows received and dropped. Empty ones are left out."""
    if flow is None or flow.empty:
        return []
    tables = [_waves(flow, labels), _organisations(flow, labels), _rows(flow, labels)]
    return [t for t in tables if t]


def step_of(step: str) -> str:
    """The known step a step of the flow table is, by its first letters."""
    known = ("allocated", *STEPS)
    return next((s for s in known if str(step).strip().lower().startswith(s[:4])), str(step))


def count_of(
    flow: pd.DataFrame, level: str, step: str, wave: int | None, arm: str, sample: str | None
) -> Any:
    """One count of the flow table, or None."""
    rows = flow[(flow["level"] == level) & (flow["arm"].fillna("").astype(str) == arm)]
    rows = rows[[step_of(s) == step for s in rows["step"]]]
    if wave is not None:
        rows = rows[pd.to_numeric(rows["wave"], errors="coerce") == wave]
    if sample is not None:
        rows = rows[rows["sample"].fillna("").astype(str) == sample]
    return rows["count"].iloc[0] if len(rows) else None


def groups_of(study: Study) -> list[tuple[str, str | None]]:
    """(arm, sample) of every group that is followed: the arms, or without arms the samples."""
    return [(a.id, None) for a in study.arms] or [("", s) for s in study.samples]


def group_label(arm: str, sample: str | None, labels: Labels) -> str:
    """The name of a group that is followed."""
    if arm or sample is None:
        return labels.arm(arm)
    return labels.sample(sample)


def _waves(flow: pd.DataFrame, labels: Labels) -> Table:
    words, study = labels.words, labels.study
    shown = [s for s in STEPS[1:] if any(step_of(x) == s for x in flow["step"])]
    rows: list[list[Cell]] = []
    strong = []
    for wave in study.waves:
        for i, (arm, sample) in enumerate(groups_of(study)):
            persons = count_of(flow, "person", "answered", wave.number, arm, sample)
            if persons is None:
                continue
            if i == 0:
                strong.append(len(rows))
            teams = count_of(flow, "team", "answered", wave.number, arm, sample)
            extra = [count_of(flow, "person", s, wave.number, arm, sample) for s in shown]
            rows.append(
                [
                    heading(words.say(wave.label)),
                    text(group_label(arm, sample, labels)),
                    count(teams, words),
                    count(persons, words),
                    *(count(x, words) for x in extra),
                ]
            )
    columns = [words(f"flow.{k}") for k in ("wave", "group", "teams", "persons", *shown)]
    notes = [words("flow.note"), _small_note(rows, study, words)]
    return build_table("flow", words("flow.caption"), columns, rows, notes, "flow.csv", strong)


def _small_note(rows: Iterable[Iterable[Cell]], study: Study, words: Words) -> str:
    small = any(c.text.strip().startswith("<") for r in rows for c in r)
    return words("table.small_note", minimum=study.min_cell_size) if small else ""


def _organisations(flow: pd.DataFrame, labels: Labels) -> Table:
    words, study = labels.words, labels.study
    if "organisation" not in flow:
        return build_table("organisations", "", (), ())
    part = flow[(flow["level"] == "person") & flow["organisation"].fillna("").astype(str).ne("")]
    rows = []
    for organisation in sorted(part["organisation"].astype(str).unique()):  # by name, never by result
        for arm, sample in groups_of(study):
            own = part[part["organisation"].astype(str) == organisation]
            values = [count_of(own, "person", "answered", w.number, arm, sample) for w in study.waves]
            if any(v is not None for v in values):
                cells = [count(v, words) for v in values]
                rows.append([heading(organisation), text(group_label(arm, sample, labels)), *cells])
    columns = [words("flow.organisation"), words("flow.group"), *(words.say(w.label) for w in study.waves)]
    return build_table("organisations", words("flow.caption_organisations"), columns, rows, csv="flow.csv")


def _rows(flow: pd.DataFrame, labels: Labels) -> Table:
    words = labels.words
    part = flow[flow["level"] == "row"]
    rows, strong, seen = [], [], None
    for row in rows_of(part):
        if row["source"] != seen:
            seen = row["source"]
            strong.append(len(rows))
        step = str(row["step"])
        shown = words(f"flow.step_{step}") if words.has(f"flow.step_{step}") else step
        rows.append(
            [
                heading(str(row["source"])),
                text(shown),
                text(reason(row["reason"], words)),
                count(row["count"], words),
            ]
        )
    columns = [words(f"flow.{k}") for k in ("source", "step", "reason", "rows")]
    return build_table("rows", words("flow.caption_rows"), columns, rows, csv="flow.csv", strong=strong)


def reason(value: Any, words: Words) -> str:
    """A reason in words; one the study names itself stays as it is."""
    if value is None or value != value or not str(value).strip():
        return ""
    key = f"reason.{str(value).strip().lower()}"
    return words(key) if words.has(key) else str(value)


def baseline_table(baseline: pd.DataFrame | None, labels: Labels) -> Table:
    """Who took part, by arm, with standardised differences and without p values.

    baseline: variable, label_nl, label_en, category, arm, n, mean, sd, count, share, smd, suppressed; one row per
    variable, category and arm.
    """
    words, study = labels.words, labels.study
    refuse_small(baseline, "baseline", "n", ("mean", "sd", "share"), study.min_cell_size)
    arms = [a.id for a in study.arms] or [""]
    width = 2 * len(arms) + bool(study.arms)
    rows: list[list[Cell]] = []
    strong: list[int] = []
    for variable, categories in _by_variable(baseline).items():
        strong.append(len(rows))
        if any(categories):
            first = next(iter(categories.values()))[0]
            rows.append([heading(_label(first, words)), *(text("") for _ in range(width))])
        rows += [_baseline_row(found, c, variable, arms, labels) for c, found in categories.items()]
    columns = [words("baseline.variable")]
    for arm in arms:
        columns += [words(f"baseline.{k}", arm=labels.arm(arm)) for k in ("n", "value")]
    notes = []
    if study.arms:
        columns.append(words("baseline.smd"))
        last, first = labels.arm(study.arms[-1].id), labels.arm(study.arms[0].id)
        notes = [words("baseline.note_smd", arm=last, reference=first), words("baseline.note")]
    if any(c.suppressed for r in rows for c in r):
        notes.append(words("table.suppressed_note", minimum=study.min_cell_size))
    return build_table("baseline", words("baseline.caption"), columns, rows, notes, "baseline.csv", strong)


def _by_variable(baseline: pd.DataFrame | None) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """variable -> category ("" for numbers) -> its rows, in the order of the table."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in rows_of(baseline):
        found.setdefault(str(row["variable"]), {}).setdefault(_category(row), []).append(row)
    return found


def _category(row: dict[str, Any]) -> str:
    value = row.get("category")
    return "" if value is None or value != value else str(value)


def _label(row: dict[str, Any], words: Words) -> str:
    label = row.get(f"label_{words.language}")
    return str(label) if isinstance(label, str) and label else str(row["variable"])


def _baseline_row(
    found: list[dict[str, Any]], category: str, variable: str, arms: list[str], labels: Labels
) -> list[Cell]:
    words = labels.words
    name = _category_label(variable, category, labels) if category else _label(found[0], words)
    cells = [heading(name, indent=bool(category))]
    for arm in arms:
        row = next((r for r in found if _arm(r) == arm), None)
        cells += [text("–", True), text("–", True)] if row is None else _baseline_cells(row, words)
    if labels.study.arms:
        smd = next(
            (r["smd"] for r in found if r.get("smd") == r.get("smd") and r.get("smd") is not None), None
        )
        cells.append(hidden(words) if any(map(flagged, found)) and smd is None else number(smd, words))
    return cells


def _arm(row: dict[str, Any]) -> str:
    value = row.get("arm")
    return "" if value is None or value != value or value in ("all", "total") else str(value)


def _baseline_cells(row: dict[str, Any], words: Words) -> list[Cell]:
    n = count(row["n"], words)
    if flagged(row):
        return [n, hidden(words)]
    if row.get("mean") == row.get("mean") and row.get("mean") is not None:
        return [n, text(f"{words.number(row['mean'])} ({words.number(row['sd'])})", True)]
    share = words.percent(row["share"]) if row.get("share") == row.get("share") else "–"
    return [n, text(f"{words.count(row['count'])} ({share})", True)]


def _category_label(variable: str, category: str, labels: Labels) -> str:
    for background in labels.study.background:
        if background.name == variable and category in background.categories:
            return say(background.categories[category], labels.words.language)
    return category
