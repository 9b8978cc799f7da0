"""Thresholds, polychoric correlations and WLSMV against lavaan, and the pieces against numerical versions."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, norm

from dww_analysis.factor import fit_cfa, invariance
from dww_analysis.factor.cautions import with_cautions
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.ordinal_moments import ordinal_moments
from dww_analysis.factor.polychoric import bivariate_normal_cdf, pair_scores, polychoric, thresholds

FOLDER = Path(__file__).parents[1] / "oracles" / "10_cfa"
ALL = json.loads((FOLDER / "oracle.json").read_text(encoding="utf-8"))
ORACLE, MODEL = ALL["ordinal"], ALL["syntax_ordinal"]
BFI = pd.read_csv(FOLDER / "bfi_ordinal.csv")
ITEMS = [name for name in BFI.columns if name != "gender"]

POLYCHORIC = 1e-4
ESTIMATE = 1e-4
STD_ERROR = 1e-3
SCALED = 1e-3  # absolute, chi-squares
INDEX = 1e-4


@pytest.mark.oracle
def test_thresholds_and_polychoric_correlations():
    moments = ordinal_moments(BFI[ITEMS].to_numpy() - 1, [6] * 10)
    np.testing.assert_allclose(moments.location, list(ORACLE["thresholds"].values()), rtol=POLYCHORIC)
    expected = np.reshape(ORACLE["polychoric"]["values"], (10, 10))
    np.testing.assert_allclose(moments.correlation, expected, rtol=POLYCHORIC, atol=1e-7)


@pytest.mark.oracle
def test_wlsmv():
    fit, expected = fit_cfa(MODEL, BFI, estimator="WLSMV"), ORACLE["wlsmv"]
    numbers = expected["fit"]
    assert (fit.n_parameters, fit.df, fit.estimator) == (numbers["npar"], numbers["df"], "WLSMV")
    assert fit.chi_square == pytest.approx(numbers["chisq_scaled"], abs=SCALED)
    assert fit.chi_square_unscaled == pytest.approx(numbers["chisq"], abs=SCALED)
    assert fit.baseline_chi_square == pytest.approx(numbers["baseline_chisq"], abs=SCALED)
    for name in ("cfi", "tli", "rmsea"):
        assert getattr(fit.unscaled, name) == pytest.approx(numbers[name], abs=INDEX)
        assert (
            getattr(fit, name)
            == getattr(fit.scaled, name)
            == pytest.approx(numbers[f"{name}_scaled"], abs=INDEX)
        )
        assert getattr(fit.robust, name) == pytest.approx(numbers[f"{name}_robust"], abs=INDEX)
    assert fit.robust.rmsea_low == pytest.approx(numbers["rmsea_ci_lower_robust"], abs=INDEX)
    assert fit.robust.rmsea_high == pytest.approx(numbers["rmsea_ci_upper_robust"], abs=INDEX)
    assert fit.srmr == pytest.approx(numbers["srmr"], abs=INDEX)
    assert fit.scaling_factor == pytest.approx(numbers["chisq_scaling_factor"], abs=INDEX)
    ours = fit.parameters.set_index(["lhs", "op", "rhs"])
    for row in expected["parameters"]:
        mine = ours.loc[(row["lhs"], row["op"], row["rhs"])]
        assert mine.estimate == pytest.approx(row["est"], rel=ESTIMATE, abs=1e-7), row
        assert mine.std_error == pytest.approx(row["se"], rel=STD_ERROR), row
        assert mine.standardised == pytest.approx(row["std.all"], rel=ESTIMATE, abs=1e-7), row


@pytest.mark.oracle
@pytest.mark.parametrize("estimator", ["DWLS", "ULSMV"])
def test_relatives_of_wlsmv(estimator):
    fit, expected = fit_cfa(MODEL, BFI, estimator=estimator), ORACLE[estimator.lower()]
    numbers = expected["fit"]
    assert fit.chi_square_unscaled == pytest.approx(numbers["chisq"], abs=SCALED)
    assert fit.baseline_chi_square == pytest.approx(numbers["baseline_chisq"], abs=1e-2)
    shown = "_scaled" if estimator == "ULSMV" else ""
    assert fit.chi_square == pytest.approx(numbers[f"chisq{shown}"], abs=SCALED)
    for name in ("cfi", "tli", "rmsea"):
        assert getattr(fit.unscaled, name) == pytest.approx(numbers[name], abs=INDEX)
        assert getattr(fit, name) == pytest.approx(numbers[name + shown], abs=INDEX)
        if estimator == "ULSMV":
            assert getattr(fit.robust, name) == pytest.approx(numbers[f"{name}_robust"], abs=INDEX)
    assert fit.srmr == pytest.approx(numbers["srmr"], abs=INDEX)
    ours = fit.parameters.set_index(["lhs", "op", "rhs"])
    for row in expected["parameters"]:
        mine = ours.loc[(row["lhs"], row["op"], row["rhs"])]
        assert mine.estimate == pytest.approx(row["est"], rel=ESTIMATE, abs=1e-6), row
        assert mine.std_error == pytest.approx(row["se"], rel=STD_ERROR), row


@pytest.mark.parametrize("rho", [-0.995, -0.6, 0.0, 0.3, 0.9, 0.998])
def test_bivariate_normal_probabilities(rho):
    for h, k in [(0.3, -0.7), (-2.0, 1.5), (0.0, 0.0)]:
        expected = multivariate_normal.cdf([h, k], cov=[[1, rho], [rho, 1]])
        assert bivariate_normal_cdf(np.array(h), np.array(k), rho) == pytest.approx(expected, abs=1e-9)
    assert bivariate_normal_cdf(np.array(np.inf), np.array(0.4), rho) == pytest.approx(norm.cdf(0.4))


def test_a_median_split_table_has_the_tetrachoric_closed_form():
    """With thresholds at zero the correlation is sin(2 pi (p11 - 1/4))."""
    counts = np.array([[40.0, 10.0], [10.0, 40.0]])
    zero = np.array([0.0])
    assert polychoric(counts, zero, zero) == pytest.approx(np.sin(2 * np.pi * (0.4 - 0.25)), abs=1e-9)


def test_slopes_of_cell_probabilities():
    first, second, rho, h = np.array([-0.8, 0.4]), np.array([-0.2, 0.5, 1.3]), 0.37, 1e-6

    def cells(a, b, r):
        grid = bivariate_normal_cdf(np.append(a, np.inf)[:, None], np.append(b, np.inf)[None, :], r)
        return np.diff(np.diff(np.pad(grid, ((1, 0), (1, 0))), axis=0), axis=1)

    of_rho, of_first, of_second = pair_scores(first, second, rho)
    probability = cells(first, second, rho)
    numeric = (cells(first, second, rho + h) - cells(first, second, rho - h)) / (2 * h)
    np.testing.assert_allclose(of_rho * probability, numeric, atol=1e-8)
    for k in range(2):
        step = np.eye(2)[k] * h
        numeric = (cells(first + step, second, rho) - cells(first - step, second, rho)) / (2 * h)
        np.testing.assert_allclose(of_first[:, :, k] * probability, numeric, atol=1e-8)
    for k in range(3):
        step = np.eye(3)[k] * h
        numeric = (cells(first, second + step, rho) - cells(first, second - step, rho)) / (2 * h)
        np.testing.assert_allclose(of_second[:, :, k] * probability, numeric, atol=1e-8)


def test_thresholds_are_normal_quantiles_of_cumulative_shares():
    codes = np.repeat([0, 1, 2], [50, 30, 20])
    np.testing.assert_allclose(thresholds(codes, 3), norm.ppf([0.5, 0.8]))


def test_a_category_that_one_group_never_chose_is_refused():
    data = BFI.copy()
    data.loc[(data["gender"] == 1) & (data["A1"] == 6), "A1"] = 5
    with pytest.raises(FactorError, match="group 1 chose category 6"):
        fit_cfa(MODEL, data, group="gender", estimator="WLSMV")
    with pytest.raises(FactorError, match="item A1"):
        invariance(MODEL, data, group="gender", estimator="WLSMV")


def test_continuous_items_are_refused():
    data = pd.DataFrame(np.random.default_rng(0).normal(size=(100, 4)), columns=list("abcd"))
    with pytest.raises(FactorError, match="at most 12 categories"):
        fit_cfa("f =~ a + b + c + d", data, estimator="WLSMV")


def test_ordered_categoricals_are_read_in_their_order():
    ordered = pd.CategoricalDtype([1, 2, 3, 4, 5, 6], ordered=True)
    as_category = BFI.astype(dict.fromkeys(ITEMS, ordered))
    ours = fit_cfa(MODEL, as_category, estimator="WLSMV")
    assert ours.chi_square == pytest.approx(fit_cfa(MODEL, BFI, estimator="WLSMV").chi_square, abs=1e-8)


def _one_behind_two(seed: int, n: int = 120) -> pd.DataFrame:
    """Answers in four categories to six items of one factor."""
    rng = np.random.default_rng(seed)
    factor = rng.normal(size=n)
    items = {c: 0.6 * factor + 0.8 * rng.normal(size=n) for c in ("a1", "a2", "a3", "b1", "b2", "b3")}
    return pd.DataFrame({c: np.digitize(x, [-1, 0, 1]) for c, x in items.items()})


TWO = "A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3"


@pytest.mark.parametrize("estimator", ["ML", "WLSMV"])
def test_factors_that_correlate_above_one_are_said(estimator):
    fit = fit_cfa(TWO, _one_behind_two(3), estimator=estimator, std_lv=True)
    rows = fit.parameters.set_index(["lhs", "op", "rhs"])
    assert fit.converged and rows.loc[("A", "~~", "B"), "standardised"] > 1
    assert "the covariance matrix of the factors is not positive definite (group 1)" in fit.warnings


def test_more_parameters_than_persons_are_said_of_ordered_items():
    fit = fit_cfa(TWO, _one_behind_two(11, 24), estimator="WLSMV", std_lv=True)
    assert f"24 persons for {fit.n_parameters} free parameters: little can be trusted" in fit.warnings


def test_standard_errors_that_cannot_be_computed_are_said():
    fit = fit_cfa(TWO, _one_behind_two(0), estimator="WLSMV", std_lv=True)
    assert fit._wls is not None
    without = replace(fit, parameters=fit.parameters.assign(std_error=np.nan))
    at = [group.implied(fit._wls.values)[0] for group in fit._wls.groups]
    said = with_cautions(without, fit._wls.model.blocks, at, (), ()).warnings
    assert "some standard errors cannot be computed: the information matrix is not positive definite" in said


def test_two_by_two_answers_with_an_empty_cell_have_the_likeliest_correlation():
    """The search of lavaan 0.6-14 ends at .999 here; psych::tetrachoric says .967."""
    counts = np.array([[150.0, 0.0], [52.0, 98.0]])
    first, second = (np.array([norm.ppf(share)]) for share in (0.5, 202 / 300))
    filled = np.array([[149.5, 0.5], [52.5, 97.5]])

    def likelihood(rho):
        corner = multivariate_normal.cdf([first[0], second[0]], cov=[[1, rho], [rho, 1]])
        cells = [[corner, 0.5 - corner], [202 / 300 - corner, 0.5 - 202 / 300 + corner]]
        return float((filled * np.log(cells)).sum())

    found = polychoric(counts, first, second)
    assert found == pytest.approx(0.967, abs=5e-4)
    assert likelihood(found) > max(likelihood(found - 1e-3), likelihood(found + 1e-3), likelihood(0.99))
