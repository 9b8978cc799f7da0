"""What chance could have given: counted by hand, and the planned estimator under each by dense matrices."""

import dataclasses
from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
from effects_studies import STARTS, data_of, entry, small_wedge, trial_scores, trial_study, wedge_data

from dww_analysis.domain.study import Allocation
from dww_analysis.effects import left_out, lots, planned
from dww_analysis.effects.checks import allotted, permutation
from dww_analysis.effects.estimate import fit_entry
from dww_analysis.effects.lots import Lot
from dww_analysis.effects.permutation import Reference, result_of
from dww_analysis.effects.planned import variances_of
from dww_analysis.errors import FitError

VALUES = np.array([1.0, 2.0, 3.0, 4.0])  # one a unit; the last two were treated
TREATED = np.array([0, 0, 1, 1])


def by_means(lot):
    """Permutation of the difference of means of VALUES."""
    allocations, exact = lot.allocations(seed=1)
    with np.errstate(invalid="ignore"):
        a, b = ([difference(v, row > 0) for row in allocations] for v in (VALUES, TREATED.astype(float)))
    return result_of(Reference(np.array(a), np.array(b), np.ones(len(a)), exact, (2.0, 1.0, 1.0)), 0.95)


def difference(values, treated):
    if treated.all() or not treated.any():
        return np.nan
    return values[treated].mean() - values[~treated].mean()


def test_a_list_is_all_that_chance_could_have_given():
    # by hand: units 3 and 4 give 2, units 1 and 2 give -2, units 1 and 3 give -1: two of three are as large as 2
    listed = np.array([[0, 0, 1, 1], [1, 1, 0, 0], [1, 0, 1, 0]])
    result = by_means(Lot(TREATED, np.zeros(4), listed=listed))
    assert (result.n_allocations, result.exact) == (3, True)
    assert result.p_value == pytest.approx(2 / 3) and result.smallest_p == pytest.approx(2 / 3)


def test_with_a_coin_for_each_unit_arms_have_any_number():
    # by hand, of 16: as large as 2 are {3,4}, {1,2}, {4}, {1}, {2,3,4}, {1,2,3}; two give all units one condition
    result = by_means(Lot(TREATED, np.zeros(4), any_counts=True))
    assert (result.n_allocations, result.exact) == (16, True)
    assert result.p_value == 8 / 16 and result.smallest_p == 8 / 16


@pytest.mark.parametrize(
    "given", [[0, 0, 1, 1], [0, 1, 2, 3], [0, 0, 2, 2, 5], [3, 3, 3], [1, 1, 2, 2, 2, 4]]
)
def test_every_way_to_give_conditions_is_there_once(given):
    found, exact = Lot(np.array(given), np.zeros(len(given))).allocations(seed=1)
    assert exact and len(found) == len(set(map(tuple, found)))
    assert set(map(tuple, found.tolist())) == set(permutations(given))


def test_conditions_change_places_within_strata_only(monkeypatch):
    lot = Lot(np.array([0, 1, 1, 2, 2, 3]), np.array(["a", "a", "a", "b", "b", "b"]))
    found, exact = lot.allocations(seed=1)
    assert exact and len(found) == 3 * 3
    monkeypatch.setattr(lots, "MOST_EXACT", 5)
    drawn, exact = lot.allocations(seed=1)
    assert not exact and set(map(tuple, drawn.tolist())) == set(map(tuple, found.tolist()))


def of_list(*treated, teams=8):
    """The list of these sets of teams, as it is stored."""
    rows = [(i, f"t{t}", int(t in s)) for i, s in enumerate(treated, 1) for t in range(1, teams + 1)]
    return pd.DataFrame(rows, columns=["allocation", "unit", "condition"])


def covariance(rows, null):
    """V of the fit without effects, as one matrix."""
    between, residual = variances_of(null)
    names = [g for g in null.variance_components()["group"] if g != "Residual"]
    V = np.eye(len(rows)) * residual
    for variance, name in zip(between, names, strict=True):
        group = rows[name.split(":")].astype(str).agg("/".join, axis=1).to_numpy()
        V += variance * (group[:, None] == group[None, :])
    return V


def dense(found, null, columns_of):
    """|t| of the planned estimator, by dense matrices: columns_of gives the effect columns of the rows of the fit."""
    rows = found.frame.loc[null.frame.index]
    V = covariance(rows, null)
    columns, contrast = columns_of(rows)
    X = np.column_stack([columns, null.design.X])
    precision = np.linalg.inv(V)
    cov = np.linalg.inv(X.T @ precision @ X)
    c = np.concatenate([contrast, np.zeros(null.design.X.shape[1])])
    return abs(c @ cov @ X.T @ precision @ null.design.y / np.sqrt(c @ cov @ c))


def test_the_planned_estimator_is_laid_beside_the_listed_allocations_only():
    listed = [(2, 4, 6, 8), (1, 3, 5, 7), (1, 2, 3, 4), (2, 3, 6, 7), (1, 4, 6, 8), (2, 4, 5, 8)]
    data = data_of(entry(), trial_scores(True), drawable=of_list(*listed))
    found = fit_entry(data)
    null = allotted(data, found).null

    def size(treated):
        def columns(rows):
            mine = rows["team"].isin([f"t{t}" for t in treated])
            return np.column_stack([mine & (rows["wave"] == w) for w in ("2", "1")]).astype(float), [1.0, 0.0]

        return dense(found, null, columns)

    sizes = np.array([size(treated) for treated in listed])
    row = permutation(data, found)
    assert (row["n_allocations"], row["exact"]) == (len(listed), True)
    assert row["p_value"] == pytest.approx((sizes >= sizes[0] - 1e-9).mean())
    assert row["smallest_p"] == pytest.approx((sizes >= sizes.max() - 1e-9).mean())


def test_teams_outside_the_list_are_refused():
    data = data_of(entry(), trial_scores(True), drawable=of_list((2, 4, 6), (1, 3, 5), teams=7))
    with pytest.raises(FitError, match="1 teams with answers are in no allocation"):
        allotted(data, fit_entry(data))


def test_starts_change_places_between_units():
    data = wedge_data(small_wedge())
    found = fit_entry(data)
    row, null = permutation(data, found), allotted(data, found).null
    weights = found.model.planned.weights
    sizes = []
    for first in combinations(range(5), 2):  # 30 ways: two start at wave 1, two at wave 2, one never
        others = [i for i in range(5) if i not in first]
        for second in combinations(others, 2):
            starts = np.full(5, np.nan)
            starts[list(first)], starts[list(second)] = 1, 2

            def columns(rows, starts=starts):
                since = rows["wave_number"].to_numpy() - starts[rows["team"].cat.codes] + 1
                times = [int(name.removeprefix("exposure")) for name in weights]
                return np.column_stack([since == k for k in times]).astype(float), list(weights.values())

            sizes.append(dense(found, null, columns))
    sizes = np.array(sizes)
    own = dense(found, null, lambda rows: (rows[list(weights)].to_numpy(), list(weights.values())))
    assert (row["n_allocations"], row["exact"]) == (30, True)
    assert row["p_value"] == pytest.approx((sizes >= own - 1e-9).mean())
    assert row["conf_low"] != row["conf_low"] or row["conf_low"] < row["estimate"] < row["conf_high"]


@pytest.mark.parametrize("exposure", [None, 2])
def test_each_allocation_leaves_out_the_rows_that_it_has_in_transition(exposure):
    allocation = Allocation("team", "allocation", randomised=True, transition_waves=1)
    data = wedge_data(small_wedge(), allocation=allocation)
    data = dataclasses.replace(data, entry=entry(exposure=exposure))
    row, null = permutation(data, fit_entry(data)), allotted(data, fit_entry(data)).null
    rows, y = null.frame, null.design.y
    assert len(rows) == 5 * 4 * 4  # rows in transition are there: the other lots have them
    V = covariance(rows, null)
    contrast = np.array([0.5, 0.5] if exposure is None else [1.0, 0.0])

    def signed(starts):
        since = rows["wave"].astype(int).to_numpy() - starts[rows["team"].cat.codes] + 1
        kept = since != 1
        X = np.column_stack([since == 2, since == 3, null.design.X])[kept].astype(float)
        precision = np.linalg.inv(V[np.ix_(kept, kept)])
        cov = np.linalg.inv(X.T @ precision @ X)
        c = np.concatenate([contrast, np.zeros(X.shape[1] - 2)])
        estimate = c @ cov @ X.T @ precision @ y[kept]
        return estimate, estimate / np.sqrt(c @ cov @ c)

    each = [signed(np.array(starts)) for starts in sorted({*permutations([1, 1, 2, 2, np.inf])})]
    sizes = np.abs([t for _, t in each])
    estimate, t = signed(np.array([*STARTS.values()], float))
    assert (row["n_allocations"], row["exact"]) == (30, True)
    assert row["estimate"] == pytest.approx(estimate, abs=1e-9)
    assert row["p_value"] == pytest.approx((sizes >= abs(t) - 1e-9).mean())
    assert row["smallest_p"] == pytest.approx((sizes >= sizes.max() - 1e-9).mean())


@pytest.mark.slow
def test_with_transition_waves_the_test_keeps_its_level():
    """300 trials in which starts were drawn anew and change nothing; Monte Carlo SE .013."""
    allocation = Allocation("team", "allocation", randomised=True, transition_waves=1)
    starts, rejected = [1.0, 1.0, 1.0, 2.0, 2.0, 2.0, np.nan, np.nan], 0
    for trial in range(300):
        drawn = np.random.default_rng(trial).permutation(starts)
        scores = small_wedge({f"t{i}": s for i, s in enumerate(drawn, 1)}, seed=1000 + trial, rise=0.0)
        data = wedge_data(scores, allocation=allocation)
        by_lot = allotted(data, fit_entry(data))
        lot = Lot(by_lot.lot.given, by_lot.lot.strata, listed=by_lot.lot.some(trial, 199)[0])
        found = planned.permute_planned(
            by_lot.null, by_lot.units, lot, by_lot.effects, seed=1, conf_level=0.95
        )
        rejected += found.p_value <= 0.05
    assert 0.05 - 3 * 0.013 < rejected / 300 < 0.05 + 3 * 0.013


def test_units_that_share_a_random_effect_are_looked_at_together(monkeypatch):
    """Teams in organisations: the sums of a block are those of all its teams at once."""
    starts = dict(zip([f"t{i}" for i in range(1, 9)], [1, 2, 3, 1, 2, 3, 1, np.nan], strict=True))
    scores = small_wedge(starts).assign(
        organisation=lambda d: "o" + (d["team"].str[1].astype(int) % 3).astype(str)
    )
    allocation = Allocation("team", "allocation", randomised=True, transition_waves=1)
    data = wedge_data(scores, allocation=allocation)
    plan = dataclasses.replace(data.plan, organisations_fixed_below=2)
    data = dataclasses.replace(data, plan=plan)
    found = fit_entry(data)
    assert "(1 | organisation)" in found.model.formula
    by_lot = allotted(data, found)
    sums = planned.blocks_of(by_lot.null, by_lot.units, 8, by_lot.effects)
    assert len(sums.blocks) == 3
    some = by_lot.lot.allocations(seed=1)[0][:20]
    whole = dataclasses.replace(
        sums, blocks=((np.arange(len(sums.y)), covariance(by_lot.null.frame, by_lot.null)),)
    )
    for one, other in zip(sums.under(some, some[0]), whole.under(some, some[0]), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-9)
    monkeypatch.setattr(left_out, "MOST_WORK", 10)
    with pytest.raises(FitError, match="leaves out others of"):
        permutation(data, found)


def test_arms_of_a_trial_have_a_coin_each_where_the_scheme_says_so():
    scores = trial_scores(True)
    study = trial_study()
    coins = Allocation("team", "allocation", randomised=True, counts="any")
    one = permutation(data_of(entry(), scores), fit_entry(data_of(entry(), scores)))
    data = data_of(entry(), scores, study=study.__class__(**{**study.__dict__, "allocation": coins}))
    other = permutation(data, fit_entry(data))
    assert (one["n_allocations"], other["n_allocations"]) == (70, 256)
    assert other["estimate"] == one["estimate"] and other["p_value"] != one["p_value"]
