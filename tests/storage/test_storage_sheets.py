"""Spreadsheets: exports of survey tools saved as sheets, digits as text, OpenDocument, which sheet is meant."""

from pathlib import Path

import pandas as pd
import pytest

from dww_analysis.errors import SourceError
from dww_analysis.storage import OptionNeeded, read_table

FORMATS = ["csv", "tsv", "xlsx", "ods"]
QUALTRICS = [
    ["StartDate", "ResponseId", "Q1_1", "Q2"],
    ["Start Date", "Response ID", "Stellingen - Ik leer", "Vertel"],
    [
        '{"ImportId":"startDate","timeZone":"America/Denver"}',
        '{"ImportId":"_recordId"}',
        '{"ImportId":"QID1_1"}',
        '{"ImportId":"QID2"}',
    ],
    ["2024-01-05 20:00:00", "R_1", -99, None],
    ["2024-07-05 11:00:00", "R_2", 4, "1,4"],
]
LIMESURVEY = [
    ["id", "submitdate", "lastpage", "startlanguage", "token", "q1[SQ001]", "q2"],
    [1, "2024-01-05 10:00:00", 3, "nl", "a1", "N/A", "A2"],
    [2, None, 3, "nl", "a2", "4", "N/A"],
]


def facts(table, name):
    return table.variables.set_index("name").loc[name]


@pytest.mark.parametrize("declared", [{}, {"format": "qualtrics"}])
@pytest.mark.parametrize("suffix", FORMATS)
def test_qualtrics_in_any_kind_of_table(tmp_path, write_rows, suffix, declared):
    table = read_table(write_rows(tmp_path / f"q.{suffix}", QUALTRICS), **declared)
    assert table.format == "qualtrics" and table.data["Q1_1"].tolist() == [-99, 4]
    assert facts(table, "Q1_1")["label"] == "Stellingen - Ik leer"
    assert facts(table, "Q1_1")["missing_values"] == [-99]
    assert table.data["StartDate"].iloc[0] == pd.Timestamp("2024-01-06 04:00", tz="Europe/Amsterdam")
    assert table.data["Q2"].iloc[1] == "1,4" and table.lines.tolist() == [4, 5]


@pytest.mark.parametrize("suffix", FORMATS)
def test_limesurvey_in_any_kind_of_table(tmp_path, write_rows, suffix):
    table = read_table(write_rows(tmp_path / f"l.{suffix}", LIMESURVEY))
    assert table.format == "limesurvey" and table.data["q1[SQ001]"].tolist() == ["N/A", 4]
    assert (
        facts(table, "q1[SQ001]")["missing_values"] == ["N/A"]
        and facts(table, "q1[SQ001]")["type"] == "number"
    )
    assert facts(table, "q2")["missing_values"] == ["N/A"]
    assert table.data["submitdate"].isna().tolist() == [False, True]


@pytest.mark.parametrize("suffix", FORMATS)
def test_digits_as_text_are_numbers_and_codes_stay_codes(tmp_path, write_rows, suffix):
    rows = [
        ["code", "q1", "nr", "mixed", "when"],
        *([f"P{i}", str(i), f"00{i}", i, "2024-02-01"] for i in range(4)),
    ]
    rows[2][3] = "1"
    table = read_table(write_rows(tmp_path / f"d.{suffix}", rows))
    assert table.data["q1"].tolist() == [0, 1, 2, 3] and table.data["mixed"].tolist() == [0, 1, 2, 3]
    assert table.data["nr"].tolist() == ["000", "001", "002", "003"]
    assert facts(table, "when")["type"] == "date"
    assert facts(read_table(tmp_path / f"d.{suffix}", dates=False), "when")["type"] == "text"


def test_a_spreadsheet_that_another_program_wrote():
    """files/odfpy.ods: pandas 3.0 to_excel(engine="odf"), odfpy 1.4.1, of the values below."""
    table = read_table(Path(__file__).parent / "files" / "odfpy.ods")
    assert table.format == "ods" and table.recognised["sheet"] == "Antwoorden"
    assert table.data["code"].tolist() == ["007", "010", "011"]
    assert table.data["q1"].tolist()[:2] == [1, 2] and table.data["q1"].isna().tolist() == [
        False,
        False,
        True,
    ]
    assert table.data["when"].iloc[1] == pd.Timestamp("2024-02-29") and facts(table, "when")["type"] == "date"
    assert table.data["note"].tolist()[:2] == ["a  b", "é\nregel"]
    assert table.data["yes"].tolist() == [1, 0, 1] and table.data["share"].tolist() == [0.25, 1.5, -3]


def test_repeated_cells_and_rows_of_opendocument(tmp_path, write_ods):
    blank = (
        '<table:table-row table:number-rows-repeated="{}">'
        '<table:table-cell table:number-columns-repeated="{}"/></table:table-row>'
    )
    three = (
        '<table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="3">'
        "<text:p>3</text:p></table:table-cell>"
    )
    note = (
        '<table:table-cell office:value-type="string"><office:annotation><text:p>opmerking</text:p>'
        "</office:annotation><text:p>x</text:p></table:table-cell>"
    )
    rows = [["a", "b", "c"], [three, note], blank.format(2, 1000), [1, 2, "y"], blank.format(1048000, 16384)]
    table = read_table(write_ods(tmp_path / "a.ods", {"S": rows}))
    assert table.data["a"].tolist() == [3, 1] and table.data["b"].tolist() == [3, 2]
    assert table.data["c"].tolist() == ["x", "y"] and table.lines.tolist() == [2, 5]


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_which_sheet_is_meant(tmp_path, write_xlsx, write_ods, suffix):
    write = write_ods if suffix == "ods" else write_xlsx
    path = write(tmp_path / f"a.{suffix}", {"Uitleg": [["lees dit"]], "Data": [["code", "q"], ["A", 1]]})
    with pytest.raises(OptionNeeded, match="'Uitleg', 'Data'") as error:
        read_table(path)
    (need,) = error.value.needs
    assert (need.option, need.choices, need.suggested) == ("sheet", ("Uitleg", "Data"), "Data")
    assert (
        read_table(path, sheet="Data").data["q"].tolist()
        == [1]
        == read_table(path, sheet=2).data["q"].tolist()
    )
    for wrong in ("Blad9", 3):
        with pytest.raises(SourceError, match="one of 'Uitleg', 'Data'"):
            read_table(path, sheet=wrong)


def test_a_sheet_that_is_called_by_a_year(tmp_path, write_xlsx):
    write_xlsx(tmp_path / "a.xlsx", {"2023": [["q"], [1]], "2024": [["q"], [2]]})
    assert read_table(tmp_path / "a.xlsx", sheet=2024).data["q"].tolist() == [2]
    assert read_table(tmp_path / "a.xlsx", sheet=1).data["q"].tolist() == [1]


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_header_rows_of_a_tool_are_its_own(tmp_path, write_rows, suffix):
    path = write_rows(tmp_path / f"q.{suffix}", QUALTRICS)
    assert len(read_table(path, header_rows=3).data) == 2
    with pytest.raises(SourceError, match="export of qualtrics") as error:
        read_table(path, header_rows=2)
    assert "leave `header_rows` out" in str(error.value)
    if suffix in ("csv", "tsv"):
        assert len(read_table(path, header_rows=2, format=suffix).data) == 3


def test_two_header_rows_of_formdesk_keep_its_decimal_comma(tmp_path):
    (tmp_path / "f.csv").write_text("Code;Uren;\n;week;jaar\n1;32,5;1.000,5\n2;8;9\n")
    table = read_table(tmp_path / "f.csv", format="formdesk", header_rows=2)
    assert table.format == "formdesk" and table.data["Uren - jaar"].tolist() == [1000.5, 9]


def test_hidden_sheets_do_not_ask_but_are_noted(tmp_path, write_xlsx):
    sheets = {"Data": [["code", "q"], ["A", 1]], "lijst": [["x", "y"], [1, 2]]}
    table = read_table(write_xlsx(tmp_path / "a.xlsx", sheets, hidden=["lijst"]))
    assert table.data["q"].tolist() == [1] and any("'lijst'" in note for note in table.notes)
    assert read_table(tmp_path / "a.xlsx", sheet="lijst").data["y"].tolist() == [2]


@pytest.mark.parametrize(
    ("members", "says"),
    [
        (
            {"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"},
            "OpenDocument",
        ),
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "OpenDocument"),
        ({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}, "no spreadsheet"),
        ({"word/document.xml": b"<x/>"}, "Word"),
        ({"xl/workbook.bin": b"x"}, "xlsb"),
        ({"Index/Document.iwa": b"x"}, "Numbers"),
    ],
)
def test_what_is_no_sheet_is_named_with_the_next_step(tmp_path, write_zip, members, says):
    write_zip(tmp_path / "a.zip", members)
    (tmp_path / "a.ods").write_bytes((tmp_path / "a.zip").read_bytes())
    with pytest.raises(SourceError, match=says) as error:
        read_table(tmp_path / "a.ods")
    assert ".xlsx" in str(error.value)


def test_half_a_character_is_refused(tmp_path):
    (tmp_path / "c.csv").write_bytes("a,b\nx\ud800,1\n".encode("utf-16-le", "surrogatepass"))
    with pytest.raises(SourceError):
        read_table(tmp_path / "c.csv")
    (tmp_path / "d.csv").write_bytes(b"a,b\n\\ud800,1\n")
    with pytest.raises(SourceError, match="half characters"):
        read_table(tmp_path / "d.csv", encoding="unicode_escape")
