"""A table of one session's numbers, with what they rest on below it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dww_analysis.domain.practice import ALL_ROLES, OF_SCORES, OTHERS, RATED_HIGHEST
from dww_analysis.reports.cells import Cell, count, hidden, nothing, number, percent
from dww_analysis.reports.sections.measurement import cell_notes, there
from dww_analysis.reports.sections.quantity_rows import Row, roles_alone
from dww_analysis.reports.sections.sessions.rows import SessionRows
from dww_analysis.reports.tables import Table, build_table, flagged

KEY, CSV = "quantities", "quantities.csv"
COUNTS = ("dots", "remarks")  # quantities of a cell that are no shares


def session_table(
    told: SessionRows,
    name: str,
    caption: str,
    heads: Sequence[str],
    rows: list[list[Cell]],
    notes: Sequence[str],
    quantities: Sequence[str],
    strong: Iterable[int] = (),
) -> Table:
    """A table with the basis of its numbers below it, and what was taken together or hidden.

    quantities: those that its cells show, for the notes. strong: indices of rows that begin a group.
    """
    below = [*notes, *_notes(told, quantities), *cell_notes(rows, told.labels)]
    return build_table(f"{name}-{told.session.id}", caption, heads, rows, below, CSV, strong)


def _notes(told: SessionRows, quantities: Sequence[str]) -> list[str]:
    words, minimum = told.labels.words, told.labels.study.min_cell_size
    own = [r for r in told.rows if r["quantity"] in quantities]
    notes = [words(f"priorities.basis.{b}", minimum=minimum) for b in sorted({r["basis"] for r in own})]
    notes += roles_alone(own, words)
    holds = {
        "note_others": any(r["role"] == OTHERS for r in own),
        "note_tables": any("ballots of tables" in str(r["method"]) for r in own),
        "note_scores": any(of_scores(r) for r in own),
        "note_rated": any(RATED_HIGHEST in str(r["method"]) for r in own),
        "note_everyone": any(_everyone(r) for r in own),
    }
    return [*notes, *(words(f"priorities.{key}") for key, true in holds.items() if true)]


def of_scores(row: Row) -> bool:
    """Whether a mean over roles is of points, ranks or ratings, and no share."""
    return OF_SCORES in str(row["method"] or "")


def _everyone(row: Row) -> bool:
    return bool(there(row["n"]) and row["n"] == row["n_possible"])


def cell_of(told: SessionRows, quantity: str, subject: str, role: str = ALL_ROLES) -> Cell:
    """One number of the session, in the format of its quantity; a dash where there is no row, the mark where it is
    hidden."""
    row = told.row(quantity, subject, role)
    if row is None:
        return nothing()
    if flagged(row):
        return hidden()
    if quantity == "two_step":
        return number(row["value"], 1)
    if of_scores(row):
        return number(row["value"], 2)
    return count(row["value"]) if quantity in COUNTS else percent(row["value"])


def with_interval(row: Row) -> list[Cell]:
    """Share, interval and what it rests on (n): three cells, all three the mark where the row is hidden."""
    if flagged(row):
        return [hidden()] * 3
    ends = (float(row["conf_low"]), float(row["conf_high"]))
    return [percent(row["value"]), Cell("", "percent_span", also=ends), count(row["n"])]
