"""Cumulative logit models: ordinal::clmm (oracle 18_outcomes), direct integration, a dense Laplace, special cases."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import norm

from dww_analysis.multilevel import DesignError, MethodError, fit

CASE = Path(__file__).parents[1] / "oracles" / "18_outcomes"
STORED = json.loads((CASE / "oracle.json").read_text())["ordinal_wine"]
LAPLACE = 1e-5  # clmm stops its inner search at 1e-6
QUADRATURE = 1e-6
RARE = 1e-3  # what a third category of next to no weight may move
SE = 1e-4  # clmm's Hessian is by differences
FORMULA = "rating ~ temp + contact + (1 | judge)"


@pytest.fixture(scope="module")
def wine() -> pd.DataFrame:
    return pd.read_csv(CASE / "18_wine.csv")


@pytest.fixture(scope="module")
def m(wine):
    return fit(FORMULA, wine, family="ordinal", quadrature=10)


@pytest.mark.oracle
def test_laplace_is_that_of_clmm(wine):
    found, stored = fit(FORMULA, wine, family="ordinal"), STORED["laplace"]
    assert found.converged
    assert found.log_likelihood == pytest.approx(stored["logLik"], abs=LAPLACE)
    np.testing.assert_allclose(
        found.fixed_effects[list(stored["coef"])], list(stored["coef"].values()), rtol=LAPLACE
    )
    assert found.solution.covariance(0)[0, 0] == pytest.approx(stored["judge_variance"], rel=2 * LAPLACE)


@pytest.mark.oracle
def test_quadrature_is_that_of_clmm(m):
    stored = STORED["quadrature_10"]
    assert m.log_likelihood == pytest.approx(stored["logLik"], abs=QUADRATURE)
    table = m.coefficients().set_index("term").loc[list(stored["coef"])]
    np.testing.assert_allclose(table["estimate"], list(stored["coef"].values()), rtol=1e-5)
    np.testing.assert_allclose(table["std_error"], list(stored["se"].values()), rtol=SE)
    assert m.solution.covariance(0)[0, 0] == pytest.approx(stored["judge_variance"], rel=2e-5)


def test_thresholds_are_rows_and_rise(m):
    assert m.thresholds.index.tolist() == ["1|2", "2|3", "3|4", "4|5"]
    assert (np.diff(m.thresholds) > 0).all()
    assert m.coefficients()["term"].tolist() == [*m.thresholds.index, "tempwarm", "contactyes"]


def test_the_likelihood_is_the_integral_over_the_judges(wine, m):
    beta, a, sd = m.fixed_effects, np.concatenate([[-np.inf], m.thresholds, [np.inf]]), float(m.theta[0])
    total = 0.0
    for _, rows in wine.groupby("judge"):
        location = beta["tempwarm"] * (rows["temp"] == "warm") + beta["contactyes"] * (
            rows["contact"] == "yes"
        )
        k = rows["rating"].to_numpy()

        def density(b, location=location.to_numpy(), k=k):
            p = expit(a[k] - location - b) - expit(a[k - 1] - location - b)
            return p.prod() * norm.pdf(b, scale=sd)

        total += np.log(quad(density, -12, 12, epsabs=1e-18, limit=200)[0])
    assert m.log_likelihood == pytest.approx(total, abs=1e-4)  # ten nodes
    more = fit(FORMULA, wine, family="ordinal", quadrature=40)
    assert more.log_likelihood >= total - 1e-7


@pytest.fixture(scope="module")
def crossed() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 240
    data = pd.DataFrame(
        {"team": rng.integers(0, 12, n), "item": rng.integers(0, 6, n), "x": rng.normal(size=n), "w": 1.0}
    )
    latent = 0.8 * data["x"] + rng.normal(0, 0.9, 12)[data["team"]] + rng.normal(0, 0.6, 6)[data["item"]]
    level = np.digitize(latent + rng.logistic(size=n), [-1.0, 0.4, 1.5])
    return data.assign(
        y=pd.Categorical.from_codes(level, ["never", "now and then", "often", "always"], ordered=True)
    )


def dense_laplace(data, thresholds, slope, sds):
    """-2 log-likelihood by its definition: the mode by a general search, the curvature by differences."""
    Z = [np.eye(12)[data["team"]] * sds[0], np.eye(6)[data["item"]] * sds[1]]
    Z = np.hstack(Z)
    a, k = np.concatenate([[-np.inf], thresholds, [np.inf]]), data["y"].cat.codes.to_numpy()
    location = slope * data["x"].to_numpy()

    def value(u):
        eta = location + Z @ u
        return -np.log(expit(a[k + 1] - eta) - expit(a[k] - eta)).sum() + 0.5 * u @ u

    def gradient(u):
        eta = location + Z @ u
        return Z.T @ (1 - expit(a[k + 1] - eta) - expit(a[k] - eta)) + u

    mode = minimize(value, np.zeros(Z.shape[1]), jac=gradient, method="BFGS", options={"gtol": 1e-9}).x
    h = 1e-5 * np.eye(len(mode))
    H = np.array([(gradient(mode + e) - gradient(mode - e)) / 2e-5 for e in h])
    return 2 * value(mode) + np.linalg.slogdet((H + H.T) / 2)[1]


def test_crossed_groups_against_a_dense_laplace(crossed):
    found = fit("y ~ x + (1 | team) + (1 | item)", crossed, family="ordinal")
    assert found.converged
    slope = found.fixed_effects["x"]
    args = (found.thresholds.to_numpy(), slope, found.theta)
    assert -2 * found.log_likelihood == pytest.approx(dense_laplace(crossed, *args), abs=1e-6)
    for moved in (
        (args[0], slope + 0.05, args[2]),
        (args[0] + 0.05, slope, args[2]),
        (args[0], slope, args[2] * 1.1),
    ):
        assert dense_laplace(crossed, *moved) > -2 * found.log_likelihood


def test_the_gradient_is_that_of_differences(crossed):
    for formula, nodes in (("y ~ x + (1 + x | team) + (1 | item)", 1), ("y ~ x + (1 | team)", 7)):
        found = fit(formula, crossed, family="ordinal", quadrature=nodes)
        f = found.solution.extra.objective
        psi = np.concatenate([found.theta, found.solution.beta]) + 0.03 * np.arange(len(found.theta) + 4)
        steps = 1e-5 * np.eye(len(psi))
        slopes = [(f.value(psi + e) - f.value(psi - e)) / 2e-5 for e in steps]
        np.testing.assert_allclose(f.value_gradient(psi)[1], slopes, rtol=1e-5, atol=1e-5)


def test_turned_around_everything_turns_sign(crossed):
    formula = "y ~ x + (1 | team)"
    there = fit(formula, crossed, family="ordinal")
    around = crossed.assign(y=crossed["y"].cat.reorder_categories(crossed["y"].cat.categories[::-1]))
    back = fit(formula, around, family="ordinal")
    assert back.log_likelihood == pytest.approx(there.log_likelihood, abs=1e-8)
    assert back.fixed_effects["x"] == pytest.approx(-there.fixed_effects["x"], rel=1e-6)
    np.testing.assert_allclose(back.thresholds, -there.thresholds[::-1], rtol=1e-6)
    np.testing.assert_allclose(
        back.random_effects()["estimate"], -there.random_effects()["estimate"], atol=1e-6
    )


def test_two_categories_and_one_more_rare_one_are_nearly_binomial(crossed):
    """Merging the upper categories gives the binomial model of passing the first threshold."""
    binary = crossed.assign(y=(crossed["y"] > "never").astype(float))
    logit = fit("y ~ x + (1 | team)", binary, family="binomial")
    three = pd.Categorical.from_codes(binary["y"].astype(int), ["a", "b", "c"]).copy()
    data = pd.concat([binary.assign(y=three), binary.head(1).assign(y="c", w=1e-9)], ignore_index=True)
    data["y"] = pd.Categorical(data["y"], ["a", "b", "c"])
    found = fit("y ~ x + (1 | team)", data, family="ordinal", weights="w")
    assert found.fixed_effects["x"] == pytest.approx(logit.fixed_effects["x"], rel=RARE)
    assert found.thresholds["a|b"] == pytest.approx(-logit.fixed_effects["(Intercept)"], rel=RARE)


def test_probabilities_means_and_odds_ratios(wine, m):
    p = m.predict(wine, type="response")
    assert p.shape == (72, 5) and np.allclose(p.sum(axis=1), 1.0)
    location, a = m.linear_predictor, m.thresholds.to_numpy()
    np.testing.assert_allclose(p[:, 0], expit(a[0] - location), rtol=1e-10)
    np.testing.assert_allclose(m.predict(type="response"), p, rtol=1e-9)
    means = m.means("temp")["estimate"]  # emmeans, mode "latent": the mean threshold is zero
    middle = m.fixed_effects["contactyes"] / 2 - a.mean()
    np.testing.assert_allclose(means, [middle, middle + m.fixed_effects["tempwarm"]], rtol=1e-9)
    row = m.contrasts("temp", type="response", method="revpairwise").iloc[0]
    assert row["scale"] == "cumulative odds ratio"
    assert row["estimate"] == pytest.approx(np.exp(m.fixed_effects["tempwarm"]))
    with pytest.raises(MethodError, match="probability for each category"):
        m.means("temp", type="response")
    with pytest.raises(MethodError, match="no fitted mean"):
        _ = m.residuals


def test_tests_of_terms_are_wald_tests_of_their_coefficients(crossed):
    found = fit("y ~ factor(item) * x + (1 | team)", crossed, family="ordinal")
    table = found.anova().set_index("term")
    interaction = [n for n in found.design.x_names if ":" in n]
    assert table.loc["factor(item):x", "statistic"] == pytest.approx(
        found.test(interaction).statistic, rel=1e-8
    )
    assert table["num_df"].tolist() == [5, 1, 5]
    one = fit("y ~ x + (1 | team)", crossed, family="ordinal")
    z = one.coefficients().set_index("term").loc["x"]
    assert one.anova()["statistic"][0] == pytest.approx(z["statistic"] ** 2)


def test_what_is_done_with_a_fit_works(wine):
    found = fit(FORMULA, wine, family="ordinal")
    draws = found.simulate(200, 3)
    assert set(np.unique(draws)) <= {0.0, 1.0, 2.0, 3.0, 4.0}
    share = (draws == 0).mean()
    below = found.thresholds.iloc[0] - found.predict(population=True)
    at, sd = np.linspace(-10, 10, 4001), found.theta[0]
    expected = np.mean(expit(below[:, None] - at) @ norm.pdf(at, scale=sd) * (at[1] - at[0]))
    assert share == pytest.approx(expected, abs=0.02)
    assert found.refit(found.design.y).log_likelihood == pytest.approx(found.log_likelihood, abs=1e-7)
    assert len(found.bootstrap(4, rng=2)) == 7
    limits = found.profile(terms=["tempwarm"]).iloc[0]
    assert limits["conf_low"] < limits["estimate"] < limits["conf_high"]
    assert set(found.influence("judge")["status"]) == {"refitted"}
    smaller = fit("rating ~ temp + (1 | judge)", wine, family="ordinal")
    assert smaller.compare(found)["p_value"][1] < 0.001
    assert found.icc()["adjusted"] == pytest.approx(1.2794767 / (1.2794767 + np.pi**2 / 3), rel=1e-5)


def test_an_empty_cell_is_left_out_here_too(wine):
    data = wine.assign(temp=pd.Categorical(wine["temp"], ["cold", "warm"]))
    data = data[~((data["temp"] == "warm") & (data["contact"] == "yes"))]
    found = fit("rating ~ temp * contact + (1 | judge)", data, family="ordinal")
    assert list(found.dropped) == ["tempwarm:contactyes"]
    assert np.isnan(found.means(["temp", "contact"])["estimate"].iloc[3])


@pytest.mark.parametrize(
    ("change", "formula", "error", "words"),
    [
        (lambda d: d.assign(y=d["rating"].astype(str)), "y ~ temp + (1 | judge)", DesignError, "order.*pd.Categorical"),
        (lambda d: d.assign(y=d["rating"] / 2), "y ~ temp + (1 | judge)", DesignError, "no whole numbers"),
        (lambda d: d.assign(y=(d["rating"] > 2) * 1.0), "y ~ temp + (1 | judge)", DesignError, "binomial"),
        (lambda d: d.assign(y=d["rating"]), "y ~ 0 + temp + (1 | judge)", DesignError, "leave 0 or -1 out"),
        (lambda d: d.assign(y=d["rating"]), "y ~ temp", MethodError, "at least one random term"),
        (
            lambda d: d.assign(y=d["rating"], sure=(d["rating"] > 3) * 1.0),
            "y ~ sure + (1 | judge)", DesignError, "separated exactly by.*sure",
        ),
    ],
)  # fmt: skip
def test_refusals_say_what_to_do(wine, change, formula, error, words):
    with pytest.raises(error, match=words):
        fit(formula, change(wine), family="ordinal")
