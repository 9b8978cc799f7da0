"""Profile limits through the public fit: stored results of lme4 and further models (glmm_profile.R)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from oracle_models import models_with, oracle_fit, read_oracle
from scipy.optimize import minimize

from dww_analysis.multilevel import MethodError, fit
from dww_analysis.multilevel.gaussian.minima import clearly_definite
from dww_analysis.multilevel.gaussian.profile import profiler

LIMIT = 1e-3  # R interpolates its profiles with splines

WITNESS = json.loads((Path(__file__).parent / "expected" / "glmm_profile.json").read_text())
SMALL = [c for c in models_with("ci_profile") if read_oracle(c[0])["models"][c[1]]["nobs"] < 300]


def compare(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    table = expected.set_index("term")
    ours = found.set_index("term")
    assert set(ours.index) == set(table.index)
    table = table.loc[ours.index]
    spread = (table["upper"] - table["lower"]).to_numpy(dtype=float)
    known = np.isfinite(spread)
    for column, stored in (("conf_low", "lower"), ("conf_high", "upper")):
        difference = (ours[column] - table[stored]).abs().to_numpy(dtype=float)
        allowed = LIMIT * np.maximum(spread, table[stored].abs().to_numpy(dtype=float))
        assert (difference[known] <= allowed[known]).all(), pd.concat([ours, table], axis=1)


@pytest.mark.oracle
@pytest.mark.parametrize(("case", "name"), SMALL)
def test_gaussian_profiles(case, name):
    compare(
        oracle_fit(case, name).profile(),
        pd.DataFrame(read_oracle(case)["models"][name]["ci_profile"]["rows"]),
    )


@pytest.mark.oracle
def test_binomial_profile():
    rows = read_oracle("06_cbpp")["models"]["laplace"]["ci_profile"]["rows"]
    compare(oracle_fit("06_cbpp", "laplace").profile(), pd.DataFrame(rows))


@pytest.mark.parametrize("case", WITNESS["models"], ids=lambda c: c["family"])
def test_generalised_profiles(case):
    m = fit(case["formula"], pd.DataFrame(WITNESS["data"]), family=case["family"])
    expected = pd.DataFrame({k: case[k] for k in ("term", "lower", "upper")})
    compare(m.profile(terms=list(expected["term"])), expected)


def test_limits_of_a_correlation_are_where_the_deviance_says():
    """Brute force: at the limits, the best deviance over everything else lies 3.841 above the minimum."""
    m = fit("yes ~ x + (x | g)", pd.DataFrame(WITNESS["data"]), family="binomial")
    limits = m.profile(terms=["sd_x|g", "cor_x.(Intercept)|g"]).set_index("term")
    best = -2 * m.log_likelihood
    value = m.solution.extra.objective.value
    for term in limits.index:
        for limit in limits.loc[term, ["conf_low", "conf_high"]]:
            if limit in (0.0, -1.0, 1.0):
                continue

            def deviance(free, term=term, limit=limit):
                if term.startswith("sd"):
                    sd, slope, cor = np.exp(free[0]), limit, np.tanh(free[1])
                else:
                    sd, slope, cor = np.exp(free[0]), np.exp(free[1]), limit
                theta = [sd, cor * slope, slope * np.sqrt(1 - cor**2)]
                return value(np.array([*theta, *free[2:]]))

            start = [np.log(m.variance_components()["sd_or_correlation"][0]), -0.5, *m.solution.beta]
            settings = {"maxiter": 4000, "xatol": 1e-6, "fatol": 1e-7}
            found = minimize(deviance, start, method="Nelder-Mead", options=settings)
            offset = value(np.concatenate([m.solution.theta, m.solution.beta])) - best
            np.testing.assert_allclose(found.fun - offset - best, 3.841459, atol=2e-3)


def test_curvature_that_is_hardly_definite_is_not_begun_with():
    """Of rank 3 of 4 and of wide scales: rounding leaves positive eigenvalues and no Cholesky factor, on which the next
    search would end in an error."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        a = rng.normal(size=(4, 3)) * 10 ** rng.uniform(-4, 4, (4, 1))
        assert not clearly_definite(a @ a.T)
    assert not clearly_definite(np.diag([1.0, np.nan])) and not clearly_definite(np.diag([1.0, -1.0]))
    assert clearly_definite(np.diag([1.0, 1e-6]))


def test_some_terms_and_unknown_ones():
    m = oracle_fit("06_cbpp", "laplace")
    assert m.profile(terms=["period2"])["term"].tolist() == ["period2"]
    assert m.profile(terms="period2")["term"].tolist() == ["period2"]
    with pytest.raises(MethodError, match="known are sd_"):
        m.profile(terms=["period9"])


def few_persons(seed: int) -> pd.DataFrame:
    """24 persons at up to four waves, whose levels and slopes hardly differ."""
    rng = np.random.default_rng(seed)
    person, wave = np.repeat(np.arange(24), 4), np.tile(np.arange(4), 24)
    level, slope = rng.normal(0, 0.8, 24), rng.normal(0, 0.25, 24)
    y = level[person] + slope[person] * wave + 0.3 * wave + rng.normal(0, 0.7, 96)
    table = pd.DataFrame({"person": person, "wave": wave, "y": y.round(2)})
    return table[rng.uniform(size=96) < 0.75]


SD, COR = "sd_(Intercept)|person", "cor_wave.(Intercept)|person"
BESIDE_ONE = [  # seed of the data, parameter, limit
    pytest.param(1, SD, "conf_high", 0.773353, marks=pytest.mark.long),
    pytest.param(1, "sigma", "conf_low", 0.567007, marks=pytest.mark.long),
    (4, SD, "conf_high", 1.405192),
    pytest.param(38, COR, "conf_low", -0.810801, marks=pytest.mark.long),
    pytest.param(53, COR, "conf_low", -0.840903, marks=pytest.mark.long),
    pytest.param(56, COR, "conf_low", -1.0, marks=pytest.mark.long),
]


@pytest.mark.parametrize(("seed", "term", "column", "limit"), BESIDE_ONE)
def test_limits_beside_a_correlation_of_one(seed, term, column, limit):
    """A search that reaches a correlation of one, or loses a spread, finds no slope there, whatever is true: it once
    stayed, and limits were wrong. In R the dense deviance minimised by optim from five starts at held values,
    solved by uniroot; for the last it rises to 3.8414 at -.1657, where it is 3.6402 without slopes, and so everywhere
    below. (confint of lme4 1.1-31 gives 0.7151 and 0.5877 for the first two: it interpolates across a bend.)"""
    m = fit("y ~ wave + (wave | person)", few_persons(seed), method="ML")
    found = m.profile(terms=term).iloc[0]
    assert found[column] == pytest.approx(limit, abs=2e-6)


def test_a_held_correlation_keeps_its_sign():
    """Where a spread crosses zero the sign of the correlation must not turn with it: above the limit the deviance stays
    what it is without the spread."""
    m = fit("y ~ wave + (wave | person)", few_persons(4), method="ML")
    p = profiler(m.solution)
    path = p._path(1)
    rises = [path.deviance(value, None)[0] - p.best for value in (-0.9, -0.6, -0.3)]
    alone = m.log_likelihood - fit("y ~ wave + (1 | person)", few_persons(4), method="ML").log_likelihood
    assert rises == pytest.approx([2 * alone] * 3, abs=1e-6)
