"""Disclosure control: minimum, share, roll-up, and the published example of Dialog."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.errors import DisclosureError
from dww_analysis.privacy import refuse_crossing, roll_up, suppress


def test_statistics_of_few_persons_are_hidden_and_counts_stay():
    frame = pd.DataFrame(
        {"team": list("abc"), "n": [7, 8, np.nan], "mean": [1.0, 2.0, 3.0], "rank": [1, 2, 3]}
    )
    result = suppress(frame, "n", ["mean", "rank"], 8)
    assert result["suppressed"].tolist() == [True, False, True]
    assert result["mean"].isna().tolist() == [True, False, True] and result["rank"].isna().tolist() == [
        True,
        False,
        True,
    ]
    assert result["n"].tolist()[:2] == [7, 8]
    assert "suppressed" not in frame and frame["mean"].notna().all()


def test_a_low_response_is_hidden():
    frame = pd.DataFrame({"n": [10, 10], "invited": [30, 12], "mean": [1.0, 2.0]})
    result = suppress(frame, "n", ["mean"], 8, invited_column="invited", minimum_share=0.4)
    assert result["suppressed"].tolist() == [True, False]


def test_the_dialog_example():
    """Sales 5 of 7, Marketing 2 of 6, a manager: with a minimum of 5 only Sales is shown, the department shows the
    score of Sales, and three answers stay hidden."""
    units = pd.DataFrame(
        {
            "department": "Commerce",
            "unit": ["Sales", "Marketing", "Manager"],
            "n": [5, 2, 1],
            "invited": [7, 6, 1],
            "mean": [7.5, 4.0, 9.0],
        }
    )
    shown, totals = roll_up(units, "n", ["mean"], 5, ["department"])
    assert shown.loc[~shown["suppressed"], "unit"].tolist() == ["Sales"]
    assert totals.to_dict("records") == [
        {"department": "Commerce", "n": 5, "mean": 7.5, "n_hidden": 3, "suppressed": False}
    ]


def test_hidden_units_count_in_the_total_when_enough_are_hidden_together():
    units = pd.DataFrame({"department": "D", "n": [10, 3, 2], "mean": [1.0, 2.0, 4.0]})
    _, totals = roll_up(units, "n", ["mean"], 5, ["department"])
    assert totals.loc[0, "n"] == 15 and totals.loc[0, "n_hidden"] == 0
    assert totals.loc[0, "mean"] == pytest.approx((10 * 1 + 3 * 2 + 2 * 4) / 15)


def test_background_of_teams_and_single_answers_are_refused():
    refuse_crossing(["organisation", "age"], ["age"], ["min"])
    with pytest.raises(DisclosureError, match="never combined with teams"):
        refuse_crossing(["team", "wave", "age"], ["age"])
    with pytest.raises(DisclosureError, match="one person's answer"):
        refuse_crossing(["team"], ["age"], ["mean", "max"])
