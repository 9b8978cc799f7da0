"""What a reader returns: the data as delivered, one row of facts about each column, and how the file was understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

VARIABLE_COLUMNS = ("name", "label", "type", "value_labels", "missing_values", "missing_ranges")


@dataclass(frozen=True, eq=False)
class Table:
    """One delivered file as a table.

    `data`: one column a variable, codes as delivered, user-missing codes kept. Index 0, 1, 2, ...
    `variables`: one row a column of `data`: name; label (text); type ("number", "text", "date", "datetime",
    "time"); value_labels (dict of code to label); missing_values (list of codes that mean "no answer");
    missing_ranges (list of (low, high) of such codes, ends included).
    `format`: the name in the table of formats. `notes`: what was recognised or converted, in words.
    `lines`: for each row of `data`, the line (row of the sheet, case number) in the delivered file.
    `recognised`: what was found by itself or declared, by the name of the option: delimiter, encoding, sheet, member,
    header_line (from 1), header_rows.
    """

    data: pd.DataFrame
    variables: pd.DataFrame
    format: str
    notes: tuple[str, ...] = ()
    lines: np.ndarray = field(default_factory=lambda: np.empty(0, dtype="int64"))
    recognised: Mapping[str, Any] = field(default_factory=dict)


def variables_frame(
    names: Sequence[str],
    labels: Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    value_labels: Mapping[str, Mapping[Any, str]] | None = None,
    missing_values: Mapping[str, Sequence[Any]] | None = None,
    missing_ranges: Mapping[str, Sequence[tuple[float, float]]] | None = None,
) -> pd.DataFrame:
    """The `variables` of a `Table`; whatever is not known of a column is empty."""
    labels, types = labels or {}, types or {}
    value_labels, missing_values = value_labels or {}, missing_values or {}
    missing_ranges = missing_ranges or {}
    return pd.DataFrame(
        {
            "name": list(names),
            "label": [labels.get(n) or "" for n in names],
            "type": [types.get(n, "text") for n in names],
            "value_labels": [dict(value_labels.get(n, {})) for n in names],
            "missing_values": [list(missing_values.get(n, ())) for n in names],
            "missing_ranges": [list(missing_ranges.get(n, ())) for n in names],
        },
        columns=list(VARIABLE_COLUMNS),
    )


def type_of(column: pd.Series) -> str:
    """The `type` of a column by its values."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        return "number"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "datetime"
    if pd.api.types.is_timedelta64_dtype(column):
        return "time"
    return "text"


def number_lines(data: pd.DataFrame, lines: np.ndarray) -> pd.DataFrame:
    """`data` with the line of its first row noted in `attrs`, for readers of `data` alone."""
    data.attrs["first_line"] = int(lines[0]) if len(lines) else 1
    return data
