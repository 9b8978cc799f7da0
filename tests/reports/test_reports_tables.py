"""Cells that line up, and the last door for statistics of few persons."""

from __future__ import annotations

import pandas as pd
import pytest

from dww_analysis.errors import DisclosureError
from dww_analysis.language import Words
from dww_analysis.reports.tables import (
    FIGURE_SPACE,
    POINT_SPACE,
    align,
    build_table,
    heading,
    refuse_small,
    text,
)


def test_decimals_line_up():
    assert align(["1,25", "10,5", "3"]) == [
        "1,25",
        "10,5" + FIGURE_SPACE,
        "3" + POINT_SPACE + 2 * FIGURE_SPACE,
    ]
    assert align([".032", "< .001"]) == [".032", "< .001"]
    assert align(["−0,5", "1,25"])[0] == "−0,5" + FIGURE_SPACE


def test_text_among_numbers_is_left_alone():
    assert align(["×", "1.5", "0.84 [0.80, 0.88]", "–"]) == ["×", "1.5", "0.84 [0.80, 0.88]", "–"]


def test_a_table_without_rows_is_false():
    assert not build_table("t", "caption", ["a"], [])
    assert build_table("t", "caption", ["a"], [[heading("x")]])


def test_only_number_columns_are_padded():
    made = build_table(
        "t", "c", ["a", "b"], [[heading("1,5"), text("1,25", True)], [heading("x"), text("3", True)]]
    )
    assert made.numeric == {1}
    assert made.rows[1][1].text.endswith(FIGURE_SPACE)
    assert made.rows[0][0].text == "1,5"


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
