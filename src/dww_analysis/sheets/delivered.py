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
    twice = table.assign(wave=wave).duplicated(["team", "wave"], keep=False)
    twice &= table["team"].notna() & wave.notna()
    refused = (
        (table["team"].isna(), "team", "no team", "a team in every row"),
        (~wave.isin(list(waves)), "wave", "no wave of the study", f"one of {known}"),
        (~whole, "members", "no number of people", "a whole number, at least 1"),
        (twice, "team", "a team twice at one wave", "every team once at a wave"),
    )
    problems = [
        Problem(
            found=found,
            where=f"{source.file}, column {source.columns[ours]}, line {shown(table['line'][wrong])}",
            expected=expected,
            action="correct the list, or leave such rows out with drop_rows",
        )
        for wrong, ours, found, expected in refused
        if wrong.any()
    ]
    raise_all(problems, MeasurementError)
    return table.assign(wave=wave.astype("int64"), members=members.astype("float64"))
