"""Person-months in which somebody could leave the employer, as allocated: the rows of a discrete-time hazard."""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.design import first_treated_wave
from dww_analysis.domain.study import Source, Study
from dww_analysis.errors import MeasurementError, raise_all
from dww_analysis.exposure.exposed import placed, unknown_teams

COLUMNS = ("sample", "person", "organisation", "team", "arm", "month", "in_force", "left")


def months_at_risk(
    months: pd.DataFrame,
    answers: pd.DataFrame,
    allocation: pd.DataFrame | None,
    source: Source,
    study: Study,
) -> pd.DataFrame:
    """One row per person and month at risk, with `left` (0 or 1) and `in_force` (the arms have started).

    months: person-months of the source. Persons enter in their first month that is observed (left truncation). Rows end
    with the month in which somebody left, or moved to another team after the start (censored: `left` is 0). Of whoever
    moved before the start only the months in the last team count. Organisation, team and arm are those of the answers,
    else of the first month; months between two waves belong to the later one; those after the last wave are in force.
    """
    spelled, problems = unknown_teams(months, allocation, source)
    raise_all(problems, MeasurementError)
    rows = spelled.sort_values(["person", "month"], kind="stable", ignore_index=True)
    rows["in_force"] = (rows["wave"].isna() | (rows["wave"] >= first_treated_wave(study))).astype(bool)
    rows = _while_there(_in_the_last_team(rows))
    rows["left"] = (rows["event"] == "left").astype(float)
    rows["team"] = rows.groupby("person", sort=False)["team"].transform("first")
    return placed(rows, answers, allocation).reindex(columns=list(COLUMNS))


def _in_the_last_team(rows: pd.DataFrame) -> pd.DataFrame:
    """Without the months up to a move before the start."""
    moved = ((rows["event"] == "moved") & ~rows["in_force"]).astype(int)
    to_come = moved[::-1].groupby(rows["person"][::-1], sort=False).cumsum()[::-1]
    return rows[to_come == 0].reset_index(drop=True)


def _while_there(rows: pd.DataFrame) -> pd.DataFrame:
    """Up to and with the first month that ends in leaving or in a move."""
    ended = (rows["event"] != "none").astype(int)
    before = ended.groupby(rows["person"], sort=False).cumsum() - ended
    return rows[before == 0].reset_index(drop=True)
