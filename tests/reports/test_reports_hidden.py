"""What disclosure control hid has its mark in every table: never a dash, a nought, or nothing at all."""

from __future__ import annotations

import invented_checks as checks
import invented_reports as made
import pandas as pd
import pytest
from curve_points import curve_points, curve_test
from from_parts import results_of, setup_of

from dww_analysis.domain.practice import ALL_ROLES, Practice
from dww_analysis.domain.tables import register
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.documents.matter import matter_of
from dww_analysis.reports.documents.page_part import sections_part
from dww_analysis.reports.sections.quantity_rows import QuantityRows
from dww_analysis.reports.sections.results import components_table
from dww_analysis.reports.sections.summary import finding
from dww_analysis.reports.tables import Table, cell_of, counted

# steps that a wave or a source cannot have, items that were not asked, and estimates themselves, which are shown here
ABSENT_BY_NATURE = ("flow", "exposure-flow", "sources", "missing-items", "sensitivity", "estimates")
LEFT_OUT = ("drift",)  # tables of what stood out, not of all that there is
KEPT = ("agenda", "quantities")
MARK = "×"


def all_hidden(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """A table of which every row is hidden with its counts, as a row that runs on is."""
    declared = register()[name]
    gone = [
        c
        for c in declared.columns
        if c.name in frame
        and c.name not in declared.exact
        and (c.is_answer or c.name in declared.protected_by)
    ]
    blank = {c.name: float("nan") if c.kind in ("number", "whole") else None for c in gone}
    return frame.assign(**blank, suppressed=True, suppressed_columns="")


def tables_in(part) -> list[Table]:
    """The tables of blocks, lists and dictionaries, folded ones too."""
    if isinstance(part, Table):
        return [part]
    if isinstance(part, dict):
        return [t for value in part.values() for t in tables_in(value)]
    if isinstance(part, list | tuple):
        return [t for value in part for t in tables_in(value)]
    return tables_in([part.tables, part.folded]) if hasattr(part, "folded") else []


def test_a_hidden_number_has_the_mark_wherever_it_stands():
    study = made.trial()
    found = {**study["tables"], **checks.tables()}
    hidden = {
        name: all_hidden(name, frame) if name not in ("estimates", "answers", "flow", *KEPT) else frame
        for name, frame in found.items()
        if name in register()
    }
    labels = setup_of(study).labels("en")
    matter = matter_of(results_of({**study, "tables": hidden, "figures": []}), setup_of(study), labels)
    part = sections_part(matter, [])
    named = {t.id: t for t in tables_in(part)}
    assert {"hr", "app", "diary", "stability", "careless", "structure", "components"} <= {*named}
    wrong = {
        t.id: (column, cell)
        for t in named.values()
        if not t.id.startswith(ABSENT_BY_NATURE)
        for row in t.texts(labels.words)
        for column, cell in zip(t.columns, row, strict=True)
        if cell.strip() in ("–", "nan", "– (–)")
    }
    assert not wrong
    shown = matter_of(results_of({**study, "tables": found, "figures": []}), setup_of(study), labels)
    rows = {t.id: len(t.rows) for t in tables_in(sections_part(shown, []))}
    gone = {id: n for id, n in rows.items() if id not in named or len(named[id].rows) < n}
    assert "agreement" in rows and set(gone) <= {*LEFT_OUT}, "a row of which nothing may be shown is left out"


SINGLE = {  # cells of shown rows that the gate hides
    "baseline": ("smd",),
    "stability": ("icc", "sem", "smallest_detectable_change"),
    "sensitivity": ("n_persons",),
    "curve": ("n_persons",),
    "descriptives": ("mean", "sd", "q25", "median", "q75"),
    "diary_compliance": ("share_below_half",),
}


def without_cells(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """A table of which these cells are hidden, where there was a number, of rows that are shown."""
    shown = ~frame["suppressed"].astype(bool)
    known = {n: shown & frame[n].notna() for n in names if n in frame}
    hidden = ["; ".join(n for n in known if known[n].iloc[i]) for i in range(len(frame))]
    return frame.assign(**{n: frame[n].mask(k) for n, k in known.items()}, suppressed_columns=hidden)


def cells_of(study: dict, tables: dict[str, pd.DataFrame]) -> dict[str, list[str]]:
    """Id of a table of the report -> its cells."""
    setup = setup_of(study)
    labels = setup.labels("en")
    matter = matter_of(results_of({**study, "tables": tables, "figures": []}), setup, labels)
    shown = tables_in(sections_part(matter, []))
    return {t.id: [c.strip() for row in t.texts(labels.words) for c in row] for t in shown}


@pytest.mark.long
def test_a_single_hidden_cell_has_the_mark_and_no_dash():
    study = made.trial()
    found = {**study["tables"], **checks.tables(), "curve": curve_points(), "curve_test": curve_test()}
    hidden = {name: without_cells(found[name], names) for name, names in SINGLE.items()}
    before, after = cells_of(study, found), cells_of(study, {**found, **hidden})
    marked = {
        id for id, cells in after.items() if "".join(cells).count(MARK) > "".join(before[id]).count(MARK)
    }
    assert {
        "baseline",
        "stability",
        "sensitivity-primary",
        "curve-learning",
        "descriptives",
        "diary",
    } <= marked
    assert not {id: cells for id, cells in after.items() if cells.count("–") != before[id].count("–")}


def test_a_count_stays_where_answers_alone_are_hidden():
    words = Words("en")
    row = {"n": 12, "mean": float("nan"), "suppressed": True}
    assert counted(row, "n").shown(words) == "12"
    assert counted({**row, "n": float("nan")}, "n").shown(words) == MARK
    assert counted({"n": float("nan"), "suppressed": False}, "n").shown(words) == "–"
    single = {"share": float("nan"), "suppressed": False, "suppressed_columns": "count; share"}
    assert cell_of(single, "share", counted).shown(words) == MARK


def test_a_hidden_outcome_of_the_first_screen_has_the_mark():
    study = made.trial()
    setup = setup_of(study)
    labels = setup.labels("en")
    row = matter_of(results_of({**study, "figures": []}), setup, labels).rows[0]
    assert finding({**row, "verdict": "suppressed"}, 3, labels)["estimate"] == MARK
    assert finding({**row, "verdict": "not_measured"}, 3, labels)["estimate"] == "–"


def test_the_number_of_groups_of_a_variance_that_is_not_told_has_the_mark():
    study = made.trial()
    labels = setup_of(study).labels("en")
    fits = {name: {**fit, "n_groups": {"person": 40}} for name, fit in study["fits"].items()}
    table = components_table(made.trial_components(), study["plan"], labels, fits)
    clusters, share = (table.columns.index(labels.words(f"variance.{n}")) for n in ("clusters", "share"))
    shown = {(row[1].value, row[clusters].shown(labels.words)) for row in table.rows}
    assert {("team", MARK), ("within persons (residual)", "–")} <= shown
    residual = {row[share].shown(labels.words) for row in table.rows if row[1].value.endswith("(residual)")}
    assert residual == {MARK}, "what the groups leave is not known where one of them is not"


def test_a_part_of_a_checklist_that_is_not_shown_has_the_mark():
    labels = Labels(made.trial_study(), (), Words("en"))
    row = {
        "quantity": "checklist",
        "subject": "list:part:yes",
        "role": ALL_ROLES,
        "value": None,
        "suppressed": True,
    }
    told = QuantityRows(Practice(), [row], labels)
    assert told.counted("checklist", "list:part:yes").shown(labels.words) == MARK
    assert told.counted("checklist", "list:part:no").shown(labels.words) == "–"
