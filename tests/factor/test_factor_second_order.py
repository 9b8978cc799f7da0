"""Factors of factors: the search, its unit, signs, and the ladder; numbers of lavaan 0.6-14.

cfa("visual =~ x1+x2+x3; textual =~ x4+x5+x6; speed =~ x7+x8+x9; g =~ visual+textual+speed", HolzingerSwineford1939,
    group = "school", group.equal = c("loadings", "intercepts"))
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.factor import fit_cfa, invariance
from dww_analysis.scales import cronbach_alpha, omega_total, ordinal_alpha

HOLZINGER = pd.read_csv(Path(__file__).parents[1] / "oracles" / "10_cfa" / "holzinger.csv")
FIRST = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
SECOND = FIRST + "g =~ visual + textual + speed"


def weak_first(seed: int, n: int = 400) -> pd.DataFrame:
    """Nine items in three factors whose own factor is weak: scoring from a marker creeps there."""
    rng = np.random.default_rng(seed)
    g = rng.normal(size=(n, 1))
    factors = np.hstack([w * g + rng.normal(size=(n, 1)) for w in (0.3, 0.6, 0.6)])
    return pd.DataFrame(
        np.repeat(factors, 3, axis=1) * 0.7 + rng.normal(size=(n, 9)) * 0.7,
        columns=[f"y{i}" for i in range(1, 10)],
    )


TEXT = "f =~ y1 + y2 + y3\ng =~ y4 + y5 + y6\nh =~ y7 + y8 + y9\nk =~ f + g + h"


@pytest.mark.parametrize("seed", range(6))
def test_the_search_reaches_what_three_correlated_factors_reach(seed):
    """A second-order factor over three factors is just identified: the same likelihood as free correlations."""
    data = weak_first(seed)
    free = fit_cfa(TEXT.rsplit("\n", 1)[0], data)
    fit = fit_cfa(TEXT, data)
    assert fit.converged
    assert fit.log_likelihood == pytest.approx(free.log_likelihood, abs=1e-5)


@pytest.mark.parametrize("unit", [0.1, 10, 1000])
def test_the_unit_of_the_answers_changes_nothing(unit):
    data = weak_first(1)
    one, other = fit_cfa(TEXT, data), fit_cfa(TEXT, data * unit)
    assert one.converged == other.converged
    assert other.chi_square == pytest.approx(one.chi_square, rel=1e-6)


def test_pairs_of_items_are_found():
    fit = fit_cfa("f =~ x1 + x2\ng =~ x4 + x5\nh =~ x7 + x8", HOLZINGER)
    assert fit.log_likelihood == pytest.approx(-2604.999207, abs=1e-5)
    assert fit.chi_square == pytest.approx(18.66584, abs=1e-4)


def test_the_ladder_of_a_second_order_model():
    """Means of the first-order factors stay where the second-order mean is free: 206.3442 on 64 df."""
    steps = invariance(SECOND, HOLZINGER, group="school").steps
    assert steps["level"].tolist()[:3] == ["configural", "metric", "scalar"]
    assert steps["chi_square"].tolist()[:3] == pytest.approx([115.8513, 125.7672, 206.3442], abs=1e-3)
    assert steps["df"].tolist()[:3] == [48, 56, 64]


def test_a_factor_counts_the_way_its_items_count():
    fit = fit_cfa(SECOND, HOLZINGER, std_lv=True)
    loadings = fit.parameters.query("op == '=~'").groupby("lhs")["estimate"].sum()
    assert (loadings > 0).all()
    total = HOLZINGER[[f"x{i}" for i in range(1, 10)]].sum(axis=1)
    assert np.corrcoef(fit.factor_scores()["g"].astype(float), total)[0, 1] > 0.9


def test_reversed_items_are_named():
    rng = np.random.default_rng(3)
    latent = rng.normal(size=300)
    items = pd.DataFrame(
        {f"w{i}": np.clip(np.round(3 + latent + rng.normal(size=300)), 1, 5) for i in range(1, 6)}
    )
    items["w3"] = 6 - items["w3"]
    for found in (cronbach_alpha(items), omega_total(items), ordinal_alpha(items)):
        assert "w3 run against" in " ".join(found.warnings)
    assert not cronbach_alpha(items.assign(w3=6 - items["w3"])).warnings
