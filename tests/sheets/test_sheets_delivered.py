"""The delivered list of members: every problem at once, with lines, and names of teams as the answers have them."""

from dataclasses import replace

import pandas as pd
import pytest

from dww_analysis.domain.study import DropRule, Source
from dww_analysis.errors import MeasurementError
from dww_analysis.sheets import read_members

SOURCE = Source(
    "sizes",
    "members.csv",
    None,
    "members",
    "auto",
    "main",
    None,
    {"team": "Team", "wave": "Meting", "members": "Aantal"},
    team_aliases={"Team Noord": "T01"},
)


def delivered(*rows):
    return pd.DataFrame(rows, columns=["Team", "Meting", "Aantal"])


def test_members_by_team_and_wave_with_the_line_they_stand_on():
    found = read_members(delivered(("team noord", "0", "12"), ("T02", 1, 9.0)), SOURCE, (0, 1))
    assert found.to_dict("records") == [
        {"team": "T01", "wave": 0, "members": 12.0, "line": 1},
        {"team": "T02", "wave": 1, "members": 9.0, "line": 2},
    ]


def test_every_problem_at_once_with_its_lines():
    table = delivered(
        ("Team Noord", "0", "12"),
        ("", "0", "12"),
        ("T02", "7", "12"),
        ("T03", "0", "ongeveer 12"),
        ("T04", "0", "0"),
        ("T05", "0", "8.5"),
        ("T06", "1", "9"),
        ("T06", "1", "10"),
    )
    with pytest.raises(MeasurementError) as caught:
        read_members(table, SOURCE, (0, 1))
    text = str(caught.value)
    assert "column Team, line 2: no team" in text
    assert "column Meting, line 3: no wave of the study" in text
    assert "expected: one of 0, 1" in text
    assert "column Aantal, line 4, 5, 6: no number of people" in text
    assert "line 7, 8: a team twice at one wave" in text


def test_rows_are_left_out_by_rule_and_a_rule_that_meets_nothing_is_an_error():
    table = delivered(("Team Noord", "0", "12"), ("totaal", "0", ""))
    dropped = replace(SOURCE, drop_rows=(DropRule("Team", ("totaal",), "total"),))
    assert len(read_members(table, dropped, (0,))) == 1
    with pytest.raises(MeasurementError, match="Team Zuid"):
        read_members(table, replace(dropped, team_aliases={"Team Zuid": "T02"}), (0,))


def test_a_column_that_is_not_there_is_said():
    with pytest.raises(MeasurementError, match="there is no column 'Aantal'"):
        read_members(delivered(("T01", 0, 1)).drop(columns="Aantal"), SOURCE, (0,))
