"""Exports of poll tools: what they are, which column is about what, and that questionnaires are taken for none."""

import pytest
import yaml
from tables import file_of, items, people

from dww_analysis.guess import draft_study, texts_of
from dww_analysis.guess.meetings import meeting_kind

ROLES = ["ouder", "jongere", "ouder", "begeleider", "jongere", "begeleider"]
GRID = "Wat kiest u? [{}]"


def chosen():
    marks = {"Tijd": [1, None, 1, 0, 1, None], "Team": [None, 1, 1, 1, 0, 1]}
    marks |= {"Rust": [None] * 6, "Video": [0, 0, 0, 1, 0, 1]}
    asked = {GRID.format(word): cells for word, cells in marks.items()}
    return file_of({"Voter": range(6), "Ik ben": ROLES, **asked}, "west.xlsx")


def drafted(*files):
    draft = draft_study("west", files, "2026-03-01")
    texts = texts_of(draft)
    return draft, yaml.safe_load(texts["sources.yaml"])["sources"], yaml.safe_load(texts["practice.yaml"])


def test_a_column_a_theme_is_proposed_as_a_map():
    _, (source,), practice = drafted(chosen())
    assert source["kind"] == "ballots" and source["fixed"] == {"session": "west"}
    assert source["columns"] == {"role": "Ik ben", "ballot": "Voter"}
    assert source["wide"] == {
        "by": "theme", "cells": "chosen",
        "columns": {t: GRID.format(t.capitalize()) for t in ("tijd", "team", "rust", "video")},
    }  # fmt: skip
    assert [t["id"] for t in practice["themes"]] == ["rust", "team", "tijd", "video"]
    assert practice["sessions"][0]["id"] == "west" and practice["sessions"][0]["date"].startswith("?")


def test_of_columns_that_differ_in_signs_alone_the_second_is_left_and_named():
    marks = {word: [0, 1, 0, 1, 1, 0] for word in ("Rust", "Rust!", "Team", "Video")}
    draft, (source,), _ = drafted(file_of({"Rol": ROLES, **marks}))
    assert source["wide"]["columns"] == {"rust_rust": "Rust", "team": "Team", "video": "Video"}
    assert (
        "not used: \"Rust!\"   (is rust_rust by its letters, as 'Rust' is" in texts_of(draft)["sources.yaml"]
    )


def test_names_that_count_on_are_ranges():
    marks = {f"Thema {i}": [0, 1, 0, 1, 1, 0] for i in range(1, 5)}
    _, (source,), _ = drafted(file_of({"Rol": ROLES, **marks}))
    assert source["wide"]["columns"] == {"thema_{1-4}": "Thema {1-4}"}


@pytest.mark.parametrize(
    ("rows", "cells"),
    [
        ([(1, 2, None), (2, 1, None), (None, 1, 2), (1, 2, 3), (3, 2, 1), (2, None, 1)], "rank"),
        ([(5, 3, 2), (10, 0, 0), (4, 4, 2), (0, 9, 1), (5, 5, 0), (2, 2, 6)], "points"),
    ],
)
def test_ranks_and_points_are_told_by_their_rows(rows, cells):
    columns = dict(zip(("Tijd", "Team", "Rust"), zip(*rows, strict=True), strict=True))
    _, (source,), _ = drafted(file_of({"Rol": ROLES, **{k: list(v) for k, v in columns.items()}}))
    assert source["wide"]["cells"] == cells


def test_several_themes_in_a_cell_are_told_by_their_delimiter():
    cells = ["Tijd;Team;", "Team;Rust;", "Tijd;Rust;", "Team;Tijd;", "Rust;Team;", "Tijd;"]
    _, (source,), practice = drafted(file_of({"Rol": ROLES, "Wat kiest u?": cells}))
    assert source["several"] == {"column": "theme", "delimiter": ";", "cells": "chosen"}
    assert source["recode"]["theme"] == {"Rust": "rust", "Team": "team", "Tijd": "tijd"}
    assert len(practice["themes"]) == 3


def test_votes_before_and_after_become_one_statement():
    answers = ["Ja", "Nee", "Nee", "Ja", "Nee", "Ja"]
    data = {"Rol": ROLES, "Genoeg tijd - voor": answers, "Genoeg tijd - na": answers[::-1]}
    _, (source,), practice = drafted(file_of(data))
    assert source["wide"]["by"] == ["statement", "moment"]
    assert source["wide"]["columns"] == {
        "genoeg_tijd": {"before": "Genoeg tijd - voor", "after": "Genoeg tijd - na"}
    }
    assert list(practice["votes"][0]["options"]) == ["ja", "nee"]


def test_when_it_was_voted_is_open_where_no_question_says_it():
    _, (source,), _ = drafted(file_of({"Rol": ROLES, "Genoeg tijd?": ["Ja", "Nee"] * 3}))
    assert source["wide"]["by"] == "statement"
    assert source["fixed"]["moment"] == "? before or after"


def test_groups_with_marks_pasted_blocks():
    data = {"Groep": [1, 2, 3], "Rug": [1, 0, 1], "Video": [0, 1, 1], "Maatje": [1, 1, 0]}
    _, (source,), practice = drafted(file_of(data))
    assert (source["kind"], source["wide"]["by"], source["wide"]["cells"]) == ("blocks", "block", "placed")
    assert len(practice["blocks"]) == 3


def test_questionnaires_are_no_polls():
    asked = {**people(), "rol": (["ouder", "begeleider"] * 20), **items([f"v_{i}" for i in range(1, 9)])}
    assert meeting_kind(file_of(asked)) == ""
    checked = {f"cursus_{i}": [0, 1] * 20 for i in range(1, 5)}
    assert meeting_kind(file_of({**asked, **checked})) == ""
    arms = {"group": [1, 2, 1, 2], "relapse": [0, 1, 1, 0], "employed": [1, 1, 0, 0], "housed": [0, 0, 1, 1]}
    assert meeting_kind(file_of(arms)) == "", "persons in two groups pasted nothing"
    assert meeting_kind(file_of({"Tijd": [0, 1, 1], "Team": [1, 1, 0], "Rust": [0, 1, 0]})) == ""
