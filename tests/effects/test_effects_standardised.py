"""Yes or no over several waves: standardised shares against brute-force integrals, and df that count units."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, scale, trial_study, wedge_study
from scipy import stats
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from dww_analysis.domain.plan import Curve
from dww_analysis.domain.study import Allocation
from dww_analysis.effects import estimate_entry
from dww_analysis.effects.analysis import analyse
from dww_analysis.effects.answered import answered
from dww_analysis.effects.answers import Facts, answer_of
from dww_analysis.effects.curve import curve_of
from dww_analysis.effects.estimate import estimates_of, fit_entry
from dww_analysis.effects.standardised import standardised_rows
from dww_analysis.multilevel.errors import MethodError

pytestmark = pytest.mark.long

INTEGRAL = 1e-7  # Gauss-Hermite against adaptive quadrature
YES_NO = dataclasses.replace(scale(low=0.0, high=1.0), measure="yes_no")
RISK = {"summary": "risk_difference"}


def drawn(waves=(0, 1, 2), teams=16, size=12, effect=1.0, sd=0.5, seed=2):
    """Persons of teams who answer at several waves; log odds differ between teams and between persons."""
    rng = np.random.default_rng(seed)
    of_team, rows = sd * rng.normal(size=teams), []
    for t in range(teams):
        for i in range(size):
            own = 0.8 * rng.normal()
            for w in waves:
                yes = rng.random() < expit(-0.4 + of_team[t] + own + effect * (t % 2) * (w == 2))
                rows.append((f"p{t}_{i}", w, f"o{t // 4}", f"t{t:02}", t % 2, float(yes)))
    data = pd.DataFrame(rows, columns=["person", "wave", "organisation", "team", "arm", "score"])
    return data.assign(sample="main", scale="y", arm=np.where(data["arm"] == 1, "intervention", "control"))


def integral(eta, sd):
    """The share of yes among all whose log odds are normal around eta."""
    return quad(lambda z: expit(eta + sd * z) * norm.pdf(z), -12, 12, epsabs=1e-12)[0]


def yes_no(one, scores, **changes):
    return data_of(one, scores, scale=YES_NO, **changes)


def expected(found, wave, treated, column):
    """The mean over the rows of a wave of the integral over all random effects, by adaptive quadrature."""
    solution, design = found.fitted.solution, found.fitted.design
    X = design.X[(found.used["wave"] == str(wave)).to_numpy()].copy()
    X[:, design.x_names.index(column)] = treated
    sd = np.sqrt((solution.theta**2).sum())
    etas, counts = np.unique(np.round(X @ solution.beta, 12), return_counts=True)
    values = [integral(e, sd) for e in etas]
    return float(np.average(values, weights=counts))


def test_over_waves_shares_are_averages_over_answers_and_random_effects():
    data = yes_no(entry(**RISK), drawn(), study=strata_study())
    found = analyse(data).found
    table = estimate_entry(data).estimates.set_index("id")
    one, other = (expected(found, 2, z, "intervention_wave2") for z in (1.0, 0.0))
    assert table.at["e", "estimate"] == pytest.approx(one - other, abs=INTEGRAL)
    assert table.at["e.risk_ratio", "estimate"] == pytest.approx(np.log(one / other), abs=10 * INTEGRAL)
    assert table.loc["e", ["summary", "unit", "primary"]].tolist() == ["risk_difference", "share", True]
    early = [expected(found, 1, z, "intervention_wave1") for z in (1.0, 0.0)]
    assert table.at["e.wave1.risk_difference", "estimate"] == pytest.approx(early[0] - early[1], abs=INTEGRAL)
    means = {(m["arm"], m["wave"]): m["estimate"] for m in estimate_entry(data).record["means"]}
    assert means["intervention", 2] == pytest.approx(one, abs=INTEGRAL)
    assert means["control", 2] == pytest.approx(other, abs=INTEGRAL)
    assert means["control", 0] == means["intervention", 0]  # by lot: one mean at the first wave


def strata_study():
    lot = Allocation("team", "allocation", randomised=True, strata="organisation")
    return dataclasses.replace(trial_study(), allocation=lot)


def test_interval_and_p_share_the_df_of_teams_at_waves():
    """48 team-waves - 16 teams - 2 waves - 2 effects: the split plot; persons do not count."""
    table = estimate_entry(yes_no(entry(), drawn())).estimates.set_index("id")
    assert list(table["df"]) == [28] * len(table) and set(table["df_method"]) == {"between-within"}
    for row in table.to_dict("records"):
        t = row["estimate"] / row["std_error"]
        assert row["p_value"] == pytest.approx(2 * stats.t(28).sf(abs(t)))
        assert row["conf_low"] == pytest.approx(row["estimate"] - stats.t(28).ppf(0.975) * row["std_error"])


def test_at_one_wave_the_odds_ratio_has_units_minus_parameters():
    scores = drawn(waves=(2,))
    for around, df in (("o1", 16 - 2), (scores["organisation"], 16 - 4 - 1)):
        one = entry(summary="odds_ratio")
        row = estimate_entry(yes_no(one, scores.assign(organisation=around))).estimates.iloc[0]
        assert (row["summary"], row["df"], row["df_method"]) == ("odds_ratio", df, "between-within")


def test_without_units_to_count_the_normal_distribution_is_marked_as_a_fallback():
    formula = "y ~ arm + organisation + wave + (1 | team)"
    one = entry(formula=formula, term="armintervention")
    scores = drawn(waves=(2,), teams=4, size=30)
    scores["wave"] = np.where(scores.index % 2, 2, 1)
    scores["organisation"] = scores["team"].map({"t00": "a", "t01": "b", "t02": "c", "t03": "c"})
    row = estimate_entry(yes_no(one, scores)).estimates.iloc[0]
    assert (row["df_method"], row["fallback"]) == ("normal", "normal")


def test_a_ratio_of_unit_shares_is_that_of_mean_shares_with_a_pooled_delta_method():
    scores = drawn(waves=(2,), effect=0.6)
    table = estimate_entry(yes_no(entry(summary="risk_ratio"), scores)).estimates.set_index("id")
    assert list(table.index) == ["e", "e.odds_ratio", "e.risk_difference"]
    shares = scores.groupby(["team", "arm"])["score"].mean().reset_index()
    treated, control = (shares.loc[shares["arm"] == a, "score"] for a in ("intervention", "control"))
    pooled = (treated.var() * 7 + control.var() * 7) / 14
    error = np.sqrt(pooled / 8 / treated.mean() ** 2 + pooled / 8 / control.mean() ** 2)
    row = table.loc["e"]
    assert row["estimate"] == pytest.approx(np.log(treated.mean() / control.mean()))
    assert (row["std_error"], row["df"]) == (pytest.approx(error), 14)
    assert row["p_value"] == pytest.approx(2 * stats.t(14).sf(abs(row["estimate"] / error)))
    assert (row["unit"], row["df_method"], row["primary"]) == ("log risk", "units", True)


def test_strata_and_covariates_leave_a_ratio_of_mean_shares():
    """Two strata of equal make-up, and a covariate that says nothing, change the ratio of means hardly or not."""
    scores = drawn(waves=(2,), effect=0.6, size=40)
    plain = estimate_entry(yes_no(entry(summary="risk_ratio"), scores)).estimates.iloc[0]
    within = estimate_entry(yes_no(entry(summary="risk_ratio"), scores, study=strata_study())).estimates.iloc[
        0
    ]
    assert within["estimate"] == pytest.approx(plain["estimate"]) and within["df"] == 14 - 3
    noise = scores.assign(wave=0, scale="z", score=np.tile([0.0, 1.0], len(scores) // 2))
    data = yes_no(entry(summary="risk_ratio", covariates=("z",)), scores, covariates={"z": noise})
    assert estimate_entry(data).estimates.iloc[0]["estimate"] == pytest.approx(plain["estimate"], abs=0.02)


@pytest.mark.slow
def test_the_plan_says_whose_shares_are_compared():
    cluster, participant = (
        estimate_entry(yes_no(entry(**RISK, average=a), drawn())).estimates.iloc[0]
        for a in ("cluster", "participant")
    )
    assert (cluster["df_method"], participant["df_method"]) == ("units", "between-within")
    many = estimate_entry(yes_no(entry(**RISK), drawn(waves=(2,), teams=32))).estimates.iloc[0]
    assert many["df_method"] == "between-within" and many["df"] == 32 - 8 - 1
    ancova = estimate_entry(yes_no(entry(**RISK, baseline="ancova"), drawn())).estimates.iloc[0]
    assert ancova["df_method"] == "units" and ancova["df"] == 13


def test_with_hardly_any_yes_the_units_answer_and_the_row_says_so():
    scores = drawn(effect=3.0)
    scores.loc[(scores["arm"] == "control") & (scores["wave"] == 2), "score"] = 0.0
    row = estimate_entry(yes_no(entry(**RISK), scores)).estimates.iloc[0]
    assert (row["df_method"], row["fallback"], row["primary"]) == ("units", "risk_difference", True)


def test_an_odds_ratio_stands_without_shares_that_cannot_be_had(monkeypatch):
    def refused(*given):
        raise MethodError("the deviance is flat")

    monkeypatch.setattr("dww_analysis.effects.analysis.standardised_rows", refused)
    table = estimate_entry(yes_no(entry(), drawn())).estimates
    assert set(table["summary"]) == {"odds_ratio"} and table.iloc[0]["id"] == "e"


def test_changes_of_arms_not_formed_by_lot_are_differences_of_differences():
    study = dataclasses.replace(trial_study(), allocation=Allocation("team", "a", randomised=False))
    data = yes_no(entry(**RISK), drawn(), study=study)
    row, found = estimate_entry(data).estimates.iloc[0], analyse(data).found
    late, early = ([expected(found, w, z, f"intervention_wave{w}") for z in (1.0, 0.0)] for w in (2, 0))
    assert row["estimate"] == pytest.approx(late[0] - late[1] - (early[0] - early[1]), abs=INTEGRAL)
    assert (row["noun"], row["from_wave"]) == ("difference", 0)


def test_the_share_of_a_small_stepped_wedge_is_the_integral_averaged_over_exposures():
    scores = drawn(waves=range(3), teams=4, size=10, effect=0.0, seed=5)
    scores = scores.assign(start=scores["team"].str[1:].astype(int) % 2 + 1.0)
    data = yes_no(entry(**RISK), scores, study=wedge_study(waves=trial_study().waves))
    found = fit_entry(data)
    rows = standardised_rows(found, estimates_of(data, found).to_dict("records"), 0.95)
    shares = {row["exposure"]: row["estimate"] for row in rows if row["summary"] == "risk_difference"}
    beta = found.coefficients["estimate"]
    sd = np.sqrt(found.fitted.variance_components()["estimate"].sum())
    by_hand = {}
    for k, waves in ((1, ("1", "2")), (2, ("2",))):  # units started at waves 1 and 2
        here = found.used.loc[found.used["wave"].isin(waves), "wave"].astype(str)
        base = beta["(Intercept)"] + here.map(lambda w: beta[f"wave{w}"])
        etas, counts = np.unique(base, return_counts=True)
        differences = [integral(e + beta[f"exposure{k}"], sd) - integral(e, sd) for e in etas]
        by_hand[str(k)] = np.average(differences, weights=counts)
    by_hand["mean"] = (by_hand["1"] + by_hand["2"]) / 2
    assert shares == pytest.approx(by_hand, abs=INTEGRAL)


@pytest.mark.slow
def test_a_stepped_wedge_averages_over_exposures():
    scores = drawn(waves=range(5), teams=12, size=10, effect=0.0, seed=5)
    start = scores["team"].str[1:].astype(int) % 4 + 1.0
    rng = np.random.default_rng(1)
    yes = rng.random(len(scores)) < expit(-0.5 + 0.9 * (scores["wave"] >= start))
    scores = scores.assign(start=start, score=yes.astype(float))
    table = estimate_entry(yes_no(entry(**RISK), scores, study=wedge_study())).estimates.set_index("id")
    assert table.at["e", "summary"] == "risk_difference" and table.at["e", "exposure"] == "mean"
    assert table.at["e", "estimate"] == pytest.approx(expit(0.4) - expit(-0.5), abs=0.1)
    each = [table.at[f"e.exposure_{k}.risk_difference", "estimate"] for k in (1, 2, 3, 4)]
    assert table.at["e", "estimate"] == pytest.approx(np.mean(each))


@pytest.mark.slow
def test_checks_of_a_stepped_wedge_count_df_as_the_estimate_does():
    """60 team-waves - 12 teams - 4 waves - 1 constant effect, or 4 of exposure times; F of the exposures by hand."""
    scores = drawn(waves=range(5), teams=12, size=10, effect=0.0, seed=5)
    scores = scores.assign(start=scores["team"].str[1:].astype(int) % 4 + 1.0)
    data = yes_no(entry(), scores, study=wedge_study())
    table = answered(data, scores[["sample", "person", "wave"]].assign(careless=False)).sensitivity
    constant, exposure = (row for _, row in table.iterrows())
    assert set(table["df_method"]) == {"between-within"} and (constant["df"], exposure["df"]) == (43, 40)
    t = constant["estimate"] / constant["std_error"]
    assert constant["p_value"] == pytest.approx(2 * stats.t(43).sf(abs(t)))
    found = analyse(data).found
    own = [list(found.coefficients.index).index(f"exposure{k}") for k in (1, 2, 3, 4)]
    beta, vcov = found.fitted.solution.beta[own], found.fitted.solution.vcov[np.ix_(own, own)]
    L = np.array([[-1, 1, 0, 0], [-1, 0, 1, 0], [-1, 0, 0, 1]])
    F = (L @ beta) @ np.linalg.solve(L @ vcov @ L.T, L @ beta) / 3
    assert (exposure["statistic"], exposure["p_value"]) == pytest.approx((F, stats.f(3, 40).sf(F)))


@pytest.mark.slow
def test_other_analyses_are_in_the_unit_of_the_planned_answer():
    scores = drawn(effect=2.0)
    flags = scores[["sample", "person", "wave"]].assign(careless=scores["person"].str.endswith("_3"))
    data = yes_no(entry(**RISK), scores)
    rows = answered(data, flags).sensitivity.set_index("analysis")
    again = estimate_entry(yes_no(entry(**RISK), scores[~flags["careless"]])).estimates.iloc[0]
    row = rows.loc["without careless answers"]
    assert row["estimate"] == pytest.approx(again["estimate"]) and row["df_method"] == "between-within"
    assert set(rows["unit"]) == {"share"} and rows.at["permutation of teams", "p_value"] < 0.05
    relative = answered(yes_no(entry(), scores), flags).sensitivity.set_index("analysis")
    assert np.isnan(relative.at["permutation of teams", "estimate"])
    assert relative.at["permutation of teams", "p_value"] == rows.at["permutation of teams", "p_value"]
    table, _ = curve_of(data, Curve(careless=("keep", "drop")), flags)
    assert list(table["estimate"]) == [estimate_entry(data).estimates.iloc[0]["estimate"], row["estimate"]]


@pytest.mark.parametrize("one", [entry(**RISK, sesoi=0.05), entry(summary="risk_ratio", sesoi=0.05)])
def test_a_share_of_interest_meets_the_standardised_difference(one):
    data = yes_no(one, drawn())
    table = estimate_entry(data).estimates
    answer = answer_of(one, table, Facts(data.plan, data.study, {}, None))
    share = table[(table["summary"] == "risk_difference") & (table["wave"] == 2)].iloc[0]
    assert answer.sesoi == 0.05 and answer.everyday.value == pytest.approx(100 * share["estimate"])
    law = stats.t(share["df"])
    assert answer.equivalence.low == pytest.approx(share["estimate"] - law.ppf(0.95) * share["std_error"])


@pytest.mark.slow
def test_the_standardised_test_keeps_its_level_over_waves():
    """400 trials without effect of 12 teams: the share of p below .05, within 3 Monte Carlo errors, or below."""
    rejected = [
        estimate_entry(
            yes_no(entry(**RISK), drawn(waves=(0, 2), teams=12, effect=0.0, seed=s))
        ).estimates.iloc[0]
        for s in range(400)
    ]
    share = np.mean([row["p_value"] < 0.05 for row in rejected])
    assert share == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 400))
