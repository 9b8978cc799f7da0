"""Imputing an entry: who is expected, what is refused, what imputation gets right, and how far it may be pushed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, trial_study, wedge_scores, wedge_study
from missing_studies import QUICK, entry_data, scores_of, wide_trial
from pandas.testing import assert_frame_equal

from dww_analysis.domain.plan import Delta
from dww_analysis.effects import fit_entry
from dww_analysis.effects.missing.delta import delta_values, grid, interpolated, shifted, tipping_points
from dww_analysis.effects.missing.expected import expected_rows, with_expected
from dww_analysis.effects.missing.imputable import require_imputable
from dww_analysis.effects.missing.impute import expected_frame, impute_entry
from dww_analysis.errors import FitError, openly

BOTH = Delta(("control", "intervention"), "sd", -0.4, 0.4, 0.4)


# ---- who is expected
def test_rows_between_first_and_last_answer_are_expected():
    seen = pd.DataFrame({"person": ["a", "a", "b", "c", "c"], "wave": [0, 2, 1, 1, 2]})
    found = expected_rows(seen, [0, 1, 2])
    assert list(found.itertuples(index=False, name=None)) == [
        ("a", 0), ("a", 1), ("a", 2), ("b", 1), ("c", 1), ("c", 2),
    ]  # fmt: skip


def test_records_say_who_was_there():
    """Nothing after leaving, nothing at waves that are no waves, nobody who never answered; an answer always counts."""
    seen = pd.DataFrame({"person": ["a", "b", "b", "c", "c"], "wave": [0, 0, 2, 0, 2]})  # no record of c
    there = pd.DataFrame({"person": ["a", "a", "b", "z", "a"], "wave": [0, 1, 0, 1, 9]})
    found = expected_rows(seen, [0, 1, 2], there)
    assert list(found.itertuples(index=False, name=None)) == [
        ("a", 0), ("a", 1), ("b", 0), ("b", 2), ("c", 0), ("c", 1), ("c", 2),
    ]  # fmt: skip


def test_rows_that_were_not_delivered_get_the_persons_own_team():
    wide = wide_trial(1, teams=8, persons=2)
    own = scores_of(wide, "y")
    cut = own.drop(index=own.index[(own["person"] == "p3") & (own["wave"] == 1)])
    full = with_expected(cut, expected_rows(cut, [0, 1, 2]), trial_study())
    added = full[(full["person"] == "p3") & (full["wave"] == 1)].iloc[0]
    assert len(full) == len(own)
    assert (added["team"], added["arm"], np.isnan(added["score"])) == ("t01", "intervention", True)


def test_a_person_who_left_is_not_imputed():
    wide = wide_trial(1, teams=8, persons=3)
    wide.loc[(wide["person"] == "p0") & (wide["wave"] == 2), ["y", "x1"]] = np.nan
    wide.loc[(wide["person"] == "p1") & (wide["wave"] == 1), ["y"]] = np.nan  # the other scale was answered
    data, others = entry_data(wide)
    frame = expected_frame(data, auxiliaries=others)
    assert len(frame) == len(wide) - 1
    assert int(frame["score"].isna().sum()) == 1


@pytest.fixture
def wedge():
    """The stepped wedge as delivered without the rows of persons who stayed away in between, and its full table."""
    scores = wedge_scores()
    gone = (np.random.default_rng(1).random(len(scores)) < 0.25) & scores["wave"].between(1, 3)
    return data_of(entry(), scores[~gone], study=wedge_study()), scores


def test_who_was_away_in_a_stepped_wedge_has_the_condition_of_that_wave(wedge):
    """The arm was that of the person's first answer: before the start, whatever the wave."""
    data, scores = wedge
    frame = expected_frame(data)
    keys = frame[["person", "wave"]].astype(str).astype({"wave": int})
    expected = keys.merge(scores, on=["person", "wave"], how="left")["arm"]
    assert frame["arm"].astype(str).tolist() == expected.tolist()
    assert frame.loc[frame["score"].isna(), "arm"].nunique() == 2


def test_imputed_values_of_a_stepped_wedge_are_counted_and_moved_by_condition(wedge):
    delta = Delta(("intervention",), "score", -1.0, 0.0, 1.0)
    found = impute_entry(wedge[0], replace(QUICK, m=3), {}, delta=delta)
    absent = expected_frame(wedge[0]).query("score.isna()")
    after = int((absent["wave_number"] >= absent["start"]).sum())
    imputed = found.counts.groupby("arm")["n_imputed"].sum()
    assert imputed.to_dict() == {"control": len(absent) - after, "intervention": after}
    moved = found.delta.set_index("delta_intervention")["estimate"]
    assert moved[-1.0] < moved[0.0] - 0.05


# ---- what cannot be had, all at once
def test_fewer_teams_than_scores_and_two_are_refused():
    data, others = entry_data(wide_trial(1, teams=4, persons=12, scales=3))
    with pytest.raises(FitError, match=r"4 teams for 3 scores\s+expected: at least 5 teams"):
        impute_entry(data, QUICK, others)


def test_clusters_of_one_are_refused():
    wide = wide_trial(1, teams=24, persons=1, scales=2)
    data, others = entry_data(wide)
    with pytest.raises(FitError, match="0 teams of more than one person"):
        impute_entry(data, QUICK, others)


def test_an_arm_without_values_at_a_wave_is_refused():
    wide = wide_trial(1, scales=2)
    gone = (wide["arm"] == "control") & (wide["wave"] == 1)
    wide.loc[gone, "y"] = np.nan
    wide.loc[wide["wave"] == 0, "x1"] = np.nan
    data, others = entry_data(wide)
    with pytest.raises(FitError) as caught:
        impute_entry(data, QUICK, others)
    assert [p.found.split(": ")[1] for p in caught.value.problems] == [
        "`y` has no values for control at wave 1",
        "`x1` has no values for control at wave 0",
        "`x1` has no values for intervention at wave 0",
    ]


def test_a_yes_no_outcome_is_refused():
    wide = wide_trial(1, scales=1)
    wide["y"] = (wide["y"] > 3.5).astype(float)
    data, _ = entry_data(wide)
    data = replace(data, scale=replace(data.scale, measure="yes_no"))
    with pytest.raises(FitError, match="imputation of `y`, whose measure is yes_no"):
        impute_entry(data, QUICK, {})


def test_every_reason_is_said_also_where_documents_say_it():
    """Of several only the first was printed."""
    data, _ = entry_data(wide_trial(1, scales=1))
    twice = replace(data, entry=replace(data.entry, baseline="ancova", average="cluster"))
    with pytest.raises(FitError) as caught:
        require_imputable(twice, fit_entry(data))
    said = openly(caught.value)
    assert said.count("plan.yaml, missing: imputation") == 1 and "\n" not in said
    assert all(problem.found in said for problem in caught.value.problems) and len(caught.value.problems) == 2


# ---- what imputation gets right
def lost(wide, seed=2):
    """At the last wave of the intervention, who scores high on the auxiliary is not seen on y: missing at random given
    x1, not given what the mixed model of y knows."""
    rng = np.random.default_rng(seed)
    last = (wide["wave"] == 2) & (wide["arm"] == "intervention")
    high = wide["x1"] > wide.loc[last, "x1"].median()
    wide.loc[last & high & (rng.random(len(wide)) < 0.8), "y"] = np.nan
    return wide


def estimate_of(wide):
    data, _ = entry_data(wide)
    return float(fit_entry(data).coefficients.loc["intervention_wave2", "estimate"])


def test_an_auxiliary_scale_takes_the_bias_of_complete_cases_away():
    wide = wide_trial(7, teams=30, persons=10, scales=2, shared=0.9)
    truth = estimate_of(wide)
    data, others = entry_data(lost(wide))
    found = impute_entry(data, QUICK, others)
    assert found.likelihood < truth - 0.15
    assert found.pooled.estimate == pytest.approx(truth, abs=0.06)
    assert found.other_prior.estimate == pytest.approx(found.pooled.estimate, abs=0.03)
    assert found.share_imputed == pytest.approx(float(wide["y"].isna().mean()))


@pytest.mark.slow
def test_bias_is_gone_over_many_trials():
    """20 trials: the mean difference from the complete data is zero within its Monte Carlo error, at least 17 of 20
    intervals hold the true .4."""
    off, inside = [], 0
    for seed in range(20):
        wide = wide_trial(100 + seed, scales=3, shared=0.8)
        truth = estimate_of(wide)
        data, others = entry_data(lost(wide, seed))
        found = impute_entry(data, QUICK, others)
        off.append(found.pooled.estimate - truth)
        low, high = found.pooled.limits()
        inside += low <= 0.4 <= high
    assert abs(np.mean(off)) < 3 * np.std(off, ddof=1) / np.sqrt(len(off)) + 0.01
    assert inside >= 17


@pytest.fixture(scope="module")
def without_auxiliaries():
    """Who scores low at a wave is often absent at the next, and comes back."""
    wide = wide_trial(8, teams=24, persons=8, waves=3, scales=1)
    before = wide.groupby("person")["y"].shift(1)
    absent = (before < before.median()) & (np.random.default_rng(3).random(len(wide)) < 0.5)
    wide.loc[absent & (wide["wave"] > 0), "y"] = np.nan
    employed = wide[["person", "wave"]]
    data, _ = entry_data(wide)
    delta = Delta(("control", "intervention"), "sd", -2.0, 2.0, 1.0)
    settings = replace(QUICK, m=60, between=10)
    return wide, impute_entry(data, settings, {}, delta=delta, employed=employed)


def test_without_auxiliaries_it_is_the_full_likelihood(without_auxiliaries):
    _, found = without_auxiliaries
    assert found.share_imputed > 0.15
    assert found.pooled.estimate == pytest.approx(found.likelihood, abs=3 * found.mc_error + 0.005)
    assert found.pooled.std_error == pytest.approx(found.likelihood_std_error, rel=0.12)
    assert found.change_doubled < 0.2


def test_the_chain_is_watched(without_auxiliaries):
    _, found = without_auxiliaries
    assert found.chain["quantity"].iloc[0] == "effect"
    assert abs(found.chain["acf"].iloc[0]) < 0.3
    assert found.chain["r_hat"].iloc[0] < 1.1


@pytest.mark.slow
def test_observed_and_imputed_are_counted_by_arm_and_wave(without_auxiliaries):
    wide, found = without_auxiliaries
    by_hand = wide.groupby(["arm", "wave"])["y"].agg(["size", "count", "mean"])
    counts = found.counts.set_index(["arm", "wave"])
    assert (counts["n_expected"] == by_hand["size"]).all()
    assert (counts["n_observed"] == by_hand["count"]).all()
    assert (counts["n_imputed"] == by_hand["size"] - by_hand["count"]).all()
    assert counts["mean_observed"].to_numpy() == pytest.approx(by_hand["mean"].to_numpy())
    assert (counts["mean_imputed"].isna() == (counts["n_imputed"] == 0)).all()
    assert (counts["mean_imputed"] < counts["mean_observed"])[
        counts["n_imputed"] > 0
    ].all()  # the low were lost


# ---- delta
def test_no_move_is_the_pooled_answer_itself(without_auxiliaries):
    _, found = without_auxiliaries
    row = found.delta[(found.delta[["delta_control", "delta_intervention"]] == 0).all(axis=1)]
    assert len(row) == 1
    pooled = found.pooled
    assert list(row.iloc[0, 2:]) == [pooled.estimate, pooled.std_error, pooled.df, pooled.p_value]


def test_the_answer_moves_with_the_arm(without_auxiliaries):
    """Lower intervention values lower the effect, lower control values raise it; all combinations are there."""
    _, found = without_auxiliaries
    table = found.delta.set_index(["delta_control", "delta_intervention"])["estimate"]
    assert len(table) == 25
    assert (np.diff([table[0.0, d] for d in (-2.0, -1.0, 0.0, 1.0, 2.0)]) > 0).all()
    assert (np.diff([table[d, 0.0] for d in (-2.0, -1.0, 0.0, 1.0, 2.0)]) < 0).all()


def test_the_mean_moves_by_delta_times_the_share_missing():
    rng = np.random.default_rng(1)
    completed, missing = rng.normal(size=(4, 50)), rng.random(50) < 0.3
    arm = np.where(np.arange(50) < 20, "control", "intervention")
    moved = shifted(completed, missing, arm, {"intervention": -0.4, "control": 0.0}, 0.8)
    mine = arm == "intervention"
    share = missing[mine].mean()
    assert (moved - completed)[:, mine].mean(axis=1) == pytest.approx(-0.4 * 0.8 * share)
    assert np.array_equal(moved[:, ~mine], completed[:, ~mine])
    assert np.array_equal(moved[:, ~missing], completed[:, ~missing])


def test_difference_of_arms_moves_by_delta_times_the_share_missing():
    """One wave: the model is a difference of means of equal teams, so the analytic result holds for the estimate."""
    wide = wide_trial(9, teams=16, persons=8, waves=1, scales=2)
    first = wide.groupby("team").head(2).index  # the same number is missing in every team
    wide.loc[first, "y"] = np.nan
    data, others = entry_data(wide)
    study = replace(data.study, waves=data.study.waves[:1])
    data = replace(data, study=study)
    found = impute_entry(data, QUICK, others, delta=Delta(("intervention",), "score", -0.5, 0.5, 0.5))
    by_delta = found.delta.set_index("delta_intervention")["estimate"]
    assert by_delta[-0.5] - by_delta[0.0] == pytest.approx(-0.5 * 2 / 8, abs=1e-9)


def test_optima_between_anchors_follow_polynomials():
    """Variance ratios of the fourth degree in the delta of each arm are met exactly, and none is below zero."""
    anchors = [{"a": x, "b": y} for x in (-0.6, -0.3, 0.0, 0.3, 0.6) for y in (-0.6, -0.3, 0.0, 0.3, 0.6)]
    points = [{"a": 0.1, "b": -0.5}, {"a": 0.4, "b": 0.2}]

    def optima(of):
        x, y = np.array([list(point.values()) for point in of]).T
        return np.sqrt(np.stack([1 + x * y**4 - x**3, 2 + x**4 * y**4 + y], axis=-1))[:, None]

    assert interpolated(anchors, optima(anchors), points) == pytest.approx(optima(points), abs=1e-12)
    falling = np.array([[[np.sqrt(max(0.6 - 2 * a["b"], 0.0))]] for a in anchors])
    assert (interpolated(anchors, falling, points) >= 0).all()


@pytest.mark.long
def test_where_searches_begin_does_not_show(monkeypatch):
    wide = wide_trial(2, teams=12, persons=6, scales=2)
    wide.loc[(wide.index % 3 == 0) & (wide["wave"] == 1), "y"] = np.nan
    data, others = entry_data(wide)
    wanted = Delta(("control", "intervention"), "sd", -0.6, 0.6, 0.2)
    found = impute_entry(data, QUICK, others, delta=wanted).delta
    monkeypatch.setattr("dww_analysis.effects.missing.delta.ANCHORS", 99)  # no optimum is known beforehand
    assert_frame_equal(found, impute_entry(data, QUICK, others, delta=wanted).delta, rtol=1e-8, atol=1e-8)


def test_the_grid_holds_zero_and_every_arm_alone():
    assert delta_values(Delta(("a",), "sd", -0.6, 0.6, 0.1)) == pytest.approx(np.arange(-6, 7) / 10)
    assert delta_values(Delta(("a",), "sd", 0.1, 0.5, 0.2)) == [0.0, 0.1, 0.3, 0.5]
    points = grid(BOTH)
    assert len(points) == 9
    assert {"control": 0.0, "intervention": -0.4} in points
    assert len([p for p in points if not any(p.values())]) == 1


def test_tipping_points_by_hand():
    deltas = [(-0.4, 0.30), (-0.2, 0.08), (0.0, 0.03), (0.2, 0.01), (0.4, 0.002)]
    table = pd.DataFrame([{"delta_b": d, "estimate": 0.2 + d / 2, "p_value": p} for d, p in deltas])
    found = tipping_points(table, ["b"], 0.05).set_index("direction")
    assert found.loc[-1, "delta"] == -0.2
    assert np.isnan(found.loc[1, "delta"])


@pytest.mark.slow
def test_a_chain_for_each_arm_says_the_same():
    wide = wide_trial(7, teams=30, persons=10, scales=2, shared=0.9)
    truth = estimate_of(wide)
    data, others = entry_data(lost(wide))
    found = impute_entry(data, replace(QUICK, by_arm=True), others)
    assert found.pooled.estimate == pytest.approx(truth, abs=0.08)


def test_background_with_unknown_values_is_a_category_of_its_own():
    wide = wide_trial(3, teams=12, persons=6, scales=2)
    wide["age_band"] = np.where(wide["person"].str.len() > 2, "young", "old")
    wide["years"] = 3.0
    wide.loc[wide["person"] == "p1", "age_band"] = None
    wide.loc[::7, "y"] = np.nan
    data, others = entry_data(wide)
    found = impute_entry(data, replace(QUICK, m=2), others, background=["age_band", "years"])
    assert "years" in found.left_out  # the same for everybody
    assert np.isfinite(found.pooled.estimate)
