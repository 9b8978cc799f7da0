"""What teams report, to stand beside what groups asked for: only where team members agree enough for a team value."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy import stats

from dww_analysis.domain.practice import Quantity
from dww_analysis.practice.origin import Origin
from dww_analysis.practice.shown import HowAsked

CONF_LEVEL = 0.95
ASKED = HowAsked("private", 0)  # of tables as they may be shown: nothing is left to hide


def team_values(
    descriptives: pd.DataFrame, reliability: pd.DataFrame, scales: Iterable[str], study: str
) -> list[Quantity]:
    """The mean of each scale at the last wave (`team_value`), where `team_mean` of its reliability is "yes".

    descriptives, reliability: as they may be shown (domain.tables.measured). The interval has the design effect of
    teams: variance sd^2 / n (1 + (m - 1) ICC(1)) with m persons a team, and t with teams - 1 degrees of freedom (Kish
    1965). A scale that is no property of teams, on which members agree too little, or that is hidden has no row.
    """
    origin, found = Origin(study, "study", ASKED), []
    for scale in scales:
        own = descriptives[(descriptives["scale"] == scale) & (descriptives["arm"].fillna("") == "")]
        cells = own.merge(reliability, on=["sample", "scale", "wave"], suffixes=("", "_r"))
        cells = cells[cells["team_mean"].fillna("") == "yes"].dropna(subset=["mean", "sd", "icc1", "n_teams"])
        if len(cells) and int(cells["n_teams"].max()) > 1:
            found.append(_value(cells.sort_values("wave").iloc[-1], scale, origin))
    return found


def _value(cell: pd.Series, scale: str, origin: Origin) -> Quantity:
    n, teams, mean = float(cell["n"]), float(cell["n_teams"]), float(cell["mean"])
    effect = max(1 + (n / teams - 1) * float(cell["icc1"]), 1.0)
    half = float(stats.t.ppf((1 + CONF_LEVEL) / 2, teams - 1)) * float(cell["sd"]) * np.sqrt(effect / n)
    return origin.quantity(
        "team_value", mean, scale, conf_low=mean - half, conf_high=mean + half, conf_level=CONF_LEVEL, n=n,
        method=f"mean of {teams:.0f} teams at wave {cell['wave']:.0f}; design effect",
    )  # fmt: skip
