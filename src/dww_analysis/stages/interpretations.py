"""Stage interpretations: what units said about their numbers, and which of it is for every reader."""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.tables.cycle import SHARED
from dww_analysis.stages import places
from dww_analysis.stages.cycles import stage_of


def for_all(rows: pd.DataFrame) -> pd.DataFrame:
    """What is shared with all, of the study as a whole or of a unit, without the name of the unit."""
    found = rows[rows["share"] == "all"]
    return found[list(SHARED.names)].drop_duplicates().reset_index(drop=True)


STAGE = stage_of(
    "interpretations",
    {"told": places.CYCLE["interpretations"], "shared": places.CYCLE_SHARED},
    lambda rows: {"told": rows, "shared": for_all(rows)},
)
