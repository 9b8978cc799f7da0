"""Teams of one name: told apart by their organisation where answers say it, else one problem a team."""

import pandas as pd
import pytest

from dww_analysis.ingest.teams import qualify_teams

LIST = pd.DataFrame(
    {"organisation": ["north", "north", "south"], "team": ["T1", "T2", "T1"], "arm": ["a", "b", "b"]}
)


def answers(organisations):
    teams = ["T1", "T2", "T1"]
    return pd.DataFrame({"team": teams, "organisation": organisations, "sample": "main", "source": "wave0"})


def test_teams_of_one_name_are_told_apart_by_the_organisation_of_the_answers():
    found, listed, problems = qualify_teams(answers(["north", "north", "south"]), LIST)
    assert problems == [] and found["team"].tolist() == listed["team"].tolist() == [
        "north/T1",
        "north/T2",
        "south/T1",
    ]


@pytest.mark.parametrize("organisations", [[None, None, None], ["north", None, "south"]])
def test_a_team_in_two_organisations_is_one_problem_where_answers_do_not_say_which(organisations):
    given = answers(pd.array(organisations, dtype="str"))
    found, listed, (problem,) = qualify_teams(given, LIST)
    assert problem.found == "the team 'T1' is listed in the organisations north and south"
    assert "wave0" in problem.where and found is given and listed is LIST
