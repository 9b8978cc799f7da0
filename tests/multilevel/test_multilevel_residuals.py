"""Residual structures against nlme (oracle 05, oracles_extra/residual_structures/make.R) and dense brute force."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from residual_reference import dense_covariance, dense_criterion

from dww_analysis.multilevel import fit
from dww_analysis.multilevel.errors import DesignError, FormulaError, MemoryLimitError, MethodError
from dww_analysis.multilevel.formula.design import build_design
from dww_analysis.multilevel.residual.modes import structured_random_effects
from dww_analysis.multilevel.residual.solve import StructuredProblem, solve_structured
from dww_analysis.multilevel.residual.structure import build_structure, parse_correlation

LOG_LIKELIHOOD = 1e-6  # absolute (oracle README)
ESTIMATE = 1e-6  # fixed effects (oracle README)
STANDARD_ERROR = 1e-5
VARIANCE = 1e-4  # correlation and variance parameters (oracle 05)
DENSE = 1e-6  # numeric derivatives of a dense V

TESTS = Path(__file__).parents[1]
EXTRA = TESTS / "oracles_extra" / "residual_structures"
EXPECTED = json.loads((EXTRA / "expected.json").read_text())["models"]


@pytest.fixture(scope="module")
def orthodont() -> tuple[dict, pd.DataFrame]:
    folder = TESTS / "oracles" / "05_orthodont"
    stored = json.loads((folder / "oracle.json").read_text())
    data = pd.read_csv(folder / "data.csv")
    data["Sex"] = pd.Categorical(data["Sex"], categories=["Male", "Female"])
    data["ageF"] = pd.Categorical(data["ageF"].astype(str), categories=["8", "10", "12", "14"])
    return stored["nlme"], data.assign(age11=data["age"] - 11, visit=(data["age"] - 8) // 2)


@pytest.fixture(scope="module")
def repeated() -> pd.DataFrame:
    data = pd.read_csv(EXTRA / "repeated.csv")
    data["arm"] = pd.Categorical(data["arm"], categories=["old", "new"])
    return data


def check_fixed(solution, stored: dict, loose: float = 1.0) -> None:
    names = list(solution.design.x_names)
    order = [names.index(row["term"]) for row in stored["fixed"]]
    np.testing.assert_allclose(
        solution.beta[order], [r["estimate"] for r in stored["fixed"]], rtol=loose * ESTIMATE
    )
    se = np.sqrt(np.diag(solution.vcov))[order]
    np.testing.assert_allclose(se, [r["se"] for r in stored["fixed"]], rtol=loose * STANDARD_ERROR)
    assert solution.log_likelihood == pytest.approx(stored["logLik"], abs=LOG_LIKELIHOOD)


@pytest.mark.oracle
def test_orthodont_separate_variances(orthodont):
    stored, data = orthodont
    m = fit("distance ~ age11 * Sex + (1 | Subject)", data, residual_variance="Sex")
    check_fixed(m.solution, stored["lme_varident_sex"])
    variances = m.solution.extra.residual_variances
    ratio = stored["lme_varident_sex"]["variance_ratio"]["Male"]  # of standard deviations
    assert np.sqrt(variances["Male"] / variances["Female"]) == pytest.approx(ratio, rel=VARIANCE)
    sd = stored["lme_varident_sex"]["random_sd"]
    assert np.sqrt(variances["Female"]) == pytest.approx(sd["Residual"], rel=VARIANCE)
    assert np.sqrt(m.solution.covariance(0)[0, 0]) == pytest.approx(sd["(Intercept)"], rel=VARIANCE)
    table = m.variance_components()
    assert list(table["term_1"]) == ["(Intercept)", "Male", "Female"]


@pytest.mark.oracle
def test_orthodont_ar1_without_random_effects(orthodont):
    stored, data = orthodont
    with_subject = build_design("distance ~ Sex * ageF + (1 | Subject)", data, None, None, "gaussian")
    design = replace(with_subject, random=(), frame=data)
    solution = solve_structured(design, residual_correlation="ar1(visit | Subject)")
    check_fixed(solution, stored["gls_ar1"])
    assert solution.extra.rho == pytest.approx(stored["gls_ar1"]["correlation"]["Phi"], rel=VARIANCE)
    assert solution.sigma == pytest.approx(stored["gls_ar1"]["sigma"], rel=VARIANCE)


@pytest.mark.oracle
def test_orthodont_compound_symmetry_is_a_random_intercept(orthodont):
    stored, data = orthodont
    design = build_design("distance ~ Sex * ageF + (1 | Subject)", data, None, None, "gaussian")
    solution = solve_structured(design)
    check_fixed(solution, stored["gls_cs"])
    between = solution.covariance(0)[0, 0]
    rho = stored["gls_cs"]["correlation"]["Rho"]
    assert between / (between + solution.sigma**2) == pytest.approx(rho, rel=VARIANCE)


@pytest.mark.parametrize("name", EXPECTED)
def test_structures_are_those_of_nlme(repeated, name):
    stored = EXPECTED[name]
    m = fit(
        stored["formula"],
        repeated,
        method=stored["method"],
        residual_variance=stored.get("residual_variance"),
        residual_correlation=stored.get("residual_correlation"),
    )
    assert m.converged
    assert m.log_likelihood == pytest.approx(stored["logLik"], abs=10 * LOG_LIKELIHOOD)
    order = [m.design.x_names.index(t) for t in stored["terms"]]
    np.testing.assert_allclose(m.solution.beta[order], stored["estimate"], rtol=VARIANCE)
    np.testing.assert_allclose(np.sqrt(np.diag(m.solution.vcov))[order], stored["se"], rtol=VARIANCE)
    extra = m.solution.extra
    assert m.sigma == pytest.approx(stored["sigma"], rel=10 * VARIANCE)
    if stored.get("rho") is not None:
        assert extra.rho == pytest.approx(stored["rho"], rel=10 * VARIANCE)
    if stored.get("variance_ratio") is not None:
        ratio = extra.residual_variances["new"] / extra.residual_variances["old"]
        assert ratio == pytest.approx(stored["variance_ratio"]["new"], rel=10 * VARIANCE)


# ---- dense brute force
STRUCTURES = [("arm", None), (None, "ar1(wave | person)"), ("arm", "ar1(wave | person)")]


@pytest.fixture(scope="module")
def small(repeated) -> pd.DataFrame:
    data = repeated[repeated["team"].isin(["t1", "t2", "t3", "t4"])]
    return data.assign(w=np.linspace(0.5, 2.0, len(data)))


NESTED, CROSSED = (
    "(1 + wave | team) + (1 | person)",
    "(1 | team) + (1 | team:wave)",
)  # persons cross team:wave


@pytest.mark.parametrize("random", [NESTED, CROSSED])
@pytest.mark.parametrize(("variance", "correlation"), STRUCTURES)
@pytest.mark.parametrize("method", ["REML", "ML"])
def test_criterion_and_gradient_against_dense_matrices(small, variance, correlation, method, random):
    design = replace(build_design(f"y ~ arm * wave + {random}", small, "w", None, "gaussian"), frame=small)
    structure = build_structure(small, design.n, variance, correlation)
    problem = StructuredProblem(design, structure, method, 1e9)
    assert (problem.white is None) == (random == CROSSED and correlation is not None)
    for rho in (0.3, -0.4):
        x = problem.start(0.5, rho) + 0.1
        value, gradient = problem(x)
        expected = dense_criterion(problem, problem.omega(x))
        assert value == pytest.approx(expected, abs=1e-8)
        assert problem.moments(problem.omega(x)).value == pytest.approx(expected, abs=1e-8)
        numeric = [(problem(x + e)[0] - problem(x - e)[0]) / 2e-5 for e in 1e-5 * np.eye(len(x))]
        np.testing.assert_allclose(gradient, numeric, atol=DENSE)


@pytest.mark.parametrize(("variance", "correlation"), STRUCTURES)
def test_whitened_and_dense_searches_find_the_same(small, variance, correlation):
    m = fit(
        "y ~ arm * wave + (1 | team)", small, residual_variance=variance, residual_correlation=correlation
    )
    problem = m.solution.extra.problem
    dense = problem.moments(m.solution.extra.omega)
    np.testing.assert_allclose(m.solution.beta, dense.beta, rtol=1e-9)
    np.testing.assert_allclose(m.solution.vcov, dense.vcov, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(dense.gradient, 0.0, atol=1e-4)
    sparse = structured_random_effects(m.solution)[0]
    problem.white = None
    blocks = structured_random_effects(m.solution)[0]
    np.testing.assert_allclose(sparse[0], blocks[0], atol=1e-10)
    np.testing.assert_allclose(sparse[1], blocks[1], rtol=1e-8)


# ---- special cases and properties
def test_likelihood_ratios_need_nested_residual_structures(repeated):
    formula = "y ~ arm * wave + (1 | team)"
    half = repeated.assign(half=np.where(repeated["wave"] < 2, "early", "late"))
    plain, by_arm = fit(formula, half), fit(formula, half, residual_variance="arm")
    both = fit(formula, half, residual_variance="arm", residual_correlation="ar1(wave | person)")
    other = fit(formula, half, residual_variance="half", residual_correlation="ar1(wave | person)")
    assert plain.compare(by_arm)["df"].iloc[-1] == 1
    assert by_arm.compare(both)["df"].iloc[-1] == 1
    assert by_arm.compare(both)["model"].tolist() == [
        f"{formula}, residual by arm",
        f"{formula}, residual by arm, residual by ar1(wave | person)",
    ]
    with pytest.raises(MethodError, match="residual"):
        by_arm.compare(other)


def test_rho_of_zero_is_the_ordinary_model(repeated):
    plain = fit("y ~ arm * wave + (1 | team)", repeated)
    problem = StructuredProblem(
        replace(plain.design, frame=repeated),
        build_structure(repeated, len(repeated), None, "ar1(wave | person)"),
        "REML",
        1e9,
    )
    omega = np.array([plain.solution.covariance(0)[0, 0], plain.sigma**2, 0.0])
    assert problem.moments(omega).value == pytest.approx(-2 * plain.log_likelihood, abs=1e-8)


def test_conditional_modes_of_one_variance_are_those_of_the_ordinary_model(repeated):
    plain = fit("y ~ arm * wave + (1 + wave | team) + (1 | person)", repeated)
    mine = structured_random_effects(solve_structured(plain.design))
    theirs = plain.random_effects()
    for t, term in enumerate(plain.design.random):
        part = theirs[theirs["group"] == term.group]
        np.testing.assert_allclose(mine[t][0].reshape(-1), part["estimate"], atol=1e-5)
        sd = np.sqrt(np.einsum("lii->li", mine[t][1])).reshape(-1)
        np.testing.assert_allclose(sd, part["std_error"], rtol=1e-5)


def test_row_order_does_not_matter(repeated):
    settings = {"residual_variance": "arm", "residual_correlation": "ar1(wave | person)"}
    first = fit("y ~ arm * wave + (1 | team)", repeated, **settings)
    second = fit("y ~ arm * wave + (1 | team)", repeated.sample(frac=1, random_state=1), **settings)
    assert second.log_likelihood == pytest.approx(first.log_likelihood, abs=1e-9)
    np.testing.assert_allclose(second.fixed_effects, first.fixed_effects, rtol=1e-6)


def test_ordered_waves_as_categories_are_their_positions(repeated):
    named = repeated.assign(
        label=pd.Categorical("T" + repeated["wave"].astype(str), categories=[f"T{w}" for w in range(5)])
    )
    settings = {"formula": "y ~ arm * wave + (1 | team)"}
    by_number = fit(**settings, data=named, residual_correlation="ar1(wave | person)")
    by_name = fit(**settings, data=named, residual_correlation="ar1(label | person)")
    assert by_name.solution.extra.rho == pytest.approx(by_number.solution.extra.rho, abs=1e-8)


def test_a_wave_that_nobody_has_leaves_its_gap(repeated):
    gap = repeated[repeated["wave"] != 2]
    named = gap.assign(label="T" + gap["wave"].astype(str), word=gap["wave"].map(dict(enumerate("abcde"))))
    rho = {
        wave: fit(
            "y ~ arm * wave + (1 | team)", named, residual_correlation=f"ar1({wave} | person)"
        ).solution.extra.rho
        for wave in ("wave", "label", "word")
    }
    assert rho["label"] == pytest.approx(rho["wave"], abs=1e-10)
    assert rho["word"] != pytest.approx(rho["wave"], abs=1e-3)  # labels without numbers count by position


def test_simulated_data_have_the_covariance_of_the_model(small):
    m = fit(
        "y ~ arm * wave + (1 | team)",
        small,
        residual_variance="arm",
        residual_correlation="ar1(wave | person)",
    )
    drawn = m.simulate(6000, np.random.default_rng(4))
    V = dense_covariance(m.solution.extra.problem, m.solution.extra.omega)
    error = np.cov(drawn) - V
    scale = np.sqrt((np.outer(np.diag(V), np.diag(V)) + V**2) / 6000)
    assert np.abs(error / scale).max() < 6  # some 10 000 entries, independent only in part
    assert np.abs((drawn.mean(1) - m.design.X @ m.solution.beta) / np.sqrt(np.diag(V) / 6000)).max() < 5


# ---- refusals
def test_repeated_waves_are_refused_without_naming_anyone(small):
    doubled = pd.concat([small, small.head(3)], ignore_index=True)
    with pytest.raises(DesignError, match="3 rows repeat a wave") as caught:
        fit("y ~ wave + (1 | team)", doubled, residual_correlation="ar1(wave | person)")
    assert not any(str(p) in str(caught.value) for p in small["person"].head(3))


def test_half_waves_and_unreadable_structures_are_refused(small):
    with pytest.raises(DesignError, match="whole numbers"):
        fit(
            "y ~ wave + (1 | team)",
            small.assign(wave=small["wave"] / 2),
            residual_correlation="ar1(wave | person)",
        )
    for text in ("ar2(wave | person)", "ar1(wave)", "cs(person)"):
        with pytest.raises(FormulaError):
            parse_correlation(text)


def test_one_row_a_person_has_no_correlation(small):
    once = small.drop_duplicates("person")
    with pytest.raises(MethodError, match="no correlation to estimate"):
        fit("y ~ wave + (1 | team)", once, residual_correlation="ar1(wave | person)")


def test_dense_blocks_that_pass_the_memory_are_refused(repeated):
    formula = "y ~ arm * wave + (1 | team) + (1 | team:wave)"
    with pytest.raises(MemoryLimitError, match="GB"):
        fit(formula, repeated, residual_correlation="ar1(wave | person)", max_memory=1e4)
    with pytest.raises(MemoryLimitError, match="GB"):
        fit(formula, repeated, residual_variance="arm", max_memory=1e4).coefficients(df="kenward-roger")


def test_a_number_with_hardly_two_rows_a_value_is_no_factor_of_residual_variances():
    """The likelihood then rises where a residual vanishes; the search once went on and said that it had not ended."""
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"y": rng.normal(size=60), "team": np.arange(60) % 6, "x": np.arange(60) // 1.5})
    with pytest.raises(DesignError, match="a level for hardly two rows"):
        fit("y ~ 1 + (1 | team)", data, residual_variance="x")
