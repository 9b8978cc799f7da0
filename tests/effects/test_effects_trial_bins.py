"""Trials in bins: as numpy counts them, with no trial lost, between edges that are multiples of a round width."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.effects.trial_bins import FEWEST, bin_rows, bin_table, edges_of

DRAWN = np.random.default_rng(3).normal(0, 0.12, 500)
FOUND = np.abs(DRAWN) > 0.24


def binned(estimate=DRAWN, found=FOUND):
    return bin_table(bin_rows(estimate, {(0.0, False): found, (0.15, True): found}, {"entry": "e"}))


def test_counts_are_those_of_numpy_and_every_trial_is_in_a_bin():
    table = binned()
    edges = edges_of([DRAWN.min(), DRAWN.max(), DRAWN.min() + 0.15, DRAWN.max() + 0.15])
    for (effect, sesoi), own in table.groupby(["effect", "is_sesoi"]):
        assert sesoi == (effect > 0)
        for column, values in (("trials", DRAWN), ("rejected", DRAWN[FOUND])):
            expected, _ = np.histogram(values + effect, edges)
            counted = np.zeros_like(expected)
            counted[own["bin"]] = own[column]
            np.testing.assert_array_equal(counted, expected)
        assert (own["low"] < own["high"]).all() and (own["trials"] >= own["rejected"]).all()


def test_edges_are_multiples_of_a_round_width_around_all_values():
    for low, high in ((-0.4, 0.55), (-1.0, 3.0), (12.2, 12.9), (0.0, 0.0), (-37.0, 41.0)):
        edges = edges_of([low, high])
        width = float(np.median(np.diff(edges)))
        assert edges[0] <= low and high < edges[-1]
        assert f"{width:.3g}".strip("0.")[0] in "125"
        assert low == high or FEWEST <= len(edges) - 1 <= 2.5 * FEWEST + 2
        np.testing.assert_allclose(edges / width, np.round(edges / width), atol=1e-6)


def test_a_trial_that_failed_is_in_no_bin():
    estimate = np.where(np.arange(500) < 40, np.nan, DRAWN)
    assert binned(estimate)["trials"].sum() == 2 * 460
    nothing = binned(np.full(500, np.nan))
    assert nothing.empty and list(nothing.columns) == list(binned().columns)
    assert isinstance(nothing, pd.DataFrame)


@pytest.mark.parametrize("estimate", [np.zeros(5), np.full(5, 0.3)])
def test_trials_that_are_all_the_same_are_one_bin(estimate):
    rows = bin_rows(estimate, {(0.0, False): np.zeros(5, dtype=bool)}, {"entry": "e"})
    assert [r["trials"] for r in rows] == [5]
