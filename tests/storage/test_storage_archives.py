"""A ZIP with one table inside is that table; what computers add does not count; anything else is said."""

import pytest

from dww_analysis.errors import SourceError
from dww_analysis.storage import OptionNeeded, read_table, write_sav

CSV = b"id;q1\n1;3\n2;4\n"
JUNK = {
    "__MACOSX/study/._export.csv": b"\0\5\x16\7",
    "study/.DS_Store": b"\0\0\0\1",
    "Thumbs.db": b"\0",
    "desktop.ini": b"[x]",
    "study/~$export.xlsx": b"\0",
    "study/": b"",
}


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "ods", "sav", "tsv"])
@pytest.mark.parametrize("folder", ["", "a/b c/"])
def test_one_table_is_read_whatever_lies_beside_it(tmp_path, write_zip, write_rows, suffix, folder):
    import pandas as pd

    inside = tmp_path / f"Vragenlijst_5 januari.{suffix}"
    if suffix == "sav":
        write_sav(pd.DataFrame({"id": [1.0, 2.0], "q1": [3.0, 4.0]}), inside, {"q1": "Vraag"})
    else:
        write_rows(inside, [["id", "q1"], [1, 3], [2, 4]])
    members = {**JUNK, f"{folder}{inside.name}": inside.read_bytes(), "lees mij.pdf": b"%PDF"}
    table = read_table(write_zip(tmp_path / "a.zip", members))
    assert table.data["q1"].tolist() == [3, 4] and table.format == suffix
    assert table.recognised["member"] == f"{folder}{inside.name}"
    assert any(inside.name in note for note in table.notes)


def test_a_text_that_is_read_first_is_no_table(tmp_path, write_zip):
    prose = b"Beste lezer,\nhierbij de data; succes.\nDe codes staan in het boek, zie bijlage.\nGroet\n"
    members = {"map/data.csv": CSV, "leesmij.txt": prose, "regel.txt": b"Zie www.voorbeeld.nl, dank"}
    table = read_table(write_zip(tmp_path / "a.zip", members))
    assert table.data["q1"].tolist() == [3, 4]
    assert any("no table beside it: leesmij.txt, regel.txt" in note for note in table.notes)
    alone = read_table(write_zip(tmp_path / "b.zip", {"data.txt": CSV, "leesmij.pdf": b"%PDF"}))
    assert alone.data["q1"].tolist() == [3, 4]
    with pytest.raises(OptionNeeded, match=r"one of a\.csv, b\.txt"):
        read_table(write_zip(tmp_path / "c.zip", {"a.csv": CSV, "b.txt": CSV}))


def test_several_tables_are_asked(tmp_path, write_zip, write_rows):
    sheet = write_rows(tmp_path / "x.xlsx", [["id", "q1"], [1, 9]]).read_bytes()
    path = write_zip(tmp_path / "a.zip", {"a/x.csv": CSV, "b/x.xlsx": sheet})
    with pytest.raises(OptionNeeded, match=r"one of a/x\.csv, b/x\.xlsx") as error:
        read_table(path)
    assert error.value.needs[0].choices == ("a/x.csv", "b/x.xlsx")
    assert read_table(path, member="x.xlsx").data["q1"].tolist() == [9]
    assert read_table(path, member="a/x.csv").data["q1"].tolist() == [3, 4]
    with pytest.raises(SourceError, match="there is no file 'y'"):
        read_table(path, member="y")


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({}, "holds nothing"),
        ({"a.pdf": b"%PDF"}, "holds .pdf"),
        ({"b.zip": b"PK"}, "an archive inside the archive"),
        (JUNK, "no table"),
    ],
)
def test_an_archive_without_a_table(tmp_path, write_zip, members, says):
    with pytest.raises(SourceError, match="the archive holds no table") as error:
        read_table(write_zip(tmp_path / "a.zip", members))
    assert says in str(error.value) and "unpack it" in str(error.value)


def test_a_member_without_a_name_is_no_table(tmp_path, write_zip):
    path = write_zip(tmp_path / "a.zip", {"x.csv": CSV, "q": b""})
    path.write_bytes(path.read_bytes().replace(b"q\x50\x4b", b"\0\x50\x4b").replace(b"qPK", b"\0PK"))
    assert read_table(path).data["q1"].tolist() == [3, 4]


def test_messages_name_the_archive_and_the_file_in_it(tmp_path, write_zip):
    with pytest.raises(SourceError, match=r"a\.zip:broken\.sav: the file cannot be read"):
        read_table(write_zip(tmp_path / "a.zip", {"x/broken.sav": b"$FL2" + b"\0" * 60}))
    with pytest.raises(OptionNeeded, match=r"a\.zip:twice\.tsv") as error:
        read_table(write_zip(tmp_path / "a.zip", {"twice.tsv": b"a\ta\n1\t2\n"}))
    assert error.value.needs[0].option == "duplicate_names"
    table = read_table(tmp_path / "a.zip", duplicate_names="number")
    assert table.data.columns.tolist() == ["a", "a.2"]


def test_labels_beside_an_archive(tmp_path, write_zip):
    lss = (
        "<document><questions><rows><row><qid>1</qid><parent_qid>0</parent_qid><type>L</type><title>q1</title>"
        "<question>Hoe vaak?</question></row></rows></questions></document>"
    )
    (tmp_path / "s.lss").write_text(lss)
    content = b"id;submitdate;lastpage;q1\n1;2024-01-01 10:00:00;3;2\n"
    table = read_table(write_zip(tmp_path / "a.zip", {"r/x.txt": content}), structure="s.lss")
    assert (
        table.variables.set_index("name").loc["q1", "label"] == "Hoe vaak?" and table.format == "limesurvey"
    )
