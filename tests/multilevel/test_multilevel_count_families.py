"""Negative binomial and zero-inflated Poisson models: figures printed by glmmTMB, statsmodels, direct integration, a
dense Laplace with a search of its own, and the Poisson distribution at the edge of their range."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import minimize
from statsmodels.discrete.count_model import ZeroInflatedPoisson
from statsmodels.tools.numdiff import approx_hess

from dww_analysis.multilevel import DesignError, MethodError, fit
from dww_analysis.multilevel.generalised.known import family_named

EXTRA = Path(__file__).parents[1] / "oracles_extra" / "generalised"
PRINTED = json.loads((EXTRA / "glmmTMB.json").read_text())
INTEGRAL = 1e-5  # of a log-likelihood: forty nodes against adaptive integration
DENSE = 1e-4  # derivatives by differences in the witness
STATSMODELS = 1e-5  # its searches end at a gradient of 1e-5
HESSIAN = 2e-3  # by differences
GRADIENT = 1e-5  # central differences of a deviance of some hundreds


# ---- figures printed by glmmTMB
@pytest.mark.oracle
def test_epilepsy_counts_are_those_of_glmmtmb():
    data = pd.read_csv(EXTRA / "epil.csv")
    data = data.assign(
        Base=np.log(data["base"] / 4), Age=np.log(data["age"]), Visit=(2 * data["period"] - 5) / 10
    )
    m, printed = (
        fit("y ~ Base * trt + Age + Visit + (Visit | subject)", data, family="nbinom2"),
        PRINTED["epil"],
    )
    assert m.converged and m.boundary == ("subject cor((Intercept), Visit)",)
    assert round(m.aic) == printed["aic"] and round(m.bic) == printed["bic"]
    assert round(m.log_likelihood) == printed["log_likelihood"]
    assert m.dispersion == pytest.approx(printed["dispersion"], abs=0.005)
    components = m.variance_components()["sd_or_correlation"]
    np.testing.assert_allclose(components[:2], printed["sd"], atol=5e-5)
    assert components[2] == pytest.approx(printed["correlation"], abs=0.005)
    table = m.coefficients().set_index("term")
    for term, value in printed["fixed"].items():
        assert table.loc[term, "estimate"] == pytest.approx(value, abs=5.1e-4)
    for term, value in printed["chisq"].items():
        assert table.loc[term, "statistic"] ** 2 == pytest.approx(value, abs=0.0051)


@pytest.mark.oracle
def test_calls_of_owls_are_those_of_glmmtmb():
    data = pd.read_csv(EXTRA / "owls.csv")
    formula = (
        "SiblingNegotiation ~ (FoodTreatment + ArrivalTime) * SexParent + offset(log(BroodSize)) + (1 | Nest)"
    )
    m, printed = fit(formula, data, family="zip"), PRINTED["owls"]
    assert m.converged and not m.boundary
    assert (round(m.aic, 1), round(m.bic, 1)) == (printed["aic"], printed["bic"])
    assert round(m.log_likelihood, 1) == printed["log_likelihood"]
    row = m.variance_components().iloc[0]
    assert row["estimate"] == pytest.approx(printed["variance"], abs=5e-5)
    assert row["sd_or_correlation"] == pytest.approx(printed["sd"], abs=5e-5)
    table = m.coefficients().set_index("term")
    for term, value in printed["fixed"].items():
        np.testing.assert_allclose(
            table.loc[term, ["estimate", "std_error"]].astype(float), value, atol=1.5e-5
        )
    zero = m.zero_inflation.iloc[0]
    assert zero["term"] == "(Intercept)"
    np.testing.assert_allclose([zero["estimate"], zero["std_error"]], printed["zero_inflation"], atol=6e-6)


# ---- the distributions
@pytest.mark.parametrize("t", [0.0, 1e-9, 1e-4, 0.03, 0.7, 3.0])
def test_rows_have_the_probabilities_of_scipy(t):
    y = np.repeat([0.0, 1.0, 2.0, 7.0, 400.0], 4)
    eta, ones = np.tile([-3.0, 0.5, 2.0, 5.5], 5), np.ones(20)
    mu = np.exp(eta)
    for name in ("nbinom2", "zip"):
        family = family_named(name).at(np.array([t]))
        found = family.kernel_rows(eta, y, ones) + family.constant(y, ones)
        expected = stats.poisson.logpmf(y, mu)
        if name == "nbinom2" and t >= 1e-2:
            expected = stats.nbinom.logpmf(y, t**-2, 1 / (1 + t**2 * mu))
        if name == "zip":
            p = t**2 / (1 + t**2)
            with np.errstate(divide="ignore"):
                expected = np.logaddexp(np.log1p(-p) + expected, np.where(y == 0, np.log(p), -np.inf))
        size = 1e-9 if name == "zip" or t >= 1e-2 or t < 1e-8 else 3e-4 * (1 + y)  # nearly Poisson
        assert (np.abs(found - expected) <= size * np.maximum(1.0, np.abs(expected))).all()


@pytest.mark.parametrize("name", ["nbinom2", "zip"])
@pytest.mark.parametrize("t", [0.0, 0.01, 0.7, 2.0])
def test_slopes_of_rows_are_those_of_differences(name, t):
    y, eta = np.repeat([0.0, 1.0, 3.0, 60.0], 4), np.tile([-2.0, 0.2, 1.5, 3.0], 4)
    w, h = np.linspace(0.5, 2.0, 16), 1e-5

    def at(t):
        return family_named(name).at(np.array([t]))

    def slope(f):
        return (f(h) - f(-h)) / (2 * h)

    family = at(t)
    slope_and_weight = family.slope_and_weight(eta, y, w)
    rise, turn, weigh = family.shape_slopes(eta, y, w)
    for found, function in (
        (slope_and_weight[0], lambda h: family.kernel_rows(eta + h, y, w)),
        (-slope_and_weight[1], lambda h: family.slope_and_weight(eta + h, y, w)[0]),
        (family.weight_slope(eta, y, w), lambda h: family.slope_and_weight(eta + h, y, w)[1]),
        (rise, lambda h: at(t + h).kernel_rows(eta, y, w)),
        (family.constant_slope(y, w), lambda h: at(t + h).constant(y, w)),
        (turn, lambda h: at(t + h).slope_and_weight(eta, y, w)[0]),
        (weigh, lambda h: at(t + h).slope_and_weight(eta, y, w)[1]),
    ):
        np.testing.assert_allclose(found, slope(function), rtol=1e-5, atol=1e-6)


# ---- invented data
@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 240
    team, item = rng.integers(0, 12, n), rng.integers(0, 6, n)
    x = rng.normal(size=n)
    mu = np.exp(1.0 + 0.4 * x + rng.normal(0, 0.5, 12)[team] + rng.normal(0, 0.3, 6)[item])
    return pd.DataFrame(
        {
            "team": team, "item": item, "x": x, "arm": np.where(team % 2, "new", "usual"),
            "nbinom2": rng.poisson(mu * rng.gamma(2.0, 0.5, n)),
            "zip": np.where(rng.random(n) < 0.3, 0, rng.poisson(mu)),
            "even": rng.binomial(6, 0.5, n),  # less variation than Poisson counts
        }
    )  # fmt: skip


def log_density(family: str, y, eta, shape: float):
    """Of each row, from scipy: `shape` is log(theta), or the logit of an extra zero."""
    mu = np.exp(eta)
    if family == "nbinom2":
        theta = np.exp(shape)
        return stats.nbinom.logpmf(y, theta, theta / (theta + mu))
    p = 1 / (1 + np.exp(-shape))
    with np.errstate(divide="ignore"):
        return np.log((1 - p) * stats.poisson.pmf(y, mu) + p * (y == 0))


def shape_of(m) -> float:
    return (
        float(np.log(m.dispersion)) if m.family == "nbinom2" else float(m.zero_inflation["estimate"].iloc[0])
    )


@pytest.mark.parametrize("family", ["nbinom2", "zip"])
@pytest.mark.slow
def test_the_likelihood_is_the_integral_over_the_teams(counts, family):
    m = fit(f"{family} ~ x + (1 | team)", counts, family=family, quadrature=40)
    assert m.converged

    def log_likelihood(intercept, slope, sd, shape):
        total = 0.0
        for _, rows in counts.groupby("team"):
            y, eta = rows[family].to_numpy(), intercept + slope * rows["x"].to_numpy()

            def joint(b, y=y, eta=eta):
                return log_density(family, y, eta + b, shape).sum() + stats.norm.logpdf(b, scale=sd)

            top = max(joint(b) for b in np.linspace(-2, 2, 13))
            area = quad(lambda b, j=joint, top=top: np.exp(j(b) - top), -5, 5, limit=300, points=[-1, 0, 1])[
                0
            ]
            total += top + np.log(area)
        return total

    at = np.array([*m.fixed_effects, m.theta[0], shape_of(m)])
    best = log_likelihood(*at)
    assert m.log_likelihood == pytest.approx(best, abs=INTEGRAL)  # constants included
    for step in 0.02 * np.eye(4):  # a top: it falls alike on both sides
        below, above = log_likelihood(*(at - step)), log_likelihood(*(at + step))
        assert max(below, above) < best
        assert abs(above - below) < 0.2 * (2 * best - above - below)
    laplace = fit(f"{family} ~ x + (1 | team)", counts, family=family)
    assert laplace.log_likelihood == pytest.approx(m.log_likelihood, abs=0.5)  # on the same scale


def dense_deviance(psi, data, family: str, Z) -> float:
    """-2 log-likelihood by Laplace's formula, from psi = (intercept, slope, log SDs, shape): scipy's densities, slopes
    by differences, Newton steps on dense matrices."""
    y = data[family].to_numpy()
    A = Z * np.exp(psi[2:4])[np.repeat([0, 1], [12, 6])]
    fixed = psi[0] + psi[1] * data["x"].to_numpy()
    h, u = 1e-4, np.zeros(18)

    def value(u):
        return 0.5 * u @ u - log_density(family, y, fixed + A @ u, psi[4]).sum()

    def newton(u):
        low, middle, high = (log_density(family, y, fixed + A @ u + s, psi[4]) for s in (-h, 0, h))
        slope, curve = (high - low) / (2 * h), (2 * middle - low - high) / h**2
        return A.T @ slope - u, np.eye(18) + A.T @ (curve[:, None] * A)

    for _ in range(60):
        score, H = newton(u)
        step = np.linalg.solve(H, score)
        while value(u + step) > value(u) + 1e-12:
            step /= 2
            if np.abs(step).max() < 1e-9:
                break
        u = u + step
        if np.abs(step).max() < 1e-8:
            break
    return float(2 * value(u) + np.linalg.slogdet(newton(u)[1])[1])


@pytest.mark.parametrize("family", ["nbinom2", "zip"])
@pytest.mark.slow
def test_crossed_groups_against_a_dense_laplace(counts, family):
    m = fit(f"{family} ~ x + (1 | team) + (1 | item)", counts, family=family)
    assert m.converged
    Z = np.hstack([np.eye(12)[counts["team"]], np.eye(6)[counts["item"]]])
    start = np.array([0.5, 0.0, -0.7, -0.7, 0.0])
    found = minimize(dense_deviance, start, (counts, family, Z), method="BFGS", options={"eps": 1e-4})
    assert -2 * m.log_likelihood == pytest.approx(found.fun, abs=1e-5)
    mine = np.array([*m.fixed_effects, *np.log(m.theta), shape_of(m)])
    np.testing.assert_allclose(mine, found.x, atol=5 * DENSE)
    H = approx_hess(mine, dense_deviance, epsilon=np.full(5, 0.02), args=(counts, family, Z))
    se = np.sqrt(2 * np.diag(np.linalg.inv(H)))
    np.testing.assert_allclose(m.coefficients()["std_error"], se[:2], rtol=0.01)
    own = m.log_dispersion if family == "nbinom2" else m.zero_inflation
    assert own["std_error"].iloc[0] == pytest.approx(se[4], rel=0.01)


@pytest.mark.parametrize("family", ["nbinom2", "zip"])
def test_the_gradient_is_that_of_differences(counts, family):
    for formula, nodes in (
        (f"{family} ~ x + (1 + x | team) + (1 | item)", 1),
        (f"{family} ~ x + (1 | team)", 7),
    ):
        m = fit(formula, counts, family=family, quadrature=nodes)
        f = m.solution.extra.objective
        psi = np.concatenate([m.theta, m.solution.extra.shapes, m.solution.beta])
        psi += 0.05 + 0.03 * np.arange(len(psi))
        steps = 1e-5 * np.eye(len(psi))
        slopes = [(f.value(psi + e) - f.value(psi - e)) / 2e-5 for e in steps]
        np.testing.assert_allclose(f.value_gradient(psi)[1], slopes, rtol=GRADIENT, atol=5 * GRADIENT)


# ---- without random effects
@pytest.fixture(scope="module")
def snake() -> pd.DataFrame:
    """Counts of both kinds in groups with the same mean: the variance between them is zero."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=400)
    mu = np.exp(1.2 + 0.5 * x)
    data = pd.DataFrame(
        {
            "x": x,
            "nbinom2": rng.poisson(mu * rng.gamma(1.5, 1 / 1.5, 400)),
            "zip": np.where(rng.random(400) < 0.25, 0, rng.poisson(mu)),
        }
    )
    for y in ("nbinom2", "zip"):
        rank = np.argsort(np.argsort(data[y] / mu, kind="stable"))
        data[f"g_{y}"] = np.where(rank // 20 % 2, 19 - rank % 20, rank % 20)
    return data


def test_nbinom2_without_variance_between_groups_is_that_of_statsmodels(snake):
    X = sm.add_constant(snake["x"])
    theirs = sm.NegativeBinomial(snake["nbinom2"], X).fit(disp=0, maxiter=500, gtol=1e-10, method="bfgs")
    m = fit("nbinom2 ~ x + (1 | g_nbinom2)", snake, family="nbinom2")
    assert m.converged and m.boundary == ("g_nbinom2 (Intercept)",)
    assert m.log_likelihood == pytest.approx(theirs.llf, abs=1e-6)
    np.testing.assert_allclose(m.fixed_effects, theirs.params[:2], rtol=10 * STATSMODELS)
    np.testing.assert_allclose(m.coefficients()["std_error"], theirs.bse[:2], rtol=1e-3)
    alpha, se = theirs.params["alpha"], theirs.bse["alpha"]
    assert m.dispersion == pytest.approx(1 / alpha, rel=10 * STATSMODELS)
    row = m.log_dispersion.iloc[0]
    assert row["estimate"] == pytest.approx(-np.log(alpha), abs=10 * STATSMODELS)
    assert row["std_error"] == pytest.approx(se / alpha, rel=1e-3)
    assert m.aic == pytest.approx(theirs.aic + 2, abs=1e-5)  # the variance counts


def test_zip_without_variance_between_groups_is_that_of_statsmodels(snake):
    X = sm.add_constant(snake["x"])
    theirs = ZeroInflatedPoisson(snake["zip"], X).fit(disp=0, maxiter=500, gtol=1e-10, method="bfgs")
    m = fit("zip ~ x + (1 | g_zip)", snake, family="zip")
    assert m.converged and m.boundary == ("g_zip (Intercept)",)
    assert m.log_likelihood == pytest.approx(theirs.llf, abs=1e-6)
    np.testing.assert_allclose(m.fixed_effects, theirs.params[1:], rtol=10 * STATSMODELS)
    # from its log-likelihood by differences: its own Hessian leaves out a part
    se = np.sqrt(np.diag(np.linalg.inv(-approx_hess(theirs.params.to_numpy(), theirs.model.loglike))))
    np.testing.assert_allclose(m.coefficients()["std_error"], se[1:], rtol=HESSIAN)
    row = m.zero_inflation.iloc[0]
    assert row["estimate"] == pytest.approx(theirs.params.iloc[0], abs=10 * STATSMODELS)
    assert row["std_error"] == pytest.approx(se[0], rel=HESSIAN)
    assert row["p_value"] == pytest.approx(2 * stats.norm.sf(abs(row["estimate"] / row["std_error"])))


# ---- the edge: Poisson
@pytest.mark.parametrize(("family", "component"), [("nbinom2", "dispersion"), ("zip", "zero_inflation")])
def test_counts_with_less_variation_or_few_zeros_are_poisson(counts, family, component):
    formula = "even ~ x + (1 | team)"
    m, poisson = fit(formula, counts, family=family), fit(formula, counts, family="poisson")
    assert m.converged and m.boundary[-1] == component
    assert m.log_likelihood == pytest.approx(poisson.log_likelihood, abs=1e-9)
    np.testing.assert_allclose(m.fixed_effects, poisson.fixed_effects, atol=1e-7)
    np.testing.assert_allclose(m.vcov(), poisson.vcov(), rtol=HESSIAN)
    assert m.solution.n_parameters == poisson.solution.n_parameters + 1
    assert "family 'poisson'" in m.notes[0] and m.notes[0] in m.summary()
    if family == "nbinom2":
        assert m.dispersion == np.inf and m.log_dispersion["std_error"].isna().all()
    else:
        assert m.zero_inflation["estimate"].iloc[0] == -np.inf
    test = m.compare(poisson).iloc[1]
    assert test["statistic"] == pytest.approx(0.0, abs=1e-8) and test["p_mixture"] == pytest.approx(
        1.0, abs=1e-3
    )
    limits = m.profile(terms=[{"nbinom2": "1/dispersion", "zip": "zero_probability"}[family]]).iloc[0]
    assert limits["estimate"] == limits["conf_low"] == 0.0 < limits["conf_high"]


@pytest.mark.parametrize("family", ["nbinom2", "zip"])
def test_poisson_is_compared_by_a_mixture(counts, family):
    formula = f"{family} ~ x + (1 | team)"
    m, poisson = fit(formula, counts, family=family), fit(formula, counts, family="poisson")
    row = poisson.compare(m).iloc[1]
    assert poisson.compare(m)["model"].tolist() == [formula, f"{formula}, {family}"]
    assert row["mixture"] == "0.5 chi2(0) + 0.5 chi2(1)"
    assert row["statistic"] == pytest.approx(2 * (m.log_likelihood - poisson.log_likelihood))
    assert row["p_mixture"] == pytest.approx(stats.chi2.sf(row["statistic"], 1) / 2)
    with pytest.raises(MethodError, match="Fit both with quadrature=1"):
        fit(formula, counts, family=family, quadrature=5).compare(
            fit(formula, counts, family="poisson", quadrature=5)
        )
    with pytest.raises(MethodError, match="same family"):
        m.compare(fit(formula, counts, family="zip" if family == "nbinom2" else "nbinom2"))


# ---- what is done with a fit
@pytest.mark.parametrize("family", ["nbinom2", "zip"])
def test_an_offset_shifts_the_intercept(counts, family):
    plain = fit(f"{family} ~ x + (1 | team)", counts, family=family)
    shifted = fit(f"{family} ~ x + (1 | team)", counts.assign(o=1.5), family=family, offset="o")
    np.testing.assert_allclose(plain.fixed_effects - shifted.fixed_effects, [1.5, 0.0], atol=1e-6)
    assert shape_of(plain) == pytest.approx(shape_of(shifted), abs=1e-6)
    again = fit(f"{family} ~ x + (1 | team)", counts.sample(frac=1, random_state=1), family=family)
    assert again.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)


@pytest.mark.parametrize("family", ["nbinom2", "zip"])
def test_a_row_of_weight_two_is_two_rows(counts, family):
    weighted = fit(f"{family} ~ x + (1 | team)", counts.assign(w=2.0), family=family, weights="w")
    twice = fit(f"{family} ~ x + (1 | team)", pd.concat([counts, counts], ignore_index=True), family=family)
    assert weighted.log_likelihood == pytest.approx(twice.log_likelihood, abs=1e-8)
    assert shape_of(weighted) == pytest.approx(shape_of(twice), abs=1e-6)


@pytest.mark.parametrize("family", ["nbinom2", "zip"])
def test_what_is_done_with_a_fit_works(counts, family):
    m = fit(f"{family} ~ x + arm + (1 | team)", counts, family=family)
    beta, share = m.fixed_effects, 1 / (1 + np.exp(-shape_of(m))) if family == "zip" else 0.0
    means = m.means("arm", type="response")
    middle = beta["(Intercept)"] + beta["x"] * counts["x"].mean()
    np.testing.assert_allclose(means["estimate"], np.exp(middle + np.array([0, beta["armusual"]])))
    ratio = m.contrasts("arm", type="response").iloc[0]
    assert ratio["scale"] == "ratio" and ratio["estimate"] == pytest.approx(np.exp(-beta["armusual"]))
    assert m.slopes("x")["estimate"].iloc[0] == pytest.approx(beta["x"])
    eta = m.predict(counts)
    np.testing.assert_allclose(m.predict(counts, type="response"), (1 - share) * np.exp(eta))
    np.testing.assert_allclose(m.fitted, m.predict(counts, type="response"))
    np.testing.assert_allclose(m.residuals, counts[family] - m.fitted)
    assert np.isfinite(m.predict(counts, population=True, se=True)["std_error"]).all()
    assert set(m.coefficients(df="between-within")["df"]) == {10.0, 227.0}
    assert set(m.influence("team")["status"]) == {"refitted"}
    assert set(m.random_effects()["std_error"] > 0) == {True}
    assert m.anova()["num_df"].tolist() == [1, 1]
    assert m.refit(m.design.y).log_likelihood == pytest.approx(m.log_likelihood, abs=1e-7)
    many = m.refit_many(m.simulate(2, 1))
    assert many.converged.all() and many.estimate.shape == (2, 3)
    name = "1/dispersion" if family == "nbinom2" else "zero_probability"
    for table in (m.bootstrap(4, rng=2), m.profile()):
        assert table["term"].tolist() == ["sd_(Intercept)|team", name, *m.design.x_names]
        own = table.set_index("term").loc[name]
        assert own["estimate"] == pytest.approx(1 / m.dispersion if family == "nbinom2" else share)
        assert own["conf_low"] < own["conf_high"]
    shown = "Dispersion (theta)" if family == "nbinom2" else "Extra zeros (logit)"
    assert shown in m.summary() and family in m.summary()


@pytest.mark.parametrize("family", ["nbinom2", "zip"])
def test_profile_limits_reach_the_quantile(counts, family):
    """At a limit the deviance, lowest over everything else, is higher by the quantile of chi-square."""
    m = fit(f"{family} ~ x + (1 | team)", counts, family=family)
    table = m.profile().set_index("term")
    objective = m.solution.extra.objective
    best = np.concatenate([m.theta, m.solution.extra.shapes, m.solution.beta])
    for place, name in enumerate(table.index):
        for side in ("conf_low", "conf_high"):
            limit = float(table.loc[name, side])
            if place == 1:
                limit = np.sqrt(limit if family == "nbinom2" else limit / (1 - limit))
            others = [i for i in range(4) if i != place]

            def deviance(x, place=place, limit=limit, others=others):
                psi = best.copy()
                psi[place], psi[others] = limit, x
                value, gradient = objective.value_gradient(psi)
                return value, gradient[others]

            found = minimize(deviance, best[others], jac=True, method="BFGS", options={"gtol": 1e-6})
            rise = found.fun + 2 * m.log_likelihood
            assert rise == pytest.approx(stats.norm.ppf(0.975) ** 2, abs=2e-3)


@pytest.mark.parametrize("family", ["nbinom2", "zip"])
def test_simulated_outcomes_have_the_moments_and_return_the_parameters(family):
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"team": np.repeat(np.arange(100), 20), "x": rng.normal(size=2000)})
    mu = np.exp(1.0 + 0.4 * data["x"] + rng.normal(0, 0.4, 100)[data["team"]])
    y = (
        rng.poisson(mu * rng.gamma(2, 0.5, 2000))
        if family == "nbinom2"
        else rng.poisson(mu) * (rng.random(2000) < 0.7)
    )
    m = fit("y ~ x + (1 | team)", data.assign(y=y), family=family)
    se = m.coefficients()["std_error"].to_numpy()
    assert (np.abs(m.fixed_effects - [1.0, 0.4]) < 4 * se).all()
    own = m.log_dispersion if family == "nbinom2" else m.zero_inflation
    truth = np.log(2.0) if family == "nbinom2" else np.log(0.3 / 0.7)
    assert abs(own["estimate"].iloc[0] - truth) < 4 * own["std_error"].iloc[0]
    draws = m.simulate(400, 5)
    population = np.exp(m.predict(population=True) + m.theta[0] ** 2 / 2)
    if family == "nbinom2":
        second = population**2 * np.exp(m.theta[0] ** 2) * (1 + 1 / m.dispersion)
        assert draws.mean() == pytest.approx(population.mean(), rel=0.02)
        assert (draws**2).mean() == pytest.approx((second + population).mean(), rel=0.06)
    else:
        share = 1 / (1 + np.exp(-shape_of(m)))
        assert draws.mean() == pytest.approx((1 - share) * population.mean(), rel=0.02)
        assert (draws == 0).mean() > share
    again = m.refit(draws[:, 0])
    assert (np.abs(again.fixed_effects - m.fixed_effects) < 4 * se).all()


def test_expected_counts_with_extra_zeros_have_the_error_of_both_parts(counts):
    """By the delta method over (theta, beta), with the Hessian of the deviance by differences of its own."""
    m = fit("zip ~ x + (1 | team)", counts, family="zip")
    new = pd.DataFrame({"x": [-1.0, 0.0, 2.0]})
    table = m.predict(new, population=True, se=True, type="response")
    psi = np.array([m.theta[0], m.solution.extra.shapes[0], *m.fixed_effects])
    H = approx_hess(psi, m.solution.extra.objective.value, epsilon=np.full(4, 0.01))
    for (_, row), x in zip(table.iterrows(), new["x"], strict=True):
        _, t, a, b = psi
        mean = np.exp(a + b * x) / (1 + t**2)
        slope = mean * np.array([0.0, -2 * t / (1 + t**2), 1.0, x])
        se = np.sqrt(2 * slope @ np.linalg.solve(H, slope))
        assert row["estimate"] == pytest.approx(mean)
        assert row["std_error"] == pytest.approx(se, rel=HESSIAN)
        half = stats.norm.ppf(0.975) * se / mean
        np.testing.assert_allclose(
            row[["conf_low", "conf_high"]].astype(float), mean * np.exp([-half, half]), rtol=HESSIAN
        )
    edge = fit("even ~ x + (1 | team)", counts, family="zip")
    poisson = fit("even ~ x + (1 | team)", counts, family="poisson")
    both = [m.predict(new, population=True, se=True, type="response")["std_error"] for m in (edge, poisson)]
    np.testing.assert_allclose(*both, rtol=HESSIAN)


def test_a_draw_without_zeros_is_refitted_at_the_edge(counts):
    m = fit("zip ~ x + (1 | team)", counts, family="zip")
    again = m.refit(np.maximum(counts["zip"].to_numpy(), 1))
    assert again.converged and "zero_inflation" in again.boundary


def test_the_intraclass_correlation_takes_the_dispersion_along(counts):
    """Nakagawa, Johnson and Schielzeth 2017: the distribution-specific variance is log(1 + 1 / mean + 1 / theta)."""
    m = fit("nbinom2 ~ x + (1 | team)", counts, family="nbinom2")
    null = fit("nbinom2 ~ 1 + (1 | team)", counts, family="nbinom2")
    mean = np.exp(null.fixed_effects.iloc[0] + null.theta[0] ** 2 / 2)
    own = np.log1p(1 / mean + 1 / m.dispersion)
    assert m.icc()["adjusted"] == pytest.approx(m.theta[0] ** 2 / (m.theta[0] ** 2 + own), rel=1e-6)
    edge, poisson = (fit("even ~ x + (1 | team)", counts, family=f) for f in ("nbinom2", "poisson"))
    np.testing.assert_allclose(edge.r2(), poisson.r2(), rtol=1e-5)


def test_other_families_have_no_such_parameters(counts):
    m = fit("even ~ x + (1 | team)", counts, family="poisson")
    assert m.dispersion is None and m.log_dispersion.empty and m.zero_inflation.empty
    gaussian = fit("x ~ arm + (1 | item)", counts)
    assert gaussian.dispersion is None and gaussian.zero_inflation.empty


# ---- hard data
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("seed", [1, 2])
def test_searches_end_in_an_optimum(seed):
    rng = np.random.default_rng(seed)
    n, team = 600, np.repeat(np.arange(60), 10)
    x, b = rng.normal(size=n), rng.normal(size=60)

    def check(family, y, formula="y ~ x + (1 | team)"):
        m = fit(formula, pd.DataFrame({"y": y, "x": x, "team": team, "row": np.arange(n)}), family=family)
        assert m.converged, m.search.notes
        return m

    for mean, sd, theta in (
        (1.6, 0.5, 0.05),
        (5.3, 0.5, 0.3),
        (9.0, 0.5, 5.0),
        (-2.3, 0.5, 5.0),
        (1.0, 0.0, 2.0),
    ):
        check("nbinom2", rng.poisson(np.exp(mean + 0.3 * x + sd * b[team]) * rng.gamma(theta, 1 / theta, n)))
    for mean, sd, p in ((1.0, 0.5, 0.95), (-1.2, 0.5, 0.1), (8.0, 0.7, 0.3), (1.0, 2.0, 0.3)):
        check("zip", np.where(rng.random(n) < p, 0, rng.poisson(np.exp(mean + 0.3 * x + sd * b[team]))))
    whole = np.where(rng.random(60)[team] < 0.4, 0, rng.poisson(np.exp(1 + 0.3 * b[team])))
    check("zip", whole)  # teams without any count
    check("nbinom2", whole, "y ~ x + (1 + x | team)")
    check("zip", rng.poisson(np.exp(1 + b[team])), "y ~ x + (1 | team) + (1 | row)")


# ---- refusals
@pytest.mark.parametrize(
    ("change", "formula", "family", "error", "words"),
    [
        (lambda d: d.assign(y=d["nbinom2"] - 1), "y ~ x + (1 | team)", "nbinom2", DesignError, "counts.*'nbinom2'"),
        (lambda d: d.assign(y=d["zip"] / 2), "y ~ x + (1 | team)", "zip", DesignError, "counts.*'zip'"),
        (lambda d: d.assign(y=0), "y ~ x + (1 | team)", "nbinom2", DesignError, "same value"),
        (lambda d: d.assign(y=0), "y ~ x + (1 | team)", "zip", DesignError, "same value"),
        (lambda d: d.assign(y=d["zip"] + 1), "y ~ x + (1 | team)", "zip", DesignError, "no zero.*'poisson'"),
        (lambda d: d.assign(y=d["zip"] * 10**6), "y ~ x + (1 | team)", "nbinom2", DesignError, "larger units"),
        (lambda d: d.assign(y=d["zip"]), "y ~ x", "zip", MethodError, "at least one random term"),
        (
            lambda d: d.assign(y=np.where(d["arm"] == "new", 0, d["zip"])),
            "y ~ arm + (1 | team)", "zip", DesignError, "separated exactly by.*arm",
        ),
    ],
)  # fmt: skip
def test_refusals_say_what_to_do(counts, change, formula, family, error, words):
    with pytest.raises(error, match=words):
        fit(formula, change(counts), family=family)


@pytest.mark.parametrize("family", ["nbinom2", "zip"])
def test_what_does_not_hold_is_refused_by_name(counts, family):
    m = fit(f"{family} ~ x + (1 | team)", counts, family=family)
    with pytest.raises(MethodError, match=f"Gaussian outcomes; this fit has family '{family}'"):
        m.robust("team")
    with pytest.raises(MethodError, match="kenward-roger"):
        m.coefficients(df="kenward-roger")
    with pytest.raises(MethodError, match="one scalar random effect"):
        fit(f"{family} ~ x + (1 | team) + (1 | item)", counts, family=family, quadrature=5)
    with pytest.raises(MethodError, match="link"):
        fit(f"{family} ~ x + (1 | team)", counts, family=family, link="logit")
    if family == "zip":
        with pytest.raises(MethodError, match="no intraclass correlation"):
            m.icc()
