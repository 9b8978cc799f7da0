"""Power by trials against the formula, which was worked out in R, and against counts that can be made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from dww_analysis.effects.power import LAYOUTS, Assumptions, power_of
from dww_analysis.effects.power_grid import parts_of_power, power_table, power_work
from dww_analysis.effects.power_trials import PORTION, Tries, components, p_values, team_sizes, trial_rows
from dww_analysis.effects.sizes import power_of_test
from dww_analysis.errors import PlanError

TRIAL = Assumptions("parallel_cluster", 24, persons=10, waves=3, icc=0.05, effect=0.3, dropout=0.2)
TRIALS = 600
ERRORS = 3.5  # standard errors of a share of trials: once in two thousand


def within(found, low, high):
    """Whether a share of TRIALS can be between the two."""
    error = ERRORS * np.sqrt(0.25 / TRIALS)
    return low - error <= found <= high + error


@pytest.mark.long
@pytest.mark.parametrize(
    "assumed",
    [
        TRIAL,
        replace(TRIAL, waves=1, dropout=0.0),
        replace(TRIAL, waves=2, cac=1.0, covariate_r=0.5, dropout=0.0),
        Assumptions("stepped_wedge", 16, waves=5, effect=0.25),
        Assumptions("stepped_wedge", 16, waves=5, effect=0.3, transition_waves=1),
        Assumptions("before_after", 24, waves=3, effect=0.3),
        Assumptions("waves_only", 12, persons=8, waves=3, effect=0.25),
        Assumptions("parallel_cluster", 10, waves=2, unit="person", effect=0.4),
    ],
)
def test_trials_find_the_effect_as_often_as_the_formula_says(assumed):
    """Its df is the least that Kenward-Roger gives, and the normal distribution the most."""
    formula = power_of(assumed)
    most = power_of_test(assumed.effect, formula["std_error"], np.inf)
    assert within(np.mean(p_values(assumed, TRIALS, seed=1) < assumed.alpha), formula["power"], most)


@pytest.mark.long
def test_without_an_effect_the_level_is_kept():
    found = np.mean(p_values(replace(TRIAL, effect=1e-12), TRIALS, seed=2) < 0.05)
    assert abs(found - 0.05) < ERRORS * np.sqrt(0.05 * 0.95 / TRIALS)


def test_a_trial_hangs_on_the_seed_and_its_number():
    whole = p_values(TRIAL, 60, seed=3)
    np.testing.assert_array_equal(whole[40:], p_values(TRIAL, 20, seed=3, first=40))
    assert not np.array_equal(whole, p_values(TRIAL, 60, seed=4))


def test_rows_are_those_who_answer():
    assumed = replace(TRIAL, teams=4, dropout=0.5)
    rows = trial_rows(assumed, LAYOUTS[assumed.design](assumed))
    assert rows.groupby("team").size().tolist() == [10 + 8 + 5] * 4  # 7.5 persons are 8
    treated = rows.groupby("team")["e1"].sum()
    assert treated.tolist() == [0, 5, 0, 5] and rows["person"].nunique() == 40
    wedge = Assumptions("stepped_wedge", 8, waves=5, transition_waves=1)
    rows = trial_rows(wedge, LAYOUTS["stepped_wedge"](wedge))
    assert len(rows) == 10 * (8 * 5 - 8)  # each team is once in transition
    alone = Assumptions("parallel_cluster", 3, persons=6, waves=2, unit="person")
    rows = trial_rows(alone, LAYOUTS["parallel_cluster"](replace(alone, teams=18, persons=1)))
    assert rows.groupby("team")["e0"].sum().tolist() == [3, 3, 3]  # half of each team


def test_components_add_up_to_one_answer():
    assert sum(components(TRIAL).values()) == pytest.approx(1)
    assert components(replace(TRIAL, waves=1)) == {"team": 0.05, "residual": 0.95}
    sizes = team_sizes(replace(TRIAL, cv=0.4))
    assert sizes.mean() == pytest.approx(10, abs=0.2) and sizes.std() == pytest.approx(4, abs=0.2)


@pytest.mark.long
def test_trials_are_columns_and_portions_of_them_parts():
    varied, tries = {"teams": [8, 12], "icc": [0.02, 0.1]}, Tries(PORTION + 100)
    asked = next(power_work(TRIAL, varied, tries))
    assert len(asked) == parts_of_power(varied, tries.trials) == 4 + 2 + 4 * 2
    few = power_table(TRIAL, {"teams": [8, 12]}, Tries(100))
    found = np.mean(p_values(replace(TRIAL, teams=12), 100, seed=1) < 0.05)
    last = few.iloc[-1]
    assert (last["trials"], last["power_in_trials"]) == (100, found)
    assert last["error_of_trials"] == pytest.approx(np.sqrt(found * (1 - found) / 100))
    assert "trials" not in power_table(TRIAL, {"teams": [8]})


def test_what_no_model_can_take_apart_is_refused():
    with pytest.raises(PlanError, match="cannot be analysed by the mixed model"):
        p_values(Assumptions("parallel_cluster", 12, persons=1, waves=1), 20, seed=1)
    with pytest.raises(PlanError, match=r"icc 1\.5"):
        p_values(replace(TRIAL, icc=1.5), 20, seed=1)
