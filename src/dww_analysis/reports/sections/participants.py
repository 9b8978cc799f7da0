"""Who took part: the tables of flow, of dropped rows, of organisations, and of the groups at the start."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.measurements import BY_ORGANISATION, FLOW_MOVES, FLOW_STEPS
from dww_analysis.domain.study import Study
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels, name_of
from dww_analysis.reports.cells import Cell, count, heading, hidden, nothing, number, text
from dww_analysis.reports.sections.measurement import level_of, there, yes_no_note
from dww_analysis.reports.tables import (
    Table,
    arm_of,
    build_table,
    counted,
    flagged,
    hides,
    refuse_small,
    rows_of,
)


def flow_tables(flow: pd.DataFrame | None, labels: Labels) -> list[Table]:
    """Persons and teams per wave, persons per organisation, rows received and dropped. Empty ones are left out."""
    if flow is None or flow.empty:
        return []
    tables = [_waves(flow, labels), _organisations(flow, labels), _sources(flow, labels)]
    return [t for t in tables if t]


Counts = Mapping[tuple[str, str, int | None, str, str], Any]


def counts_of(flow: pd.DataFrame | None) -> Counts:
    """(level, step, wave, arm, sample) -> count of the known steps; sample "" is the first sample that has one.

    flow: rows after disclosure control, so that a count may be `<8`; None gives {}. Wave is None and arm "" where the
    row has none.
    """
    counts: dict[tuple[str, str, int | None, str, str], Any] = {}
    for row in rows_of(flow):
        step = FLOW_STEPS.get(str(row["step"]))
        if step is None:
            continue
        wave = None if _absent(row["wave"]) else int(row["wave"])
        arm = "" if _absent(row["arm"]) else str(row["arm"])
        for sample in (str(row["sample"]), ""):
            counts.setdefault((str(row["level"]), step, wave, arm, sample), row["count"])
    return counts


def count_of(counts: Counts, level: str, step: str, wave: int | None, arm: str, sample: str | None) -> Any:
    """One count of the flow table, or None."""
    return counts.get((level, step, wave, arm, sample or ""))


def not_recognised(counts: Counts) -> bool:
    """Whether persons cannot be recognised between waves (some row counts step unknown), so that nobody is new, away
    or gone."""
    return any(step == "unknown" and size_of(n) > 0 for (level, step, *_), n in counts.items())


def teams_known(counts: Counts) -> bool:
    """Whether anybody answered from a team that is known."""
    return any(
        level == "team" and step == "answered" and n is not None for (level, step, *_), n in counts.items()
    )


def in_teams(tables: Mapping[str, pd.DataFrame]) -> bool:
    """Whether anybody answered from a team that is known, by the counts of participation and of estimates; True where
    there are neither, as in a study of sessions."""
    flow, estimates = tables.get("flow"), tables.get("estimates")
    counted = estimates is not None and bool((pd.to_numeric(estimates["n_teams"]) > 0).any())
    return counted or teams_known(counts_of(flow)) or (flow is None and estimates is None)


def size_of(count: Any) -> float:
    """A count of the flow table as a number; NaN for none and for text such as `<8`."""
    try:
        return math.nan if count is None else float(count)
    except (TypeError, ValueError):
        return math.nan


def persons_seen(counts: Counts, study: Study) -> float:
    """Persons with any answer: those of the first wave with answers and everybody who was new later; NaN where a
    count of them is hidden or there is no row."""
    if not_recognised(counts):
        return math.nan
    everyone = _seen(counts, study, "")
    return (
        everyone
        if math.isfinite(everyone)
        else sum(_seen(counts, study, a.id) for a in study.arms) or math.nan
    )


def _seen(counts: Counts, study: Study, arm: str) -> float:
    """Persons of one arm ("" for all) with any answer."""
    answered = {w.number: count_of(counts, "person", "answered", w.number, arm, None) for w in study.waves}
    waves = [w for w, n in answered.items() if n is not None]
    if not waves:
        return math.nan
    new = [size_of(count_of(counts, "person", "new", w, arm, None)) for w in waves[1:]]
    return size_of(answered[waves[0]]) + sum(new)


def allocated_of(
    level: str, rows: Sequence[Mapping[str, Any]], counts: Counts, labels: Labels, together: bool = False
) -> float:
    """Units that were allocated, of all arms; without a table of participation those of the largest analysis.

    level: a column n_<level>s of `rows`. together: units that stand in several arms are counted once.
    """
    everyone = size_of(count_of(counts, level, "allocated", None, "", None))
    arms = [size_of(count_of(counts, level, "allocated", None, a.id, None)) for a in labels.study.arms]
    if math.isfinite(everyone):
        return everyone
    if all(math.isfinite(n) for n in arms):
        return max(arms) if together else sum(arms)
    return most(rows, f"n_{level}s")


def most(rows: Sequence[Mapping[str, Any]], column: str) -> float:
    """The largest number in a column of headline rows; NaN when there is none."""
    return max((float(r[column]) for r in rows if r[column] == r[column]), default=math.nan)


def groups_of(study: Study) -> list[tuple[str, str | None]]:
    """(arm, sample) of every group that is followed: the arms that persons stay in, or without those the samples."""
    return [(a.id, None) for a in study.groups] or [("", s) for s in study.samples]


def group_label(arm: str, sample: str | None, labels: Labels) -> str:
    """The name of a group that is followed, as `groups_of` gives it: of the arm, or with sample not None of the
    sample; of everybody where there is one sample and no arm."""
    if arm or sample is None or len(labels.study.samples) == 1:
        return labels.arm(arm)
    return labels.sample(sample)


def _waves(flow: pd.DataFrame, labels: Labels) -> Table:
    words, study = labels.words, labels.study
    counts = counts_of(flow)
    known = {step for level, step, *_ in counts if level == "person"}
    in_teams = teams_known(counts)
    moves = [m for m in FLOW_MOVES if in_teams or m != "moved"]
    shown = [] if not_recognised(counts) else [m for m in moves if m in known]
    rows: list[list[Cell]] = []
    strong = []
    for wave in study.waves:
        for i, (arm, sample) in enumerate(groups_of(study)):
            persons = count_of(counts, "person", "answered", wave.number, arm, sample)
            if persons is None:
                continue
            if i == 0:
                strong.append(len(rows))
            teams = count_of(counts, "team", "answered", wave.number, arm, sample)
            extra = [count_of(counts, "person", s, wave.number, arm, sample) for s in shown]
            if wave is study.waves[-1]:  # who is absent at the last wave cannot come back
                extra = [None if s == "missed" else n for s, n in zip(shown, extra, strict=True)]
            rows.append(
                [
                    heading(words.capital(words.say(wave.label))),
                    *_group_cell(arm, sample, labels),
                    *([count(teams)] if in_teams else []),
                    count(persons),
                    *(count(x) for x in extra),
                ]
            )
    named = ("team", "person") if in_teams else ("person",)
    levels = [words.capital(words.level_names(level)) for level in named]
    columns = [words("flow.wave"), *_group_head(labels), *levels, *(words(f"flow.{k}") for k in shown)]
    note = "flow.note_unrecognised" if not_recognised(counts) else "flow.note"
    notes = [words(note), _small_note(rows, study, words)]
    caption = words.capital(words("flow.caption" if in_teams else "flow.caption_persons"))
    return build_table("flow", caption, columns, rows, notes, "flow.csv", strong)


def _group_head(labels: Labels) -> list[str]:
    """The head of the column of groups; [] where there is one group alone."""
    return [labels.words("flow.group")] if len(list(groups_of(labels.study))) > 1 else []


def _group_cell(arm: str, sample: str | None, labels: Labels) -> list[Cell]:
    """The group of a row, where there are several."""
    return [text(group_label(arm, sample, labels))] if _group_head(labels) else []


def _small_note(rows: Iterable[Iterable[Cell]], study: Study, words: Words) -> str:
    small = any(c.small for r in rows for c in r)
    return words("table.small_note", minimum=study.min_cell_size) if small else ""


def _organisations(flow: pd.DataFrame, labels: Labels) -> Table:
    """Persons who answered, per organisation and group; organisations by name, never by result."""
    words, study = labels.words, labels.study
    part = flow[flow["step"] == BY_ORGANISATION]
    counts = {
        (str(r["reason"]), "" if _absent(r["arm"]) else str(r["arm"]), str(r["sample"]), int(r["wave"])): r[
            "count"
        ]
        for r in rows_of(part)
    }
    rows: list[list[Cell]] = []
    strong: list[int] = []
    for organisation in sorted({k[0] for k in counts}, key=name_of):
        strong.append(len(rows))
        for arm, sample in groups_of(study):
            whose = sample or next(iter(study.samples))
            values = [counts.get((organisation, arm, whose, w.number)) for w in study.waves]
            if any(v is not None for v in values):
                cells = [count(v) for v in values]
                rows.append([heading(name_of(organisation)), *_group_cell(arm, sample, labels), *cells])
    columns = [
        words.capital(words.level_name("organisation")),
        *_group_head(labels),
        *(words.say(w.label) for w in study.waves),
    ]
    caption = words("flow.caption_organisations")
    return build_table("organisations", caption, columns, rows, csv="flow.csv", strong=strong)


def _sources(flow: pd.DataFrame, labels: Labels) -> Table:
    """One row per delivered file: rows received, dropped with reasons, used."""
    words = labels.words
    part = flow[flow["source"].fillna("").astype(str) != ""]
    extra = {k: level in set(part["level"]) for k, level in (("columns", "column"), ("cleared", "answer"))}
    rows = []
    for source, own in part.groupby("source", sort=False):
        lines = own[own["level"] == "row"]
        dropped = [
            f"{words.count(r['count'])} {reason(r['reason'], words)}"
            for r in rows_of(lines[lines["step"] == "dropped"])
        ]
        cells = [heading(str(source)), count(_total(lines, "read"))]
        cells += [text(", ".join(dropped) or words("flow.rows_none")), count(_total(lines, "kept"))]
        for key, level in (("columns", "column"), ("cleared", "answer")):
            if extra[key]:
                cells.append(count(own.loc[own["level"] == level, "count"].sum()))
        rows.append(cells)
    keys = ["source", "step_read", "step_dropped", "step_kept", *(k for k, shown in extra.items() if shown)]
    columns = [words(f"flow.{k}") for k in keys]
    notes = [words("flow.note_columns")] if any(extra.values()) else []
    return build_table("sources", words("flow.caption_rows"), columns, rows, notes, "flow.csv")


def _total(lines: pd.DataFrame, step: str) -> float | None:
    found = lines.loc[lines["step"] == step, "count"]
    return float(found.sum()) if len(found) else None


def _absent(value: Any) -> bool:
    return value is None or value != value


def reason(value: Any, words: Words) -> str:
    """A reason in words; one the study names itself stays as it is; "" for None, NaN or a blank."""
    if value is None or value != value or not str(value).strip():
        return ""
    key = f"reason.{str(value).strip().lower()}"
    return words(key) if words.has(key) else str(value)


def baseline_table(baseline: pd.DataFrame | None, labels: Labels) -> Table:
    """Who took part, by the arms that persons stay in, with standardised differences and without p values.

    baseline: variable, label_nl, label_en, category, arm, n, mean, sd, count, share, smd, suppressed; one row per
    variable, category and arm.
    """
    words, study = labels.words, labels.study
    refuse_small(baseline, "baseline", "n", ("mean", "sd", "share"), study.min_cell_size)
    arms = [a.id for a in study.groups] or [""]
    many = len(study.samples) > 1
    width = many + 2 * len(arms) + bool(study.groups)
    rows: list[list[Cell]] = []
    strong: list[int] = []
    for (sample, _), categories in _by_variable(baseline).items():
        strong.append(len(rows))
        if any(categories):
            first = next(iter(categories.values()))[0]
            rows.append([heading(_label(first, words)), *(text("") for _ in range(width))])
        for category, found in categories.items():
            cells = _baseline_row(found, category, arms, labels)
            rows.append([cells[0], text(labels.sample(sample)), *cells[1:]] if many else cells)
    columns = [words("baseline.variable"), *([words("baseline.sample")] if many else [])]
    for arm in arms:
        one = "" if study.groups else "_all"
        columns += [words(f"baseline.{k}{one}", arm=labels.arm(arm)) for k in ("n", "value")]
    notes = [words("baseline.note_value")] if study.groups else []
    notes += yes_no_note((variable for _, variable in _by_variable(baseline)), "table.yes_no_note", labels)
    if study.groups:
        columns.append(words("baseline.smd"))
        names = {"arm": labels.arm(study.arms[-1].id), "reference": labels.arm(study.arms[0].id)}
        notes += [words("baseline.note_smd", **names), words("baseline.note")]
    if any(c.hides for r in rows for c in r):
        notes.append(words("table.suppressed_note", minimum=study.min_cell_size))
    return build_table("baseline", words("baseline.caption"), columns, rows, notes, "baseline.csv", strong)


def _by_variable(baseline: pd.DataFrame | None) -> dict[tuple[str, str], dict[str, list[dict[str, Any]]]]:
    """(sample, variable) -> category ("" for numbers) -> its rows, in the order of the table."""
    found: dict[tuple[str, str], dict[str, list[dict[str, Any]]]] = {}
    for row in rows_of(baseline):
        key = (str(row.get("sample", "")), str(row["variable"]))
        found.setdefault(key, {}).setdefault(_category(row), []).append(row)
    return found


def _category(row: dict[str, Any]) -> str:
    value = row.get("category")
    return "" if value is None or value != value else str(value)


def _label(row: dict[str, Any], words: Words) -> str:
    label = row.get(f"label_{words.language}")
    return words.capital(label if isinstance(label, str) and label else str(row["variable"]))


def _baseline_row(found: list[dict[str, Any]], category: str, arms: list[str], labels: Labels) -> list[Cell]:
    words = labels.words
    name = _category_label(found[0], category, words) if category else _label(found[0], words)
    cells = [heading(name, indent=bool(category))]
    for arm in arms:
        row = next((r for r in found if arm_of(r) == arm), None)
        cells += [nothing(), nothing()] if row is None else _baseline_cells(row, labels)
    if labels.study.groups:
        smd = next((r["smd"] for r in found if there(r.get("smd"))), None)
        gone = smd is None and any(hides(r, "smd") for r in found)
        cells.append(hidden() if gone else number(smd))
    return cells


def _baseline_cells(row: dict[str, Any], labels: Labels) -> list[Cell]:
    n = counted(row, "n")
    if flagged(row) or hides(row, "mean") or hides(row, "count") or hides(row, "share"):
        return [n, hidden()]
    if row.get("mean") == row.get("mean") and row.get("mean") is not None:
        return [n, level_of(row, str(row["variable"]), labels)]
    return [n, Cell(row["count"], "count_share", also=(float(row["share"]),))]


def _category_label(row: dict[str, Any], category: str, words: Words) -> str:
    label = row.get(f"category_{words.language}")
    return label if isinstance(label, str) and label else category
