"""design.csv: every unit at every wave with its condition, exposure and sequence, as the allocation list says."""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.design import COLUMNS, design_rows
from dww_analysis.domain.study import Study


def design_table(study: Study, allocation: pd.DataFrame | None) -> pd.DataFrame:
    """Columns unit, wave, condition ("0", "transition", "1"), exposure (waves since the start, 0 before) and sequence
    (the wave of the start, or "never"); a row per unit and wave, none in a study without arms or by persons.

    allocation: the table that ingest reads: organisation, team, arm and where units start on their own `start`.
    """
    unit = study.unit
    if allocation is None or not study.has_arms or unit == "person":
        return pd.DataFrame(columns=list(COLUMNS))
    listed = allocation.dropna(subset=[unit]).drop_duplicates(unit).sort_values(unit, kind="stable")
    return pd.DataFrame(
        design_rows(study, listed.rename(columns={unit: "unit"}).to_dict("records")), columns=list(COLUMNS)
    )
