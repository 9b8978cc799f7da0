"""What no answer can change is refused from the list and from what is asked, in the words of the run."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from effects_studies import STARTS, data_of, entry, scale, small_wedge, trial_study, wedge_data

from dww_analysis.domain.plan import DecidingTest
from dww_analysis.domain.study import Allocation
from dww_analysis.effects import fit_entry
from dww_analysis.effects.designs.stepped_wedge import equality_of_exposures
from dww_analysis.effects.foreseen import (
    WavesAsked,
    answered_notes,
    as_answered,
    everybody,
    foreseen,
    foreseen_notes,
    require_imputed,
    waves_asked,
)
from dww_analysis.effects.missing.impute import _table, expected_frame
from dww_analysis.errors import FitError

LATER = Allocation("team", "allocation", randomised=True, transition_waves=1)


def wedge(starts=STARTS, asked=(0, 1, 2, 3), **changes):
    units = pd.DataFrame({"team": list(starts), "start": list(starts.values())})
    own = {k: changes.pop(k) for k in ("allocation", "design") if k in changes}
    study = wedge_data(small_wedge(), **own).study
    scores = everybody(study, units, "y", "main", WavesAsked((0, 1, 2, 3), frozenset(asked)))
    return data_of(entry(**changes), scores, study=study)


def refusal(data):
    with pytest.raises(FitError) as error:
        foreseen(data)
    (problem,) = error.value.problems
    return problem


def test_an_exposure_that_no_unit_reaches():
    for data in (
        wedge(exposure=4),
        wedge_data(small_wedge()),
    ):
        data = replace(data, entry=entry(exposure=4))
        problem = refusal(data)
        assert problem.found == "`e` cannot be estimated: no answers at exposure 4"
        assert problem.expected.endswith("by their starts and the waves: 1 to 3")
        assert problem.action == "name one of these, or starts and waves that reach 4"
    assert foreseen(wedge(exposure=3)).planned.contrast.exposure == "3"


def test_an_exposure_that_lies_in_transition_only():
    problem = refusal(wedge(exposure=1, allocation=LATER))
    assert problem.expected.endswith(": 2 to 3")
    late = dict.fromkeys(STARTS, 3) | {"t1": np.nan}
    assert "no answers after the start" in refusal(wedge(late, allocation=LATER)).found


@pytest.mark.parametrize(
    ("starts", "allocation"),
    [(dict.fromkeys(STARTS, 1), None), ({"t1": 1, "t2": 1, "t3": 2, "t4": 2, "t5": 2}, LATER)],
)
def test_starts_that_cannot_be_told_from_waves(starts, allocation):
    """Of the second, teams are compared with none at every wave after their transition."""
    data = wedge(starts, **({} if allocation is None else {"allocation": allocation}))
    assert "cannot be told from the waves" in refusal(data).found
    with pytest.raises(FitError, match="cannot be told from the waves"):
        fit_entry(wedge_data(small_wedge(starts), allocation=allocation or data.study.allocation))


def test_a_mean_needs_every_exposure_and_one_of_them_only_itself():
    starts, late = {"t1": 1, "t2": 1, "t3": 1, "t4": 3, "t5": 3}, LATER
    assert "cannot be told" in refusal(wedge(starts, allocation=late)).found
    model = foreseen(wedge(starts, allocation=late, exposure=2))
    assert [t.contrast.exposure for t in model.targets] == ["2"]
    found = fit_entry(replace(wedge_data(small_wedge(starts), allocation=late), entry=entry(exposure=2)))
    assert list(found.model.planned.weights) == ["exposure2"]
    assert equality_of_exposures(found.frame) == []


def trial(asked, **changes):
    study = trial_study()
    units = pd.DataFrame({"team": [f"t{i}" for i in range(6)], "arm": ["control", "intervention"] * 3})
    scores = everybody(study, units, "y", "main", WavesAsked((0, 1, 2), frozenset(asked)))
    return data_of(entry(**changes), scores, study=study)


@pytest.mark.parametrize(
    ("asked", "changes", "said"),
    [
        ((0, 1), {}, "no answers of control, intervention at wave 2"),
        ((0, 2), {"wave": 1}, "no answers of control, intervention at wave 1"),
        ((1, 2), {"baseline": "ancova"}, "no answers at a wave before its contrast"),
        ((0, 1, 2), {"average": "cluster"}, "fewer than eight teams"),
    ],
)
def test_what_the_waves_do_not_ask_and_units_that_are_too_few(asked, changes, said):
    assert said in refusal(trial(asked, **changes)).found


def test_what_can_be_estimated_is_let_through():
    assert foreseen(trial((0, 1, 2))).planned.contrast.wave == 2
    by_lot = DecidingTest(primary="permutation")
    assert foreseen(trial((0, 1, 2), average="cluster", test=by_lot))


def test_a_wave_without_a_source_may_ask_anything():
    asked = waves_asked({0: {"y"}, 1: {"other"}, 2: None}, scale())
    assert (asked.waves, asked.asked) == ((0, 1, 2), {0, 2})


def test_too_few_units_to_impute_are_said_in_the_words_of_the_run():
    data = trial((0, 1, 2))
    require_imputed(data, 4)
    with pytest.raises(FitError, match="6 teams for 5 scores") as error:
        require_imputed(data, 5)
    found, others = fit_entry(data), {f"x{i}": data.scores.assign(scale=f"x{i}") for i in range(4)}
    with pytest.raises(FitError) as own:
        _table(data, found, expected_frame(data), others, ())
    assert error.value.problems == own.value.problems


def test_clusters_of_one_are_seen_where_answers_are_there():
    answers = small_wedge().assign(y=lambda d: d["score"])
    answers = answers[answers["person"].str.endswith("0")].assign(person=lambda d: d["team"])
    study = wedge_data(small_wedge()).study
    rows = as_answered(answers, scale(), "y", "main")
    data = data_of(entry(), rows, study=replace(study, min_cell_size=2))
    with pytest.raises(FitError, match="0 teams of more than one person"):
        require_imputed(data, 2)


def test_groups_that_are_too_few_to_weigh_are_said():
    data = trial((0, 1, 2))
    chosen = replace(data.study.allocation, randomised=False)
    data = replace(data, study=replace(data.study, allocation=chosen))
    assert foreseen_notes(replace(data, plan=replace(data.plan, propensity=("team_size",)))) == []
    two = replace(data.plan, propensity=("team_size", "mean_baseline"))
    (said,) = foreseen_notes(replace(data, plan=two))
    assert said.startswith(
        "e: units would not be weighed: 2 covariates for a smallest group of 3 units (plan.yaml"
    )
    assert "expected: three or more units" in said and "what to do: name fewer covariates" in said


def test_answers_of_another_kind_are_said_before_anything_is_fitted():
    data = wedge_data(small_wedge())
    assert answered_notes(data) == []
    (said,) = answered_notes(replace(data, scale=replace(data.scale, measure="count")))
    assert said.startswith(
        "e: with these answers it would not be estimated: `y` is declared as `measure: count`"
    )
    assert "expected: whole numbers from 0; what to do: correct `measure`" in said
    given = entry(
        formula="y ~ wave + arm + (1 | team) + (1 | team:wave)", term=f"arm{data.study.treated_arm}"
    )
    study = replace(data.study, design="parallel_cluster")
    (weak,) = answered_notes(replace(data, entry=given, study=study))
    assert weak.startswith(f"e: `{given.term}` compares the arms over all waves")
