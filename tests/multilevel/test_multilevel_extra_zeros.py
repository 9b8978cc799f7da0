"""Zero-inflated counts whose probability of an extra zero has predictors: what glmmTMB printed, statsmodels, the
integral over the random effects, and what is done with such a fit."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import expit
from statsmodels.discrete.count_model import ZeroInflatedPoisson
from statsmodels.tools.numdiff import approx_hess

from dww_analysis import fit
from dww_analysis.multilevel.errors import DesignError, FormulaError, MethodError

FOLDER = Path(__file__).parents[1] / "oracles_extra" / "generalised"
GRADIENT = 1e-6
INTEGRAL = 1e-5

PRINTED = json.loads((FOLDER / "glmmTMB.json").read_text(encoding="utf-8"))["salamanders"]


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    """Teams with fewer counts and rows with more extra zeros as x falls; z is on a large scale."""
    rng = np.random.default_rng(11)
    n = 360
    team, x = rng.integers(0, 18, n), rng.normal(size=n)
    z = 30 * rng.normal(size=n) + 200
    mu = np.exp(1.1 + 0.4 * x + rng.normal(0, 0.5, 18)[team])
    share = expit(-0.8 - 0.7 * x + 0.02 * (z - 200))
    y = np.where(rng.random(n) < share, 0, rng.poisson(mu))
    arm = np.where(team % 2, "new", "usual")
    return pd.DataFrame({"y": y, "x": x, "z": z, "team": team, "arm": arm})


@pytest.fixture(scope="module")
def found(counts):
    return fit("y ~ x + arm + (1 | team)", counts, family="zip", zero="~ x + z")


# ---- witnesses
def test_the_help_page_of_glmmtmb():
    data = pd.read_csv(FOLDER / "salamanders.csv")
    data["mined"] = pd.Categorical(data["mined"], categories=["yes", "no"])
    m = fit("count ~ mined + (1 | site)", data, family="zip", zero="~ mined")
    assert m.converged and not m.boundary
    for name in ("aic", "bic", "log_likelihood"):
        assert getattr(m, name) == pytest.approx(PRINTED[name], abs=6e-5)
    assert m.variance_components()["estimate"].iloc[0] == pytest.approx(PRINTED["variance"], abs=6e-6)
    fixed, zero = m.coefficients().set_index("term"), m.zero_inflation.set_index("term")
    for term, printed in PRINTED["fixed"].items():
        np.testing.assert_allclose(
            fixed.loc[term, ["estimate", "std_error"]].astype(float), printed, atol=6e-5
        )
    for term, printed in PRINTED["zero_inflation"].items():
        mine = zero.loc[term, ["estimate", "std_error", "statistic"]].astype(float)
        assert (np.abs(mine - printed) < [6e-5, 6e-5, 6e-4]).all()
    assert "extra zeros ~ mined" in m.summary()


def test_without_variance_between_groups_it_is_the_model_of_statsmodels(counts):
    """Groups with the same mean of what the model does not explain: their variance is zero."""
    rank = np.argsort(np.argsort(counts["y"] - np.exp(0.4 * counts["x"]), kind="stable"))
    data = counts.assign(g=np.where(rank // 12 % 2, 11 - rank % 12, rank % 12), z=(counts["z"] - 200) / 30)
    m = fit("y ~ x + (1 | g)", data, family="zip", zero="~ x + z")
    assert m.converged and m.boundary == ("g (Intercept)",)
    model = ZeroInflatedPoisson(
        data["y"], sm.add_constant(data["x"]), exog_infl=sm.add_constant(data[["x", "z"]])
    )
    theirs = model.fit(disp=0, maxiter=500, gtol=1e-9, method="bfgs", start_params=np.full(5, 0.1))
    assert m.log_likelihood == pytest.approx(theirs.llf, abs=1e-6)
    se = np.sqrt(np.diag(np.linalg.inv(-approx_hess(theirs.params.to_numpy(), model.loglike))))
    np.testing.assert_allclose(m.zero_inflation["estimate"], theirs.params[:3], atol=1e-4)
    np.testing.assert_allclose(m.fixed_effects, theirs.params[3:], atol=1e-4)
    np.testing.assert_allclose(m.zero_inflation["std_error"], se[:3], rtol=1e-3)
    np.testing.assert_allclose(m.coefficients()["std_error"], se[3:], rtol=1e-3)


def log_likelihood_by_integration(data: pd.DataFrame, psi) -> float:
    """psi: intercept, slope, SD, and the coefficients of extra zeros in x and (z - 200) / 30."""
    share = expit(psi[3] + psi[4] * data["x"] + psi[5] * (data["z"] - 200) / 30).to_numpy()
    eta, total = (psi[0] + psi[1] * data["x"]).to_numpy(), 0.0
    y = data["y"].to_numpy()
    for team in np.unique(data["team"]):
        own = (data["team"] == team).to_numpy()

        def joint(b: float, own=own) -> float:
            mass = stats.poisson.pmf(y[own], np.exp(eta[own] + b))
            rows = np.log((1 - share[own]) * mass + share[own] * (y[own] == 0))
            return rows.sum() + stats.norm.logpdf(b, scale=psi[2])

        top = max(joint(b) for b in np.linspace(-1.5, 1.5, 13))
        area = quad(lambda b, j=joint, t=top: np.exp(j(b) - t), -4, 4, limit=200, points=[-1, 0, 1])[0]
        total += top + np.log(area)
    return total


@pytest.mark.slow
def test_the_likelihood_is_the_integral_over_the_teams(counts):
    m = fit("y ~ x + (1 | team)", counts, family="zip", zero="~ x + z", quadrature=30)
    a, b, c = m.zero_inflation["estimate"]
    at = np.array([*m.fixed_effects, m.theta[0], a + 200 * c, b, 30 * c])
    best = log_likelihood_by_integration(counts, at)
    assert m.log_likelihood == pytest.approx(best, abs=INTEGRAL)
    H = approx_hess(at, lambda psi: log_likelihood_by_integration(counts, psi), epsilon=np.full(6, 0.02))
    se = np.sqrt(np.diag(np.linalg.inv(-H)))
    np.testing.assert_allclose(m.coefficients()["std_error"], se[:2], rtol=1e-3)
    np.testing.assert_allclose(m.zero_inflation["std_error"].iloc[1:], [se[4], se[5] / 30], rtol=1e-3)
    for step in 0.02 * np.eye(6):
        below, above = (log_likelihood_by_integration(counts, at + s * step) for s in (-1, 1))
        assert max(below, above) < best and abs(above - below) < 0.2 * (2 * best - above - below)


def test_the_gradient_is_that_of_differences(counts):
    for formula, nodes in (("y ~ x + (1 + x | team)", 1), ("y ~ x + (1 | team)", 7)):
        m = fit(formula, counts, family="zip", zero="~ x + z", quadrature=nodes)
        f = m.solution.extra.objective
        psi = np.concatenate([m.theta, m.solution.extra.shapes, m.solution.beta])
        psi += 0.05 + 0.02 * np.arange(len(psi))
        slopes = [(f.value(psi + e) - f.value(psi - e)) / 2e-5 for e in 1e-5 * np.eye(len(psi))]
        np.testing.assert_allclose(f.value_gradient(psi)[1], slopes, rtol=GRADIENT, atol=5 * GRADIENT)


# ---- special cases
def test_an_intercept_alone_is_one_probability(counts):
    plain = fit("y ~ x + (1 | team)", counts, family="zip")
    same = fit("y ~ x + (1 | team)", counts, family="zip", zero="~ 1")
    assert same.log_likelihood == plain.log_likelihood and same.design.zero is None
    # two halves that share everything: the coefficient of the half is zero
    twice = pd.concat([counts.assign(half="a"), counts.assign(half="b")], ignore_index=True)
    twice["team"] = twice["half"] + twice["team"].astype(str)
    m = fit("y ~ x + (1 | team)", twice, family="zip", zero="~ half")
    estimates = m.zero_inflation["estimate"]
    np.testing.assert_allclose(estimates, [plain.zero_inflation["estimate"].iloc[0], 0.0], atol=1e-5)
    assert m.log_likelihood == pytest.approx(2 * plain.log_likelihood, abs=1e-6)


def test_units_and_offsets_of_predictors(counts, found):
    other = counts.assign(z=counts["z"] * 1000 - 5)
    m = fit("y ~ x + arm + (1 | team)", other, family="zip", zero="~ x + z")
    assert m.log_likelihood == pytest.approx(found.log_likelihood, abs=1e-7)
    np.testing.assert_allclose(
        m.zero_inflation["statistic"].iloc[1:], found.zero_inflation["statistic"].iloc[1:], rtol=1e-4
    )
    known = float(found.zero_inflation["estimate"].iloc[2])
    held = fit(
        "y ~ x + arm + (1 | team)",
        counts.assign(part=known * counts["z"]),
        family="zip",
        zero="~ x + offset(part)",
    )
    np.testing.assert_allclose(
        held.zero_inflation["estimate"], found.zero_inflation["estimate"].iloc[:2], atol=1e-4
    )
    np.testing.assert_allclose(held.fitted, found.fitted, rtol=1e-4)
    new = counts.head(9).assign(part=known * counts["z"])
    np.testing.assert_allclose(held.predict(new, type="response"), found.fitted[:9], rtol=1e-4)


# ---- what is done with a fit
def test_predictions_take_extra_zeros_of_new_rows(counts, found):
    new = pd.DataFrame({"x": [-1.0, 0.5], "z": [150.0, 240.0], "arm": ["new", "usual"], "team": [3, 99]})
    a, b, c = found.zero_inflation["estimate"]
    share = expit(a + b * new["x"] + c * new["z"])
    mu = np.exp(found.predict(new))
    np.testing.assert_allclose(found.predict(new, type="response"), (1 - share) * mu)
    np.testing.assert_allclose(found.fitted, found.predict(counts, type="response"))
    np.testing.assert_allclose(found.predict(type="response"), found.fitted)
    with pytest.raises(FormulaError, match="'z'"):
        found.predict(new.drop(columns="z"), type="response")
    assert found.predict(new.drop(columns="z")).shape == (2,)  # the linear predictor has no z


def test_the_error_of_a_prediction_is_the_delta_method_over_everything(counts):
    m = fit("y ~ x + (1 | team)", counts, family="zip", zero="~ x")
    new = pd.DataFrame({"x": [-0.7, 1.2]})
    table = m.predict(new, population=True, se=True, type="response")
    objective = m.solution.extra.objective
    psi = np.concatenate([m.theta, m.solution.extra.shapes, m.solution.beta])
    h = 1e-4 * np.eye(len(psi))
    H = np.array(
        [(objective.value_gradient(psi + e)[1] - objective.value_gradient(psi - e)[1]) / 2e-4 for e in h]
    )
    covariance = 2 * np.linalg.inv((H + H.T) / 2)
    turn = m.design.zero.turn

    def log_count(psi, x):
        a, b = turn @ psi[1:3]
        return psi[3] + psi[4] * x + np.log1p(-expit(a + b * x))

    for (_, row), x in zip(table.iterrows(), new["x"], strict=True):
        slope = np.array([(log_count(psi + e, x) - log_count(psi - e, x)) / 2e-4 for e in h])
        se = np.sqrt(slope @ covariance @ slope)
        assert row["estimate"] == pytest.approx(np.exp(log_count(psi, x)))
        assert row["std_error"] == pytest.approx(se * row["estimate"], rel=1e-4)
        assert row["conf_low"] == pytest.approx(np.exp(log_count(psi, x) - 1.959964 * se), rel=1e-4)


def test_what_is_done_with_a_fit_works(counts, found):
    assert found.means("arm", type="response")["estimate"].gt(0).all()
    few = counts[counts["team"] < 4]
    left_out = fit("y ~ x + (1 | team)", few, family="zip", zero="~ x").influence("team")
    assert set(left_out["status"]) == {"refitted"} and left_out["converged"].all()
    only = few.assign(only=((few["team"] == 0) & (few["x"] > 0)).astype(float))
    without = fit("y ~ x + (1 | team)", only, family="zip", zero="~ only").influence("team")
    assert "only" in without["status"].iloc[0] and set(without["status"].iloc[2:]) == {"refitted"}
    alone = fit("y ~ x + (1 | team)", few[few["team"] != 0], family="zip", zero="~ x")
    assert left_out["estimate"].iloc[1] == pytest.approx(alone.fixed_effects["x"], abs=1e-5)
    assert found.refit(found.design.y).log_likelihood == pytest.approx(found.log_likelihood, abs=1e-7)
    draws = found.simulate(200, 1)
    np.testing.assert_allclose((draws == 0).mean(), (counts["y"] == 0).mean(), atol=0.03)
    names = ["sd_(Intercept)|team", "zero_(Intercept)", "zero_x", "zero_z", *found.design.x_names]
    table = found.bootstrap(3, rng=2).set_index("term")
    assert list(table.index) == names
    np.testing.assert_allclose(table.loc[names[1:4], "estimate"], found.zero_inflation["estimate"])
    assert found.plot().alt and "Extra zeros (logit)" in found.summary() and "<table" in found._repr_html_()


def test_profile_limits_reach_the_quantile(counts):
    m = fit("y ~ x + (1 | team)", counts, family="zip", zero="~ x")
    table = m.profile(terms=["zero_x", "sd_(Intercept)|team"]).set_index("term")
    objective, turn = m.solution.extra.objective, m.design.zero.turn
    best = np.concatenate([m.theta, m.solution.extra.shapes, m.solution.beta])
    for side in ("conf_low", "conf_high"):
        limit = float(table.loc["zero_x", side])

        def deviance(free, limit=limit):  # SD, the other coefficient of extra zeros, beta
            psi = np.concatenate([free[:1], np.linalg.solve(turn, [free[1], limit]), free[2:]])
            value, gradient = objective.value_gradient(psi)
            return value, np.concatenate(
                [gradient[:1], np.linalg.inv(turn)[:, 0] @ gradient[1:3, None], gradient[3:]]
            )

        start = np.concatenate([best[:1], m.zero_inflation["estimate"].iloc[:1], best[3:]])
        low = minimize(deviance, start, jac=True, method="BFGS", options={"gtol": 1e-6})
        assert low.fun + 2 * m.log_likelihood == pytest.approx(stats.norm.ppf(0.975) ** 2, abs=2e-3)
    wald = m.zero_inflation.iloc[1]
    assert table.loc["zero_x", "estimate"] == pytest.approx(wald["estimate"])
    np.testing.assert_allclose(
        table.loc["zero_x", ["conf_low", "conf_high"]].astype(float),
        wald[["conf_low", "conf_high"]].astype(float),
        atol=0.1,
    )


def test_models_of_extra_zeros_are_compared(counts):
    one, some, all_ = (
        fit("y ~ x + (1 | team)", counts, family="zip", zero=zero) for zero in (None, "~ x", "~ x + z")
    )
    row = one.compare(some).iloc[1]
    assert row["statistic"] == pytest.approx(2 * (some.log_likelihood - one.log_likelihood))
    assert (row["df"], row["mixture"]) == (1.0, "1 chi2(1)")
    assert row["model"] == "y ~ x + (1 | team), zip, extra zeros ~ x"
    assert some.compare(all_).iloc[1]["df"] == 1.0
    with pytest.raises(MethodError, match="not part of"):
        fit("y ~ x + (1 | team)", counts, family="zip", zero="~ arm").compare(all_)
    with pytest.raises(MethodError, match="not part of"):
        fit("y ~ x + (1 | team)", counts, family="zip", zero="~ 1 + offset(x)").compare(all_)
    with pytest.raises(MethodError, match="edge of every coefficient"):
        fit("y ~ x + (1 | team)", counts, family="poisson").compare(some)


# ---- refused and said
@pytest.mark.parametrize(
    ("zero", "family", "error", "reason"),
    [
        ("~ x", "poisson", MethodError, "of family 'zip'"),
        ("x", "zip", FormulaError, "tilde"),
        ("y ~ x", "zip", FormulaError, "no outcome"),
        ("~ nothing", "zip", FormulaError, "nothing"),
        ("~ 0", "zip", DesignError, "no fixed effect"),
        (3, "zip", FormulaError, "zero=3"),
    ],
)
def test_formulas_that_cannot_be_are_refused(counts, zero, family, error, reason):
    with pytest.raises(error, match=reason):
        fit("y ~ x + (1 | team)", counts, family=family, zero=zero)


def test_rows_without_a_predictor_of_extra_zeros_are_dropped_and_counted(counts):
    at = np.arange(len(counts))
    holes = counts.assign(z=counts["z"].where(at % 10 > 0), x=counts["x"].where(at % 20 != 7))
    m = fit("y ~ x + (1 | team)", holes, family="zip", zero="~ z")
    assert (m.n_obs, m.n_dropped, m.missing["z"], m.missing["x"]) == (306, 54, 36, 18)
    same = fit("y ~ x + (1 | team)", holes.dropna(), family="zip", zero="~ z")
    assert m.log_likelihood == same.log_likelihood


def test_a_group_without_a_zero_is_said(counts):
    data = counts.assign(none=(counts["y"] > 0) & (counts["x"] > 0))
    data["none"] = np.where(data["none"], "never", "may be")
    m = fit("y ~ x + (1 | team)", data, family="zip", zero="~ none")
    assert not m.converged and "probability of an extra zero is 0 or 1" in m.summary()


def test_a_column_that_says_the_same_is_left_out_and_said(counts):
    m = fit("y ~ x + (1 | team)", counts.assign(double=2 * counts["x"]), family="zip", zero="~ x + double")
    assert m.zero_inflation["term"].tolist() == ["(Intercept)", "x"]
    assert any("Left out of what extra zeros depend on: double" in note for note in m.notes)
    alone = fit("y ~ x + (1 | team)", counts.assign(same=1.0), family="zip", zero="~ same")
    assert any("Left out of what extra zeros depend on: same" in note for note in alone.notes)
    plain = fit("y ~ x + (1 | team)", counts, family="zip")
    assert alone.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-7)
    assert alone.zero_inflation["term"].tolist() == ["(Intercept)"]
