"""Later waves adjusted for what persons scored at the first (`baseline: ancova`), against R."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, scale, trial_study
from missing_studies import QUICK

from dww_analysis.domain.study import Allocation, Wave
from dww_analysis.effects.answered import answered
from dww_analysis.effects.missing.impute import impute_entry
from dww_analysis.errors import FitError

ORACLE = Path(__file__).parents[1] / "oracles" / "07_cluster_trial"
KR = 1e-3  # Kenward-Roger df and SE end to end
EXACT = 1e-6  # estimates of two programs that both search to the optimum
STUDY = dataclasses.replace(
    trial_study(),
    waves=tuple(Wave(n, {"en": f"T{n}"}) for n in range(4)),
    allocation=Allocation("team", "allocation", randomised=True),
)


def trial():
    """All waves of the trial of the oracle."""
    rows = pd.read_csv(ORACLE / "data.csv")
    return pd.DataFrame(
        {
            "sample": "main",
            "person": rows["person"],
            "wave": rows["time"],
            "organisation": rows["org"],
            "team": rows["team"],
            "arm": rows["condition"],
            "scale": "y",
            "score": rows["y"],
        }
    )


def adjusted(scores, **changes):
    one = entry(baseline="ancova", population="baseline_members", **changes)
    return data_of(one, scores, study=STUDY, scale=scale(low=-1.0, high=9.0))


def told(data):
    return answered(data, data.scores[["sample", "person", "wave"]].assign(careless=False))


@pytest.fixture(scope="module")
def witness():
    models = json.loads((ORACLE / "oracle.json").read_text(encoding="utf-8"))["models"]
    return models["post_ancova"]["kenward_roger"]


@pytest.fixture(scope="module")
def found():
    return told(adjusted(trial(), wave=1, team_by_wave=False))


def test_the_model_is_that_of_r(found, witness):
    rows = found.result.estimates.query("~standardised").set_index("id")
    assert found.result.record["formula"] == (
        "score ~ wave + intervention_wave1 + intervention_wave2 + intervention_wave3 + score_before"
        " + (1 | organisation) + (1 | team) + (1 | person)"
    )
    assert "ancova_baseline" in found.result.record["methods"]
    coefficients = {row["term"]: row for row in witness["coef"]}
    first = coefficients["conditionintervention"]
    assert rows.at["e", "n_obs"] == 713
    assert rows.at["e", "estimate"] == pytest.approx(first["estimate"], rel=EXACT)
    for ours, theirs in {"std_error": "se", "df": "df", "p_value": "p"}.items():
        assert rows.at["e", ours] == pytest.approx(first[theirs], rel=KR), ours
    names, V = witness["adjusted_vcov"]["rows"], np.array(witness["adjusted_vcov"]["values"])
    for wave in (2, 3):
        more = f"conditionintervention:waveT{wave}"
        a, b = names.index("conditionintervention"), names.index(more)
        both = first["estimate"] + coefficients[more]["estimate"]
        assert rows.at[f"e.wave{wave}", "estimate"] == pytest.approx(both, rel=EXACT)
        spread = np.sqrt(V[a, a] + V[b, b] + 2 * V[a, b])
        assert rows.at[f"e.wave{wave}", "std_error"] == pytest.approx(spread, rel=KR)


def test_the_sd_is_that_of_the_first_wave_and_not_of_what_is_left(found):
    rows = pd.read_csv(ORACLE / "post_with_baseline.csv").drop_duplicates("person")
    groups = rows.groupby("condition")["y0"]
    pooled = np.sqrt((groups.var() * (groups.count() - 1)).sum() / (groups.count() - 1).sum())
    assert found.result.record["sd_used"] == pytest.approx(pooled, rel=1e-12)
    assert found.result.record["sd_kind"] == "first_wave"


@pytest.mark.long
def test_who_did_not_answer_the_first_wave_does_not_count(found):
    scores = trial()
    gone = scores["person"].isin(scores["person"].unique()[:20]) & (scores["wave"] == 0)
    fewer = told(adjusted(scores[~gone], wave=1, team_by_wave=False)).result.estimates.iloc[0]
    without = scores[~scores["person"].isin(scores["person"].unique()[:20])]
    assert (
        fewer["estimate"]
        == told(adjusted(without, wave=1, team_by_wave=False)).result.estimates.iloc[0]["estimate"]
    )
    assert "baseline members only" not in set(found.sensitivity["analysis"])
    employed = dataclasses.replace(adjusted(scores[~gone]).entry, population="employed_at_wave")
    masked = told(data_of(employed, scores[~gone], study=STUDY, scale=scale(low=-1.0, high=9.0)))
    assert (
        masked.result.estimates["n_persons"].iloc[0] == without.loc[without["wave"] > 0, "person"].nunique()
    )


def test_without_answers_before_there_is_a_sentence():
    scores = trial().query("wave > 0")
    record = told(adjusted(scores)).result.record
    assert "`baseline: ancova` and no answers at a wave before its contrast" in record["failed"]


def test_imputation_says_that_it_has_no_such_model():
    with pytest.raises(FitError, match="baseline: ancova"):
        impute_entry(adjusted(trial()), QUICK, {})


def test_of_who_answered_the_first_wave_there_is_no_analysis_beside_it():
    """It is the planned one."""
    scores = trial()
    gone = scores["person"].isin(scores["person"].unique()[:20]) & (scores["wave"] == 0)
    data = adjusted(scores[~gone], wave=1, team_by_wave=False)
    found = told(dataclasses.replace(data, entry=dataclasses.replace(data.entry, population="answered_once")))
    assert "baseline members only" not in set(found.sensitivity["analysis"])
