"""The delivered list of how many people each team had at each wave."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import code_text, name_reader, shown, text_column
from dww_analysis.delivery.declared import column_problems, lines_of
from dww_analysis.delivery.idle import rule_problems
from dww_analysis.delivery.rows import Rows, drop_declared
from dww_analysis.domain.study import Source
from dww_analysis.errors import MeasurementError, Problem, raise_all


def read_members(
    data: pd.DataFrame, source: Source, waves: Collection[int], *, lines: np.ndarray | None = None
) -> pd.DataFrame:
    """team, wave, members, line: one row a team and wave, team names as the answers have them.

    Raises one `MeasurementError` with every cell that is empty, no wave of the study, or no whole number of at least 1,
    and every team that is listed twice at a wave.
    """
    raise_all([*column_problems(data, source), *rule_problems(data, source)], MeasurementError)
    rows = Rows(np.ones(len(data), dtype=bool))
    drop_declared(rows, data, source)
    columns = {
        ours: text_column(data[source.columns[ours]], name_reader(ours, source))
        for ours in ("team", "wave", "members")
    }
    table = pd.DataFrame(columns).assign(line=lines_of(data, lines))[rows.keep].reset_index(drop=True)
    wave, members = (pd.to_numeric(table[c].map(code_text), errors="coerce") for c in ("wave", "members"))
    known = ", ".join(str(w) for w in sorted(waves))
    whole = (members >= 1) & (members == members.round())
    problems = [
        *_problem(table["team"].isna(), "no team", "team", "a team in every row", source, table["line"]),
        *_problem(
            ~wave.isin(list(waves)), "no wave of the study", "wave", f"one of {known}", source, table["line"]
        ),
        *_problem(
            ~whole, "no number of people", "members", "a whole number, at least 1", source, table["line"]
        ),
        *_problem(
            table.assign(wave=wave).duplicated(["team", "wave"], keep=False)
            & table["team"].notna()
            & wave.notna(),
            "a team twice at one wave",
            "team",
            "every team once at a wave",
            source,
            table["line"],
        ),
    ]
    raise_all(problems, MeasurementError)
    return table.assign(wave=wave.astype("int64"), members=members.astype("float64"))


def _problem(
    wrong: pd.Series, found: str, ours: str, expected: str, source: Source, lines: pd.Series
) -> list[Problem]:
    """One problem for all rows of a mask, or none."""
    if not wrong.any():
        return []
    where = f"{source.file}, column {source.columns[ours]}, line {shown(lines[wrong])}"
    return [
        Problem(
            found=found,
            where=where,
            expected=expected,
            action="correct the list, or leave such rows out with drop_rows",
        )
    ]
