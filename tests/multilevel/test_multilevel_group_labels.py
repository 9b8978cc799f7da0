"""Levels of combined groups are tuples of labels: parts that hold colons are never mixed up.

`expected/around/colon.csv` is invented: groups g1 = "a", g2 = "b:c" and g1 = "a:b", g2 = "c" beside others. R 4.2.2,
lme4 1.1-31: lmer(y ~ 1 + (1 | g1:g2)) after renaming the levels so that they hold no colon.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel import fit
from dww_analysis.multilevel.model import label_text

HERE = Path(__file__).parent / "expected" / "around"


@pytest.fixture(scope="module")
def colon() -> pd.DataFrame:
    return pd.read_csv(HERE / "colon.csv")


@pytest.fixture(scope="module")
def plain(colon) -> pd.DataFrame:
    """The same data with other labels."""
    return colon.replace({"g1": {"a:b": "a_b"}, "g2": {"b:c": "b_c"}})


def test_two_groups_that_look_alike_joined_are_two(colon):
    m = fit("y ~ 1 + (1 | g1:g2)", colon)
    assert m.log_likelihood == pytest.approx(-51.341684, abs=1e-5)
    np.testing.assert_allclose(m.predict(colon.iloc[[0, 10]]), [3.0548, -2.8616], rtol=1e-4)
    levels = m.random_effects()["level"]
    assert levels.is_unique and {"a:(b:c)", "(a:b):c"} <= set(levels)
    assert ("a", "b:c") in m.design.random[0].levels


@pytest.mark.parametrize("formula", ["y ~ 1 + (1 | g1:g2)", "y ~ 1 + (1 | g1/g2)"])
def test_everything_is_as_with_labels_without_colons(colon, plain, formula):
    m, other = fit(formula, colon), fit(formula, plain)
    assert m.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-8)
    np.testing.assert_allclose(m.predict(colon), other.predict(plain), atol=1e-7)
    assert m.n_groups == other.n_groups
    ours = m.random_effects().sort_values("estimate")["estimate"]
    np.testing.assert_allclose(ours, other.random_effects().sort_values("estimate")["estimate"], atol=1e-7)


def test_clusters_and_influence_by_a_combination(colon, plain):
    m, other = fit("y ~ 1 + (1 | g1:g2)", colon), fit("y ~ 1 + (1 | g1:g2)", plain)
    np.testing.assert_allclose(m.robust("g1:g2")["std_error"], other.robust("g1:g2")["std_error"], rtol=1e-8)
    mine, theirs = m.influence("g1:g2"), other.influence("g1:g2")
    assert mine["level"].is_unique
    np.testing.assert_allclose(np.sort(mine["estimate"]), np.sort(theirs["estimate"]), atol=1e-7)


def test_unknown_combinations_count_as_average(colon):
    m = fit("y ~ 1 + (1 | g1:g2)", colon)
    new = pd.DataFrame({"g1": ["a", "a:b:c"], "g2": ["b", "x"]})
    np.testing.assert_allclose(m.predict(new), m.fixed_effects.iloc[0])


def test_label_text():
    assert label_text("a:b") == "a:b"
    assert label_text(("a", "b", "c")) == "a:b:c"
    assert label_text(("a:b", "c")) == "(a:b):c" != label_text(("a", "b:c"))


# ---- what a fit holds
@pytest.fixture(scope="module")
def teams() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    team = np.repeat(np.arange(12), 4)
    y = rng.normal(size=12)[team] + rng.normal(size=48)
    return pd.DataFrame({"y": y, "team": pd.Categorical(team * 10)})


def test_labels_of_a_categorical_are_read_where_they_are_needed(teams):
    m = fit("y ~ 1 + (1 | team)", teams)
    levels = m.design.random[0].levels
    assert m.n_groups == {"team": 12} and "_texts" not in vars(levels)
    texts = [str(10 * k) for k in range(12)]
    assert m.random_effects()["level"].tolist() == texts
    assert levels == tuple(texts) and hash(levels) == hash(tuple(texts)) and levels[2:4] == ("20", "30")
    text = fit("y ~ 1 + (1 | team)", teams.astype({"team": str}))
    assert text.design.random[0].levels == tuple(sorted(texts)) != levels
    np.testing.assert_allclose(m.predict(teams), text.predict(teams.astype({"team": str})), atol=1e-10)


def test_a_fit_holds_the_columns_of_its_design_only_once_a_refit_needs_them(teams):
    m = fit("y ~ 1 + (1 | team)", teams)
    rows = m.solution.extra.criterion.kernel.reduced.rows
    assert "full" not in vars(rows)
    y = teams["y"] + np.arange(48) / 9
    again, new = m.refit(y), fit("y ~ 1 + (1 | team)", teams.assign(y=y))
    assert again.log_likelihood == pytest.approx(new.log_likelihood, abs=1e-8)
    assert rows.full.shape == (48, 1)
