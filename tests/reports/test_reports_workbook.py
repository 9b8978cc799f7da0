"""The workbook: the published numbers and no others, described, without formulas, the same bytes every time."""

from __future__ import annotations

import ast
import io
import zipfile
from functools import cache

import invented_reports as made
import numpy as np
import openpyxl
import pandas as pd
import pytest

from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.tables import register
from dww_analysis.language import Words
from dww_analysis.reports.documents.repeat import build_repeat
from dww_analysis.reports.documents.workbook import Book, build_workbook
from dww_analysis.reports.render.xlsx import Sheet, workbook_bytes
from dww_analysis.stages.again import _rounds_to
from dww_analysis.stages.workbook import _without_formulas

TRIAL = made.trial()
MADE_FROM = [("configuration", "config/x/plan.yaml", "a" * 64), ("source", "w0", "b" * 64)]
BOOK = Book(TRIAL["study"], made.SETTINGS, "1.2.3", MADE_FROM, "repeat_estimates.py")
TABLES = {name: TRIAL["tables"][name] for name in ("flow", "estimates", "answers")}
DECLARED = {name: register()[name].safe() for name in TABLES}


@cache
def workbook() -> bytes:
    return build_workbook(TABLES, DECLARED, BOOK)


def opened():
    return openpyxl.load_workbook(io.BytesIO(workbook()))


def read_back(name: str, content: bytes | None = None) -> pd.DataFrame:
    return pd.read_excel(io.BytesIO(content or workbook()), sheet_name=name)


def test_estimates_come_with_id_and_estimate_in_front():
    book = opened()
    assert book.sheetnames == ["about", "estimates", "answers", "flow", "columns", "made_from"]
    assert [c.value for c in book["estimates"][1]][:4] == ["id", "estimate", "conf_low", "conf_high"]


@pytest.mark.parametrize("name", TABLES)
def test_a_sheet_has_every_number_of_its_table_and_no_other(name):
    found, table = read_back(name), TABLES[name]
    assert sorted(found.columns) == sorted(table.columns) and len(found) == len(table)
    for column in table.columns:
        if pd.api.types.is_float_dtype(table[column]) and np.isfinite(table[column].dropna()).all():
            np.testing.assert_allclose(
                found[column].to_numpy(float), table[column].to_numpy(float), rtol=1e-15
            )


def test_what_is_not_finite_is_written_out_and_what_is_absent_is_empty():
    table = pd.DataFrame({"df": [np.inf, -np.inf, np.nan, 2.5], "text": ["", None, "nee", "007"]})
    page = openpyxl.load_workbook(io.BytesIO(workbook_bytes([Sheet("t", table)], "t")))["t"]
    assert [r[0].value for r in page.iter_rows(min_row=2)] == ["inf", "-inf", None, 2.5]
    assert [r[1].value for r in page.iter_rows(min_row=2)] == [None, None, "nee", "007"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")']
)
def test_no_text_of_the_data_begins_a_formula(text):
    frame = _without_formulas(pd.DataFrame({"remark": [text, "gewoon"], "n": [1.0, 2.0]}))
    content = workbook_bytes([Sheet("t", frame)], "t")
    page = openpyxl.load_workbook(io.BytesIO(content))["t"]
    assert page["A2"].value == "'" + text and page["A2"].data_type == "s" and page["A2"].hyperlink is None
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet and "<f " not in sheet


def test_a_text_that_only_looks_like_a_formula_stays_text_without_help():
    """Also where nobody made it safe, nothing is computed."""
    content = workbook_bytes([Sheet("t", pd.DataFrame({"remark": ["=1+1"]}))], "t")
    assert openpyxl.load_workbook(io.BytesIO(content))["t"]["A2"].data_type == "s" or b"<f>" not in content


def test_the_header_stays_in_view_and_can_be_filtered():
    for page in opened():
        assert page.freeze_panes == "B2" and page.auto_filter.ref.startswith("A1:")


def test_numbers_show_all_their_digits_below_each_other():
    table = pd.DataFrame({"x": [0.1234, 12.5, 3.0], "n": [8.0, 120.0, np.nan]})
    page = openpyxl.load_workbook(io.BytesIO(workbook_bytes([Sheet("t", table)], "t")))["t"]
    assert {page[f"A{i}"].number_format for i in (2, 3, 4)} == {"0.0000"}
    assert page["B2"].number_format == "0" and page["B2"].value == 8


def test_every_column_is_described_in_the_languages_of_the_report():
    found = read_back("columns")
    wanted = {(name, c.name) for name, table in DECLARED.items() for c in table.columns}
    assert set(zip(found["table"], found["column"], strict=True)) == wanted
    assert found[["type", "meaning_nl", "meaning_en"]].notna().all().all()
    one = found[(found["table"] == "estimates") & (found["column"] == "p_adjusted")].iloc[0]
    assert (
        one["meaning_nl"] == Words("nl")("workbook.column.p_adjusted")
        and one["rests_on"] == "n_persons, n_smallest"
    )
    page = opened()["estimates"]
    assert Words("en")("workbook.column.id") in page["A1"].comment.text
    assert all(cell.comment is not None for cell in page[1] if cell.value in DECLARED["estimates"].names)


def test_study_version_and_what_it_was_made_from_are_in_it():
    about = " ".join(map(str, read_back("about").to_numpy().ravel()))
    assert all(said in about for said in ("invented", "1.2.3", "2026-06-30", "CC BY 4.0", "team@example.org"))
    assert list(read_back("made_from").itertuples(index=False, name=None)) == MADE_FROM
    assert "1.2.3" in str(opened()["flow"].oddFooter.left.text)


def test_a_report_in_one_language_has_one():
    book = Book(TRIAL["study"], ReportSettings(("en",), {}, ""), "1", MADE_FROM, "r.py")
    content = build_workbook(TABLES, DECLARED, book)
    assert list(read_back("about", content).columns) == ["what", "en", "rows"]
    assert "meaning_nl" not in read_back("columns", content)


def test_the_same_bytes_every_time_whatever_the_clock_says(monkeypatch):
    import time

    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 1e6)
    assert build_workbook(TABLES, DECLARED, BOOK) == workbook()
    dates = {info.date_time[:3] for info in zipfile.ZipFile(io.BytesIO(workbook())).infolist()}
    assert dates == {(1980, 1, 1)}
    assert b"2000-01-01T00:00:00Z" in zipfile.ZipFile(io.BytesIO(workbook())).read("docProps/core.xml")


def test_the_script_is_python_and_names_every_model():
    script = build_repeat("region", "1.2.3", {"a": 'score ~ x + "y" + (1 | team)', "b": ""})
    tree = ast.parse(script)
    values = {t.targets[0].id: ast.literal_eval(t.value) for t in tree.body if isinstance(t, ast.Assign)}
    assert values == {"STUDY": "region", "MODELS": {"a": 'score ~ x + "y" + (1 | team)', "b": ""}}
    assert "@" not in script and "1.2.3" in (ast.get_docstring(tree) or "")


@pytest.mark.parametrize(
    ("value", "published", "same"),
    [
        (0.339841, 0.3398, True),
        (0.33986, 0.3398, False),
        (-12345.4, -12350.0, True),
        (-12344.9, -12350.0, False),
        (0.00510849, 0.005108, True),
        (0.0, 0.0, True),
        (np.inf, np.inf, True),
        (1.0, np.nan, True),
    ],
)
def test_the_script_compares_at_four_significant_digits(value, published, same):
    assert _rounds_to(value, published) is same
