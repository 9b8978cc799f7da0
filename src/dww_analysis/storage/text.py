"""Delimited text as a research team receives it: any encoding, delimiter and decimal mark, line breaks inside cells.

Bytes become text, text becomes records, records become typed columns. What the first records mean (one header row,
or the three of a survey tool) is decided in `surveys.py`. Ragged, binary or mixed-encoding files are refused.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.errors import Problem, SourceError, raise_all

DELIMITERS = (";", ",", "\t", "|")
_SNIFF_CHARACTERS = 1 << 18
_SNIFF_RECORDS = 200
_SHOWN = 10  # problems of one kind that are listed one by one
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+|(?:\d+\.\d+)[eE][+-]?\d+)\Z")
_DECIMAL_COMMA = re.compile(r"-?(?:\d+(?:,\d*)?|,\d+)\Z")
_THOUSANDS_COMMA = re.compile(r"-?\d{1,3}(?:\.\d{3})+(?:,\d+)?\Z")
_LEADING_ZERO = re.compile(r"-?0\d")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?\Z")
_DUTCH_DATE = re.compile(r"\d{1,2}-\d{1,2}-\d{4}(?: \d{1,2}:\d{2}(?::\d{2})?)?\Z")
_MAX_DIGITS = 15  # more cannot be held exactly as a number


@dataclass(frozen=True)
class Head:
    """The first records of a text file: their cells, where each ends (characters), and the line after each."""

    records: tuple[tuple[str, ...], ...]
    ends: tuple[int, ...]
    next_lines: tuple[int, ...]


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
    return text.removeprefix("\ufeff").rstrip("\x1a"), name


def _binary(where: str) -> SourceError:
    return SourceError.of(
        "the file holds binary content (NUL characters)",
        where,
        "text",
        "open the file in the program that made it and export it again as CSV",
    )


def _decode_as(raw: bytes, encoding: str, where: str) -> str:
    try:
        return raw.decode(encoding)
    except LookupError as error:
        raise SourceError.of(
            f"the encoding {encoding!r} is not known",
            where,
            "a name such as utf-8, utf-16 or windows-1252",
            "correct `encoding` in sources.yaml",
        ) from error
    except UnicodeError as error:
        raise SourceError.of(
            f"the text cannot be read as {encoding}",
            where,
            f"text in {encoding}",
            "export the file again as UTF-8, or declare its encoding in sources.yaml (options: {encoding: ...})",
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
            f"two encodings in one file: lines such as {utf8[0]} are UTF-8, lines such as {other[0]} are not",
            where,
            "one encoding in the whole file",
            "export the file again from its source as UTF-8, or declare the encoding that is right for all lines",
        )


def sniff_delimiter(text: str) -> str:
    """The delimiter that splits the first records into the most columns while agreeing on their number."""
    sample = text[:_SNIFF_CHARACTERS]
    best, best_score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        counts = _field_counts(sample, delimiter, whole=len(text) <= _SNIFF_CHARACTERS)
        if counts and counts[0] > 1:
            agreement = sum(count == counts[0] for count in counts) / len(counts)
            score = (round(agreement, 1), counts[0])
            if score > best_score:
                best, best_score = delimiter, score
    return best


def _field_counts(sample: str, delimiter: str, whole: bool) -> list[int]:
    counts: list[int] = []
    try:
        for record in csv.reader(sample.splitlines(keepends=True), delimiter=delimiter):
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
    records, ends, next_lines = [], [], []
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                records.append(tuple(record))
                ends.append(position)
                next_lines.append(reader.line_num + 1)
            if len(records) == count:
                break
    except csv.Error as error:
        raise SourceError.of(
            f"the first lines cannot be split into cells ({error})",
            where,
            "a header line with the column names",
            "check the quotes and the delimiter of the export, or declare options: {delimiter: ...}",
        ) from error
    return Head(tuple(records), tuple(ends), tuple(next_lines))


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
    if ragged:
        raise_all(_ragged_problems(body, first_line, width, delimiter, where), SourceError)
    lines = _lines_of(columns, body, first_line)
    return _without_blank(columns, lines)


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
            "the rows cannot be split into cells",
            where,
            "rows with one delimiter and paired quotes",
            "check the quotes and the delimiter of the export",
        ) from error
    return table.columns, ragged


def _refuse_open_quote(body: str, first_line: int, delimiter: str, where: str) -> None:
    reader = csv.reader(body.splitlines(keepends=True), delimiter=delimiter, strict=True)
    last = 0
    try:
        for _ in reader:
            last = reader.line_num
    except csv.Error as error:
        if "unexpected end" in str(error) or "field larger" in str(error):
            raise SourceError.of(
                "a quoted cell is opened and never closed",
                f"{where}, after line {first_line + last - 1}",
                'every " that opens a cell has one that closes it',
                "the file may be cut off; ask for it again or export it again",
            ) from error


def _ragged_problems(body: str, first_line: int, width: int, delimiter: str, where: str) -> list[Problem]:
    problems: list[Problem] = []
    start, count = first_line, 0
    reader = csv.reader(body.splitlines(keepends=True), delimiter=delimiter)
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
        f"{cells} cells" if line else f"{more} more lines with another number of cells",
        f"{where}, line {line}" if line else where,
        f"{width} cells, as in the header",
        "the file may be cut off or hold an unquoted delimiter; export it again",
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


def typed_column(
    column: Any, decimal: str | None, absent: tuple[str, ...] = (), dates: bool = True
) -> tuple[pd.Series, str]:
    """A column of text as numbers, dates or text, and its type.

    It becomes a number only when every filled cell is one and nothing is lost: no leading zeros, at most 15 digits.
    `decimal` is "." or ",", or None for "either, as the column shows". Cells in `absent` (e.g. "N/A") keep their
    text beside the numbers.
    """
    encoded = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    encoded = encoded.dictionary_encode()
    if hasattr(encoded, "num_chunks"):  # depends on the version of arrow
        encoded = encoded.chunk(0)
    distinct = encoded.dictionary.to_pylist()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    filled = [cell.strip() for cell in distinct]
    convert, kind = _conversion([c for c in filled if c and c not in absent], decimal, dates)
    if kind == "number":
        return _numbers(filled, codes, convert, absent), kind
    if kind in ("date", "datetime"):
        times = np.array([convert(c) if c else "NaT" for c in filled], dtype="datetime64[s]")
        return pd.Series(times[codes]), kind
    texts = pd.Series([c if c.strip() else None for c in distinct], dtype="str")
    return texts.take(codes).reset_index(drop=True), "text"


def _numbers(
    filled: list[str], codes: np.ndarray, convert: Callable[[str], Any], absent: tuple[str, ...]
) -> pd.Series:
    values: list[Any] = [None if not c else c if c in absent else convert(c) for c in filled]
    present = np.bincount(codes, minlength=len(values)) > 0 if len(codes) else np.zeros(len(values), bool)
    used = [value for value, there in zip(values, present, strict=True) if there]
    if any(isinstance(value, str) for value in used):
        return pd.Series(np.array([np.nan if v is None else v for v in values], dtype=object)[codes])
    if None not in used and all(float(v).is_integer() for v in used) and not any("." in c for c in filled):
        return pd.Series(np.array([0 if v is None else int(v) for v in values], dtype="int64")[codes])
    return pd.Series(np.array([np.nan if v is None else v for v in values], dtype="float64")[codes])


def _conversion(cells: list[str], decimal: str | None, dates: bool) -> tuple[Callable[[str], Any], str]:
    """How to convert every one of the distinct `cells`, and to what."""
    if not cells:
        return str, "text"
    if decimal != "," and all(_is_number(c, _NUMBER) for c in cells):
        return float, "number"
    if decimal != "." and all(_is_number(c, _DECIMAL_COMMA) for c in cells):
        return lambda c: float(c.replace(",", ".")), "number"
    both_marks = decimal == "," or (decimal is None and any("." in c and "," in c for c in cells))
    if both_marks and all(_is_number(c, _DECIMAL_COMMA) or _THOUSANDS_COMMA.match(c) for c in cells):
        return lambda c: float(c.replace(".", "").replace(",", ".")), "number"
    if dates:
        return _date_conversion(cells)
    return str, "text"


def _is_number(cell: str, pattern: re.Pattern[str]) -> bool:
    return (
        pattern.match(cell) is not None
        and not _LEADING_ZERO.match(cell)
        and ("." in cell or "," in cell or len(cell.lstrip("-")) <= _MAX_DIGITS)
    )


def _date_conversion(cells: list[str]) -> tuple[Callable[[str], Any], str]:
    for pattern, convert in ((_ISO_DATE, _from_iso), (_DUTCH_DATE, _from_dutch)):
        if all(pattern.match(c) for c in cells):
            try:
                for cell in cells:
                    np.datetime64(convert(cell), "s")
            except ValueError:
                return str, "text"
            return convert, "datetime" if any(":" in c for c in cells) else "date"
    return str, "text"


def _from_iso(cell: str) -> str:
    return cell.replace(" ", "T").split(".")[0]


def _from_dutch(cell: str) -> str:
    date, _, time = cell.partition(" ")
    day, month, year = date.split("-")
    hours, *rest = time.split(":") if time else [""]
    return f"{year}-{month:0>2}-{day:0>2}" + (f"T{hours:0>2}:" + ":".join(rest) if time else "")
