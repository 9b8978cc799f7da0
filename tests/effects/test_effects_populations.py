"""Answers of persons under contract at the wave: from person-months to an estimate, by hand."""

from dataclasses import replace

import pandas as pd
import pytest
from effects_studies import data_of, entry, trial_scores, trial_study

from dww_analysis.config.entries import check_population
from dww_analysis.config.plan import EntryConfig
from dww_analysis.config.sources import SourceConfig
from dww_analysis.domain.study import Wave
from dww_analysis.effects.answered import answered
from dww_analysis.effects.estimate import fit_entry
from dww_analysis.effects.populations import only_employed, with_contracts
from dww_analysis.exposure import employed_at_waves

DATES = ("2025-01-20", "2025-06-02", "2025-12-31")
STUDY = replace(trial_study(), waves=tuple(Wave(i, {"en": f"wave {i}"}, day) for i, day in enumerate(DATES)))


def months(**spans):
    rows = [
        ("main", person, month.to_timestamp())
        for person, (first, last) in spans.items()
        for month in pd.period_range(first, last, freq="M")
    ]
    return pd.DataFrame(rows, columns=["sample", "person", "month"])


def test_who_has_a_contract_in_the_month_of_a_wave():
    found = employed_at_waves(months(p1=("2024-05", "2025-06"), p2=("2025-02", "2025-05")), STUDY)
    assert sorted(zip(found["person"], found["wave"], strict=True)) == [("p1", 0), ("p1", 1)]


def _there(scores, gone):
    rows = scores[["sample", "person", "wave"]].drop_duplicates()
    return rows[~(rows["person"].isin(gone) & (rows["wave"] > 0))]


def test_only_their_answers_count():
    """As if the others had never given them."""
    scores = trial_scores(True)
    gone = [f"p{i}" for i in range(1, 11)]
    data = only_employed(data_of(entry(), scores, study=STUDY), _there(scores, gone))
    by_hand = data_of(entry(), scores[~(scores["person"].isin(gone) & (scores["wave"] > 0))], study=STUDY)
    names = ["intervention_wave2", "intervention_wave1"]
    pd.testing.assert_frame_equal(
        fit_entry(data).coefficients.loc[names], fit_entry(by_hand).coefficients.loc[names]
    )
    found = answered(data, scores[["sample", "person", "wave"]].assign(careless=False))
    assert found.result.record["warnings"][0] == (
        "e: 20 answers of persons without a contract at the wave do not count."
    )


def test_whoever_was_hired_after_the_first_wave_counts():
    """Persons of the first two teams came later: under contract at the waves that they answered."""
    scores = trial_scores(True)
    late = scores["person"].isin([f"p{i}" for i in range(1, 11)]) & (scores["wave"] == 0)
    scores = scores[~late].reset_index(drop=True)
    one = entry(population="employed_at_wave")
    found = fit_entry(only_employed(data_of(one, scores, study=STUDY), _there(scores, [])))
    assert found.used["person"].nunique() == 40 and found.fitted.n_obs == 110


@pytest.mark.parametrize(("gone", "said"), [(["p3"], "fewer than 8 persons"), ([], "all answers are of")])
def test_of_few_persons_no_number_is_said(gone, said):
    scores = trial_scores(True)
    data = only_employed(data_of(entry(), scores, study=STUDY), _there(scores, gone))
    assert said in data.notes[0] and "1" not in data.notes[0]


@pytest.mark.parametrize("wave", [None, 2])
def test_a_wave_that_the_records_do_not_reach_is_said(wave):
    """Nobody left by then: the records end before. A contrast that was planned at that wave has no answer."""
    scores = trial_scores(True)
    there = _there(scores, [])
    data = only_employed(data_of(entry(wave=wave), scores, study=STUDY), there[there["wave"] < 2])
    record = answered(data, scores[["sample", "person", "wave"]].assign(careless=False)).result.record
    assert ("failed" in record) is (wave is not None)
    assert "know of nobody who was under contract at wave 2" in record["warnings"][0]
    assert not any("without a contract" in said or "all answers" in said for said in record["warnings"])


def test_without_records_or_dates_it_is_refused():
    one = EntryConfig.model_validate(
        {
            "id": "e",
            "outcome": "y",
            "family": "primary",
            "question": "?",
            "estimand": {"population": "employed_at_wave"},
        }
    )
    undated = replace(STUDY, waves=(*STUDY.waves[:2], Wave(2, {"en": "wave 2"})))
    records, dates = check_population(one, undated, [], "plan.yaml")
    assert "no personnel records" in records.found and "wave 2" in dates.found
    other = one.model_copy(update={"estimand": None})
    assert list(check_population(other, undated, [], "plan.yaml")) == []


@pytest.mark.parametrize(("persons", "refused"), [("anonymous", True), ("code", True), ("key", False)])
def test_persons_who_cannot_be_looked_up_in_the_records_are_refused(persons, refused):
    asked = {"id": "e", "outcome": "y", "family": "primary", "question": "?"}
    one = EntryConfig.model_validate({**asked, "estimand": {"population": "employed_at_wave"}})
    delivered = [
        SourceConfig.model_construct(id="first", kind="answers", sample="main", persons=persons),
        SourceConfig.model_construct(id="records", kind="hr", sample="main", persons="key"),
    ]
    found = [p.found for p in check_population(one, STUDY, delivered, "plan.yaml")]
    assert bool(found) is refused and all("persons of first have no codes" in said for said in found)


def _beside(scores, employed):
    data = with_contracts(data_of(entry(), scores, study=STUDY), employed)
    found = answered(data, scores[["sample", "person", "wave"]].assign(careless=False))
    return found.result.estimates.iloc[0], found.sensitivity.set_index("analysis")


def test_beside_all_who_answered_stands_the_answer_of_who_was_under_contract():
    scores = trial_scores(True)
    gone = [f"p{i}" for i in range(1, 11)]
    own, rows = _beside(scores, _there(scores, gone))
    row = rows.loc["employed at the wave only"]
    by_hand = scores[~(scores["person"].isin(gone) & (scores["wave"] > 0))]
    expected = fit_entry(data_of(entry(), by_hand, study=STUDY)).coefficients.at[
        "intervention_wave2", "estimate"
    ]
    assert row["estimate"] == pytest.approx(expected, rel=1e-9) and row["estimate"] != own["estimate"]
    assert (row["rows_left_out"], row["n_apart"], row["n_obs"]) == (20, 10, 100)


@pytest.mark.parametrize("reach", [2, 1])
def test_no_such_row_where_it_would_say_nothing_or_of_other_waves(reach):
    """All were under contract; and records that do not reach the last wave."""
    scores = trial_scores(True)
    there = _there(scores, [])
    _, rows = _beside(scores, there[there["wave"] <= reach])
    assert "employed at the wave only" not in rows.index
