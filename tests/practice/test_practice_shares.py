"""Shares with Wilson's interval, roles that weigh the same, the two-step rule. Witnesses: R, and counting by hand."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.errors import PracticeError
from dww_analysis.practice import ballot_scores, equal_weight, of_one_role, role_means, two_step, wilson


# R: prop.test(count, n, correct = FALSE)$conf.int
@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [(5, 9, 0.2666512935, 0.8112214789), (0, 8, 0.0, 0.3244075649), (8, 8, 1 - 0.3244075649, 1.0)],
)
def test_wilson_is_as_in_r(count, n, low, high):
    share = wilson(count, n)
    assert share.value == count / n
    assert (share.conf_low, share.conf_high) == pytest.approx((low, high), abs=1e-9)


def test_where_everyone_answered_the_bounds_meet():
    share = wilson(5, 9, n_possible=9)
    assert share.conf_low == share.value == share.conf_high
    assert wilson(5, 9, n_possible=10).conf_low < 5 / 9


def test_nobody_gives_no_share():
    assert np.isnan(wilson(0, 0).value)


@pytest.mark.parametrize(("count", "n", "possible"), [(9, 8, 20), (-1, 8, 20), (3, 8, 7)])
def test_counts_that_cannot_be_are_refused(count, n, possible):
    with pytest.raises(PracticeError, match=f"{count} of {n}"):
        wilson(count, n, possible)


THREE_ROLES = pd.DataFrame(
    [[14, 9, 6, 4, 2], [10, 22, 31, 12, 5], [3, 8, 1, 9, 0]],
    index=["parents", "professionals", "policy"],
    columns=list("ABCDE"),
)


def test_two_steps_give_each_role_the_same_weight():
    assert two_step(THREE_ROLES).to_dict() == {"A": 10, "B": 12, "C": 10, "D": 10, "E": 3}
    assert THREE_ROLES.sum().tolist() == [27, 39, 38, 25, 7]  # where raw sums put C second


def test_themes_in_the_top_of_one_role_only_are_found():
    assert of_one_role(THREE_ROLES) == {}
    alone = pd.DataFrame([[9, 8, 7, 1, 0], [9, 8, 1, 7, 0]], index=["a", "b"], columns=list("ABCDE"))
    assert of_one_role(alone) == {"C": "a", "D": "b"}
    assert of_one_role(alone.iloc[:1]) == {}


def ballots():
    scores = pd.DataFrame(
        [[1, 0], [1, 1], [0, 0], [0, 1], [0, 1]], index=["b1", "b2", "b3", "b4", "b5"], columns=["x", "y"]
    )
    return scores, pd.Series(["p", "p", "p", "q", "q"], index=scores.index)


def test_shares_by_role_and_with_equal_weight():
    scores, roles = ballots()
    shares = role_means(scores, roles)
    assert shares.loc["p"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert shares.loc["q"].tolist() == [0, 1]
    assert equal_weight(shares).tolist() == pytest.approx([1 / 3, 2 / 3])


def test_with_one_role_equal_weight_is_the_plain_share():
    scores, roles = ballots()
    one = pd.Series("p", index=roles.index)
    assert equal_weight(role_means(scores, one)).tolist() == scores.mean().tolist()


def test_ballots_given_twice_and_without_role_are_refused():
    scores, roles = ballots()
    with pytest.raises(PracticeError, match="5 ballots more than once"):
        role_means(pd.concat([scores, scores]), roles)
    with pytest.raises(PracticeError, match="1 ballots without a role"):
        role_means(scores, roles.drop("b1"))


def test_points_and_ranks_become_scores_per_ballot():
    given = pd.DataFrame([[6, 3, 1], [2, np.nan, np.nan]], columns=list("xyz"))
    assert ballot_scores(given, "points").to_numpy().tolist() == [[0.6, 0.3, 0.1], [1, 0, 0]]
    ranks = pd.DataFrame([[1, 2, 3], [np.nan, 1, np.nan]], columns=list("xyz"))
    assert ballot_scores(ranks, "rank").to_numpy() == pytest.approx(np.array([[1, 2 / 3, 1 / 3], [0, 1, 0]]))
    assert ballot_scores(given * 0 + 1, "chosen").to_numpy().tolist() == [[1, 1, 1], [1, 0, 0]]
