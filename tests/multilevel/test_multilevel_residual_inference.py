"""Kenward-Roger and Satterthwaite with residual structures: dense brute force, SAS, Welch, the paired t test."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from residual_reference import dense_kenward_roger
from scipy.stats import ttest_ind, ttest_rel

from dww_analysis.multilevel import fit
from dww_analysis.multilevel.errors import MethodError
from dww_analysis.multilevel.residual.engine import StructuredEngine
from dww_analysis.multilevel.residual.inference import StructuredKenwardRoger, pieces
from dww_analysis.multilevel.residual.solve import solve_structured

DENSE = 1e-6  # numeric derivatives of a dense V
SAS = 1e-5  # convergence of the SAS search
COLLAPSE = 1e-5  # two searches that stop at slightly different points

EXTRA = Path(__file__).parents[1] / "oracles_extra" / "residual_structures"
STRUCTURES = [("arm", None), (None, "ar1(wave | person)"), ("arm", "ar1(wave | person)")]


@pytest.fixture(scope="module")
def repeated() -> pd.DataFrame:
    data = pd.read_csv(EXTRA / "repeated.csv")
    data["arm"] = pd.Categorical(data["arm"], categories=["old", "new"])
    return data


@pytest.fixture(scope="module")
def small(repeated) -> pd.DataFrame:
    data = repeated[repeated["team"].isin(["t1", "t2", "t3", "t4"])]
    return data.assign(w=np.linspace(0.5, 2.0, len(data)))


@pytest.mark.parametrize(("variance", "correlation"), STRUCTURES)
def test_kenward_roger_against_dense_numeric_derivatives(small, variance, correlation):
    m = fit(
        "y ~ arm * wave + (1 | team)",
        small,
        residual_variance=variance,
        residual_correlation=correlation,
        weights="w",
    )
    L = np.eye(4)[[1, 3]]
    adjusted, df, statistic = dense_kenward_roger(
        m.solution.extra.problem, m.solution.extra.omega, L, m.solution.beta
    )
    inference = m.inference("kenward-roger")
    np.testing.assert_allclose(inference.vcov, adjusted, rtol=10 * DENSE, atol=1e-9)
    joint = inference.joint(L)
    assert joint.den_df == pytest.approx(df, rel=1e-4)
    assert joint.statistic == pytest.approx(statistic, rel=1e-4)
    table = m.coefficients(df="kenward-roger")
    np.testing.assert_allclose(table["std_error"], np.sqrt(np.diag(adjusted)), rtol=10 * DENSE)


def test_kenward_roger_of_ar1_is_that_of_sas():
    """SAS replaces the expected information by the Hessian; all else, second derivatives included, is the same."""
    stored = json.loads((EXTRA / "sas_ar1.json").read_text())
    data = pd.read_csv(EXTRA / "fev.csv")
    m = fit(stored["formula"], data, residual_correlation=stored["residual_correlation"])
    assert -2 * m.log_likelihood == pytest.approx(stored["criterion"], abs=0.05)
    assert m.solution.extra.rho == pytest.approx(stored["rho"], abs=5e-5)
    assert m.sigma**2 == pytest.approx(stored["residual"], abs=5e-5)
    assert m.solution.beta[1] == pytest.approx(stored["estimate"], rel=1e-6)
    inference = StructuredKenwardRoger(m.solution, 1e9, information="observed")
    assert np.sqrt(inference.vcov[1, 1]) == pytest.approx(stored["std_error"], rel=SAS)
    assert np.sqrt(inference.vcov[0, 0]) == pytest.approx(stored["intercept_std_error"], abs=5e-5)
    assert inference.df(np.eye(2))[1] == pytest.approx(stored["df"], rel=SAS)
    found, phi, W = (
        pieces(m.solution.extra.problem, m.solution.extra.omega),
        m.solution.vcov,
        inference.W,
    )
    terms = [W[r, s] * (found.Q[r, s] - found.P[r] @ phi @ found.P[s]) for r in range(2) for s in range(2)]
    first_order = phi + 2 * phi @ sum(terms) @ phi
    assert np.sqrt(first_order[1, 1]) == pytest.approx(stored["std_error_first_order"], rel=SAS)


def test_the_second_derivative_term_counts_for_ar1(small):
    m = fit("y ~ arm * wave + (1 | team)", small, residual_correlation="ar1(wave | person)")
    found = pieces(m.solution.extra.problem, m.solution.extra.omega)
    assert np.abs(found.second).max() > 0
    separate = fit("y ~ arm * wave + (1 | team)", small, residual_variance="arm")
    assert not pieces(separate.solution.extra.problem, separate.solution.extra.omega).second.any()


def test_satterthwaite_against_numeric_derivatives_in_natural_parameters(small):
    m = fit(
        "y ~ arm * wave + (1 | team)",
        small,
        residual_variance="arm",
        residual_correlation="ar1(wave | person)",
    )
    problem, omega = m.solution.extra.problem, m.solution.extra.omega
    step = 1e-3 * np.abs(omega)
    k = len(omega)
    H = np.empty((k, k))
    for i in range(k):
        e = np.eye(k)[i] * step[i]
        H[i] = (problem.moments(omega + e).gradient - problem.moments(omega - e).gradient) / (2 * step[i])
    A = 2 * np.linalg.inv((H + H.T) / 2)
    expected = []
    for j in range(4):
        slope = [
            (problem.moments(omega + e).vcov[j, j] - problem.moments(omega - e).vcov[j, j]) / (2 * e.max())
            for e in np.diag(step)
        ]
        expected.append(2 * m.solution.vcov[j, j] ** 2 / (np.array(slope) @ A @ slope))
    np.testing.assert_allclose(m.coefficients(df="satterthwaite")["df"], expected, rtol=1e-4)


@pytest.mark.parametrize("method", ["kenward-roger", "satterthwaite"])
def test_one_residual_variance_is_the_ordinary_model(repeated, method):
    plain = fit("y ~ arm * wave + (1 | team) + (1 | person)", repeated)
    same = solve_structured(plain.design)
    assert same.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-9)
    L = np.vstack([np.eye(4), [0.0, 1.0, 0.0, 3.0]])
    mine, other = StructuredEngine.inferences[method](same, 1e9), plain.inference(method)
    np.testing.assert_allclose(mine.vcov, other.vcov, rtol=COLLAPSE, atol=1e-8)
    np.testing.assert_allclose(mine.df(L), other.df(L), rtol=COLLAPSE)
    a, b = mine.joint(L[[1, 3]]), other.joint(L[[1, 3]])
    assert (a.statistic, a.den_df, a.scaling) == pytest.approx(
        (b.statistic, b.den_df, b.scaling), rel=COLLAPSE
    )


@pytest.mark.parametrize("method", ["kenward-roger", "satterthwaite"])
def test_separate_variances_of_two_groups_are_welch(method):
    rng = np.random.default_rng(12)
    arm = np.repeat(["old", "new"], [9, 14])
    y = rng.normal(0, np.where(arm == "old", 1.0, 3.0)) + (arm == "old")
    m = fit("y ~ arm", pd.DataFrame({"y": y, "arm": arm}), residual_variance="arm")
    welch = ttest_ind(y[arm == "old"], y[arm == "new"], equal_var=False)
    row = m.coefficients(df=method).iloc[1]
    assert row["statistic"] == pytest.approx(welch.statistic, rel=1e-6)
    assert row["df"] == pytest.approx(welch.df, rel=1e-5)
    assert row["p_value"] == pytest.approx(welch.pvalue, rel=1e-5)


def test_ar1_of_two_waves_is_a_paired_comparison():
    rng = np.random.default_rng(13)
    pairs = rng.multivariate_normal([0, 0.4], [[1, 0.6], [0.6, 1]], 25)
    data = pd.DataFrame(
        {"y": pairs.ravel(), "wave": np.tile([0, 1], 25), "person": np.repeat(np.arange(25), 2)}
    )
    m = fit("y ~ wave", data, residual_correlation="ar1(wave | person)")
    paired = ttest_rel(pairs[:, 1], pairs[:, 0])
    row = m.coefficients(df="satterthwaite").iloc[1]
    assert (row["statistic"], row["df"]) == pytest.approx((paired.statistic, 24), rel=1e-5)
    assert m.coefficients(df="kenward-roger")["df"].iloc[1] == pytest.approx(24, rel=1e-5)


def test_kenward_roger_of_an_ml_fit_is_refused(small):
    m = fit("y ~ wave + (1 | team)", small, method="ML", residual_variance="arm")
    with pytest.raises(MethodError):
        m.coefficients(df="kenward-roger")
