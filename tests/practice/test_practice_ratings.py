"""Ratings of a network: golden values of R, change of the same people only, nothing of few also by subtraction."""

import numpy as np
import pandas as pd
import pytest
from network_data import LARGE, OPEN, PRACTICE, quantities, ratings, refused, source
from scipy import stats

from dww_analysis.errors import PracticeError
from dww_analysis.practice import mean_interval, paired_change, quartiles, read_source
from dww_analysis.practice.rated import _told_together
from dww_analysis.practice.rating import Mean, leaves_open, squares, tells_single_ratings
from dww_analysis.practice.shown import HowAsked

EXACT = 1e-9
NINE = (4, 5, 6, 6, 7, 7, 7, 8, 9)
BEFORE, AFTER = (5, 4, 6, 6, 7, 5, 8, 6, 7, 4), (6, 6, 6, 7, 7, 7, 8, 7, 8, 4)


def test_a_mean_has_the_interval_of_student():
    mean = mean_interval(pd.Series(NINE))  # R: t.test(c(4,5,6,6,7,7,7,8,9))$conf.int
    assert (mean.value, mean.conf_low, mean.conf_high) == pytest.approx(
        (6.5555555556, 5.3954580239, 7.7156530872), abs=EXACT
    )


def test_a_change_is_of_the_same_people():
    change = paired_change(pd.Series(BEFORE), pd.Series(AFTER))  # R: t.test(after - before)$conf.int
    assert (change.value, change.conf_low, change.conf_high) == pytest.approx(
        (0.8, 0.2357188628, 1.3642811372), abs=EXACT
    )
    with_others = paired_change(pd.Series([*BEFORE, 0]), pd.Series(AFTER))
    assert with_others == change


def test_intervals_end_where_the_scale_ends():
    high = mean_interval(pd.Series([10, 10, 10, 4]))
    assert high.conf_high == 10 and high.conf_low == pytest.approx(8.5 - 3 * 3.182446305 / 2)
    assert (
        np.isnan(mean_interval(pd.Series([7])).conf_low) and mean_interval(pd.Series([], dtype=float)).n == 0
    )


def test_the_middle_half_as_r_counts_it():
    assert quartiles(pd.Series(NINE)) == (6, 7, 7)  # R: quantile(x, c(.25, .5, .75))
    assert quartiles(pd.Series([1, 2, 3, 4])) == (1.75, 2.5, 3.25)


def test_from_files_to_quantities():
    found = quantities(("ratings", ratings(NINE), {}), minimum=8)
    mean = found["loose", "rating_mean", "1", "all"]
    assert (mean.value, mean.conf_low, mean.conf_high) == pytest.approx(
        (6.5555555556, 5.0555555556, 8.0555555556), abs=EXACT
    ), "half the width, 1.16, in half points"
    assert mean.n == 9 and mean.unit_level == "network" and mean.basis == "private"
    assert found["loose", "rating_median", "1", "all"].suppressed, "of 9 in confidence a median is one answer"
    shown = quantities(("ratings", ratings(NINE), OPEN))
    assert [shown["loose", f"rating_{q}", "1", "all"].value for q in ("quartile_low", "median", "quartile_high")] == [
        6, 7, 7,
    ]  # fmt: skip
    mean = shown["loose", "rating_mean", "1", "all"]
    assert (mean.conf_low, mean.conf_high) == pytest.approx((5.3954580239, 7.7156530872), abs=EXACT)
    change = quantities(("ratings", ratings(BEFORE, AFTER), OPEN))["loose", "rating_change", "1-2", "all"]
    assert (change.value, change.conf_low, change.conf_high, change.n) == pytest.approx(
        (0.8, 0.2357188628, 1.3642811372, 10), abs=EXACT
    )


def sums_of_squares(row):
    """What a reader finds: sums of squares of whole ratings with that mean and that interval, however it is cut."""
    n, step = int(row.n), 0.5
    half = max(row.conf_high - row.value, row.value - row.conf_low)
    if abs(half / step - round(half / step)) > 1e-6:
        step = 1e-6
    sds = np.array([half - step, half]) * np.sqrt(n) / stats.t.ppf(0.975, n - 1)
    low, high = (n - 1) * sds**2 + n * row.value**2
    total = round(n * row.value)
    return sum(low - 1e-6 < s <= high + 1e-6 and s % 2 == total % 2 for s in range(int(high) + 2))


@pytest.mark.parametrize("seed", range(6))
def test_no_interval_gives_back_the_spread_of_ratings_in_confidence(seed):
    """Half of an exact interval times the root of n over t is the SD: of 9 people the only sum of squares."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 40))
    before = rng.integers(2, 10, n)
    after = np.clip(before + rng.integers(-1, 3, n), 0, 10)
    found = quantities(("ratings", ratings(before, after), {}))
    seen = [q for q in found.values() if q.quantity in ("rating_mean", "rating_change") and not q.suppressed]
    assert any(q.conf_low == q.conf_low for q in seen)
    assert all(sums_of_squares(q) >= 8 for q in seen if q.conf_low == q.conf_low)
    openly = quantities(("ratings", ratings(before, after), OPEN))
    assert sums_of_squares(openly["loose", "rating_mean", "1", "all"]) == 1


def test_intervals_of_all_and_of_roles_together_give_back_no_spread():
    whole = Mean(6.0, np.sqrt(29 / 17), 0, 0, 0.95, 18)
    parts = [Mean(6.0, 1.9, 0, 0, 0.95, 9), Mean(6.0, 0.3, 0, 0, 0.95, 9)]
    asked = HowAsked("private", 8)
    assert not leaves_open(*squares(parts[1]), 8), "sums of squares of the second alone are few"
    assert _told_together(whole, parts, asked)
    wide = [Mean(6.0, 2.0, 0, 0, 0.95, 20), Mean(7.0, 2.1, 0, 0, 0.95, 20)]
    assert not _told_together(Mean(6.5, 2.08, 0, 0, 0.95, 40), wide, asked)


def test_rounds_come_in_the_order_of_their_numbers():
    rounds = ratings(BEFORE, AFTER).assign(round=lambda t: t["round"] + 8)
    found = quantities(("ratings", rounds, {}))
    assert found["loose", "rating_change", "9-10", "all"].value == pytest.approx(0.8)


def test_rounds_are_numbers_and_words_are_translated():
    words = ratings(BEFORE, AFTER).assign(round=lambda t: t["round"].map({1: "voor", 2: "na"}))
    refused("ratings", words, "rounds that are no whole number")
    numbered = {"recode": {"round": {"voor": "09", "na": "10"}}}
    found = quantities(("ratings", words, numbered))
    assert found["loose", "rating_change", "9-10", "all"].value == pytest.approx(0.8)


def test_the_unit_of_a_rating_may_be_called_so():
    table = ratings(NINE).rename(columns={"network": "unit"})
    assert quantities(("ratings", table, {}))["loose", "rating_mean", "1", "all"].n == 9


def test_a_person_with_two_examples_counts_once():
    table = pd.concat([ratings(NINE, example="e1"), ratings((8,), example="e2")])
    mean = quantities(("ratings", table, {}))["loose", "rating_mean", "1", "all"]
    assert mean.n == 9 and mean.value == pytest.approx(61 / 9)


def by_role(values, **more):
    return ratings(values, network="large", persons=[m.person for m in LARGE][: len(values)], **more)


def test_roles_of_few_are_taken_together_and_need_company():
    values = (5, 6, 7, 6, 8, 7, 6, 9, 3, 4, 5, 6, 7, 2)
    found = quantities(("ratings", by_role(values), OPEN))
    means = {role: q.value for (_, quantity, _, role), q in found.items() if quantity == "rating_mean"}
    assert means == {
        "all": pytest.approx(81 / 14), "parents": 6, "staff": 7.5, "policy": 4, "other_roles": 5,
    }  # fmt: skip
    private = quantities(("ratings", by_role(values), {}))
    assert {role for (_, quantity, _, role) in private if quantity == "rating_mean"} == {"all"}


def test_a_role_given_in_the_file_is_the_members_or_refused():
    with pytest.raises(PracticeError, match="another role than the member's"):
        quantities(("ratings", by_role((5, 6), role="boards"), OPEN))


def test_ratings_of_few_are_hidden_by_basis():
    assert quantities(("ratings", ratings(NINE[:7]), {}))["loose", "rating_mean", "1", "all"].suppressed
    assert quantities(("ratings", ratings(NINE[:3]), OPEN))["loose", "rating_mean", "1", "all"].n == 3
    assert quantities(("ratings", ratings(NINE[:2]), OPEN))["loose", "rating_mean", "1", "all"].suppressed


def test_a_mean_that_bounds_every_rating_is_not_shown_in_confidence():
    """Nine tens: each is a ten. Of a small spread the interval would bound each, so that there is none."""
    told = quantities(("ratings", ratings((10,) * 9), {}))["loose", "rating_mean", "1", "all"]
    assert told.suppressed
    close = quantities(("ratings", ratings((6, 6, 6, 7, 7, 7, 7, 7)), {}))["loose", "rating_mean", "1", "all"]
    assert close.value == 6.625 and np.isnan(close.conf_low)
    assert not tells_single_ratings(9, 6.555, 1.509) and tells_single_ratings(9, 6.5, 0.0)


ONCE = (5, 4, 6, 6, 7, 5, 8, 6, 7, None)


@pytest.mark.parametrize(("after", "shown"), [(AFTER, False), ((*AFTER[:9], None), True)])
def test_one_person_who_rated_once_hides_the_change(after, shown):
    """Ten afterwards, nine before: the means and the change of nine would tell the tenth rating."""
    found = quantities(("ratings", ratings(ONCE, after), {}))
    assert found["loose", "rating_change", "1-2", "all"].suppressed is not shown
    assert not found["loose", "rating_mean", "2", "all"].suppressed
    assert not quantities(("ratings", ratings(ONCE, after), OPEN))[
        "loose", "rating_change", "1-2", "all"
    ].suppressed


@pytest.mark.parametrize("seed", range(4))
def test_no_single_rating_follows_from_what_is_shown_in_confidence(seed):
    """Everything shown of sums is a linear statement over ratings: no single one is a combination of these."""
    random = np.random.default_rng(seed)
    n = 20
    rounds = [
        [int(v) if random.random() < 0.75 else None for v in random.integers(2, 10, n)] for _ in range(3)
    ]
    if seed == 0:
        rounds = [[5, 6, 7, 8] * 5, [6, 7, 8, 9] * 4 + [5, 9, 6, 7], [None] * 9 + [7, 8, 3] * 3 + [2, 4]]
    table = ratings(*rounds)
    found = quantities(("ratings", table, {}))
    cells = {(row.person, row.round): i for i, row in enumerate(table.itertuples())}
    statements = []
    for (_, quantity, subject, _), q in found.items():
        if q.suppressed or quantity not in ("rating_mean", "rating_change"):
            continue
        vector = np.zeros(len(cells))
        if quantity == "rating_mean":
            for (_, number), i in cells.items():
                vector[i] = number == int(subject)
        else:
            first, later = map(int, subject.split("-"))
            for person in {p for p, _ in cells}:
                if (person, first) in cells and (person, later) in cells:
                    vector[cells[person, first]], vector[cells[person, later]] = -1, 1
        statements.append(vector)
    assert len(statements) >= 3
    A = np.array(statements).T
    for i in range(len(cells)):
        unit = np.eye(len(cells))[i]
        best = np.linalg.lstsq(A, unit, rcond=None)[0]
        assert np.linalg.norm(A @ best - unit) > 1e-6


def noted(n, *, strong, gap, take=0, leave=0, step=0, done=()):
    table = ratings((6,) * n)
    for name, count in (("strong", strong), ("gap", gap), ("take", take), ("leave", leave), ("step", step)):
        table[name] = ["iets"] * count + [None] * (n - count)
    table["step_done"] = [*done, *[None] * (n - len(done))]
    return table


def test_what_was_taken_left_and_done_is_counted():
    found = quantities(
        ("ratings", noted(12, strong=9, gap=5, take=7, leave=2, step=6, done=["ja", "nee", "ja"]), OPEN)
    )
    told = {
        q: found["loose", q, "1", "all"] for q in ("successes", "problems", "taken", "left", "first_steps")
    }
    assert {name: (q.value, q.n) for name, q in told.items()} == {
        "successes": (9, 12), "problems": (5, 12), "taken": (7, 12), "left": (2, 12), "first_steps": (6, 12),
    }  # fmt: skip
    done = found["loose", "steps_done", "1", "all"]
    assert (done.value, done.n) == (2, 6)


def test_successes_and_problems_are_shown_together_or_not_at_all():
    found = quantities(("ratings", noted(20, strong=10, gap=3, take=20, leave=0), {}))
    assert (
        found["loose", "successes", "1", "all"].suppressed
        and found["loose", "problems", "1", "all"].suppressed
    )
    assert found["loose", "taken", "1", "all"].value == 20 and found["loose", "left", "1", "all"].value == 0
    alone = ratings(NINE).assign(strong="iets")
    assert quantities(("ratings", alone, OPEN))["loose", "successes", "1", "all"].suppressed


WRONG = {
    "a rating of 11": (ratings((11, 5)), "a number from 0 to 10"),
    "a network that is not there": (ratings(NINE, network="lose"), "did you mean 'loose'"),
    "two ratings of one person": (pd.concat([ratings((5,)), ratings((6,))]), "say different things"),
    "no round": (ratings(NINE).assign(round=None), "no round"),
    "a step done that nobody named": (noted(4, strong=0, gap=0, step=0, done=["ja"]), "never named"),
    "words that say nothing": (noted(4, strong=0, gap=0, step=1, done=["misschien"]), "whether a step was done"),
    "no network": (ratings(NINE).drop(columns="network"), "one of network, unit"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_ratings_that_cannot_be_are_refused(what):
    refused("ratings", *WRONG[what])


def test_all_problems_of_a_file_come_at_once():
    table = pd.concat(
        [ratings((11,), network="large"), ratings((5,), network="lrge"), ratings((5,)).assign(round=None)]
    )
    with pytest.raises(PracticeError) as error:
        read_source(table, source("ratings", table), PRACTICE)
    assert len(error.value.problems) == 3


def test_order_of_rows_and_a_second_export_change_nothing():
    table = ratings(BEFORE, AFTER)
    once = quantities(("ratings", table, OPEN))
    mixed = pd.concat([table, table]).sample(frac=1, random_state=2)
    for again in (
        quantities(("ratings", mixed, OPEN)),
        quantities(("ratings", table, OPEN), ("ratings", mixed, OPEN)),
    ):
        assert [repr(q) for q in again.values()] == [repr(q) for q in once.values()]
