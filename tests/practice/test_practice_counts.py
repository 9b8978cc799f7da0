"""Votes, coded remarks and building blocks. Witnesses: R, Krippendorff's own example, counting by hand."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.practice import (
    block_shares,
    blocks_near,
    blocks_together,
    krippendorff_alpha,
    mean_places,
    new_information,
    vote_change,
    vote_shares,
)
from dww_analysis.practice.votes import mcnemar_exact


def test_mcnemar_is_exact():
    assert mcnemar_exact(9, 2) == pytest.approx(0.0654296875)  # R: binom.test(9, 11)$p.value
    assert mcnemar_exact(0, 0) == 1


def test_a_change_rests_on_ballots_that_voted_twice():
    before = pd.Series(["no"] * 9 + ["yes"] * 5 + ["no"], index=[f"k{i}" for i in range(15)])
    after = pd.Series(
        ["yes"] * 9 + ["no"] * 2 + ["yes"] * 3 + ["yes"], index=[f"k{i}" for i in range(14)] + ["new"]
    )
    found = vote_change(before, after, "yes")
    assert (found.gained, found.lost, found.n) == (9, 2, 14)
    assert found.value == 0.5
    assert found.p_value == pytest.approx(0.0654296875)
    # by hand: 9.5 and 2.5 of 16: 7/16 -+ 1.959964 * sqrt(12 - 49/16) / 16
    assert (found.conf_low, found.conf_high) == pytest.approx((0.071285, 0.803715), abs=1e-6)
    assert vote_change(before, after.rename(lambda k: k + "x"), "yes") is None


def test_all_who_move_stay_within_the_possible():
    before = pd.Series(["no"] * 10)
    found = vote_change(before, before.replace("no", "yes"), "yes")
    assert found.value == 1 and found.conf_high == 1 and found.conf_low < 1


def test_vote_shares_add_to_one():
    found = vote_shares({"yes": 5, "no": 4})
    assert found["yes"].conf_low == pytest.approx(0.2666512935, abs=1e-9)
    assert sum(s.value for s in found.values()) == 1


# Krippendorff (2011), Computing Krippendorff's alpha-reliability, example C; R: irr::kripp.alpha(t(x), "nominal")
NO = np.nan
TEXTBOOK = pd.DataFrame(
    {
        "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, NO, NO, NO],
        "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NO, 3],
        "C": [NO, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NO],
        "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NO],
    }
)


def test_alpha_of_the_textbook():
    found = krippendorff_alpha(TEXTBOOK)
    assert found.value == pytest.approx(0.7434210526, abs=1e-10)
    assert (found.n_units, found.n_coders) == (11, 4)
    assert found.conf_low < found.value < found.conf_high


def test_alpha_does_not_hang_on_names_or_order():
    words = TEXTBOOK.map(lambda v: v if v != v else "zyxwv"[int(v) - 1]).sample(frac=1, random_state=1)
    assert krippendorff_alpha(words[["D", "B", "A", "C"]]) == krippendorff_alpha(TEXTBOOK)


def test_one_coder_has_no_alpha():
    assert krippendorff_alpha(TEXTBOOK[["A"]]) is None
    assert krippendorff_alpha(TEXTBOOK[["A"]].assign(B=NO)) is None


def test_one_code_says_nothing_of_agreement():
    found = krippendorff_alpha(TEXTBOOK * 0)
    assert np.isnan(found.value)


def test_perfect_agreement_is_one():
    found = krippendorff_alpha(pd.DataFrame({"A": [1, 2, 3, 1], "B": [1, 2, 3, 1]}))
    assert (found.value, found.conf_high) == (1, 1)


def test_new_information_after_a_base_of_four_in_runs_of_two():
    heard = [
        {"a", "b", "c"},
        {"c", "d"},
        {"e", "f", "g", "h"},
        {"i", "j"},
        {"a", "k"},
        {"l", "b"},
        {"l"},
        {"a"},
    ]
    runs = new_information(heard)
    assert [(r.first, r.last, r.new, r.share) for r in runs] == [
        (5, 6, 2, 0.2),
        (6, 7, 1, 0.1),
        (7, 8, 0, 0.0),
    ]
    assert new_information(heard[:5]) == []
    assert new_information([set()] * 6) == []


PLACED = pd.DataFrame({"x": [1, 1, 1, 1, 1, 0, 0, 0, 0], "y": [1, 1, 0, 0, 0, 0, 0, 0, 0], "z": [0] * 9})


def test_blocks_are_counted_by_group():
    found = block_shares(PLACED)
    assert (found["x"].count, found["x"].n) == (5, 9)
    assert found["x"].conf_high == pytest.approx(0.8112214789, abs=1e-9)
    assert found["z"].value == 0


def test_blocks_often_together_come_first():
    assert blocks_together(PLACED).to_numpy().tolist() == [["x", "y", 2], ["x", "z", 0], ["y", "z", 0]]


def boards(*groups):
    rows = [(str(g), block, x, y) for g, places in enumerate(groups) for block, (x, y) in places.items()]
    return pd.DataFrame(rows, columns=["group", "block", "x", "y"])


NEAR = {"a": (0, 0), "b": (3, 4), "c": (30, 0), "d": (31, 0)}


def test_blocks_side_by_side_are_those_without_a_nearer_one():
    """By hand: a and b are each other's nearest (5 apart), so are c and d (1 apart); no other pair is."""
    found = blocks_near(boards(NEAR)).set_index(["block", "other_block"])
    assert found[found["groups"] == 1].index.tolist() == [("a", "b"), ("c", "d")]
    assert (found["both"] == 1).all() and len(found) == 6
    # a third block beside a: b keeps a as its nearest, and a has the new one
    found = blocks_near(boards({**NEAR, "e": (1, 0)})).set_index(["block", "other_block"])["groups"]
    assert found["a", "e"] == 1 and found["b", "e"] == 1 and found["a", "b"] == 0


def test_the_unit_and_the_zero_of_a_board_say_nothing_and_a_board_of_two_neither():
    moved = {block: (1000 - 7 * x, 7 * y + 3) for block, (x, y) in NEAR.items()}
    pd.testing.assert_frame_equal(blocks_near(boards(NEAR, NEAR)), blocks_near(boards(NEAR, moved)))
    assert blocks_near(boards({"a": (0, 0), "b": (9, 9)})).empty


THREE = (
    {"a": (0, 0), "b": (5, 10), "c": (10, 20)},
    {"a": (3, 3), "b": (73, 3), "c": (38, 143)},  # another unit and zero
    {"a": (0, 1), "b": (1, 0), "c": (2, 2)},
)


def test_a_mean_place_is_of_boards_that_weigh_the_same():
    """By hand; R: t.test(c(0, 0, 50))$conf.int is -55.04 to 88.38, cut at the edge."""
    found = mean_places(boards(*THREE))
    assert {b: tuple(round(m.value, 6) for m in at) for b, at in found.items()} == {
        "a": (0, 16.666667), "b": (66.666667, 16.666667), "c": (83.333333, 100),
    }  # fmt: skip
    top = found["a"][1]
    assert (top.conf_low, top.conf_high, top.n) == (0, pytest.approx(88.37755, abs=1e-4), 3)


def test_a_board_with_all_blocks_in_one_line_says_nothing_of_places():
    line = {"a": (4, 0), "b": (4, 7), "c": (4, 9)}
    assert mean_places(boards(line)) == {} and mean_places(boards({"a": (0, 0), "b": (1, 1)})) == {}
    assert mean_places(boards(*THREE, line)) == mean_places(boards(*THREE))


def test_the_order_of_rows_changes_no_place():
    rows = boards(*THREE)
    assert mean_places(rows.iloc[::-1].reset_index(drop=True)) == mean_places(rows)
