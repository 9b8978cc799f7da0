"""Teams in a cell: agreement within them, differences between them, reliability at both levels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.scales import Scale
from dww_analysis.scales.aggregation import between_covariance, icc1, icc2
from dww_analysis.scales.agreement import SLIGHT_SKEW_5, ad_m, rwg, rwg_j_under
from dww_analysis.scales.cells import Cell, attempt

SKEW_KNOWN_FOR = len(SLIGHT_SKEW_5)
LEAST_TEAMS = 10  # for a factor between teams


def two_levels(cell: Cell, scale: Scale) -> dict[str, Any]:
    """Omega within and between teams of a whole scale, where teams differ enough for a factor between them: columns
    omega_within and omega_between; {} where they do not, where an answer lacks a team, and for subscales."""
    X = cell.complete
    team = cell.team.loc[X.index]
    if cell.where["scale"] != scale.id or X.shape[1] < 3 or team.isna().any() or len(X) <= team.nunique():
        return {}
    if team.nunique() < LEAST_TEAMS or np.linalg.eigvalsh(between_covariance(X, team))[0] <= 0:
        if scale.team_property:
            cell.note("no_omega_between_teams")
        return {}
    from dww_analysis.factor.omega import omega_two_level

    found = attempt(cell, "omega between teams", lambda: omega_two_level(X, team))
    return {} if found is None else {"omega_within": found.within, "omega_between": found.between}


def agreement(cell: Cell) -> dict[str, Any]:
    """rwg(j) under both nulls and AD_M over teams of two or more who answered every item: columns rwgj_mean,
    rwgj_median, rwgj_min, rwgj_max, rwgj_out_of_range, ad_m_median, and with five options rwgj_skew_*; smallest_team,
    the members of the smallest of them. {} without such teams."""
    key = cell.key
    assert key is not None
    if cell.team.isna().all():
        return {}
    frame, team = cell.items, cell.team.loc[cell.items.index]
    options = round(key.maximum - key.minimum) + 1
    nulls = ("uniform", "slight skew") if options == SKEW_KNOWN_FOR else ("uniform",)
    uniform, *skewed = [_of_teams(t) for t in _within(frame, team, options, nulls)]
    if uniform.empty:
        return {}
    out = {f"rwgj_{name}": uniform["value"].agg(name) for name in ("mean", "median", "min", "max")}
    out |= {"rwgj_out_of_range": int(uniform["out_of_range"].sum()), "smallest_team": int(uniform["n"].min())}
    out |= {"ad_m_median": _of_teams(ad_m(frame, team))["value"].median()}
    for table in skewed:
        out["rwgj_skew_median"] = table["value"].median()
        out["rwgj_skew_out_of_range"] = int(table["out_of_range"].sum())
    return out


def _within(frame: pd.DataFrame, team: pd.Series, options: int, nulls: tuple[str, ...]) -> list[pd.DataFrame]:
    """Agreement within teams under each null."""
    if frame.shape[1] == 1:
        return [rwg(frame, team, options=options, null=null) for null in nulls]
    return rwg_j_under(frame, team, options, nulls)


def _of_teams(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of teams that have a value: two members or more."""
    return table[table["value"].notna()]


def between_teams(cell: Cell) -> dict[str, Any]:
    """ICC(1) and ICC(2) of the scores, from the analysis of variance: columns n_teams, icc1 with its interval and p,
    icc2; n_teams alone, and a note, where they cannot be computed."""
    scored = cell.scores.dropna(subset=["score", "team"])
    out: dict[str, Any] = {"n_teams": scored["team"].nunique()}
    one = attempt(cell, "ICC", lambda: icc1(scored["score"], scored["team"]))
    if one is None:
        return out
    out |= {
        "icc1": one.estimate,
        "icc1_low": one.conf_low,
        "icc1_high": one.conf_high,
        "icc_f_p": one.p_value,
    }
    return out | {"icc2": icc2(scored["score"], scored["team"]).estimate}
