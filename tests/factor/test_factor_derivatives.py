"""Analytic gradients and curvature of the likelihood against central differences and a row-by-row likelihood."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from dww_analysis.factor import normal, ram
from dww_analysis.factor.moments import from_rows
from dww_analysis.factor.robust import moment_cross_product
from dww_analysis.factor.saturated import saturated

GRADIENT = 1e-6  # central differences with step 1e-6 on values of order 100
CURVATURE = 1e-5
EXACT = 1e-10


def paths():
    """Two factors of five items with a cross-loading-like regression, a residual covariance and all means."""
    entries = [(0, i, 5 if i < 3 else 6) for i in range(5)] + [(0, 4, 3), (0, 6, 5)]
    entries += [(1, i, i) for i in range(7)] + [(1, 0, 3)]
    entries += [(2, i, i) for i in range(7)]
    kind, i, j = (np.array(column, dtype=np.intp) for column in zip(*entries, strict=True))
    return ram.Paths(kind, i, j, 5, 7)


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    answers = rng.normal(size=(60, 5))
    answers[10:][rng.random((50, 5)) < 0.25] = np.nan
    return answers[~np.isnan(answers).all(axis=1)]


@pytest.fixture
def values():
    out = np.random.default_rng(1).uniform(0.3, 0.8, len(paths()))
    out[7:14] = 1.0
    return out


def gradient(where, moments):
    at = ram.implied(paths(), where)
    state = normal.evaluate(moments, at.mu, at.sigma)
    return state.logl, ram.pull_back(paths(), at, state.g, state.G)


def test_likelihood_is_the_sum_over_persons(rows, values):
    at, total = ram.implied(paths(), values), 0.0
    for row in rows:
        seen = ~np.isnan(row)
        total += multivariate_normal.logpdf(row[seen], at.mu[seen], at.sigma[np.ix_(seen, seen)])
    assert normal.log_likelihood(from_rows(rows), at.mu, at.sigma) == pytest.approx(total, abs=1e-9)


def test_gradient(rows, values):
    moments, step = from_rows(rows), np.eye(len(values)) * 1e-6
    numeric = [(gradient(values + h, moments)[0] - gradient(values - h, moments)[0]) / 2e-6 for h in step]
    np.testing.assert_allclose(gradient(values, moments)[1], numeric, atol=GRADIENT)


def test_curvature(rows, values):
    moments, step = from_rows(rows), np.eye(len(values)) * 1e-5
    numeric = np.array(
        [(gradient(values + h, moments)[1] - gradient(values - h, moments)[1]) / 2e-5 for h in step]
    )
    at = ram.implied(paths(), values)
    state = normal.evaluate(moments, at.mu, at.sigma)
    d_mu, d_sigma = ram.jacobian(paths(), at)
    curve = normal.curvature(moments, state, expected=False)
    cross = d_mu @ curve.cross @ d_sigma.T
    analytic = d_mu @ curve.mean @ d_mu.T + cross + cross.T + d_sigma @ curve.cov @ d_sigma.T
    analytic -= ram.second(paths(), at, state.g, state.G)
    np.testing.assert_allclose(analytic, -numeric, atol=CURVATURE)


def test_few_and_many_patterns_give_the_same_curvature(rows, values, monkeypatch):
    moments, at = from_rows(rows), ram.implied(paths(), values)
    state = normal.evaluate(moments, at.mu, at.sigma)
    found = []
    for limit in (0, 1000):
        monkeypatch.setattr(normal, "FEW_PATTERNS", limit)
        found.append(normal.curvature(moments, state, expected=False).cov)
    np.testing.assert_allclose(found[0], found[1], atol=EXACT)


def test_scores_of_persons_add_up_to_the_gradient(rows, values):
    moments, at = from_rows(rows), ram.implied(paths(), values)
    state = normal.evaluate(moments, at.mu, at.sigma)
    ((_, in_mu, in_sigma),) = normal.casewise_scores(moments, at.mu, at.sigma)
    r, c = ram.vech_index(5)
    np.testing.assert_allclose(in_mu.sum(axis=0), state.g, atol=EXACT)
    np.testing.assert_allclose(in_sigma.sum(axis=0), state.G[r, c] * np.where(r == c, 1, 2), atol=EXACT)


@pytest.mark.parametrize("clusters", [None, 9])
def test_scores_some_persons_at_a_time_are_those_of_all(rows, values, clusters, monkeypatch):
    cluster = None if clusters is None else np.arange(len(rows)) % clusters
    moments, at = from_rows(rows, cluster), ram.implied(paths(), values)
    ((_, *scores),) = normal.casewise_scores(moments, at.mu, at.sigma)
    of_teams = np.hstack(scores)
    if clusters is not None:
        of_teams = np.array([of_teams[cluster == k].sum(axis=0) for k in range(clusters)]) * np.sqrt(9 / 8)
    monkeypatch.setattr(normal, "AT_ONCE", 7 * 25)  # seven rows
    assert len(list(normal.casewise_scores(moments, at.mu, at.sigma))) == -(-len(rows) // 7)
    found = moment_cross_product(moments, at.mu, at.sigma, means=True) * len(rows)
    np.testing.assert_allclose(found, of_teams.T @ of_teams, atol=EXACT)


def test_saturated_moments_have_no_gradient_left(rows):
    moments = from_rows(rows)
    mu, sigma = saturated(moments)
    state = normal.evaluate(moments, mu, sigma)
    assert np.abs(state.g).max() < 1e-4 and np.abs(state.G).max() < 1e-4
