"""One delivered file: names, missing reasons, rules for rows, and every problem at once without a person in it."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.study import Background, DropRule, Source, Study, Wave
from dww_analysis.errors import MeasurementError
from dww_analysis.ingest import ingest_source
from dww_analysis.storage.tables import variables_frame

STUDY = Study(
    id="trial",
    title={"en": "Trial"},
    data="invented",
    delivered="2026-01-01",
    design="waves_only",
    waves=(Wave(0, {"en": "before"}), Wave(1, {"en": "after"})),
    arms=(),
    allocation=None,
    samples={"main": {"en": "all"}},
    level_labels={},
    background=(
        Background(
            "function",
            {"en": "Function"},
            "category",
            {"1": {"en": "worker", "nl": "werker"}, "2": {"en": "lead"}},
        ),
        Background("hours", {"en": "Hours"}, "number", valid_range=(0, 60)),
    ),
)
RANGES = {"i1": (1, 5), "i2": (1, 5)}


def source(**changes):
    plain = Source(
        id="w0",
        file="wave0.csv",
        sha256=None,
        kind="answers",
        format="auto",
        sample="main",
        wave=0,
        columns={
            "person": "Code",
            "team": "Team",
            "i1": "Q1",
            "i2": "Q2",
            "function": "Func",
            "hours": "Uren",
        },
    )
    return dataclasses.replace(plain, **changes)


def table(**changes):
    columns = {
        "Code": ["a1", "B2 ", "c3"],
        "Team": ["T1", "T1", " T2"],
        "Q1": [1.0, 5.0, np.nan],
        "Q2": [3, 3, 4],
        "Func": ["1", "lead", "2"],
        "Uren": [36.0, 9.0, 24.0],
    } | changes
    return pd.DataFrame(columns)


def ingest(data=None, declared=None, variables=None, ranges=RANGES, lines=None, **options):
    data = table() if data is None else data
    variables = variables_frame(list(data.columns)) if variables is None else variables
    given = DeliveredTable.of(data, declared or source(), variables, lines)
    return ingest_source(given, STUDY, ranges, lambda code: "p:" + code, **options)


def reasons(result):
    return {(r.person, r.column): r.reason for r in result.missing.itertuples()}


def steps(result):
    return {(r.step, r.reason): r.rows for r in result.flow.itertuples()}


def test_answers_get_our_names_and_blanks_a_reason():
    result = ingest()
    assert result.answers["person"].tolist() == ["p:A1", "p:B2", "p:C3"]
    assert result.answers["team"].tolist() == ["T1", "T1", "T2"]
    assert result.answers["function"].tolist() == ["1", "2", "2"]
    assert result.answers["i1"].tolist()[:2] == [1.0, 5.0]
    assert reasons(result) == {("p:C3", "i1"): "skipped"}
    assert steps(result) == {("read", ""): 3, ("kept", ""): 3}


def test_a_missing_code_counts_where_it_cannot_be_an_answer():
    """ "9" means not applicable on a 1-5 item, and nine hours in another column."""
    declared = source(missing_codes={"9": "not applicable", "-99": "skipped"})
    result = ingest(table(Q1=[9, 5, -99]), declared)
    assert reasons(result) == {("p:A1", "i1"): "not applicable", ("p:C3", "i1"): "skipped"}
    assert result.answers["hours"].tolist() == [36, 9, 24]
    book = result.codebook.set_index("name")
    assert book.loc["i1", "missing_codes"] == '{"9": "not applicable", "-99": "skipped"}'


def test_user_missing_codes_and_ranges_of_the_file_are_kept_apart():
    variables = variables_frame(
        list(table().columns), missing_values={"Q1": [5.0]}, missing_ranges={"Q2": [(90.0, 99.0)]}
    )
    result = ingest(table(Q2=[3, 95, 99]), source(missing_codes={"5": "left the study"}), variables)
    assert reasons(result) == {
        ("p:B2", "i1"): "left the study",
        ("p:C3", "i1"): "skipped",
        ("p:B2", "i2"): "skipped",
        ("p:C3", "i2"): "skipped",
    }


def test_text_answers_are_read_recoded_or_refused():
    words = ["helemaal eens", "oneens", None]
    declared = source(recode={"i1": {"helemaal eens": "5", "oneens": "2"}})
    result = ingest(table(Q1=words), declared)
    assert result.answers["i1"].tolist()[:2] == [5.0, 2.0]
    assert "recoded 'oneens' to '2'" in result.codebook.set_index("name").loc["i1", "rules"]
    with pytest.raises(MeasurementError, match="2 answers are words, not codes") as error:
        ingest(table(Q1=words))
    assert "oneens" not in str(error.value)


def test_not_shown_in_limesurvey_is_not_applicable():
    variables = variables_frame(list(table().columns), missing_values={"Q1": ["N/A"]})
    result = ingest(table(Q1=pd.Series([1.0, "N/A", None], dtype=object)), source(), variables)
    assert reasons(result) == {("p:B2", "i1"): "not applicable", ("p:C3", "i1"): "skipped"}


def test_blanks_after_breaking_off_are_left_the_study():
    declared = source(complete=("Finished", "1"))
    data = table(Q1=[1, np.nan, 2], Q2=[3, 3, np.nan], Func=["1", None, None], Uren=[36.0, np.nan, np.nan])
    result = ingest(data.assign(Finished=[1, 0, 0]), declared)
    assert reasons(result) == {
        ("p:B2", "i1"): "skipped",
        ("p:B2", "function"): "left the study",
        ("p:B2", "hours"): "left the study",
        ("p:C3", "i2"): "left the study",
        ("p:C3", "function"): "left the study",
        ("p:C3", "hours"): "left the study",
    }
    assert result.answers["complete"].tolist() == [True, False, False]


def test_a_code_for_seen_but_unanswered_says_that_the_question_was_reached():
    data = table(Q1=[1, 2, np.nan], Q2=[np.nan, np.nan, -99], Uren=[np.nan] * 3).assign(Finished=0, Func=None)
    declared = source(
        complete=("Finished", "1"), missing_codes={"-99": "skipped"}, may_be_absent=("complete Finished",)
    )
    data = data[["Code", "Team", "Q1", "Q2", "Func", "Uren", "Finished"]]
    result = reasons(ingest(data, declared))
    assert result[("p:A1", "i2")] == "left the study"
    assert result[("p:C3", "i1")] == result[("p:C3", "i2")] == "skipped"
    assert result[("p:C3", "hours")] == "left the study"


def test_opened_and_nothing_answered_is_dropped_and_counted():
    data = table(Q1=[1, np.nan, 2], Q2=[3, np.nan, 3], Func=["1", None, "2"], Uren=[1.0, np.nan, 1])
    result = ingest(data.assign(submitdate=["x", None, "y"]), source(complete=("submitdate", None)))
    assert steps(result)[("dropped", "opened, nothing answered")] == 1


def test_out_of_range_stops_with_code_and_delivered_line():
    with pytest.raises(MeasurementError) as error:
        ingest(table(Q1=[9, 5, 9]), lines=np.array([2, 3, 7]))
    (problem,) = error.value.problems
    assert "the value 9 on line 2, 7 (2 answers)" in problem.found
    assert problem.expected == "1 to 5"
    assert "Q1" in problem.where and "wave0.csv" in problem.where


def test_out_of_range_becomes_missing_by_rule_and_is_counted():
    result = ingest(table(Q1=[9, 5, 0], Func=["1", "7", "2"]), source(out_of_range="missing"))
    assert reasons(result) == {
        ("p:A1", "i1"): "out of range",
        ("p:C3", "i1"): "out of range",
        ("p:B2", "function"): "out of range",
    }
    assert steps(result)[("answers set to missing", "out of range")] == 3
    assert result.answers["i1"].isna().tolist() == [True, False, True]


def test_all_problems_of_a_file_at_once_and_no_person_named():
    data = table(Code=["jansen", "jansen", "c3"], Q1=[9, 5, 1], Func=["1", "zzz", "2"]).drop(columns="Q2")
    with pytest.raises(MeasurementError) as error:
        ingest(data)
    text = str(error.value).lower()
    assert len(error.value.problems) == 4
    assert "there is no column 'q2'" in text and "the value 9" in text and "none of the categories" in text
    assert "the same person code in one team on 2 rows (line 1, 2)" in text
    assert "jansen" not in text and "zzz" not in text


def test_a_file_without_the_person_column_is_refused():
    with pytest.raises(MeasurementError, match="there is no column 'Code'"):
        ingest(table().drop(columns="Code"))


@pytest.mark.parametrize(
    ("rule", "kept"), [("keep_first", [1.0, 2.0, 4.0]), ("keep_last_complete", [3.0, 2.0, 5.0])]
)
def test_duplicates_by_rule(rule, kept):
    """Person A: three rows, the second finished. Person C: two unfinished rows, in two teams."""
    data = pd.DataFrame(
        {
            "Code": ["A", "B", "A", "A", "C", "C"],
            "Team": ["T1", "T1", "T1", "T1", "T2", "T3"],
            "Q1": [1, 2, 3, 4, 4, 5],
            "Finished": [0, 1, 1, 0, 0, 0],
        }
    )
    declared = source(
        columns={"person": "Code", "team": "Team", "i1": "Q1"}, complete=("Finished", "1"), duplicates=rule
    )
    result = ingest(data, declared)
    assert sorted(result.answers["i1"]) == sorted(kept)
    assert steps(result) == {
        ("read", ""): 6,
        ("dropped", "duplicate submission"): 2,
        ("dropped", "same code in another team"): 1,
        ("kept", ""): 3,
    }


@pytest.mark.parametrize("rule", ["keep_first", "keep_last_complete"])
def test_two_persons_with_one_code_are_never_one(rule):
    """A rule for second submissions does not cover two persons who differ in a fact about themselves."""
    data = table(Code=["jansen", "Jansen", "c3"], Func=["1", "2", "2"], Team=["T1", "T1", "T2"])
    with pytest.raises(
        MeasurementError, match=r"rows that differ in function and hours \(line 1, 2\)"
    ) as error:
        ingest(data, source(duplicates=rule))
    assert "jansen" not in str(error.value).lower()
    same = ingest(data.assign(Func=["1", None, "2"]), source(duplicates=rule))
    assert len(same.answers) == 2  # one other number of hours may be a slip


def test_the_time_of_submission_decides_which_row_is_last():
    data = pd.DataFrame(
        {
            "Code": ["A", "A"],
            "Q1": [4, 5],
            "RecordedDate": pd.to_datetime(["2026-02-02 10:00", "2026-02-01 10:00"]),
        }
    )
    declared = source(columns={"person": "Code", "i1": "Q1"}, duplicates="keep_last_complete")
    assert ingest(data, declared).answers["i1"].tolist() == [4]


def test_test_rows_need_a_rule():
    data = table().assign(ResponseId=["R1", "R2", "R3"], Status=[0, 1, 0])
    with pytest.raises(MeasurementError, match="1 rows are previews or tests"):
        ingest(data)
    result = ingest(data, source(drop_rows=(DropRule("Status", ("1",), "test row"),)))
    assert steps(result) == {("read", ""): 3, ("dropped", "test row"): 1, ("kept", ""): 2}


def test_rows_without_a_code_are_dropped_and_anonymous_persons_numbered():
    result = ingest(table(Code=["a1", "", None]))
    assert steps(result)[("dropped", "no person code")] == 2
    anonymous = source(persons="anonymous", columns={"team": "Team", "i1": "Q1"})
    assert ingest(declared=anonymous).answers["person"].tolist() == ["w0-1", "w0-2", "w0-3"]


def test_identifying_columns_never_come_along():
    data = table().assign(IPAddress=["1.2.3.4"] * 3, contact=["a@b.nl", "x", "y"])
    result = ingest(data, source(identifiers=("contact",)))
    assert steps(result)[("columns dropped", "identifies persons")] == 2
    assert not {"IPAddress", "contact"} & set(result.answers.columns)
    with pytest.raises(MeasurementError, match="identifies persons") as error:
        ingest(data, source(columns=source().columns | {"x": "contact"}))
    assert "a@b.nl" not in str(error.value)


def test_row_order_does_not_change_what_is_said_of_a_person():
    data = table(Q1=[1, np.nan, 2], Q2=[9, 3, 4])
    one = ingest(data, source(out_of_range="missing"))
    other = ingest(data.iloc[::-1].reset_index(drop=True), source(out_of_range="missing"))
    assert reasons(one) == reasons(other)
    pd.testing.assert_frame_equal(
        one.answers.sort_values("person", ignore_index=True),
        other.answers.sort_values("person", ignore_index=True),
    )


def test_an_unknown_reason_is_refused_with_the_known_ones():
    with pytest.raises(MeasurementError, match="did you mean 'skipped'"):
        ingest(declared=source(missing_codes={"9": "skiped"}))


def test_teams_and_organisations_are_translated():
    data = table(Team=["team Noord", "2", "2"]).assign(Org=["Org. 1", "org 1", None])
    declared = source(
        columns=source().columns | {"organisation": "Org"},
        team_aliases={"Team noord!": "T1"},
        recode={"team": {"2": "T2"}, "organisation": {"Org 1": "o1"}},
    )
    answers = ingest(data, declared).answers
    assert answers["team"].tolist() == ["T1", "T2", "T2"]
    assert answers["organisation"].tolist()[:2] == ["o1", "o1"] and pd.isna(answers["organisation"].iloc[2])


def test_a_decimal_comma_counts_in_numbers_that_persons_typed_and_nowhere_else():
    assert ingest(table(Uren=["32,5", "9.5", " 24 "])).answers["hours"].tolist() == [32.5, 9.5, 24]
    with pytest.raises(MeasurementError, match="1 answers are words"):
        ingest(table(Q1=["1,4", "2", "3"]))
