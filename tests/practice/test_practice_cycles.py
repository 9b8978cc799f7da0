"""What units write back, as delivered: read by any of its words, and refused with all problems and their lines."""

from dataclasses import replace

import pandas as pd
import pytest

from dww_analysis.domain.cycle import CYCLE_COLUMNS, FREE_TEXTS, LONGEST_TEXT
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError
from dww_analysis.practice import Known, cycles_together, read_cycle

KNOWN = Known(
    study="proef",
    rounds=(0, 1, 2),
    outcomes=("engagement", "burnout"),
    units={"team": ["T01", "T02", "Noord"], "organisation": ["org_1"]},
    combined={"T04": "Noord", "T05": "Noord"},
    split={"T06": (("T07", "T08"), 1)},
    words={
        "question": {"herkennen": "recognise"},
        "share": {"alleen wijzelf": "unit"},
        "decision": {"beginnen": "start"},
        "status": {"loopt": "running"},
        "about": {"bevlogenheid": "engagement"},
    },
)
SAID = {
    "level": "team", "unit": "T01", "round": "1", "date": "2026-02-10", "present": "8", "question": "Herkennen",
    "about": "Bevlogenheid", "text": "Dit herkennen we.", "share": "Alleen wijzelf",
}  # fmt: skip
AGREED = {
    "level": "team", "unit": "T01", "round": "1", "action": "a1", "what": "Elke week terugkijken",
    "decision": "beginnen", "why": "", "owner_role": "teamleider", "start": "1-3-2026", "check": "2026-06-01",
    "indicator": "weken", "status": "loopt", "result": "", "reflection": "", "share": "organisation",
}  # fmt: skip
COUNTED = {
    "level": "team",
    "unit": "T01",
    "indicator": "weken",
    "date": "2026-03-01",
    "value": "3,5",
    "out_of": "4",
}
FIRST = {"interpretations": SAID, "actions": AGREED, "counts": COUNTED}


def source(kind, id="back"):
    columns = {c: c for c in CYCLE_COLUMNS[kind]}
    return Source(id, f"{id}.csv", None, kind, "auto", "main", None, columns, texts=FREE_TEXTS[kind])


def read(kind, *changes, known=KNOWN, id="back", **more):
    """The rows of a file of one right row for each of `changes`; the first stands on line 2."""
    data = pd.DataFrame([{**FIRST[kind], **change} for change in changes])
    data = data.map(lambda v: None if v == "" else v)
    return read_cycle(data, source(kind, id), known, lines=pd.RangeIndex(2, 2 + len(data)).to_numpy(), **more)


def refused(kind, *changes, **more):
    with pytest.raises(PracticeError) as error:
        read(kind, *changes, **more)
    return error.value.problems


def test_words_of_either_language_and_ids_are_read():
    row = read("interpretations", {}).rows.iloc[0]
    assert (row["question"], row["share"], row["about"]) == ("recognise", "unit", "engagement")
    assert (row["round"], row["present"], row["date"]) == (1, 8, "2026-02-10")
    row = read("actions", {}).rows.iloc[0]
    assert (row["decision"], row["status"], row["start"]) == ("start", "running", "2026-03-01")
    row = read("counts", {}).rows.iloc[0]
    assert (row["value"], row["out_of"]) == (3.5, 4)


def test_rows_of_a_form_in_which_nobody_wrote_are_left_out_and_counted():
    found = read("interpretations", {}, {"text": ""}, {"text": "", "date": ""})
    assert (len(found.rows), found.empty) == (1, 2)
    found = read("actions", {"what": "", "start": "", "check": "", "owner_role": ""}, {})
    assert (len(found.rows), found.empty) == (1, 1)
    assert read("counts", {"date": "", "value": "", "out_of": ""}).rows.empty


def test_the_study_needs_no_unit_and_a_region_is_not_listed():
    rows = read("interpretations", {"level": "study", "unit": ""}, {"level": "region", "unit": "Oost"}).rows
    assert rows["unit"].tolist() == ["proef", "Oost"]


@pytest.mark.parametrize(
    ("kind", "change", "found", "column"),
    [
        ("actions", {"unit": "T99"}, "which nobody knows", "unit"),
        ("actions", {"unit": "T04"}, "no sheet of its own", "unit"),
        ("actions", {"unit": "T06", "round": "2"}, "after it was split", "unit"),
        ("actions", {"level": "study", "unit": "T01"}, "another unit", "unit"),
        ("actions", {"unit": ""}, "no unit", "unit"),
        ("actions", {"round": "7"}, "cannot be", "round"),
        ("actions", {"check": "2026-02-01"}, "checked before it starts", "check"),
        ("actions", {"start": "45352"}, "how Excel stores a day", "start"),
        ("actions", {"start": "voorjaar"}, "no date", "start"),
        ("actions", {"what": "x" * 5000}, f"more than {LONGEST_TEXT} characters", "what"),
        ("actions", {"what": "=SUM(A1)"}, "a formula", "what"),
        ("actions", {"what": ""}, "no what", "what"),
        ("actions", {"status": "klaar"}, "not in the list", "status"),
        ("actions", {"share": ""}, "no share", "share"),
        ("interpretations", {"question": "waarom"}, "not in the list", "question"),
        ("interpretations", {"about": "geluk"}, "not in the list", "about"),
        ("interpretations", {"present": "0"}, "cannot be", "present"),
        ("counts", {"value": "5"}, "above `out_of`", "value"),
        ("counts", {"value": "-1"}, "cannot be", "value"),
        ("counts", {"out_of": "0"}, "cannot be", "out_of"),
        ("counts", {"date": "45352"}, "how Excel stores a day", "date"),
    ],
)
def test_what_cannot_be_is_refused_with_file_and_line(kind, change, found, column):
    problems = refused(kind, {"action": "other"} if kind == "actions" else {}, change)
    assert [p for p in problems if found in p.found], [str(p) for p in problems]
    said = next(p for p in problems if found in p.found)
    assert said.where == f"back.csv, column {column}, line 3"
    assert said.expected
    assert said.action
    assert "x" * 100 not in str(said)


def test_a_team_that_stands_under_another_name_spoke_for_itself_before_this_round():
    known = replace(KNOWN, current=2)
    rows = read("interpretations", {"unit": "T04"}, {"unit": "T05", "round": "0"}, known=known).rows
    assert rows["unit"].tolist() == ["T04", "T05"]
    (problem,) = refused("interpretations", {"unit": "T04"}, {"unit": "T04", "round": "2"}, known=known)
    assert "no sheet of its own" in problem.found and problem.where.endswith("line 3")
    assert "no sheet of its own" in refused("counts", {"unit": "T04"}, known=known)[0].found, (
        "counts have no round"
    )


def test_everything_is_told_at_once():
    changes = [
        {"unit": "T99"},
        {"round": "9", "action": "a2"},
        {"start": "45352", "action": "a3"},
        {"status": "?"},
    ]
    assert len(refused("actions", *changes)) == 4


def test_the_same_action_id_twice_also_when_all_of_it_is_the_same():
    for other in ({}, {"what": "Iets anders"}):
        problem = next(p for p in refused("actions", {}, other) if "twice" in p.found)
        assert problem.where.endswith("line 2, 3")
    assert len(read("actions", {}, {"unit": "T02"}).rows) == 2, "another team may use the same id"


def test_two_counts_of_one_day_and_an_indicator_with_and_without_out_of():
    assert "on one day" in refused("counts", {}, {"value": "2"})[0].found
    assert read("counts", {}, {}).repeated == 1
    assert "with and without" in refused("counts", {}, {"date": "2026-03-08", "out_of": ""})[0].found


def test_a_formula_of_a_workbook_is_refused_where_it_stands():
    problem = refused("counts", {}, {"date": "2026-03-08"}, formulas={"E": [3, 9]})[0]
    assert (problem.found, problem.where) == ("a formula in a cell", "back.csv, column E, line 3")


def test_units_are_not_checked_before_they_are_known():
    known = Known("proef", (0, 1, 2), KNOWN.outcomes, words=KNOWN.words)
    assert len(read("actions", {"unit": "T99"}, known=known).rows) == 1


def test_a_team_that_was_split_keeps_what_it_said_before():
    assert len(read("actions", {"unit": "T06"}, known=Known(
        "proef", (0, 1, 2), (), {"team": ["T06", "T07", "T08"]}, split=KNOWN.split, words=KNOWN.words
    )).rows) == 1  # fmt: skip


def together(kind, *parts):
    return cycles_together(kind, [(source(kind, f"s{i}"), read(kind, p)) for i, p in enumerate(parts)])


def test_a_later_source_tells_how_an_action_goes_on():
    rows, notes = together("actions", {}, {"status": "done", "result": "Gelukt"})
    assert rows[["status", "result"]].to_numpy().tolist() == [["done", "Gelukt"]]
    assert "1 row is told again by a later source" in notes[0]
    assert together("actions", {}, {})[1] == ["actions: 1 row says the same again and counts once"]


@pytest.mark.parametrize("change", [{"what": "Iets anders"}, {"round": "2"}])
def test_a_later_source_may_not_make_another_action_of_an_id(change):
    with pytest.raises(PracticeError, match="the same action id for two actions"):
        together("actions", {}, change)


def test_two_sources_may_not_count_differently_on_one_day():
    with pytest.raises(PracticeError, match="two counts of one indicator on one day"):
        together("counts", {}, {"value": "1"})
    assert len(together("counts", {}, {})[0]) == 1


def test_an_indicator_is_the_same_however_it_is_written():
    again = {"indicator": " Weken"}
    assert "on one day" in refused("counts", {}, again | {"value": "2"})[0].found
    other = again | {"date": "2026-03-08", "out_of": ""}
    assert "with and without" in refused("counts", {}, other)[0].found
    with pytest.raises(PracticeError, match="two counts of one indicator on one day"):
        together("counts", {}, again | {"value": "1"})
    assert len(together("counts", {}, again)[0]) == 1


def test_two_sources_may_not_count_an_indicator_with_and_without_out_of():
    """A chart would print the counts of one of them as percentages."""
    with pytest.raises(PracticeError, match="with `out_of` in one source and without in another") as error:
        together("counts", {}, {"date": "2026-03-08", "out_of": ""})
    assert "sources s0, s1" in error.value.problems[0].where
