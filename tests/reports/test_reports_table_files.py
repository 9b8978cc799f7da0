"""Tables to take along: what a workbook and a Word document of a table hold, and that nothing hidden gets into them."""

from __future__ import annotations

import io
import zipfile

import docx
import invented_reports as made
import openpyxl
import pytest
from from_parts import build_report
from page_reader import read_page
from test_reports_doors import of_trial

from dww_analysis.language import LANGUAGES, Words
from dww_analysis.reports.blocks import block
from dww_analysis.reports.cells import count, heading, hidden, nothing, number, p_value, text, with_interval
from dww_analysis.reports.documents.table_files import Source, table_files, taken_tables
from dww_analysis.reports.tables import build_table

SOURCE = Source("own", "Our study", "1.2.3", "2026-06-30", "CC0")


def table(**changes):
    values = {
        "identity": "results", "caption": "All results", "columns": ("Outcome", "n", "n", "Mean", "p", "Difference"),
        "rows": [
            [heading("=cmd|' /C calc'!A0"), count(212), count("<8"), number(3.14159), p_value(0.0001),
             with_interval(0.314, 0.1, 0.5)],
            [heading("Two"), count(7_000), nothing(), hidden(), hidden(), text("none")],
        ],
        "notes": ["A note."], "estimates": ["first", "second.sd"],
    }  # fmt: skip
    return build_table(**(values | changes))


def files(of=None):
    words = [Words(language) for language in LANGUAGES]
    return table_files([{"results": of or table()}] * 2, words, [SOURCE] * 2)


def sheets(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {s.title: [[c.value for c in row] for row in s.iter_rows()] for s in book}


def test_a_workbook_holds_numbers_as_numbers_with_the_ids_of_results():
    found = sheets(files()["tables/results.xlsx"])
    assert list(found) == [*LANGUAGES, "about"]
    assert found["nl"] == [
        ["Outcome", "n", "n (2)", "Mean", "p", "Difference", "id"],
        ["=cmd|' /C calc'!A0", 212, "<8", 3.14, "< 0,001", "0,31 [0,10; 0,50]", "first"],
        ["Two", 7000, "–", "×", "×", "none", "second.sd"],
    ]
    assert found["en"][1][4:6] == ["< .001", "0.31 [0.10, 0.50]"]
    said = [value for _, value in found["about"]]
    assert "Study own, dww-analysis 1.2.3, data up to 30 June 2026, table results." in said
    assert {"All results", "A note.", "own: Our study", "CC0"} <= set(said)


@pytest.mark.parametrize(("value", "written"), [(-0.001, "0.0"), (-0.005, "-0.01"), (0.125, "0.13")])
def test_a_number_in_a_workbook_is_the_one_that_is_printed(value, written):
    found = sheets(files(table(rows=[[heading("One"), *[number(value)] * 5]] * 2))["tables/results.xlsx"])
    assert str(float(found["nl"][1][1])) == written
    with zipfile.ZipFile(
        io.BytesIO(files(table(rows=[[number(-0.001)] * 6] * 2))["tables/results.xlsx"])
    ) as parts:
        assert not [n for n in parts.namelist() if "worksheets" in n and b"<v>-0" in parts.read(n)]


def test_no_cell_is_a_formula():
    with zipfile.ZipFile(io.BytesIO(files()["tables/results.xlsx"])) as parts:
        assert not [n for n in parts.namelist() if "worksheets" in n and b"<f>" in parts.read(n)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_word_document_holds_the_table_its_notes_and_where_it_is_from(language):
    document = docx.Document(io.BytesIO(files()[f"tables/results.{language}.docx"]))
    (found,) = document.tables
    words = Words(language)
    assert [c.text for c in found.rows[0].cells] == list(table().columns)
    assert [
        [c.text.replace("\u00a0", " ").strip("\u2007\u2008 ") for c in row.cells] for row in found.rows[1:]
    ] == [[cell.shown(words) for cell in row] for row in table().rows]
    assert found.rows[0]._tr.trPr.xpath("./w:tblHeader") and found.style.name == "Report Table"
    said = [p.text for p in document.paragraphs if p.text]
    assert said[:2] == ["All results", "A note."] and document.paragraphs[0].style.name == "Caption"
    assert said[2].startswith(("Studie own, dww-analysis 1.2.3", "Study own, dww-analysis 1.2.3"))
    assert said[3].endswith(": first, second.sd.")
    assert document.core_properties.title == "All results" and document.core_properties.created.year == 2026


def test_a_second_table_of_a_writer_holds_nothing_of_the_first():
    own = {
        "results": table(),
        "units": table(identity="units", caption="Units", notes=["Other."], estimates=()),
    }
    found = table_files([own], [Words("en")], [SOURCE])
    said = [p.text for p in docx.Document(io.BytesIO(found["tables/units.en.docx"])).paragraphs if p.text]
    assert said == ["Units", "Other.", "Study own, dww-analysis 1.2.3, data up to 30 June 2026, table units."]
    assert sheets(found["tables/units.xlsx"])["en"][0] == ["Outcome", "n", "n (2)", "Mean", "p", "Difference"]


def test_the_same_tables_give_the_same_bytes():
    assert files() == files()


def test_tables_are_found_wherever_they_stand_but_for_two_of_one_name():
    folded = block("h", tables=[table(identity="settings"), table(identity="twice", caption="Another")])
    part = {"a": [table(), table(identity="twice")], "b": {"x": block(folded=[folded])}, "c": None,
            "d": table(identity="baseline", rows=[]), "e": table()}  # fmt: skip
    assert list(taken_tables(part)) == ["results", "settings"]


@pytest.fixture(scope="module")
def trial():
    return build_report(**of_trial())


def test_every_link_of_the_page_to_a_file_of_a_table_has_one(trial):
    linked = {
        a.get("href") for a in read_page(trial["index.html"]).all("a") if a.get("href").startswith("tables/")
    }
    named = {address for address in linked if not address.endswith(".csv")}
    assert named == set(trial) - {"index.html"}
    for name in ("results", "baseline", "units", "estimates-primary", "estimates-secondary"):
        assert {f"tables/{name}.xlsx", *(f"tables/{name}.{lang}.docx" for lang in LANGUAGES)} <= named
    assert sum(name.startswith("tables/together-") for name in named) >= 3
    boxes = [box for box in read_page(trial["index.html"]).all("div") if box.get("class") == "tablebox"]
    bare = [b.get("id") for b in boxes if not any(a.get("href").endswith(".xlsx") for a in b.all("a"))]
    assert len(boxes) > 20 and bare == []


def test_results_on_the_sheet_are_those_of_their_ids(trial):
    rows = sheets(trial["tables/estimates-primary.xlsx"])["en"]
    known = made.trial_estimates().set_index("id")
    words = Words("en")
    for row in (r for r in rows[1:] if r[-1]):
        estimate = known.loc[row[-1]]
        shown = words.number(estimate["estimate"], words.decimals(estimate["std_error"]))
        assert any(shown in str(cell) for cell in row), row


def test_what_is_hidden_on_the_page_is_hidden_in_the_files(trial):
    """Hours of 5 and 6 persons at the start: the page shows a mark, and so does the file."""
    rows = sheets(trial["tables/baseline.xlsx"])["en"]
    hours = next(r for r in rows if r[0] == "Hours")
    assert "×" in hours and not any(isinstance(c, float) for c in hours)
