"""The estimates of one entry of the plan once more, from the derived data, beside what was published."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd

from dww_analysis import storage
from dww_analysis.errors import SourceError
from dww_analysis.stages import places
from dww_analysis.stages.entries import entry_data
from dww_analysis.stages.estimate import STAGE as ESTIMATE
from dww_analysis.stages.project import open_project
from dww_analysis.stages.stage import Tables

COMPARED = ("estimate", "std_error", "conf_low", "conf_high", "p_value")
LAST_BIT = 1e-9  # relative: of a number that was computed again


def estimate_again(root: Path, study: str, entry: str) -> pd.DataFrame:
    """id, unit, the numbers of COMPARED as they are now, and `same`: whether they round to the published ones.

    Nothing is saved. Hidden numbers are not compared. SourceError where the derived data or the publication lack.
    """
    from dww_analysis.effects.analysis import analyse, result_of
    from dww_analysis.effects.refusals import REFUSALS

    project = open_project(root, study)
    reads = ESTIMATE.reads(project, entry)
    published = places.page_table("estimates").at(project.paths)
    _require([*ESTIMATE.files_read(project, entry), published], root)
    data = entry_data(project, entry, Tables(reads))
    before = storage.load_frame(published)
    before = before[before["entry"] == entry].set_index("id")
    try:
        now = result_of(data, analyse(data)).estimates
    except REFUSALS:
        now = pd.DataFrame(columns=["id", "unit", *COMPARED])
    same = [_same(row, before) for row in now.to_dict("records")]
    found = now[["id", "unit", *COMPARED]].assign(same=np.array(same, dtype=bool))
    lost = [id for id in before.index if id not in set(now["id"])]
    return pd.concat([found, pd.DataFrame({"id": lost, "same": False})]) if lost else found


def _same(row: dict[str, object], before: pd.DataFrame) -> bool:
    if row["id"] not in before.index:
        return False
    return all(_rounds_to(float(str(row[name])), float(before.at[row["id"], name])) for name in COMPARED)


def _rounds_to(value: float, published: float) -> bool:
    """Whether a number is the published one at that many digits, but for the last bit of the machine."""
    from dww_analysis.privacy.published import significant

    if math.isnan(published) or value == published:
        return True
    near = significant(value * np.array([1 - LAST_BIT, 1.0, 1 + LAST_BIT]))
    return bool(np.isclose(near, published, rtol=LAST_BIT, atol=0).any())


def _require(paths: list[Path], root: Path) -> None:
    absent = [str(p.relative_to(root)) for p in paths if not p.exists()]
    if absent:
        raise SourceError.of(
            found=f"{len(absent)} files are not there, such as {absent[0]}",
            where=str(root),
            expected="the derived data and the published tables of a finished run",
            action="run the study first, or give its folder with --root",
        )
