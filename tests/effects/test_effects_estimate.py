"""Plan entries to estimates, against R (lme4 + pbkrtest) on the three-level trial of effects_studies."""

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, plan_of, trial_scores

from dww_analysis.effects import adjust_families, estimate_entry
from dww_analysis.errors import FitError, PlanError

KR = 1e-3  # Kenward-Roger df and SE end to end
EXACT = 1e-5  # stored R numbers have about eight digits


@pytest.fixture(scope="module")
def result():
    one = entry(sesoi=0.2)
    return estimate_entry(data_of(one, trial_scores(True)))


def row(result, identity):
    return result.estimates.set_index("id").loc[identity]


def test_constrained_baseline_with_team_by_wave_is_r(result):
    effect = row(result, "e")
    assert effect["estimate"] == pytest.approx(0.39577273, rel=EXACT)
    assert effect["std_error"] == pytest.approx(0.20707144, rel=KR)
    assert effect["df"] == pytest.approx(16.768, rel=KR)
    assert effect["p_value"] == pytest.approx(0.073215, rel=KR)
    assert effect["df_method"] == "kenward-roger"
    variances = result.components[result.components["term_2"].isna()].set_index("group")["estimate"]
    assert variances["team:wave"] == pytest.approx(0.030287531, rel=1e-4)
    assert variances["person"] == pytest.approx(0.149741648, rel=1e-4)


def test_interval_and_p_share_covariance_and_df(result):
    from scipy import stats

    effect = row(result, "e")
    half = stats.t.ppf(0.975, effect["df"]) * effect["std_error"]
    assert effect["conf_low"] == pytest.approx(effect["estimate"] - half)
    assert effect["p_value"] == pytest.approx(2 * stats.t.sf(abs(effect["statistic"]), effect["df"]))


def test_without_team_by_wave_the_df_counts_persons_and_a_warning_says_so():
    one = entry(team_by_wave=False)
    result = estimate_entry(data_of(one, trial_scores(True)))
    effect = row(result, "e")
    assert effect["p_value"] == pytest.approx(0.004368, rel=KR)
    assert effect["df"] == pytest.approx(82.459, rel=KR)
    (warning,) = result.record["warnings"]
    assert "team:wave" in warning


def test_component_at_zero_is_kept_and_flagged():
    one = entry()
    result = estimate_entry(data_of(one, trial_scores(False)))
    effect = row(result, "e")
    assert effect["std_error"] == pytest.approx(0.119103, rel=KR)
    assert effect["df"] == pytest.approx(14.095, rel=KR)
    assert effect["p_value"] == pytest.approx(0.005792, rel=KR)
    assert effect["boundary"] == "team:wave"
    flagged = result.components[result.components["boundary"]]
    assert list(flagged["group"]) == ["team:wave"]


def test_standardised_row_names_its_sd_and_counts_it_as_estimated(result):
    raw, standard = row(result, "e"), row(result, "e.sd")
    assert standard["unit"] == "SD" and standard["standardised"]
    assert standard["sd_used"] == pytest.approx(0.553978099827809, rel=EXACT)
    assert result.record["sd_df"] == pytest.approx(49.8638128428104, rel=EXACT)
    assert standard["estimate"] == pytest.approx(0.703620040996891, rel=EXACT)
    assert standard["std_error"] == pytest.approx(0.374821549416018, rel=EXACT)
    assert standard["p_value"] == raw["p_value"]
    assert standard["conf_low"] < standard["estimate"] < standard["conf_high"]


def test_model_means_differ_by_the_effect(result):
    means = pd.DataFrame(result.record["means"]).set_index(["arm", "wave"])["estimate"]
    assert means["control", 0] == means["intervention", 0]  # one mean before the intervention
    difference = means["intervention", 2] - means["control", 2]
    assert difference == pytest.approx(row(result, "e")["estimate"])


def test_given_formula_and_its_term():
    one = entry(formula="y ~ wave_number + (1 | team) + (1 | person)", term="wave_number")
    result = estimate_entry(data_of(one, trial_scores(False)))
    assert list(result.estimates["id"]) == ["e", "e.sd"]
    assert result.estimates["per"].tolist() == ["wave", "wave"]


def test_term_that_is_no_coefficient_is_refused():
    one = entry(formula="y ~ wave_number + (1 | person)", term="wave")
    with pytest.raises(PlanError, match="wave_number"):
        estimate_entry(data_of(one, trial_scores(False)))


def test_covariate_that_nobody_knows_is_refused():
    one = entry(formula="y ~ shoe_size + (1 | team)", term="shoe_size")
    with pytest.raises(PlanError, match="shoe_size"):
        estimate_entry(data_of(one, trial_scores(False)))


def test_outcome_without_variation_cannot_be_estimated():
    constant = trial_scores(False).assign(score=3.0)
    with pytest.raises(FitError, match="variation"):
        estimate_entry(data_of(entry(), constant))


def estimates_of(p_values, family="primary"):
    return pd.DataFrame(
        {
            "id": (ids := [f"e{i}" for i in range(len(p_values))]),
            "entry": ids,
            "primary": True,
            "standardised": False,
            "p_value": p_values,
            "family": family,
            "sd_used": np.nan,
            "p_adjusted": np.nan,
            "adjust_method": "none",
        }
    )


@pytest.mark.parametrize(
    ("adjust", "expected"),
    [
        ("holm", [0.03, 0.06, 0.06, 0.02]),
        ("BH", [0.02, 0.04, 0.04, 0.02]),
        ("none", [0.01, 0.04, 0.03, 0.005]),
    ],
)
def test_families_as_p_adjust_in_r(adjust, expected):
    adjusted = adjust_families(estimates_of([0.01, 0.04, 0.03, 0.005]), plan_of(entry(), adjust=adjust))
    assert adjusted["p_adjusted"].tolist() == pytest.approx(expected)
    assert adjusted["p_value"].tolist() == [0.01, 0.04, 0.03, 0.005]


def test_rows_of_other_waves_are_not_in_the_family():
    table = estimates_of([0.01, 0.04])
    table.loc[1, "family"] = ""
    adjusted = adjust_families(table, plan_of(entry()))
    assert adjusted["p_adjusted"].iloc[0] == pytest.approx(0.01)
    assert np.isnan(adjusted["p_adjusted"].iloc[1])


def test_too_few_persons_in_an_arm_give_no_estimate():
    few = trial_scores(False)
    few = few[(few["arm"] == "control") | few["person"].isin(["p6", "p7", "p8", "p9", "p10", "p16", "p17"])]
    with pytest.raises(FitError, match="fewer than 8 persons in the smallest group"):
        estimate_entry(data_of(entry(), few))


@pytest.mark.parametrize("name", ["int", "w", "intervention_wave", "organisation_size"])
@pytest.mark.slow
def test_means_are_the_same_whatever_a_covariate_is_called(name):
    """`int` begins the column `intervention_wave1`: no column but its own may be set to its mean."""
    scores = trial_scores(True)

    def means(covariate):
        other = scores.assign(scale=covariate, score=np.cos(np.arange(len(scores))))
        data = data_of(entry(covariates=(covariate,)), scores, covariates={covariate: other})
        return pd.DataFrame(estimate_entry(data).record["means"])

    pd.testing.assert_frame_equal(means(name), means("z"))


def test_means_per_arm_are_not_made_where_a_column_was_left_out():
    """Their rows count every column of the formula; without one of them a mean would be another."""
    from types import SimpleNamespace

    from dww_analysis.effects.means import arm_means

    without = SimpleNamespace(dropped={"wave1": "no row of the data has it"})
    assert arm_means(None, without, None, None, 0.95) == []


def test_a_term_that_rests_on_few_persons_says_so():
    """A dummy of three persons: n_smallest is 3, and the gate hides the row."""
    from types import SimpleNamespace

    from dww_analysis.domain.contrasts import Contrast
    from dww_analysis.effects.models import Target
    from dww_analysis.effects.smallest import smallest_side

    person = pd.Series([f"p{i}" for i in range(40)])
    X = np.column_stack([np.ones(40), np.arange(40) < 3, np.arange(40) % 4])
    design = SimpleNamespace(X=X, x_names=("(Intercept)", "rare", "often"))
    found = SimpleNamespace(used=pd.DataFrame({"person": person}), fitted=SimpleNamespace(design=design))
    for term, expected in (("rare", 3), ("often", 30), ("(Intercept)", 40)):
        assert smallest_side(Target({term: 1.0}, Contrast(), True), found) == expected


def test_a_correlation_at_its_limit_does_not_flag_the_variances_beside_it():
    from dww_analysis.effects.components import components_of
    from dww_analysis.multilevel import fit

    rng = np.random.default_rng(3)
    group, x = np.repeat(np.arange(30), 8), np.tile(np.arange(8.0), 30)
    u = rng.normal(size=30)[group]
    frame = pd.DataFrame({"y": 1 + u + 0.3 * u * x + 0.7 * rng.normal(size=240), "x": x, "g": group})
    fitted = fit("y ~ x + (x | g)", frame.astype({"g": str}))
    assert fitted.boundary == ("g cor((Intercept), x)",)
    rows = components_of(entry(), fitted, 0.95)
    assert list(rows.loc[rows["boundary"], "term_2"]) == ["x"]


def test_a_variance_at_zero_is_found_by_its_whole_name():
    from types import SimpleNamespace

    from dww_analysis.effects.components import _on_boundary

    def variance(group, term):
        return SimpleNamespace(group=group, term_1=term, term_2=None)

    flagged = ("team time_squared", "team:wave (Intercept)")
    assert _on_boundary(variance("team", "time_squared"), flagged)
    assert _on_boundary(variance("team:wave", "(Intercept)"), flagged)
    assert not _on_boundary(variance("team", "time"), flagged)
    assert not _on_boundary(variance("team", "(Intercept)"), flagged)
