"""How scores of scales go together at one wave: over persons, within teams and between teams.

Over persons: Pearson's r. Within teams: the same of what is left when each team's mean is taken off, on the degrees of
freedom that this leaves (the repeated-measures correlation of Bakdash & Marusich 2017, Frontiers in Psychology 8, 456,
with the team in the place of the person). Between teams: r of the teams' observed means. Intervals by Fisher's z.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

LEVELS = ("persons", "within", "between")
COLUMNS = (
    "sample",
    "wave",
    "level",
    "scale_1",
    "scale_2",
    "n_persons",
    "n_teams",
    "estimate",
    "conf_low",
    "conf_high",
)
LEAST = 4  # observations for an interval by Fisher's z


def scale_correlations(
    scores: pd.DataFrame, names: Sequence[str], conf_level: float, least_teams: int
) -> pd.DataFrame:
    """One row per sample, wave (its first and its last), level and pair of scales; columns of COLUMNS.

    scores: sample, wave, person, scale, score, and where it is known current_team or team. names: the scales, in the
    order of the pairs. A pair counts the persons who have both scores. Within and between have a row where at least
    `least_teams` teams have persons with both; within counts teams of two and more. What has no spread, or fewer than
    LEAST observations, has no estimate.
    """
    team = next((c for c in ("current_team", "team") if c in scores), None)
    own = scores[scores["scale"].isin(names)].dropna(subset=["score"])
    rows: list[dict[str, Any]] = []
    waves = own.groupby("sample", observed=True)["wave"]
    ends = own[(own["wave"] == waves.transform("min")) | (own["wave"] == waves.transform("max"))]
    for (sample, wave), part in ends.groupby(["sample", "wave"], observed=True):
        wide = part.pivot(index="person", columns="scale", values="score")
        teams = part.groupby("person")[team].first().reindex(wide.index) if team else None
        for one, other in combinations([n for n in names if n in wide], 2):
            both = (
                wide[[one, other]].set_axis(["x", "y"], axis=1).assign(team=teams).dropna(subset=["x", "y"])
            )
            about = {"sample": sample, "wave": wave, "scale_1": one, "scale_2": other}
            rows += [about | row for row in _levels(both, conf_level, least_teams)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _levels(both: pd.DataFrame, conf_level: float, least_teams: int) -> Iterator[dict[str, Any]]:
    n = len(both)
    yield {"level": "persons", "n_persons": n, "n_teams": np.nan} | _pearson(
        both["x"], both["y"], n, conf_level
    )
    known = both.dropna(subset=["team"])
    together = known[known.groupby("team")["team"].transform("size") > 1]
    if together["team"].nunique() >= least_teams:
        yield _counted("within", together) | _within(together, conf_level)
    means = known.groupby("team")[["x", "y"]].mean()
    if len(means) >= least_teams:
        yield _counted("between", known) | _pearson(means["x"], means["y"], len(means), conf_level)


def _counted(level: str, rows: pd.DataFrame) -> dict[str, Any]:
    return {"level": level, "n_persons": len(rows), "n_teams": rows["team"].nunique()}


def _within(rows: pd.DataFrame, conf_level: float) -> dict[str, float]:
    from pingouin import rm_corr

    left = rows.groupby("team")[["x", "y"]].transform(lambda v: v - v.mean())
    if min(left["x"].std(), left["y"].std()) < 1e-12 or len(rows) - rows["team"].nunique() + 1 < LEAST:
        return _nothing()
    found = rm_corr(rows, x="x", y="y", subject="team").iloc[0]
    return _with_interval(float(found["r"]), int(found["dof"]) + 2, conf_level)


def _pearson(x: pd.Series, y: pd.Series, n: int, conf_level: float) -> dict[str, float]:
    from pingouin import corr

    if n < LEAST or min(x.std(), y.std()) < 1e-12:
        return _nothing()
    return _with_interval(float(corr(x, y)["r"].iloc[0]), n, conf_level)


def _with_interval(r: float, n: int, conf_level: float) -> dict[str, float]:
    """r with its limits: tanh(atanh(r) +- z / sqrt(n - 3))."""
    from pingouin import compute_esci

    low, high = compute_esci(stat=r, nx=n, ny=n, confidence=conf_level, decimals=12, eftype="r")
    return {"estimate": r, "conf_low": float(low), "conf_high": float(high)}


def _nothing() -> dict[str, float]:
    return dict.fromkeys(("estimate", "conf_low", "conf_high"), np.nan)
