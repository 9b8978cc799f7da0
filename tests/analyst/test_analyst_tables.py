"""Tables for a notebook: markup as a browser and a screen reader take it, nothing of a study's text as markup."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from dww_analysis.analyst.tables import Table, number_text, p_text, section, table_markup


class Page(HTMLParser):
    """Tags with attributes, and the texts of cells."""

    def __init__(self, markup: str):
        super().__init__()
        self.tags, self.cells, self.open = [], [], []
        self.feed(markup)
        assert not self.open, "tags left open"

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append((tag, dict(attrs)))
        self.cells.append((tag, ""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.cells[-1] = (self.cells[-1][0], data)

    def texts(self, tag):
        return [text for name, text in self.cells if name == tag]


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "arm": ["<script>alert(1)</script>", 'a & "b"'],
            "wave": ["T0", "T1"],
            "estimate": [1.23456, np.nan],
            "p_value": [0.00001, 0.0456],
            "kept": [True, False],
        }
    )


def test_headings_say_what_they_head(frame):
    page = Page(table_markup(frame, "Means"))
    scopes = [a.get("scope") for tag, a in page.tags if tag == "th"]
    assert scopes == ["col"] * 5 + ["row"] * 4
    assert page.texts("caption") == ["Means"]
    assert page.texts("td") == ["1.235", "< 0.001", "yes", "", "0.046", "no"]


def test_texts_are_no_markup(frame):
    markup = table_markup(frame.rename(columns={"wave": "<b>"}), "<i>")
    page = Page(markup)
    assert {tag for tag, _ in page.tags} <= {"div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert "<script>alert(1)</script>" in page.texts("th")
    assert "<i>" in page.texts("caption")
    page = Page(section("<a>", ["<p onclick=x>"], []))
    assert [tag for tag, _ in page.tags] == ["section", "p", "strong", "p"]
    assert page.tags[0][1] == {"aria-label": "<a>"}


def test_no_colour_of_its_own_so_that_a_dark_page_can_be_read(frame):
    markup = table_markup(frame, "Means")
    assert "background" not in markup and " color" not in markup


def test_long_tables_say_that_they_go_on():
    page = Page(table_markup(pd.DataFrame({"x": range(200)}), "Rows"))
    assert page.texts("caption") == ["Rows (the first 60 of 200 rows)"]
    assert len(page.texts("tr")) == 61


def test_a_table_is_a_data_frame_and_what_follows_from_it_a_plain_one(frame):
    table = Table.of(frame, "Means")
    assert ">Means</caption>" in table._repr_html_()
    assert type(table.round(2)) is pd.DataFrame
    assert type(table[table["kept"]]) is pd.DataFrame
    pd.testing.assert_frame_equal(pd.DataFrame(table), frame)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.23456, "1.235"),
        (-0.00123456, "−0.001235"),
        (12345.678, "12346"),
        (3.0, "3"),
        (0.0, "0"),
        (np.inf, "∞"),
        (1.5e-9, "1.5e−09"),
        (99.99999, "100.00"),
    ],
)
def test_numbers_are_read_without_counting_digits(value, text):
    assert number_text(value) == text


def test_small_p_values_are_not_zero():
    assert [p_text(p) for p in (0.0004, 0.001, 0.25)] == ["< 0.001", "0.001", "0.250"]
