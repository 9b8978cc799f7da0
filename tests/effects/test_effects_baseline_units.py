"""Units at the first wave: counts and means of units by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd

from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Allocation, Arm, Study, Wave
from dww_analysis.effects.baseline_units import COLUMNS, baseline_units

STUDY = Study(
    "invented", {"en": "Invented"}, "invented", "2026-01-01", "parallel_cluster",
    waves=(Wave(0, {"en": "first"}), Wave(1, {"en": "second"})),
    arms=(Arm("control", {"en": "control"}), Arm("intervention", {"en": "intervention"})),
    allocation=Allocation("team", "list", True), samples={"main": {"en": "main"}}, level_labels={}, background=(),
)  # fmt: skip
SCALE = Scale("learning", {"en": "learning"}, ("main",), delivered="learning", delivered_range=(1, 5))


def people(waves=(0, 1)):
    """Control: a team of three and a team of one; intervention: a team of two."""
    base = pd.DataFrame(
        {
            "sample": "main",
            "person": ["a", "b", "c", "d", "e", "f"],
            "team": ["T1", "T1", "T1", "T2", "T3", "T3"],
            "arm": ["control"] * 4 + ["intervention"] * 2,
            "participated": [True, True, True, True, True, False],
        }
    )
    return pd.concat([base.assign(wave=w) for w in waves], ignore_index=True)


def scores(answers):
    found = answers[["sample", "person", "wave"]].assign(scale=SCALE.id)
    return {SCALE.id: found.assign(score=[1.0, 2.0, np.nan, 4.0, 5.0, 2.0] * 2)}


def by_arm(found, variable):
    return found[found["variable"] == variable].set_index("arm")


def test_units_count_alike_and_who_did_not_answer_counts_nowhere():
    answers = people()
    found = baseline_units(STUDY, [SCALE], answers, scores(answers))
    sizes, means = by_arm(found, "answered"), by_arm(found, SCALE.id)
    assert list(found.columns) == list(COLUMNS)
    assert list(sizes["n_units"]) == [2, 1, 3] and list(sizes["n_persons"]) == [4, 1, 5]
    assert sizes.loc["control", "mean"] == 2.0 and sizes.loc["control", "sd"] == np.sqrt(2)
    assert means.loc["control", "mean"] == (1.5 + 4.0) / 2
    assert means.loc["", "mean"] == (1.5 + 4.0 + 5.0) / 3
    assert means.loc["control", "n_persons"] == 3 and np.isnan(means.loc["intervention", "sd"])


def test_a_study_that_allocates_persons_or_knows_no_unit_has_no_such_table():
    answers = people()
    own = replace(STUDY, allocation=replace(STUDY.allocation, unit="person"))
    assert baseline_units(own, [SCALE], answers, scores(answers)).empty
    assert baseline_units(STUDY, [SCALE], answers.drop(columns="team"), scores(answers)).empty


def test_a_scale_that_nobody_answered_is_not_there():
    answers = people()
    absent = {SCALE.id: scores(answers)[SCALE.id].assign(score=np.nan)}
    assert set(baseline_units(STUDY, [SCALE], answers, absent)["variable"]) == {"answered"}


def test_where_units_change_condition_they_stand_together():
    answers = people()
    own = replace(STUDY, design="stepped_wedge")
    assert set(baseline_units(own, [SCALE], answers, scores(answers))["arm"]) == {""}
