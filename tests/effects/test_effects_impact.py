"""What a deviation does: the sealed estimate is that of the sealed plan; who counts in one only is counted."""

from dataclasses import replace

import numpy as np
from effects_studies import data_of, entry, trial_scores, trial_study
from test_effects_leaving import data as leaving_data
from test_effects_leaving import stored_months
from test_effects_shares import PLANNED, drawn, yes_no

from dww_analysis.effects.analysis import estimate_entry
from dww_analysis.effects.impact import only_waves, planned_numbers, sealed_numbers


def planned(data):
    rows = estimate_entry(data).estimates
    return rows[rows["primary"] & ~rows["standardised"]].iloc[0]


def test_the_sealed_estimate_is_what_the_sealed_plan_gives():
    scores = trial_scores(True)
    sealed, now = data_of(entry(wave=2), scores), data_of(entry(wave=1), scores)
    found, one = sealed_numbers(sealed, now), planned(sealed)
    assert found["estimate_sealed"] == one["estimate"] != planned(now)["estimate"]
    assert (found["conf_low_sealed"], found["conf_high_sealed"]) == (one["conf_low"], one["conf_high"])
    assert found["p_sealed"] == one["p_value"]
    assert found["n_changed"] == 0  # another wave of the same rows


def test_arms_swapped_back_turn_the_sign():
    scores, study = trial_scores(True), trial_study()
    swapped = replace(study, arms=study.arms[::-1])
    sealed, now = data_of(entry(), scores), data_of(entry(), scores, study=swapped)
    found = sealed_numbers(sealed, now)
    assert np.isclose(found["estimate_sealed"], -planned(now)["estimate"], rtol=1e-6)


def test_persons_who_count_in_one_only_are_counted():
    scores = trial_scores(True)
    joined = scores["person"].isin([f"p{i}" for i in range(1, 12)])
    scores.loc[joined & (scores["wave"] == 0), "score"] = np.nan
    sealed = data_of(entry(population="baseline_members"), scores)
    assert sealed_numbers(sealed, data_of(entry(), scores))["n_changed"] == 11
    assert np.isnan(sealed_numbers(sealed, None)["n_changed"])


def test_of_shares_only_answers_at_the_wave_of_the_contrast_count():
    rows = drawn(0.3, 0.5, waves=(0, 2))
    absent = (rows["wave"] == 2) & rows["person"].isin(["p0_0", "p1_1"])
    absent |= (rows["wave"] == 0) & rows["person"].str.endswith("_5")
    sealed, now = yes_no(PLANNED, rows), yes_no(PLANNED, rows[~absent])
    assert sealed_numbers(sealed, now)["n_changed"] == 2


def test_of_leaving_persons_with_other_months_are_counted():
    months = stored_months()
    others = months[~months["person"].isin(months["person"].unique()[:9])]
    found = sealed_numbers(leaving_data(months), leaving_data(others))
    assert found["estimate_sealed"] == planned(leaving_data(months))["estimate"]
    assert found["n_changed"] == 9


def test_waves_that_were_not_sealed_do_not_count():
    scores = trial_scores(True)
    two = replace(trial_study(), waves=trial_study().waves[:2])
    data = only_waves(data_of(entry(wave=1), scores, study=two))
    assert set(data.scores["wave"]) == {0, 1} == set(data.answers["wave"])
    alone = data_of(entry(wave=1), scores[scores["wave"] < 2], study=two)
    assert planned(data)["estimate"] == planned(alone)["estimate"]


def test_planned_numbers_are_one_row_an_entry():
    rows = planned_numbers(estimate_entry(data_of(entry(), trial_scores(True))).estimates, "now")
    assert list(rows["entry"]) == ["e"] and "p_now" in rows
