"""Bounds before the work: a file beyond one of them is refused at once, in little memory, with its size."""

import resource
import time
import zipfile

import pandas as pd
import pyreadstat
import pytest

from dww_analysis.errors import SourceError
from dww_analysis.storage import bounds, read_lines, read_table

SECONDS = 5.0  # of the processor; each refusal takes well under a second
MEGABYTES = 400  # more than this, above what the process had, was not bounded


def refused_at_once(path, **options):
    start, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SourceError) as error:
        read_table(path, **options)
    assert time.process_time() - start < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * 1000
    (problem, *_) = error.value.problems
    assert path.name in problem.where and problem.action
    return str(error.value)


@pytest.mark.parametrize("filler", ["{}", "3", ""])
def test_a_text_of_too_many_columns(tmp_path, filler):
    """Two lines of 200 000 columns, 1.9 MB, took 55 s and 2.5 GB: a column costs more than its cells."""
    width = 200_000
    header = ",".join(f"q{i}" if filler else "" for i in range(width))
    (tmp_path / "a.csv").write_text("a" + header + "\n" + ",".join([filler] * width) + "\n")
    assert "200,000 columns" in refused_at_once(tmp_path / "a.csv")


def test_one_column_more_than_excel_has(tmp_path):
    width = bounds.MAX_COLUMNS + 1
    names = ",".join(f"q{i}" for i in range(width))
    (tmp_path / "a.csv").write_text(names + "\n" + ",".join("3" * width) + "\n")
    assert "16,385 columns" in refused_at_once(tmp_path / "a.csv")


def test_a_text_of_too_many_cells(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 600)
    monkeypatch.setattr(bounds, "MAX_CELLS", 1201)
    assert len(read_table(tmp_path / "a.csv").data) == 600
    monkeypatch.setattr(bounds, "MAX_CELLS", 1200)
    assert "1,201 cells" in refused_at_once(tmp_path / "a.csv")


def test_packed_text_that_unpacks_to_much(tmp_path, write_zip, monkeypatch):
    """A ZIP of 20 KB that holds 20 MB of delimiters; the real bound is some 500 MB."""
    monkeypatch.setattr("dww_analysis.storage.packed.MAX_TEXT_BYTES", 10_000_000)
    path = write_zip(tmp_path / "a.zip", {"a.csv": b"," * 20_000_000})
    assert path.stat().st_size < 50_000
    assert "20,000,000 bytes when it is unpacked" in refused_at_once(path)


def test_logs_and_texts_that_are_too_long(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    for home in ("lines", "textfiles"):
        monkeypatch.setattr(f"dww_analysis.storage.{home}.MAX_TEXT_BYTES", 7)
    assert "8 bytes of text" in refused_at_once(tmp_path / "a.csv")
    with pytest.raises(SourceError, match="8 bytes of text"):
        read_lines(tmp_path / "a.csv")


def test_an_archive_of_too_many_files(tmp_path, write_zip, monkeypatch):
    monkeypatch.setattr("dww_analysis.storage.archives.MAX_MEMBERS", 3)
    assert "4 files in the archive" in refused_at_once(
        write_zip(tmp_path / "a.zip", dict.fromkeys("abcd", b""))
    )


@pytest.mark.parametrize("tag", [b"<si/>", b"<x:si><x:t/></x:si>"])
def test_a_workbook_of_too_many_texts(tmp_path, write_xlsx, write_zip, tag, monkeypatch):
    """Shared strings are all read before the first cell, and empty ones pack to nothing."""
    monkeypatch.setattr("dww_analysis.storage.workbooks.MAX_SHARED_MARKS", 100_000)
    write_xlsx(tmp_path / "a.xlsx", {"S": [["a", "b"], ["x", 1]]})
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old:
        members = {n: old.read(n) for n in old.namelist()}
    members["xl/sharedStrings.xml"] = b"<sst>" + tag * 100_000 + b"</sst>"
    assert "marks around its texts" in refused_at_once(write_zip(tmp_path / "b.xlsx", members))


def test_a_sheet_of_too_many_cells(tmp_path, write_xlsx, write_ods, monkeypatch):
    for home in ("workbooks", "opendocument"):
        monkeypatch.setattr(f"dww_analysis.storage.{home}.MAX_SHEET_CELLS", 50)
    rows = [["a", "b"], *([i, 1] for i in range(40))]
    assert "cells" in refused_at_once(write_xlsx(tmp_path / "a.xlsx", {"S": rows}))
    assert "cells" in refused_at_once(write_ods(tmp_path / "a.ods", {"S": rows}))


@pytest.mark.parametrize(("what", "times"), [("columns", 2**31), ("columns", 10**20), ("rows", 2_000_000)])
def test_repetitions_that_would_not_end(tmp_path, write_ods, what, times):
    cell = '<table:table-cell {} office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell>'
    row = "<table:table-row {}>" + cell + "</table:table-row>"
    given = f'table:number-{what}-repeated="{times}"'
    row = row.format("", given) if what == "columns" else row.format(given, "")
    assert what in refused_at_once(write_ods(tmp_path / "a.ods", {"S": [["a", "b"], row]}))


def test_a_statistics_file_that_claims_too_many_cells(tmp_path, monkeypatch):
    pyreadstat.write_sav(pd.DataFrame({"a": [1.0] * 30, "b": [1.0] * 30}), tmp_path / "a.sav")
    monkeypatch.setattr(bounds, "MAX_CELLS", 59)
    assert "60 cells" in refused_at_once(tmp_path / "a.sav")


def test_a_cell_without_an_end(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1," + "x" * 2_700_000 + "\n")
    assert "a cell of more than 131,072 characters" in refused_at_once(tmp_path / "a.csv")
