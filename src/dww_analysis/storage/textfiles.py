"""Delimited text files as tables: the text layer and the survey layouts put together.

A file is decoded, its header rows are understood by `surveys.py`, its body is parsed in one pass by arrow, and each
column becomes numbers, dates or text. Times of survey tools are brought to the time of the Netherlands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.errors import Problem, SourceError, raise_all
from dww_analysis.storage import surveys
from dww_analysis.storage.surveys import HOME_ZONE, Layout
from dww_analysis.storage.tables import Table, number_lines, variables_frame
from dww_analysis.storage.text import Head, decode, parse_body, read_head, sniff_delimiter
from dww_analysis.storage.typed import typed_column

_DELIMITER_WORDS = {"\t": "tab", "tab": "\t", "comma": ",", "semicolon": ";"}


def read_text(
    path: Path,
    *,
    format: str = "auto",
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    structure: str | Path | None = None,
    duplicate_names: str = "stop",
    dates: bool = True,
    absent: Sequence[str] = (),
) -> Table:
    """The table of a delimited text file.

    `format` "auto" recognises the layout; "csv", "tsv", "qualtrics", "limesurvey", "castor" or "formdesk" says it.
    `structure`: the .lss file of a LimeSurvey export, beside the data file, for labels and value labels.
    `duplicate_names`: "stop" refuses two columns of one name, "number" adds .2, .3, ... to the later ones.
    `absent`: texts that stand for "no answer" beside numbers, such as NA; they stay, and are listed as missing values.
    """
    table = table_of_bytes(
        path.read_bytes(),
        path.name,
        format=format,
        delimiter=delimiter,
        decimal=decimal,
        encoding=encoding,
        duplicate_names=duplicate_names,
        dates=dates,
        absent=absent,
    )
    if structure is None:
        return table
    from dww_analysis.storage.lss import apply_structure

    return apply_structure(table, path.parent / structure, path.name)


def table_of_bytes(
    raw: bytes,
    where: str,
    *,
    format: str = "auto",
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    duplicate_names: str = "stop",
    dates: bool = True,
    absent: Sequence[str] = (),
) -> Table:
    """The table of the bytes of a text file; `where` names it in messages."""
    text, encoding = decode(raw, where, encoding)
    del raw
    if not text.strip():
        raise SourceError.of(
            "the file is empty", where, "a header line and rows of answers", "deliver it again"
        )
    text, said = _without_separator_line(text)
    delimiter = _delimiter(text, delimiter or said, format)
    head = read_head(text, delimiter, where)
    layout = _layout(head, delimiter, format, where)
    if decimal is not None:
        layout = replace(layout, decimal=decimal)
    if absent:
        layout = replace(layout, absent=(*layout.absent, *absent))
    rows = layout.header_rows
    skipped = 1 if said else 0
    columns, lines = parse_body(
        text, head.ends[rows - 1], head.next_lines[rows - 1] + skipped, len(layout.names), delimiter, where
    )
    if not len(lines):
        raise SourceError.of(
            "the file has a header but no rows",
            where,
            "rows of answers",
            "export the file again with its answers",
        )
    note = f"{encoding}, columns separated by {_DELIMITER_WORDS.get(delimiter, delimiter)!r}"
    return _assemble(columns, layout, lines, where, duplicate_names, dates, (note,))


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


def _layout(head: Head, delimiter: str, format: str, where: str) -> Layout:
    look = {
        "auto": surveys.recognise,
        "csv": surveys.plain,
        "tsv": surveys.plain,
        "qualtrics": lambda r, d: surveys.qualtrics(r, d) or surveys.qualtrics_legacy(r, d),
        "limesurvey": surveys.limesurvey,
        "castor": surveys.castor,
        "formdesk": surveys.formdesk,
    }[format]
    layout = look(head.records, delimiter)
    if layout is None:
        raise SourceError.of(
            f"the header rows are not those of a {format} export",
            where,
            f"the layout of {format}",
            "leave `format` out so that the layout is recognised, or export the file again",
        )
    if len(head.records) < layout.header_rows:
        raise SourceError.of(
            "header rows are missing", where, f"{layout.header_rows} header rows", "export again"
        )
    return layout


def _assemble(
    columns: Sequence[Any],
    layout: Layout,
    lines: np.ndarray,
    where: str,
    duplicate_names: str,
    dates: bool,
    notes: tuple[str, ...],
) -> Table:
    names, kept = settled_names(layout.names, [_is_blank(c) for c in columns], where, duplicate_names)
    data: dict[str, pd.Series] = {}
    types: dict[str, str] = {}
    for name, position in zip(names, kept, strict=True):
        is_system = layout.names[position] in layout.system
        absent = () if is_system else layout.absent
        data[name], types[name] = typed_column(columns[position], layout.decimal, absent, dates)
    notes += (layout.note,) if layout.note else ()
    notes += _comma_note(
        [n for n, p in zip(names, kept, strict=True) if types[n] == "number" and _has_comma(columns[p])]
    )
    notes += _convert_zones(data, types, layout, where)
    frame = pd.DataFrame(data, copy=False)
    labels = {n: layout.labels.get(layout.names[p], "") for n, p in zip(names, kept, strict=True)}
    missing = _missing_values(frame, types, layout)
    variables = variables_frame(names, labels, types, missing_values=missing)
    return Table(
        number_lines(frame, lines), variables, layout.format, notes + _answers_note(frame, layout), lines
    )


def _has_comma(column: Any) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring(column, ",")).as_py())


def _comma_note(names: list[str]) -> tuple[str, ...]:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (f"decimal comma in {', '.join(names[:5])}{more}",) if names else ()


def _is_blank(column: Any) -> bool:
    import pyarrow.compute as pc

    return not pc.any(pc.not_equal(pc.utf8_trim_whitespace(column), "")).as_py()


def settled_names(
    names: Sequence[str], blank: Sequence[bool], where: str, duplicate_names: str = "stop"
) -> tuple[list[str], list[int]]:
    """Column names that are filled and unique, and the positions of the columns that are kept.

    A column without a name and without a value is left out (spreadsheets add them); with values it is refused.
    """
    kept = [i for i, name in enumerate(names) if name or not blank[i]]
    problems = [
        Problem(
            f"column {i + 1} has values but no name",
            f"{where}, header",
            "a name above every column",
            "name the column, or remove it, in the program that made the file",
        )
        for i in kept
        if not names[i]
    ][:10]
    result: list[str] = []
    seen: dict[str, list[int]] = {}
    for i in kept:
        seen.setdefault(names[i], []).append(i + 1)
        count = len(seen[names[i]])
        result.append(names[i] if count == 1 or duplicate_names != "number" else f"{names[i]}.{count}")
    twice = {name: at for name, at in seen.items() if name and len(at) > 1}
    if duplicate_names != "number":
        problems += [
            Problem(
                f"the column name {name!r} occurs {len(at)} times (columns {', '.join(map(str, at[:6]))})",
                f"{where}, header",
                "column names that differ",
                "rename them at the source, or declare options: {duplicate_names: number} in sources.yaml",
            )
            for name, at in list(twice.items())[:10]
        ]
    raise_all(problems, SourceError)
    return result, kept


def _convert_zones(
    data: dict[str, pd.Series], types: dict[str, str], layout: Layout, where: str
) -> tuple[str, ...]:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    converted = []
    for name, zone in layout.zones.items():
        if name not in data or types[name] not in ("date", "datetime"):
            continue
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SourceError.of(
                f"the time zone {zone[:40]!r} is not known",
                f"{where}, column {name}",
                "a name of a zone",
                "export again",
            ) from error
        clock = data[name].dt.tz_localize(
            zone, ambiguous=np.zeros(len(data[name]), bool), nonexistent="shift_forward"
        )
        data[name], types[name] = clock.dt.tz_convert(HOME_ZONE), "datetime"
        converted.append(zone)
    zones = ", ".join(sorted(set(converted)))
    return (f"clock times converted from {zones} to {HOME_ZONE}",) if converted else ()


def _missing_values(frame: pd.DataFrame, types: dict[str, str], layout: Layout) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name in frame.columns:
        if name in layout.system or types[name] != "number":
            continue
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column):
            codes: list[Any] = [code for code in layout.missing_codes if (column == code).any()]
        else:
            codes = [text for text in layout.absent if (column == text).any()]
        if codes:
            found[name] = codes
    return found


def _answers_note(frame: pd.DataFrame, layout: Layout) -> tuple[str, ...]:
    if layout.format == "qualtrics" and "Finished" in frame:
        as_words = frame["Finished"].astype(str).str.lower().isin(["true", "false"]).any()
        return ("answers are exported as labels",) if as_words else ("answers are exported as values",)
    return ()
