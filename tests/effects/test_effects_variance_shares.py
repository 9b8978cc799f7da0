"""Shares of variance on the scale of the linear predictor: yes or no has pi^2 / 3 beside its groups."""

import math

import numpy as np
import pandas as pd
import pytest

from dww_analysis.effects.record import _shares
from dww_analysis.multilevel import fit


def answers(by_team):
    """0/1 answers of 20 persons a team; by_team: how many say yes."""
    return pd.DataFrame([
        {"y": float(i < yes), "team": f"t{t}"} for t, yes in enumerate(by_team) for i in range(20)
    ])  # fmt: skip


def test_yes_or_no_has_the_variance_of_its_distribution():
    fitted = fit("y ~ 1 + (1 | team)", answers([4, 16, 8, 12, 6, 14, 10, 18, 2, 10]), family="binomial")
    variance = float(fitted.variance_components().set_index("group").at["team", "estimate"])
    assert variance > 0.2
    assert _shares(fitted) == {"team": pytest.approx(variance / (variance + math.pi**2 / 3))}


def test_no_variance_between_teams_is_a_share_of_zero_and_no_division():
    fitted = fit("y ~ 1 + (1 | team)", answers([10] * 8), family="binomial")
    assert _shares(fitted) == {"team": pytest.approx(0, abs=1e-6)}


def test_of_scores_it_is_the_share_of_all_components():
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"team": np.repeat([f"t{i}" for i in range(12)], 15)})
    frame["y"] = np.repeat(rng.normal(0, 1, 12), 15) + rng.normal(0, 1, len(frame))
    fitted = fit("y ~ 1 + (1 | team)", frame)
    parts = fitted.variance_components().set_index("group")["estimate"]
    assert _shares(fitted)["team"] == pytest.approx(parts["team"] / parts.sum())
