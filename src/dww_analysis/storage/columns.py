"""From cells to a `Table`: names settled, columns typed, codes for "no answer" found, moments brought home.

Text files and spreadsheets end here. How the cells were understood before is in their `Layout`; what the user
declared is in a `Reading`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.exposure import HOME_ZONE
from dww_analysis.errors import SourceError
from dww_analysis.storage.headers import joined_layout, settled_names
from dww_analysis.storage.layouts import LAYOUT_READERS
from dww_analysis.storage.surveys import Layout, Records
from dww_analysis.storage.tables import Table, number_lines, variables_frame
from dww_analysis.storage.typed import doubtful_thousands, typed_column


@dataclass(frozen=True)
class Reading:
    """What the user declared about a text file or a sheet; None and "auto" mean: as it shows."""

    format: str = "auto"
    delimiter: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    duplicate_names: str = "stop"
    dates: bool = True
    absent: Sequence[str] = ()
    header_line: int | None = None
    header_rows: int | None = None
    sheet: str | int | None = None


@dataclass(frozen=True)
class Body:
    """The rows of answers: one array of texts (arrow) or list of cells a column, and the line of each row."""

    columns: Sequence[Any]
    lines: np.ndarray
    where: str


def understood(records: Records, delimiter: str, reading: Reading, where: str, plain: str) -> Layout:
    """The layout of the first records: that of a tool, or names in `reading.header_rows` rows. `plain`: csv or tsv."""
    look = LAYOUT_READERS[reading.format]
    layout = look(records, delimiter)
    if layout is None and reading.format not in ("auto", "csv", "tsv"):
        raise SourceError.of(
            found=f"the header rows are not those of a {reading.format} export",
            where=where,
            expected=f"the layout of {reading.format}",
            action="leave `format` out so that the layout is recognised, or export the file again",
        )
    if reading.header_rows is not None and (layout is None or layout.header_rows != reading.header_rows):
        layout = _with_rows(layout, joined_layout(records, reading.header_rows, plain, where), where)
    assert layout is not None  # a plain table always has one
    if len(records) < layout.header_rows:
        raise SourceError.of(
            found="header rows are missing",
            where=where,
            expected=f"{layout.header_rows} header rows",
            action="export again",
        )
    return declared(layout, reading)


def _with_rows(layout: Layout | None, joined: Layout, where: str) -> Layout:
    """A plain layout with the names of the header rows that were declared. The rows of a tool are its own."""
    if layout is None or layout.format in ("csv", "tsv"):
        return joined
    if layout.format == "formdesk":
        return replace(layout, header_rows=joined.header_rows, names=joined.names)
    raise SourceError.of(
        found=f"header_rows: {joined.header_rows} for a file that is an export of {layout.format}",
        where=where,
        expected=f"header_rows: {layout.header_rows}, as in its exports",
        action=f"leave `header_rows` out, or declare format: {joined.format} for a plain table",
    )


def declared(layout: Layout, reading: Reading) -> Layout:
    """The layout with the decimal mark and the texts for "no answer" that the user declared."""
    if reading.decimal is not None:
        layout = replace(layout, decimal=reading.decimal)
    return replace(layout, absent=(*layout.absent, *reading.absent)) if reading.absent else layout


def assemble(
    body: Body,
    layout: Layout,
    reading: Reading,
    notes: Sequence[str],
    recognised: Mapping[str, Any],
) -> Table:
    """The table of typed columns of `body`, with the names and the facts of `layout`."""
    blank = [not name and _is_blank(column) for name, column in zip(layout.names, body.columns, strict=True)]
    names = settled_names(layout.names, blank, body.where, reading.duplicate_names)
    data: dict[str, pd.Series] = {}
    types: dict[str, str] = {}
    for name, position in zip(names.names, names.kept, strict=True):
        data[name], types[name] = _typed(body.columns[position], layout.names[position], layout, reading)
    places = dict(zip(names.names, names.kept, strict=True))
    said = [*notes, *names.notes, *((layout.note,) if layout.note else ())]
    said += _comma_notes({n: body.columns[p] for n, p in places.items()}, types, reading.thousands)
    said += _convert_zones(data, types, layout, body.where)
    frame = pd.DataFrame(data, copy=False)
    theirs = {n: layout.names[p] for n, p in places.items()}
    variables = variables_frame(
        names.names,
        {n: layout.labels.get(t, "") for n, t in theirs.items()},
        types,
        {n: layout.value_labels[t] for n, t in theirs.items() if t in layout.value_labels},
        {n: codes for n in frame.columns if (codes := _missing(frame[n], theirs[n], layout))},
    )
    said += _answers_note(frame, layout)
    return Table(
        number_lines(frame, body.lines), variables, layout.format, tuple(said), body.lines, dict(recognised)
    )


def _typed(column: Any, name: str, layout: Layout, reading: Reading) -> tuple[pd.Series, str]:
    from dww_analysis.storage.cells import typed_cells

    if isinstance(column, list):
        ready = typed_cells(column, () if name in layout.system else layout.absent)
        if ready is not None:
            return ready
        column = _as_texts(column)
    return typed_column(
        column,
        layout.decimal,
        () if name in layout.system else layout.absent,
        reading.dates,
        thousands=reading.thousands,
        comma_file=reading.delimiter == ",",
        not_yet=layout.not_yet,
    )


def _as_texts(cells: list[Any]) -> Any:
    import pyarrow as pa

    from dww_analysis.storage.cells import as_text

    return pa.array([as_text(c) for c in cells], pa.string())


def _is_blank(column: Any) -> bool:
    if isinstance(column, list):
        from dww_analysis.storage.cells import is_empty

        return all(map(is_empty, column))
    import pyarrow.compute as pc

    return not pc.any(pc.not_equal(pc.utf8_trim_whitespace(column), "")).as_py()


def _comma_notes(columns: Mapping[str, Any], types: Mapping[str, str], thousands: str | None) -> list[str]:
    with_comma = {n: c for n, c in columns.items() if not isinstance(c, list) and _has_comma(c)}
    notes = []
    if names := [n for n in with_comma if types[n] == "number"]:
        what = "comma between thousands" if thousands == "," else "decimal comma"
        notes.append(f"{what} in {_listed(names)}")
    if names := [n for n, c in with_comma.items() if types[n] == "text" and doubtful_thousands(_cells(c))]:
        notes.append(
            f"{_listed(names)} stays text: a comma may stand between thousands or be a decimal mark; declare"
            ' options: {thousands: ","} or {decimal: ","}'
        )
    return notes


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _cells(column: Any) -> list[str]:
    return [c.strip() for c in column.unique().to_pylist() if c.strip()]


def _has_comma(column: Any) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring(column, ",")).as_py())


def _convert_zones(
    data: dict[str, pd.Series], types: dict[str, str], layout: Layout, where: str
) -> list[str]:
    converted = []
    for name, zone in layout.zones.items():
        if name in data and pd.api.types.is_datetime64_any_dtype(data[name]):
            data[name] = _at_home(data[name], zone, f"{where}, column {name}")
            types[name] = "datetime"
            converted.append(zone)
    zones = ", ".join(sorted(set(converted)))
    return [f"clock times converted from {zones} to {HOME_ZONE}"] if converted else []


def _at_home(column: pd.Series, zone: str, where: str) -> pd.Series:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SourceError.of(
            found=f"the time zone {zone[:40]!r} is not known",
            where=where,
            expected="a name of a zone",
            action="export again",
        ) from error
    try:
        clock = column.dt.tz_localize(
            zone, ambiguous=np.zeros(len(column), bool), nonexistent="shift_forward"
        )
        return clock.dt.tz_convert(HOME_ZONE)
    except (ValueError, OverflowError) as error:  # a moment outside the calendar
        raise SourceError.of(
            found="a clock time that no calendar holds",
            where=where,
            expected="moments of this age",
            action="export the file again, or declare options: {dates: false} in sources.yaml",
        ) from error


def _missing(column: pd.Series, name: str, layout: Layout) -> list[Any]:
    """The codes of the layout for "no answer" that occur in a column, in the column's own type."""
    if name in layout.system:
        return []
    if pd.api.types.is_datetime64_any_dtype(column):
        return [code for text in layout.missing_dates if (column == (code := pd.Timestamp(text))).any()]
    if pd.api.types.is_numeric_dtype(column):
        return [code for code in layout.missing_codes if (column == code).any()]
    return [text for text in layout.absent if (column == text).any()] if layout.absent else []


def _answers_note(frame: pd.DataFrame, layout: Layout) -> list[str]:
    if layout.format == "qualtrics" and "Finished" in frame:
        as_words = frame["Finished"].astype(str).str.lower().isin(["true", "false"]).any()
        return ["answers are exported as labels" if as_words else "answers are exported as values"]
    return []
