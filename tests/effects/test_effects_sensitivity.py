"""Other choices of whose answers count: what each leaves out, and that it is the same model on those rows."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, trial_scores, trial_study
from permuted_means import permutation_test

from dww_analysis.domain.analyses import permutation_of, robust_by
from dww_analysis.domain.study import Background
from dww_analysis.effects import estimate_entry, fit_entry, planned, sensitivity_of
from dww_analysis.effects.answered import answered
from dww_analysis.effects.checks import allotted
from dww_analysis.effects.lot_effects import Effects
from dww_analysis.effects.permutation import Reference, share_as_large
from dww_analysis.effects.planned import permute_planned
from dww_analysis.errors import FitError
from dww_analysis.privacy.gate import let_out

ONE = entry()
VARIANTS = {"without careless answers", "baseline members only", "team at the time of answering"}


def scores(**changes) -> pd.DataFrame:
    return trial_scores(True).assign(**{"current_team": lambda d: d["team"], **changes})


def careless(table: pd.DataFrame, persons: set[str]) -> pd.DataFrame:
    return table[["sample", "person", "wave"]].assign(careless=table["person"].isin(persons))


def analyses(table: pd.DataFrame, flags: pd.DataFrame) -> pd.DataFrame:
    data = data_of(ONE, table)
    return sensitivity_of(data, fit_entry(data), flags).set_index("analysis")


def primary(table: pd.DataFrame) -> float:
    found = estimate_entry(data_of(ONE, table)).estimates.set_index("id")
    return found.loc["e", "estimate"]


def test_nothing_to_vary_gives_no_rows():
    table = scores()
    assert not set(analyses(table, careless(table, set())).index) & VARIANTS


def test_without_careless_is_the_model_on_the_other_rows():
    table = scores()
    row = analyses(table, careless(table, {"p1", "p17"})).loc["without careless answers"]
    assert row["rows_left_out"] == 6 and row["n_apart"] == 2
    assert row["estimate"] == pytest.approx(primary(table[~table["person"].isin({"p1", "p17"})]))


def test_baseline_members_leave_newcomers_out():
    table = scores()
    table = table[~((table["person"].isin({"p3", "p12"})) & (table["wave"] == 0))]
    row = analyses(table, careless(table, set())).loc["baseline members only"]
    assert row["rows_left_out"] == 4 and row["n_apart"] == 2
    assert row["estimate"] == pytest.approx(primary(table[~table["person"].isin({"p3", "p12"})]))


def test_movers_keep_their_arm_in_the_team_they_answered_from():
    table = scores()
    moved = (table["person"] == "p2") & (table["wave"] == 2)
    table["current_team"] = np.where(moved, "t3", table["team"])
    row = analyses(table, careless(table, set())).loc["team at the time of answering"]
    assert row["rows_left_out"] == 0 and row["n_apart"] == 1
    assert row["estimate"] == pytest.approx(primary(table.assign(team=table["current_team"])))
    assert row["estimate"] != pytest.approx(primary(table), rel=1e-6)


def test_who_has_no_score_is_not_among_those_whom_an_analysis_leaves_out():
    """Four careless persons of whom three gave no answer to the outcome: the estimate differs by the one."""
    table = scores()
    table["score"] = table["score"].mask(table["person"].isin({"p1", "p2", "p3"}))
    row = analyses(table, careless(table, {"p1", "p2", "p3", "p4"})).loc["without careless answers"]
    assert row["n_apart"] == 1 and row["rows_left_out"] == 12


def test_analyses_that_differ_from_each_other_by_few_say_how_few():
    """Six newcomers, of whom all but one are careless too: the sixth is what both tell beside each other."""
    table, new = scores(), [f"p{i}" for i in range(3, 9)]
    table = table[~(table["person"].isin(new) & (table["wave"] == 0))]
    found = analyses(table, careless(table, set(new[1:])))
    names = ["without careless answers", "baseline members only"]
    assert found.loc[names, "n_apart"].tolist() == [1, 1]


def test_variant_with_too_few_persons_says_why():
    table = scores()
    most = {f"p{i}" for i in range(1, 38)}
    row = analyses(table, careless(table, most)).loc["without careless answers"]
    assert np.isnan(row["estimate"])
    assert "persons" in row["note"]


def test_cluster_robust_check_rests_on_teams():
    table = scores()
    row = analyses(table, careless(table, set())).loc["CR2 by team"]
    assert row["df_method"] == "CR2"
    assert row["estimate"] == pytest.approx(primary(table))
    assert row["df"] < 8


def test_permutation_check_counts_allocations_of_teams():
    table = scores()
    row = analyses(table, careless(table, set())).loc["permutation of teams"]
    assert row["n_allocations"] == 70 and row["exact"]
    assert row["p_value"] * 70 == pytest.approx(round(row["p_value"] * 70))


def test_a_term_that_rests_on_three_persons_is_hidden_in_every_analysis():
    table = scores().assign(rare=lambda d: d["person"].isin({"p1", "p2", "p3"}).astype(float))
    study = dataclasses.replace(
        trial_study(), min_cell_size=5, background=(Background("rare", {"en": "rare"}, "number"),)
    )
    one = entry(formula="y ~ wave_number + rare + (1 | team) + (1 | person)", term="rare")
    flags = careless(table, {f"p{i}" for i in range(10, 20)})
    found = answered(data_of(one, table, study=study, answers=table), flags)
    assert found.sensitivity["n_smallest"].tolist() == [3]
    for tables in ({}, {"estimates": found.result.estimates}):
        shown = let_out({**tables, "sensitivity": found.sensitivity}, 5)["sensitivity"]
        assert shown["estimate"].isna().all()


def test_analyses_are_hidden_with_their_estimate():
    table = scores()
    found = answered(data_of(ONE, table), careless(table, set()))
    hidden = {"estimates": found.result.estimates.assign(n_smallest=3), "sensitivity": found.sensitivity}
    assert found.sensitivity["estimate"].notna().any() and (found.sensitivity["n_smallest"] >= 8).all()
    assert let_out(hidden, 8)["sensitivity"]["suppressed"].all()


def parallel_trial():
    """Team residuals of the worked example with 8 unequal clusters (domain brief, checked with R)."""
    cluster = np.repeat(np.arange(8), [4, 6, 5, 7, 5, 6, 4, 8])
    i = np.arange(45)
    b = np.round(3 + np.sin(1.7 * i) + 0.3 * np.cos(cluster + 1), 4)
    shift = np.array([-0.5, 0.4, 0.1, -0.2, 0.6, -0.3, 0.2, -0.1])[cluster]
    y = np.round(1 + 0.5 * b + 0.4 * (cluster % 2) + shift + 0.6 * np.sin(2.3 * i + 0.5), 4)
    X = np.column_stack([np.ones(45), b])
    residual = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    return np.array([residual[cluster == k].mean() for k in range(8)]), np.arange(8) % 2 == 1


def test_permutation_is_the_worked_example():
    values, treated = parallel_trial()
    result = permutation_test(values, treated, np.zeros(8))
    assert result.estimate == pytest.approx(0.139674358, abs=1e-8)
    assert result.p_value == pytest.approx(46 / 70)
    assert result.smallest_p == pytest.approx(2 / 70)


def test_strata_limit_the_allocations():
    values, treated = parallel_trial()
    assert permutation_test(values, treated, np.repeat([0, 1], 4)).n_allocations == 36


def test_drawn_allocations_come_near_the_listed_ones(monkeypatch):
    from dww_analysis.effects import lots

    monkeypatch.setattr(lots, "MOST_EXACT", 10)
    values, treated = parallel_trial()
    result = permutation_test(values, treated, np.zeros(8))
    assert not result.exact
    assert result.p_value == pytest.approx(46 / 70, abs=4 * np.sqrt(46 / 70 * 24 / 70 / 20_000))


def test_allocations_without_a_statistic_count_as_large_and_without_an_observed_one_there_is_no_test():
    sizes = np.array([0.5, np.nan, 3.0, 1.0])
    assert share_as_large(1.0, sizes, exact=True) == 3 / 4
    assert share_as_large(1.0, sizes, exact=False) == 4 / 5
    assert np.isnan(share_as_large(np.nan, sizes, exact=True))
    nothing = (np.nan, np.nan, np.nan)
    reference = Reference(np.ones(4), np.ones(4), np.ones(4), exact=True, observed=nothing)
    assert np.isnan(reference.p_value())


def test_a_permutation_that_memory_would_not_hold_is_a_row_that_says_so(monkeypatch):
    data = data_of(entry(), trial_scores(True))
    monkeypatch.setattr(planned, "MOST_NUMBERS", 1_000)
    monkeypatch.setattr(planned, "layout_of", lambda null: pytest.fail("refused before anything is made"))
    table = sensitivity_of(data, fit_entry(data), careless(data.scores, set())).set_index("analysis")
    row = table.loc[permutation_of("team")]
    assert row["remark"] == "failed" and "units, whose sums would take" in row["note"]
    assert table.loc[robust_by("team"), "remark"] != "failed"


def test_no_permutation_where_the_planned_contrast_has_no_value():
    data = data_of(entry(), trial_scores(True))
    by_lot = allotted(data, fit_entry(data))
    empty = Effects.of_arm(np.zeros_like(by_lot.effects.columns[:, 0]))
    with pytest.raises(FitError, match="no value under the allocation"):
        permute_planned(by_lot.null, by_lot.units, by_lot.lot, empty, seed=1, conf_level=0.95)
