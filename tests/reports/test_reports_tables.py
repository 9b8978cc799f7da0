"""Cells that line up, and the last door for statistics of few persons."""

from __future__ import annotations

import math

import invented_reports as made
import numpy as np
import pandas as pd
import pytest

from dww_analysis.errors import DisclosureError
from dww_analysis.figures import draw_forest
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.cells import Cell, count, heading, hidden, interval, number, text
from dww_analysis.reports.headlines import headline_rows, with_answers
from dww_analysis.reports.sections.results import estimate_tables
from dww_analysis.reports.tables import (
    FIGURE_SPACE,
    POINT_SPACE,
    align,
    build_table,
    first_of_each,
    is_number,
    refuse_small,
)


def test_decimals_line_up():
    assert align(["1,25", "10,5", "3"]) == [
        "1,25",
        "10,5" + FIGURE_SPACE,
        "3" + POINT_SPACE + 2 * FIGURE_SPACE,
    ]
    assert align([".032", "< .001"]) == [".032", "< .001"]
    assert align(["−0,5", "1,25"])[0] == "−0,5" + FIGURE_SPACE


def test_long_numbers_line_up_with_others():
    assert align(["12\u00a0345,6", "7,25"]) == ["12\u00a0345,6" + FIGURE_SPACE, "7,25"]


def test_text_among_numbers_is_left_alone():
    assert align(["×", "1.5", "0.84 [0.80, 0.88]", "–"]) == ["×", "1.5", "0.84 [0.80, 0.88]", "–"]


def test_a_table_without_rows_is_false():
    assert not build_table("t", "caption", ["a"], [])
    assert build_table("t", "caption", ["a"], [[heading("x")]])


def test_only_number_columns_are_padded():
    made = build_table("t", "c", ["a", "b"], [[heading("1,5"), number(1.25)], [heading("x"), count(3)]])
    assert made.numeric == {1}
    shown = made.texts(Words("nl"))
    assert shown[1][1] == "3" + POINT_SPACE + 2 * FIGURE_SPACE
    assert shown[0] == ["1,5", "1,25"]


def test_a_cell_keeps_its_number_until_it_is_written():
    cell = interval(0.1234, 0.5, 3)
    assert cell.also == (0.1234, 0.5)
    assert cell.shown(Words("nl")) == "[0,123; 0,500]"
    assert cell.shown(Words("en")) == "[0.123, 0.500]"
    assert Cell(12.0, "count_share", also=(0.25,)).shown(Words("en")) == "12 (25%)"
    assert hidden().value is None, "what is not shown is not there either"


@pytest.mark.parametrize(
    ("cell", "absent", "small"),
    [
        (number(None), True, False),
        (interval(float("nan"), 1.0), True, False),
        (text("–"), True, False),
        (Cell(float("inf"), "df"), False, False),
        (count("<8"), False, True),
        (text("<8 hours"), False, False),
        (hidden(), False, False),
    ],
)
def test_cells_know_what_they_leave_out(cell, absent, small):
    assert (cell.absent, cell.small) == (absent, small)


@pytest.mark.parametrize("value", [0, 3, -0.5, np.float32(1.5), np.int64(8)])
def test_a_number_is_one_whatever_its_type(value):
    assert is_number(value)


@pytest.mark.parametrize("value", [None, math.nan, math.inf, pd.NA, pd.NaT, np.float32("nan"), "", "3", "<8"])
def test_text_and_what_is_absent_are_no_number(value):
    assert not is_number(value)


@pytest.mark.parametrize("n", [7, "<8", 7.0, "7"])
def test_small_groups_are_refused(n):
    frame = pd.DataFrame({"n": [20, n], "mean": [3.0, 3.1]}).astype({"n": object})
    with pytest.raises(DisclosureError, match="1 row"):
        refuse_small(frame, "descriptives", "n", ["mean"], 8)


def test_a_suppressed_row_passes():
    frame = pd.DataFrame({"n": ["<8", 12], "mean": [None, 3.1]})
    refuse_small(frame, "descriptives", "n", ["mean"], 8)
    refuse_small(None, "descriptives", "n", ["mean"], 8)


def test_the_message_holds_no_number_of_the_group():
    frame = pd.DataFrame({"n": [3], "mean": [4.27]})
    with pytest.raises(DisclosureError) as error:
        refuse_small(frame, "descriptives", "n", ["mean"], 8)
    assert "4.27" not in str(error.value)


def test_marks_are_the_same_in_both_languages():
    assert Words("nl")("table.suppressed_mark") == Words("en")("table.suppressed_mark")


def test_rows_that_begin_a_group():
    assert first_of_each("aabba") == [0, 2, 4]
    assert first_of_each([]) == []


@pytest.mark.parametrize("teams", [0, 24])
def test_a_study_without_teams_counts_none_in_captions(teams):
    estimates = made.trial_estimates().assign(n_teams=teams)
    labels = Labels(made.trial_study(), made.trial_scales(), Words("en"))
    captions = [t.caption for t in estimate_tables(estimates, made.trial_plan(), labels, made.trial_fits())]
    assert captions and all(("teams" in c) == (teams > 0) and "persons" in c for c in captions if c)
    rows = made.trial() | {"estimates": estimates}
    headlines = headline_rows(estimates, rows["study"], rows["plan"], rows["scales"], Words("en"))
    caption = draw_forest(with_answers(headlines, rows["tables"]["answers"]), words=Words("en")).caption
    assert ("teams" in caption) == (teams > 0)
