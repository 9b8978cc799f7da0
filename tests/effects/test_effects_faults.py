"""What a trial may look like: yes/no, one wave, empty arms, anonymous waves, formulas that promise too much."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, scale, trial_scores, trial_study, wedge_scores, wedge_study
from permuted_means import permutation_test

from dww_analysis.domain.study import Allocation, Background, Wave
from dww_analysis.effects import estimate_entry, fit_entry, sensitivity_of
from dww_analysis.effects.answered import answered
from dww_analysis.errors import FitError


def checked(data):
    flags = data.scores[["sample", "person", "wave"]].assign(careless=False)
    return sensitivity_of(data, fit_entry(data), flags).set_index("analysis")


def yes_no_scores():
    table = trial_scores(True)
    return table.assign(score=(table["score"] > table["score"].median()).astype(float))


def yes_no(**changes):
    return dataclasses.replace(scale(low=0.0, high=1.0), measure="yes_no", **changes)


def test_a_yes_no_outcome_in_a_trial_is_estimated():
    study = dataclasses.replace(trial_study(), min_cell_size=3)
    data = data_of(entry(), yes_no_scores(), scale=yes_no(), study=study)
    result = estimate_entry(data)
    planned = result.estimates.set_index("id").loc["e"]
    assert (planned["kind"], planned["summary"], planned["unit"]) == ("yes_no", "odds_ratio", "log odds")
    assert result.record["family"] == "binomial" and not result.estimates["standardised"].any()
    assert "permutation of teams" not in checked(data).index


def test_zeros_and_ones_of_a_continuous_scale_stay_continuous():
    planned = estimate_entry(data_of(entry(), yes_no_scores())).estimates.set_index("id").loc["e"]
    assert planned["kind"] == "continuous" and planned["df_method"] == "kenward-roger"


@pytest.mark.parametrize("measure", ["yes_no", "ordered", "count"])
def test_scores_that_contradict_the_declared_kind_are_a_sentence(measure):
    data = data_of(entry(), trial_scores(True), scale=dataclasses.replace(scale(), measure=measure))
    with pytest.raises(FitError, match=f"measure: {measure}"):
        estimate_entry(data)


def one_wave(wave=0):
    study = dataclasses.replace(trial_study(), waves=(Wave(0, {"en": "after"}),))
    return data_of(entry(), trial_scores(True).query("wave == 2").assign(wave=wave), study=study)


def test_one_wave_is_a_difference_after_allocation():
    data = one_wave()
    planned = estimate_entry(data).estimates.set_index("id").loc["e"]
    found = fit_entry(data)
    assert found.model.formula == "score ~ intervention_wave0 + (1 | team)"
    assert {"without_baseline", "persons_once"} <= set(found.model.methods)
    by_team = data.scores.groupby(["team", "arm"])["score"].mean().reset_index()
    means = by_team.groupby("arm")["score"].mean()  # teams of equal size: the model's own answer
    assert planned["estimate"] == pytest.approx(means["intervention"] - means["control"], abs=1e-8)
    assert planned["df"] == pytest.approx(6, abs=1e-6)
    assert checked(data).loc["permutation of teams", "n_allocations"] == 70


def test_permutation_of_one_wave_with_equal_teams_is_that_of_team_means():
    data = one_wave()
    by_team = data.scores.groupby("team").agg(score=("score", "mean"), arm=("arm", "first"))
    treated = (by_team["arm"] == "intervention").to_numpy()
    expected = permutation_test(by_team["score"].to_numpy(), treated, np.zeros(8))
    row = checked(data).loc["permutation of teams"]
    assert row["estimate"] == pytest.approx(expected.estimate)
    assert (row["p_value"], row["smallest_p"]) == (expected.p_value, expected.smallest_p)
    assert row["conf_low"] == pytest.approx(expected.conf_low, abs=1e-6)


def test_an_outcome_first_asked_after_the_start_has_no_common_baseline():
    later = trial_scores(True).query("wave > 0")
    found = fit_entry(data_of(entry(), later))
    assert {"intervention_wave1", "intervention_wave2"} <= set(found.coefficients.index)


def test_an_outcome_asked_before_the_start_only_is_a_sentence():
    with pytest.raises(FitError, match="no answers after the baseline"):
        estimate_entry(data_of(entry(), trial_scores(True).query("wave == 0")))


def test_an_outcome_asked_at_the_last_wave_only_is_compared_there():
    """Who answered other questions before has rows without a score; the model of the last wave's rows alone is it."""
    scores = trial_scores(True)
    before = scores["wave"] < 2
    found = fit_entry(data_of(entry(), scores.assign(score=scores["score"].mask(before))))
    alone = fit_entry(data_of(entry(), scores[~before]))
    assert found.model.formula == alone.model.formula == "score ~ intervention_wave2 + (1 | team)"
    assert "without_baseline" in found.model.methods and "constrained_baseline" not in found.model.methods
    own = found.coefficients.loc["intervention_wave2"]
    means = (
        scores[~before].groupby(["arm", "team"])["score"].mean().unstack("arm")
    )  # teams of one size: by hand
    assert own["estimate"] == pytest.approx(means["intervention"].mean() - means["control"].mean(), rel=1e-9)


@pytest.mark.parametrize("design", ["stepped_wedge", "before_after"])
def test_a_wedge_asked_at_one_wave_compares_who_started_with_who_had_not(design):
    """Teams of one size: the mean of the exposures' means minus the mean of who had not started, by hand."""
    scores, study = wedge_scores(), wedge_study(design=design)
    here = scores[scores["wave"] == 2].dropna(subset=["score"])
    size = here.groupby("team").size().min()
    here = here[here.groupby("team").cumcount() < size]
    asked = scores.assign(score=here["score"])  # at other waves rows without a score
    result = estimate_entry(data_of(entry(), asked, study=study))
    record, table = result.record, result.estimates
    assert "wave" not in record["formula"]
    assert any(w.startswith("e: scores at wave 2 only") for w in record["warnings"])
    since = (here["wave"] - here["start"] + 1).clip(lower=0).fillna(0)
    means = here.groupby([since.rename("since"), "team"])["score"].mean().groupby("since").mean()
    expected = means[means.index > 0].mean() - means[0]
    assert table.set_index("id").at["e", "estimate"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("arm", ["control", "intervention"])
def test_an_arm_empty_at_another_wave_leaves_the_planned_contrast(arm):
    scores = trial_scores(True)
    scores = scores[~((scores["wave"] == 1) & (scores["arm"] == arm))]
    result = estimate_entry(data_of(entry(), scores))
    assert set(result.estimates["id"]) == {"e", "e.sd"}
    assert any(f"no contrast at wave 1: no answers in arm {arm}" in w for w in result.record["warnings"])


@pytest.mark.parametrize("arm", ["control", "intervention"])
def test_an_arm_empty_at_the_planned_wave_is_a_sentence(arm):
    scores = trial_scores(True)
    scores = scores[~((scores["wave"] == 2) & (scores["arm"] == arm))]
    with pytest.raises(FitError, match=f"no answers of {arm} at wave 2"):
        estimate_entry(data_of(entry(), scores))


def test_one_team_in_an_arm_is_an_estimate_without_a_test():
    scores = trial_scores(True).query("team in ('t1', 't2', 't3')")
    study = dataclasses.replace(trial_study(), min_cell_size=3)
    result = estimate_entry(data_of(entry(), scores, study=study))
    assert result.record["untested"].startswith("no test at .05 exists: one team in arm intervention")
    assert "no p below .33" in result.record["warnings"][-1]
    assert "untested" not in estimate_entry(data_of(entry(), trial_scores(True))).record


def test_few_persons_of_an_arm_at_another_wave_are_not_shown():
    scores = trial_scores(True)
    few = scores["person"].isin(["p1", "p2", "p3"]) | (scores["arm"] == "intervention")
    result = estimate_entry(data_of(entry(), scores[(scores["wave"] != 1) | few]))
    assert "e.wave1" not in set(result.estimates["id"])
    assert any("fewer than 8 persons" in w for w in result.record["warnings"])


def test_repeated_cross_sections_have_no_term_for_persons():
    scores = trial_scores(True).assign(person=lambda d: [f"q{i}" for i in range(len(d))])
    found = fit_entry(data_of(entry(), scores))
    assert "person" not in found.model.formula and "persons_once" in found.model.methods


def test_one_answer_a_unit_and_wave_leaves_the_cells_to_the_residual():
    scores = trial_scores(True)
    first = scores.drop_duplicates(["team", "wave"]).reset_index(drop=True)
    found = fit_entry(data_of(entry(), first, study=dataclasses.replace(trial_study(), min_cell_size=3)))
    assert "team:wave" not in found.model.formula and "unit_by_wave_is_residual" in found.model.methods


@pytest.mark.parametrize(
    ("treated", "units", "smallest"), [(1, 3, 1 / 3), (3, 6, 2 / 20), (4, 8, 2 / 70), (3, 7, 1 / 35)]
)
def test_smallest_p_is_the_share_tied_with_the_largest(treated, units, smallest):
    """R by enumeration: 3+3 .1, 4+4 .0285714, 3+4 .0285714 (with unequal arms there is no mirror image)."""
    values = np.sin(1.7 * np.arange(units) ** 2)
    found = permutation_test(values, np.arange(units) < treated, np.zeros(units))
    assert found.smallest_p == pytest.approx(smallest)


def test_darwins_maize():
    """Fisher (1935), section 21: 15 pairs; two-sided 1726 of 32 768."""
    differences = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
    values = np.column_stack([differences, np.zeros(15)]).ravel()
    found = permutation_test(values, np.tile([True, False], 15), np.repeat(np.arange(15), 2))
    assert found.n_allocations == 32768 and found.p_value == 1726 / 32768


def test_permutation_is_of_the_planned_estimator():
    """With teams of 3 to 5 the row is near the model's estimate and not the unweighted difference of means."""
    scores = trial_scores(True)
    small = scores["person"].isin([f"p{i}" for i in (4, 5, 9, 10, 24, 25)])
    data = data_of(entry(), scores[~small].reset_index(drop=True))
    row, planned = (
        checked(data).loc["permutation of teams"],
        estimate_entry(data).estimates.set_index("id").loc["e"],
    )
    assert row["estimate"] == pytest.approx(planned["estimate"], abs=0.03)
    assert row["conf_low"] < row["estimate"] < row["conf_high"]


def with_strata(scores, treated):
    org = scores["team"].map({f"t{i}": f"o{(i - 1) // 2}" for i in range(1, 9)})
    arm = np.where(scores["team"].isin(treated), "intervention", "control")
    allocation = Allocation("team", "allocation", randomised=True, strata="organisation")
    study = dataclasses.replace(trial_study(), allocation=allocation)
    return data_of(entry(), scores.assign(organisation=org, arm=arm), study=study)


def test_organisations_of_one_team_each_are_these_teams():
    """Drawn among all teams: two terms for one grouping cannot be told apart."""
    scores = trial_scores(True)
    alone = estimate_entry(data_of(entry(), scores.assign(organisation=scores["team"])))
    one = estimate_entry(data_of(entry(), scores))
    assert "(1 | organisation)" not in alone.record["formula"]
    pd.testing.assert_frame_equal(
        alone.estimates.drop(columns="n_organisations"), one.estimates.drop(columns="n_organisations")
    )


def test_a_stratum_with_one_arm_informs_the_waves_only():
    data = with_strata(trial_scores(True), {"t2", "t4", "t6"})
    result = estimate_entry(data)
    assert any("one arm only (o3)" in w for w in result.record["warnings"])
    assert checked(data).loc["permutation of teams", "n_allocations"] == 8  # of the other three pairs


def given(formula, term, **changes):
    years = Background("years", {"en": "years"}, "number")
    scores = trial_scores(True)
    answers = scores.assign(years=scores["person"].str[1:].astype(float))
    other = scores.assign(scale="z", score=np.cos(np.arange(len(scores))))
    study = dataclasses.replace(trial_study(), background=(years,))
    one = entry(formula=formula, term=term, **changes)
    return estimate_entry(data_of(one, scores, answers=answers, study=study, covariates={"z": other}))


RANDOM = " + (1 | team) + (1 | team:wave) + (1 | person)"


def test_an_arm_over_all_waves_is_an_association():
    result = given("y ~ wave + arm" + RANDOM, "armintervention")
    assert set(result.estimates["noun"]) == {"association"}
    assert any("over all waves" in w for w in result.record["warnings"])


def test_a_difference_of_changes_is_an_effect():
    result = given("y ~ wave * arm + years" + RANDOM, "wave2:armintervention")
    planned = result.estimates.set_index("id").loc["e"]
    assert planned["noun"] == "effect" and result.record["warnings"] == []
    assert (planned["arm"], planned["wave"], planned["from_wave"]) == ("intervention", 2, 0)


def test_a_covariate_after_the_start_makes_an_association_unless_it_is_a_mediator():
    formula = "y ~ wave * arm + z" + RANDOM
    result = given(formula, "wave2:armintervention")
    assert set(result.estimates["noun"]) == {"association"}
    assert any("z in the formula was measured after the start" in w for w in result.record["warnings"])
    meant = given(formula, "wave2:armintervention", mediators=("z",))
    assert set(meant.estimates["noun"]) == {"effect"} and meant.record["warnings"] == []


def test_a_variant_that_the_engine_refuses_is_a_row():
    scores = trial_scores(True).assign(current_team="everywhere")
    rows = checked(data_of(entry(), scores))
    assert rows.loc["team at the time of answering", "remark"] == "failed"
    assert rows.loc["team at the time of answering", "note"]
    assert pd.isna(rows.loc["team at the time of answering", "estimate"])


@pytest.mark.parametrize(
    "data",
    [
        data_of(entry(), trial_scores(True).query("wave == 0")),
        data_of(entry(), trial_scores(True).assign(score=2.5)),
        data_of(entry(), trial_scores(True).assign(score=np.nan)),
        data_of(entry(), trial_scores(True).iloc[:0]),
        data_of(entry(wave=1), trial_scores(True).query("wave != 1")),
        data_of(entry(formula="y ~ wave + nothing + (1 | team)", term="nothing"), trial_scores(True)),
        data_of(entry(formula="y ~ wave + (1 | team", term="wave1"), trial_scores(True)),
    ],
)
def test_whatever_is_refused_is_a_sentence_in_the_record(data):
    flags = data.scores[["sample", "person", "wave"]].assign(careless=False)
    found = answered(data, flags)
    assert found.result.estimates.empty and found.sensitivity.empty
    assert found.result.record["failed"]
