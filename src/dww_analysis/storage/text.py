"""Delimited text as a research team receives it: any encoding, delimiter and decimal mark, line breaks inside cells.

Bytes become text, text becomes records, records become typed columns. What the first records mean (one header row,
or the three of a survey tool) is decided in `surveys.py`. Ragged, binary or mixed-encoding files are refused.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dww_analysis.errors import Problem, SourceError, raise_all

DELIMITERS = (";", ",", "\t", "|")
_SNIFF_CHARACTERS = 1 << 18
_SNIFF_RECORDS = 200
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_SHOWN = 10  # problems of one kind that are listed one by one


@dataclass(frozen=True)
class Head:
    """The first records of a text file: their cells, the line of each, where each ends (characters), the line after."""

    records: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    ends: tuple[int, ...]
    next_lines: tuple[int, ...]

    def since(self, first: int) -> Head:
        """The records from the position `first` on."""
        return Head(self.records[first:], self.lines[first:], self.ends[first:], self.next_lines[first:])


def decode(raw: bytes, where: str, encoding: str | None = None) -> tuple[str, str]:
    """The text of `raw` with "\\n" line ends, and the name of its encoding.

    Without `encoding`: the byte-order mark, then UTF-16 without a mark, then UTF-8, then windows-1252. A file whose
    lines disagree about their encoding, or that holds binary content, is refused.
    """
    if encoding is not None:
        text, name = _decode_as(raw, encoding, where), encoding
    else:
        name = _guess_encoding(raw, where)
        text = _decode_as(raw, name, where)
    if "\0" in text:
        raise _binary(where)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _HALF_CHARACTER.search(text):
        raise SourceError.of(
            found="the text holds half characters (surrogates)",
            where=where,
            expected="whole characters",
            action=(
                "export the file again as UTF-8, or declare another encoding in sources.yaml "
                "(options: {encoding: ...})"
            ),
        )
    return text.lstrip("\ufeff").rstrip("\x1a"), name


def _binary(where: str) -> SourceError:
    return SourceError.of(
        found="the file holds binary content (NUL characters)",
        where=where,
        expected="text",
        action="open the file in the program that made it and export it again as CSV",
    )


def _decode_as(raw: bytes, encoding: str, where: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeError as error:
        raise SourceError.of(
            found=f"the text cannot be read as {encoding}",
            where=where,
            expected=f"text in {encoding}",
            action="export the file again as UTF-8, or declare its encoding in sources.yaml (options: {encoding: ...})",
        ) from error
    except (LookupError, ValueError) as error:
        raise SourceError.of(
            found=f"the encoding {encoding[:40]!r} is not known",
            where=where,
            expected="a name such as utf-8, utf-16 or windows-1252",
            action="correct `encoding` in sources.yaml",
        ) from error


def _guess_encoding(raw: bytes, where: str) -> str:
    if raw.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if raw.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return "utf-32"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    probe = raw[:4096]
    if len(probe) > 3 and probe[1::2].count(0) > 0.4 * len(probe[1::2]):
        return "utf-16-le"
    if len(probe) > 3 and probe[0::2].count(0) > 0.4 * len(probe[0::2]):
        return "utf-16-be"
    if b"\0" in raw:
        raise _binary(where)
    try:
        raw.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        _refuse_mixed(raw, where)
        return "windows-1252"


def _refuse_mixed(raw: bytes, where: str) -> None:
    """Lines in UTF-8 beside lines that are not: two files were pasted together, and either reading garbles one."""
    utf8, other = [], []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            utf8.append(number)
        except UnicodeDecodeError:
            other.append(number)
    if utf8 and other:
        raise SourceError.of(
            found=f"two encodings in one file: lines such as {utf8[0]} are UTF-8, lines such as {other[0]} are not",
            where=where,
            expected="one encoding in the whole file",
            action=(
                "export the file again from its source as UTF-8, or declare the encoding that is "
                "right for all lines"
            ),
        )


def sniff_delimiter(text: str) -> str:
    """The delimiter that splits the first records into the most columns while agreeing on their number."""
    sample = text[:_SNIFF_CHARACTERS]
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        counts = _field_counts(sample, delimiter, whole=len(text) <= _SNIFF_CHARACTERS)
        width, agreeing = Counter(counts).most_common(1)[0] if counts else (0, 0)
        if width > 1:
            score = (round(agreeing / len(counts), 1), width)
            if score > best_score:
                best, best_score = delimiter, score
    return best


def _field_counts(sample: str, delimiter: str, whole: bool) -> list[int]:
    counts: list[int] = []
    try:
        for record in csv.reader(io.StringIO(sample), delimiter=delimiter):
            if record:
                counts.append(len(record))
            if len(counts) > _SNIFF_RECORDS:
                break
    except csv.Error:
        return counts
    return counts if whole or len(counts) < 3 else counts[:-1]  # the sample may end inside a record


def read_head(text: str, delimiter: str, where: str, count: int = 6) -> Head:
    """The first `count` records that are not blank, by the rules of quoted CSV."""
    position = 0

    def lines() -> Iterator[str]:
        nonlocal position
        while position < len(text):
            end = text.find("\n", position)
            end = len(text) if end < 0 else end + 1
            start, position = position, end
            yield text[start:end]

    reader = csv.reader(lines(), delimiter=delimiter)
    records, at, ends, next_lines = [], [], [], []
    line = 1
    try:
        for record in reader:
            start, line = line, reader.line_num + 1
            if any(cell.strip() for cell in record):
                records.append(tuple(record))
                at.append(start)
                ends.append(position)
                next_lines.append(reader.line_num + 1)
            if len(records) == count:
                break
    except csv.Error as error:
        raise SourceError.of(
            found=f"the first lines cannot be split into cells ({_in_words(error)})",
            where=where,
            expected="a header line with the column names",
            action="check the quotes and the delimiter of the export, or declare options: {delimiter: ...}",
        ) from error
    return Head(tuple(records), tuple(at), tuple(ends), tuple(next_lines))


def _in_words(error: csv.Error) -> str:
    return (
        f"a cell of more than {csv.field_size_limit():,} characters"
        if "field limit" in str(error)
        else str(error)
    )


def parse_body(
    text: str, start: int, first_line: int, width: int, delimiter: str, where: str
) -> tuple[list[Any], np.ndarray]:
    """Columns of text (arrow string arrays) of the records from character `start`, and the line of each record.

    Blank lines are left out. Records with another number of cells than `width` are refused, with their lines.
    """
    import pyarrow as pa

    body = text[start:].rstrip("\n")
    if not body.strip():
        return [pa.array([], pa.string()) for _ in range(width)], np.empty(0, dtype="int64")
    if body.count('"') % 2:
        _refuse_open_quote(body, first_line, delimiter, where)
    columns, ragged = _arrow_columns(body.encode("utf-8"), width, delimiter, where)
    if ragged and (trimmed := _without_blank_cells(body, width, delimiter)) is not None:
        columns, ragged = _arrow_columns(trimmed.encode("utf-8"), width, delimiter, where)
    if ragged:
        raise_all(_ragged_problems(body, first_line, width, delimiter, where), SourceError)
    lines = _lines_of(columns, body, first_line)
    return _without_blank(columns, lines)


def _without_blank_cells(body: str, width: int, delimiter: str) -> str | None:
    """The records without blank cells beyond the header (a delimiter at the end of each line); None where that does
    not make them as wide as the header."""
    made = io.StringIO()
    writer = csv.writer(made, delimiter=delimiter, lineterminator="\n")
    try:
        for record in csv.reader(io.StringIO(body, newline=""), delimiter=delimiter):
            if record and (len(record) < width or any(cell.strip() for cell in record[width:])):
                return None
            writer.writerow((record or [""] * width)[:width])
    except csv.Error:
        return None
    return made.getvalue().rstrip("\n")


def _arrow_columns(body: bytes, width: int, delimiter: str, where: str) -> tuple[list[Any], int]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    ragged = 0

    def skip(_: Any) -> str:
        nonlocal ragged
        ragged += 1
        return "skip"

    names = [str(i) for i in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(body),
            read_options=arrow_csv.ReadOptions(
                column_names=names, use_threads=False, block_size=max(1 << 24, width * 64)
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=skip,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise SourceError.of(
            found="the rows cannot be split into cells",
            where=where,
            expected="rows with one delimiter and paired quotes",
            action="check the quotes and the delimiter of the export",
        ) from error
    return table.columns, ragged


def _refuse_open_quote(body: str, first_line: int, delimiter: str, where: str) -> None:
    reader = csv.reader(io.StringIO(body), delimiter=delimiter, strict=True)
    last = 0
    try:
        for _ in reader:
            last = reader.line_num
    except csv.Error as error:
        if "unexpected end" in str(error) or "field larger" in str(error):
            raise SourceError.of(
                found="a quoted cell is opened and never closed",
                where=f"{where}, after line {first_line + last - 1}",
                expected='every " that opens a cell has one that closes it',
                action="the file may be cut off; ask for it again or export it again",
            ) from error


def _ragged_problems(body: str, first_line: int, width: int, delimiter: str, where: str) -> list[Problem]:
    problems: list[Problem] = []
    start, count = first_line, 0
    reader = csv.reader(io.StringIO(body), delimiter=delimiter)
    try:
        for record in reader:
            if record and len(record) != width:
                count += 1
                if count <= _SHOWN:
                    problems.append(_ragged(start, len(record), width, where))
            start = first_line + reader.line_num
    except csv.Error:
        pass
    if count > _SHOWN or not problems:
        problems.append(_ragged(None, 0, width, where, more=max(count - _SHOWN, 1)))
    return problems


def _ragged(line: int | None, cells: int, width: int, where: str, more: int = 0) -> Problem:
    return Problem(
        found=f"{cells} cells" if line else f"{more} more lines with another number of cells",
        where=f"{where}, line {line}" if line else where,
        expected=f"{width} cells, as in the header",
        action=(
            "the file may be cut off or hold an unquoted delimiter; export it again; where "
            "lines above the header are"
            " titles, declare options: {header_line: ...}"
        ),
    )


def _lines_of(columns: Sequence[Any], body: str, first_line: int) -> np.ndarray:
    import pyarrow.compute as pc

    rows = len(columns[0])
    if body.count("\n") + 1 == rows:
        return np.arange(first_line, first_line + rows)
    breaks = np.zeros(rows, dtype="int64")
    for column in columns:
        breaks += pc.count_substring(column, "\n").to_numpy()
    return first_line + np.concatenate([[0], np.cumsum(1 + breaks[:-1])])


def _without_blank(columns: list[Any], lines: np.ndarray) -> tuple[list[Any], np.ndarray]:
    import pyarrow as pa
    import pyarrow.compute as pc

    filled = np.zeros(len(lines), dtype=bool)
    for column in columns:
        filled |= pc.not_equal(column, "").to_numpy(zero_copy_only=False)
        if filled.all():
            return columns, lines
    keep = pa.array(filled)
    return [column.filter(keep) for column in columns], lines[filled]
