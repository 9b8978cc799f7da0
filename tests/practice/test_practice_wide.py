"""Exports of poll tools with a column a theme, or several themes in a cell: read as the same rows written out."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.networks import Member, Network, UsedChecklist
from dww_analysis.domain.practice import Block, Practice, Role, RoomVote, Session, Theme
from dww_analysis.domain.study import DropRule, Source
from dww_analysis.domain.wide import InACell, Wide
from dww_analysis.errors import PracticeError
from dww_analysis.practice import items_of, read_source

LABEL = {"nl": "x", "en": "x"}
THEMES = ("time", "trust", "team")
PRACTICE = Practice(
    roles=(Role("parents", LABEL), Role("staff", LABEL)),
    themes=tuple(Theme(t, LABEL) for t in THEMES),
    sessions=(Session("spring", LABEL, "2026-03-12", LABEL, choose=2),),
    votes=(RoomVote("enough", LABEL, {"yes": LABEL, "no": LABEL}),),
    blocks=(Block("backs", LABEL, "context"), Block("asking", LABEL, "feedback")),
    networks=(
        Network("north", LABEL, "living_lab", LABEL, members=(Member("a", "staff"), Member("b", "staff"))),
    ),
    checklists=(UsedChecklist("intake", "network"),),
)


def source(kind, columns, **more):
    fixed = {"session": "spring"} if kind not in ("ratings", "checklist") else {}
    return Source(
        "poll", "poll.xlsx", None, kind, "auto", "main", None, columns, fixed=more.pop("fixed", fixed), **more
    )


def by_theme(cells, **columns):
    return Wide(cells, {theirs: {"theme": theme} for theme, theirs in columns.items()})


CHOSEN = pd.DataFrame(
    [("v1", "parents", 1, None, 0), ("v2", "staff", None, 1, None), ("v3", "staff", None, None, None)],
    columns=["Nr", "Rol", "Tijd", "Vertrouwen", "Team"],
)
WIDE = source(
    "ballots",
    {"ballot": "Nr", "role": "Rol"},
    wide=by_theme("chosen", time="Tijd", trust="Vertrouwen", team="Team"),
)


def test_a_column_a_theme_is_the_same_rows_written_out():
    read = read_source(CHOSEN, WIDE, PRACTICE)
    told = read.rows.set_index(["ballot", "theme"])["value"].unstack()[list(THEMES)]
    assert told.loc[["V1", "V2"]].to_numpy().tolist() == [[1, 0, 0], [0, 1, 0]]
    assert set(read.rows["session"]) == {"spring"} and read.how == "chosen"
    # Somebody who filled in nothing chose nothing: that is no ballot against every theme.
    assert "V3" not in told.index and read.notes == (
        "poll: 1 row in which nothing was filled in is left out",
    )


def test_ranks_and_points_of_wide_columns_keep_their_meaning():
    ranks = CHOSEN.assign(Tijd=[1, 2, None], Vertrouwen=[2, 1, None], Team=[None, None, None])
    own = source(
        "ballots", dict(WIDE.columns), wide=by_theme("rank", time="Tijd", trust="Vertrouwen", team="Team")
    )
    read = read_source(ranks, own, PRACTICE)
    of_team = read.rows.loc[read.rows["theme"] == "team", "value"]
    assert read.how == "rank" and of_team.isna().all() and len(of_team) == 2  # offered, and not ranked
    hole = ranks.assign(Vertrouwen=[3, 1, None])
    with pytest.raises(
        PracticeError, match=r"column Tijd, Vertrouwen, line 1: ballots whose ranks have a hole"
    ):
        read_source(hole, own, PRACTICE)


def test_columns_that_are_not_there_are_named_all_at_once():
    columns = {"Tijt": {"theme": "time"}, "Vertrouwen": {"theme": "trust"}, "Teem": {"theme": "team"}}
    with pytest.raises(PracticeError) as error:
        read_source(
            CHOSEN,
            source("ballots", {"ballot": "Nr", "role": "Roll"}, wide=Wide("chosen", columns)),
            PRACTICE,
        )
    found = [(p.found, p.expected) for p in error.value.problems]
    assert [f for f, _ in found] == [
        "there is no column 'Roll' (role)",
        "there is no column 'Tijt' (theme time)",
        "there is no column 'Teem' (theme team)",
    ]
    assert all("did you mean" in expected for _, expected in found)


def test_a_wrong_cell_is_named_by_its_column_and_line():
    with pytest.raises(PracticeError, match="column Vertrouwen, line 2"):
        read_source(CHOSEN.assign(Vertrouwen=[None, 4, None]), WIDE, PRACTICE)


def test_rows_without_a_code_are_ballots_whatever_their_order():
    own = source("ballots", {"role": "Rol"}, wide=WIDE.wide)
    once, turned = (
        read_source(data, own, PRACTICE).rows.sort_values(["ballot", "theme"]).reset_index(drop=True)
        for data in (CHOSEN, CHOSEN[::-1].reset_index(drop=True))
    )
    pd.testing.assert_frame_equal(once, turned)
    assert once["ballot"].nunique() == 2


JOINED = pd.DataFrame(
    {
        "Nr": ["v1", "v2", "v3"],
        "Rol": ["parents", "staff", "staff"],
        "Wat kiest u?": ["Tijd, ruimte en rust;Team;", "Team;weet niet", None],
    }
)


def joined(cells="chosen", **more):
    columns = {"ballot": "Nr", "role": "Rol", "theme": "Wat kiest u?"}
    recode = {"theme": {"Tijd, ruimte en rust": "time", "Team": "team"}}
    delimiter = more.pop("delimiter", ";")
    several = InACell("theme", delimiter, cells, more.pop("leave", ("Weet niet",)))
    return source("ballots", columns, recode=recode, several=several, **more)


def test_several_themes_in_a_cell_are_taken_apart():
    read = read_source(JOINED, joined(), PRACTICE)
    assert sorted(read.rows[["ballot", "theme"]].itertuples(index=False, name=None)) == [
        ("V1", "team"), ("V1", "time"), ("V2", "team"),
    ]  # fmt: skip
    assert read.notes == (
        "poll: 1 row in which nothing was filled in is left out",
        "poll: 1 word left out, as `leave` says; 0 rows hold nothing else",
    )
    ranked = read_source(JOINED, joined("rank"), PRACTICE).rows
    assert ranked.set_index(["ballot", "theme"])["value"].to_dict() == {
        ("V1", "time"): 1, ("V1", "team"): 2, ("V2", "team"): 1,
    }  # fmt: skip


def test_a_delimiter_that_met_nothing_and_rows_of_words_to_leave_out_alone_are_counted():
    data = JOINED.assign(**{"Wat kiest u?": ["Team", "weet niet", "Tijd, ruimte en rust"]})
    read = read_source(data, joined(), PRACTICE)
    assert read.rows["ballot"].tolist() == ["V1", "V3"] and read.notes == (
        "poll: 1 word left out, as `leave` says; 1 row holds nothing else",
        "poll: no cell holds several, so that the delimiter ';' met nothing",
    )


def test_a_theme_with_the_delimiter_in_its_words_stays_whole():
    data = JOINED.assign(**{"Wat kiest u?": ["Tijd, ruimte en rust, Team", "Team, weet niet", None]})
    read = read_source(data, joined(delimiter=","), PRACTICE)
    assert read.rows["theme"].tolist() == ["time", "team", "team"]


def test_a_word_to_leave_out_that_met_nothing_and_an_unknown_theme_are_problems():
    with pytest.raises(PracticeError, match=r"'geen mening'.* met nothing"):
        read_source(JOINED, joined(leave=("weet niet", "geen mening")), PRACTICE)
    with pytest.raises(PracticeError, match="the theme 'weet niet', which is not in the list"):
        read_source(JOINED, joined(leave=()), PRACTICE)


VOTES = pd.DataFrame(
    {"Rol": ["parents", "staff", "staff"], "Voor": ["Ja", "Nee", "Nee"], "Na": ["Ja", "Ja", None]}
)


def test_votes_before_and_after_in_one_row_are_of_one_voter():
    moments = {"Voor": "before", "Na": "after"}
    wide = Wide("option", {c: {"statement": "enough", "moment": m} for c, m in moments.items()})
    own = source("votes", {"role": "Rol"}, wide=wide, recode={"option": {"Ja": "yes", "Nee": "no"}})
    rows = read_source(VOTES, own, PRACTICE).rows
    changed = rows.pivot(index="ballot", columns="moment", values="option")
    assert sorted(map(tuple, changed[["before", "after"]].fillna("").to_numpy())) == [
        ("no", ""), ("no", "yes"), ("yes", "yes"),
    ]  # fmt: skip


def test_a_column_without_any_answer_is_said_and_one_that_nobody_chose_is_a_choice():
    moments = {"Voor": "before", "Na": "after"}
    wide = Wide("option", {c: {"statement": "enough", "moment": m} for c, m in moments.items()})
    own = source("votes", {"role": "Rol"}, wide=wide, recode={"option": {"Ja": "yes", "Nee": "no"}})
    assert read_source(VOTES.assign(Na=None), own, PRACTICE).notes == (
        "poll: nothing stands in the column Na",
    )
    chosen = read_source(CHOSEN.assign(Tijd=[None, 0, None]), WIDE, PRACTICE)
    assert len(chosen.notes) == 1 and set(chosen.rows.loc[chosen.rows["theme"] == "time", "value"]) == {0}


def test_votes_of_one_moment_without_codes_are_counted_and_never_paired():
    """Row 1 of a file before and row 1 of a file after need not be one person."""
    own = source(
        "votes",
        {"role": "Rol"},
        fixed={"session": "spring", "moment": "before"},
        wide=Wide("option", {"Voor": {"statement": "enough"}}),
        recode={"option": {"Ja": "yes", "Nee": "no"}},
    )
    rows = read_source(VOTES, own, PRACTICE).rows
    assert set(rows["ballot"]) == {""}
    assert rows.set_index(["role", "option"])["n"].to_dict() == {("parents", "yes"): 1, ("staff", "no"): 2}


def test_counts_of_votes_may_lie_beside_each_other():
    data = pd.DataFrame({"Moment": ["before", "after"], "Ja": [30, 41], "Nee": [20, 11]})
    own = source(
        "votes",
        {"moment": "Moment"},
        fixed={"session": "spring", "statement": "enough"},
        wide=Wide("n", {"Ja": {"option": "yes"}, "Nee": {"option": "no"}}),
    )
    rows = read_source(data, own, PRACTICE).rows
    assert rows.set_index(["moment", "option"])["n"].unstack().loc["after"].to_dict() == {"no": 11, "yes": 41}


def test_blocks_ratings_and_check_lists_may_be_wide():
    blocks = pd.DataFrame({"Groep": [1, 2], "Rug": [1, None], "Vragen": [1, 1]})
    own = source(
        "blocks",
        {"group": "Groep"},
        wide=Wide("placed", {"Rug": {"block": "backs"}, "Vragen": {"block": "asking"}}),
    )
    read = read_source(blocks, own, PRACTICE).rows
    assert read.pivot(index="group", columns="block", values="value").to_numpy().tolist() == [[1, 1], [1, 0]]
    ratings = pd.DataFrame({"Code": ["a", "b"], "R1": [5, "6,5"], "R2": [7, None]})
    wide = Wide("rating", {"R1": {"round": "1"}, "R2": {"round": "2"}})
    own = source("ratings", {"person": "Code"}, fixed={"network": "north"}, wide=wide)
    rated = read_source(ratings, own, PRACTICE).rows
    assert sorted(zip(rated["round"], rated["rating"], strict=True)) == [("1", 5.0), ("1", 6.5), ("2", 7.0)]
    with pytest.raises(PracticeError, match="number from 0 to 10"):
        read_source(ratings.assign(R2=[11, None]), own, PRACTICE)
    first, second, *_ = items_of("intake")
    seen = pd.DataFrame({"Q1": ["ja", "nee"], "Q2": ["deels", None]})
    own = source(
        "checklist",
        {},
        fixed={"unit": "north"},
        wide=Wide("met", {"Q1": {"item": first}, "Q2": {"item": second}}),
    )
    found = read_source(seen, own, PRACTICE).rows
    assert sorted(zip(found["item"], found["met"], strict=True)) == sorted(
        [(first, "no"), (first, "yes"), (second, "partly")]
    )


def test_rules_for_rows_come_first_and_lines_stay_those_of_the_file():
    drop = (DropRule("Nr", ("v1",), "test row"),)
    own = source("ballots", dict(WIDE.columns), wide=WIDE.wide, drop_rows=drop)
    with pytest.raises(PracticeError, match="column Team, line 12"):
        read_source(CHOSEN.assign(Team=[5, 7, None]), own, PRACTICE, lines=np.array([11, 12, 13]))
    with pytest.raises(PracticeError, match="drop_rows"):
        read_source(
            CHOSEN,
            source("ballots", dict(WIDE.columns), wide=WIDE.wide, drop_rows=(DropRule("Nr", ("zz",), "x"),)),
            PRACTICE,
        )


def test_columns_in_which_nobody_filled_in_anything_are_refused():
    with pytest.raises(PracticeError, match="3 rows, and nothing in the columns of `wide`"):
        read_source(CHOSEN.assign(Tijd=None, Vertrouwen=None, Team=None), WIDE, PRACTICE)
    with pytest.raises(PracticeError, match="3 rows, and nothing in the columns of `several`"):
        read_source(JOINED.assign(**{"Wat kiest u?": None}), joined(leave=()), PRACTICE)
