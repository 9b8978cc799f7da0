"""What chance could have given: counted by hand, and the planned estimator under each by dense matrices."""

from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, trial_scores, trial_study, wedge_study

from dww_analysis.domain.study import Allocation, Wave
from dww_analysis.effects import lots
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


def dense(found, null, columns_of):
    """|t| of the planned estimator, by dense matrices: columns_of gives the effect columns of the rows of the fit."""
    rows = found.frame.loc[null.frame.index]
    between, residual = variances_of(null)
    names = [g for g in null.variance_components()["group"] if g != "Residual"]
    V = np.eye(len(rows)) * residual
    for variance, name in zip(between, names, strict=True):
        group = rows[name.split(":")].astype(str).agg("/".join, axis=1).to_numpy()
        V += variance * (group[:, None] == group[None, :])
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


STARTS = {"t1": 1, "t2": 1, "t3": 2, "t4": 2, "t5": np.nan}


def small_wedge(starts=STARTS):
    rng, rows = np.random.default_rng(3), []
    for team, start in starts.items():
        shift = rng.normal(0, 0.3)
        for wave in range(4):
            here = shift + rng.normal(0, 0.2)
            for person in range(4):
                up = 0.3 * max(wave - start + 1, 0) if start == start else 0.0
                rows.append((f"{team}-{wave}-{person}", wave, team, start, here + up + rng.normal(0, 0.6)))
    table = pd.DataFrame(rows, columns=["person", "wave", "team", "start", "score"])
    arm = np.where(table["start"].notna(), "intervention", "control")
    return table.assign(sample="main", organisation="o1", scale="y", arm=arm)


def wedge_data(scores, **changes):
    study = wedge_study(waves=tuple(Wave(i, {"en": f"{i}"}) for i in range(4)), **changes)
    return data_of(entry(), scores, study=study)


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


def test_no_permutation_where_the_rows_hang_on_what_was_drawn():
    allocation = Allocation("team", "allocation", randomised=True, transition_waves=1)
    data = wedge_data(small_wedge(), allocation=allocation)
    with pytest.raises(FitError, match="transition waves"):
        permutation(data, fit_entry(data))


def test_arms_of_a_trial_have_a_coin_each_where_the_scheme_says_so():
    scores = trial_scores(True)
    study = trial_study()
    coins = Allocation("team", "allocation", randomised=True, counts="any")
    one = permutation(data_of(entry(), scores), fit_entry(data_of(entry(), scores)))
    data = data_of(entry(), scores, study=study.__class__(**{**study.__dict__, "allocation": coins}))
    other = permutation(data, fit_entry(data))
    assert (one["n_allocations"], other["n_allocations"]) == (70, 256)
    assert other["estimate"] == one["estimate"] and other["p_value"] != one["p_value"]
