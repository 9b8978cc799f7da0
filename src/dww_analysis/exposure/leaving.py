"""Person-months in which somebody could leave the employer, as allocated: the rows of a discrete-time hazard; and who
of those at the start had left by a wave."""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.design import first_treated_wave
from dww_analysis.domain.records import LEFT
from dww_analysis.domain.study import Source, Study
from dww_analysis.errors import MeasurementError, raise_all
from dww_analysis.exposure.exposed import placed, unknown_teams

SCORED = ("sample", "person", "wave", "organisation", "team", "arm", "scale", "score")
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
    return placed(_at_risk(months, allocation, source, study), answers, allocation).reindex(
        columns=list(COLUMNS)
    )


def left_by_wave(
    months: pd.DataFrame,
    answers: pd.DataFrame,
    allocation: pd.DataFrame | None,
    source: Source,
    study: Study,
    wave: int,
) -> pd.DataFrame:
    """Scores of `left` at one wave: a row per person who was there in the first month in which the arms were in force,
    1 for who left the employer from then to the wave, 0 for who was still there.

    The score is missing for who moved to another team before the wave, and for everybody where the records end before
    it. Arguments and places as of `months_at_risk`.
    """
    rows = _at_risk(months, allocation, source, study)
    since = rows[rows["in_force"]]
    until = since[since["wave"] <= wave]
    there = since.loc[since["month"] == since["month"].min(), "person"].unique()
    last = until["month"].max()
    left = set(until.loc[until["left"] == 1, "person"])
    stayed = set(until.loc[until["month"] == last, "person"]) if _seen(rows, study, wave) else set()
    found = since[since["person"].isin(there)].drop_duplicates("person")
    score = [1.0 if p in left and stayed else 0.0 if p in stayed else float("nan") for p in found["person"]]
    at_wave = found.assign(wave=wave, scale=LEFT, score=score)
    return placed(at_wave, answers, allocation).reindex(columns=list(SCORED)).reset_index(drop=True)


def _seen(rows: pd.DataFrame, study: Study, wave: int) -> bool:
    """Whether the records go on to the month before a wave."""
    date = next(w.date for w in study.waves if w.number == wave)
    if date is None:
        return True
    month = pd.Timestamp(date).to_period("M").to_timestamp()
    return bool(rows["month"].max() >= month - pd.DateOffset(months=1))


def _at_risk(
    months: pd.DataFrame, allocation: pd.DataFrame | None, source: Source, study: Study
) -> pd.DataFrame:
    """Person-months in which somebody could leave, each person in one team."""
    spelled, problems = unknown_teams(months, allocation, source)
    raise_all(problems, MeasurementError)
    rows = spelled.sort_values(["person", "month"], kind="stable", ignore_index=True)
    rows["in_force"] = (rows["wave"].isna() | (rows["wave"] >= first_treated_wave(study))).astype(bool)
    rows = _while_there(_in_the_last_team(rows))
    rows["left"] = (rows["event"] == "left").astype(float)
    rows["team"] = rows.groupby("person", sort=False)["team"].transform("first")
    return rows


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
