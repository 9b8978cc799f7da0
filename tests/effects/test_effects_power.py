"""Power before data against formulas that were worked out in R, and the collapses it must have."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dww_analysis.effects.power import (
    Assumptions,
    effect_variance,
    power_of,
    smallest_effect,
    teams_needed,
    wedge,
)
from dww_analysis.effects.power_grid import power_table
from dww_analysis.effects.sizes import power_of_test
from dww_analysis.errors import PlanError

ORACLE = json.loads((Path(__file__).parents[1] / "oracles/15_power/oracle.json").read_text())
CLOSE = 1e-9  # the same formulas in double precision
ONE_WAVE = Assumptions("parallel_cluster", 16, persons=10, waves=1, cac=1.0, iac=0.0)


def of(inputs) -> Assumptions:
    return replace(
        ONE_WAVE,
        persons=inputs["cluster_size"],
        icc=inputs["icc"],
        cv=inputs.get("cv", 0.0),
        effect=inputs["effect_sd_units"] or 1e-12,
    )


@pytest.mark.oracle
@pytest.mark.parametrize("case", ORACLE["two_level"])
def test_two_levels(case):
    assumed = replace(of(case["inputs"]), teams=case["inputs"]["clusters_total"])
    found = power_of(assumed)
    assert found["std_error"] == pytest.approx(case["se"], rel=CLOSE)
    assert found["df"] == case["df"]
    assert found["power"] == pytest.approx(case["power_t"], abs=CLOSE)
    assert found["smallest_effect"] == pytest.approx(case["mdes_80_t"], rel=CLOSE)
    assert power_of_test(assumed.effect, found["std_error"], np.inf) == pytest.approx(
        case["power_z"], abs=CLOSE
    )


@pytest.mark.oracle
@pytest.mark.parametrize("case", ORACLE["clusters_needed"])
def test_clusters_needed(case):
    needed = teams_needed(of(case["inputs"]))
    assert needed == case["clusters_total_even"]
    assert power_of(replace(of(case["inputs"]), teams=needed))["power"] == pytest.approx(
        case["power"], abs=CLOSE
    )


@pytest.mark.oracle
@pytest.mark.parametrize("case", ORACLE["stepped_wedge"])
def test_stepped_wedge_with_one_effect(case):
    inputs = case["inputs"]
    treated = np.array(inputs["design"], dtype=float)
    waves = treated.shape[1]
    error = inputs["tau2_cluster_period"] + inputs["sigma2"] / inputs["cell_size"]
    covariance = inputs["tau2_cluster"] * np.ones((waves, waves)) + error * np.eye(waves)
    variance = effect_variance(treated[:, :, None], covariance, np.ones(1))
    assert variance == pytest.approx(case["var_effect_closed_form"], rel=CLOSE)
    assert power_of_test(inputs["effect"], np.sqrt(variance), np.inf) == pytest.approx(
        case["power_z"], abs=CLOSE
    )


def test_published_stepped_wedge():
    """24 clusters in 4 sequences, 120 persons, p .05 to .035, tau .01: .7861896 (documentation of swCRTdesign)."""
    p = 0.0425
    covariance = 0.01**2 * np.ones((5, 5)) + p * (1 - p) / 120 * np.eye(5)
    variance = effect_variance(wedge(24, 5)[:, :, None].astype(float), covariance, np.ones(1))
    assert power_of_test(0.015, np.sqrt(variance), np.inf) == pytest.approx(0.7861896, abs=1e-7)


def test_smallest_effect_with_a_covariate():
    """160 persons in 16 teams, ICC .05, r .5: SE .164886 with 14 df, smallest effect .496776 (worked in R)."""
    found = power_of(replace(ONE_WAVE, covariate_r=0.5))
    assert found["std_error"] == pytest.approx(0.164886, abs=5e-7) and found["df"] == 14
    assert found["smallest_effect"] == pytest.approx(0.496776, abs=5e-7)
    assert smallest_effect(0.5, 30) == pytest.approx(2 * smallest_effect(0.25, 30))


def test_a_baseline_that_says_nothing_changes_nothing_and_one_that_says_all_helps():
    """With cac = iac = 0 the first wave only tells its own mean; SE is that of one wave."""
    two = replace(ONE_WAVE, waves=2, cac=0.0)
    assert power_of(two)["std_error"] == pytest.approx(power_of(ONE_WAVE)["std_error"], rel=1e-12)
    assert power_of(replace(two, cac=0.9, iac=0.8))["std_error"] < 0.75 * power_of(two)["std_error"]


def test_drop_out_is_fewer_persons():
    lost = power_of(replace(ONE_WAVE, persons=20, dropout=0.5))
    assert lost["std_error"] == pytest.approx(power_of(ONE_WAVE)["std_error"], rel=1e-12)
    two = replace(ONE_WAVE, waves=2, cac=0.8, iac=0.5)
    errors = [power_of(replace(two, dropout=d))["std_error"] for d in (0.0, 0.2, 0.4)]
    assert errors == sorted(errors) and len(set(errors)) == 3


@pytest.mark.parametrize(("waves", "transition"), [(3, 0), (5, 1), (5, 2)])
def test_mean_over_exposures_is_what_least_squares_on_invented_persons_gives(waves, transition):
    """Brute force: every person a row, the full covariance, no cell means; answers in transition are no rows."""
    assumed = Assumptions("stepped_wedge", 4, persons=3, waves=waves, icc=0.2, cac=0.7, iac=0.4,
                          transition_waves=transition)  # fmt: skip
    started = wedge(4, waves).cumsum(axis=1)
    rows = [
        (j, i, t)
        for j in range(4)
        for i in range(3)
        for t in range(waves)
        if started[j, t] == 0 or started[j, t] > transition
    ]
    J, person, T = (np.array(x) for x in zip(*rows, strict=True))
    same = J[:, None] == J[None, :]
    at, who = T[:, None] == T[None, :], same & (person[:, None] == person[None, :])
    V = 0.2 * same * (0.7 + 0.3 * at) + 0.8 * who * (0.4 + 0.6 * at)
    exposure, times = started[J, T], range(1 + transition, waves)
    X = np.column_stack([t == T for t in range(waves)] + [exposure == k for k in times]).astype(float)
    c = np.array([0] * waves + [1 / len(times)] * len(times))
    variance = c @ np.linalg.solve(X.T @ np.linalg.solve(V, X), c)
    assert power_of(assumed)["std_error"] == pytest.approx(np.sqrt(variance), rel=1e-10)


def test_every_combination_is_a_row_and_more_teams_help():
    table = power_table(ONE_WAVE, {"teams": [12, 16, 24], "icc": [0.02, 0.05]})
    assert len(table) == 6
    for icc, rows in table.groupby("icc"):
        assert set(rows["teams_needed"]) == {teams_needed(replace(ONE_WAVE, icc=icc))}
        assert rows.sort_values("teams")["power"].is_monotonic_increasing


@pytest.mark.parametrize(
    "change",
    [{"icc": 1.0}, {"icc": -0.1}, {"dropout": 1.0}, {"design": "waves_only"}, {"teams": 2}, {"persons": 0},
     {"design": "stepped_wedge", "waves": 2}, {"effect": float("nan")}, {"strata": 15}, {"strata": 0},
     {"strata": -3}, {"persons": float("nan")}, {"cv": float("nan")}, {"cv": float("inf")}, {"alpha": float("nan")},
     {"waves": 2, "iac": 1.0}, {"waves": 2, "iac": 1.0, "cac": 0.8},
     {"design": "stepped_wedge", "waves": 5, "strata": 4}, {"design": "stepped_wedge", "waves": 3, "teams": 2},
     {"transition_waves": 1}, {"design": "stepped_wedge", "waves": 4, "transition_waves": 2},
     {"design": "stepped_wedge", "waves": 4, "transition_waves": -1}],
)  # fmt: skip
def test_what_no_trial_can_be_is_refused(change):
    with pytest.raises(PlanError):
        power_of(replace(ONE_WAVE, **change))


def test_all_that_is_wrong_is_named_at_once():
    with pytest.raises(PlanError) as refused:
        power_of(replace(ONE_WAVE, icc=1.2, strata=0, cv=-1.0))
    assert [p.found for p in refused.value.problems] == ["icc 1.2", "cv -1.0", "strata 0"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unit": "organisation", "teams": 1}, "1 organisation"),
        ({"teams": 2}, "2 teams"),
        ({"design": "waves_only", "waves": 1}, "1 wave"),
    ],
)
def test_what_is_too_few_is_called_by_what_is_drawn(change, said):
    with pytest.raises(PlanError) as refused:
        power_of(replace(ONE_WAVE, **change))
    assert [p.found for p in refused.value.problems] == [said]


def test_with_one_wave_a_persons_next_answer_does_not_matter():
    assert power_of(replace(ONE_WAVE, iac=1.0)) == power_of(ONE_WAVE)


@pytest.mark.parametrize(
    ("assumed", "fewest"),
    [(Assumptions("stepped_wedge", 4, persons=50, waves=5, effect=5.0), 4),
     (Assumptions("stepped_wedge", 4, persons=50, waves=3, effect=9.0), 4),
     (Assumptions("parallel_cluster", 4, persons=50, effect=9.0), 4),
     (Assumptions("parallel_cluster", 8, persons=50, effect=90.0, strata=4), 6)],
)  # fmt: skip
def test_the_search_for_teams_starts_at_the_fewest_that_can_be(assumed, fewest):
    assert teams_needed(assumed) == fewest
    assert power_of(replace(assumed, teams=fewest))["power"] >= 0.8


GROWN = Assumptions("before_after", 20, persons=8, waves=3, icc=0.1, cac=0.7, iac=0.4, dropout=0.0)


def change_variance(a: Assumptions) -> float:
    """Of the change of a team's mean: twice what is not shared by two waves (Hooper et al. 2016)."""
    return 2 * (a.icc * (1 - a.cac) + (1 - a.icc) * (1 - a.iac) / a.persons)


def test_a_difference_of_changes_has_the_variance_of_two_groups_of_teams():
    found = power_of(GROWN)
    assert found["std_error"] ** 2 == pytest.approx(change_variance(GROWN) * (1 / 10 + 1 / 10), rel=CLOSE)
    assert found["df"] == 18


def test_a_change_without_comparison_has_the_variance_of_one_group():
    alone = replace(GROWN, design="waves_only")
    found = power_of(alone)
    assert found["std_error"] ** 2 == pytest.approx(change_variance(GROWN) / 20, rel=CLOSE)
    assert found["df"] == 19 and teams_needed(alone) < teams_needed(GROWN)


def test_what_these_designs_cannot_be_is_refused():
    for wrong in ({"waves": 1}, {"strata": 2}, {"teams": 1}):
        for design in ("before_after", "waves_only"):
            with pytest.raises(PlanError):
                power_of(replace(GROWN, design=design, **wrong))


def test_persons_who_are_drawn_one_by_one_are_two_samples():
    """R: power.t.test(n = 64, delta = .5) gives .8014596."""
    drawn = Assumptions("parallel_cluster", 16, persons=8, waves=1, icc=0.0, effect=0.5, unit="person")
    assert power_of(drawn)["power"] == pytest.approx(0.8014596, abs=1e-7) and power_of(drawn)["df"] == 126
    alike = power_of(replace(drawn, icc=0.2))["std_error"]  # what teams have in common is in both arms
    assert alike == pytest.approx(power_of(drawn)["std_error"] * np.sqrt(0.8), rel=CLOSE)
    assert power_of(replace(drawn, icc=0.2, unit="organisation")) == power_of(
        replace(drawn, icc=0.2, unit="team")
    )


def test_persons_are_drawn_side_by_side_only():
    with pytest.raises(PlanError, match="parallel_cluster, and four persons"):
        power_of(replace(GROWN, unit="person"))
    with pytest.raises(PlanError, match="unit `school`"):
        power_of(replace(GROWN, unit="school"))


def test_how_many_persons_who_are_drawn_alone_it_takes():
    """R: power.t.test(delta = .5, power = .8) gives n = 63.77, so 64 an arm."""
    alone = Assumptions("parallel_cluster", 40, persons=1, waves=1, icc=0.0, effect=0.5, unit="person")
    assert teams_needed(alone) == 128


# --- a share of persons who say yes
SHARE = replace(ONE_WAVE, teams=20, persons=30, icc=0.05, share=0.3, effect=0.15)


def test_a_difference_of_shares_is_one_in_sd_of_their_mean():
    """Donner & Klar 2000: variance 4 p(1 - p)(1 + (n - 1) icc) / (J n) with p the mean of both shares."""
    p, size = 0.375, 600
    found = power_of(SHARE)
    assert found["std_error"] == pytest.approx(np.sqrt(4 * p * (1 - p) * (1 + 29 * 0.05) / size), rel=CLOSE)
    in_sd = power_of(replace(SHARE, share=None, effect=0.15 / np.sqrt(p * (1 - p))))
    assert found["power"] == pytest.approx(in_sd["power"], rel=CLOSE) and found["df"] == in_sd["df"]


@pytest.mark.parametrize("effect", [0.15, -0.15])
def test_the_smallest_difference_of_shares_has_the_standard_error_of_its_own_shares(effect):
    smallest = power_of(replace(SHARE, effect=effect))["smallest_effect"]
    own = power_of(replace(SHARE, effect=smallest))
    assert np.sign(smallest) == np.sign(effect)
    assert abs(smallest) == pytest.approx(smallest_effect(own["std_error"], own["df"]), rel=1e-9)


def test_no_two_shares_may_differ_so_much():
    assert np.isnan(power_of(replace(SHARE, teams=4, persons=4, share=0.9, effect=0.05))["smallest_effect"])


@pytest.mark.parametrize("changes", [{"share": 0.0}, {"share": 1.2}, {"share": 0.9}, {"effect": -0.3}])
def test_shares_that_cannot_be_are_refused(changes):
    with pytest.raises(PlanError):
        power_of(replace(SHARE, **changes))


@pytest.mark.long
def test_the_power_of_shares_is_that_of_t_tests_of_drawn_teams():
    """Beta-binomial teams, scipy's t test of their shares: 20 000 trials."""
    from scipy import stats

    rng, trials, strength = np.random.default_rng(4), 20_000, 1 / 0.05 - 1
    arms = [
        rng.binomial(30, rng.beta(p * strength, (1 - p) * strength, (trials, 10))) / 30 for p in (0.3, 0.45)
    ]
    simulated = (stats.ttest_ind(*arms, axis=1).pvalue < 0.05).mean()
    assert power_of(SHARE)["power"] == pytest.approx(simulated, abs=0.015)


# --- a rate of counts
RATE = replace(ONE_WAVE, teams=40, persons=25, icc=0.02, rate=2.0, effect=-0.5)


def hayes_moulton(a: Assumptions) -> float:
    """Squared standard error of a difference of rates, each team once: per arm (rate / y + k^2 rate^2) / teams, with k
    the coefficient of variation of the true rates between teams (Hayes & Moulton 2017, section 7.2)."""
    mean, arm = a.rate + a.effect / 2, a.teams / 2
    k = np.sqrt(a.icc / ((1 - a.icc) * mean))
    return sum((rate / a.persons + k**2 * rate**2) / arm for rate in (a.rate, a.rate + a.effect))


def test_a_difference_of_rates_is_that_of_hayes_and_moulton():
    """With k of the mean of both rates; where rates differ by a quarter its square is a little more."""
    found = power_of(RATE)
    assert found["between_cv"] == pytest.approx(np.sqrt(0.02 / (0.98 * 1.75)), rel=CLOSE)
    assert found["std_error"] ** 2 == pytest.approx(hayes_moulton(RATE), rel=0.01)
    alike = replace(RATE, icc=0.0)
    assert power_of(alike)["std_error"] ** 2 == pytest.approx(hayes_moulton(alike), rel=CLOSE)
    assert np.isnan(power_of(SHARE)["between_cv"])


def test_counts_that_vary_more_take_more_teams():
    """Twice the variance within teams, and as much more between them at the same icc: twice the squared error."""
    plain, more = (power_of(replace(RATE, dispersion=d)) for d in (1.0, 2.0))
    assert more["std_error"] ** 2 == pytest.approx(2 * plain["std_error"] ** 2, rel=CLOSE)
    persons = power_of(replace(RATE, unit="person", dispersion=2.0))
    assert persons["std_error"] ** 2 == pytest.approx(2 * 1.75 * 4 / (40 * 25), rel=CLOSE)


@pytest.mark.parametrize("effect", [0.5, -0.5])
def test_the_smallest_difference_of_rates_has_the_standard_error_of_its_own_rates(effect):
    smallest = power_of(replace(RATE, effect=effect))["smallest_effect"]
    own = power_of(replace(RATE, effect=smallest))
    assert np.sign(smallest) == np.sign(effect)
    assert abs(smallest) == pytest.approx(smallest_effect(own["std_error"], own["df"]), rel=1e-9)
    assert np.isnan(power_of(replace(RATE, teams=4, persons=1, rate=0.2, effect=-0.1))["smallest_effect"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rate": 0.0}, "rate 0.0"),
        ({"effect": -2.0}, "effect -2.0 on a rate of 2.0"),
        ({"dispersion": 0.5}, "dispersion 0.5"),
        ({"share": 0.3}, "share 0.3 and rate 2.0"),
        ({"waves": 2, "dispersion": 1.5, "iac": 0.5}, "iac 0.5 of counts with dispersion 1.5"),
    ],
)
def test_rates_that_cannot_be_are_refused(changes, said):
    with pytest.raises(PlanError, match=said):
        power_of(replace(RATE, **changes))


@pytest.mark.long
def test_the_power_of_rates_is_that_of_t_tests_of_drawn_teams():
    """Gamma teams with Poisson counts, scipy's t test of their rates: 20 000 trials."""
    from scipy import stats

    rng, trials, k = np.random.default_rng(4), 20_000, power_of(RATE)["between_cv"]
    arms = [rng.poisson(rng.gamma(1 / k**2, k**2 * rate, (trials, 20)) * 25) / 25 for rate in (2.0, 1.5)]
    simulated = (stats.ttest_ind(*arms, axis=1).pvalue < 0.05).mean()
    assert power_of(RATE)["power"] == pytest.approx(simulated, abs=0.015)
