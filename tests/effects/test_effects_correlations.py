"""Correlations of answers of one unit: R's numbers on a stepped wedge, and what is not offered."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from effects_studies import WEDGE, data_of, entry, trial_scores, trial_study

from dww_analysis.domain.study import Allocation
from dww_analysis.domain.tables.effects import CORRELATIONS
from dww_analysis.effects.answered import answered
from dww_analysis.effects.correlations import correlations
from dww_analysis.multilevel import fit


@pytest.fixture(scope="module")
def wedge():
    rows = pd.read_csv(WEDGE / "16_stepped_wedge_cohort.csv", dtype={"team": str, "person": str})
    rows["wave"] = rows["period"].astype(str)
    return fit("y ~ wave + treated + (1 | team) + (1 | team:wave) + (1 | person)", rows)


def test_correlations_are_those_of_the_witness(wedge):
    found = correlations(wedge, "e", "team", 0.95, seed=1, draws=200).set_index("quantity")
    witness = json.loads((WEDGE / "oracle.json").read_text())["correlations"]
    names = {
        "within_wave": "wp_icc",
        "between_waves": "bp_icc",
        "autocorrelation": "cac",
        "individual": "iac",
    }
    for ours, theirs in names.items():
        assert found.at[ours, "estimate"] == pytest.approx(witness[theirs], rel=1e-4)
        assert found.at[ours, "conf_low"] <= found.at[ours, "estimate"] <= found.at[ours, "conf_high"]
    assert set(found["unit"]) == {"team", "person"}


def test_the_same_seed_gives_the_same_interval(wedge):
    one, other, third = (correlations(wedge, "e", "team", 0.95, seed=s, draws=50) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one, other)
    assert not one["conf_low"].equals(third["conf_low"])


def test_intervals_hold_the_truth_as_often_as_they_say():
    """Balanced one-way layouts of 30 teams of 8 with an ICC of .2."""
    rng = np.random.default_rng(8)
    hits = 0
    for seed in range(40):
        y = rng.normal(size=(30, 1)) * np.sqrt(0.2) + rng.normal(size=(30, 8)) * np.sqrt(0.8)
        data = pd.DataFrame({"team": np.repeat(np.arange(30).astype(str), 8), "y": y.ravel()})
        row = correlations(fit("y ~ 1 + (1 | team)", data), "e", "team", 0.95, seed, draws=100).iloc[0]
        assert row["quantity"] == "within_wave"
        hits += row["conf_low"] <= 0.2 <= row["conf_high"]
    assert hits >= 33


def test_only_of_planned_outcomes_that_are_numbers():
    table = trial_scores(True)
    flags = table[["sample", "person", "wave"]].assign(careless=False)
    found = answered(data_of(entry(), table), flags).correlations
    assert (
        list(found.columns) == list(CORRELATIONS.names)
        and len(found)
        and found["estimate"].between(0, 1).all()
    )
    other = answered(data_of(entry(family="other"), table), flags).correlations
    assert other["estimate"].tolist() == found["estimate"].tolist()
    assert (other["conf_low"] - found["conf_low"]).abs().max() < 0.06, "fewer draws of the same bootstrap"
    assert answered(data_of(entry(status="exploratory"), table), flags).correlations.empty
    assert answered(data_of(entry(wave=0), table), flags).correlations.empty  # cannot be estimated


def test_persons_who_were_allocated_themselves_share_no_unit():
    """Two persons are two units, so that nothing says how alike persons of one unit are: no correlation, and not 0."""
    study = dataclasses.replace(trial_study(), allocation=Allocation("person", "allocation", randomised=True))
    table = trial_scores(False)
    flags = table[["sample", "person", "wave"]].assign(careless=False)
    found = answered(data_of(entry(), table, study=study), flags).correlations
    assert found[["quantity", "unit"]].to_numpy().tolist() == [["individual", "person"]]
