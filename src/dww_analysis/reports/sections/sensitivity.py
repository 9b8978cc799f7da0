"""The same estimates by other defensible ways, beside the main one, with a sentence for each primary outcome."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.analyses import in_other_units, permutation_of, robust_by
from dww_analysis.domain.answer import side_of
from dww_analysis.domain.estimate import parts_of, rejects
from dww_analysis.domain.outcomes import RISK_DIFFERENCE, SUMMARY_UNITS
from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.language import Words, decimals_for
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import Cell, degrees, heading, hidden, interval, number, p_value, text
from dww_analysis.reports.headlines import marked_label
from dww_analysis.reports.sections.measurement import cell_notes
from dww_analysis.reports.tables import (
    Table,
    build_table,
    counted,
    flagged,
    is_number,
    refuse_small,
    rows_of,
    truth,
)

Row = Mapping[str, Any]


def sensitivity_blocks(
    sensitivity: pd.DataFrame | None, headlines: pd.DataFrame, plan: Plan, labels: Labels
) -> list[Block]:
    """A sentence per primary outcome, the table of the primary family, and the other families folded.

    sensitivity: a row for each entry and analysis; None or no rows: nothing. DisclosureError for an estimate of fewer
    persons than the study's minimum.
    """
    words = labels.words
    for persons in ("n_persons", "n_smallest"):
        refuse_small(sensitivity, "sensitivity", persons, ("estimate",), labels.study.min_cell_size)
    found = rows_of(sensitivity)
    if not found:
        return []
    entries = headlines.to_dict("records")
    own = {e["entry"]: [r for r in found if r["entry"] == e["entry"]] for e in entries}
    families = sorted(dict.fromkeys(e["family"] for e in entries), key=lambda f: f != plan.primary)
    tables = {f: _table(f, [e for e in entries if e["family"] == f], own, plan, labels) for f in families}
    folds = {f: words.capital(words("sensitivity.fold", family=_family(f, plan, words))) for f in families}
    return [
        block(
            words("sensitivity.heading"),
            sentences=[words("sensitivity.intro")],
            points=[said_of(e, own[e["entry"]], labels) for e in entries if e["primary"]],
            tables=[tables[f] for f in families if f == plan.primary],
            folded=[fold(folds[f], tables[f]) for f in families if f != plan.primary],
        )
    ]


def said_of(entry: Row, others: Sequence[Row], labels: Labels) -> str:
    """Between which values the other analyses lie, and whether their intervals tell the same; "" without any. others:
    rows of the table sensitivity; those in other units than the estimate are left out of the values."""
    words = labels.words
    alike = [r for r in others if not in_other_units(str(r["analysis"]))]
    numbers = [float(r["estimate"]) for r in alike if is_number(r["estimate"])]
    if not numbers or not is_number(entry["estimate"]):
        return ""
    decimals = decimals_for(entry["std_error"])
    blanks = {
        "label": words.capital(str(entry["label"])),
        "estimate": words.number(entry["estimate"], decimals),
        "n": words.few(len(numbers)),
    }
    if len(numbers) == 1:
        sentence = words("sensitivity.single", value=words.number(numbers[0], decimals), **blanks)
    else:
        low, high = (words.number(v, decimals) for v in (min(numbers), max(numbers)))
        key = "several_same" if low == high else "several"
        sentence = words(f"sensitivity.{key}", low=low, high=high, **blanks)
    return f"{sentence} {_sides(entry, others, labels)}".strip()


def _sides(entry: Row, others: Sequence[Row], labels: Labels) -> str:
    """Whether the intervals of the other analyses lie at the same side of zero as that of the estimate itself."""
    words, own = labels.words, _side(entry)
    judged = [r for r in others if _side(r)]
    other = [labels.analysis(str(r["analysis"])) for r in judged if _side(r) != own]
    if not judged or not own:
        return ""
    if not other:
        return words(f"sensitivity.same_{own}")
    return words("sensitivity.differs", analyses=words.listing(other))


def _side(row: Row) -> str:
    low, high = row["conf_low"], row["conf_high"]
    if not (is_number(low) and is_number(high)):
        return ""
    return side_of(low, high, "neutral")


def _table(
    family: str, entries: Sequence[Row], found: Mapping[str, Sequence[Row]], plan: Plan, labels: Labels
) -> Table:
    """The estimate as planned, then each other analysis below it, for the outcomes of one family."""
    words = labels.words
    rows: list[list[Cell]] = []
    strong: list[int] = []
    remarks: list[str] = []
    for entry in entries:
        others = found[entry["entry"]]
        if not others or not is_number(entry["estimate"]):
            continue
        strong.append(len(rows))
        planned = {**entry, "analysis": "", "rows_left_out": math.nan}
        rows += [_row(entry, row, labels) for row in (planned, *others)]
        remarks += [note_of(row, labels) for row in others]
    level = words.level(plan.conf_level)
    columns = [words("results.outcome"), words("sensitivity.way"), words("results.estimate"), level]
    columns += [words("results.df"), words("results.p"), words("measurement.persons")]
    columns.append(words("sensitivity.left_out"))
    shown = [e for e in entries if is_number(e["estimate"])]
    notes = [*_checked(shown, found, labels), *dict.fromkeys(remarks), *cell_notes(rows, labels)]
    if any(r[0].marked("†") for r in rows):
        notes.append(words("table.unverified_note"))
    caption = words.capital(words("sensitivity.caption", family=_family(family, plan, words)))
    return build_table(f"sensitivity-{family}", caption, columns, rows, notes, "sensitivity.csv", strong)


def _checked(entries: Sequence[Row], found: Mapping[str, Sequence[Row]], labels: Labels) -> list[str]:
    """What the df and the interval are of the checks that were made."""
    made = {str(r["analysis"]) for e in entries for r in found[e["entry"]] if r["remark"] != "failed"}
    unit = labels.study.unit
    notes = {robust_by(unit): "note_robust", permutation_of(unit): "note_permutation"}
    said = [labels.words(f"sensitivity.{note}") for analysis, note in notes.items() if analysis in made]
    other = any(_of_other_shares(e, r, labels) for e in entries for r in found[e["entry"]])
    return [*said, *([labels.words("sensitivity.note_permuted_shares")] if other else [])]


def _of_other_shares(entry: Row, row: Row, labels: Labels) -> bool:
    """Whether units' shares were permuted, and the estimate itself comes from a model of all waves."""
    permuted = row["analysis"] == permutation_of(labels.study.unit)
    return permuted and row["unit"] == SUMMARY_UNITS[RISK_DIFFERENCE] and entry["df_method"] != "units"


def _row(entry: Row, row: Row, labels: Labels) -> list[Cell]:
    other = in_other_units(str(row["analysis"])) and is_number(row["std_error"])
    words, decimals = labels.words, decimals_for((row if other else entry)["std_error"])
    name = labels.analysis(str(row["analysis"])) if row["analysis"] else words("sensitivity.main")
    cells = [heading(marked_label(entry, labels)), text(name)]
    if flagged(row):
        return cells + [hidden()] * 6
    low, high = row["conf_low"], row["conf_high"]
    return [
        *cells,
        number(row["estimate"], decimals),
        interval(low, high, decimals),
        degrees(row["df"]),
        p_value(row["p_value"]),
        counted(row, "n_persons"),
        counted(row, "rows_left_out"),
    ]


def note_of(row: Row, labels: Labels) -> str:
    """A remark of the program in the reader's language, from columns remark, n_allocations, converged and boundary;
    of what it does not know, that the CSV tells more; "" where there is nothing to say."""
    words, remark = labels.words, row.get("remark")
    name = words.capital(labels.analysis(str(row["analysis"])))
    if remark == "failed":
        return words("sensitivity.note_failed", analysis=name)
    if is_number(row.get("n_allocations")):
        return permuted_sentence(row, labels)
    if remark == "unlinked":
        return words("sensitivity.note_unlinked", analysis=name)
    if truth(row.get("converged")) is False:
        return words("sensitivity.note_more", analysis=name)
    return words("sensitivity.note_boundary", analysis=name) if parts_of(row.get("boundary")) else ""


def permuted_sentence(row: Row, labels: Labels) -> str:
    """How many allocations were computed and how small p can be; where that is never small enough, that too. row:
    n_allocations, exact, smallest_p and, where it is not .95, conf_level."""
    words, smallest = labels.words, float(row["smallest_p"])
    made = "all" if truth(row["exact"]) else "random"
    listed = labels.study.allocation is not None and labels.study.allocation.listed
    said = words(
        f"sensitivity.permuted_{made}{'_listed' if listed else ''}",
        n=words.count(row["n_allocations"]),
        smallest=words.p_value(smallest),
    )
    alpha = 1 - float(row["conf_level"]) if is_number(row.get("conf_level")) else 0.05
    if rejects(smallest, alpha):
        return said
    return f"{said} {words('sensitivity.permuted_never', alpha=words.number(alpha, 2))}"


def corrected_lots(
    fits: Mapping[str, Mapping[str, Any]], plan: Plan
) -> list[tuple[tuple[PlanEntry, ...], int, float]]:
    """Planned permutations that Holm's correction keeps from the plan's level unless other outcomes of their family
    have smaller p values: (entries, outcomes corrected together, smallest p after correction), one for each such p.

    fits: entry id -> its record, of which `lot`, `failed` and `untested` are read.
    """
    found: dict[tuple[int, float], list[PlanEntry]] = {}
    alpha = 1 - plan.conf_level
    for family in (f.id for f in plan.families.values() if f.adjust == "holm"):
        tested = [e for e in plan.entries if e.family == family and _tested(fits.get(e.id))]
        for entry in (e for e in tested if "lot" in fits[e.id]):
            smallest = float(fits[entry.id]["lot"]["smallest_p"])
            if rejects(smallest, alpha) and not rejects(len(tested) * smallest, alpha):
                key = (len(tested), min(1.0, len(tested) * smallest))
                found.setdefault(key, []).append(entry)
    return [(tuple(entries), n, smallest) for (n, smallest), entries in found.items()]


def _tested(fit: Mapping[str, Any] | None) -> bool:
    return fit is not None and not {"failed", "untested"} & {*fit}


def corrected_sentences(fits: Mapping[str, Mapping[str, Any]], plan: Plan, labels: Labels) -> list[str]:
    """A sentence for each of `corrected_lots`."""
    words = labels.words
    return [
        words(
            "sensitivity.permuted_corrected",
            labels=words.listing(dict.fromkeys(labels.outcome(e.outcome) for e in entries)),
            n=words.count(n),
            smallest=words.p_value(smallest),
            alpha=words.number(1 - plan.conf_level, 2),
        )
        for entries, n, smallest in corrected_lots(fits, plan)
    ]


def _family(family: str, plan: Plan, words: Words) -> str:
    return words.say(plan.families[family].label) if family in plan.families else family
