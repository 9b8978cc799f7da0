"""Which rows a session gives, and what may be shown of few: an attacker subtracts what is shown."""

import itertools

import numpy as np
import pandas as pd
import pytest

from dww_analysis.practice import ballot_quantities, hidden_counts, shown_roles, vote_quantities
from dww_analysis.practice.reading import Counted
from dww_analysis.practice.shown import HowAsked

THEMES = ("time", "trust", "team", "tools")


def ballots(choices, session="spring"):
    """Ballots from {role: [themes of each ballot]}."""
    rows = []
    for role, given in choices.items():
        for number, chosen in enumerate(given):
            rows += [(session, f"{role}{number}", role, t, float(t in chosen)) for t in THEMES]
    return Counted(pd.DataFrame(rows, columns=["session", "ballot", "role", "theme", "value"]), 0)


def by(found):
    return {(q.quantity, q.subject, q.role): q for q in found}


OPEN = ballots(
    {
        "parents": [["time", "trust"]] * 4 + [["time", "team"]] * 2,
        "staff": [["time", "tools"]] * 3 + [["time", "trust"]] * 2,
        "board": [["tools"]],
        "policy": [["tools"], ["team"]],
    }
)


def test_open_sessions_join_roles_of_fewer_than_three():
    found = by(ballot_quantities(OPEN, THEMES, HowAsked("open", 8)))
    assert {role for q, _, role in found if q == "share"} == {"parents", "staff", "other_roles"}
    assert found["share", "tools", "other_roles"].value == pytest.approx(2 / 3)
    assert found["share", "time", "parents"].n == 6
    mean = (4 / 6 + 2 / 5 + 0) / 3
    assert found["share_equal_weight", "trust", "all"].value == pytest.approx(mean)
    assert {q for q, _, _ in found} == {
        *("share", "share_equal_weight", "two_step", "kendall_w", "contested_p", "contested_p_holm"),
        "top3_of_one_role",
    }
    assert len({q.id for q in found.values()}) == len(found)
    assert all(not q.suppressed and q.basis == "open" for q in found.values())


def test_order_of_rows_and_of_names_changes_nothing():
    first = ballot_quantities(OPEN, THEMES, HowAsked("open", 8))
    mixed = Counted(OPEN.rows.sample(frac=1, random_state=3), 0)
    assert [repr(q) for q in ballot_quantities(mixed, THEMES[::-1], HowAsked("open", 8))] == [
        repr(q) for q in first
    ]


def test_a_private_session_of_too_few_shows_nothing():
    few = ballots({"parents": [["time"]] * 7})
    found = ballot_quantities(few, THEMES, HowAsked("private", 8))
    assert len(found) == 4
    assert all(q.suppressed and np.isnan(q.value) and np.isnan(q.n) for q in found)


def test_a_private_session_shows_totals_where_roles_would_tell():
    found = by(
        ballot_quantities(
            ballots({"parents": [["time"]] * 9 + [["trust"]] * 2, "staff": [["trust"]] * 9}),
            THEMES,
            HowAsked("private", 8),
        )
    )
    assert {role for _, _, role in found} == {"all"} and {q for q, _, _ in found} == {"share"}
    assert found["share", "time", "all"].value == 9 / 20


def test_a_private_session_without_small_cells_shows_roles():
    clear = ballots({"parents": [["time"]] * 9, "staff": [["trust"]] * 8})
    found = by(ballot_quantities(clear, THEMES, HowAsked("private", 8)))
    assert found["share", "trust", "staff"].value == 1
    assert found["share_equal_weight", "time", "all"].value == 0.5


@pytest.mark.parametrize("sizes", itertools.product((1, 2, 7, 8, 12), repeat=3))
def test_every_group_that_is_shown_is_large_enough(sizes):
    roles = pd.Series(np.repeat(["a", "b", "c"], sizes))
    groups = shown_roles(roles, HowAsked("private", 8))
    if sum(sizes) < 8:
        assert groups is None
    else:
        assert groups.value_counts().min() >= 8


def test_what_is_hidden_cannot_be_found_by_subtraction():
    """Everybody chose one theme: hidden counts together are n minus those shown, and must leave room."""
    random, minimum, n = np.random.default_rng(1), 8, 60
    for _ in range(200):
        counts = pd.Series(random.multinomial(n, random.dirichlet(np.full(5, 0.5))))
        hidden = hidden_counts(counts, n, minimum)
        shown = counts[~hidden]
        assert not ((shown > 0) & (shown < minimum)).any()
        if hidden.any():
            assert hidden.sum() >= 2
            assert n - shown.sum() >= minimum


def votes(before, after, coded=True):
    rows = [
        ("spring", moment, "enough", option, "", f"k{i}" if coded else "", 1.0)
        for moment, given in (("before", before), ("after", after))
        for i, option in enumerate(given)
    ]
    return Counted(
        pd.DataFrame(rows, columns=["session", "moment", "statement", "option", "role", "ballot", "n"]), 0
    )


OPTIONS = {"enough": ("yes", "no")}


def test_votes_before_and_after_with_codes_give_a_change():
    counted = votes(["no"] * 9 + ["yes"] * 5, ["yes"] * 9 + ["no"] * 2 + ["yes"] * 3)
    found = by(vote_quantities(counted, OPTIONS, HowAsked("open", 8)))
    assert found["vote_share", "enough:yes:before", "all"].value == 5 / 14
    assert found["vote_change", "enough:yes", "all"].value == 0.5
    assert found["mcnemar_p", "enough:yes", "all"].value == pytest.approx(0.0654296875)


def test_votes_without_codes_give_no_change():
    counted = votes(["no"] * 9 + ["yes"] * 5, ["yes"] * 14, coded=False)
    found = by(vote_quantities(counted, OPTIONS, HowAsked("open", 8)))
    assert {q for q, _, _ in found} == {"vote_share"}
    assert found["vote_share", "enough:no:after", "all"].value == 0


def test_private_votes_hide_few_and_what_they_follow_from():
    counted = votes(["no"] * 17 + ["yes"] * 3, ["yes"] * 10 + ["no"] * 10)
    found = by(vote_quantities(counted, OPTIONS, HowAsked("private", 8)))
    assert found["vote_share", "enough:no:before", "all"].suppressed
    assert found["vote_share", "enough:yes:before", "all"].suppressed
    assert found["vote_share", "enough:yes:after", "all"].value == 0.5
    assert found["vote_change", "enough:yes", "all"].suppressed


def ranked(first, others, n=12):
    """Ballots of two roles that all rank every theme; the first always first."""
    rows = []
    for role in ("parents", "staff"):
        for number in range(n):
            order = [first, *(others if number % 2 else others[::-1])]
            rows += [("spring", f"{role}{number}", role, t, float(order.index(t) + 1)) for t in order]
    columns = ["session", "ballot", "role", "theme", "value"]
    return Counted(pd.DataFrame(rows, columns=columns), 0, "rank")


def test_ranks_decide_the_order():
    found = by(ballot_quantities(ranked("team", ["time", "trust", "tools"]), THEMES, HowAsked("open", 8)))
    points = {t: found["two_step", t, "all"].value for t in THEMES}
    assert points["team"] == 8 and max(points.values()) == points["team"] and sum(points.values()) == 20
    assert found["share_equal_weight", "team", "all"].value == 1.0
    assert found["share_equal_weight", "team", "all"].method == "mean of 2 roles of scores; max-t bootstrap"
    assert found["share_equal_weight", "trust", "all"].value == pytest.approx(0.5)
    assert found["kendall_w", "", "all"].value == pytest.approx(1.0)


def test_points_decide_the_order():
    rows = [
        ("spring", f"{role}{i}", role, theme, dots)
        for role in ("parents", "staff")
        for i in range(9)
        for theme, dots in zip(THEMES, (1.0, 5.0, 3.0, 1.0), strict=True)
    ]
    counted = Counted(
        pd.DataFrame(rows, columns=["session", "ballot", "role", "theme", "value"]), 0, "points"
    )
    found = by(ballot_quantities(counted, THEMES, HowAsked("open", 8)))
    means = [found["share_equal_weight", t, "all"].value for t in THEMES]
    assert means == pytest.approx([0.1, 0.5, 0.3, 0.1])
    assert found["two_step", "trust", "all"].value == 8


def one_ballot(role, rows, **values):
    """One ballot of the role given other values."""
    one = rows["ballot"] == f"{role}0"
    return rows.assign(value=rows["value"].mask(one, rows["theme"].map(values)))


@pytest.mark.parametrize(
    "values", [{"team": 2, "time": 1, "trust": 3, "tools": 4}, {"team": 1, "time": 3, "trust": 2, "tools": 4}]
)
@pytest.mark.parametrize("last", [False, True])
def test_a_mean_rank_in_confidence_does_not_tell_that_one_person_differs(values, last):
    """All put one theme first (last), but one: of eight ranks with a known sum, that is known."""
    counted = ranked("team", ["time", "trust", "tools"], 16)
    rows = one_ballot("parents", counted.rows, **values)
    rows = rows.assign(value=5 - rows["value"]) if last else rows
    found = ballot_quantities(Counted(rows, 0, "rank"), THEMES, HowAsked("private", 8))
    differs = values["team"] == 2
    assert ({q.role for q in found} == {"all"}) == differs, "where everybody agrees roles are shown"


@pytest.mark.parametrize(("one", "shown"), [(2.0, False), (1.0, True), (9.0, True)])
def test_mean_points_in_confidence_do_not_tell_that_one_person_gave_one_more(one, shown):
    rows = ranked("team", ["time", "trust", "tools"], 16).rows
    rows = rows.assign(value=rows["theme"].map({"team": 1.0, "time": 9.0, "trust": 5.0, "tools": 5.0}))
    rows = one_ballot("staff", rows, team=one, time=10.0 - one, trust=5.0, tools=5.0)
    found = ballot_quantities(Counted(rows, 0, "points"), THEMES, HowAsked("private", 8))
    assert ("staff" in {q.role for q in found}) == shown


def test_a_change_that_is_hidden_does_not_follow_from_before_and_after():
    """Everybody voted twice, and three came to yes: 13 of 22 minus 10 of 22."""
    counted = votes(["yes"] * 10 + ["no"] * 12, ["yes"] * 13 + ["no"] * 9)
    found = by(vote_quantities(counted, OPTIONS, HowAsked("private", 8)))
    assert found["vote_change", "enough:yes", "all"].suppressed
    shown = [q for key, q in found.items() if key[0] == "vote_share" and not q.suppressed]
    assert {q.subject.rsplit(":", 1)[1] for q in shown} == {"before"}


def test_one_who_voted_once_is_not_told_by_two_numbers_of_voters():
    counted = votes(["yes"] * 12 + ["no"] * 11, ["yes"] * 12 + ["no"] * 10)
    found = by(vote_quantities(counted, OPTIONS, HowAsked("private", 8)))
    assert len({q.n for q in found.values() if not q.suppressed}) <= 1


def test_a_hidden_change_does_not_follow_from_the_one_option_that_both_moments_show():
    counted = votes(["a"] * 20 + ["b"] * 9 + ["c"], ["a"] * 21 + ["b"] * 8 + ["c"])
    found = vote_quantities(counted, {"enough": ("a", "b", "c")}, HowAsked("private", 8))
    assert [q.subject for q in found if not q.suppressed] == ["enough:a:before"]


FEW_DID = {
    "one stayed with yes": (["yes"] * 9 + ["no"] * 20, ["no"] * 8 + ["yes"] * 9 + ["no"] * 12),
    "two stayed with no": (["yes"] * 20 + ["no"] * 10, ["yes"] * 12 + ["no"] * 8 + ["yes"] * 8 + ["no"] * 2),
    "one of eight who left before the second vote had said yes": (
        ["yes"] * 10 + ["no"] * 12 + ["yes"] + ["no"] * 7, ["yes"] * 10 + ["no"] * 12,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", FEW_DID)
def test_what_few_people_did_between_two_votes_is_hidden(what):
    """Nobody, or eight at least, moved or voted once: the rest of the table of four cells follows from the shares."""
    found = vote_quantities(votes(*FEW_DID[what]), OPTIONS, HowAsked("private", 8))
    assert all(q.suppressed for q in found if q.quantity in ("vote_change", "mcnemar_p"))
    assert {q.subject.rsplit(":", 1)[1] for q in found if not q.suppressed} <= {"before"}


def test_a_change_of_many_in_confidence_is_shown():
    counted = votes(["yes"] * 20 + ["no"] * 20, ["yes"] * 12 + ["no"] * 8 + ["yes"] * 8 + ["no"] * 12)
    found = by(vote_quantities(counted, OPTIONS, HowAsked("private", 8)))
    assert found["vote_change", "enough:yes", "all"].value == 0 and not any(
        q.suppressed for q in found.values()
    )


@pytest.mark.parametrize("yes", [7, 16])
def test_private_votes_of_few_or_all_but_few_are_hidden(yes):
    counted = votes(["yes"] * yes + ["no"] * (23 - yes), [])
    assert all(q.suppressed for q in vote_quantities(counted, OPTIONS, HowAsked("private", 8)))


@pytest.mark.parametrize(("basis", "least"), [("private", 8), ("open", 3)])
def test_votes_and_changes_of_too_few_voters_are_hidden(basis, least):
    for n in (least - 1, least):
        counted = votes(["yes"] * n, ["yes"] * n)
        found = vote_quantities(counted, OPTIONS, HowAsked(basis, 8))
        assert all(q.suppressed for q in found) == (n < least)


def test_totals_hide_themes_of_few_and_of_all_but_few():
    given = {"parents": [["time", "trust"]] * 9 + [["time", "team"]] * 2, "staff": [["time", "trust"]] * 9}
    found = by(ballot_quantities(ballots(given), THEMES, HowAsked("private", 8)))
    assert found["share", "team", "all"].suppressed and found["share", "trust", "all"].suppressed
    assert found["share", "time", "all"].value == 1.0


def test_themes_that_were_not_on_the_list_of_a_session_are_no_zeros():
    """Rows that say what was not chosen name the list of the session; rows of choices only do not."""
    full = ballots({"parents": [["time"]] * 5, "staff": [["trust"]] * 5})
    some = Counted(full.rows[full.rows["theme"] != "tools"], 0)
    assert {q.subject for q in ballot_quantities(some, THEMES, HowAsked("open", 8)) if q.subject} == set(
        THEMES
    ) - {"tools"}
    chosen = Counted(full.rows[full.rows["value"] > 0], 0)
    assert {q.subject for q in ballot_quantities(chosen, THEMES, HowAsked("open", 8)) if q.subject} == set(
        THEMES
    )


def rated(*by_person, role="staff"):
    """Ballots of ratings of THEMES, one row a person; NaN where a theme was not rated."""
    rows = [
        ("spring", f"{role}{i:02d}", role, theme, float(value))
        for i, values in enumerate(by_person)
        for theme, value in zip(THEMES, values, strict=True)
    ]
    return Counted(pd.DataFrame(rows, columns=["session", "ballot", "role", "theme", "value"]), 0, "rating")


def test_ratings_are_ranked_within_the_ballot():
    """By hand: 9, 7, 7, 2 have the ranks 1, 2.5, 2.5, 4 of 4: scores 1, .625, .625, .25. So have 4, 2, 2, 0."""
    found = by(ballot_quantities(rated(*[(9, 7, 7, 2), (4, 2, 2, 0)] * 3), THEMES, HowAsked("open", 8)))
    assert [found["share_equal_weight", t, "all"].value for t in THEMES] == [1, 0.625, 0.625, 0.25]
    first = found["share", THEMES[0], "staff"]
    assert (first.value, first.method) == (1, "Wilson; rated highest")
    # a share is of ballots that rated no theme higher: two at the top are both chosen, and nobody need choose the rest
    found = by(
        ballot_quantities(rated(*[(8, 8, 3, 1)] * 2, *[(9, 8, 3, 1)] * 2), THEMES, HowAsked("open", 8))
    )
    assert [found["share", t, "staff"].value for t in THEMES] == [1, 0.5, 0, 0]


def test_ratings_in_confidence_do_not_tell_that_one_person_rated_otherwise():
    """Of 12 who all rate one theme highest, one rates another as high: half a step from what everybody could give."""
    alike = [(9, 7, 5, 2)] * 11
    shown = ballot_quantities(rated(*alike, (8, 6, 4, 1)), THEMES, HowAsked("private", 8))
    told = ballot_quantities(rated(*alike, (9, 9, 5, 2)), THEMES, HowAsked("private", 8))
    assert {q.role for q in shown} == {"staff", "all"}
    assert {q.role for q in told} == {"all"}


def test_a_count_is_hidden_below_the_minimum_only_where_it_was_asked_in_confidence():
    private, openly = HowAsked("private", 8), HowAsked("open", 8)
    assert (private.hidden_below, openly.hidden_below) == (8, 0)
    assert [asked.few(count, 20) for asked in (private, openly) for count in (1, 10, 19)] == [
        *(True, False, True),
        *(False, False, False),
    ]
    assert [openly.few(1, n) for n in (2, 3)] == [True, False]
