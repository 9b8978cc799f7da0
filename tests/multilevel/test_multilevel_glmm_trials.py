"""Trials of a generalised model: R's numbers for the answers as they were, and those of the full fit for others."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel import DesignError, MethodError, fit
from dww_analysis.multilevel.generalised.averaged import parameter_covariance
from dww_analysis.multilevel.generalised.trials import analysed, invented

CASE = Path(__file__).parents[1] / "oracles" / "06_cbpp"


def herds():
    models = json.loads((CASE / "oracle.json").read_text("utf-8"))["models"]
    data = pd.read_csv(CASE / "data.csv", dtype={"herd": "category", "period": "category"})
    formula = "cbind(incidence, size - incidence) ~ period + (1 | herd)"
    return models["laplace"]["ml"]["fixed"], fit(formula, data, family="binomial").solution


@pytest.mark.oracle
def test_the_answers_as_they_were_have_the_numbers_of_glmer():
    """From a place that is off by a half: what the search begins at does not matter."""
    stored, solution = herds()
    found = analysed(solution, solution.design.y[:, None], solution.beta + 0.5)
    k = len(solution.theta)
    np.testing.assert_allclose(found.beta[0], [r["estimate"] for r in stored], rtol=1e-4)
    std_error = np.sqrt(np.diag(found.covariance[0])[k:])
    np.testing.assert_allclose(std_error, [r["se"] for r in stored], rtol=1e-3)
    assert found.converged[0] and not found.searched_in_full[0] and not found.at_boundary[0]


@pytest.mark.long
def test_trials_are_the_full_fits_of_the_same_answers():
    _, solution = herds()
    theta = 0.3 * solution.theta  # small enough for some to end at zero
    Y = invented(solution, 6, 5, beta=solution.beta, theta=theta)
    found = analysed(solution, Y, solution.beta)
    for i, y in enumerate(Y.T):
        own = fit_again(solution, y)
        np.testing.assert_allclose(found.beta[i], own.beta, atol=1e-4 * np.sqrt(own.vcov.diagonal()).min())
        np.testing.assert_allclose(found.theta[i], np.abs(own.theta), atol=1e-4)
        np.testing.assert_allclose(found.covariance[i], parameter_covariance(own), rtol=2e-3, atol=2e-5)
    assert found.at_boundary.any() and not found.at_boundary.all()


def fit_again(solution, y):
    from dww_analysis.multilevel.generalised.solve import solve_generalised

    return solve_generalised(replace(solution.design, y=y), "binomial")


def test_a_trial_depends_on_the_seed_and_its_number_alone():
    _, solution = herds()
    whole = invented(solution, 45, 5, beta=solution.beta)
    np.testing.assert_array_equal(whole[:, 30:41], invented(solution, 11, 5, first=30, beta=solution.beta))
    assert (whole != invented(solution, 45, 6, beta=solution.beta)).any()


def test_answers_without_a_fit_are_missing_and_the_others_stay():
    _, solution = herds()
    Y = invented(solution, 2, 5, beta=solution.beta)
    found = analysed(solution, np.column_stack([Y[:, 0], np.zeros(len(Y)), Y[:, 1]]), solution.beta)
    assert np.isnan(found.beta[1]).all() and not found.converged[1]
    np.testing.assert_array_equal(found.beta[[0, 2]], analysed(solution, Y, solution.beta).beta)


def test_other_models_are_refused():
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"g": np.repeat(list("abcdefgh"), 12), "x": rng.normal(size=96)})
    data["y"] = rng.poisson(1.5, 96)
    slopes = fit("y ~ x + (x | g)", data, family="poisson").solution
    with pytest.raises(MethodError, match="random intercepts"):
        analysed(slopes, slopes.design.y[:, None], slopes.beta)
    plain = fit("y ~ x + (1 | g)", data, family="poisson").solution
    with pytest.raises(DesignError, match="no deviance"):
        analysed(plain, plain.design.y[:, None], plain.beta + 1000.0)
