"""The grid of a power analysis: a row for every combination of what is assumed, by formula and by trials."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import product
from typing import Any

import pandas as pd

from dww_analysis.effects.power import Assumptions, power_of, teams_needed
from dww_analysis.effects.power_trials import COLUMNS as TRIED
from dww_analysis.effects.power_trials import PORTION, Tries
from dww_analysis.parts import Part, Work, whole

NEEDED = "teams_needed"
COLUMNS = (
    "design", "unit", "teams", "persons", "waves", "icc", "cac", "iac", "cv", "dropout", "covariate_r", "strata",
    "transition_waves", "share", "rate", "dispersion", "between_cv", "effect", "alpha", "std_error", "df", "power",
    "smallest_effect", "teams_needed",
)  # fmt: skip


def power_table(
    assumed: Assumptions, varied: Mapping[str, Sequence[Any]], tries: Tries | None = None
) -> pd.DataFrame:
    """One row for every combination of the values in `varied` (COLUMNS): standard error, df, power, the smallest effect
    that is found with a power of 80 %, and how many teams that takes with all else the same (missing above MOST).
    tries: what trials find besides (`power_trials.COLUMNS`). PlanError for assumptions that no trial can meet."""
    return whole(power_work(assumed, varied, tries))


def power_work(
    assumed: Assumptions, varied: Mapping[str, Sequence[Any]], tries: Tries | None = None
) -> Work[pd.DataFrame]:
    """The work of `power_table`. Every combination is a part, and so is how many teams each set of assumptions takes,
    which their number does not change, and a portion of the trials of each combination."""
    cells = [replace(assumed, **dict(zip(varied, v, strict=True))) for v in product(*varied.values())]
    alike = [replace(one, teams=cells[0].teams) for one in cells]
    needed = {one: f"{NEEDED} {i}" for i, one in enumerate(dict.fromkeys(alike))}
    asked: dict[str, Part] = {str(i): partial(power_of, one) for i, one in enumerate(cells)}
    asked |= {name: partial(teams_needed, one) for one, name in needed.items()}
    for i, one in enumerate(cells if tries else []):
        asked |= tries.parts(str(i), one) if tries else {}
    done = yield asked
    rows = [
        {
            **asdict(cell),
            **done[str(i)],
            NEEDED: done[needed[one]],
            **(tries.row(str(i), cell, done) if tries else {}),
        }
        for i, (cell, one) in enumerate(zip(cells, alike, strict=True))
    ]
    columns = [*COLUMNS, *(TRIED if tries else ())]
    return pd.DataFrame(rows, columns=columns).astype({NEEDED: "Int64"})


def parts_of_power(varied: Mapping[str, Sequence[Any]], trials: int = 0) -> int:
    """How many parts the grid has: combinations, those without teams, and portions of trials."""
    cells = math.prod(len(values) for values in varied.values())
    lines = math.prod(len(values) for name, values in varied.items() if name != "teams")
    return cells + lines + cells * math.ceil(trials / PORTION)
