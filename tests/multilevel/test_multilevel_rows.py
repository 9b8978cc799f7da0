"""Columns that a large design holds once: the same numbers, and no others, as views of X."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel import fit
from dww_analysis.multilevel.formula import rows
from dww_analysis.multilevel.formula.design import build_design
from dww_analysis.multilevel.formula.matrix import Columns
from dww_analysis.multilevel.formula.rows import held_once
from dww_analysis.multilevel.model import RandomTerm


@pytest.fixture
def data():
    rng = np.random.default_rng(8)
    n = 240
    team, time = np.arange(n) % 12, np.arange(n) // 12 % 4
    y = rng.normal(size=12)[team] + (0.3 + rng.normal(0, 0.3, 12)[team]) * time + rng.normal(size=n)
    arm = np.where(team % 2, "a", "b")
    return pd.DataFrame({"y": y, "time": time * 1.0, "x": rng.normal(size=n), "team": team, "arm": arm})


FORMULA = "y ~ x * time + arm + (1 + time | team)"


def test_terms_and_numbers_that_x_has_are_views_of_it(data, monkeypatch):
    apart = build_design(FORMULA, data)
    monkeypatch.setattr(rows, "LARGE", len(data))
    once = build_design(FORMULA, data)
    (term,) = once.random
    assert term.names == ("(Intercept)", "time") and np.shares_memory(term.Z, once.X)
    assert np.shares_memory(once.spec.columns["x"], once.X)
    assert not np.shares_memory(apart.random[0].Z, apart.X)
    assert np.array_equal(term.Z, apart.random[0].Z) and np.array_equal(once.X, apart.X)
    pd.testing.assert_frame_equal(once.frame, apart.frame)


@pytest.mark.parametrize("formula", [FORMULA, "y ~ time + x + (0 + x | team)", "y ~ x + (1 + time | team)"])
def test_a_fit_is_the_same(data, monkeypatch, formula):
    gaps = data.assign(x=data["x"].mask(np.arange(len(data)) % 17 == 0))
    apart = fit(formula, gaps)
    monkeypatch.setattr(rows, "LARGE", 1)
    once = fit(formula, gaps)
    assert once.log_likelihood == apart.log_likelihood
    pd.testing.assert_frame_equal(once.coefficients(), apart.coefficients())
    assert np.array_equal(once.predict(data), apart.predict(data))


def test_what_differs_from_x_or_stands_in_another_order_stays_as_it_is(monkeypatch):
    """A name alone does not make two columns one."""
    monkeypatch.setattr(rows, "LARGE", 1)
    X = np.arange(20.0).reshape(4, 5)
    fixed = Columns(X, tuple("abcde"), np.arange(5))
    codes = np.zeros(4, dtype=np.intp)

    def held(names, Z, columns=None):
        term = RandomTerm("team", tuple(names), Z, codes, ("1",))
        (found,) = held_once(fixed, (term,), {} if columns is None else columns)
        assert np.array_equal(found.Z, Z)
        return np.shares_memory(found.Z, X)

    assert held("ace", X[:, ::2].copy()) and held("b", X[:, [1]].copy())
    assert (
        not held("ab", X[:, [0, 1]] + 1) and not held("ba", X[:, [1, 0]]) and not held("abd", X[:, [0, 1, 3]])
    )
    assert not held("az", X[:, :2].copy())
    columns = {"a": X[:, 0].copy(), "b": X[:, 1] * 2, "c": np.array([True] * 4)}
    held("a", X[:, [0]].copy(), columns)
    assert [np.shares_memory(columns[name], X) for name in "abc"] == [True, False, False]
    assert columns["b"].tolist() == (X[:, 1] * 2).tolist()


def test_few_rows_are_left_alone(data):
    design = build_design(FORMULA, data)
    assert len(data) < rows.LARGE and not np.shares_memory(design.random[0].Z, design.X)
