"""Ordinal alpha and categorical omega against lavaan and semTools (R), simulation and brute force."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.errors import ScaleError
from dww_analysis.scales import omega_categorical, ordinal_alpha
from dww_analysis.scales.ordinal import _covariances, _variances

FOLDER = Path(__file__).parents[1] / "oracles" / "09_reliability_bfi"
ORACLE = json.loads((FOLDER / "oracle.json").read_text(encoding="utf-8"))
SCALES = list(ORACLE["scales"])
POLYCHORIC = 1e-4  # the other side searches each correlation with a coarser stop rule
LOADINGS = np.array([0.8, 0.7, 0.6, 0.7, 0.5])


@pytest.fixture(scope="module")
def bfi() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "bfi.csv")


def scale_items(bfi: pd.DataFrame, name: str) -> pd.DataFrame:
    case = ORACLE["scales"][name]
    items = bfi[[i.lstrip("-") for i in case["key"]]].copy()
    for code in case["reversed"]:
        items[code] = 7 - items[code]
    return items


def ordered(n: int, seed: int) -> pd.DataFrame:
    """Five items with five answers, the last with three, from one factor."""
    rng = np.random.default_rng(seed)
    X = np.outer(rng.standard_normal(n), LOADINGS) + rng.standard_normal((n, 5)) * np.sqrt(1 - LOADINGS**2)
    items = pd.DataFrame(np.digitize(X, [-1, 0, 0.7, 1.5]) + 1)
    items[4] = np.digitize(X[:, 4], [0, 1]) + 1
    return items


@pytest.mark.oracle
@pytest.mark.parametrize("name", SCALES)
def test_ordinal_alpha_and_categorical_omega(bfi, name):
    items, expected = scale_items(bfi, name), ORACLE["scales"][name]["ordinal"]
    alpha, omega = ordinal_alpha(items), omega_categorical(items)
    assert alpha.alpha == pytest.approx(expected["alpha_ordinal"], rel=POLYCHORIC)
    values = np.reshape(expected["polychoric"]["values"], alpha.correlations.shape)
    np.testing.assert_allclose(alpha.correlations, values, atol=POLYCHORIC)
    assert omega.omega == pytest.approx(expected["omega_categorical_green_yang"], rel=POLYCHORIC)
    np.testing.assert_allclose(
        omega.std_loadings, list(expected["std_loadings_wlsmv"].values()), rtol=POLYCHORIC
    )
    assert omega.conf_low < omega.omega < omega.conf_high
    assert alpha.conf_low < alpha.alpha < alpha.conf_high


@pytest.mark.slow
def test_standard_errors_match_the_spread_over_samples():
    draws = [ordered(400, seed) for seed in range(150)]
    for compute, name in ((ordinal_alpha, "alpha"), (omega_categorical, "omega")):
        found = [compute(items) for items in draws]
        spread = np.std([getattr(f, name) for f in found])
        assert np.mean([f.std_error for f in found]) == pytest.approx(spread, rel=0.15), name


def test_covariances_of_answers_from_thresholds_by_brute_force():
    """A million draws from the normal variables behind the answers."""
    rho, tau = 0.45, np.array([[-1, 0, 0.7, 1.5], [0, 1, np.inf, np.inf]])
    Z = np.random.default_rng(1).multivariate_normal([0, 0], [[1, rho], [rho, 1]], 1_000_000)
    counted = np.cov(np.digitize(Z[:, 0], tau[0]), np.digitize(Z[:, 1], [0, 1]))
    found = _covariances(tau, np.array([[1.0, rho], [rho, 1.0]]))
    assert found[0, 1] == pytest.approx(counted[0, 1], abs=5e-3)
    np.testing.assert_allclose(_variances(tau), np.diag(counted), atol=5e-3)


def test_omega_of_two_categories_uses_the_same_formula():
    items = (ordered(500, 3) > 2).astype(int)
    found = omega_categorical(items)
    assert 0.4 < found.omega < ordinal_alpha(items).alpha, (
        "the sum of coarse answers is less reliable than the variables behind"
    )


def test_answer_codes_do_not_matter_only_their_order():
    items = ordered(300, 4)
    other = items.replace({1: 0, 2: 10, 3: 11, 4: 30, 5: 99})
    assert omega_categorical(other).omega == pytest.approx(omega_categorical(items).omega, rel=1e-12)


def test_numbers_and_two_items_are_refused():
    X = pd.DataFrame(np.random.default_rng(1).standard_normal((40, 3)))
    with pytest.raises(ScaleError, match="more than 12 different answers"):
        ordinal_alpha(X)
    with pytest.raises(ScaleError, match="at least three items"):
        omega_categorical(ordered(50, 1)[[0, 1]])


def test_an_item_without_variance_is_refused():
    with pytest.raises(ScaleError, match="no variance"):
        ordinal_alpha(ordered(50, 1).assign(flat=2).rename(columns=str))
