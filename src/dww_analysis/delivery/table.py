"""A delivered table: its cells, what the file says of them, and the source that declares them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dww_analysis.domain.study import Source


@dataclass(frozen=True, eq=False)
class DeliveredTable:
    """data, variables: of the `Table` that was read. lines: the line of the file that each row stands on."""

    data: pd.DataFrame
    variables: pd.DataFrame
    source: Source
    lines: np.ndarray

    @cached_property
    def present(self) -> dict[str, str]:
        """Our name -> theirs, of the declared columns that the file has."""
        return {ours: theirs for ours, theirs in self.source.columns.items() if theirs in self.data.columns}

    def column(self, ours: str) -> pd.Series:
        """The cells of one column, by our name; KeyError for one that is not `present`."""
        return self.data[self.present[ours]]
