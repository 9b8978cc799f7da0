"""Trials with one unit in an arm: an estimate and no test, whatever the outcome, unless the lot itself gives one."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, scale, trial_study

from dww_analysis.domain.study import Allocation
from dww_analysis.effects.analysis import estimate_entry
from dww_analysis.effects.answered import answered
from dww_analysis.effects.answers import Facts, answer_of
from dww_analysis.effects.estimate import fit_entry
from dww_analysis.effects.families import adjust_families

YES_NO = replace(scale(low=0.0, high=1.0), measure="yes_no")
CHOSEN = replace(trial_study(), allocation=Allocation("team", "allocation", randomised=False))
BY_COIN = replace(trial_study(), allocation=Allocation("team", "allocation", randomised=True, counts="any"))


def one_against(others, cut=None, persons=12, spread=0.3):
    """Answers at two waves of one team of the intervention arm and `others` of the control arm; cut: as yes or no."""
    rng, rows = np.random.default_rng(1), []
    for team in range(others + 1):
        level = 4 + rng.normal(0, spread)
        for person in range(persons):
            for wave in (0, 2):
                score = level + 0.4 * (team == 0 and wave > 0) + rng.normal(0, 0.7)
                arm = "control" if team else "intervention"
                rows.append(("main", f"{team}-{person}", wave, "o1", f"t{team}", arm, "y", score))
    names = ["sample", "person", "wave", "organisation", "team", "arm", "scale", "score"]
    table = pd.DataFrame(rows, columns=names)
    return table if cut is None else table.assign(score=(table["score"] > cut).astype(float))


def record(scores, one=None, **changes):
    return estimate_entry(data_of(one or entry(), scores, **changes)).record


@pytest.mark.parametrize("summary", [None, "risk_difference", "odds_ratio"])
def test_yes_or_no_of_three_teams_has_no_test_either(summary):
    found = record(one_against(2, cut=4.2), entry(summary=summary), scale=YES_NO)
    assert found["untested"].startswith("no test at .05 exists: one team in arm intervention")
    assert sum("no p below .33" in w for w in found["warnings"]) == 1


def test_what_was_not_by_lot_has_no_p_by_lot():
    found = record(one_against(2), study=CHOSEN)
    assert "one team in arm intervention" in found["untested"] and "lot" not in found["untested"]


def test_one_of_many_teams_has_the_test_of_its_lot():
    """Of 20 teams the smallest p is .05, which rejects, as intervals by permutation and answers have it; of 19 it is
    not small enough."""
    assert "untested" not in record(one_against(19))
    assert "no p below .053 " in record(one_against(18))["untested"]


def test_how_the_lot_went_decides_what_p_can_come_out():
    assert "no p below .12" in record(one_against(2), study=BY_COIN)["untested"]  # 2 x 2 x 2 allocations


def test_a_formula_that_compares_waves_is_not_about_arms():
    waves = entry(formula="y ~ wave + (1 | team) + (1 | person)", term="wave2")
    arms = entry(formula="y ~ arm + (1 | team) + (1 | person)", term="armintervention")
    assert "untested" not in record(one_against(2), waves)
    assert "untested" in record(one_against(2), arms)


def test_no_p_stands_beside_it_and_no_answer_is_sure():
    """The model finds no variance of teams here and a p below .05; the lot's own .33 is all that there is."""
    scores = one_against(2, persons=60, spread=0)
    scores["score"] += 1.0 * ((scores["arm"] == "intervention") & (scores["wave"] == 2))
    data = data_of(entry(sesoi=0.01), scores)
    planned = fit_entry(data).coefficients.loc["intervention_wave2"]
    assert planned["p_value"] < 0.05
    found = answered(data, data.scores[["sample", "person", "wave"]].assign(careless=False))
    table, beside = found.result.estimates, found.sensitivity.set_index("analysis")["p_value"]
    assert table["estimate"].notna().all() and table["p_value"].isna().all()
    assert beside.pop("permutation of teams") == pytest.approx(1 / 3) and beside.isna().all()
    told = answer_of(data.entry, adjust_families(table, data.plan), Facts(data.plan, data.study, {}, None))
    assert (told.verdict, told.plain, told.equivalence.against) == ("unclear", "unclear", "")


def test_harm_is_not_softened_by_the_lack_of_a_test():
    scores = one_against(2, persons=60, spread=0)
    scores["score"] -= 2.0 * ((scores["arm"] == "intervention") & (scores["wave"] == 2))
    data = data_of(entry(), scores)
    told = answer_of(
        data.entry, estimate_entry(data).estimates, Facts(data.plan, data.study, {"y": data.scale}, None)
    )
    assert (told.plain, told.verdict, told.harm) == ("unfavourable", "less_sure", True)


@pytest.mark.parametrize("study", [trial_study(), CHOSEN])
def test_what_has_no_test_is_called_no_effect_and_stays_by_lot(study):
    data = data_of(entry(), one_against(2), study=study)
    rows = estimate_entry(data).estimates
    assert set(rows["noun"]) == {"difference"}
    answer = answer_of(data.entry, rows, Facts(data.plan, study, {"y": data.scale}, None))
    assert answer.by_lot.met == study.by_lot
    tested = estimate_entry(data_of(entry(), one_against(20))).estimates
    assert set(tested["noun"]) == {"effect"}
