"""What happens to answers between the person and the delivered file.

Some do not answer, break off, skip items, give one and the same answer to everything, send twice, or leave out their
code; and the people who built the questionnaire leave their test rows in.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dww_analysis.simulate.instruments import BACKGROUND, BLOCKS, ITEMS, SUPERVISOR_ITEMS
from dww_analysis.simulate.people import Cohort
from dww_analysis.simulate.truth import ExampleTruth

SKIPPED = -99.0  # seen, not answered
NOT_APPLICABLE = -98.0
# NaN: not reached, because the person stopped before

FIELDWORK = ("2025-06-02", "2025-11-17", "2026-06-01")  # Mondays on which the waves opened
FIELDWORK_DAYS = 19
TEST_ROWS = 2
QUESTIONS = (*BACKGROUND, *ITEMS)
YEARS_BETWEEN_WAVES = 0.5

REMARKS = (
    "Goed dat hier aandacht voor is.",
    "Lange vragenlijst, hoor.",
    "Wij hebben op dit moment drie vacatures; dat kleurt mijn antwoorden.",
    "Is er ook een terugkoppeling per team?",
)


def deliver(
    truth: ExampleTruth, cohort: Cohort, answers: pd.DataFrame, wave: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Rows of one wave as they reach the researcher, in the order in which they were sent.

    Columns: code ("" when left out), team (id), the background variables and items (numbers, or the marks above),
    progress (0-100), test (bool), start (datetime), seconds, remark.
    """
    rows = _respond(truth, answers[answers["wave"] == wave].reset_index(drop=True), cohort, rng)
    rows = _lay_out(rows, cohort, wave, rng)
    _answer_carelessly(truth, rows, cohort, rng)
    _skip_items(truth, rows, rng)
    _break_off(truth, rows, rng)
    rows = _send_twice(truth, rows, rng)
    without_code = rng.choice(len(rows), size=max(1, round(truth.no_code * len(rows))), replace=False)
    rows.loc[without_code, "code"] = ""
    rows = _add_test_rows(rows, wave, rng)
    rows = rows.sort_values("start", kind="stable", ignore_index=True)
    _add_remarks(rows, rng)
    return rows.drop(columns="person")


def _respond(
    truth: ExampleTruth, rows: pd.DataFrame, cohort: Cohort, rng: np.random.Generator
) -> pd.DataFrame:
    """Members that answer; who is well answers a little more often."""
    wellbeing = cohort.people["wellbeing"].to_numpy()[rows["person"]]
    odds = truth.response / (1 - truth.response) * np.exp(0.3 * wellbeing)
    return rows[rng.random(len(rows)) < odds / (1 + odds)].reset_index(drop=True)


def _lay_out(rows: pd.DataFrame, cohort: Cohort, wave: int, rng: np.random.Generator) -> pd.DataFrame:
    person = rows["person"].to_numpy()
    people = cohort.people.iloc[person].reset_index(drop=True)
    first_wave = np.argmax(cohort.membership[person] >= 0, axis=1)
    years = people["years_youth_care"] + np.floor((wave - first_wave) * YEARS_BETWEEN_WAVES)
    opened = pd.Timestamp(FIELDWORK[wave])
    minutes = rng.integers(0, FIELDWORK_DAYS * 10 * 60, size=len(rows))  # ten hours a day, from eight o'clock
    start = (
        opened + pd.to_timedelta(minutes // 600, unit="D") + pd.to_timedelta(480 + minutes % 600, unit="min")
    )
    laid_out = pd.DataFrame(
        {
            "person": person,
            "code": people["code"],
            "team": cohort.teams["team"].to_numpy()[rows["team"]],
            "age_band": people["age_band"],
            "function": people["function"],
            "years_youth_care": years,
            "hours": people["hours"],
            **{item: rows[item] for item in ITEMS},
            "progress": 100,
            "test": False,
            "start": start + pd.to_timedelta(rng.integers(0, 60, size=len(rows)), unit="s"),
            "seconds": np.round(rng.lognormal(np.log(620), 0.35, size=len(rows))).astype(int),
        }
    )
    laid_out[list(QUESTIONS)] = laid_out[list(QUESTIONS)].astype(float)
    without = ~people["supervisor"].to_numpy()
    laid_out.loc[without, list(SUPERVISOR_ITEMS)] = NOT_APPLICABLE
    return laid_out


def _answer_carelessly(
    truth: ExampleTruth, rows: pd.DataFrame, cohort: Cohort, rng: np.random.Generator
) -> None:
    """Careless persons give every question of a block the same answer, fast; a single question is answered."""
    careless = rows.index[rng.random(len(rows)) < truth.careless]
    for row in careless:
        share = rng.uniform(0.3, 1.0)  # of the answer scale
        for block in BLOCKS:
            if len(block.items) > 1:
                rows.loc[[row], list(block.items)] = float(
                    round(block.low + share * (block.high - block.low))
                )
        rows.loc[[row], "seconds"] = int(rng.integers(70, 150))


def _skip_items(truth: ExampleTruth, rows: pd.DataFrame, rng: np.random.Generator) -> None:
    """Items are skipped by some persons more than by others; background questions seldom."""
    own_share = truth.skip * rng.gamma(0.7, 1 / 0.7, size=(len(rows), 1))
    items = rows[list(ITEMS)].to_numpy(copy=True)
    items[(rng.random(items.shape) < own_share) & (items != NOT_APPLICABLE)] = SKIPPED
    rows[list(ITEMS)] = items
    background = rows[list(BACKGROUND)].to_numpy(copy=True)
    background[rng.random(background.shape) < truth.skip / 3] = SKIPPED
    rows[list(BACKGROUND)] = background


def _break_off(truth: ExampleTruth, rows: pd.DataFrame, rng: np.random.Generator) -> None:
    """Who breaks off leaves everything after a certain question unseen."""
    for row in rows.index[rng.random(len(rows)) < truth.break_off]:
        _stop_at(rows, row, int(rng.integers(len(BACKGROUND) + 3, len(QUESTIONS) - 2)))


def _stop_at(rows: pd.DataFrame, row: int, question: int) -> None:
    rows.loc[[row], list(QUESTIONS[question:])] = np.nan
    rows.loc[[row], "progress"] = round(100 * question / len(QUESTIONS))
    seconds = rows["seconds"].to_numpy()[row]  # rows are numbered from 0
    rows.loc[[row], "seconds"] = max(40, int(seconds * question / len(QUESTIONS)))


def _send_twice(truth: ExampleTruth, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A second copy of some rows: mostly a first attempt that was broken off, sometimes the same again."""
    complete = rows.index[rows["progress"] == 100]
    chosen = rng.choice(complete, size=max(2, round(truth.duplicate * len(rows))), replace=False)
    first = rows.loc[np.sort(chosen)].reset_index(drop=True)
    first["start"] -= pd.to_timedelta(rng.integers(5, 2000, size=len(first)), unit="min")
    for row in first.index[rng.random(len(first)) < 0.6]:
        _stop_at(first, row, int(rng.integers(len(BACKGROUND) + 3, len(QUESTIONS) // 2)))
    return pd.concat([rows, first], ignore_index=True)


def _add_test_rows(rows: pd.DataFrame, wave: int, rng: np.random.Generator) -> pd.DataFrame:
    """Rows of the people who tried the questionnaire out before it opened."""
    tests = rows[rows["progress"] == 100].head(TEST_ROWS).copy()
    for block in BLOCKS:
        tests[list(block.items)] = float(block.high)
    tests["code"] = [f"test{number}" for number in range(1, TEST_ROWS + 1)]
    tests["test"] = True
    tests["start"] = pd.Timestamp(FIELDWORK[wave]) - pd.to_timedelta(
        rng.integers(600, 4000, TEST_ROWS), unit="min"
    )
    return pd.concat([rows, tests], ignore_index=True)


def _add_remarks(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    chosen = rng.choice(len(rows), size=len(rows) // 12, replace=False)
    remarks = np.full(len(rows), "", dtype="U120")
    remarks[chosen] = rng.choice(REMARKS, size=len(chosen))
    rows["remark"] = remarks
