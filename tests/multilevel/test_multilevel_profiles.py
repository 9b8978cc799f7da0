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
from dww_analysis.multilevel.gaussian.profile import clearly_definite

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
