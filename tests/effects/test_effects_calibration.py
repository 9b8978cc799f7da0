"""Tests tried on invented trials: the same model on the same rows, every trial counted, the same whatever the split."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from effects_studies import (
    data_of,
    entry,
    plan_of,
    scale,
    small_wedge,
    trial_scores,
    trial_study,
    wedge_data,
)

from dww_analysis.domain.plan import Calibration, DecidingTest
from dww_analysis.domain.study import Allocation
from dww_analysis.domain.tables import register
from dww_analysis.effects import calibration, fit_entry
from dww_analysis.effects.calibration import (
    COLUMNS,
    Source,
    Tried,
    calibrate,
    effects_of,
    failing,
    of_all_waves,
    summary,
    trials_of,
)
from dww_analysis.effects.checks import allotted
from dww_analysis.effects.planned import permute_planned
from dww_analysis.effects.trial_checks import checked_trials
from dww_analysis.multilevel.trials import invented_outcomes, run_trials
from dww_analysis.stages import calibrate as stages_calibrate

SETTINGS = Calibration(80, (0.0, "sesoi"), 7, 5)
DATA = data_of(entry(sesoi=0.4), trial_scores(True))


@pytest.fixture(scope="module")
def found():
    return fit_entry(DATA)


@pytest.fixture(scope="module")
def trials():
    return trials_of(DATA, SETTINGS)


@pytest.fixture(scope="module")
def table(trials):
    return trials.table


def test_every_way_has_a_row_per_effect(table):
    assert list(table.columns) == list(COLUMNS)
    rows = set(zip(table["method"], table["effect"], strict=True))
    assert not table.duplicated(["method", "effect", "components"]).any()
    both = {(m, e) for m in ("kenward-roger", "z", "without unit by wave") for e in (0.0, 0.4)}
    assert rows == both | {("CR2", 0.0), ("permutation", 0.0)}
    assert set(table.loc[table["is_sesoi"], "effect"]) == {0.4}
    assert set(table.loc[table["method"] == "CR2", "trials"]) == {5}


def test_bins_hold_the_trials_of_the_test_that_decides(trials):
    table = trials.table[trials.table["components"] == "estimated"]
    decides = table[table["method"] == "kenward-roger"].set_index("effect")
    for effect, own in trials.bins.groupby("effect"):
        row = decides.loc[effect]
        assert own["trials"].sum() == row["trials"]
        assert own["rejected"].sum() == round(row["rejected"] * row["trials"])
        middle = (own["low"] + own["high"]) / 2
        width = float((own["high"] - own["low"]).max())
        mean = float((middle * own["trials"]).sum() / own["trials"].sum())
        assert abs(mean - effect - row["bias"]) < width


def test_a_planned_effect_that_is_the_smallest_of_interest_is_tried_once():
    """It gave two rows with one key, which no table may have."""
    data = data_of(entry(sesoi=0.2), trial_scores(True))
    some = Calibration(trials=20, effects=(0.0, 0.2, "sesoi"), seed=1, checks=0)
    assert effects_of(data, some) == [(0.0, False), (0.2, True)]
    found = trials_of(data, some)
    assert not found.table.duplicated(list(register()["calibration"].key)).any()
    assert not found.bins.duplicated(list(register()["calibration_bins"].key)).any()
    assert effects_of(data, replace(some, effects=(0.2, 0.5))) == [(0.2, False), (0.5, False)]


@pytest.mark.parametrize(
    "random", ["(1 | team) + (1 | team:wave)", "(1 | team) + (1|wave:team)", "(1 | team/wave)"]
)
def test_units_at_waves_are_left_out_however_they_are_written(random):
    assert of_all_waves(f"y ~ wave + {random} + (1 | person)") == "y ~ wave + (1 | team) + (1 | person)"
    assert of_all_waves("y ~ wave + (1 | organisation/team/wave)") == "y ~ wave + (1 | organisation/team)"
    assert of_all_waves("y ~ wave + (1 | organisation/team)") == "y ~ wave + (1 | organisation/team)"


def test_shares_are_shares(table):
    for column in ("rejected", "coverage", "share_boundary", "share_not_converged", "share_failed"):
        assert table[column].dropna().between(0, 1).all(), column
    kr = table[(table["method"] == "kenward-roger") & (table["effect"] == 0)].iloc[0]
    assert kr["rejected_mcse"] == pytest.approx(np.sqrt(kr["rejected"] * (1 - kr["rejected"]) / 80))
    assert kr["rejected"] + kr["coverage"] == pytest.approx(1)  # one test, one interval


def test_an_effect_adds_itself_to_the_trials_without(table, found):
    """Power from shifted trials is that of trials drawn with the effect in their coefficients."""
    source = Source.of(found, SETTINGS)
    beta = source.beta + 0.4 * source.L[0]
    drawn = run_trials(found.fitted, 80, 7, source.L, beta=beta).contrast()
    row = table[(table["method"] == "kenward-roger") & (table["effect"] == 0.4)].iloc[0]
    assert row["rejected"] == (drawn["p_value"] < 0.05).mean()
    assert row["bias"] == pytest.approx(drawn["estimate"].mean() - 0.4, abs=1e-8)
    assert row["coverage"] == ((drawn["conf_low"] <= 0.4) & (drawn["conf_high"] >= 0.4)).mean()
    assert row["mean_std_error"] == pytest.approx(drawn["std_error"].mean(), rel=1e-8)
    assert row["empirical_sd"] == pytest.approx(drawn["estimate"].std(), rel=1e-6)


def test_trials_are_the_same_whatever_the_split(found):
    source = Source.of(found, SETTINGS)
    whole, parts = source.run(70), (source.run(30), source.run(40, 30))
    estimate, df = (np.concatenate([getattr(part, name) for part in parts]) for name in ("estimate", "df"))
    np.testing.assert_allclose(whole.estimate, estimate, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(whole.df, df, rtol=1e-6)


def test_without_the_term_the_model_is_the_one_that_the_plan_could_have_asked_for(table):
    other = fit_entry(replace(DATA, entry=replace(DATA.entry, team_by_wave=False))).fitted
    source = Source.of(fit_entry(DATA), SETTINGS)
    drawn = source.run(80, analysis=other)
    row = table[(table["method"] == "without unit by wave") & (table["effect"] == 0)].iloc[0]
    assert row["mean_std_error"] == pytest.approx(drawn.std_error.mean(), rel=1e-8)
    assert row["mean_std_error"] < table.loc[table["method"] == "kenward-roger", "mean_std_error"].iloc[0]


def test_checks_on_a_trial_are_the_checks_of_that_outcome(found):
    source = Source.of(found, SETTINGS)
    checked = checked_trials(DATA, found, source.beta, SETTINGS)
    by_lot, term = allotted(DATA, found), found.model.planned.term
    for i, y in enumerate(invented_outcomes(found.fitted, 5, 7, beta=source.beta).T):
        robust = found.fitted.refit(y).robust(cluster="team").set_index("term").loc[term]
        for part in ("estimate", "std_error", "df"):
            assert checked["CR2"][part][i] == pytest.approx(robust[part], rel=1e-6), part
        lot = (by_lot.units, by_lot.lot, by_lot.effects)
        one = permute_planned(by_lot.null.refit(y), *lot, seed=1, conf_level=0.95)
        assert checked["permutation"]["p_value"][i] == pytest.approx(one.p_value)  # all 70 are listed
        assert checked["permutation"]["estimate"][i] == pytest.approx(one.estimate, rel=1e-6)


def test_with_transition_waves_trials_have_rows_in_transition_too():
    allocation = Allocation("team", "allocation", randomised=True, transition_waves=1)
    data = wedge_data(small_wedge(), allocation=allocation)
    found = fit_entry(data)
    tried = checked_trials(data, found, Source.of(found, SETTINGS).beta, SETTINGS)["permutation"]
    by_lot = allotted(data, found)
    y = invented_outcomes(by_lot.null, 5, 7)[:, 3]
    assert len(y) > len(found.fitted.design.y)
    lot = (by_lot.units, by_lot.lot, by_lot.effects)
    one = permute_planned(by_lot.null.refit(y), *lot, seed=7, conf_level=0.95)
    assert tried["estimate"][3] == pytest.approx(one.estimate, rel=1e-5)
    assert tried["p_value"][3] == pytest.approx(one.p_value)


def test_failed_fits_count_as_trials_that_found_nothing():
    bad, fine = np.array([np.nan, 1.0, 0.0, 0.1]), np.full(4, 0.1)
    tried = Tried(bad, fine, np.full(4, 50.0), np.array([False, True, True, True]), np.zeros(4, bool))
    found = summary(tried, 0.0, 0.05)
    assert found["trials"] == 4 and found["rejected"] == 0.25 and found["coverage"] == 0.5
    assert found["share_failed"] == 0.25 and found["share_not_converged"] == 0.25


def test_the_first_trials_decide_whether_to_go_on(monkeypatch):
    asked = []

    def run(self, n, first=0, **more):
        asked.append(n)
        nothing = np.full(n, np.nan)
        return Tried(nothing, nothing, nothing, np.zeros(n, bool), np.zeros(n, bool))

    monkeypatch.setattr(Source, "run", run)
    table = calibrate(DATA, replace(SETTINGS, trials=2000))
    assert asked == [64] and set(table["remark"]) == {calibration.STOPPED}
    assert set(table["trials"]) == {64} and set(table["share_failed"]) == {1.0}
    some = np.where(np.arange(64) < 9, np.nan, 0.1)
    assert not failing(Tried(some, some, some, np.ones(64, bool), np.zeros(64, bool)))


def test_without_a_smallest_effect_power_is_left_out():
    table = calibrate(data_of(entry(), trial_scores(True)), replace(SETTINGS, checks=0))
    assert set(table["effect"]) == {0.0} and not table["is_sesoi"].any()


def yes_or_no():
    scores = trial_scores(True).assign(score=lambda d: (d["score"] > 3.6).astype(float))
    return data_of(entry(), scores, scale=replace(scale(low=0, high=1), measure="yes_no"))


def persons_by_lot():
    """At one wave, without teams: no answer depends on another."""
    scores = trial_scores(True).query("wave == 2").assign(team=None)
    study = replace(trial_study(), allocation=Allocation("person", "allocation", randomised=True))
    return data_of(entry(), scores, study=replace(study, waves=study.waves[2:]))


@pytest.mark.parametrize("make", [yes_or_no, persons_by_lot])
def test_what_is_not_tried_is_a_line_and_is_said(make, monkeypatch):
    data = make()
    table = calibrate(data, SETTINGS)
    assert list(table["remark"]) == [calibration.NOT_OFFERED] and list(table["trials"]) == [0]
    monkeypatch.setattr(stages_calibrate, "entry_data", lambda project, name, tables: data)
    project = SimpleNamespace(files=SimpleNamespace(plan=SimpleNamespace(calibration=SETTINGS)))
    (said,) = stages_calibrate.STAGE.run(project, "e", {}).warnings
    assert said.startswith("e: not tried on simulated trials")


# --- variances at the ends of their intervals


def test_each_variance_between_units_is_tried_at_both_ends_of_its_profile_interval(table, found):
    """The ends are those of the likelihood profile itself, and the trials are drawn with them."""
    names = list(dict.fromkeys(table.loc[table["components"] != "estimated", "components"]))
    assert names == ["team low", "team high", "team:wave low", "team:wave high"]
    groups = [t.group for t in found.fitted.design.random]
    profile = found.fitted.profile().set_index("term")
    for name in names:
        group, end = name.split(" ")
        theta = found.fitted.solution.theta.copy()
        theta[groups.index(group)] = profile.at[f"sd_(Intercept)|{group}", f"conf_{end}"] / found.fitted.sigma
        source = Source.of(found, SETTINGS)
        drawn = run_trials(found.fitted, 80, 7, source.L, beta=source.beta, theta=theta).contrast()
        row = table[(table["components"] == name) & (table["effect"] == 0)].iloc[0]
        assert row["rejected"] == (drawn["p_value"] < 0.05).mean(), name
        assert row["mean_std_error"] == pytest.approx(drawn["std_error"].mean(), rel=1e-6)
    assert set(table.loc[table["components"] != "estimated", "method"]) == {"kenward-roger"}


def test_more_variance_between_units_at_waves_widens_the_spread_of_estimates(table):
    at_zero = table[table["effect"] == 0].set_index("components")["empirical_sd"]
    assert at_zero["team:wave low"] < at_zero["team:wave high"]


def test_other_outcomes_are_tried_as_estimated_only():
    other = replace(DATA, entry=replace(DATA.entry, family="secondary"))
    assert set(calibrate(other, SETTINGS)["components"]) == {"estimated"}


def test_where_cluster_robust_decides_its_power_is_tried_and_no_end_of_the_model_s():
    """Also of an outcome that is not primary."""
    one = entry(test=DecidingTest("CR2"), sesoi=0.5, family="other")
    settings = Calibration(8, (0.0, "sesoi"), 7, 5)
    found = calibrate(data_of(one, trial_scores(True), plan=plan_of(one)), settings)
    robust = found[found["method"] == "CR2"].set_index("effect")
    assert [*robust.index] == [0.0, 0.5] and robust.loc[0.5, "rejected"] >= robust.loc[0.0, "rejected"]
    assert set(found.loc[found["method"] == "permutation", "effect"]) == {0.0}
    primary = entry(test=DecidingTest("permutation"), sesoi=0.5)
    found = calibrate(data_of(primary, trial_scores(True)), settings)
    assert set(found["components"]) == {"estimated"}
