"""The attacker before figures: their numbers have no declaration, and stand beside the table of the same groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dww_analysis.domain.tables import register
from dww_analysis.privacy.audit import Finding, attack
from dww_analysis.privacy.gate import counts_of, is_small
from dww_analysis.privacy.published import DIGITS, significant


@dataclass(frozen=True)
class RowsOf:
    """Of which table the numbers of a figure are rows. columns: what names a row in the figure; theirs: in the table,
    where that has other names; only: (column, value) of the figure's rows that stand in the table; named: whether the
    rest of a figure's name says what it is about."""

    table: str
    columns: tuple[str, ...]
    theirs: tuple[str, ...] = ()
    only: tuple[str, str] | None = None
    named: bool = True

    @property
    def of_table(self) -> tuple[str, ...]:
        """What names a row in the table."""
        return self.theirs or self.columns


ROWS_OF = {  # by the beginning of a figure's name
    "raincloud": RowsOf("descriptives", ("wave", "arm")),
    "items": RowsOf("items", ("wave", "item")),
    "forest": RowsOf("estimates", ("entry",), ("id",)),
    "trajectories": RowsOf("estimates", ("wave",), only=("quantity", "difference")),
    "sensitivity": RowsOf("sensitivity", ("entry", "analysis")),
    "curve": RowsOf("curve", ("entry", "point")),
    "mechanisms": RowsOf("mechanisms", ("kind", "id", "part")),
    "sources": RowsOf("diary_learning", ("sample", "arm", "wave", "code")),
    "app": RowsOf("app_periods", ("sample", "arm", "week_from")),
    "leaving": RowsOf("leaving_periods", ("sample", "arm", "wave", "period")),
    "trials": RowsOf("calibration_bins", ("entry", "effect", "bin"), named=False),
    "residuals": RowsOf("residual_bins", ("entry", "kind", "bin"), named=False),
}


def attack_figures(
    data: Mapping[str, pd.DataFrame], published: Mapping[str, pd.DataFrame], minimum: int
) -> list[Finding]:
    """What the attacker finds in the numbers of figures, which have no declaration, alone and beside the tables: []
    where nothing.

    data: figure -> the columns it shows, of which n and n_* are counts; published: tables by the names of their
    declarations.
    """
    found = []
    for name, frame in data.items():
        facts = _facts(name)
        for column in frame.columns[[pd.api.types.is_numeric_dtype(d) for d in frame.dtypes]]:
            value = counts_of(frame, column)
            if (column == "n" or str(column).startswith("n_")) and column not in facts:
                found.append(Finding(name, f"small counts in {column}", int(is_small(value, minimum).sum())))
            whole = value == np.round(value)
            many = np.isfinite(value) & ~whole & ~np.isclose(value, significant(value), rtol=1e-9, atol=0)
            found.append(Finding(name, f"more than {DIGITS} significant digits in {column}", int(many.sum())))
        found += _beside_its_table(name, frame, published, minimum)
    return [f for f in found if f.rows]


def _facts(name: str) -> frozenset[str]:
    """Columns of a figure that its table declares to say nothing of persons, such as how many units there are."""
    rows = ROWS_OF.get(_parts(name)[0])
    columns = register()[rows.table].columns if rows is not None else ()
    return frozenset(c.name for c in columns if c.shows == "fact")


def _parts(name: str) -> tuple[str, str]:
    """The kind of a figure and what it is about, from its name."""
    kind, _, subject = name.replace("-", "_", 1).partition("_")
    return kind, subject


def _beside_its_table(
    name: str, figure: pd.DataFrame, published: Mapping[str, pd.DataFrame], minimum: int
) -> Iterator[Finding]:
    """What follows when a figure's rows are laid beside those of the table that has the same groups."""
    kind, subject = _parts(name)
    rows = ROWS_OF.get(kind)
    if rows is None or rows.table not in published or not set(rows.columns) <= set(figure.columns):
        return
    own = figure if rows.only is None else figure[figure[rows.only[0]] == rows.only[1]]
    about = subject if rows.named else ""
    table = published[rows.table][_is_about(published[rows.table], about)].reset_index(drop=True)
    yield Finding(name, f"numbers that {rows.table}.csv hides", _drawn_though_hidden(own, table, rows))
    if "n" in own:
        yield from _with_its_groups(name, own, table, rows, minimum)


def _drawn_though_hidden(figure: pd.DataFrame, table: pd.DataFrame, rows: RowsOf) -> int:
    """How many rows of the figure have a number where the table has that row without it, or leaves out hidden rows."""
    declared = register()[rows.table]
    drawn, there = _row_names(figure, rows.columns), _row_names(table, rows.of_table)
    known = drawn.isin(there) | declared.rows_tell
    told = np.zeros(len(figure), dtype=bool)
    answers = [c.name for c in declared.columns if c.is_answer]
    for column in (c for c in answers if c in figure and c in table):
        shown = there[table[column].notna().to_numpy()]
        told |= figure[column].notna().to_numpy() & known & ~drawn.isin(shown)
    return int(told.sum())


def _with_its_groups(
    name: str, figure: pd.DataFrame, table: pd.DataFrame, rows: RowsOf, minimum: int
) -> Iterator[Finding]:
    """What follows from the counts of a figure's groups beside those of the table, and from both together."""
    drawn = figure.drop_duplicates(list(rows.columns)).set_index(_row_names(figure, rows.columns))
    drawn = drawn.reindex(_row_names(table, rows.of_table))
    differ = is_small(np.abs(counts_of(table, "n") - counts_of(drawn, "n")), minimum)
    yield Finding(
        name, f"counts that differ by 1 to {minimum - 1} persons from {rows.table}.csv", int(differ.sum())
    )
    for finding in attack({rows.table: _filled(table, drawn)}, minimum):
        yield replace(finding, table=name, what=f"beside {rows.table}.csv: {finding.what}")


def _is_about(table: pd.DataFrame, subject: str) -> np.ndarray:
    """Rows of the scale (and sample, where a figure's name has one) or of the entry that a figure is about."""
    if "scale" in table:
        scale, sample = table["scale"].astype(str), table["sample"].astype(str)
        return ((scale == subject) | (scale + "_" + sample == subject)).to_numpy()
    if subject and "entry" in table:
        return (table["entry"].astype(str) == subject).to_numpy()
    return np.ones(len(table), dtype=bool)


def _row_names(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(
        frame[list(columns)].astype("object").where(frame[list(columns)].notna(), "")
    )


def _filled(table: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """The table with what the figure shows of its hidden rows."""
    known = table["suppressed"].to_numpy(dtype=bool) & drawn["n"].notna().to_numpy()
    both = [c for c in table.columns if c in drawn and pd.api.types.is_numeric_dtype(drawn[c])]
    values = {c: np.where(known, counts_of(drawn, c), counts_of(table, c)) for c in both}
    return table.assign(**values, suppressed=table["suppressed"].to_numpy(dtype=bool) & ~known)
