"""Every format gives the same answers, labels, codes for "no answer" and dates; wrong names are refused."""

import datetime as dt
import io
import struct
import zipfile

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from dww_analysis.errors import SourceError
from dww_analysis.storage import formats, read_table, sha256_of, write_sav

FRAME = pd.DataFrame(
    {
        "q1": [1.0, 9.0, np.nan, 95.0],
        "born": [dt.date(1582, 10, 15), dt.date(2024, 5, 1), None, dt.date(1900, 1, 1)],
        "sent": pd.to_datetime(["2024-01-01 10:00:01", None, "2024-01-01 00:00:00", "1999-01-01 23:59:59"]),
        "note": ["x", "é" * 300, "", "y"],
    }
)


def facts(table, name):
    return table.variables.set_index("name").loc[name]


@pytest.mark.parametrize("suffix", ["sav", "zsav"])
def test_spss_keeps_labels_user_missing_codes_and_old_dates(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    pyreadstat.write_sav(
        FRAME,
        path,
        compress=suffix == "zsav",
        column_labels=["Vraag één", None, None, None],
        variable_value_labels={"q1": {1.0: "nooit", 9.0: "weet niet"}},
        missing_ranges={"q1": [9, {"lo": 90, "hi": 99}]},
    )
    table = read_table(path)
    assert table.format == suffix
    assert table.data["q1"].tolist()[:2] == [1, 9] and table.data["q1"].iloc[3] == 95
    assert facts(table, "q1")["label"] == "Vraag één"
    assert facts(table, "q1")["value_labels"] == {1.0: "nooit", 9.0: "weet niet"}
    assert facts(table, "q1")["missing_values"] == [9.0]
    assert facts(table, "q1")["missing_ranges"] == [(90.0, 99.0)]
    assert facts(table, "born")["type"] == "date" and facts(table, "sent")["type"] == "datetime"
    assert table.data["born"].iloc[0].date() == dt.date(1582, 10, 15)
    assert table.data["sent"].iloc[0] == pd.Timestamp("2024-01-01 10:00:01")
    assert table.data["note"].iloc[1] == "é" * 300 and pd.isna(table.data["note"].iloc[2])


def test_spss_dates_after_the_year_9999_do_not_stop_the_file(tmp_path):
    pyreadstat.write_sav(
        pd.DataFrame({"d": [3e11, 13166064000.0]}), tmp_path / "a.sav", variable_format={"d": "DATE11"}
    )
    table = read_table(tmp_path / "a.sav")
    assert str(table.data["d"].to_numpy()[1])[:10] == "2000-01-01"
    assert str(table.data["d"].to_numpy()[0])[:5] == "11089"


@pytest.mark.parametrize(
    ("suffix", "write"),
    [
        (
            "dta",
            lambda f, p: pyreadstat.write_dta(f, p, version=15, variable_value_labels={"q1": {1: "nooit"}}),
        ),
        ("xpt", lambda f, p: pyreadstat.write_xport(f, p, file_format_version=8)),
        ("por", lambda f, p: pyreadstat.write_por(f.assign(note="y").rename(columns=str.upper), p)),
    ],
)
def test_stata_sas_and_portable_files(tmp_path, suffix, write):
    path = tmp_path / f"a.{suffix}"
    write(FRAME[["q1", "born", "note"]], path)
    table = read_table(path)
    data = table.data.rename(columns=str.lower)
    assert table.format == suffix
    np.testing.assert_array_equal(data["q1"], FRAME["q1"])
    assert data["born"].iloc[1] == pd.Timestamp("2024-05-01")
    assert data["note"].iloc[3] == "y"
    if suffix == "dta":
        assert facts(table, "q1")["value_labels"] == {1: "nooit"}


def test_stata_lettered_missing_codes_stay_beside_the_numbers(tmp_path):
    frame = pd.DataFrame({"q1": pd.Series([1.0, "a", None], dtype=object)})
    pyreadstat.write_dta(frame, tmp_path / "a.dta", version=15, missing_user_values={"q1": ["a"]})
    table = read_table(tmp_path / "a.dta")
    assert table.data["q1"].tolist()[:2] == [1.0, "a"]
    assert facts(table, "q1")["missing_values"] == ["a"] and facts(table, "q1")["type"] == "number"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1252"]
)
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_text_in_any_encoding_and_delimiter(tmp_path, encoding, delimiter, newline):
    rows = [
        ["code", "café", "uren", "tekst"],
        ["007", "3", "1", '"een, twee; drie"'],
        ["010", "", "2", "€ ë"],
    ]
    path = tmp_path / "a.csv"
    path.write_bytes(newline.join(delimiter.join(r) for r in rows).encode(encoding))
    table = read_table(path)
    assert table.data.columns.tolist() == ["code", "café", "uren", "tekst"]
    assert table.data["code"].tolist() == ["007", "010"]
    assert table.data["café"].iloc[0] == 3 and np.isnan(table.data["café"].iloc[1])
    assert table.data["tekst"].tolist() == ["een, twee; drie", "€ ë"]
    assert table.lines.tolist() == [2, 3]
    assert table.format == ("tsv" if delimiter == "\t" else "csv")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_blanks_around_numbers_in_text_change_nothing(tmp_path, name):
    texts = {
        "comma": ["3,5 ", " 4,5", "4", " "],
        "point": ["\u00a03.5", "4.5\u00a0", "\u20094", ""],
        "within": ["3 ,5", "4,5", "4", "1"],
    }
    if name == "a.csv":
        pd.DataFrame(texts).to_csv(tmp_path / name, sep=";", index=False)
    else:
        pd.DataFrame(texts).to_excel(tmp_path / name, index=False)
    data = read_table(tmp_path / name).data
    for column in ("comma", "point"):
        assert data[column].tolist()[:3] == [3.5, 4.5, 4] and data[column].isna().tolist() == [False] * 3 + [
            True
        ]
    assert (
        data["within"].tolist() == texts["within"]
    )  # text still: the answers are refused where numbers are meant


def test_decimal_commas(tmp_path):
    (tmp_path / "a.csv").write_text("uur;n\n1,5;1.200,5\n-2;3,25\n")
    assert read_table(tmp_path / "a.csv").data["uur"].tolist() == [1.5, -2]
    assert read_table(tmp_path / "a.csv", decimal=",").data["n"].tolist() == [1200.5, 3.25]
    (tmp_path / "b.csv").write_text(
        'keuze\n"1,4"\n"2,3"\n'
    )  # two boxes ticked, in a file separated by commas
    assert read_table(tmp_path / "b.csv", delimiter=",", decimal=".").data["keuze"].tolist() == ["1,4", "2,3"]


def test_what_spreadsheets_and_statistics_programs_add(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"sep=;\r\na;b\r\n1.234,5;2\r\n\x1a")
    table = read_table(tmp_path / "a.csv")
    assert table.data.to_dict("list") == {"a": [1234.5], "b": [2]} and table.lines.tolist() == [3]
    assert "decimal comma in a" in table.notes
    (tmp_path / "b.csv").write_text("a,b\n1,NA\nNA,2\n")
    table = read_table(tmp_path / "b.csv", absent=["NA"])
    assert table.data["a"].tolist() == [1, "NA"] and facts(table, "a")["missing_values"] == ["NA"]


def test_lines_are_those_of_the_file_also_after_line_breaks_in_cells(tmp_path):
    (tmp_path / "a.csv").write_text('a,b\n1,"x\ny"\n\n2,z\n3,"p\n\nq"\n4,r\n')
    table = read_table(tmp_path / "a.csv")
    assert table.data["a"].tolist() == [1, 2, 3, 4]
    assert table.lines.tolist() == [2, 5, 6, 9]


QUALTRICS = (
    "StartDate,Status,IPAddress,Finished,ResponseId,Q1,Q2,Q2_DO_1\n"
    'Start Date,Response Type,IP Address,Finished,Response ID,"How often,\n<b>really</b>?",Which?,Order\n'
    + ",".join(
        '"{""ImportId"":""'
        + name
        + '""'
        + (',""timeZone"":""America/Denver""' if name == "startDate" else "")
        + '}"'
        for name in ["startDate", "status", "ipAddress", "finished", "_recordId", "QID1", "QID2", "QID2_DO"]
    )
    + '\n2026-07-01 23:30:00,0,1.2.3.4,1,R_1,3,"1,4",1\n2026-01-02 08:00:00,1,1.2.3.5,0,R_2,-99,"2,3",2\n'
)


@pytest.mark.parametrize(
    ("name", "encoding", "swap"), [("q.csv", "utf-8-sig", False), ("q.tsv", "utf-16", True)]
)
def test_qualtrics_with_three_header_rows(tmp_path, name, encoding, swap):
    frame = pd.read_csv(io.StringIO(QUALTRICS), dtype=str, header=None)
    text = frame.to_csv(sep="\t" if swap else ",", index=False, header=False)
    (tmp_path / name).write_bytes(text.encode(encoding))
    table = read_table(tmp_path / name)
    assert table.format == "qualtrics"
    assert facts(table, "Q1")["label"] == "How often, really?"
    assert facts(table, "Q1")["missing_values"] == [-99.0]
    assert table.data["Q1"].tolist() == [3, -99]
    assert table.data["Q2"].tolist() == ["1,4", "2,3"]
    moment = table.data["StartDate"].iloc[0]
    assert (moment.day, moment.hour, str(moment.tz)) == (2, 7, "Europe/Amsterdam")
    assert any("America/Denver" in note for note in table.notes)
    assert table.lines.tolist() == [5, 6]


def test_qualtrics_legacy_layout(tmp_path):
    text = (
        "V1,V2,V3,V4,V10,Q1\nResponseID,ResponseSet,Name,ExternalDataReference,Finished,How often?\n"
        "R_1,Default,Jan,12,1,3\n"
    )
    (tmp_path / "q.csv").write_text(text)
    table = read_table(tmp_path / "q.csv")
    assert table.format == "qualtrics" and len(table.data) == 1
    assert table.data.columns.tolist()[:3] == ["ResponseID", "ResponseSet", "Name"]
    assert facts(table, "Q1")["label"] == "How often?"


LIMESURVEY = {
    "codes": '"id","submitdate","lastpage","startlanguage","G1[SQ001]","G1[SQ002]"\n',
    "full": '"Response ID","Date submitted","Last page","Start language","Hoe vaak? [thuis]","Hoe vaak? [werk]"\n',
    "both": '"id. Response ID","submitdate. Date submitted","lastpage. Last page","startlanguage. x",'
    '"G1[SQ001]. Hoe vaak? [thuis]","G1[SQ002]. Hoe vaak? [werk]"\n',
}
ANSWERS = '"1","2026-03-01 10:00:00","3","nl","4","N/A"\n"2","","1","nl","","2"\n'
STRUCTURE = """<?xml version="1.0" encoding="UTF-8"?>
<document><LimeSurveyDocType>Survey</LimeSurveyDocType>
<questions><rows><row><qid><![CDATA[7]]></qid><parent_qid>0</parent_qid><type>F</type><title>G1</title>
<question><![CDATA[<p>Hoe vaak?</p>]]></question><other>N</other></row></rows></questions>
<subquestions><rows>
<row><qid>8</qid><parent_qid>7</parent_qid><title>SQ001</title><question>thuis</question><question_order>1</question_order></row>
<row><qid>9</qid><parent_qid>7</parent_qid><title>SQ002</title><question>werk</question><question_order>2</question_order></row>
</rows></subquestions>
<answers><rows><row><qid>7</qid><code>2</code><answer>soms</answer></row><row><qid>7</qid><code>4</code><answer>vaak</answer></row>
</rows></answers></document>"""


@pytest.mark.parametrize("style", list(LIMESURVEY))
def test_limesurvey_with_its_structure(tmp_path, style):
    (tmp_path / "a.csv").write_text(LIMESURVEY[style] + ANSWERS)
    (tmp_path / "survey.lss").write_text(STRUCTURE)
    table = read_table(tmp_path / "a.csv", structure="survey.lss")
    assert table.format == "limesurvey"
    assert table.data.columns.tolist()[-2:] == ["G1[SQ001]", "G1[SQ002]"]
    assert facts(table, "G1[SQ001]")["label"] == "Hoe vaak? [thuis]"
    assert facts(table, "G1[SQ001]")["value_labels"] == {2.0: "soms", 4.0: "vaak"}
    assert facts(table, "G1[SQ002]")["missing_values"] == ["N/A"]
    assert table.data["G1[SQ002]"].tolist() == ["N/A", 2.0]
    assert table.data["submitdate"].isna().tolist() == [False, True]


def _lss(*sections):
    def row(cells):
        return "<row>" + "".join(f"<{name}>{value}</{name}>" for name, value in cells.items()) + "</row>"

    body = "".join(f"<{name}><rows>{''.join(map(row, rows))}</rows></{name}>" for name, rows in sections)
    return f"<?xml version='1.0'?><document>{body}</document>"


def test_structures_with_two_scales_tables_rankings_and_languages(tmp_path):
    from dww_analysis.storage.lss import read_structure

    def question(qid, title, kind="T", parent=0, scale=0, **more):
        return {"qid": qid, "parent_qid": parent, "title": title, "type": kind, "scale_id": scale, **more}

    questions = [question(1, "D", "1"), question(2, "T", ":"), question(3, "R", "R"), question(4, "L", "O")]
    parts = [
        question(11, "SQ1", parent=1),
        question(21, "Y1", parent=2),
        question(22, "X1", parent=2, scale=1),
    ]
    names = [(1, "Dual"), (2, "Table"), (3, "Rank"), (4, "List"), (11, "one"), (21, "row"), (22, "column")]
    texts = [
        {"qid": q, "question": f"{t}{e}", "language": n}
        for n, e in (("nl", " nl"), ("en", ""))
        for q, t in names
    ]
    given = [(1, "1", 0), (1, "1", 1), (3, "A", 0), (3, "B", 0)]
    answers = [{"aid": i, "qid": q, "code": c, "scale_id": s} for i, (q, c, s) in enumerate(given)]
    answer_texts = [
        {"aid": i, "answer": t, "language": "en"} for i, t in enumerate(["Good", "Bad", "a", "b"])
    ]
    (tmp_path / "s.lss").write_text(
        _lss(("questions", questions), ("subquestions", parts), ("question_l10ns", texts), ("answers", answers),
             ("answer_l10ns", answer_texts), ("surveys", [{"language": "en"}]))
    )  # fmt: skip
    found = read_structure(tmp_path / "s.lss").set_index("name")
    assert found.index.tolist() == ["D[SQ1][1]", "D[SQ1][2]", "T[Y1_X1]", "R[1]", "R[2]", "L", "L[comment]"]
    assert found.loc["D[SQ1][2]", "value_labels"] == {"1": "Bad"}
    assert found.loc["T[Y1_X1]", "label"] == "Table [row][column]"
    assert found.loc["R[2]", "value_labels"] == {"A": "a", "B": "b"}


def test_castor_zip_with_labels_from_its_lists(tmp_path):
    with zipfile.ZipFile(tmp_path / "castor.zip", "w") as archive:
        archive.writestr(
            "study_export.csv",
            "Participant Id;Participant Status;Site Abbreviation;q1;start\n"
            "110001;Included;HU;-97;01-02-2026\n110002;Included;HU;2;15-02-2026\n",
        )
        archive.writestr(
            "study_optiongroups.csv",
            "Option Group Id;Option Group Name;Option Name;Option Value\n1;freq;soms;2\n1;freq;vaak;4\n",
        )
        archive.writestr(
            "study_variablelist.csv", "Variable name;Field label;Option group name\nq1;Hoe vaak?;freq\n"
        )
    table = read_table(tmp_path / "castor.zip")
    assert table.format == "castor"
    assert facts(table, "q1")["label"] == "Hoe vaak?"
    assert facts(table, "q1")["value_labels"] == {2: "soms", 4: "vaak"}
    assert facts(table, "q1")["missing_values"] == [-97.0]
    assert table.data["start"].iloc[0] == pd.Timestamp("2026-02-01")
    with pytest.raises(SourceError, match="one of study_export"):
        read_table(tmp_path / "castor.zip", member="other.csv")


def test_formdesk_numbers_and_dates(tmp_path):
    (tmp_path / "f.csv").write_text(
        "Ingevuld op;Uren;Akkoord\n1-2-2026 9:05;32,5;Ja\n28-12-2026 10:00;1.000,5;Nee\n"
    )
    data = read_table(tmp_path / "f.csv", format="formdesk").data
    assert data["Uren"].tolist() == [32.5, 1000.5] and data["Akkoord"].tolist() == ["Ja", "Nee"]
    assert data["Ingevuld op"].iloc[0] == pd.Timestamp("2026-02-01 09:05")


def test_workbook_sheets_numbers_dates_and_lines(tmp_path):
    with pd.ExcelWriter(tmp_path / "a.xlsx", engine="xlsxwriter") as writer:
        frame = pd.DataFrame(
            {"Team": ["Noord ", "Zuid"], "n": [3, None], "d": pd.to_datetime(["2026-01-01", None])}
        )
        frame.to_excel(writer, sheet_name="lijst", index=False, startrow=2)
        frame.to_excel(writer, sheet_name="oud", index=False)
    with pytest.raises(SourceError, match="2 sheets hold data"):
        read_table(tmp_path / "a.xlsx")
    table = read_table(tmp_path / "a.xlsx", sheet="lijst")
    assert table.data["Team"].tolist() == ["Noord ", "Zuid"] and table.lines.tolist() == [4, 5]
    assert table.variables["type"].tolist() == ["text", "number", "date"]


def test_the_format_is_said_and_can_be_overruled(tmp_path):
    write_sav(pd.DataFrame({"q": [1.0]}), tmp_path / "a.csv")
    with pytest.raises(SourceError, match=r"the content is SPSS \(sav\)"):
        read_table(tmp_path / "a.csv")
    assert read_table(tmp_path / "a.csv", format="sav").format == "sav"
    (tmp_path / "b.sav").write_text("a,b\n1,2\n")
    with pytest.raises(SourceError, match="the content is text"):
        read_table(tmp_path / "b.sav")
    assert read_table(tmp_path / "b.sav", format="csv").data["b"].tolist() == [2]
    with pytest.raises(SourceError, match="one of sav, zsav"):
        read_table(tmp_path / "b.sav", format="spss")
    with pytest.raises(SourceError, match="the option 'sheet' is not known"):
        read_table(tmp_path / "b.sav", format="csv", sheet="x")
    assert {"sav", "por", "dta", "sas7bdat", "xpt", "xlsx", "qualtrics"} <= set(formats()["format"])


def test_written_spss_files_repeat_and_come_back(tmp_path):
    frame = pd.DataFrame({"q": [1.0, np.nan], "t": ["a", None], "b": [True, False]})
    for name in ("a.sav", "b.sav"):
        write_sav(frame, tmp_path / name, {"q": "Vraag"}, {"q": {1: "ja"}}, {"q": [9]})
    assert sha256_of(tmp_path / "a.sav") == sha256_of(tmp_path / "b.sav")
    table = read_table(tmp_path / "a.sav")
    assert facts(table, "q")["label"] == "Vraag" and facts(table, "q")["value_labels"] == {1.0: "ja"}
    assert table.data["b"].tolist() == [1, 0] and pd.isna(table.data["t"].iloc[1])
    assert b"01 Jan 80" in (tmp_path / "a.sav").read_bytes()[:200]


def test_only_the_moment_of_making_is_replaced_in_a_spss_header(tmp_path):
    """The date stood eight bytes too early: the bias of compressed numbers was lost and the real date stayed."""
    from dww_analysis.storage.spss import fixed_date

    made = write_sav(pd.DataFrame({"q": [1.0, 2.0]}), tmp_path / "a.sav").read_bytes()
    assert struct.unpack("<d", made[84:92]) == (100.0,)
    assert made[92:109] == b"01 Jan 8000:00:00"
    later = made[:92] + b"21 Nov 2623:59:59" + made[109:]
    assert fixed_date(later) == made
