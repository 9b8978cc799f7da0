"""Profile limits and likelihood ratios of generalised fits against lme4 and their definition."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from dww_analysis.multilevel import fit
from dww_analysis.multilevel.errors import MethodError

PROFILE = 1e-3  # limits interpolated by lme4 (oracle README)
PROFILE_ABSOLUTE = 2e-3  # lme4's inner searches stop early where a variance is near zero

TESTS = Path(__file__).parents[1]
EXTRA = TESTS / "oracles_extra" / "generalised"
PROFILES = json.loads((EXTRA / "expected.json").read_text())["profile"]
FORMULA = "cbind(incidence, size - incidence) ~ period + (1 | herd)"


@pytest.fixture(scope="module")
def cbpp() -> pd.DataFrame:
    data = pd.read_csv(TESTS / "oracles" / "06_cbpp" / "data.csv")
    return data.assign(period=data["period"].astype(str), herd=data["herd"].astype(str))


def check_limits(
    mine: pd.DataFrame,
    low: dict[str, float],
    high: dict[str, float],
) -> None:
    table = mine.set_index("term")
    keys = list(table.index)
    np.testing.assert_allclose(table["conf_low"], [low[k] for k in keys], rtol=PROFILE, atol=PROFILE_ABSOLUTE)
    np.testing.assert_allclose(
        table["conf_high"], [high[k] for k in keys], rtol=PROFILE, atol=PROFILE_ABSOLUTE
    )


@pytest.mark.oracle
def test_cbpp_profile_limits(cbpp):
    stored = json.loads((TESTS / "oracles" / "06_cbpp" / "oracle.json").read_text())
    rows = stored["models"]["laplace"]["ci_profile"]["rows"]
    found = fit(FORMULA, cbpp, family="binomial").profile()
    assert list(found["term"]) == [r["term"] for r in rows]
    check_limits(found, {r["term"]: r["lower"] for r in rows}, {r["term"]: r["upper"] for r in rows})


def test_profile_limits_of_crossed_models():
    moves = fit(
        "cbind(hits, size - hits) ~ wave + (1 | who) + (1 | team)",
        pd.read_csv(EXTRA / "moves.csv"),
        family="binomial",
    )
    rows = PROFILES["moves"]
    check_limits(moves.profile(), {r["term"]: r["low"] for r in rows}, {r["term"]: r["high"] for r in rows})


@pytest.mark.long
def test_profile_limits_of_a_random_slope_reach_the_quantile():
    """lme4 warns of a bad spline in this profile, so the limits are checked by their definition: no point of the
    restricted space has a lower deviance, and the deviance rises by the quantile of chi-square."""
    answers = pd.read_csv(EXTRA / "answers.csv")
    m = fit("yes ~ arm + hard + (1 + hard | person) + (1 | item)", answers, family="binomial")
    names = ["sd_(Intercept)|item", "sd_hard|person", "hard"]
    table = m.profile(terms=names).set_index("term")
    objective, best = m.solution.extra.objective, -2 * m.log_likelihood
    at = {"sd_(Intercept)|item": 3, "hard": 4 + list(m.design.x_names).index("hard")}
    for name, position in at.items():
        for side in ("conf_low", "conf_high"):
            held, start = table.loc[name, side], np.concatenate([m.theta, m.fixed_effects])
            free = [i for i in range(len(start)) if i != position]

            def deviance(x, held=held, free=free, position=position, start=start):
                psi = start.copy()
                psi[free], psi[position] = x, held
                value, gradient = objective.value_gradient(psi)
                return value, gradient[free]

            found = minimize(deviance, start[free], jac=True, method="BFGS", options={"gtol": 1e-6})
            assert found.fun - best == pytest.approx(norm.ppf(0.975) ** 2, abs=2e-3)
    assert table.loc["sd_hard|person", "conf_low"] == 0.0


def test_profile_of_a_correlation_spans_its_range():
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(60), 12)
    x = rng.normal(size=720)
    b = rng.multivariate_normal([0, 0], [[0.5, 0.25], [0.25, 0.4]], 60)
    y = rng.poisson(np.exp(0.8 + b[group, 0] + b[group, 1] * x))
    m = fit("y ~ x + (1 + x | group)", pd.DataFrame({"y": y, "x": x, "group": group}), family="poisson")
    row = m.profile(terms=["cor_x.(Intercept)|group"]).iloc[0]
    assert -1 < row["conf_low"] < row["estimate"] < row["conf_high"] < 1
    assert row["conf_low"] < 0.25 / np.sqrt(0.2) < row["conf_high"]
    cov = m.solution.covariance(0)
    assert row["estimate"] == pytest.approx(cov[1, 0] / np.sqrt(cov[0, 0] * cov[1, 1]))


def test_likelihood_ratio_and_refusal_of_different_approximations(cbpp):
    large = fit(FORMULA, cbpp, family="binomial")
    small = fit("cbind(incidence, size - incidence) ~ 1 + (1 | herd)", cbpp, family="binomial")
    row = large.compare(small).iloc[-1]
    assert row["statistic"] == pytest.approx(25.61006, abs=1e-4)  # anova(m0, m1) of lme4, tolPwrss = 1e-13
    assert row["df"] == 3
    nine = fit(FORMULA, cbpp, family="binomial", quadrature=9)
    with pytest.raises(MethodError, match="quadrature"):
        nine.compare(small)
