"""Expected outcomes averaged over random effects: brute-force integrals, and what they are without random effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from dww_analysis.multilevel import fit
from dww_analysis.multilevel.errors import MethodError
from dww_analysis.multilevel.formula.design import build_design
from dww_analysis.multilevel.generalised.averaged import averaged, parameter_covariance
from dww_analysis.multilevel.inference.plain import between_within_df, nested_groups

INTEGRAL = 1e-7  # Gauss-Hermite with 80 nodes against adaptive quadrature
HESSIAN = 5e-3  # second differences of a brute-force likelihood


def answers(sd=1.0, teams=14, size=20, seed=3):
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(teams), size)
    arm, age = team % 2, rng.normal(size=teams * size)
    eta = -0.6 + 0.8 * arm + 0.5 * age + sd * rng.normal(size=teams)[team]
    return pd.DataFrame({"team": [f"t{t:02}" for t in team], "arm": arm.astype(float), "age": age,
                         "y": (rng.random(len(eta)) < expit(eta)).astype(float)})  # fmt: skip


def sides(X):
    """The rows as if everybody were treated, and as if nobody were."""
    one, other = X.copy(), X.copy()
    one[:, 1], other[:, 1] = 1.0, 0.0
    return [one, other]


def brute(X, beta, sd):
    return np.mean([
        quad(lambda z, e=e: expit(e + sd * z) * norm.pdf(z), -12, 12, epsabs=1e-11, epsrel=1e-11)[0]
        for e in X @ beta
    ])  # fmt: skip


@pytest.mark.parametrize("sd", [0.5, 1.5, 3.0])
def test_an_average_is_the_integral_over_rows_and_random_effects(sd):
    data = answers(sd)
    solution = fit("y ~ arm + age + (1 | team)", data, family="binomial").solution
    few = averaged(solution, [X[:5] for X in sides(solution.design.X)])
    by_hand = [brute(X[:5], solution.beta, solution.theta[0]) for X in sides(solution.design.X)]
    assert few.values == pytest.approx(by_hand, abs=INTEGRAL)


def likelihood(data, psi):
    """-2 log L of y ~ arm + age + (1 | team), each team's integral by 200 nodes over the whole line."""
    z = np.linspace(-8, 8, 801)
    total = 0.0
    for _, rows in data.groupby("team"):
        eta = psi[1] + psi[2] * rows["arm"].to_numpy() + psi[3] * rows["age"].to_numpy()
        logs = -np.logaddexp(0, -(2 * rows["y"].to_numpy()[:, None] - 1) * (eta[:, None] + psi[0] * z)).sum(0)
        total += np.log(np.trapezoid(np.exp(logs - logs.max()) * norm.pdf(z), z)) + logs.max()
    return -2 * total


@pytest.mark.slow
def test_the_covariance_is_the_delta_method_over_a_brute_force_likelihood():
    """Differences and ratios have the uncertainty of fixed effects and variance together."""
    data = answers()
    fitted = fit("y ~ arm + age + (1 | team)", data, family="binomial", quadrature=25)
    solution = fitted.solution
    psi = np.concatenate([solution.theta, solution.beta])
    n, h = len(psi), 1e-3
    hessian, eye = np.empty((n, n)), np.eye(n) * h
    for i in range(n):
        for j in range(n):
            corners = [likelihood(data, psi + a * eye[i] + b * eye[j]) for a in (1, -1) for b in (1, -1)]
            hessian[i, j] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * h * h)
    by_hand = 2 * np.linalg.inv(hessian)
    assert parameter_covariance(solution) == pytest.approx(by_hand, rel=HESSIAN, abs=1e-4)
    X = sides(solution.design.X[::20])

    def difference(p):
        return np.array([brute(x, p[1:], p[0]) for x in X])

    slopes = np.column_stack([(difference(psi + e) - difference(psi - e)) / (2 * h) for e in eye])
    found = averaged(solution, X)
    assert np.diag(found.vcov) == pytest.approx(np.diag(slopes @ by_hand @ slopes.T), rel=HESSIAN)
    of_beta = slopes[:, 1:] @ by_hand[1:, 1:] @ slopes[:, 1:].T
    assert found.vcov[0, 0] != pytest.approx(of_beta[0, 0], rel=1e-3)  # the variance counts too


def test_without_variance_it_is_the_marginal_effect_of_logistic_regression():
    """statsmodels, get_margeff: the average of P(1) - P(0) with its delta-method standard error."""
    import statsmodels.api as sm

    data = answers(0.0, seed=8)
    solution = fit("y ~ arm + age + (1 | team)", data, family="binomial").solution
    assert solution.theta[0] == 0.0
    theirs = (
        sm.Logit(data["y"], sm.add_constant(data[["arm", "age"]])).fit(disp=False).get_margeff(dummy=True)
    )
    found = averaged(solution, sides(solution.design.X))
    difference = np.array([1.0, -1.0])
    assert difference @ found.values == pytest.approx(theirs.margeff[0], rel=1e-6)
    assert np.sqrt(difference @ found.vcov @ difference) == pytest.approx(theirs.margeff_se[0], rel=1e-5)


def test_random_slopes_are_refused():
    data = answers(size=40)
    solution = fit("y ~ arm + age + (1 + age | team)", data, family="binomial").solution
    with pytest.raises(MethodError, match="random slopes"):
        averaged(solution, sides(solution.design.X))


# --- df by where a column varies


def waves(persons=5):
    rows = [
        (f"t{t}", f"p{t}_{i}", w, float(t % 2 and w))
        for t in range(8)
        for i in range(persons)
        for w in range(3)
    ]
    data = pd.DataFrame(rows, columns=["team", "person", "wave", "treated"])
    return data.assign(y=np.arange(len(data)) % 2.0, wave=data["wave"].astype(str))


def test_a_column_of_units_at_a_wave_has_the_df_of_units_at_waves():
    """A split plot counted by hand: 24 cells - 8 teams - 2 waves - 1 treated; persons cross the cells and are not."""
    design = build_design(
        "y ~ wave + treated + (1 | team) + (1 | team:wave) + (1 | person)", waves(), family="binomial"
    )
    assert nested_groups(design) == ["team", "team:wave"]
    df = dict(zip(design.x_names, between_within_df(design, nested_groups(design)), strict=True))
    assert df["treated"] == 24 - 8 - 3 and df["(Intercept)"] == 8 - 1
    with pytest.raises(MethodError, match="nested"):
        between_within_df(design)


def test_a_column_of_organisations_at_a_wave_does_not_count_their_teams():
    """4 organisations of 2 teams: 12 organisations at waves - 4 organisations - 2 waves - 1 treated."""
    data = waves()
    number = data["team"].str[1:].astype(int)
    data = data.assign(org="o" + (number // 2).astype(str), treated=(number // 2 % 2) * (data["wave"] != "0"))
    formula = "y ~ wave + treated + (1 | org) + (1 | org:wave) + (1 | team) + (1 | team:wave) + (1 | person)"
    design = build_design(formula, data.assign(treated=data["treated"].astype(float)), family="binomial")
    groups = nested_groups(design, by="wave")
    assert groups == ["org", "org:wave", "team:wave"]
    df = dict(zip(design.x_names, between_within_df(design, groups), strict=True))
    assert df["treated"] == 12 - 4 - 3
    assert nested_groups(design) == ["org", "team", "team:wave"]


@pytest.mark.parametrize("parts", ["org:wave", "wave:org"])
def test_parts_of_a_group_are_the_same_parts_however_they_are_written(parts):
    number = waves()["team"].str[1:].astype(int)
    data = waves().assign(org="o" + (number // 2).astype(str))
    formula = f"y ~ wave + (1 | org) + (1 | {parts}) + (1 | team) + (1 | person)"
    assert nested_groups(build_design(formula, data, family="binomial"), by="wave") == ["org", parts]


def test_a_column_of_units_has_units_minus_its_parameters():
    """Li & Redden (2015): units - parameters, for what is constant within units."""
    data = waves().query("wave == '2'")
    design = build_design("y ~ treated + (1 | team)", data, family="binomial")
    assert between_within_df(design, nested_groups(design))[1] == 8 - 2
