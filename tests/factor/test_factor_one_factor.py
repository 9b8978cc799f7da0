"""The one-factor fit against its closed form for three items and against a general-purpose minimiser."""

import numpy as np
import pytest
from scipy.optimize import minimize

from dww_analysis.factor import one_factor
from dww_analysis.factor.errors import FactorError

CLOSED_FORM = 1e-8  # three items: exact up to the gradient tolerance
BRUTE_FORCE = 1e-5  # a quasi-Newton minimiser with numerical gradients stops earlier
NUMERICAL = 1e-5  # second derivatives by central differences


def discrepancy(theta, S):
    k = len(S)
    sigma = np.outer(theta[:k], theta[:k]) + np.diag(theta[k:])
    sign, logdet = np.linalg.slogdet(sigma)
    return np.inf if sign <= 0 else logdet + np.trace(np.linalg.solve(sigma, S))


@pytest.fixture
def covariance():
    rng = np.random.default_rng(3)
    loadings = np.array([0.9, 0.5, 0.7, 1.4, 0.3])
    x = rng.normal(size=(400, 1)) * loadings + rng.normal(size=(400, 5)) * [1, 2, 0.5, 1, 1]
    return np.cov(x.T, bias=True)


def test_three_items_have_a_closed_form(covariance):
    S = covariance[:3, :3]
    fit = one_factor(S, 400)
    first = np.sqrt(S[0, 1] * S[0, 2] / S[1, 2])
    expected = np.array([first, S[0, 1] / first, S[0, 2] / first])
    np.testing.assert_allclose(fit.loadings, expected, rtol=CLOSED_FORM)
    np.testing.assert_allclose(fit.residual_variances, np.diag(S) - expected**2, rtol=CLOSED_FORM)
    assert (fit.df, fit.converged, fit.heywood) == (0, True, ())
    assert fit.chi_square == pytest.approx(0, abs=1e-8)


def test_five_items_agree_with_a_general_minimiser(covariance):
    fit = one_factor(covariance, 400)
    found = minimize(
        discrepancy, np.r_[np.ones(5) * 0.5, np.diag(covariance) / 2], args=(covariance,), tol=1e-12
    )
    loadings = found.x[:5] * np.sign(found.x[:5].sum())
    np.testing.assert_allclose(fit.loadings, loadings, rtol=BRUTE_FORCE, atol=BRUTE_FORCE)
    np.testing.assert_allclose(
        fit.implied, np.outer(loadings, loadings) + np.diag(found.x[5:]), rtol=1e-4, atol=1e-5
    )
    assert fit.chi_square == pytest.approx(400 * (found.fun - np.linalg.slogdet(covariance)[1] - 5), abs=1e-6)


def test_covariance_is_the_inverse_expected_information(covariance):
    """At data that fit exactly, expected and observed information agree: differentiate the discrepancy numerically."""
    theta = np.r_[0.9, 0.5, 0.7, 1.4, 1, 2, 0.5, 1]
    S = np.outer(theta[:4], theta[:4]) + np.diag(theta[4:])
    fit, h = one_factor(S, 250), 1e-3
    steps = np.eye(8) * h
    hessian = np.array(
        [
            [
                sum(a * b * discrepancy(theta + a * u + b * v, S) for a in (1, -1) for b in (1, -1))
                / (4 * h * h)
                for v in steps
            ]
            for u in steps
        ]
    )
    np.testing.assert_allclose(fit.covariance, np.linalg.inv(hessian * 250 / 2), rtol=1e-4, atol=NUMERICAL)


def test_units_only_change_the_units(covariance):
    units = np.array([1, 10, 0.1, 100, 1.0])
    plain, scaled = one_factor(covariance, 400), one_factor(covariance * np.outer(units, units), 400)
    np.testing.assert_allclose(scaled.loadings, plain.loadings * units, rtol=1e-9)
    np.testing.assert_allclose(scaled.residual_variances, plain.residual_variances * units**2, rtol=1e-9)


def test_a_negative_residual_variance_is_said_aloud():
    R = np.array([[1, 0.8, 0.7], [0.8, 1, 0.4], [0.7, 0.4, 1]])
    fit = one_factor(R, 100)
    assert fit.converged and fit.heywood == (0,)
    assert fit.residual_variances[0] == pytest.approx(1 - 0.8 * 0.7 / 0.4, abs=1e-8)
    assert any("Heywood" in sentence for sentence in fit.warnings)


@pytest.mark.parametrize(
    ("matrix", "n", "reason"),
    [
        (np.eye(2), 100, "at least three items"),
        (np.diag([1.0, 0.0, 1.0]), 100, "without variance"),
        (np.ones((3, 3)), 100, "not positive definite"),
        (np.eye(4), 4, "more persons than items"),
        (np.ones((3, 2)), 100, "square covariance"),
    ],
)
def test_degenerate_input_is_refused_with_a_reason(matrix, n, reason):
    with pytest.raises(FactorError, match=reason):
        one_factor(matrix, n)


def test_no_common_factor_is_not_called_converged():
    R = np.array([[1, 0.3, 0.3], [0.3, 1, -0.3], [0.3, -0.3, 1]])
    fit = one_factor(R, 100)
    assert not fit.converged and fit.warnings
