"""Random effects of the probability of an extra zero: the integral by brute force, special cases, what is done with
such a fit."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit, gammaln, logsumexp
from statsmodels.tools.numdiff import approx_hess, approx_hess_cs

from dww_analysis import fit
from dww_analysis.multilevel.errors import DesignError, FormulaError, MethodError

FORMULA, ZERO = "y ~ x + (1 | team)", "~ x + (1 | team)"


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    """Teams that differ in counts and in how often nothing is counted."""
    rng = np.random.default_rng(23)
    n = 480
    team, x = np.arange(n) % 24, rng.normal(size=n)
    mu = np.exp(1.0 + 0.3 * x + rng.normal(0, 0.5, 24)[team])
    share = expit(-0.6 - 0.5 * x + rng.normal(0, 1.1, 24)[team])
    y = np.where(rng.random(n) < share, 0, rng.poisson(mu))
    return pd.DataFrame(
        {"y": y, "x": x, "team": team, "group": team // 2, "arm": np.where(team % 2, "a", "b")}
    )


@pytest.fixture(scope="module")
def found(counts):
    m = fit(FORMULA, counts, family="zip", zero=ZERO)
    assert m.converged and not m.boundary
    return m


def psi_of(m) -> np.ndarray:
    """beta, coefficients of extra zeros, SDs of counts and of extra zeros."""
    sds = m.variance_components()["sd_or_correlation"]
    return np.array([*m.fixed_effects, *m.zero_inflation["estimate"], *sds])


def log_joint(effects: np.ndarray, own: pd.DataFrame, psi: np.ndarray) -> np.ndarray:
    """(points,) log density of a team's counts and its two effects (points, 2), from the definition; complex steps go
    through it."""
    y, x = own["y"].to_numpy(), own["x"].to_numpy()
    eta = psi[0] + psi[1] * x + effects[:, :1]
    zeta = psi[2] + psi[3] * x + effects[:, 1:]
    poisson = y * eta - np.exp(eta) - gammaln(y + 1)
    rows = np.where(y == 0, np.log(np.exp(zeta) + np.exp(poisson)), poisson) - np.log(1 + np.exp(zeta))
    normal = -0.5 * (effects / psi[4:]) ** 2 - np.log(psi[4:]) - 0.5 * np.log(2 * np.pi)
    return rows.sum(axis=1) + normal.sum(axis=1)


def top_of(own: pd.DataFrame, psi: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """Log density of a team at its highest, the effects (2,) there, and minus the curvature (2, 2)."""

    def lost(b):
        return -log_joint(np.atleast_2d(b), own, psi)[0]

    top = minimize(lost, np.zeros(2), method="BFGS", options={"gtol": 1e-7}).x
    for _ in range(2):  # to the last digit, by Newton
        slope = [lost(top + 1e-30j * e).imag / 1e-30 for e in np.eye(2)]
        top = top - np.linalg.solve(approx_hess_cs(top, lost), slope)
    return -lost(top), top, approx_hess_cs(top, lost)


def by_team(data: pd.DataFrame, psi: np.ndarray, nodes: int = 0) -> float:
    """Log-likelihood with the integral over each team's effects by Laplace, or by quadrature with `nodes` a side."""
    z, w = np.polynomial.hermite_e.hermegauss(nodes or 1)
    grid = np.array(np.meshgrid(z, z)).reshape(2, -1).T
    weights = np.log(np.outer(w, w)).ravel() + 0.5 * (grid**2).sum(axis=1)
    total = 0.0
    for _, own in data.groupby("team"):
        highest, top, H = top_of(own, psi)
        if not nodes:
            total += highest + np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(H)[1]
            continue
        root = np.linalg.cholesky(np.linalg.inv(H))
        points = log_joint(top + grid @ root.T, own, psi)
        total += float(logsumexp(points + weights)) + np.log(np.diag(root)).sum()
    return total


# ---- witnesses
def test_the_likelihood_is_that_of_the_definition(counts, found):
    """Laplace by hand; the integral itself lies near."""
    psi = psi_of(found)
    assert found.log_likelihood == pytest.approx(by_team(counts, psi), abs=1e-8)
    assert found.log_likelihood == pytest.approx(by_team(counts, psi, nodes=15), abs=1.0)


@pytest.mark.long
def test_the_estimates_lie_where_it_is_highest(counts, found):
    psi = psi_of(found)
    best = by_team(counts, psi)
    for step in 0.03 * np.eye(6):
        below, above = by_team(counts, psi - step), by_team(counts, psi + step)
        assert max(below, above) < best
        assert abs(above - below) < 0.15 * (2 * best - above - below)  # a stationary point, not a slope


@pytest.mark.long
def test_standard_errors_are_those_of_the_definition(counts, found):
    """The curvature of Laplace by hand in all six parameters; steps of 0.01 leave some 2e-5 of an error."""
    psi = psi_of(found)
    H = approx_hess(psi, lambda at: by_team(counts, at), epsilon=np.full(6, 0.01))
    se = np.sqrt(np.diag(np.linalg.inv(-H)))
    np.testing.assert_allclose(found.coefficients()["std_error"], se[:2], rtol=1e-4)
    np.testing.assert_allclose(found.zero_inflation["std_error"], se[2:4], rtol=1e-4)


def test_modes_are_the_tops_of_the_joint_density(counts, found):
    psi, table = psi_of(found), found.random_effects()
    counted, zeros = (table[table["term"] == t] for t in ("(Intercept)", "zero_(Intercept)"))
    own = counts[counts["team"] == 5]
    _, top, H = top_of(own, psi)
    row = counted["level"].tolist().index("5")
    mine = [counted["estimate"].iloc[row], zeros["estimate"].iloc[row]]
    np.testing.assert_allclose(mine, top, atol=1e-8)
    spread = np.sqrt(np.diag(np.linalg.inv(H)))
    np.testing.assert_allclose(
        [counted["std_error"].iloc[row], zeros["std_error"].iloc[row]], spread, rtol=1e-7
    )


@pytest.mark.parametrize(
    ("formula", "zero"),
    [
        ("y ~ x + (1 + x | team)", "~ x + (1 | team)"),
        ("y ~ arm + (1 | group)", "~ x + (1 + x | team)"),
        ("y ~ x + (1 | team)", "~ (1 | group) + offset(0.1 * x)"),
    ],
)
@pytest.mark.parametrize("soft", [False, True])
def test_the_gradient_is_that_of_differences(counts, formula, zero, soft):
    from dww_analysis.multilevel.formula.design import build_design
    from dww_analysis.multilevel.formula.zero_part import with_zero_part
    from dww_analysis.multilevel.generalised.laplace import Laplace
    from dww_analysis.multilevel.generalised.zero_terms import paired_zeros, stacked_rows

    rows = stacked_rows(with_zero_part(build_design(formula, counts, family="zip"), zero))
    f = Laplace(rows, paired_zeros(soft))
    rng = np.random.default_rng(3)
    psi = np.concatenate([f.first_theta() * 0.6, rng.normal(0, 0.3, rows.X.shape[1])])
    slopes = [(f.value(psi + e) - f.value(psi - e)) / 2e-5 for e in 1e-5 * np.eye(len(psi))]
    np.testing.assert_allclose(f.value_gradient(psi)[1], slopes, rtol=1e-5, atol=1e-4)


# ---- special cases
def test_without_variance_it_is_the_model_of_predictors(counts):
    """Zeros are dealt out to all teams alike."""
    rng = np.random.default_rng(2)
    y = rng.poisson(np.exp(1.0 + rng.normal(0, 0.4, 24)[counts["team"]]))
    alike = counts.assign(y=np.where(np.arange(len(counts)) // 24 % 3 == 0, 0, y + 1))
    m = fit("y ~ x + (1 | team)", alike, family="zip", zero="~ x + (1 | team)")
    plain = fit("y ~ x + (1 | team)", alike, family="zip", zero="~ x")
    assert m.converged and m.boundary == ("team zero_(Intercept)",)
    assert m.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(m.zero_inflation["std_error"], plain.zero_inflation["std_error"], rtol=1e-4)
    np.testing.assert_allclose(m.fitted, plain.fitted, rtol=1e-4)


# ---- what is done with a fit
def test_predictions_add_the_effects_that_are_known(counts, found):
    new = pd.DataFrame({"x": [0.4, -0.2], "team": [3, 99], "arm": "a"})
    a, b = found.zero_inflation["estimate"]
    table = found.random_effects()
    known = table[(table["term"] == "zero_(Intercept)") & (table["level"] == "3")]["estimate"].iloc[0]
    share = expit(a + b * new["x"] + [known, 0.0])
    np.testing.assert_allclose(found.predict(new, type="response"), (1 - share) * np.exp(found.predict(new)))
    np.testing.assert_allclose(found.fitted, found.predict(counts, type="response"))
    np.testing.assert_allclose(found.fitted, found.predict(type="response"))
    for rows in (new, None):
        x = counts["x"] if rows is None else rows["x"]
        average = (1 - expit(a + b * x)) * np.exp(found.predict(rows, population=True))
        np.testing.assert_allclose(found.predict(rows, population=True, type="response"), average)
        given = found.predict(rows, population=True, type="response", se=True)
        np.testing.assert_allclose(given["estimate"], average)


def test_what_is_done_with_a_fit_works(counts, found):
    table = found.variance_components()
    assert table["term_1"].tolist() == ["(Intercept)", "zero_(Intercept)"]
    assert found.aic == pytest.approx(2 * 6 - 2 * found.log_likelihood)
    again = found.refit(found.design.y)
    assert again.log_likelihood == pytest.approx(found.log_likelihood, abs=1e-7)
    assert again.theta == pytest.approx(found.theta, abs=1e-4)
    draws = found.simulate(300, 1)
    np.testing.assert_allclose((draws == 0).mean(), (counts["y"] == 0).mean(), atol=0.04)
    by = pd.DataFrame((draws == 0).T).T.groupby(counts["team"]).mean()
    assert by.std().mean() > 0.12  # shares of zeros differ by team: of one share 0.1 would be chance
    boot = found.bootstrap(3, rng=2).set_index("term")
    assert list(boot.index) == [
        "sd_(Intercept)|team", "zero_(Intercept)", "zero_x", "sd_zero_(Intercept)|team", "(Intercept)", "x",
    ]  # fmt: skip
    np.testing.assert_allclose(
        boot["estimate"], [found.theta[0], *psi_of(found)[2:4], psi_of(found)[5], *psi_of(found)[:2]]
    )
    text = found.summary()
    assert (
        "extra zeros ~ x + (1 | team)" in text
        and "zero_(Intercept)" in text
        and "<table" in found._repr_html_()
    )


def test_it_is_compared_with_smaller_models(counts, found):
    without = fit(FORMULA, counts, family="zip", zero="~ x")
    row = without.compare(found).iloc[1]
    assert row["statistic"] == pytest.approx(2 * (found.log_likelihood - without.log_likelihood))
    assert (row["df"], row["mixture"]) == (1.0, "0.5 chi2(0) + 0.5 chi2(1)")
    with pytest.raises(MethodError, match=r"zero_\(Intercept\) \| team"):
        found.compare(fit("y ~ x * arm + (1 + x | team)", counts, family="zip", zero="~ x"))


def test_a_team_is_left_out_of_both_parts(counts):
    few = counts[counts["team"] < 6]
    m = fit(FORMULA, few, family="zip", zero="~ (1 | team)")
    table = m.influence("team")
    assert set(table["status"]) == {"refitted"}
    alone = fit(FORMULA, few[few["team"] != 0], family="zip", zero="~ (1 | team)")
    assert table["estimate"].iloc[1] == pytest.approx(alone.fixed_effects["x"], abs=1e-4)


@pytest.mark.parametrize(
    ("zero", "said"),
    [
        ("~ x + (1 | team", "closing bracket"), ("~ 0 + (1 | team)", "intercept"),
        ("y ~ x", "with a tilde and no outcome"), (True, "with a tilde and no outcome"),
    ],
)  # fmt: skip
def test_a_refusal_says_which_of_the_two_formulas_it_is_of(counts, zero, said):
    with pytest.raises((FormulaError, DesignError), match=said) as refused:
        fit(FORMULA, counts, family="zip", zero=zero)
    assert str(refused.value).startswith(f"zero={zero!r}: ")


def test_what_is_not_offered_says_what_to_use(counts, found):
    with pytest.raises(MethodError, match="bootstrap"):
        found.profile()
    with pytest.raises(MethodError, match="quadrature=1"):
        fit(FORMULA, counts, family="zip", zero=ZERO, quadrature=7)
    with pytest.raises(MethodError, match="of the counts"):
        fit("y ~ x", counts, family="zip", zero=ZERO)
