"""Who is in which team and arm: persons of diaries, logs and personnel records beside the Measurements."""

import dataclasses

import learning_study
import pandas as pd

from dww_analysis.domain.study import Arm, Source
from dww_analysis.exposure import in_groups, placed, unknown_teams
from dww_analysis.exposure.periods import read_dates, read_times

ALLOCATION = pd.DataFrame(
    {"organisation": ["O1", "O1"], "team": ["Team Zon", "T2"], "arm": ["control", "learning"]}
)
ANSWERS = pd.DataFrame(
    {
        "sample": "main",
        "person": ["pa", "pa", "pb"],
        "wave": [0, 1, 1],
        "organisation": "O1",
        "team": ["T2", "T2", "Team Zon"],
        "arm": ["learning", "learning", "control"],
    }
)
SOURCE = Source("hr", "hr.csv", None, "hr", "auto", "main", None, {"team": "Team"})


def features(teams):
    return pd.DataFrame(
        {"sample": "main", "person": ["pa", "pb", "pc", "pd"], "wave": 1, "team": teams, "left": False}
    )


def test_the_measurements_say_who_is_where_and_the_own_team_is_second():
    table, problems = unknown_teams(features(["Team Zon", None, "team zon", None]), ALLOCATION, SOURCE)
    assert not problems
    result = placed(table, ANSWERS, ALLOCATION).set_index("person")
    assert result["arm"].tolist()[:3] == ["learning", "control", "control"]
    assert result.loc["pc", ["organisation", "team"]].tolist() == ["O1", "Team Zon"]
    assert pd.isna(result.loc["pd", "arm"]) and len(result) == 4


def test_a_team_that_is_not_allocated_is_a_problem_with_a_suggestion():
    _, problems = unknown_teams(features(["T2", "Team Zoon", "Team Zoon", None]), ALLOCATION, SOURCE)
    (problem,) = problems
    assert problem.found == "the team 'Team Zoon' (2 persons) is not in the allocation"
    assert "did you mean 'Team Zon'" in problem.expected


def test_a_study_without_arms_keeps_what_it_has():
    answers = ANSWERS.drop(columns="arm")
    table, problems = unknown_teams(features(["X", "Y", "Z", None]), None, SOURCE)
    result = placed(table, answers, None)
    assert not problems and "arm" not in result and result["team"].tolist()[:2] == ["T2", "Team Zon"]


def test_times_and_dates_of_many_makers():
    texts = [
        "2026-03-02T09:00:00+01:00",
        "2026-07-02T07:00:00Z",
        "02-03-2026 09:00",
        "2-3-2026 9.00",
        "",
        "20260302",
    ]
    times, wrong = read_times(pd.Series(texts))
    assert times.tolist()[:3] == [
        pd.Timestamp("2026-03-02 09:00"),
        pd.Timestamp("2026-07-02 09:00"),
        pd.Timestamp("2026-03-02 09:00"),
    ]
    assert wrong.tolist() == [False, False, False, True, False, True]
    dates, wrong = read_dates(
        pd.Series(["2025-09", "09-2025", "1/9/2025", "2025-13", "31-12-9999"]), last_day=True
    )
    assert dates.dt.strftime("%d-%m").tolist()[:3] == ["30-09", "30-09", "01-09"]
    assert wrong.tolist() == [False, False, False, True, False] and pd.isna(dates.iloc[4])
    local, _ = read_times(pd.Series([1772182800]), "local")
    assert local.tolist() == [pd.Timestamp("2026-02-27 09:00")]


def test_where_persons_change_their_arm_nothing_is_laid_out_by_it():
    study = dataclasses.replace(
        learning_study.STUDY, arms=(Arm("before", {"en": "before"}), Arm("after", {"en": "after"}))
    )
    features = pd.DataFrame({"sample": "main", "person": ["p1"], "wave": 1, "arm": "before"})
    wedge = dataclasses.replace(study, design="stepped_wedge")
    assert "arm" not in in_groups(features, wedge)
    side_by_side = dataclasses.replace(study, design="parallel_cluster")
    assert in_groups(features, side_by_side)["arm"].tolist() == ["before"]
