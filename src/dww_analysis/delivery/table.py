"""A delivered table: its cells, what the file says of them, and the source that declares them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import shown
from dww_analysis.delivery.declared import lines_of
from dww_analysis.domain.study import Source
from dww_analysis.errors import Problem


@dataclass(frozen=True, eq=False)
class DeliveredTable:
    """data, variables: of the `Table` that was read. lines: the line of the file that each row stands on."""

    data: pd.DataFrame
    variables: pd.DataFrame
    source: Source
    lines: np.ndarray

    @classmethod
    def of(
        cls,
        data: pd.DataFrame,
        source: Source,
        variables: pd.DataFrame | None = None,
        lines: np.ndarray | None = None,
    ) -> DeliveredTable:
        """A table of which only the cells may be known: lines follow from its first one, as `lines_of`."""
        return cls(data, pd.DataFrame() if variables is None else variables, source, lines_of(data, lines))

    @cached_property
    def present(self) -> dict[str, str]:
        """Our name -> theirs, of the declared columns that the file has."""
        return {ours: theirs for ours, theirs in self.source.columns.items() if theirs in self.data.columns}

    def rows_problem(
        self, wrong: np.ndarray, what: str, ours: str, expected: str, action: str
    ) -> list[Problem]:
        """One problem for all rows of a mask, or none. what: what is wrong with them. Shows lines, never cells."""
        if not wrong.any():
            return []
        count = int(wrong.sum())
        return [
            Problem(
                found=f"{what} on {count} row{'s' * (count > 1)} (line {shown(self.lines[wrong])})",
                where=f"{self.source.file}, column {self.source.columns.get(ours, ours)}",
                expected=expected,
                action=action,
            )
        ]

    def column(self, ours: str) -> pd.Series:
        """The cells of one column, by our name; KeyError for one that is not `present`."""
        return self.data[self.present[ours]]
