"""Files that are damaged, hostile or of another kind: one clear error each, in bounded time and memory."""

import contextlib
import io
import os
import resource
import time
import zipfile

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dww_analysis.errors import SourceError
from dww_analysis.storage import (
    delivered_path,
    read_table,
    sha256_of,
    verify_checksum,
    write_sav,
)
from dww_analysis.storage.textfiles import table_of_bytes

WIDE = 10_000  # columns of the widest file
SECONDS = 20.0  # generous for a busy machine; the files themselves take well under a second


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(1)
    return pd.DataFrame(rng.integers(1, 6, (200, 8)).astype(float), columns=list("abcdefgh")).assign(
        t="tekst"
    )


def refused(path, **options):
    with pytest.raises(SourceError) as error:
        read_table(path, **options)
    (problem, *_) = error.value.problems
    assert problem.found and problem.expected and problem.action and path.name in problem.where
    return str(error.value)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.6, 0.9, 0.99, 0.999])
@pytest.mark.parametrize("suffix", ["sav", "zsav", "dta", "xpt", "xlsx"])
def test_truncated_files(tmp_path, answers, suffix, share):
    path = tmp_path / f"a.{suffix}"
    if suffix in ("sav", "zsav"):
        pyreadstat.write_sav(answers, path, compress=suffix == "zsav", row_compress=False)
    elif suffix == "dta":
        pyreadstat.write_dta(answers, path, version=15)
    elif suffix == "xpt":
        pyreadstat.write_xport(answers, path, file_format_version=8)
    else:
        answers.to_excel(path, index=False)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    if suffix == "xpt" and share >= 0.3:  # this format does not say how many rows it has
        with contextlib.suppress(SourceError):
            assert len(read_table(path).data) < len(answers)
        return
    refused(path)


def test_truncated_row_compressed_spss(tmp_path, answers):
    path = tmp_path / "a.sav"
    pyreadstat.write_sav(answers, path, row_compress=True)
    whole = path.read_bytes()
    for cut in (1, 8, 100, len(whole) // 2):
        path.write_bytes(whole[:-cut])
        refused(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "empty"),
        ("empty.sav", b"", "empty"),
        ("blank.csv", b" \n\n  \n", "empty"),
        ("mark.csv", b"\xef\xbb\xbf", "empty"),
        ("header.csv", b"a,b,c\n", "no rows"),
        ("text.xlsx", b"a,b\n1,2\n", "the content is text"),
        ("page.csv", b"<!DOCTYPE html><html>", "a web page"),
        ("doc.csv", b"%PDF-1.7\n", "a PDF document"),
        ("list.csv", b'[\n {"id": 1, "q1": 2}]\n', "JSON"),
        ("one.csv", b'\xef\xbb\xbf{"id": 1,\n "q1": 2}\n', "JSON"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an old Excel"),
        ("zip.xlsx", b"PK\x03\x04 not a zip", "cut off or damaged"),
        ("null.csv", b"a,b\n1,\0\n", "binary content"),
        ("mixed.csv", "é,b\n1,2\n".encode() + "ë,3\n".encode("cp1252"), "two encodings"),
        ("ragged.csv", b"a,b\n1,2,3\n", "line 2: 3 cells"),
        ("short.csv", b"a,b,c\n1,2,3\n4,5", "line 3: 2 cells"),
        ("quote.csv", b'a,b\n1,"x\n2,y\n', "never closed"),
        ("twice.csv", b"a,a\n1,2\n", "'a' occurs 2 times"),
        ("unnamed.csv", b"a,,\n1,2,3\n", "2 of 3 columns with values have no name"),
        ("bytes.dat", bytes(range(256)) * 8, "binary content"),
        ("magic.sav", b"$FL2" + b"\0" * 200, "cannot be read"),
    ],
)
def test_bad_files_have_a_clear_error(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    assert message in refused(path)


def test_all_ragged_lines_are_listed_without_their_answers(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n" + "".join(f"geheim{i},2,3\n1,2\n" for i in range(30)))
    text = refused(tmp_path / "a.csv")
    assert "line 2:" in text and "line 20:" in text and "20 more lines" in text and "geheim" not in text


def test_names_can_be_numbered_and_trailing_delimiters_are_no_columns(tmp_path):
    (tmp_path / "a.csv").write_text("a;a;;\n1;2;;\n")
    table = read_table(tmp_path / "a.csv", duplicate_names="number")
    assert table.data.columns.tolist() == ["a", "a.2"]


@pytest.mark.long
def test_ten_thousand_columns(tmp_path):
    names = ",".join(f"q{i}" for i in range(WIDE))
    row = ",".join("3" for _ in range(WIDE))
    (tmp_path / "a.csv").write_text(f"{names}\n{row}\n{row}\n")
    start = time.monotonic()
    assert read_table(tmp_path / "a.csv").data.shape == (2, WIDE)
    assert time.monotonic() - start < SECONDS
    (tmp_path / "b.csv").write_text(names.replace("q9999", "q1") + f"\n{row}\n")
    assert "'q1' occurs 2 times (columns 2, 10000)" in refused(tmp_path / "b.csv")


def test_a_text_cell_with_a_formula_stays_text(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "a.xlsx", {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate((["t", "n"], ["=1+1", 1], ["x", 2])):
            sheet.write_row(number, 0, row)
    assert read_table(tmp_path / "a.xlsx").data["t"].tolist() == ["=1+1", "x"]


def test_formulas_count_as_their_stored_result(tmp_path):
    import openpyxl
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "with.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_number(1, 0, 3)
        sheet.write_formula(1, 1, "=A2+4", None, 7)
    assert read_table(tmp_path / "with.xlsx").data["b"].tolist() == [7]
    book = openpyxl.Workbook()
    for row in (["a", "b"], [3, "=A2+4"]):
        book.active.append(row)
    book.save(tmp_path / "without.xlsx")
    assert "row 2: a formula without a stored result" in refused(tmp_path / "without.xlsx")


def test_two_gigabytes_claimed_in_a_zip_header(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 1000)
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02")  # the directory entry of the sheet; its unpacked size is 24 bytes further
    raw[at + 24 : at + 28] = (2_100_000_000).to_bytes(4, "little")
    path.write_bytes(raw)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "unpacks to 2,100 MB" in refused(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_a_workbook_that_unpacks_to_more_than_it_claims(tmp_path):
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("study.csv", b"Participant Id;x\n" + b"0" * 50_000_000)
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (100).to_bytes(4, "little")
    path.write_bytes(raw)
    refused(path)


def _with_sheet(path, change):
    """The workbook at `path` with the XML of its sheet changed."""
    content = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(content, "w") as new:
        for member in old.infolist():
            body = old.read(member)
            new.writestr(member.filename, change(body) if "sheet1" in member.filename else body)
    path.write_bytes(content.getvalue())


def test_a_workbook_that_claims_a_billion_rows_ends(tmp_path):
    path = tmp_path / "a.xlsx"
    pd.DataFrame({"a": [1, 2]}).to_excel(path, index=False)
    _with_sheet(
        path,
        lambda xml: xml.replace(b'<row r="3"', b'<row r="1000000000"').replace(b'"A3"', b'"A1000000000"'),
    )
    start = time.monotonic()
    assert "row is numbered above" in refused(path)
    assert time.monotonic() - start < SECONDS


def test_entities_in_a_workbook_are_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    pd.DataFrame({"a": [1]}).to_excel(path, index=False)
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    _with_sheet(path, lambda xml: bomb)
    assert "XML entities" in refused(path)


def test_what_is_no_file_is_refused(tmp_path):
    refused(tmp_path / "absent.csv")
    refused(tmp_path)
    os.mkfifo(tmp_path / "pipe.csv")
    refused(tmp_path / "pipe.csv")


def test_nothing_outside_the_folder_of_the_study(tmp_path):
    folder, secret = tmp_path / "study", tmp_path / "secret.csv"
    folder.mkdir()
    secret.write_text("a\n1\n")
    (folder / "in.csv").write_text("a\n1\n")
    (folder / "link.csv").symlink_to(secret)
    (folder / "fine.csv").symlink_to(folder / "in.csv")
    assert delivered_path(folder, "in.csv").name == "in.csv"
    assert delivered_path(folder, "fine.csv").exists()
    for file in ("link.csv", "../secret.csv", str(secret), "a\0b"):
        with pytest.raises(SourceError, match="outside the study's folder"):
            delivered_path(folder, file)
    with pytest.raises(SourceError, match=r"did you mean 'in\.csv'"):
        delivered_path(folder, "inn.csv")


def test_a_changed_file_stops(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    declared = sha256_of(path)
    assert verify_checksum(path, declared.upper()) == declared
    path.write_text("a\n2\n")
    with pytest.raises(SourceError, match="the file has changed"):
        verify_checksum(path, declared)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(
        st.binary(max_size=400), st.text(alphabet='ab1,;\t"\n\r\x00é9-. {}', max_size=300).map(str.encode)
    )
)
def test_any_bytes_give_a_table_or_a_source_error(raw):
    try:
        table = table_of_bytes(raw, "fuzz.csv")
    except SourceError:
        return
    assert len(table.data) == len(table.lines) > 0
    assert list(table.data.columns) == list(table.variables["name"])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(st.text(alphabet='ab ,;"\n1é', max_size=6), min_size=3, max_size=3), min_size=1, max_size=8
    ),
    st.sampled_from([",", ";", "\t"]),
)
def test_quoted_cells_come_back_as_they_were(rows, delimiter):
    import csv

    rows = [[f"x{cell}x" for cell in row] for row in rows]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([["p", "q", "r"], *rows])
    table = table_of_bytes(text.getvalue().encode(), "a.csv", delimiter=delimiter)
    assert table.data.astype(object).to_numpy().tolist() == rows
    lines = np.cumsum([2] + [1 + "".join(row).count("\n") for row in rows])[:-1]
    assert table.lines.tolist() == lines.tolist()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=40))
def test_damaged_spss_files_never_crash(tmp_path, at, noise):
    path = tmp_path / "a.sav"
    if not (tmp_path / "whole.sav").exists():
        write_sav(
            pd.DataFrame({"q": [1.0, 2.0] * 50, "t": ["a", "b"] * 50}), tmp_path / "whole.sav", {"q": "vraag"}
        )
    raw = bytearray((tmp_path / "whole.sav").read_bytes())
    at %= len(raw)
    raw[at : at + len(noise)] = noise
    path.write_bytes(raw)
    with contextlib.suppress(SourceError):
        read_table(path)
