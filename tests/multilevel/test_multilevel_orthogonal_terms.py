"""Orthonormal and turned random terms are the same model: Z G Z' does not change."""

from __future__ import annotations

import numpy as np
import pytest

from dww_analysis.multilevel.formula.orthogonal_terms import (
    boundary_names,
    factor_matrix,
    original_theta,
    orthogonal_terms,
    orthogonal_theta,
    split_theta,
    turned_terms,
)
from dww_analysis.multilevel.model import RandomTerm

EXACT = 1e-9  # rounding, relative to the largest entry

NAMES = ("(Intercept)", "time", "x")


def term(q: int, shift: float = 0.0) -> RandomTerm:
    rng = np.random.default_rng(q)
    Z = np.column_stack([np.ones(40), shift + rng.normal(size=(40, 2))])[:, :q]
    return RandomTerm("team", NAMES[:q], Z, np.repeat(np.arange(8), 5), tuple("abcdefgh"))


def row_covariances(terms, theta) -> np.ndarray:
    return sum(t.Z @ L @ L.T @ t.Z.T for t, L in zip(terms, split_theta(terms, theta), strict=True))


@pytest.mark.parametrize("shift", [0.0, 3.0, 500.0])
def test_the_covariance_of_the_rows_stays(shift):
    terms = (term(3, shift), term(1), term(2, shift))
    theta = np.array([0.9, -0.2, 0.3, 0.7, 0.1, 0.4, 0.8, 0.5, 0.2, 0.6])
    turned, roots = orthogonal_terms(terms)
    for t in turned:
        np.testing.assert_allclose(t.Z.T @ t.Z / len(t.Z), np.eye(len(t.names)), atol=EXACT)
    inner = orthogonal_theta(terms, roots, theta)
    expected = row_covariances(terms, theta)
    size = np.abs(expected).max()
    np.testing.assert_allclose(row_covariances(turned, inner), expected, atol=EXACT * size)
    np.testing.assert_allclose(original_theta(terms, roots, inner), theta, atol=1e-6)
    axes, new_roots, diagonal = turned_terms(turned, roots, inner)
    np.testing.assert_allclose(row_covariances(axes, diagonal), expected, atol=EXACT * size)
    np.testing.assert_allclose(original_theta(terms, new_roots, diagonal), theta, atol=1e-5)
    for L in split_theta(axes, diagonal):
        np.testing.assert_allclose(L, np.diag(np.diag(L)), atol=EXACT)
        assert (np.diff(np.diag(L)) <= 0).all()


def test_entries_stand_column_by_column():
    np.testing.assert_array_equal(
        factor_matrix(np.array([1.0, 2, 3, 4, 5, 6]), 3), [[1, 0, 0], [2, 4, 0], [3, 5, 6]]
    )


@pytest.mark.parametrize(
    ("theta", "names"),
    [
        ([0.9, 0.2, 0.5], ()),
        ([0.9, 0.2, 0.0], ("team cor((Intercept), time)",)),
        ([0.9, 0.0, 0.0], ("team time",)),
        ([0.0, 0.0, 0.0], ("team (Intercept)", "team time")),
    ],
)
@pytest.mark.parametrize("shift", [0.0, 200.0])
def test_boundaries_are_named_after_the_terms_as_given(theta, names, shift):
    terms = (term(2, shift),)
    _, roots = orthogonal_terms(terms)
    assert boundary_names(terms, roots, orthogonal_theta(terms, roots, np.array(theta))) == names


def test_dependent_columns_are_left_alone():
    plain = term(2)
    double = RandomTerm("team", NAMES, np.column_stack([plain.Z, plain.Z[:, 1]]), plain.codes, plain.levels)
    (turned,), (R,) = orthogonal_terms((double,))
    np.testing.assert_allclose(turned.Z @ R, double.Z)
