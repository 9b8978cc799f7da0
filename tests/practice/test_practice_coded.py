"""Pasted blocks and coded remarks as delivered: read, refused with all problems, and counted."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.practice import Block, Practice, Role, Session, Theme
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError
from dww_analysis.practice import (
    agreement_quantities,
    block_quantities,
    exchange_quantities,
    heard_quantities,
    read_blocks,
    read_remarks,
    remark_quantities,
)
from dww_analysis.practice.gathered import Gathered
from dww_analysis.practice.reading import Counted
from dww_analysis.practice.shown import HowAsked

LABEL = {"nl": "x", "en": "x"}
PRACTICE = Practice(
    roles=(Role("parents", LABEL),),
    themes=(Theme("time", LABEL), Theme("trust", LABEL)),
    sessions=(Session("spring", LABEL, "2026-03-12", LABEL),),
    blocks=(Block("looking_back", LABEL, "team_learning"), Block("asking", LABEL, "feedback")),
)


def source(kind, names):
    return Source(
        "wall", "wall.csv", None, kind, "auto", "main", None, {name: name for name in names.split()}
    )


BLOCKS = source("blocks", "session group block placed")
REMARKS = source("statements", "session id role theme kind coder")


def pasted(chosen):
    rows = [
        ("spring", g, b, int(b in blocks))
        for g, blocks in enumerate(chosen)
        for b in ("looking_back", "asking")
    ]
    return pd.DataFrame(rows, columns=list(BLOCKS.columns))


def test_blocks_are_counted_by_group_with_wilsons_interval():
    table = pasted([["looking_back"]] * 5 + [["asking"]] * 4)
    counted = read_blocks(table, BLOCKS, PRACTICE)
    found = {q.subject: q for q in block_quantities(counted, PRACTICE.ids("blocks"), HowAsked("open", 8))}
    assert set(found) == {"looking_back", "asking"}, "no group placed both"
    share = found["looking_back"]
    assert (share.quantity, share.n, share.value) == ("block_share", 9, 5 / 9)
    assert (share.conf_low, share.conf_high) == pytest.approx((0.2666512935, 0.8112214789), abs=1e-9)


def test_few_groups_in_confidence_are_not_shown():
    counted = read_blocks(pasted([["looking_back"]] * 5 + [["asking"]] * 4), BLOCKS, PRACTICE)
    found = block_quantities(counted, PRACTICE.ids("blocks"), HowAsked("private", 8))
    assert len(found) == 2 and all(q.suppressed and np.isnan(q.value) for q in found)


def test_blocks_that_cannot_be_are_refused_at_once():
    rows = [("spring", 1, "looking_bak", 1), ("spring", None, "asking", 2)]
    with pytest.raises(PracticeError) as error:
        read_blocks(pd.DataFrame(rows, columns=list(BLOCKS.columns)), BLOCKS, PRACTICE)
    found = " | ".join(str(p) for p in error.value.problems)
    assert len(error.value.problems) == 3
    assert "did you mean 'looking_back'" in found and "no group" in found and "1 or 0" in found


def coded(codes):
    """Remarks of {coder: themes}; "" is no code."""
    rows = [
        ("spring", f"r{i}", "parents", theme, "need", coder)
        for coder, themes in codes.items()
        for i, theme in enumerate(themes)
        if theme
    ]
    return pd.DataFrame(rows, columns=list(REMARKS.columns))


def test_agreement_of_coders_is_a_quantity():
    table = coded(
        {"a": ["time", "trust", "time", "trust", "time"], "b": ["time", "trust", "trust", "trust", ""]}
    )
    counted = read_remarks(table, REMARKS, PRACTICE)
    found = {q.subject: q for q in agreement_quantities([Gathered("spring", counted, "open")], "study", 8)}
    theme = found["theme"]
    assert (theme.unit_level, theme.n, theme.n_possible) == ("study", 4, 5)
    # by hand: of 8 codes 3 time and 5 trust, one remark of four in two minds: 1 - 7 * 2 / (2 * 3 * 5)
    assert theme.value == pytest.approx(1 - 14 / 30)
    assert np.isnan(found["kind"].value)


def test_one_coder_gives_no_agreement():
    counted = read_remarks(coded({"a": ["time", "trust"]}), REMARKS, PRACTICE)
    assert agreement_quantities([Gathered("spring", counted, "open")], "study", 8) == []
    assert agreement_quantities([], "study", 8) == []


def remarks_of(session, n, basis):
    """n remarks that two coders coded alike."""
    table = coded({coder: ["time", *["trust"] * (n - 1)] for coder in "ab"})
    counted = read_remarks(table, REMARKS, PRACTICE)
    return Gathered(session, Counted(counted.rows.assign(session=session), 0), basis)


@pytest.mark.parametrize(
    ("few", "basis", "hidden"), [(3, "private", True), (8, "private", False), (2, "open", False)]
)
def test_agreement_does_not_tell_how_many_remarks_a_hidden_session_had(few, basis, hidden):
    """Alpha counts all remarks, and each session that is shown its own: the difference is the hidden session."""
    gathered = [remarks_of("spring", 10, basis), remarks_of("autumn", few, basis)]
    found = agreement_quantities(gathered, "study", 8)
    assert [q.suppressed for q in found] == [hidden] * 2
    assert all(np.isnan(q.n) and np.isnan(q.n_possible) for q in found) == hidden


def test_remarks_are_counted_where_their_coders_agree():
    table = coded({"a": ["time", "time", "trust", "time"], "b": ["time", "time", "time", ""]})
    counted = read_remarks(table, REMARKS, PRACTICE)
    found = {q.subject: q for q in remark_quantities(counted, HowAsked("open", 8))}
    assert {s: (q.value, q.n) for s, q in found.items()} == {"": (3, 4), "time:need": (3, 4)}
    assert all(np.isnan(q.conf_low) for q in found.values())
    assert all(q.suppressed for q in remark_quantities(counted, HowAsked("private", 8)))


def test_what_next_sessions_add_is_told_in_order_of_their_dates():
    heard = ["a", "b", "c", "d", "a", "e", "e"]
    sessions = tuple(Session(f"s{9 - i}", LABEL, f"2026-0{i + 1}-01", LABEL) for i in range(7))
    practice = Practice(sessions=sessions)
    gathered = [
        Gathered(s.id, Counted(pd.DataFrame({"theme": [t]}), 0), "open")
        for s, t in zip(sessions, heard, strict=True)
    ]
    found = heard_quantities(gathered[::-1], practice, "study")
    assert [(q.subject, q.value) for q in found] == [("5-6", 0.25), ("6-7", 0.25)]
    private = [Gathered(g.session, g.counted, "private") for g in gathered]
    assert heard_quantities(private, practice, "study") == []


def test_two_codes_of_one_coder_are_refused_and_repeated_rows_are_not():
    table = coded({"a": ["time", "trust"]})
    assert read_remarks(pd.concat([table, table]).reset_index(drop=True), REMARKS, PRACTICE).repeated == 2
    other = pd.concat([table, table.assign(theme="time")]).reset_index(drop=True)
    with pytest.raises(PracticeError, match="different things"):
        read_remarks(other, REMARKS, PRACTICE)
    with pytest.raises(PracticeError, match="the kind 'wish'"):
        read_remarks(table.assign(kind="wish"), REMARKS, PRACTICE)


def test_blocks_that_groups_placed_together_are_counted_in_the_open():
    table = pasted([["looking_back", "asking"]] * 3 + [["asking"]])
    counted = read_blocks(table, BLOCKS, PRACTICE)
    found = {q.subject: q for q in block_quantities(counted, PRACTICE.ids("blocks"), HowAsked("open", 8))}
    together = found["asking:looking_back"]
    assert (together.quantity, together.value, together.n) == ("blocks_together", 3, 4)
    closed = block_quantities(counted, PRACTICE.ids("blocks"), HowAsked("private", 3))
    assert all(q.quantity == "block_share" for q in closed)


def test_coders_who_never_agree_leave_nothing_to_count():
    counted = read_remarks(coded({"a": ["time"] * 4, "b": ["trust"] * 4}), REMARKS, PRACTICE)
    found = remark_quantities(counted, HowAsked("open", 8))
    assert [(q.subject, q.suppressed) for q in found] == [("", True)]


def exchanged(rows, basis="open", together=()):
    table = pd.DataFrame(rows, columns=["id", "role", "theme", "kind", "coder"]).assign(session="spring")
    gathered = Gathered("spring", Counted(table, 0), basis)
    return {(q.subject, q.role): q.value for q in exchange_quantities(gathered, together)}


OFFERS = [
    *((f"p{i}", "parents", "time", "give", "a") for i in range(3)),
    ("p2", "parents", "time", "need", "b"),  # another code of the same remark
    *((f"b{i}", "boards", "time", "need", "a") for i in range(3)),
    *((f"y{i}", "youth", "time", "need", "a") for i in range(2)),
    ("y9", "policy", "time", "barrier", "a"),
]


def test_what_one_role_offers_and_another_asks_is_counted_by_role():
    assert exchanged(OFFERS) == {
        ("time:give", "parents"): 2,  # coders differ on the third
        ("time:need", "boards"): 3,
        ("time:need", "other_roles"): 2,  # two remarks of youth and one of policy
    }


def test_roles_of_few_people_are_not_told_apart_in_what_they_offer():
    assert ("time:need", "boards") not in exchanged(OFFERS, together=("boards",))
    assert exchanged(OFFERS, "private") == {}, "what was said in confidence is not shown by role"
