"""Attendance, counted dots, and sources of one kind laid together: read, refused with all problems, and counted."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.practice import Block, Practice, Role, RoomVote, Session, Theme
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError
from dww_analysis.practice import as_table, practice_quantities, read_source

LABEL = {"nl": "x", "en": "x"}
ROLES = ("parents", "professionals", "policy")
PRACTICE = Practice(
    roles=tuple(Role(r, LABEL) for r in (*ROLES, "boards")),
    themes=tuple(Theme(t, LABEL) for t in ("a", "b", "c", "d", "e")),
    sessions=(
        Session("spring", LABEL, "2026-03-12", LABEL, choose=3),
        Session("free", LABEL, "2026-04-01", LABEL),
        Session("small", LABEL, "2026-04-02", LABEL, capacity=12),
    ),
    blocks=tuple(Block(b, LABEL, "context") for b in ("p", "q", "r")),
    votes=(RoomVote("enough", LABEL, {"yes": LABEL, "no": LABEL}),),
)
ATTENDANCE = pd.DataFrame(
    [("spring", "parents", f"p{i}", "2026-03-12") for i in range(9)]
    + [("spring", "boards", f"b{i}", "2026-03-12") for i in range(2)]
    + [("spring", "policy", f"o{i}", "2026-03-12") for i in range(4)],
    columns=["session", "role", "person", "date"],
)


def source(kind, data, id="wall", **more):
    return Source(id, f"{id}.csv", None, kind, "auto", "main", None, {c: c for c in data.columns}, **more)


def quantities(*parts, minimum=8):
    """By quantity, subject and role, of (kind, table, settings of the source)."""
    read = [
        (s := source(kind, data, f"file{i}", **more), read_source(data, s, PRACTICE))
        for i, (kind, data, more) in enumerate(parts)
    ]
    found = practice_quantities(read, PRACTICE, minimum, "study")
    assert len({q.id for q in found}) == len(found)
    return {(q.quantity, q.subject, q.role): q for q in found}


def refused(kind, data, **more):
    with pytest.raises(PracticeError) as error:
        read_source(data, source(kind, data, **more), PRACTICE)
    return " | ".join(map(str, error.value.problems))


OPEN = {"basis": "open"}


def test_who_was_there_by_role():
    found = quantities(("attendance", ATTENDANCE, OPEN))
    assert {role: q.value for (_, _, role), q in found.items()} == {
        "all": 15, "parents": 9, "other_roles": 6,
    }  # fmt: skip
    counts = pd.DataFrame(
        [("spring", "parents", 9), ("spring", "policy", 6)], columns=["session", "role", "present"]
    )
    found = quantities(("attendance", counts, {}))
    assert {role: q.value for (_, _, role), q in found.items()} == {"all": 15, "other_roles": 15}
    few = quantities(("attendance", counts.assign(present=3), {}))
    assert [q.suppressed for q in few.values()] == [True]


@pytest.mark.parametrize("date", ["12-3-2026", "2026-03-12 00:00:00", 46093])
def test_dates_are_read_as_people_and_spreadsheets_write_them(date):
    assert len(quantities(("attendance", ATTENDANCE.assign(date=date), OPEN))) == 3


def test_attendance_that_cannot_be_is_refused():
    assert "another date than the session's" in refused("attendance", ATTENDANCE.assign(date="2026-03-13"))
    twice = pd.concat([ATTENDANCE, ATTENDANCE.head(1).assign(role="policy")], ignore_index=True)
    assert "a person in two roles" in refused("attendance", twice)
    assert "neither person nor present" in refused("attendance", ATTENDANCE.drop(columns=["person"]))
    negative = pd.DataFrame([("spring", "parents", -1)], columns=["session", "role", "present"])
    assert "cannot be" in refused("attendance", negative)


def test_more_people_than_a_session_has_room_for_are_refused():
    full = [("small", "parents", 7), ("small", "policy", 5)]
    columns = ["session", "role", "present"]
    assert (
        quantities(("attendance", pd.DataFrame(full, columns=columns), OPEN))["present", "", "all"].value
        == 12
    )
    over = pd.DataFrame([*full[:1], ("small", "policy", 6)], columns=columns)
    assert "column present, line 1, 2" in (said := refused("attendance", over)) and "room for" in said
    elsewhere = pd.DataFrame([("small", "boards", 1)], columns=columns)
    with pytest.raises(PracticeError, match="13 people, and room for 12 people"):
        quantities(("attendance", pd.DataFrame(full, columns=columns), {}), ("attendance", elsewhere, {}))
    counts = pd.DataFrame(
        [("small", "before", "enough", "yes", 13)], columns=["session", "moment", "statement", "option", "n"]
    )
    with pytest.raises(PracticeError, match="13 votes on enough before, and room for 12 people"):
        quantities(("votes", counts, {}))


def pasted(places, groups=4):
    rows = [("free", g, block, 1, x + g, y) for g in range(groups) for block, (x, y) in places.items()]
    return pd.DataFrame(rows, columns=["session", "group", "block", "placed", "x", "y"])


PLACES = {"p": (0, 0), "q": (1, 0), "r": (9, 0)}


def test_blocks_side_by_side_are_told_of_open_sessions_with_three_groups():
    near = {k[1]: q for k, q in quantities(("blocks", pasted(PLACES), OPEN)).items() if k[0] == "blocks_near"}
    assert {subject: (q.value, q.n) for subject, q in near.items()} == {"p:q": (4, 4), "q:r": (4, 4)}
    for more, groups in (({}, 12), (OPEN, 2)):
        found = quantities(("blocks", pasted(PLACES, groups), more))
        assert not any(quantity == "blocks_near" for quantity, _, _ in found)
    nowhere = pasted(PLACES).drop(columns=["x", "y"])
    assert not any(k[0] == "blocks_near" for k in quantities(("blocks", nowhere, OPEN)))


def test_side_by_side_needs_three_groups_that_pasted_both():
    two = pasted(PLACES, 3)
    two = two[~((two["group"] == 0) & (two["block"] == "r"))]
    near = {k[1] for k in quantities(("blocks", two, OPEN)) if k[0] == "blocks_near"}
    assert near == set(), "a board of two blocks says nothing, and two boards are too few"


def test_where_blocks_lay_is_told_of_open_sessions_from_three_boards_on():
    corner = {"p": (0, 0), "q": (1, 9), "r": (4, 3)}
    found = quantities(("blocks", pasted(corner), OPEN))
    lay = {
        k[:2]: (q.value, q.conf_low, q.conf_high, q.n)
        for k, q in found.items()
        if k[0] in ("block_left", "block_top")
    }
    assert lay == {
        ("block_left", "p"): (0, 0, 0, 4), ("block_top", "p"): (0, 0, 0, 4),
        ("block_left", "q"): (25, 25, 25, 4), ("block_top", "q"): (100, 100, 100, 4),
        ("block_left", "r"): (100, 100, 100, 4), ("block_top", "r"): (pytest.approx(100 / 3),) * 3 + (4,),
    }  # fmt: skip
    for data, more in ((pasted(corner, 2), OPEN), (pasted(corner, 12), {}), (pasted(PLACES), OPEN)):
        assert not any(k[0] == "block_left" for k in quantities(("blocks", data, more)))


def test_places_that_cannot_be_are_refused():
    good = pasted(PLACES)
    assert "y without x" in refused("blocks", good.assign(x=[None, *good["x"][1:]]))
    assert "does not say which column is `y`" in refused("blocks", good.drop(columns=["y"]))
    assert "values that cannot be" in refused("blocks", good.assign(x="links"))
    assert "was not placed" in refused("blocks", good.assign(placed=0))


DOTS = {"parents": (14, 9, 6, 4, 2), "professionals": (10, 22, 31, 12, 5), "policy": (3, 8, 1, 9, 0)}


def dots(given=DOTS, session="spring", **voters):
    rows = [
        (session, role, theme, n, *([voters[role]] if voters else []))
        for role, counts in given.items()
        for theme, n in zip("abcde", counts, strict=True)
    ]
    columns = ["session", "role", "theme", "dots", *(["voters"] if voters else [])]
    return pd.DataFrame(rows, columns=columns)


def test_a_photographed_count_of_dots_gives_the_two_step_order_and_no_interval():
    found = quantities(("tallies", dots(), OPEN))
    points = {subject: q.value for (quantity, subject, _), q in found.items() if quantity == "two_step"}
    assert points == {"a": 10, "b": 12, "c": 10, "d": 10, "e": 3}
    counted = found["dots", "c", "professionals"]
    assert counted.value == 31 and np.isnan(counted.conf_low) and np.isnan(counted.n)
    assert not any(quantity == "share" for quantity, _, _ in found)


def test_where_voters_were_counted_dots_are_shares():
    few = {"parents": (5, 0, 4, 0, 0), "policy": (0, 3, 3, 1, 0)}
    found = quantities(("tallies", dots(few, parents=9, policy=8), OPEN))
    share = found["share", "a", "parents"]  # R: prop.test(5, 9, correct = FALSE)$conf.int
    assert (share.conf_low, share.conf_high) == pytest.approx((0.2666512935, 0.8112214789), abs=1e-9)
    assert found["share_equal_weight", "a", "all"].value == pytest.approx(5 / 9 / 2)


def test_dots_of_unknown_voters_join_when_they_may_be_of_few():
    """Three dots each: 5 dots are of two voters at least, which is too few to stand alone."""
    found = quantities(("tallies", dots({**DOTS, "boards": (2, 2, 1, 0, 0)}), OPEN))
    assert {role for quantity, _, role in found if quantity == "dots"} == {
        "parents", "professionals", "other_roles",
    }  # fmt: skip
    free = quantities(("tallies", dots(session="free"), OPEN))
    assert {role for quantity, _, role in free if quantity == "dots"} == {"other_roles"}
    assert all(q.suppressed for q in quantities(("tallies", dots(session="free"), {})).values())


def test_private_dots_of_few_give_totals():
    found = quantities(("tallies", dots(), {}))
    assert {role for _, _, role in found} == {"all"}
    shown = {subject for (_, subject, _), q in found.items() if not q.suppressed}
    assert shown == {"a", "b"} or not shown & {"e"}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda t: t.assign(voters=8), "more dots for a theme than voters"),
        (lambda t: t.assign(voters=[12] * 4 + [13] + [40] * 5 + [9] * 5), "two numbers of voters"),
        (
            lambda t: t.assign(voters=[14] * 5 + [31] * 5 + [9] * 5).head(5).assign(dots=14),
            "more dots of a role",
        ),
        (lambda t: t.assign(theme="f"), "the theme 'f'"),
        (lambda t: t.assign(dots=1.5), "cannot be"),
    ],
)
def test_dots_that_cannot_be_are_refused(edit, said):
    assert said in refused("tallies", edit(dots()))


def ballots(start=0, role="parents", n=9, themes="ab"):
    rows = [("spring", start + i, role, theme, 1) for i in range(n) for theme in themes]
    return pd.DataFrame(rows, columns=["session", "ballot", "role", "theme", "chosen"])


def test_a_second_export_changes_nothing():
    once = quantities(("ballots", ballots(), OPEN))
    twice = quantities(("ballots", ballots(), OPEN), ("ballots", ballots(), OPEN))
    assert [repr(q) for q in once.values()] == [repr(q) for q in twice.values()]


def test_files_of_one_role_each_are_laid_together():
    found = quantities(("ballots", ballots(), OPEN), ("ballots", ballots(20, "policy", 8, "c"), OPEN))
    assert found["share", "a", "parents"].n == 9 and found["share", "c", "policy"].value == 1
    assert found["share_equal_weight", "a", "all"].value == 0.5


def test_the_stricter_basis_holds():
    found = quantities(("ballots", ballots(n=4), OPEN), ("ballots", ballots(20, "policy", 3), {}))
    assert all(q.suppressed and q.basis == "private" for q in found.values())


VOTES = pd.DataFrame(
    [("spring", "before", "enough", "yes" if i < 5 else "no", f"k{i}", "parents") for i in range(9)],
    columns=["session", "moment", "statement", "option", "ballot", "role"],
)
COUNTED = VOTES.drop(columns=["ballot", "role"]).value_counts().rename("n").reset_index()
CONTRADICTIONS = {
    "votes with and without a role": (("votes", VOTES, OPEN), ("votes", VOTES.drop(columns="role"), OPEN)),
    "votes with codes and counted": (("votes", VOTES, OPEN), ("votes", COUNTED, OPEN)),
    "people with codes and counted": (
        ("attendance", ATTENDANCE, OPEN),
        ("attendance", pd.DataFrame([("spring", "parents", 9)], columns=["session", "role", "present"]), OPEN),
    ),
    "one code of two persons": (("ballots", ballots(), OPEN), ("ballots", ballots(role="policy"), OPEN)),
    "other choices": (("ballots", ballots(), OPEN), ("ballots", ballots(themes="c"), OPEN)),
    "ways of choosing": (
        ("ballots", ballots(), OPEN), ("ballots", ballots(20).rename(columns={"chosen": "points"}), OPEN),
    ),
    "tables and persons": (("ballots", ballots(), OPEN), ("ballots", ballots(20), {**OPEN, "by": "table"})),
    "ballots and dots": (("ballots", ballots(), OPEN), ("tallies", dots(), OPEN)),
    "more ballots than people": (("ballots", ballots(n=10), OPEN), ("attendance", ATTENDANCE, OPEN)),
}  # fmt: skip


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_sources_that_contradict_each_other_are_refused(what):
    with pytest.raises(PracticeError) as error:
        quantities(*CONTRADICTIONS[what])
    problem = error.value.problems[0]
    assert "session spring" in problem.where and problem.expected and problem.action


def test_counts_of_one_moment_stand_beside_codes_of_another():
    found = quantities(("votes", VOTES, OPEN), ("votes", COUNTED.assign(moment="after"), OPEN))
    assert (
        found["vote_share", "enough:yes:before", "all"].n
        == found["vote_share", "enough:yes:after", "all"].n
        == 9
    )


def test_where_all_who_were_there_chose_the_bounds_meet():
    found = quantities(("ballots", ballots(), OPEN), ("attendance", ATTENDANCE, OPEN))
    share = found["share", "a", "parents"]
    assert share.conf_low == share.value == share.conf_high == 1 and share.n_possible == 9
    part = quantities(("ballots", ballots(n=8), OPEN), ("attendance", ATTENDANCE, OPEN))
    assert part["share", "a", "parents"].conf_low < 1 and part["share", "a", "parents"].n_possible == 9


THERE = pd.DataFrame(
    [("spring", "parents", 9), ("spring", "professionals", 10), ("spring", "boards", 2)],
    columns=["session", "role", "present"],
)


@pytest.mark.parametrize("basis", ["private", "open"])
@pytest.mark.parametrize("kind", ["ballots", "tallies"])
def test_who_was_there_in_confidence_does_not_follow_from_who_chose(kind, basis):
    """21 were there, 10 of them professionals, so 11 others: beside 9 ballots of parents that leaves two boards."""
    chosen = {
        "ballots": pd.concat([ballots(), ballots(20, "professionals", 10)]),
        "tallies": dots({"parents": (9, 9, 0, 0, 0), "professionals": (10, 10, 0, 0, 0)}, parents=9, professionals=10),
    }[kind]  # fmt: skip
    found = quantities(("attendance", THERE, {}), (kind, chosen, {"basis": basis}))
    told = {
        (quantity, role): q.n for (quantity, _, role), q in found.items() if quantity in ("present", "share")
    }
    assert told["present", "other_roles"] == 11 and told["present", "professionals"] == 10
    assert ("share", "parents") not in told and told["share", "other_roles"] == 9
    open_attendance = quantities(("attendance", THERE, OPEN), (kind, chosen, {"basis": basis}))
    assert open_attendance["share", "a", "parents"].n == 9


def test_more_ballots_than_people_are_refused_also_where_the_people_are_not_shown():
    with pytest.raises(PracticeError, match="3 ballots of boards and 2 people"):
        quantities(("attendance", THERE, {}), ("ballots", ballots(0, "boards", 3), {}))


def test_ballots_of_tables_say_so():
    found = quantities(("ballots", ballots(), {**OPEN, "by": "table"}), ("attendance", ATTENDANCE, OPEN))
    share = found["share", "a", "parents"]
    assert share.method == "Wilson; ballots of tables" and np.isnan(share.n_possible)


def test_the_table_has_the_fields_of_a_quantity_and_names_decide_nothing():
    columns = (
        "id unit_level unit subject role quantity value conf_low conf_high conf_level method n n_possible"
    )
    table = as_table(
        list(quantities(("ballots", ballots(), OPEN), ("attendance", ATTENDANCE, OPEN)).values())
    )
    assert list(table.columns) == [*columns.split(), "tier", "basis", "suppressed"]
    mixed = ballots().sample(frac=1, random_state=1)
    again = as_table(
        list(quantities(("attendance", ATTENDANCE.iloc[::-1], OPEN), ("ballots", mixed, OPEN)).values())
    )
    pd.testing.assert_frame_equal(table, again)
    assert as_table([]).columns.tolist() == table.columns.tolist()
