"""Ballots and votes as delivered: what is read, and that every problem is named at once, with its lines."""

import pandas as pd
import pytest

from dww_analysis.domain.practice import Practice, Role, RoomVote, Session, Theme
from dww_analysis.domain.study import DropRule, Source
from dww_analysis.errors import PracticeError
from dww_analysis.practice import read_ballots, read_votes

LABEL = {"nl": "x", "en": "x"}
PRACTICE = Practice(
    roles=(Role("parents", LABEL), Role("staff", LABEL)),
    themes=(Theme("time", LABEL), Theme("trust", LABEL), Theme("team", LABEL)),
    sessions=(Session("spring", LABEL, "2026-03-12", LABEL, choose=2),),
    votes=(RoomVote("enough", LABEL, {"yes": LABEL, "no": LABEL}),),
)
COLUMNS = {"session": "Sessie", "ballot": "Nr", "role": "Rol", "theme": "Thema"}


def source(kind="ballots", **more):
    columns = COLUMNS | {"chosen": "Gekozen"} if kind == "ballots" else {}
    return Source("wall", "wall.csv", None, kind, "auto", "main", None, more.pop("columns", columns), **more)


def table(rows, how="Gekozen"):
    return pd.DataFrame(rows, columns=["Sessie", "Nr", "Rol", "Thema", how])


GOOD = [
    ("spring", 1, "parents", "time", 1),
    ("spring", 1, "parents", "trust", 0),
    ("spring", 2, "staff", "trust", 1),
]


def test_ballots_are_read_and_a_second_export_changes_nothing():
    once, twice = (read_ballots(table(GOOD * k), source(), PRACTICE) for k in (1, 2))
    assert once.rows["value"].tolist() == [1, 0, 1]
    assert once.rows["ballot"].tolist() == ["1", "1", "2"]
    assert (once.repeated, twice.repeated) == (0, 3)
    pd.testing.assert_frame_equal(once.rows, twice.rows)


def test_themes_that_were_typed_in_other_ways_are_recoded():
    rows = [("spring", 1, "parents", "Tijd!", 1)]
    read = read_ballots(table(rows), source(recode={"theme": {"tijd": "time"}}), PRACTICE)
    assert read.rows["theme"].tolist() == ["time"]


def test_rows_that_are_no_ballots_are_dropped_and_lines_stay_those_of_the_file():
    rows = [("spring", 9, "parents", "test", 1), *GOOD, ("spring", 3, "staff", "wrong", 1)]
    drop = (DropRule("Thema", ("test",), "test row"),)
    with pytest.raises(PracticeError, match="line 5") as error:
        read_ballots(table(rows), source(drop_rows=drop), PRACTICE)
    assert len(error.value.problems) == 1
    assert len(read_ballots(table(rows[:-1]), source(drop_rows=drop), PRACTICE).rows) == 3


def test_a_rule_that_met_nothing_is_a_problem():
    with pytest.raises(PracticeError, match="met 0 of 3 answers"):
        read_ballots(table(GOOD), source(recode={"theme": {"tijd": "time"}}), PRACTICE)


def refused(rows, how="chosen", kind="ballots", columns=None):
    columns = columns or COLUMNS | {how: "Gekozen"}
    with pytest.raises(PracticeError) as error:
        read_ballots(table(rows), source(kind, columns=columns), PRACTICE)
    return error.value.problems


def test_all_problems_at_once_with_their_lines():
    problems = refused(
        [
            ("spring", 1, "parents", "tiem", 1),
            ("autumn", 2, "parents", "time", 1),
            ("spring", 3, "boards", "time", 2),
            ("spring", None, "staff", None, 1),
        ]
    )
    found = " | ".join(str(p) for p in problems)
    assert len(problems) == 6
    assert "'tiem'" in found and "; did you mean 't" in found
    assert "'autumn'" in found and "'boards'" in found and "no ballot" in found and "no theme" in found
    assert "wall.csv, column Thema, line 1" in found and "wall.csv, column Gekozen, line 3" in found


@pytest.mark.parametrize(
    ("how", "values", "said"),
    [
        ("chosen", (1, 1, 1), "more themes than allowed"),
        ("points", (2, 1, 0), "more dots than allowed"),
        ("points", (0.5, 1, 0), "values that cannot be"),
        ("rank", (1, 3, None), "a hole or occur twice"),
        ("rank", (1, 1, None), "a hole or occur twice"),
        ("rank", (0, 1, None), "values that cannot be"),
    ],
)
def test_ballots_that_cannot_be_are_refused(how, values, said):
    rows = [("spring", 1, "parents", t, v) for t, v in zip(("time", "trust", "team"), values, strict=True)]
    assert any(said in p.found for p in refused(rows, how))


@pytest.mark.parametrize(("how", "values"), [("points", (1, 1, 0)), ("rank", (1, 2, None))])
def test_other_ways_of_choosing_are_read(how, values):
    rows = [("spring", 1, "parents", t, v) for t, v in zip(("time", "trust", "team"), values, strict=True)]
    read = read_ballots(table(rows), source(columns=COLUMNS | {how: "Gekozen"}), PRACTICE)
    assert read.how == how and len(read.rows) == 3


def test_a_ballot_in_two_roles_and_two_answers_to_one_theme_are_refused():
    two_roles = refused([GOOD[0], ("spring", 1, "staff", "trust", 1)])
    assert any("two roles" in p.found for p in two_roles)
    assert any("different things" in p.found for p in refused([GOOD[0], ("spring", 1, "parents", "time", 0)]))


def test_how_people_chose_is_named_once():
    with pytest.raises(PracticeError, match="names none of them"):
        read_ballots(table(GOOD), source(columns=COLUMNS), PRACTICE)
    with pytest.raises(PracticeError, match="names chosen and rank"):
        read_ballots(
            table(GOOD), source(columns=COLUMNS | {"chosen": "Gekozen", "rank": "Gekozen"}), PRACTICE
        )


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(PracticeError, match="there is no column 'Gekozen'"):
        read_ballots(table(GOOD).drop(columns="Gekozen"), source(), PRACTICE)


VOTES = {"session": "s", "moment": "m", "statement": "q", "option": "o"}


def vote_table(rows, last):
    return pd.DataFrame(rows, columns=["s", "m", "q", "o", last])


def test_votes_are_read_as_counts_or_by_code():
    counts = vote_table([("spring", "before", "enough", "yes", 12)], "n")
    read = read_votes(counts, source("votes", columns=VOTES | {"n": "n"}), PRACTICE)
    assert read.rows["n"].tolist() == [12]
    codes = vote_table(
        [("spring", "before", "enough", "yes", "k 1"), ("spring", "after", "enough", "no", "K1")], "b"
    )
    read = read_votes(codes, source("votes", columns=VOTES | {"ballot": "b"}), PRACTICE)
    assert read.rows["ballot"].tolist() == ["K1", "K1"]
    assert read.rows["n"].tolist() == [1, 1]


def test_votes_that_cannot_be_are_refused_all_at_once():
    rows = [("spring", "during", "enough", "yes", 3), ("spring", "after", "enough", "perhaps", -1)]
    with pytest.raises(PracticeError) as error:
        read_votes(vote_table(rows, "n"), source("votes", columns=VOTES | {"n": "n"}), PRACTICE)
    found = " | ".join(str(p) for p in error.value.problems)
    assert len(error.value.problems) == 3
    assert "'during'" in found and "option that `enough` does not have" in found and "line 2" in found


def test_one_voter_with_two_options_is_refused():
    rows = [("spring", "after", "enough", option, "k1") for option in ("yes", "no")]
    with pytest.raises(PracticeError, match="different things"):
        read_votes(vote_table(rows, "b"), source("votes", columns=VOTES | {"ballot": "b"}), PRACTICE)


def test_votes_need_counts_or_codes():
    with pytest.raises(PracticeError, match="neither ballot nor n"):
        read_votes(vote_table([], "n"), source("votes", columns=VOTES), PRACTICE)
