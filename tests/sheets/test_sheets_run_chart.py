"""The run chart: limits by their formulas and by scipy, the golden series, and what it does not do."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binom

from dww_analysis.sheets.run_chart import fewest_expected, longest_expected, run_chart

BEFORE, AFTER = [2, 3, 1, 2, 4, 3, 2, 3, 4, 2, 3, 4], [5, 4, 5, 4, 5, 4]


@pytest.mark.parametrize(
    ("useful", "run", "crossings"), [(10, 6, 2), (12, 7, 3), (16, 7, 4), (20, 7, 6), (24, 8, 8)]
)
def test_limits_of_anhoej_and_olesen(useful, run, crossings):
    assert (longest_expected(useful), fewest_expected(useful)) == (run, crossings)


def test_the_limit_of_crossings_is_the_binomial_quantile():
    for n in range(2, 120):
        assert fewest_expected(n) == int(binom.ppf(0.05, n - 1, 0.5)), n


def test_golden_series_without_and_with_a_signal():
    none = run_chart(BEFORE + AFTER, 12)
    assert (none.median, none.frozen, none.useful, none.longest_run, none.crossings) == (3, True, 14, 7, 5)
    assert (none.longest_expected, none.fewest_expected) == (7, int(binom.ppf(0.05, 13, 0.5)))
    assert none.signal == "none"
    signal = run_chart([*BEFORE, *AFTER, 4, 4], 12)
    assert (signal.useful, signal.longest_run, signal.signal) == (16, 9, "run")
    assert signal.starts_before, "the run begins with the 4 before the break"
    assert (signal.run_start, signal.run_above) == (11, True)


def brute(values, median):
    """Runs and crossings counted one by one."""
    sides = [v > median for v in values if v != median]
    longest = run = 1
    crossings = 0
    for last, side in pairwise(sides):
        run = run + 1 if side == last else 1
        crossings += side != last
        longest = max(longest, run)
    return len(sides), longest, crossings


def test_runs_and_crossings_as_counted_one_by_one():
    rng = np.random.default_rng(3)
    for _ in range(200):
        values = rng.integers(0, 6, rng.integers(12, 40)).tolist()
        found = run_chart(values)
        if found.useful:
            counted = brute(values, np.median(values))
            assert (found.useful, found.longest_run, found.crossings) == counted
            assert found.signal in ("too_few", "none") or (
                counted[1] > found.longest_expected or counted[2] < found.fewest_expected
            )


@pytest.mark.parametrize(
    ("before", "frozen", "median"), [(11, False, 3.5), (12, True, 3), (18, False, 3.5), (None, False, 3.5)]
)
def test_the_median_is_frozen_over_twelve_points_or_more_and_else_of_the_whole(before, frozen, median):
    values = [*BEFORE, *AFTER]
    found = run_chart(values, before)
    assert found.frozen is frozen
    assert found.median == (median if frozen else np.median(values))


def test_a_frozen_median_judges_twelve_points_after_and_no_more():
    near = [*BEFORE, *([2, 4] * 6)]
    far = run_chart([*near, *([9] * 20)], 12)
    assert far.judged == 24
    assert (far.useful, far.longest_run) == (run_chart(near, 12).useful, run_chart(near, 12).longest_run)
    assert far.signal == "none"


def test_under_ten_useful_points_nothing_is_said():
    nine = [1, 2, 3, 4, 6, 7, 8, 9, 10]  # median 6: 8 useful
    assert run_chart(nine).signal == "too_few"
    ten = run_chart([1] * 5 + [3] + [5] * 5)
    assert (ten.useful, ten.signal) == (10, "crossings"), "one crossing, where two are the least"
    assert run_chart([3] * 30).useful == 0
    assert run_chart([3] * 30).signal == "too_few"
    assert run_chart([]).signal == "too_few"


def test_a_trend_alone_is_no_signal():
    rising = [3, 1, 4, 2, 5, 1, 2, 3, 4, 5, 1, 5, 2, 4]
    assert run_chart(rising).signal == "none"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("points", "before", "least", "most"),
    [(12, None, 0.005, 0.02), (24, None, 0.02, 0.04), (24, 12, 0.065, 0.095)],
)
def test_false_alarms_by_simulation(points, before, least, most):
    """1 to 3 % of whole series; 8 % of 24 points over a median of 12."""
    rng = np.random.default_rng(11)
    charts = (run_chart(rng.normal(size=points), before) for _ in range(6000))
    assert least <= np.mean([chart.signal not in ("none", "too_few") for chart in charts]) <= most
