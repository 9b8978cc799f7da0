"""Arms that were not formed by lot may differ from the start: the answer is a difference of changes, against R."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, scale, trial_scores, trial_study

from dww_analysis.domain.plan import Calibration
from dww_analysis.domain.study import Allocation, Wave
from dww_analysis.effects import estimate_entry, fit_entry, sensitivity_of
from dww_analysis.effects.calibration import calibrate
from dww_analysis.multilevel import fit

ORACLE = Path(__file__).parents[1] / "oracles" / "07_cluster_trial"
KR = 1e-3  # Kenward-Roger df and SE end to end
EXACT = 1e-6  # estimates of two programs that both search to the optimum
NAMES = {"estimate": "estimate", "std_error": "se", "df": "df", "p_value": "p"}
TEAM_BY_WAVE = " + (1 | team) + (1 | team:wave) + (1 | person)"


def without_lot(**changes):
    allocation = Allocation("team", "allocation", randomised=False)
    return dataclasses.replace(trial_study(), allocation=allocation, **changes)


def apart(scores, by=1.0):
    """The same scores with the treated arm higher at every wave, the first one too."""
    return scores.assign(score=scores["score"] + by * (scores["arm"] == "intervention"))


def estimates(data):
    return estimate_entry(data).estimates.set_index("id")


def checked(data):
    flags = data.scores[["sample", "person", "wave"]].assign(careless=False)
    return sensitivity_of(data, fit_entry(data), flags).set_index("analysis")


@pytest.fixture(scope="module")
def seen_by_r():
    """The trial of the oracle as arms that nobody allotted, with R's answer for condition * wave."""
    rows = pd.read_csv(ORACLE / "data.csv")
    scores = pd.DataFrame(
        {
            "sample": "main",
            "person": rows["person"],
            "wave": rows["time"],
            "organisation": "o1",  # R's model without organisations
            "team": rows["team"],
            "arm": rows["condition"],
            "scale": "y",
            "score": rows["y"],
        }
    )
    study = without_lot(waves=tuple(Wave(i, {"en": f"T{i}"}) for i in range(4)))
    data = data_of(entry(team_by_wave=False), scores, study=study, scale=scale(low=-1.0, high=9.0))
    return data, json.loads((ORACLE / "oracle.json").read_text(encoding="utf-8"))["models"]["no_org"]


def coefficient(block, name):
    return next(row for row in block["coef"] if row["term"] == name)


def test_a_difference_of_changes_is_the_interaction_of_r(seen_by_r):
    data, witness = seen_by_r
    table = estimates(data)
    for identity, wave in {"e": 3, "e.wave1": 1, "e.wave2": 2}.items():
        expected = coefficient(witness["kenward_roger"], f"conditionintervention:waveT{wave}")
        for ours, theirs in NAMES.items():
            rel = EXACT if ours == "estimate" else KR
            assert table.loc[identity, ours] == pytest.approx(expected[theirs], rel=rel), (identity, ours)


def test_cr2_of_a_difference_of_changes_is_that_of_clubsandwich(seen_by_r):
    data, witness = seen_by_r
    expected = coefficient(witness["robust_cr2"]["team"], "conditionintervention:waveT3")
    row = checked(data).loc["CR2 by team"]
    for ours, theirs in NAMES.items():
        assert row[ours] == pytest.approx(expected[theirs], rel=1e-5), ours


def test_what_arms_differed_in_from_the_start_is_no_answer():
    """One mean for both arms at the first wave turned part of any earlier difference into a change."""
    as_they_were, apart_by_two = trial_scores(True), apart(trial_scores(True), 2.0)
    ours, theirs = (
        estimates(data_of(entry(), s, study=without_lot())).loc["e"] for s in (as_they_were, apart_by_two)
    )
    for name in ("estimate", "std_error", "df", "p_value"):
        assert theirs[name] == pytest.approx(ours[name], rel=1e-6), name
    assert estimates(data_of(entry(), apart_by_two)).loc["e", "estimate"] > ours["estimate"] + 0.05


def test_the_contrast_says_from_which_wave():
    data = data_of(entry(), apart(trial_scores(True)), study=without_lot())
    result = estimate_entry(data)
    planned = result.estimates.set_index("id").loc["e"]
    assert (planned["wave"], planned["from_wave"], planned["noun"]) == (2, 0, "difference")
    assert planned["term"] == "intervention_wave2 - intervention_wave0"
    assert result.record["formula"] == (
        "score ~ wave + intervention_wave0 + intervention_wave1 + intervention_wave2" + TEAM_BY_WAVE
    )
    assert "free_baseline" in result.record["methods"]
    means = pd.DataFrame(result.record["means"]).set_index(["arm", "wave"])["estimate"]
    changes = {arm: means[arm, 2] - means[arm, 0] for arm in ("control", "intervention")}
    assert planned["estimate"] == pytest.approx(changes["intervention"] - changes["control"])


def test_a_lot_that_was_not_cast_is_not_permuted():
    data = data_of(entry(), apart(trial_scores(True)), study=without_lot())
    assert set(checked(data).index) == {"CR2 by team"}
    tried = calibrate(data, Calibration(20, (0.0,), seed=1, checks=4))
    assert "CR2" in set(tried["method"]) and "permutation" not in set(tried["method"])


def test_the_smallest_group_is_that_of_both_waves():
    scores = apart(trial_scores(True))
    few = scores["person"].isin([f"p{i}" for i in range(6, 13)]) & (scores["wave"] == 0)
    planned = estimates(data_of(entry(), scores[~few], study=without_lot())).loc["e"]
    assert planned["n_smallest"] == scores[~few].query("wave == 0").groupby("arm")["person"].nunique().min()


@pytest.mark.parametrize("asked", [0, 2])
def test_without_answers_of_both_arms_beforehand_arms_are_compared_as_they_are(asked):
    """Then a difference may have been there from the start, which the report says."""
    scores = apart(trial_scores(True))
    kept = scores["person"].isin([f"p{i}" for i in range(6, 6 + asked)]) & (scores["wave"] == 0)
    others = (scores["wave"] > 0) | (scores["arm"] == "control")
    data = data_of(entry(), scores[others | kept], study=without_lot())
    found = fit_entry(data)
    assert found.model.methods[0] == "plain_difference"
    assert np.isnan(estimates(data).loc["e", "from_wave"])
    columns = "intervention_wave0 + " if asked else ""
    expected = fit(
        f"score ~ wave + {columns}intervention_wave1 + intervention_wave2{TEAM_BY_WAVE}", found.frame
    )
    assert found.coefficients.loc["intervention_wave2", "estimate"] == pytest.approx(
        expected.coefficients().set_index("term").loc["intervention_wave2", "estimate"]
    )  # fmt: skip
