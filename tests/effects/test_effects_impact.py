"""What a deviation does: the sealed estimate is that of the sealed plan; who counts in one only is counted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, plan_of, scale, trial_scores, trial_study
from test_effects_leaving import data as leaving_data
from test_effects_leaving import stored_months
from test_effects_untested import one_against

from dww_analysis.domain.study import Allocation
from dww_analysis.effects.analysis import estimate_entry
from dww_analysis.effects.impact import only_waves, planned_numbers, sealed_numbers
from dww_analysis.stages.impact import _data

pytestmark = pytest.mark.long


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


def test_persons_whose_answer_counts_as_another_one_are_counted():
    """The same rows: three persons' answers recoded, and the arm of one team's five."""
    scores = trial_scores(True)
    few = scores["person"].isin(["p1", "p2", "p3"])
    other = scores.assign(score=scores["score"].where(~few, 4.0))
    assert sealed_numbers(data_of(entry(), scores), data_of(entry(), other))["n_changed"] == 3
    moved = scores.assign(arm=scores["arm"].where(scores["team"] != "t1", "intervention"))
    assert sealed_numbers(data_of(entry(), scores), data_of(entry(), moved))["n_changed"] == 5


def test_persons_whose_team_or_covariate_counts_as_another_one_are_counted():
    """Two of a team of one arm linked with another team of it, and the age of three recoded: the same scores."""
    scores = trial_scores(True)
    moved = scores.assign(team=scores["team"].where(~scores["person"].isin(["p1", "p2"]), "t3"))
    assert sealed_numbers(data_of(entry(), scores), data_of(entry(), moved))["n_changed"] == 2
    number = scores["person"].str[1:].astype(int)
    answers = scores[["sample", "person", "wave"]].assign(age=20 + number * 1.5)
    recoded = answers.assign(age=answers["age"].mask(number > 37, 40))
    sealed, now = (
        replace(data_of(entry(covariates=("age",)), scores), answers=known) for known in (answers, recoded)
    )
    assert sealed_numbers(sealed, now)["n_changed"] == 3


def test_whole_numbers_that_became_fractions_by_a_missing_one_are_the_same_numbers():
    """Everybody was said to differ, where the age of one person was taken out."""
    scores = trial_scores(True)
    age = 20 + scores["person"].str[1:].astype(int)
    answers = scores[["sample", "person", "wave"]].assign(age=age)
    without = answers.assign(age=age.mask(scores["person"] == "p1"))
    assert answers["age"].dtype != without["age"].dtype
    sealed, now = (
        replace(data_of(entry(covariates=("age",)), scores), answers=known) for known in (answers, without)
    )
    assert sealed_numbers(sealed, now)["n_changed"] == 1


def test_of_leaving_persons_with_other_months_are_counted():
    months = stored_months()
    others = months[~months["person"].isin(months["person"].unique()[:9])]
    found = sealed_numbers(leaving_data(months), leaving_data(others))
    assert found["estimate_sealed"] == planned(leaving_data(months))["estimate"]
    assert found["n_changed"] == 9


@pytest.mark.parametrize("yes", [0.5, 0.0])
@pytest.mark.parametrize(("wave", "baseline", "n"), [(0, None, 0), (0, "ancova", 8), (2, None, 8)])
def test_who_plays_no_part_in_a_difference_of_shares_is_not_counted(wave, baseline, n, yes):
    """One answer of each of eight teams is gone; the shares of the last wave rest on no other wave, unless they are
    adjusted for the first. `yes`: share of the control arm; where there is none the shares answer alone."""
    scores = trial_scores(True)
    chance = np.where(scores["arm"] == "control", yes, 0.5)
    scores["score"] = (np.random.default_rng(3).random(len(scores)) < chance).astype(float)
    gone = scores["person"].isin([f"p{i}" for i in range(5, 41, 5)]) & (scores["wave"] == wave)
    measure = replace(scale(low=0.0, high=1.0), measure="yes_no")
    one = entry(summary="risk_difference", baseline=baseline)
    sealed, now = (data_of(one, rows, scale=measure) for rows in (scores, scores[~gone]))
    assert sealed_numbers(sealed, now)["n_changed"] == n


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


@pytest.mark.parametrize(("listed", "tested"), [("drawable.csv", False), ("", True)])
def test_a_list_of_what_could_be_drawn_decides_whether_the_sealed_estimate_has_a_test(
    listed, tested, monkeypatch
):
    """One team of 21: by any lot the smallest p is 1/21; by a list of three allocations 1/3."""
    scores = one_against(20)
    monkeypatch.setattr("dww_analysis.scales.score_scale", lambda answers, missing, scale: scores)
    allocation = Allocation("team", "allocation", randomised=True, listed=listed)
    teams = [f"t{i}" for i in range(21)]
    drawn = [{"allocation": a, "unit": t, "condition": int(t == f"t{a}")} for a in range(3) for t in teams]
    tables = {"answers": scores, "missing": None, "drawable": pd.DataFrame(drawn)}
    study = replace(trial_study(), allocation=allocation)
    found = sealed_numbers(_data(entry(), plan_of(entry()), study, [scale()], tables), None)
    assert np.isfinite(found["p_sealed"]) == tested and np.isfinite(found["estimate_sealed"])
