"""Averages over participants and over units beside the mixed model: R's numbers, and when they are given."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, trial_scores

from dww_analysis.effects import fit_entry, sensitivity_of
from dww_analysis.effects.averages import each_unit_once, independent, sizes_differ

ORACLES = Path(__file__).parents[1] / "oracles"
WITNESS = json.loads((ORACLES / "19_estimands" / "oracle.json").read_text())


def schools() -> pd.DataFrame:
    frame = pd.read_csv(ORACLES / "04_exam_hsb" / "hsb82_40schools.csv", dtype={"school": str})
    return frame.assign(wave="1", person=np.arange(len(frame)))


@pytest.mark.parametrize("average", ["participant", "cluster"])
def test_averages_are_those_of_least_squares_with_cr2(average):
    """R: vcovCR(lm(mAch ~ sector, weights = 1 / N_j), cluster = school, type = "CR2"), coef_test."""
    frame = schools()
    weights = np.ones(len(frame)) if average == "participant" else each_unit_once(frame, "school")
    row = independent("mAch ~ sector + (1 | school)", frame, weights).robust("school", weights="sampling")
    wanted, found = WITNESS[f"{average}_average"]["CR2"], row.set_index("term").loc["sectorPublic"]
    assert found["estimate"] == pytest.approx(wanted["estimate"], rel=1e-9)
    assert found["std_error"] == pytest.approx(wanted["se"], rel=1e-8)
    assert found["df"] == pytest.approx(wanted["df"], rel=1e-7)
    assert found["p_value"] == pytest.approx(wanted["p"], rel=1e-6)


def test_sizes_differ_from_a_fifth_of_their_mean():
    frame = schools()
    assert WITNESS["size"]["cv"] > 0.2 and sizes_differ(frame, "school", 1)
    equal = frame.groupby("school").head(14)
    assert not sizes_differ(equal, "school", 1)


def test_units_of_one_size_have_one_average():
    equal = schools().groupby("school").head(14).reset_index(drop=True)
    fits = [
        independent("mAch ~ sector + (1 | school)", equal, w)
        for w in (np.ones(len(equal)), each_unit_once(equal, "school"))
    ]
    tables = [f.robust("school", weights="sampling").drop(columns="df_method") for f in fits]
    pd.testing.assert_frame_equal(tables[0], tables[1], rtol=1e-8)


def names_of(table: pd.DataFrame) -> dict[str, pd.Series]:
    data = data_of(entry(), table)
    flags = table[["sample", "person", "wave"]].assign(careless=False)
    found = sensitivity_of(data, fit_entry(data), flags)
    return {r["analysis"]: r for _, r in found.iterrows()}


def test_a_trial_with_unequal_teams_has_both_averages_and_one_with_equal_teams_none():
    table = trial_scores(True)
    assert not [name for name in names_of(table) if name.startswith("average")]
    teams = sorted(table["team"].unique())
    large = table["team"].isin(teams[: len(teams) // 2])
    unequal = table[large | (table.groupby(["team", "wave"]).cumcount() < 2)]
    rows = names_of(unequal)
    persons, units = rows["average over participants"], rows["average over teams"]
    assert persons["df_method"] == units["df_method"] == "CR2"
    assert persons["estimate"] != pytest.approx(units["estimate"], rel=1e-6)


def test_least_squares_has_no_variance_at_its_limit():
    """Without variation between waves of a team the model's own variance is zero; that of no average is."""
    table = trial_scores(False)
    large = table["team"].isin(sorted(table["team"].unique())[:4])
    rows = names_of(table[large | (table.groupby(["team", "wave"]).cumcount() < 2)])
    assert rows["CR2 by team"]["boundary"]
    for name in ("average over participants", "average over teams"):
        assert rows[name]["boundary"] == "" and rows[name]["converged"]
