"""Person-months at risk of leaving: where they end, what a move does, and from when the arms are in force."""

import dataclasses

import pandas as pd
import pytest
from test_exposure_hr import STUDY as WAVES

from dww_analysis.domain.exposure import HrRules
from dww_analysis.domain.study import Source
from dww_analysis.errors import MeasurementError
from dww_analysis.exposure import left_by_wave, months_at_risk, read_hr

NAMES = ("person", "team", "start", "end", "destination")
HR = Source("hr", "hr.csv", None, "hr", "auto", "main", None, {c: c for c in NAMES},
            rules=HrRules(observed_from="2025-04-01", observed_to="2026-06-30"))  # fmt: skip
ALLOCATION = pd.DataFrame(
    {"organisation": "O1", "team": ["T1", "T2", "T3"], "arm": ["control", "learning", "control"]}
)
NO_ANSWERS = pd.DataFrame({c: [] for c in ("sample", "person", "wave", "organisation", "team", "arm")})


def rows(*contracts, answers=NO_ANSWERS):
    frame = pd.DataFrame([(*c, *[""] * (len(NAMES) - len(c))) for c in contracts], columns=list(NAMES))
    frame.attrs["first_line"] = 2
    study = dataclasses.replace(WAVES)
    months = read_hr(frame, HR, study, lambda code: "p" + code).detail
    return months_at_risk(months, answers, ALLOCATION, HR, study)


def span(found, person):
    own = found[found["person"] == person]["month"].dt.strftime("%Y-%m")
    return own.iloc[0], own.iloc[-1], len(own)


def test_rows_end_with_the_month_of_leaving_also_for_who_comes_back():
    found = rows(
        ("a", "T1", "2020-01-01", "2025-10-31", "other_care"),
        ("a", "T1", "2026-02-01", ""),
        ("b", "T1", "2025-09-01", ""),
    )
    assert span(found, "pA") == ("2025-04", "2025-10", 7)
    assert found[found["person"] == "pA"]["left"].tolist() == [0.0] * 6 + [1.0]
    assert (
        span(found, "pB") == ("2025-09", "2026-06", 10) and not found[found["person"] == "pB"]["left"].any()
    )


def test_a_move_after_the_start_censors_and_one_before_it_counts_in_the_new_team():
    found = rows(
        ("late", "T1", "2020-01-01", "2025-12-31"),
        ("late", "T2", "2026-01-01", "2026-03-31", "other_care"),
        ("early", "T1", "2020-01-01", "2025-04-30"),
        ("early", "T2", "2025-05-01", ""),
    )
    late, early = (found[found["person"] == p] for p in ("pLATE", "pEARLY"))
    assert span(found, "pLATE")[1] == "2025-12" and late["left"].sum() == 0
    assert set(late["arm"]) == {"control"}
    assert span(found, "pEARLY") == ("2025-05", "2026-06", 14) and set(early["arm"]) == {"learning"}


def test_arms_are_in_force_after_the_baseline_and_after_the_last_wave():
    found = rows(("a", "T2", "2020-01-01", ""))
    started = found.set_index(found["month"].dt.strftime("%Y-%m"))["in_force"]
    assert not started["2025-05"] and started["2025-07"] and started["2026-06"]


def test_the_answers_say_the_arm_of_who_answered():
    answers = pd.DataFrame(
        {
            "sample": ["main"],
            "person": ["pA"],
            "wave": [0],
            "organisation": ["O1"],
            "team": ["T2"],
            "arm": ["learning"],
        }
    )
    found = rows(("a", "T1", "2020-01-01", ""), answers=answers)
    assert set(found["team"]) == {"T2"} and set(found["arm"]) == {"learning"}


def test_a_team_that_is_not_allocated_is_refused():
    with pytest.raises(MeasurementError, match="T9"):
        rows(("a", "T9", "2020-01-01", ""))


# --- left by a wave


def left(*contracts, wave=1, hr=HR):
    frame = pd.DataFrame([(*c, *[""] * (len(NAMES) - len(c))) for c in contracts], columns=list(NAMES))
    frame.attrs["first_line"] = 2
    months = read_hr(frame, hr, WAVES, lambda code: "p" + code).detail
    found = left_by_wave(months, NO_ANSWERS, ALLOCATION, hr, WAVES, wave)
    assert set(found["wave"]) <= {wave} and set(found["scale"]) <= {"left"}
    return found.set_index("person")


CONTRACTS = (
    ("stays", "T1", "2020-01-01", ""),
    ("early", "T1", "2020-01-01", "2025-05-31", "other_care"),  # before the arms are in force
    ("late", "T2", "2026-01-01", ""),  # joined after the start
    ("moved", "T1", "2020-01-01", "2025-09-30"),
    ("moved", "T2", "2025-10-01", ""),
    ("gone", "T2", "2020-01-01", "2025-08-31", "other_care"),
    ("after", "T2", "2020-01-01", "2026-06-20", "other_care"),  # after the last wave
)


def test_of_those_at_the_start_one_is_who_left_by_the_wave():
    found = left(*CONTRACTS, wave=WAVES.waves[-1].number)["score"]
    assert sorted(found.index) == ["pAFTER", "pGONE", "pMOVED", "pSTAYS"]
    assert (found["pGONE"], found["pSTAYS"], found["pAFTER"]) == (1.0, 0.0, 0.0)
    assert pd.isna(found["pMOVED"])
    places = left(*CONTRACTS, wave=WAVES.waves[-1].number)
    assert places.at["pGONE", "arm"] == "learning" and places.at["pMOVED", "team"] == "T1"


def test_where_the_records_end_before_the_wave_nobody_has_a_score():
    early = dataclasses.replace(HR, rules=HrRules(observed_from="2025-04-01", observed_to="2025-09-30"))
    assert left(*CONTRACTS, wave=WAVES.waves[-1].number, hr=early)["score"].isna().all()
