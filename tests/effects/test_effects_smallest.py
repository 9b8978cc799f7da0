"""How few persons an estimate rests on: groups, answers of yes or no in them, and who left; and what the gate hides."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from effects_studies import data_of, entry, scale, trial_study, wedge_scores, wedge_study

from dww_analysis.domain.contrasts import Contrast
from dww_analysis.domain.outcomes import KINDS
from dww_analysis.effects import estimate_entry
from dww_analysis.effects.smallest import n_smallest, protecting, smallest_answer, smallest_group
from dww_analysis.privacy.gate import let_out

ARMS = Contrast("intervention", "control", 2)
YES_NO = replace(scale(low=0.0, high=1.0), measure="yes_no")
MINIMUM = 8
RISK = {"summary": "risk_difference"}


def answers(yes, waves=(2,), size=40):
    """Eight teams, `size` persons of each arm; `yes`: how many of the control and of the treated arm say yes."""
    rows = [
        {"person": f"{arm}{i}", "wave": wave, "arm": arm, "team": f"{arm}{i % 4}", "score": float(i < n)}
        for arm, n in zip(("control", "intervention"), yes, strict=True)
        for i in range(size)
        for wave in waves
    ]
    return pd.DataFrame(rows).assign(organisation="o1", sample="main", scale="y")


def frame(yes, **changes):
    rows = answers(yes, **changes)
    return rows.assign(wave=rows["wave"].astype(str))


@pytest.mark.parametrize(
    ("yes", "fewest"),
    [((20, 3), 3), ((3, 20), 3), ((20, 35), 5), ((20, 0), 0), ((40, 20), 0), ((15, 20), 15)],
)
def test_yes_and_no_of_both_arms_count(yes, fewest):
    assert smallest_answer(ARMS, frame(yes), trial_study()) == fewest
    assert smallest_group(ARMS, frame(yes), trial_study()) == 40


def test_both_waves_of_a_change_count_and_no_other():
    rows = pd.concat([frame((20, 20)), frame((20, 6)).assign(wave="0"), frame((20, 1)).assign(wave="1")])
    assert smallest_answer(replace(ARMS, from_wave=0), rows, trial_study()) == 6
    assert smallest_answer(ARMS, rows, trial_study()) == 20
    assert smallest_answer(Contrast(wave=2, from_wave=0), rows, trial_study()) == 26


def test_persons_count_under_both_conditions_of_units_that_start_one_by_one():
    rows = pd.concat([frame((20, 20)).assign(exposure=0), frame((2, 2)).assign(exposure=1)])
    one_by_one = replace(trial_study(), design="stepped_wedge")
    assert one_by_one.starts and smallest_answer(replace(ARMS, wave=None), rows, one_by_one) == 4


@pytest.mark.parametrize(("fewest", "shown"), [(8, 40), (39, 40), (7, 7), (1, 1), (0, 1)])
def test_a_count_of_answers_is_never_a_number_that_may_be_shown(fewest, shown):
    assert protecting(40, fewest, MINIMUM) == shown


def test_scores_have_groups_alone_unless_they_are_yes_and_no_all_the_same():
    rows, study = frame((20, 3)), trial_study()
    third = rows["score"].where(rows.index > 0, 0.5)
    assert n_smallest(ARMS, rows.assign(score=third), study, KINDS["continuous"]) == 40
    assert n_smallest(ARMS, rows.assign(score=1 + rows["score"]), study, KINDS["continuous"]) == 3
    assert n_smallest(ARMS, rows, study, KINDS["continuous"]) == 3
    assert n_smallest(ARMS, rows, study, KINDS["yes_no"]) == 3


@pytest.mark.parametrize("no", [0.0, 1.0])
def test_means_of_yes_and_no_that_were_declared_as_numbers_do_not_count_who_said_yes(no):
    """Without variance between teams a model's mean of an arm is that of its answers: 3 of 40."""
    rows = pd.concat([answers((20, 20)).assign(wave=0), answers((20, 3))], ignore_index=True)
    rows["score"] += no
    number = replace(scale(low=no, high=no + 1), measure="continuous")
    found = estimate_entry(data_of(entry(), rows, scale=number))
    means = pd.DataFrame(found.record["means"]).assign(entry="e")
    shown = let_out({"model_means": means, "estimates": found.estimates}, MINIMUM)
    hidden = shown["model_means"].set_index(["arm", "wave"])["suppressed"]
    assert hidden["intervention", 2] and hidden["control", 2] and not hidden["intervention", 0]
    assert shown["estimates"]["estimate"].isna().all()


def spread(yes):
    """The same with answers spread over the teams, so that units differ."""
    rows = answers(yes)
    return rows.assign(
        team=rows["arm"] + (np.sqrt(rows.groupby("arm").cumcount()).astype(int) % 4).astype(str)
    )


@pytest.mark.parametrize("one", [entry(), entry(summary="risk_difference")])
@pytest.mark.parametrize(
    ("yes", "hidden"), [((20, 3), True), ((20, 7), True), ((20, 0), True), ((20, 12), False)]
)
def test_the_gate_hides_what_few_said_in_shares_and_in_odds(one, yes, hidden):
    estimates = estimate_entry(data_of(one, spread(yes), scale=YES_NO)).estimates
    shown = let_out({"estimates": estimates}, MINIMUM)["estimates"]
    assert shown["suppressed"].eq(hidden).all() and shown["estimate"].isna().eq(hidden).all()
    assert set(shown["n_smallest"].dropna()) == (set() if hidden else {40})


@pytest.mark.parametrize("planned", ["odds_ratio", "risk_ratio"])
def test_what_too_few_said_has_no_ratio_whatever_their_number(planned):
    """Otherwise a row without one would tell four from seven, or from nobody."""
    one = entry(summary=planned)
    tables = [estimate_entry(data_of(one, spread((20, n)), scale=YES_NO)).estimates for n in (0, 4, 7)]
    assert [t["summary"].tolist() for t in tables] == [["risk_difference"]] * 3


def test_the_mean_of_an_arm_at_a_wave_is_hidden_with_the_contrast_it_would_tell():
    """The difference at another wave than the planned one is that of the two means there."""
    early = spread((20, 3)).assign(wave=1)
    data = data_of(entry(**RISK), pd.concat([spread((20, 15)), early]), scale=YES_NO)
    result = estimate_entry(data)
    means = pd.DataFrame(result.record["means"]).assign(entry="e")
    shown = let_out({"estimates": result.estimates, "model_means": means}, MINIMUM)
    hidden = shown["estimates"].set_index("id")["suppressed"]
    assert hidden["e.wave1.risk_difference"] and not hidden["e"]
    seen = shown["model_means"].set_index(["arm", "wave"])["estimate"].notna()
    assert not seen["intervention", 1] and seen["intervention", 2] and seen["control", 2]


def few_at_the_last_exposure():
    """The stepped wedge with answers of four persons at exposure 4."""
    scores = wedge_scores()
    last = scores["wave"] - scores["start"] + 1 == 4
    four = scores.loc[last, "person"].unique()[:4]
    return scores[~last | scores["person"].isin(four)]


@pytest.mark.parametrize(("planned", "shown"), [(None, ["e", "e.sd"]), (2, ["e", "e.sd"])])
def test_no_exposure_follows_from_the_mean_over_exposures_and_the_others(planned, shown):
    data = data_of(entry(exposure=planned), few_at_the_last_exposure(), study=wedge_study())
    estimates = let_out({"estimates": estimate_entry(data).estimates}, MINIMUM)["estimates"]
    assert estimates.loc[~estimates["suppressed"], "id"].tolist() == shown


def test_exposures_of_enough_persons_all_stand_beside_their_mean():
    data = data_of(entry(), wedge_scores(), study=wedge_study())
    estimates = let_out({"estimates": estimate_entry(data).estimates}, MINIMUM)["estimates"]
    assert len(estimates) == 10 and not estimates["suppressed"].any()
