"""Kenward-Roger, Satterthwaite and the modes of Gaussian fits against dense matrices, and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest
from solver_designs import (
    STRUCTURES,
    dense_fit,
    dense_kenward_roger,
    factors,
    make_design,
    relative_v,
)

from dww_analysis.multilevel import MemoryLimitError, MethodError, NotEstimableError, fit
from dww_analysis.multilevel.gaussian import structure
from dww_analysis.multilevel.gaussian.blup import random_effects
from dww_analysis.multilevel.gaussian.kenward_roger import KenwardRoger
from dww_analysis.multilevel.gaussian.satterthwaite import Satterthwaite
from dww_analysis.multilevel.gaussian.solve import solve_gaussian

EXACT = 1e-7  # relative; two exact algorithms, one with n x n inverses
LAST_STEP = 2e-7  # relative; second derivatives may be those of a point 1e-8 of theta away
DIFFERENCE = 1e-4  # relative; second differences of the dense criterion

SOLVED = {}


def solved(name, weighted=True, method="REML"):
    key = (name, weighted, method)
    if key not in SOLVED:
        SOLVED[key] = solve_gaussian(make_design(name, weighted=weighted), method)
    return SOLVED[key]


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("method", ["REML", "ML"])
def test_estimates_are_generalised_least_squares(name, method):
    solution = solved(name, method == "REML", method)
    dense = dense_fit(solution.design, solution.theta, method)
    assert -2 * solution.log_likelihood == pytest.approx(dense.criterion, abs=1e-8)
    np.testing.assert_allclose(solution.beta, dense.beta, rtol=EXACT)
    np.testing.assert_allclose(solution.vcov, dense.vcov, rtol=EXACT, atol=1e-12)
    assert solution.sigma == pytest.approx(dense.sigma, rel=EXACT)
    assert solution.converged


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("weighted", [False, True])
def test_kenward_roger_is_that_of_dense_matrices(name, weighted):
    solution = solved(name, weighted)
    dense, ours = dense_kenward_roger(solution.design, solution.theta), KenwardRoger(solution)
    np.testing.assert_allclose(ours.vcov, dense.vcov, rtol=LAST_STEP, atol=1e-10)
    unit = np.eye(4)
    np.testing.assert_allclose(ours.df(unit), [dense.df(row[None])[0] for row in unit], rtol=LAST_STEP)
    L = np.array([[0, 1.0, 0, 0], [0, 0, 1.0, 0.5]])
    joint, (df, scaling) = ours.joint(L), dense.df(L)
    value = L @ solution.beta
    F = scaling * value @ np.linalg.solve(L @ dense.vcov @ L.T, value) / 2
    assert (joint.den_df, joint.scaling, joint.statistic) == pytest.approx((df, scaling, F), rel=LAST_STEP)


def test_kenward_roger_on_the_sparse_path(monkeypatch):
    design = make_design("crossed", weighted=True)
    narrow = KenwardRoger(solve_gaussian(design))
    monkeypatch.setattr(structure, "WIDEST_SPREAD", 0)
    wide = KenwardRoger(solve_gaussian(design))
    np.testing.assert_allclose(wide.vcov, narrow.vcov, rtol=1e-5, atol=1e-10)
    np.testing.assert_allclose(wide.df(np.eye(4)), narrow.df(np.eye(4)), rtol=1e-5)


def numeric_satterthwaite(solution, rows):
    """df from numeric derivatives of the dense criterion in (theta, sigma), eigenvalues as lmerTest treats them."""
    design, method = solution.design, solution.method
    at = np.append(solution.theta, solution.sigma)
    X, y = design.X, design.y - design.offset
    m = design.n - (X.shape[1] if method == "REML" else 0)

    def parts(p):
        inverse = np.linalg.inv(relative_v(design, p[:-1]))
        A = X.T @ inverse @ X
        beta = np.linalg.solve(A, X.T @ inverse @ y)
        rss = (y - X @ beta) @ inverse @ (y - X @ beta)
        value = -np.linalg.slogdet(inverse)[1] + m * np.log(p[-1] ** 2) + rss / p[-1] ** 2
        return value + (np.linalg.slogdet(A)[1] if method == "REML" else 0), p[-1] ** 2 * np.linalg.inv(A)

    h, k = 1e-4, len(at)
    steps = h * np.eye(k)
    H = np.array(
        [
            [
                (parts(at + a + b)[0] - parts(at + a - b)[0] - parts(at - a + b)[0] + parts(at - a - b)[0])
                / (4 * h * h)
                for b in steps
            ]
            for a in steps
        ]
    )
    J = np.array([(parts(at + a)[1] - parts(at - a)[1]) / (2 * h) for a in steps])
    values, vectors = np.linalg.eigh(H)
    keep = values > 1e-8
    A = 2 * vectors[:, keep] / values[keep] @ vectors[:, keep].T
    variance = np.einsum("mi,ij,mj->m", rows, parts(at)[1], rows)
    slope = np.einsum("mi,rij,mj->mr", rows, J, rows)
    return 2 * variance**2 / np.einsum("mr,rs,ms->m", slope, A, slope)


@pytest.mark.parametrize("name", ["team by wave beside person", "one factor", "nested"])
@pytest.mark.parametrize("method", ["REML", "ML"])
def test_satterthwaite_is_that_of_differences(name, method):
    solution = solved(name, method == "REML", method)
    assert not solution.boundary  # differences are not smooth there
    np.testing.assert_allclose(
        Satterthwaite(solution).df(np.eye(4)), numeric_satterthwaite(solution, np.eye(4)), rtol=DIFFERENCE
    )


@pytest.mark.parametrize("name", STRUCTURES)
def test_modes_and_conditional_covariances(name):
    solution = solved(name)
    design = solution.design
    dense = dense_fit(design, solution.theta)
    inverse = np.linalg.inv(dense.V)
    rest = inverse @ (design.y - design.offset - design.X @ dense.beta)
    for r, L, (mode, covariance) in zip(
        design.random, factors(design, solution.theta), random_effects(solution), strict=True
    ):
        S = solution.sigma**2 * L @ L.T
        for level in range(r.n_levels):
            Z = r.Z * (r.codes == level)[:, None]
            np.testing.assert_allclose(mode[level], S @ Z.T @ rest, atol=1e-7)
            np.testing.assert_allclose(covariance[level], S - S @ Z.T @ inverse @ Z @ S, atol=1e-7)


def test_modes_on_the_sparse_path(monkeypatch):
    design = make_design("crossed", weighted=True)
    narrow = random_effects(solve_gaussian(design))
    monkeypatch.setattr(structure, "WIDEST_SPREAD", 0)
    for (mode, covariance), (expected, spread) in zip(
        random_effects(solve_gaussian(design)), narrow, strict=True
    ):
        np.testing.assert_allclose(mode, expected, atol=1e-6)
        np.testing.assert_allclose(covariance, spread, atol=1e-6)


def test_kenward_roger_refuses_ml_and_names_the_way_out():
    with pytest.raises(MethodError, match="REML"):
        KenwardRoger(solved("nested", False, "ML"))


def test_memory_limit_says_how_much_and_offers_satterthwaite():
    with pytest.raises(MemoryLimitError, match=r"GB.*satterthwaite"):
        KenwardRoger(solved("nested"), max_memory=100)


@pytest.mark.parametrize("inference", [KenwardRoger, Satterthwaite])
def test_dependent_rows_are_refused(inference):
    with pytest.raises(NotEstimableError):
        inference(solved("nested")).joint(np.array([[0, 1.0, 0, 0], [0, 2.0, 0, 0]]))


def test_satterthwaite_marks_a_boundary():
    design = make_design("nested", seed=5)
    flat = replace(design, y=design.X @ np.ones(4) + np.random.default_rng(0).normal(size=design.n))
    solution = solve_gaussian(flat)
    assert solution.boundary and Satterthwaite(solution).at_boundary


def test_p_value_and_interval_share_covariance_and_df():
    design = make_design("nested")
    data = {f"g{i}": r.codes for i, r in enumerate(design.random)}
    import pandas as pd

    frame = pd.DataFrame({"y": design.y, "arm": design.X[:, 1], "t": design.X[:, 2], **data})
    table = fit("y ~ arm * t + (1 | g0) + (1 | g1)", frame).coefficients()
    from scipy.stats import t as student

    half = student.ppf(0.975, table["df"]) * table["std_error"]
    np.testing.assert_allclose(table["conf_high"] - table["estimate"], half, rtol=1e-10)
    p = 2 * student.sf(abs(table["estimate"] / table["std_error"]), table["df"])
    np.testing.assert_allclose(table["p_value"], p, rtol=1e-9)
