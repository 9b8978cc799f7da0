"""Files of SPSS, Stata and SAS as tables, through pyreadstat: labels, user-missing codes and dates survive.

Codes stay codes (labels are facts about a column, never its content), user-missing codes stay in the data beside
the declaration that they are missing, and dates are converted here because SPSS dates start in 1582.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.errors import SourceError
from dww_analysis.storage.bounds import MAX_CELLS, refuse_cells, refuse_width
from dww_analysis.storage.tables import Table, number_lines, type_of, variables_frame

_SPSS_EPOCH = np.datetime64("1582-10-14", "s")
_SPSS_DATES = ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR")
_SPSS_CLOCKS = ("DATETIME", "YMDHMS")
_SPSS_TIMES = ("TIME", "DTIME", "MTIME")
_READERS = {
    "sav": "read_sav",
    "zsav": "read_sav",
    "por": "read_por",
    "dta": "read_dta",
    "sas7bdat": "read_sas7bdat",
    "xpt": "read_xport",
}
# 2 January of the year 2 and 31 December 9999, in seconds of SPSS
_TIMESTAMPS = (-49_884_595_200.0, 265_621_593_600.0)
_LOST_LETTERS = (
    "codes for no answer (.A to .Z) of a SAS transport file are read as blank; a .sas7bdat keeps them"
)
_LARGEST = 1e13  # seconds that a calendar can hold: some 300 000 years
_MOMENTS = ("date", "datetime")
_USER_MISSING = ("sav", "zsav", "dta", "sas7bdat")
_SPSS = ("sav", "zsav", "por")


def read_statistics(
    path: Path, format: str, encoding: str | None = None, catalog: str | None = None
) -> Table:
    """The table of a .sav, .zsav, .por, .dta, .sas7bdat or .xpt file.

    `catalog`: the .sas7bcat file with value labels, beside a .sas7bdat file. A file that is cut off is refused.
    """
    columns, meta = _read(path, format, encoding, catalog)
    rows = len(next(iter(columns.values()))) if columns else 0
    _refuse_incomplete(path, format, rows)
    if not columns:
        raise SourceError.of(
            found="the file has no columns",
            where=path.name,
            expected="a table of answers",
            action="export the file again",
        )
    if not rows:
        raise SourceError.of(
            found="the file has columns but no rows",
            where=path.name,
            expected="rows of answers",
            action="export the file again with its answers",
        )
    data, types = _converted(columns, meta, format, path.name)
    lines = np.arange(1, rows + 1)
    variables = variables_frame(
        list(data),
        {n: label for n, label in meta.column_names_to_labels.items() if label},
        types,
        _typed_labels(meta.variable_value_labels, data, types, format),
        *_missing(meta, data, types, format),
    )
    note = f"{format} file in {meta.file_encoding or encoding or 'an unnamed encoding'}"
    notes = (note, *((_LOST_LETTERS,) if format == "xpt" else ()))
    return Table(number_lines(pd.DataFrame(data, copy=False), lines), variables, format, notes, lines)


def _read(
    path: Path, format: str, encoding: str | None, catalog: str | None
) -> tuple[dict[str, pd.Series], Any]:
    import pyreadstat

    options: dict[str, Any] = {}
    if encoding is not None:
        options["encoding"] = encoding
    if format in _USER_MISSING:
        options["user_missing"] = True
    if format in _SPSS:
        options["disable_datetime_conversion"] = True
    if catalog is not None and format == "sas7bdat":
        options["catalog_file"] = _readable(path.parent / catalog)
    reader = getattr(pyreadstat, _READERS[format])
    try:
        limit = _bounded(reader, path, {k: v for k, v in options.items() if k == "encoding"})
        frame, meta = reader(str(path), row_limit=limit + 1, **options)
        refuse_cells(len(frame) * max(len(frame.columns), 1), path.name)
        return {name: frame[name] for name in frame.columns}, meta
    except SourceError:
        raise
    except UnicodeError as error:
        raise _refusal(path, format, "its texts are in another encoding than it says", "encoding") from error
    except Exception as error:  # pyreadstat lets any error of damaged bytes through
        reason = str(error)
        if "encod" in reason.lower() or "convert" in reason.lower():
            raise _refusal(
                path, format, "its texts are in another encoding than it says", "encoding"
            ) from error
        raise _refusal(
            path, format, "it is cut off, damaged or of another kind than its name says", ""
        ) from error


def _bounded(reader: Any, path: Path, options: dict[str, Any]) -> int:
    """How many rows the file may have at most; one that says that it has more is refused before they are read."""
    _, meta = reader(str(path), metadataonly=True, **options)
    columns = max(int(meta.number_columns or 0), 1)
    refuse_width(columns, path.name)
    refuse_cells(int(meta.number_rows or 0) * columns, path.name)
    return MAX_CELLS // columns


def _readable(path: Path) -> str:
    try:
        with open(path, "rb"):
            return str(path)
    except OSError as error:
        raise SourceError.of(
            found="the catalog cannot be opened",
            where=path.name,
            expected="a .sas7bcat file beside the data, that may be read",
            action="check options: {catalog: ...} and the permissions of the file",
        ) from error


def _refusal(path: Path, format: str, reason: str, option: str) -> SourceError:
    action = "ask for the file again, or export it again"
    if option:
        action = "declare options: {encoding: windows-1252} (or another) for this file in sources.yaml"
    return SourceError.of(
        found=f"the file cannot be read: {reason}",
        where=path.name,
        expected=f"a whole .{format} file",
        action=action,
    )


def _refuse_incomplete(path: Path, format: str, rows: int) -> None:
    """A file that was cut off, where its format tells: SPSS counts its cases, Stata closes its last tag, SAS
    transport files are made of cards of 80 bytes."""
    size = path.stat().st_size
    with open(path, "rb") as handle:
        header = handle.read(84)
        handle.seek(max(0, size - 32))
        end = handle.read()
    found = ""
    if format in ("sav", "zsav"):
        order = "<" if header[64:68] in (b"\2\0\0\0", b"\3\0\0\0") else ">"
        (declared,) = struct.unpack(order + "i", header[80:84])
        if declared >= 0 and declared != rows:
            found = f"the file says it has {declared} rows, but {rows} can be read"
    elif format == "dta" and header.startswith(b"<stata_dta>") and not end.rstrip().endswith(b"</stata_dta>"):
        found = "the end of the file is not there"
    elif format == "xpt" and size % 80:
        found = "the file ends in the middle of a record"
    if found:
        raise SourceError.of(
            found=found,
            where=path.name,
            expected="a whole file",
            action="ask for the file again, or export it again",
        )


def _missing(
    meta: Any, data: Mapping[str, pd.Series], types: Mapping[str, str], format: str
) -> tuple[dict[str, list[Any]], dict[str, list[tuple[Any, Any]]]]:
    """Codes and ranges of codes for "no answer", each in the type of its column: a date for a date.

    Of a range of moments, the moments that occur are listed as codes as well.
    """
    values: dict[str, list[Any]] = {n: list(v) for n, v in (meta.missing_user_values or {}).items()}
    ranges: dict[str, list[tuple[Any, Any]]] = {}
    declared = {n: r for n, r in (meta.missing_ranges or {}).items() if n in types}
    for name, found in declared.items():
        for item in found:
            low, high = (_in_type(item[end], types[name], format) for end in ("lo", "hi"))
            if low == high:
                values.setdefault(name, []).append(low)
            else:
                ranges.setdefault(name, []).append((low, high))
                if types[name] in _MOMENTS:
                    inside = data[name][(data[name] >= low) & (data[name] <= high)]
                    values.setdefault(name, []).extend(sorted(set(inside)))
    return values, ranges


def _typed_labels(
    labels: Mapping[str, Mapping[Any, str]], data: Mapping[str, Any], types: Mapping[str, str], format: str
) -> dict[str, dict[Any, str]]:
    """Value labels with their codes in the type of the column."""
    return {
        name: {_in_type(code, types[name], format): text for code, text in found.items()}
        for name, found in labels.items()
        if name in data
    }


def _in_type(code: Any, kind: str, format: str) -> Any:
    """A code as a value of its column: seconds of SPSS as a moment or a time, texts without padding."""
    if isinstance(code, str):
        return code.rstrip()
    if format not in _SPSS or kind not in (*_MOMENTS, "time") or code != code:
        return code
    seconds = np.clip(np.array([code], dtype="float64"), *_TIMESTAMPS)  # "lowest" and "highest" are no dates
    column = _spss_time(seconds) if kind == "time" else _spss_clock(seconds)
    return column.iloc[0]


def _converted(
    columns: Mapping[str, Any], meta: Any, format: str, where: str
) -> tuple[dict[str, Any], dict[str, str]]:
    data: dict[str, Any] = {}
    types: dict[str, str] = {}
    for name, values in columns.items():
        written_as = str(meta.original_variable_types.get(name, ""))
        try:
            is_spss = format in _SPSS
            data[name], types[name] = _spss_column(values, written_as) if is_spss else _other_column(values)
        except (OverflowError, ValueError) as error:
            raise SourceError.of(
                found="a date or time that no calendar holds",
                where=f"{where}, column {name}",
                expected="dates and times that exist",
                action="correct it at its source and export the file again",
            ) from error
        lettered = name in (meta.missing_user_values or {})  # only numbers can have lettered missing codes
        if lettered and format not in _SPSS and types[name] == "text":
            types[name] = "number"
    return data, types


def _spss_column(values: pd.Series, written_as: str) -> tuple[pd.Series, str]:
    letters = written_as.rstrip("0123456789.")
    if pd.api.types.is_numeric_dtype(values):
        for names, kind, convert in (
            (_SPSS_CLOCKS, "datetime", _spss_clock),
            (_SPSS_DATES, "date", _spss_clock),
            (_SPSS_TIMES, "time", _spss_time),
        ):
            if letters in names:
                return convert(values.to_numpy(dtype="float64")), kind
        return values, "number"
    return _text(values), "text"


def _spss_clock(seconds: np.ndarray) -> pd.Series:
    """Seconds since 14 October 1582, the first day of the calendar SPSS counts in, as a moment."""
    known = _known(seconds)
    whole = np.where(known, np.round(np.where(known, seconds, 0)), 0).astype("int64").astype("timedelta64[s]")
    return pd.Series(np.where(known, _SPSS_EPOCH + whole, np.datetime64("NaT", "s")))


def _spss_time(seconds: np.ndarray) -> pd.Series:
    known = _known(seconds)
    whole = np.round(np.where(known, seconds, 0) * 1000).astype("int64").astype("timedelta64[ms]")
    return pd.Series(np.where(known, whole, np.timedelta64("NaT", "ms")))


def _known(seconds: np.ndarray) -> np.ndarray:
    """Where there is a moment. A number of seconds that no calendar holds is refused."""
    known = np.isfinite(seconds)
    if (np.isinf(seconds) | (known & (np.abs(np.where(known, seconds, 0)) > _LARGEST))).any():
        raise OverflowError("a moment that no calendar holds")
    return known


def _text(values: pd.Series) -> pd.Series:
    """Texts without the blanks that fixed-width columns pad them with; a blank text is absent."""
    column = values.astype("str").where(values.notna(), None).str.rstrip()
    return column.mask(column == "")


def _other_column(values: pd.Series) -> tuple[pd.Series, str]:
    from datetime import date, datetime, time

    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return values, type_of(values)
    kinds = {type(v) for v in values if v is not None and v == v}
    if kinds & {date, datetime} and kinds <= {date, datetime, str}:
        return _moments(values, kinds), "datetime" if datetime in kinds else "date"
    if kinds & {time}:
        return values, "time"
    if kinds & {float, int}:  # numbers beside lettered missing codes, e.g. Stata's .a
        return values, "number"
    return _text(values), "text"


def _moments(values: pd.Series, kinds: set[type]) -> pd.Series:
    """Moments; beside lettered missing codes they are Timestamps in a column of objects."""
    if str in kinds:
        return pd.Series(
            [v if isinstance(v, str) or v is None or v != v else pd.Timestamp(v) for v in values]
        )
    unit = "ms" if any(type(v).__name__ == "datetime" for v in values) else "s"
    return pd.Series(
        np.array([None if v is None or v != v else v for v in values], dtype=f"datetime64[{unit}]")
    )
