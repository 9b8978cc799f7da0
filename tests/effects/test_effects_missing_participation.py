"""Who answered again: the rows that count, the last score before each, and odds ratios against the table by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from effects_studies import trial_study

from dww_analysis.domain.study import Background
from dww_analysis.effects.missing.participation import (
    later_rows,
    no_participation,
    participation_frame,
    participation_table,
)
from dww_analysis.errors import FitError

SEEN = pd.DataFrame([("a", 0), ("a", 2), ("b", 1), ("c", 2)], columns=["person", "wave"])


def test_every_wave_after_the_first_answer_is_a_row():
    rows = later_rows(SEEN, [0, 1, 2])
    assert rows.to_numpy().tolist() == [["a", 1, False], ["a", 2, True], ["b", 2, False]]


def test_who_had_left_by_the_records_is_no_longer_asked():
    employed = pd.DataFrame([("a", 0), ("b", 1), ("b", 2)], columns=["person", "wave"])
    rows = later_rows(SEEN, [0, 1, 2], employed)
    assert rows.to_numpy().tolist() == [["a", 2, True], ["b", 2, False]]


def invented(rates, *, teams=10, persons=20):
    """A first wave of everybody and a second of `rates[arm]` of each team: the same in all teams, so no team effect."""
    rows = []
    for team in range(teams):
        arm = ("control", "intervention")[team % 2]
        for i in range(persons):
            for wave in (0, 1):
                if wave == 0 or i < rates[arm] * persons:
                    person = f"p{team}_{i}"
                    rows.append(("main", person, wave, "o1", f"t{team}", arm, "y", 3 + (i % 5)))
    columns = ["sample", "person", "wave", "organisation", "team", "arm", "scale", "score"]
    return pd.DataFrame(rows, columns=columns)


def table_of(scores, background=(), known=None, study=None):
    study = study or replace(trial_study(), waves=trial_study().waves[:2])
    known = pd.DataFrame({"person": scores["person"].unique()}) if known is None else known
    frame = participation_frame(later_rows(scores, [0, 1]), scores, known, study)
    return participation_table("e", frame, background, study, 0.95), frame


def test_without_differences_between_teams_the_odds_ratio_is_that_of_the_table():
    scores = invented({"control": 0.75, "intervention": 0.5})
    constant = scores.assign(score=4.0)
    found, _ = table_of(constant)  # an earlier score that does not differ says nothing
    assert list(found["variable"]) == ["arm"] and list(found["level"]) == ["intervention"]
    by_hand = (0.5 / 0.5) / (0.75 / 0.25)
    error = np.sqrt(1 / 50 + 1 / 50 + 1 / 75 + 1 / 25)
    row = found.iloc[0]
    assert row["odds_ratio"] == pytest.approx(by_hand, rel=1e-4)
    assert row["conf_low"] == pytest.approx(np.exp(np.log(by_hand) - 1.959964 * error), rel=1e-3)
    assert (row["n_rows"], row["n_persons"], row["n_smallest"]) == (200, 200, 25)
    assert row["share_answered"] == pytest.approx(0.625)


@pytest.mark.parametrize(("few", "names"), [(3, ["arm"]), (100, ["arm", "helped"])])
def test_a_background_of_yes_and_no_needs_enough_of_both_who_did_and_did_not_answer(few, names):
    """Yes and no declared as a number: the odds ratio of three who said yes tells which of them answered again."""
    scores = invented({"control": 0.75, "intervention": 0.5}).assign(score=4.0)
    known = pd.DataFrame({"person": scores["person"].unique()})
    known["helped"] = (np.random.default_rng(1).permutation(len(known)) < few).astype(float)
    found, _ = table_of(scores, ["helped"], known)
    assert list(found["variable"]) == names


def test_the_score_before_is_the_last_one_known():
    scores = invented({"control": 1.0, "intervention": 1.0}, teams=2, persons=2).assign(
        score=[1, 2, 3, 4] * 2
    )
    later = scores[scores["wave"] == 0].assign(wave=2)
    every = pd.concat([scores, later])
    frame = participation_frame(
        later_rows(every, [0, 1, 2]), every, pd.DataFrame({"person": every["person"].unique()}), trial_study()
    )
    before = frame.set_index(["person", "wave"])["score_before"]
    assert before["p0_0", 1] == 1 and before["p0_0", 2] == 2 and before["p0_1", 1] == 3


def test_earlier_answers_and_background_are_terms_and_small_categories_stay_with_the_reference():
    scores = invented({"control": 0.75, "intervention": 0.5})
    people = pd.DataFrame({"person": scores["person"].unique()})
    people["age"] = np.where(np.arange(len(people)) % 2, "young", "old")
    people.loc[:3, "age"] = "unknown"
    study = replace(trial_study(), waves=trial_study().waves[:2])
    kinds = {"old": {"en": "old"}, "young": {"en": "young"}, "unknown": {"en": "unknown"}}
    study = replace(study, background=(Background("age", {"en": "age"}, "category", kinds),))
    found, _ = table_of(scores, ["age"], people, study)
    terms = list(zip(found["variable"], found["level"], strict=True))
    assert terms == [("arm", "intervention"), ("score_before", ""), ("age", "young")]
    assert found["n_smallest"].min() >= study.min_cell_size


@pytest.mark.parametrize("kind", ["category", "number"])
def test_persons_of_unknown_background_are_not_of_the_reference(kind):
    scores = invented({"control": 0.75, "intervention": 0.5})
    people = pd.DataFrame({"person": scores["person"].unique()})
    codes = np.arange(len(people)) % 3
    people["age"] = np.array([["old", "young", None], [1.0, 2.0, np.nan]], object)[
        int(kind == "number"), codes
    ]
    people = people.infer_objects()
    kinds = {"old": {"en": "old"}, "young": {"en": "young"}} if kind == "category" else {}
    study = replace(trial_study(), waves=trial_study().waves[:2])
    study = replace(study, background=(Background("age", {"en": "age"}, kind, kinds),))
    found, frame = table_of(scores, ["age"], people, study)
    known = scores[scores["person"].isin(people.dropna()["person"])]
    by_hand, _ = table_of(known, ["age"], people.dropna(), study)
    assert "age" in set(found["variable"])
    np.testing.assert_allclose(found["odds_ratio"], by_hand["odds_ratio"], rtol=1e-9)
    assert set(found["n_persons"]) == {len(people.dropna())} and set(found["n_rows"]) == {len(frame)}


def test_nobody_without_an_arm_is_of_the_first_arm():
    scores = invented({"control": 0.75, "intervention": 0.5}).assign(score=4.0)
    strangers = scores.assign(person="x" + scores["person"], arm=None)
    found, _ = table_of(pd.concat([scores, strangers]))
    assert found["odds_ratio"].tolist() == pytest.approx(table_of(scores)[0]["odds_ratio"].tolist())


@pytest.mark.parametrize(
    "rates", [{"control": 1.0, "intervention": 1.0}, {"control": 0.0, "intervention": 0.0}]
)
def test_where_everybody_or_nobody_answered_again_there_is_nothing_to_model(rates):
    with pytest.raises(FitError, match="did not"):
        table_of(invented(rates))
    assert no_participation("e")["remark"].tolist() == ["failed"]
