"""Delimited text files as tables: the text layer and the survey layouts put together.

A file is decoded, its quotes are brought to one spelling, its header rows are understood, its body is parsed in one
pass by arrow, and each column becomes numbers, dates or text (`columns.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dww_analysis.errors import SourceError
from dww_analysis.storage.bounds import MAX_TEXT_BYTES, refuse_above, refuse_cells, refuse_width
from dww_analysis.storage.columns import Body, Reading, assemble, understood
from dww_analysis.storage.headers import LOOKED_AT, find_header, refuse_second_row
from dww_analysis.storage.layouts import tool_layout
from dww_analysis.storage.quotes import standard_quotes
from dww_analysis.storage.surveys import Layout
from dww_analysis.storage.tables import Table
from dww_analysis.storage.text import Head, decode, parse_body, read_head, sniff_delimiter

_DELIMITER_WORDS = {"\t": "tab", "tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def read_text(path: Path, *, format: str = "auto", **options: Any) -> Table:
    """The table of a delimited text file.

    `format` "auto" recognises the layout; "csv", "tsv", "qualtrics", "limesurvey", "redcap", "castor" or "formdesk"
    says it. `options`: those of the table of formats.
    """
    size = path.stat().st_size
    refuse_above(size, MAX_TEXT_BYTES, "bytes of text", path.name, "export as .sav, or only the columns used")
    return table_of_bytes(path.read_bytes(), path.name, format=format, **options)


def table_of_bytes(raw: bytes, where: str, **options: Any) -> Table:
    """The table of the bytes of a text file; `where` names it in messages. `options`: those of a `Reading`."""
    reading = Reading(**options)
    source = _opened(raw, where, reading)
    del raw
    reading = replace(reading, delimiter=source.delimiter)
    head, layout, note = _understood(source, reading, where)
    last = layout.header_rows - 1
    text, start = source.text, head.ends[last]
    _bounded(text, start, len(layout.names), source.delimiter, where)
    columns, lines = parse_body(
        text, start, head.next_lines[last] + source.lines_above, len(layout.names), source.delimiter, where
    )
    if not len(lines):
        raise SourceError.of(
            found="the file has a header but no rows",
            where=where,
            expected="rows of answers",
            action="export the file again with its answers",
        )
    words = _DELIMITER_WORDS.get(source.delimiter, source.delimiter)
    notes = [f"{source.encoding}, columns separated by {words!r}", *filter(None, (source.note, note))]
    recognised = {
        "delimiter": source.delimiter,
        "encoding": source.encoding,
        "header_line": head.lines[0] + source.lines_above,
        "header_rows": layout.header_rows,
    }
    return assemble(Body(columns, lines, where), layout, reading, notes, recognised)


@dataclass(frozen=True)
class _Source:
    """The text of a file from the line on in which the header is looked for."""

    text: str
    encoding: str
    delimiter: str
    lines_above: int
    note: str


def _opened(raw: bytes, where: str, reading: Reading) -> _Source:
    text, encoding = decode(raw, where, reading.encoding)
    if not text.strip():
        raise _empty(where)
    text, said = _without_separator_line(text)
    above = 1 if said else 0
    if reading.header_line is not None:
        text = _from_line(text, reading.header_line - above, reading.header_line, where)
        above = reading.header_line - 1
    delimiter = _delimiter(text, reading.delimiter or said, reading.format)
    text, note = standard_quotes(text, delimiter, where, above)
    return _Source(text, encoding, delimiter, above, note)


def _empty(where: str) -> SourceError:
    return SourceError.of(
        found="the file is empty",
        where=where,
        expected="a header line and rows of answers",
        action="deliver it again",
    )


def _from_line(text: str, line: int, declared: int, where: str) -> str:
    position = 0
    for _ in range(max(line - 1, 0)):
        position = text.find("\n", position) + 1
        if not position:
            break
    if (line > 1 and not position) or not text[position:].partition("\n")[0].strip():
        raise _no_line(declared, where)
    return text[position:]


def _no_line(line: int, where: str) -> SourceError:
    return SourceError.of(
        found=f"line {line} is blank or not there",
        where=where,
        expected="the names of the columns in the line that header_line says (counted from 1)",
        action="correct options: {header_line: ...} in sources.yaml",
    )


def _understood(source: _Source, reading: Reading, where: str) -> tuple[Head, Layout, str]:
    """The first records from the header on, their layout, and what was left out above them."""
    head = read_head(source.text, source.delimiter, where, LOOKED_AT)
    if not head.records:
        raise _empty(where)
    refuse_width(max(map(len, head.records)), where)
    if reading.header_line is not None and head.lines[0] != 1:
        raise _no_line(reading.header_line, where)
    note = ""
    if reading.header_line is None:
        start = find_header(head.records, [n + source.lines_above for n in head.lines], where)
        head, note = head.since(start.record), start.note
    plain = "tsv" if source.delimiter == "\t" else "csv"
    known = reading.header_rows is not None or tool_layout(head.records, source.delimiter) is not None
    if not known:
        refuse_second_row(head.records, where)
    return head, understood(head.records, source.delimiter, reading, where, plain), note


def _bounded(text: str, start: int, width: int, delimiter: str, where: str) -> None:
    refuse_width(width, where)
    lines = text.count("\n", start) + 1
    refuse_cells(min(lines * width, text.count(delimiter, start) + lines), where)


def _without_separator_line(text: str) -> tuple[str, str | None]:
    """The text without the first line "sep=;" that Excel writes and reads, and the delimiter it names."""
    first, _, rest = text.partition("\n")
    said = first.strip().strip('"').lower()
    return (
        (rest, first.strip().strip('"')[4:] or "\t")
        if said.startswith("sep=") and len(said) <= 5
        else (text, None)
    )


def _delimiter(text: str, declared: str | None, format: str) -> str:
    if declared is None:
        return "\t" if format == "tsv" else sniff_delimiter(text)
    return declared if len(declared) == 1 else _DELIMITER_WORDS.get(declared.lower(), declared[:1])
