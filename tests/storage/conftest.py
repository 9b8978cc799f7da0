"""Writers of small files, by hand and by other programs' libraries: sheets in both formats, archives."""

import zipfile
from xml.sax.saxutils import escape

import openpyxl
import pytest

_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    "{}</office:spreadsheet></office:body></office:document-content>"
)


def _cell(value):
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, str) and value.startswith("<table:"):
        return value
    if isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def ods_bytes_of(sheets):
    body = ""
    for name, rows in sheets.items():
        lines = [
            row if isinstance(row, str) else f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>"
            for row in rows
        ]
        body += f'<table:table table:name="{name}">{"".join(lines)}</table:table>'
    return _ODS.format(body)


@pytest.fixture
def write_ods():
    """Write {sheet: rows} as .ods; a row or a cell may be given as XML."""

    def write(path, sheets):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            archive.writestr("content.xml", ods_bytes_of(sheets))
        return path

    return write


@pytest.fixture
def write_xlsx():
    """Write {sheet: rows} as .xlsx through openpyxl; `merged`: ranges of the first sheet; `hidden`: sheets."""

    def write(path, sheets, merged=(), hidden=()):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(list(row))
            if name in hidden:
                sheet.sheet_state = "hidden"
        for cells in merged:
            book.worksheets[0].merge_cells(cells)
        book.save(path)
        return path

    return write


@pytest.fixture
def write_rows(write_ods, write_xlsx):
    """Write rows as .csv, .tsv, .xlsx or .ods, by the suffix."""

    def write(path, rows):
        if path.suffix == ".ods":
            return write_ods(path, {"Blad1": rows})
        if path.suffix == ".xlsx":
            return write_xlsx(path, {"Blad1": rows})
        import csv

        with open(path, "w", newline="", encoding="utf-8") as handle:
            mark = "\t" if path.suffix == ".tsv" else ","
            csv.writer(handle, delimiter=mark).writerows([["" if c is None else c for c in r] for r in rows])
        return path

    return write


@pytest.fixture
def write_zip():
    """Write {name: bytes} as a ZIP."""

    def write(path, members):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        return path

    return write
