"""What disclosure control hides of one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Hidden:
    """What is hidden of one table: `rows` (all answers of the row) and `cells` (row x column, by name)."""

    rows: Mask
    cells: Mapping[str, Mask]

    def column(self, name: str) -> Mask:
        """Where a column is hidden, by its row or by itself."""
        return self.rows | self.cells[name] if name in self.cells else self.rows

    def more(self, where: Mask, *names: str) -> Hidden:
        """The same with the cells of these columns hidden there; a column that the table lacks is left alone."""
        added = {name: self.cells[name] | where for name in names if name in self.cells}
        return Hidden(self.rows, {**self.cells, **added})
