"""The test that decides, where the plan names another than the mixed model's own."""

from dataclasses import replace

import numpy as np
import pytest
from effects_studies import data_of, entry, trial_scores
from scipy import stats

from dww_analysis.domain.plan import DecidingTest
from dww_analysis.effects import deciding
from dww_analysis.effects.answered import answered
from dww_analysis.effects.answers import Facts, answer_of
from dww_analysis.effects.deciding import decided, planned_estimates
from dww_analysis.effects.estimate import fit_entry

SAME = ["estimate", "std_error", "df", "p_value", "conf_low", "conf_high"]


def told(scores=None, **test):
    scores = trial_scores(True) if scores is None else scores
    data = data_of(entry(test=DecidingTest(**test), sesoi=0.2), scores)
    return data, answered(data, scores[["sample", "person", "wave"]].assign(careless=False))


def planned(found, standardised=False):
    rows = found.result.estimates
    return rows[rows["primary"] & (rows["standardised"] == standardised)].iloc[0]


def beside(found):
    return found.sensitivity.set_index("analysis")


@pytest.fixture(scope="module")
def usual():
    return told()[1]


@pytest.mark.long
def test_the_permutation_decides_where_the_plan_says_so(usual):
    _, found = told(primary="permutation")
    row, permuted = planned(found), beside(usual).loc["permutation of teams"]
    for name in ("estimate", "p_value", "conf_low", "conf_high"):
        assert row[name] == permuted[name]
    assert row["df_method"] == "permutation" and np.isnan(row["df"])
    assert planned(found, standardised=True)["p_value"] == permuted["p_value"]
    in_sd = planned(found, standardised=True)
    per_sd = in_sd["estimate"] / row["estimate"]
    assert [in_sd["conf_low"], in_sd["conf_high"]] == pytest.approx(
        [per_sd * row["conf_low"], per_sd * row["conf_high"]], rel=1e-12
    )
    own_size = planned(usual, standardised=True)["estimate"] / planned(usual)["estimate"]
    assert per_sd == pytest.approx(own_size, rel=1e-12) and in_sd["df_method"] == "permutation"
    assert "permutation of teams" not in beside(found).index
    own = beside(found).loc["Kenward-Roger"]
    assert own[SAME].to_list() == planned(usual)[SAME].to_list()
    assert "decided_by_permutation" in found.result.record["methods"]
    assert found.result.record["lot"]["n_allocations"] == permuted["n_allocations"] == 70
    assert found.result.record["lot"]["smallest_p"] == permuted["smallest_p"]


def test_cluster_robust_decides_with_its_own_interval(usual):
    _, found = told(primary="CR2", beside=("permutation",))
    row, robust = planned(found), beside(usual).loc["CR2 by team"]
    assert row[SAME].to_list() == robust[SAME].to_list() and row["df_method"] == "CR2"
    half = stats.t(robust["df"]).ppf(0.975) * robust["std_error"]
    assert row["conf_high"] == pytest.approx(row["estimate"] + half, rel=1e-12)
    in_sd = planned(found, standardised=True)
    assert in_sd["conf_high"] - in_sd["estimate"] == pytest.approx(
        stats.t(robust["df"]).ppf(0.975) * in_sd["std_error"], rel=1e-12
    )
    assert in_sd["df"] == robust["df"] and in_sd["df_method"] == "CR2"
    assert in_sd["std_error"] ** 2 - planned(usual, standardised=True)["std_error"] ** 2 == pytest.approx(
        (robust["std_error"] ** 2 - planned(usual)["std_error"] ** 2)
        * (in_sd["estimate"] / row["estimate"]) ** 2,
        rel=1e-9,
    )
    assert {"Kenward-Roger", "permutation of teams"} <= {*beside(found).index}
    assert "CR2 by team" not in beside(found).index


def test_the_test_that_decides_is_made_once(monkeypatch):
    """It was made for the estimates, for the record and twice for the other analyses."""
    made, robust = [], deciding.cluster_robust
    monkeypatch.setattr(deciding, "cluster_robust", lambda *given: made.append(given[1]) or robust(*given))
    told(primary="CR2")
    assert len(made) == len({id(found) for found in made}) > 0


@pytest.mark.parametrize(("below", "method"), [(5, "permutation"), (4, "kenward-roger")])
def test_few_units_of_an_arm_let_another_test_decide(below, method):
    """Four teams in each arm."""
    _, found = told(when=((below, "permutation"),))
    assert planned(found)["df_method"] == method


def test_what_stands_beside_is_what_the_plan_names(usual):
    assert {"CR2 by team", "permutation of teams"} <= {*beside(usual).index}
    _, found = told(beside=("CR2",))
    assert "permutation of teams" not in beside(found).index and "CR2 by team" in beside(found).index


def test_a_lot_that_cannot_give_a_small_p_leaves_no_test():
    """Of two against two teams no p below 2 of 6 can come out."""
    scores = trial_scores(True)
    four = scores[scores["team"].isin(["t1", "t2", "t3", "t4"])].reset_index(drop=True)
    _, found = told(four, when=((5, "permutation"),))
    row = planned(found)
    assert found.result.record["untested"].startswith("no test at .05 exists: by lot no p below .33")
    assert np.isnan(row["p_value"]) and np.isfinite(row["conf_low"])
    data = data_of(entry(sesoi=0.2), four)
    answer = answer_of(data.entry, found.result.estimates, Facts(data.plan, data.study, {}, None))
    assert answer.enough_units.why == "no_power"


def test_a_test_that_cannot_be_had_is_said(usual):
    """CR2 is not offered of six teams."""
    scores = trial_scores(True)
    six = scores[~scores["team"].isin(["t7", "t8"])].reset_index(drop=True)
    _, found = told(six, primary="CR2")
    assert planned(found)["df_method"] == planned(found)["fallback"] == "kenward-roger"
    assert any("Kenward-Roger stands in for it" in said for said in found.result.record["warnings"])


def test_an_answer_of_a_permutation_is_held_against_the_smallest_effect_by_the_df_of_the_model(usual):
    data, found = told(primary="permutation")
    rows = found.result.estimates
    answer = answer_of(data.entry, rows, Facts(data.plan, data.study, {"y": data.scale}, None))
    row, df = planned(found), planned(usual)["df"]
    low = row["estimate"] - stats.t(df).ppf(0.95) * row["std_error"]
    assert answer.equivalence.low == pytest.approx(low, rel=1e-12)
    assert np.isfinite(answer.enough_units.value)


def test_without_a_row_in_sd_units_the_smallest_effect_is_held_against_the_df_of_the_units():
    """Eight teams."""
    data = data_of(entry(test=DecidingTest("permutation"), sesoi=0.2, standardise=False), trial_scores(True))
    found = fit_entry(data)
    rows = planned_estimates(data, found, decided(data, found))
    answer = answer_of(data.entry, rows, Facts(data.plan, data.study, {"y": data.scale}, None))
    row = rows[rows["primary"]].iloc[0]
    assert len(rows[rows["primary"]]) == 1
    low = row["estimate"] - stats.t(6).ppf(0.95) * row["std_error"]
    assert answer.equivalence.low == pytest.approx(low, rel=1e-12)
    assert np.isfinite(answer.enough_units.value)


def test_a_p_that_meets_the_level_rejects_at_every_level():
    """Of three against three teams 2 of 20 is the smallest p: the level itself where intervals are of 90 %, which is
    1 - .9 = .09999999999999998 to a machine. The test was said to exist, had no interval and never rejected."""
    scores = trial_scores(True)
    six = scores[scores["team"].isin([f"t{i}" for i in range(1, 7)])].reset_index(drop=True)
    six["score"] += 3.0 * ((six["arm"] == "intervention") & (six["wave"] == 2))
    data = data_of(entry(test=DecidingTest("permutation")), six)
    data = replace(data, plan=replace(data.plan, conf_level=0.9))
    found = answered(data, six[["sample", "person", "wave"]].assign(careless=False))
    row = planned(found)
    assert row["p_value"] == pytest.approx(0.1) and "untested" not in found.result.record
    assert 0 < row["conf_low"] < row["estimate"] < row["conf_high"]
    answer = answer_of(data.entry, found.result.estimates, Facts(data.plan, data.study, {}, None))
    assert (answer.plain, answer.corrected) == ("higher", "higher")
