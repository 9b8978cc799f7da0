"""Where the names stand: below titles, in two rows, in merged cells; columns without a name."""

import pytest

from dww_analysis.errors import SourceError
from dww_analysis.storage import OptionNeeded, read_table
from dww_analysis.storage.headers import joined_names

FORMATS = ["csv", "tsv", "xlsx", "ods"]
GROUPED = [
    ["Respondent ID", "Start Date", "Stellingen", None, "Functie", None],
    [None, None, "Ik leer", "Ik deel", "Response", "Anders"],
    [101, "2024-01-05", 4, 5, "begeleider", None],
    [102, "2024-01-06", 2, 3, "leider", "kok"],
]
JOINED = [
    "Respondent ID",
    "Start Date",
    "Stellingen - Ik leer",
    "Stellingen - Ik deel",
    "Functie - Response",
    "Functie - Anders",
]


def needs(path, **options):
    with pytest.raises(OptionNeeded) as error:
        read_table(path, **options)
    (need,) = error.value.needs
    assert f"{{{need.option}: {need.suggested}}}" in str(error.value)
    return need.option, need.suggested


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "titles", [[["Export"]], [["Export", None, None, None], ["Datum", "5-1-2024"], [None]]]
)
def test_titles_above_a_table_are_left_out_with_a_note(tmp_path, write_rows, suffix, titles):
    rows = [*titles, ["code", "team", "q1", "q2"], ["A", "x", 3, 4], ["B", "y", 3, 5]]
    table = read_table(write_rows(tmp_path / f"a.{suffix}", rows))
    line = len(titles) + 1
    assert table.data.columns.tolist() == ["code", "team", "q1", "q2"] and table.data["q2"].tolist() == [4, 5]
    assert table.recognised["header_line"] == line and table.lines.tolist() == [line + 1, line + 2]
    assert any("title line" in note and f"line {line}" in note for note in table.notes)


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_may_be_a_title_or_a_name_is_asked(tmp_path, write_rows, suffix):
    path = write_rows(
        tmp_path / f"a.{suffix}", [["Export van mei"], ["code", "team"], ["A", "x"], ["B", "y"]]
    )
    assert needs(path) == ("header_line", 2)
    assert read_table(path, header_line=2).data["team"].tolist() == ["x", "y"]


def test_a_title_with_the_delimiter_in_it(tmp_path):
    (tmp_path / "a.csv").write_text("Rapport, versie 2\nid,q1,q2\n1,2,3\n2,3,4\n")
    assert read_table(tmp_path / "a.csv").data.columns.tolist() == ["id", "q1", "q2"]


def test_the_first_respondent_never_becomes_the_header(tmp_path):
    (tmp_path / "a.csv").write_text("naam,plaats\nJan,Ede,x\nPiet,Urk,y\n")
    with pytest.raises(SourceError):
        read_table(tmp_path / "a.csv")


@pytest.mark.parametrize("suffix", FORMATS)
def test_header_line_counts_the_lines_of_the_file(tmp_path, write_rows, suffix):
    rows = [["Jaar", "2024", "2023"], [None], ["id", "2023", "2024"], [1, 5, 6]]
    path = write_rows(tmp_path / f"a.{suffix}", rows)
    table = read_table(path, header_line=3)
    assert table.data.columns.tolist() == ["id", "2023", "2024"] and table.lines.tolist() == [4]
    for line in (2, 9):
        with pytest.raises(SourceError, match=f"{line} is blank or not there"):
            read_table(path, header_line=line)


def test_header_line_counts_the_line_that_names_the_separator(tmp_path):
    (tmp_path / "a.csv").write_text('sep=;\n"Titel; met een aanhalingsteken\nid;q1\n1;2\n')
    table = read_table(tmp_path / "a.csv", header_line=3)
    assert table.data["q1"].tolist() == [2] and table.lines.tolist() == [4]


@pytest.mark.parametrize("suffix", FORMATS)
def test_two_header_rows_are_asked_for_and_joined(tmp_path, write_rows, suffix):
    path = write_rows(tmp_path / f"a.{suffix}", GROUPED)
    assert needs(path) == ("header_rows", 2)
    table = read_table(path, header_rows=2)
    assert table.data.columns.tolist() == JOINED and len(table.data) == 2
    assert table.data["Stellingen - Ik leer"].tolist() == [4, 2]
    both = read_table(
        write_rows(tmp_path / f"b.{suffix}", [["Titel"], [None], *GROUPED]), header_line=3, header_rows=2
    )
    assert both.data.columns.tolist() == JOINED and both.lines.tolist() == [5, 6]


def test_merged_cells_of_a_header(tmp_path, write_xlsx):
    rows = [["Id", "Stellingen", None, "Team"], [None, "leer", "deel", None], [1, 2, 3, "T"], [2, 3, 3, "T"]]
    path = write_xlsx(tmp_path / "a.xlsx", {"Data": rows}, merged=["A1:A2", "B1:C1", "D1:D2"])
    names = read_table(path, header_rows=2).data.columns.tolist()
    assert names == ["Id", "Stellingen - leer", "Stellingen - deel", "Team"]


def test_questions_below_codes_are_no_respondent(tmp_path):
    (tmp_path / "a.csv").write_text("Q1,Q2\nHoe oud?,Hoe vaak?\n" + "1,2\n" * 5)
    assert needs(tmp_path / "a.csv") == ("header_rows", 2)
    assert len(read_table(tmp_path / "a.csv", header_rows=1).data) == 6


def test_groups_repeated_above_every_column(tmp_path):
    (tmp_path / "a.csv").write_text("code,Stelling,Stelling\n,leer,deel\nA,4,5\nB,2,3\n")
    assert needs(tmp_path / "a.csv") == ("header_rows", 2)
    assert read_table(tmp_path / "a.csv", header_rows=2).data.columns.tolist()[1:] == [
        "Stelling - leer",
        "Stelling - deel",
    ]


def test_a_name_without_anything_below_it_is_no_group():
    assert joined_names([["Id", "", "G", ""], ["", "x", "a", "b"]]) == ("Id", "x", "G - a", "G - b")
    assert joined_names([["G", "", ""], ["H", "", "I"], ["a", "b", "c"]]) == (
        "G - H - a",
        "G - H - b",
        "G - I - c",
    )
    assert joined_names([["same", "x"], ["same", ""]]) == ("same", "x")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_column_without_a_name_is_called_by_its_place(tmp_path, write_rows, suffix):
    rows = [["code", "q1", None, "q3", None], ["A", 1, 7, 3, None], ["B", 2, 8, 4, None]]
    table = read_table(write_rows(tmp_path / f"a.{suffix}", rows))
    assert table.data.columns.tolist() == ["code", "q1", "column_3", "q3"]
    assert table.data["column_3"].tolist() == [7, 8]
    assert any("column_3" in note and "without a name" in note for note in table.notes)


def test_a_place_that_is_a_name_already(tmp_path):
    (tmp_path / "a.csv").write_text("column_2,,q\n1,2,3\n")
    assert read_table(tmp_path / "a.csv").data.columns.tolist() == ["column_2", "column_2_", "q"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_two_columns_of_one_name(tmp_path, write_rows, suffix):
    rows = [["code", "Status", "Status", "Status.2"], ["A", 0, 1, 2], ["B", 0, 1, 2]]
    path = write_rows(tmp_path / f"a.{suffix}", rows)
    assert needs(path) == ("duplicate_names", "number")
    names = read_table(path, duplicate_names="number").data.columns.tolist()
    assert len(set(names)) == 4 and names[:2] == ["code", "Status"]


def test_carriage_returns_that_excel_writes_in_names(tmp_path, write_xlsx):
    rows = [["code_x000D_", "Hoe_x000D_\nvaak?"], ["A", 1]]
    names = read_table(write_xlsx(tmp_path / "a.xlsx", {"S": rows})).data.columns.tolist()
    assert names == ["code", "Hoe\nvaak?"]


def test_delimiters_at_the_end_of_rows_and_marks_that_nobody_sees(tmp_path):
    (tmp_path / "a.csv").write_bytes("\ufeff\ufeffid;q\u200b1\n1;2;\n3;4;;\n".encode())
    table = read_table(tmp_path / "a.csv")
    assert table.data.columns.tolist() == ["id", "q1"] and table.data["q1"].tolist() == [2, 4]
    (tmp_path / "b.csv").write_text("id;q1\n1;2;\n3;4;9\n")
    with pytest.raises(SourceError, match="3 cells"):
        read_table(tmp_path / "b.csv")
