"""Stage careless: who answered carelessly, from the order of answers and, where known, the time taken.

Needs no scoring key, so that correcting one does not touch other scales' estimates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.scales import Scale
from dww_analysis.stages import places
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import Stage, Tables

LEAST_ITEMS = 6  # in fewer items a row of equal answers says nothing


def careless_answers(answers: pd.DataFrame, scales: Iterable[Scale]) -> pd.DataFrame:
    """sample, person, wave and the indices and flags of `careless_flags`, for every sample and wave with items."""
    from dww_analysis.scales.careless import careless_flags

    keys = ["sample", "person", "wave"]
    columns = [c for s in scales for c in s.items if c in answers.columns]
    parts = []
    for _, rows in answers.groupby(["sample", "wave"], sort=True):
        asked = [c for c in columns if rows[c].notna().any()]
        if len(asked) < LEAST_ITEMS:
            continue
        seconds = rows.get("duration_seconds")
        parts.append(pd.concat([rows[keys], careless_flags(rows[asked], seconds=seconds)], axis=1))
    if not parts:
        return pd.DataFrame({**{k: answers[k].iloc[:0] for k in keys}, "careless": pd.Series(dtype=bool)})
    return pd.concat(parts, ignore_index=True)


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """Flags of careless answering per person and wave."""
    return {"careless": careless_answers(tables["answers"], project.files.scales)}


STAGE = Stage(
    "careless",
    per="study",
    reads=lambda project, name: {"answers": places.MEASUREMENTS.at(project.paths)},
    makes={"careless": places.CARELESS},
    config=lambda project, name: ([(s.id, s.items) for s in project.files.scales],),
    run=_run,
)
