"""How far a unit's mean may be off, the reference band and the verdict: golden numbers, brute force, simulation."""

import numpy as np
import pytest

from dww_analysis.sheets.means import (
    FEWEST_UNITS,
    ONE_ITEM,
    pooled_sd,
    reference_band,
    std_error,
    t_interval,
    verdict_of,
)

TOLERANCE = 1e-10  # ten digits are given


@pytest.mark.parametrize(
    ("n", "members", "expected"),
    [(10, 12, 0.1160818677), (12, 12, 0.0728583100), (10, np.nan, 0.7 / 10**0.5)],
)
def test_the_error_of_a_mean_of_a_team(n, members, expected):
    found = std_error(0.70, 0.87, np.array([float(n)]), np.array([float(members)]))
    assert found[0] == pytest.approx(expected, abs=TOLERANCE)


def test_the_error_is_zero_when_all_answered_without_noise_and_plain_when_the_team_is_endless():
    n = np.array([9.0])
    assert std_error(0.7, 1.0, n, n)[0] == pytest.approx(0, abs=TOLERANCE)
    assert std_error(0.7, 0.8, n, np.array([1e12]))[0] == pytest.approx(0.7 / 3, abs=1e-8)


def test_the_pooled_sd_is_that_of_an_analysis_of_variance():
    from scipy.stats import f_oneway

    groups = [np.array([3.0, 4, 5, 2]), np.array([1.0, 2]), np.array([4.0])]
    values = np.concatenate(groups)
    sd, df = pooled_sd(values, np.repeat([0, 1, 2], [4, 2, 1]))
    within = sum(((g - g.mean()) ** 2).sum() for g in groups)
    between = sum(len(g) * (g.mean() - values.mean()) ** 2 for g in groups)
    assert df == 4
    assert f_oneway(*groups).statistic == pytest.approx((between / 2) / sd**2)
    assert sd**2 == pytest.approx(within / 4)


def test_nothing_is_known_of_the_spread_where_every_team_is_one_person():
    sd, df = pooled_sd(np.array([1.0, 2.0]), np.array([0, 1]))
    assert np.isnan(sd)
    assert df == 0
    assert np.isnan(t_interval(np.array([1.0]), np.array([0.1]), 0)).all()


def test_the_interval_is_that_of_t():
    from scipy.stats import t

    low, high = t_interval(np.array([3.0]), np.array([0.1]), 17)
    assert (low[0], high[0]) == pytest.approx(t.interval(0.95, 17, 3.0, 0.1))


def test_the_band_takes_chance_out_of_the_spread_and_needs_eight_units():
    means, errors = np.linspace(2, 4, FEWEST_UNITS), np.full(FEWEST_UNITS, 0.3)
    low, high = reference_band(means, errors)
    half = 1.2816 * (means.var(ddof=1) - 0.09) ** 0.5
    assert (low, high) == pytest.approx((3 - half, 3 + half))
    assert reference_band(means, np.full(FEWEST_UNITS, 9.0)) == pytest.approx((3, 3)), "all of it is chance"
    assert np.isnan(reference_band(means[1:], errors[1:])).all()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (4.1, 4.5, "above"),
        (2.0, 2.9, "below"),
        (3.1, 3.9, "as_others"),
        (3.0, 4.0, "as_others"),
        (3.9, 4.2, "unclear"),
        (2.0, 5.0, "unclear"),
        (np.nan, np.nan, "no_comparison"),
    ],
)
def test_a_verdict_needs_the_whole_interval(low, high, expected):
    assert verdict_of(low, high, (3.0, 4.0)) == expected
    assert verdict_of(low, high, (np.nan, np.nan)) == "no_comparison"


# --- what the formulas are worth, by simulation

RELIABILITY, WITHIN, RESPONSE, TEAMS = 0.87, 0.7, 0.8, 24


def one_study(rng, between):
    """True means of all members, means of who answered, their intervals and plain half widths, and the band."""
    sizes = rng.integers(7, 17, TEAMS)
    centres = rng.normal(3, between, TEAMS)
    truth, means, n, values, groups = [], [], [], [], []
    for team, (size, centre) in enumerate(zip(sizes, centres, strict=True)):
        true = centre + rng.normal(0, WITHIN * RELIABILITY**0.5, size)
        seen = true + rng.normal(0, WITHIN * (1 - RELIABILITY) ** 0.5, size)
        there = rng.random(size) < RESPONSE
        there[rng.integers(size)] = True
        truth.append(true.mean())
        means.append(seen[there].mean())
        n.append(there.sum())
        values.append(seen[there])
        groups.append(np.full(there.sum(), team))
    sd, df = pooled_sd(np.concatenate(values), np.concatenate(groups))
    truth, means, n = np.array(truth), np.array(means), np.array(n, dtype=float)
    errors = std_error(sd, RELIABILITY, n, sizes.astype(float))
    interval, plain = t_interval(means, errors, df), t_interval(means, sd / n**0.5, df)
    return truth, means, interval, plain, reference_band(means, errors)


@pytest.mark.slow
def test_the_interval_covers_and_a_verdict_is_seldom_wrong():
    rng = np.random.default_rng(7)
    between = 0.25
    inside = 3 - 1.2816 * between, 3 + 1.2816 * between
    covered, plainly, widths, wrong, by_dot, found, within, outside = [], [], [], 0, 0, 0, 0, 0
    for _ in range(1500):
        truth, means, (low, high), (plain_low, plain_high), band = one_study(rng, between)
        covered.append((low <= truth) & (truth <= high))
        plainly.append((plain_low <= truth) & (truth <= plain_high))
        widths.append((high - low) / (plain_high - plain_low))
        off = [verdict_of(*i, band) in ("above", "below") for i in zip(low, high, strict=True)]
        in_band = (inside[0] <= truth) & (truth <= inside[1])
        wrong += (off & in_band).sum()
        by_dot += (((means < band[0]) | (means > band[1])) & in_band).sum()
        found += (off & ~in_band).sum()
        within, outside = within + in_band.sum(), outside + (~in_band).sum()
    assert np.mean(covered) == pytest.approx(0.951, abs=0.006)
    assert np.mean(plainly) > 0.995
    assert np.mean(widths) == pytest.approx(0.55, abs=0.06)
    assert wrong / within <= 0.01
    assert by_dot / within > 5 * wrong / within
    assert 0.1 < found / outside < 0.45


def test_the_reliability_of_a_single_item_is_named():
    assert ONE_ITEM == 0.67
