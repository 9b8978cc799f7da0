"""Thin lines beside the means: where the middle 80 % of units lie by the model, and no line of any unit."""

from __future__ import annotations

import pandas as pd
import pytest
from scipy.stats import norm

from dww_analysis.figures import draw_trajectories
from dww_analysis.language.measure import Measure, Trajectory

MEANS = pd.DataFrame(
    {
        "arm": ["control"] * 2 + ["intervention"] * 2, "wave": [0, 1] * 2, "estimate": [3.0, 3.0, 3.1, 4.9],
        "conf_low": [2.9, 2.9, 3.0, 4.8], "conf_high": [3.1, 3.1, 3.2, 5.0], "n": 90,
    }
)  # fmt: skip
THIN = 0.6


def drawn(trial, words, **values):
    trajectory = Trajectory(Measure("learning", "learning", (1, 5)), MEANS, **values)
    return draw_trajectories(trajectory, study=trial["study"], words=words, name="t")


def thin(figure):
    return [line for line in figure.axes[0].lines if line.get_linewidth() == THIN]


def test_four_of_five_units_lie_between_the_lines_and_no_line_leaves_the_scale(trial, words):
    drawing = drawn(trial, words, spread=0.2)
    edges = drawing.data[drawing.data["quantity"] == "middle_80"]
    low, high = edges.iloc[0][["conf_low", "conf_high"]]
    assert norm.cdf(high, 3.0, 0.2) - norm.cdf(low, 3.0, 0.2) == pytest.approx(0.8, abs=1e-4)
    assert edges["conf_high"].max() == 5, "the scale ends there"
    for figure in (drawing.figure, drawing.narrow):
        assert len(thin(figure)) == 4, "two for each arm"
    assert "8" in drawing.caption.split("10")[0]


@pytest.mark.parametrize("spread", [None, 0.0])
def test_without_a_spread_there_are_no_thin_lines_and_no_word_of_them(trial, words, spread):
    drawing, other = drawn(trial, words, spread=spread), drawn(trial, words, spread=0.2)
    assert thin(drawing.figure) == [] and len(drawing.caption) < len(other.caption)
    assert set(drawing.data["quantity"]) == {"mean"}


def test_units_of_one_organisation_are_called_so(trial, words):
    plain, alike = (drawn(trial, words, spread=0.2, alike=alike).caption for alike in (False, True))
    assert len(alike) > len(plain)
