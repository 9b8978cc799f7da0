"""Invented trials: seeded, resumable, with what a calibration needs; their tests hold their level at the truth."""

import numpy as np
import pytest
from scipy.stats import t as student
from trial_designs import TEAM_TRIAL, trial_rows

from dww_analysis.multilevel import DesignError, MethodError, fit, fit_ols
from dww_analysis.multilevel.gaussian.refit import refit
from dww_analysis.multilevel.trials import invented_outcomes, run_trials, solution_at

TREATED = "treated_2"


@pytest.fixture(scope="module")
def rows():
    return trial_rows()


@pytest.fixture(scope="module")
def trial(rows):
    return fit(TEAM_TRIAL, rows)


@pytest.fixture(scope="module")
def contrast(trial):
    return np.array([[float(name == TREATED) for name in trial.design.x_names]])


@pytest.fixture(scope="module")
def without_effect(trial, contrast):
    beta = np.where(contrast[0] == 1, 0.0, trial.solution.beta)
    return run_trials(trial, 400, 7, contrast, beta=beta), beta


def test_a_trial_depends_on_seed_and_number_alone(trial):
    whole = invented_outcomes(trial, 53, 4)
    np.testing.assert_array_equal(whole[:, 30:53], invented_outcomes(trial, 23, 4, first=30))
    np.testing.assert_array_equal(whole[:, :1], invented_outcomes(trial, 1, 4))
    assert not np.array_equal(whole[:, 0], invented_outcomes(trial, 1, 5)[:, 0])


def test_outcomes_have_the_parameters_asked_for(trial):
    """Total variance of every row is sigma2 (1 + sum of theta2) for random intercepts."""
    theta, beta = np.array([0.5, 0.0, 2.0]), trial.solution.beta * 0 + 1.0
    Y = invented_outcomes(trial, 4_000, 1, theta=theta, beta=beta, sigma=0.3)
    error = Y.std(axis=1).max() / np.sqrt(4_000)
    np.testing.assert_allclose(Y.mean(axis=1), trial.design.X @ beta, atol=5 * error)
    np.testing.assert_allclose(Y.var(axis=1).mean(), 0.09 * (1 + 0.25 + 4), rtol=0.02)


def test_a_trial_is_a_fit_of_its_outcome(trial, contrast, without_effect):
    found, beta = without_effect
    y = invented_outcomes(trial, 1, 7, first=123, beta=beta)[:, 0]
    row = found.contrast().iloc[123]
    again = trial.refit(y).coefficients().set_index("term").loc[TREATED]
    for part in ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high"):
        assert row[part] == pytest.approx(again[part], rel=1e-8, abs=1e-10), part
    assert row["converged"] and row["at_boundary"] == bool(refit(trial.solution, y).boundary)
    half = student.ppf(0.975, row["df"]) * row["std_error"]
    assert row["conf_high"] - row["estimate"] == pytest.approx(half, rel=1e-9)
    components = found.components().iloc[123]
    assert components["sd_(Intercept)|team"] == found.refits.theta[123, 0] * components["sigma"]


def test_tests_hold_their_level_at_the_truth(without_effect):
    """Rejections at .05 and the interval that holds the truth are one thing; four Monte Carlo standard errors."""
    found, _ = without_effect
    p = found.refits.p_value[:, 0]
    covered = (found.conf_low[:, 0] <= found.truth[0]) & (found.truth[0] <= found.conf_high[:, 0])
    assert found.truth[0] == 0.0 and (covered == (p > 0.05)).all()
    assert abs((p < 0.05).mean() - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 400)
    assert found.refits.n_full_searches == 0 and found.refits.converged.all()


def test_a_model_without_team_by_wave_rejects_too_often(trial, rows, contrast, without_effect):
    found, beta = without_effect
    smaller = fit(TEAM_TRIAL.replace("(1 | team:wave) + ", ""), rows)
    wrong = run_trials(trial, 400, 7, contrast, analysis=smaller, beta=beta)
    assert wrong.components().shape == (400, 3)
    assert (wrong.refits.p_value < 0.05).mean() > 2 * (found.refits.p_value < 0.05).mean()


@pytest.mark.parametrize("n", [9, pytest.param(90, marks=pytest.mark.slow)])
def test_parts_of_a_run_join_to_the_whole(trial, contrast, monkeypatch, n):
    whole, skipped = run_trials(trial, n, 2, contrast), n // 4
    monkeypatch.setattr("dww_analysis.multilevel.trials.AT_ONCE", n // 2)
    parts = run_trials(trial, n, 2, contrast)
    rest = run_trials(trial, n - skipped, 2, contrast, first=skipped)
    np.testing.assert_allclose(parts.refits.p_value, whole.refits.p_value, rtol=1e-8)
    np.testing.assert_allclose(rest.refits.p_value, whole.refits.p_value[skipped:], rtol=1e-8)


def test_what_cannot_be_drawn_is_refused(trial, rows):
    with pytest.raises(MethodError, match="number of trials"):
        run_trials(trial, 0, 1)
    with pytest.raises(MethodError, match="seed"):
        run_trials(trial, 2, -1)
    with pytest.raises(DesignError, match="beta needs 10"):
        run_trials(trial, 2, 1, beta=[1.0])
    with pytest.raises(DesignError, match="above zero"):
        run_trials(trial, 2, 1, sigma=0.0)
    with pytest.raises(DesignError, match="other rows"):
        run_trials(trial, 2, 1, analysis=fit(TEAM_TRIAL, rows.iloc[5:]))
    with pytest.raises(MethodError, match="Gaussian"):
        run_trials(fit_ols("score ~ wave", rows), 2, 1)


def test_the_solution_at_a_known_optimum_is_that_of_a_refit(trial, without_effect):
    found, beta = without_effect
    for i in (0, int(np.flatnonzero(found.refits.at_boundary)[0])):
        y = invented_outcomes(trial, 1, 7, first=i, beta=beta)[:, 0]
        whole, at = refit(trial.solution, y), solution_at(trial.solution, y, found.refits.theta[i])
        np.testing.assert_allclose(at.beta, whole.beta, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(at.vcov, whole.vcov, rtol=1e-6, atol=1e-12)
        assert at.sigma == pytest.approx(whole.sigma, rel=1e-8)
