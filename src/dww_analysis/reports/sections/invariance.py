"""Whether a scale measures the same over waves and arms, and the sentence that stands beside means when it may not.

The verdicts come from the scales room with their sentences; here they become an overview, steps, and marks beside
estimates. What was not tested is marked as well: untested is not the same as comparable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from dww_analysis.domain.contrasts import PER_WAVE, Contrast, contrast_of
from dww_analysis.language import Words
from dww_analysis.language.invariance import NOT_TESTED, ladder_sentence, without_items
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block, drawn, fold
from dww_analysis.reports.cells import Cell, count, heading, hidden, number, p_value, text, with_interval
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.sections.measurement import asked_question, cell_notes, scale_cell
from dww_analysis.reports.tables import (
    Table,
    build_table,
    cell_of,
    counted,
    first_of_each,
    flagged,
    refuse_small,
    rows_of,
    truth,
)

MARK = "¶"
FIT = ("cfi", "rmsea", "srmr")
STRUCTURE = ("chi_square", "df", "p_value", "cfi", "tli", "rmsea", "srmr")
Row = dict[str, Any]


class Comparability:
    """Looks up whether the means behind an estimate may be compared, and if not which sentences say so."""

    def __init__(self, invariance: pd.DataFrame | None, labels: Labels):
        self.labels = labels
        self.known = invariance is not None
        self.rows = {
            (str(r["sample"]), str(r["scale"]), str(r["over"]), wave_text(r["wave"])): r
            for r in rows_of(invariance)
        }

    def doubts(self, sample: str, outcome: str, contrast: Contrast) -> list[str]:
        """Sentences beside a contrast of means without at least partial scalar invariance; [] when all is well.

        A contrast of arms rests on the arms at that wave, and on the waves when the scale was asked more than once;
        a contrast of waves on the waves. An association with a predictor compares no means;
        personnel records measure nothing by a scale.
        """
        if not self.known or self.labels.of_records(outcome):
            return []
        found = []
        for over, wave, needed in _needs(contrast):
            row = self.rows.get((sample, outcome.split(".")[0], over, wave))
            if row is None and needed:
                found.append(self._absent(over, wave))
            elif row is not None and truth(row["means_comparable"]) is not True:
                found.append(sentence_of(row, self.labels))
        return found

    def _absent(self, over: str, wave: str) -> str:
        words = self.labels.words
        if over == "waves":
            return words("sameness.absent.waves")
        return words("sameness.absent.arms", wave=self.labels.wave(wave))


def _needs(contrast: Contrast) -> list[tuple[str, str, bool]]:
    """(over, wave, must be there) of the verdicts that a contrast rests on."""
    if contrast.arm and contrast.wave is not None:
        return [("arms", str(contrast.wave), True), ("waves", "", False)]
    if contrast.wave is not None or contrast.per == PER_WAVE:
        return [("waves", "", True)]
    return []


def wave_text(wave: Any) -> str:
    """A wave's number as text; "" over the waves (None, NaN or "")."""
    if wave is None or wave != wave or str(wave) == "":
        return ""
    return str(int(float(wave)))


def sentence_of(row: Mapping[str, Any], labels: Labels) -> str:
    """What a ladder found, in the reader's language. row: of the table invariance; column means_comparable may be a
    text."""
    return ladder_sentence({**row, "means_comparable": truth(row["means_comparable"])}, labels)


def marked_estimates(
    tables: Sequence[Table], estimates: pd.DataFrame, samples: Mapping[str, str], known: Comparability
) -> list[Table]:
    """The tables of estimates with a mark, and below them the sentence, where means may not be comparable.

    estimates: rows with the ids that the tables' own rows name. samples: entry id -> its sample.
    """
    rows = {str(r["id"]): r for r in rows_of(estimates)}
    return [_marked(table, rows, samples, known) for table in tables]


def _marked(
    table: Table, estimates: Mapping[str, Row], samples: Mapping[str, str], known: Comparability
) -> Table:
    notes: dict[str, None] = {}
    shown = list(table.rows)
    for i, identity in enumerate(table.estimates):
        row = estimates[identity]
        said = known.doubts(samples.get(str(row["entry"]), ""), str(row["outcome"]), contrast_of(row))
        if not said or truth(row["standardised"]):
            continue
        first = replace(shown[i][0], value=f"{shown[i][0].value} {MARK}")
        shown[i] = (first, *shown[i][1:])
        label = known.labels.words.capital(known.labels.outcome(str(row["outcome"])))
        notes |= dict.fromkeys(f"{MARK} {label}: {sentence}" for sentence in said)
    return replace(table, rows=tuple(shown), notes=(*table.notes, *notes))


def said_on_first_screen(
    found: Sequence[dict[str, Any]],
    estimates: pd.DataFrame,
    samples: Mapping[str, str],
    known: Comparability,
) -> list[dict[str, Any]]:
    """The findings of the first screen, with the sentence about comparability where there is doubt. found: with the
    id of the estimate; one of which there is no row of `estimates` stays as it is."""
    rows = {str(r["id"]): r for r in rows_of(estimates)}
    result = []
    for finding in found:
        row = rows.get(str(finding["id"]))
        sample = samples.get(str(row["entry"]), "") if row else ""
        doubts = known.doubts(sample, str(row["outcome"]), contrast_of(row)) if row else []
        result.append(finding | {"sentences": [*finding["sentences"], *doubts]})
    return result


def sameness_blocks(
    tables: Mapping[str, pd.DataFrame], figures: Sequence[FigureRecord], labels: Labels
) -> list[Block]:
    """The overview of verdicts, each scale's sentences, ladder and steps folded, and how well the factors fit.

    tables: "invariance", "invariance_steps" and "factor_structure", those there are. DisclosureError for a fit on
    fewer persons than the study's minimum.
    """
    verdicts, words = tables.get("invariance"), labels.words
    refuse_small(tables.get("factor_structure"), "factor_structure", "n_persons", STRUCTURE,
                 labels.study.min_cell_size)  # fmt: skip
    scales = list(dict.fromkeys(str(r["scale"]) for r in rows_of(verdicts)))
    folded = [_scale_block(s, tables, figures, labels) for s in scales]
    structure = structure_table(tables.get("factor_structure"), labels)
    if not scales and not structure:
        return []
    fit = fold(words("sameness.structure_fold"), structure)
    return [
        block(
            words("sameness.heading"),
            sentences=[words("sameness.intro")],
            tables=[verdict_table(verdicts, labels)],
            folded=[*folded, fit],
        )
    ]


def _scale_block(
    scale: str, tables: Mapping[str, pd.DataFrame], figures: Sequence[FigureRecord], labels: Labels
) -> Block:
    verdicts = [r for r in rows_of(tables["invariance"]) if str(r["scale"]) == scale]
    words = labels.words
    name = words.capital(labels.outcome(scale))
    said = words("sameness.fold", scale=name, verdict=words(f"sameness.all.{_together(verdicts)}"))
    steps = steps_table(scale, tables.get("invariance_steps"), labels)
    return block(
        said,
        points=[sentence_of(r, labels) for r in verdicts],
        figures=drawn(figures, "ladder", scale),
        tables=[steps],
    )


def _together(verdicts: Sequence[Row]) -> str:
    """good, doubt, untested or partly: the verdicts of a scale in one word."""
    found = {truth(r["means_comparable"]) for r in verdicts}
    if False in found:
        return "doubt"
    if found == {True}:
        return "good"
    return "partly" if True in found else "untested"


def verdict_table(verdicts: pd.DataFrame | None, labels: Labels) -> Table:
    """One row per scale (and sample), one column per ladder, with the level that the answers support."""
    words, found = labels.words, rows_of(verdicts)
    ladders = sorted({(str(r["over"]), wave_text(r["wave"])) for r in found}, key=_ladder_order)
    members = dict.fromkeys((str(r["scale"]), str(r["sample"])) for r in found)
    several = len({s for _, s in members}) > 1
    known = {(str(r["scale"]), str(r["sample"]), str(r["over"]), wave_text(r["wave"])): r for r in found}
    rows = []
    for scale, sample in members:
        cells = [scale_cell(scale, labels), *([text(labels.sample(sample))] if several else [])]
        cells += [_verdict_cell(known.get((scale, sample, *ladder)), labels) for ladder in ladders]
        rows.append(cells)
    columns = [words("measurement.scale"), *([words("measurement.sample")] if several else [])]
    columns += [words.capital(ladder_name(over, wave, labels)) for over, wave in ladders]
    notes = [words("sameness.note_levels")]
    if any(c.marked(MARK) for r in rows for c in r):
        notes.append(words("sameness.note_doubt"))
    notes += cell_notes(rows, labels)
    if any(r[0].marked("†") for r in rows):
        notes.append(words("table.unverified_note"))
    return build_table("invariance", words("sameness.caption"), columns, rows, notes, "invariance.csv")


def _ladder_order(ladder: tuple[str, str]) -> tuple[int, str]:
    return (("waves", "arms", "language").index(ladder[0]), ladder[1])


def _verdict_cell(row: Row | None, labels: Labels) -> Cell:
    if row is None:
        return Cell("–")
    if flagged(row):
        if not without_items(row, labels):
            return hidden()
        row = {**row, "verdict": NOT_TESTED, "means_comparable": False}
    said = labels.words(f"sameness.verdict.{str(row['verdict']).replace(' ', '_')}")
    return Cell(said if truth(row["means_comparable"]) else f"{said} {MARK}")


def ladder_name(over: str, wave: str, labels: Labels) -> str:
    """What is compared: the waves, or the arms or language versions at one wave."""
    at = labels.wave(wave) if wave else ""
    return labels.words(f"sameness.over.{over}", wave=at)


def compared(sample: str, over: str, wave: str, labels: Labels) -> str:
    """`ladder_name` with the sample before it, when one is given."""
    name = ladder_name(over, wave, labels)
    return f"{labels.sample(sample)}: {name}" if sample else name


def steps_table(scale: str, steps: pd.DataFrame | None, labels: Labels) -> Table:
    """Each level that was tried, a row each: its fit, how much the fit changed, and whether it was accepted. steps:
    of all scales, None where there are none; a table without rows then."""
    words = labels.words
    found = [r for r in rows_of(steps) if str(r["scale"]) == scale]
    several = len({str(r["sample"]) for r in found}) > 1
    rows: list[list[Cell]] = []
    strong = first_of_each((row["sample"], row["over"], wave_text(row["wave"])) for row in found)
    for row in found:
        sample = str(row["sample"]) if several else ""
        name = compared(sample, row["over"], wave_text(row["wave"]), labels)
        rows.append([heading(words.capital(name)), *_step_cells(row, labels)])
    keys = (
        "compared",
        "level",
        "chi_square",
        "df",
        "cfi",
        "rmsea",
        "srmr",
        "delta_cfi",
        "delta_rmsea",
        "kept",
    )
    columns = [words(f"sameness.{k}") for k in keys]
    caption = words("sameness.steps_caption", scale=labels.outcome(scale))
    notes = [words("sameness.note_delta"), *cell_notes(rows, labels)]
    return build_table(f"invariance-{scale}", caption, columns, rows, notes, "invariance_steps.csv", strong)


def _step_cells(row: Row, labels: Labels) -> list[Cell]:
    words = labels.words
    kept = "measurement.yes_word" if truth(row["accepted"]) else "measurement.no_word"
    return [
        _level_cell(row, words) if isinstance(row["level"], str) else hidden(),
        cell_of(row, "chi_square", lambda found: number(found, 1)),
        cell_of(row, "df", count),
        *(cell_of(row, k, _three) for k in (*FIT, "delta_cfi", "delta_rmsea")),
        hidden() if flagged(row) else text(words(kept)),
    ]


def _level_cell(row: Row, words: Words) -> Cell:
    level, released = words(f"sameness.verdict.{row['level'].replace(' ', '_')}"), row.get("released")
    if isinstance(released, str) and released:
        level = words("sameness.released", level=level, released=released)
    return text(level)


def _three(value: Any) -> Cell:
    return number(value, 3)


def structure_table(structure: pd.DataFrame | None, labels: Labels) -> Table:
    """How well one factor, correlated factors and a second-order factor describe the answers of each wave, a row for
    each; fits that disclosure control hid have its mark."""
    words = labels.words
    rows: list[list[Cell]] = []
    strong = first_of_each(row["scale"] for row in rows_of(structure))
    for row in rows_of(structure):
        model = str(row["model"]).replace(" ", "_")
        named = words(f"sameness.model.{model}") if words.has(f"sameness.model.{model}") else model
        cells = [scale_cell(str(row["scale"]), labels), text(labels.wave(row["wave"])), text(named)]
        cells.append(counted(row, "n_persons"))
        rows.append(cells + ([hidden()] * 7 if flagged(row) else _fit_cells(row, labels)))
    keys = ("model_name", "persons", "chi_square", "df", "p", "cfi", "tli", "rmsea_interval", "srmr")
    columns = [
        words("measurement.scale"),
        words("measurement.wave"),
        *(words(f"sameness.{k}") for k in keys),
    ]
    notes = [words("sameness.note_structure"), *cell_notes(rows, labels)]
    if any(r[0].marked("†") for r in rows):
        notes.append(words("table.unverified_note"))
    return build_table(
        "structure", words("sameness.structure"), columns, rows, notes, "factor_structure.csv", strong
    )


def _fit_cells(row: Row, labels: Labels) -> list[Cell]:
    rmsea = with_interval(row.get("rmsea"), row.get("rmsea_low"), row.get("rmsea_high"), 3)
    return [
        number(row["chi_square"], 1),
        count(row["df"]),
        p_value(row["p_value"]),
        number(row["cfi"], 3),
        number(row["tli"], 3),
        rmsea,
        number(row["srmr"], 3),
    ]


def item_blocks(items: pd.DataFrame | None, figures: Sequence[FigureRecord], labels: Labels) -> list[Block]:
    """Questions that the answers raise about the key (column sign_question), and a plot of the items of each scale;
    nothing without rows."""
    words = labels.words
    if items is None or items.empty:
        return []
    shown = [r for r in rows_of(items) if asked_question(r) and "." not in str(r["scale"]) and not flagged(r)]
    asked = [_question(r, labels) for r in shown]
    subjects = dict.fromkeys(f.subject for f in figures if f.kind == "items")
    plots = [
        block(words("items.fold", scale=words.capital(labels.outcome(s))), figures=drawn(figures, "items", s))
        for s in subjects
    ]
    said = words("items.questions", n=words.few(len(asked))) if asked else words("items.no_questions")
    return [block(words("items.heading"), sentences=[said], points=asked, folded=plots)]


def _question(row: Row, labels: Labels) -> str:
    words = labels.words
    said = words(
        "items.question",
        item=str(row["item"]),
        scale=labels.outcome(str(row["scale"])),
        wave=labels.wave(row["wave"]),
        value=words.number(float(row["item_rest"])),
    )
    return f"{said} {words(f'items.ask.{asked_question(row)}')}"
