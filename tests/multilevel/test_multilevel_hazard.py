"""Discrete-time hazards: the complementary log-log link against glmer (oracle 18_outcomes) and special cases.

R 4.2.2, lme4 1.1-31: glmer(left ~ quarter + arm + (1 | team), family = binomial(LINK), nAGQ = N).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import xlogy
from scipy.stats import norm

from dww_analysis.multilevel import DesignError, MethodError, fit

CASE = Path(__file__).parents[1] / "oracles" / "18_outcomes"
STORED = json.loads((CASE / "oracle.json").read_text())["leaving"]
FORMULA = "left ~ quarter + arm + (1 | team)"
ESTIMATE, SE, VARIANCE = 1e-5, 1e-3, 1e-3  # glmer's search and its Hessian by differences


@pytest.fixture(scope="module")
def months() -> pd.DataFrame:
    data = pd.read_csv(CASE / "18_leaving_person_months.csv")
    return data.assign(quarter=((data["month"] - 1) // 3 + 1).astype(str))


@pytest.mark.oracle
@pytest.mark.parametrize("stored", STORED["fits"], ids=lambda s: f"{s['link']}-{s['nAGQ']}")
def test_hazards_are_those_of_glmer(months, stored):
    m = fit(FORMULA, months, family="binomial", link=stored["link"], quadrature=stored["nAGQ"])
    row = m.coefficients().set_index("term").loc["arm"]
    assert m.converged and m.link == stored["link"]
    assert m.log_likelihood == pytest.approx(stored["logLik"], abs=1e-6)
    assert row["estimate"] == pytest.approx(stored["arm"]["Estimate"], rel=ESTIMATE)
    assert row["std_error"] == pytest.approx(stored["arm"]["Std. Error"], rel=SE)
    assert m.solution.covariance(0)[0, 0] == pytest.approx(stored["team_variance"], rel=VARIANCE)


@pytest.mark.parametrize(
    ("formula", "nodes"),
    [("left ~ arm + (1 | team)", 9), ("left ~ arm + (1 + month | team) + (1 | person)", 1)],
)
def test_the_gradient_is_that_of_differences(months, formula, nodes):
    m = fit(formula, months, family="binomial", link="cloglog", quadrature=nodes)
    f = m.solution.extra.objective
    psi = np.concatenate([m.theta, m.solution.beta]) + 0.2
    slopes = [(f.value(psi + e) - f.value(psi - e)) / 2e-5 for e in 1e-5 * np.eye(len(psi))]
    np.testing.assert_allclose(f.value_gradient(psi)[1], slopes, rtol=1e-5, atol=1e-4)


def test_the_likelihood_is_the_integral_over_the_teams(months):
    m = fit(FORMULA, months, family="binomial", link="cloglog", quadrature=15)
    location = m.design.X @ m.solution.beta
    total = 0.0
    for team in range(m.design.random[0].n_levels):
        rows = m.design.random[0].codes == team
        eta, y = location[rows], m.design.y[rows]

        def density(b, eta=eta, y=y):
            rate = np.exp(eta + b)
            return np.exp((xlogy(y, -np.expm1(-rate)) - (1 - y) * rate).sum()) * norm.pdf(
                b, scale=float(m.theta[0])
            )

        total += np.log(quad(density, -1, 1, points=[0.0], epsabs=0, epsrel=1e-10)[0])
    assert m.log_likelihood == pytest.approx(total, abs=1e-6)


def test_months_put_together_are_the_same_model(months):
    """Rows with the same predictors and team, as events among trials."""
    cells = months.groupby(["team", "arm", "quarter"], as_index=False)["left"].agg(["sum", "count"])
    cells["stayed"] = cells["count"] - cells["sum"]
    rows = fit(FORMULA, months, family="binomial", link="cloglog")
    together = fit(
        "cbind(sum, stayed) ~ quarter + arm + (1 | team)", cells, family="binomial", link="cloglog"
    )
    np.testing.assert_allclose(together.fixed_effects, rows.fixed_effects, rtol=1e-6)
    np.testing.assert_allclose(together.theta, rows.theta, rtol=1e-5)
    np.testing.assert_allclose(
        together.coefficients()["std_error"], rows.coefficients()["std_error"], rtol=1e-5
    )


def test_an_exposure_is_an_offset(months):
    """A hazard over half a month: log(1/2) beside the intercept, and nothing else."""
    rows = fit(FORMULA, months, family="binomial", link="cloglog")
    half = fit(FORMULA, months.assign(o=np.log(0.5)), family="binomial", link="cloglog", offset="o")
    shift = half.fixed_effects - rows.fixed_effects
    np.testing.assert_allclose(shift, [np.log(2), 0, 0, 0, 0], atol=1e-6)


def test_results_on_the_scale_of_the_outcome(months):
    m = fit(FORMULA, months, family="binomial", link="cloglog")
    link, risk = m.means("arm"), m.means("arm", type="response")
    np.testing.assert_allclose(risk["estimate"], 1 - np.exp(-np.exp(link["estimate"])), rtol=1e-10)
    h = 1e-6
    slope = (np.exp(-np.exp(link["estimate"] - h)) - np.exp(-np.exp(link["estimate"] + h))) / (2 * h)
    np.testing.assert_allclose(risk["std_error"], slope * link["std_error"], rtol=1e-5)
    ratio = m.contrasts("arm", type="response", method="revpairwise").iloc[0]
    assert ratio["scale"] == "hazard ratio"
    assert ratio["estimate"] == pytest.approx(np.exp(m.fixed_effects["arm"]))
    np.testing.assert_allclose(m.fitted, m.predict(months, type="response"), rtol=1e-8)
    assert m.icc()["team"] == pytest.approx(
        m.solution.covariance(0)[0, 0] / (m.solution.covariance(0)[0, 0] + np.pi**2 / 6)
    )
    assert m.simulate(400, 1).mean() == pytest.approx(months["left"].mean(), rel=0.05)
    assert m.refit(m.design.y).log_likelihood == pytest.approx(m.log_likelihood, abs=1e-7)


def test_links_and_separation_are_refused_with_what_to_do(months):
    with pytest.raises(MethodError, match="logit, cloglog"):
        fit(FORMULA, months, family="binomial", link="probit")
    with pytest.raises(MethodError, match=r"link for family 'poisson'.*known are log"):
        fit(FORMULA, months, family="poisson", link="cloglog")
    sure = months.assign(sure=np.where(months["left"] == 1, "yes", "no"))
    with pytest.raises(DesignError, match=r"separated exactly by.*sureyes"):
        fit("left ~ sure + (1 | team)", sure, family="binomial", link="cloglog")
    logit = fit(FORMULA, months, family="binomial")
    with pytest.raises(MethodError, match=r"links logit and cloglog|links cloglog and logit"):
        logit.compare(fit("left ~ arm + (1 | team)", months, family="binomial", link="cloglog"))
