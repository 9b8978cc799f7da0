"""Writing SPSS files with labels, with repeating bytes: the date in the header is fixed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.errors import SourceError
from dww_analysis.storage.save import save_bytes

# In the header of a .sav file: creation date (9 bytes) and time (8 bytes). Before them, at 84, stands the bias of
# compressed numbers, which readers need.
_DATE_AT, _TIME_AT = 92, 101


def write_sav(
    frame: pd.DataFrame,
    path: str | Path,
    labels: Mapping[str, str] | None = None,
    value_labels: Mapping[str, Mapping[Any, str]] | None = None,
    missing: Mapping[str, list[Any]] | None = None,
) -> Path:
    """Write `frame` as a .sav file with variable labels, value labels and user-missing codes, atomically.

    `labels`: column -> label; `value_labels`: column -> {value: label}; `missing`: column -> codes (or
    {"lo": ..., "hi": ...} ranges), at most three. Category and true/false columns are written as text and 0/1. The
    date in the header is fixed at 1 January 1980, so that the same frame gives the same bytes.
    """
    import pyreadstat

    plain = _plain(frame)
    with tempfile.TemporaryDirectory() as folder:
        beside = Path(folder) / "out.sav"
        try:
            pyreadstat.write_sav(
                plain,
                str(beside),
                column_labels=[(labels or {}).get(c, "")[:255] or None for c in plain.columns],
                variable_value_labels={
                    c: dict(v) for c, v in (value_labels or {}).items() if c in plain and v
                },
                missing_ranges={c: list(v) for c, v in (missing or {}).items() if c in plain and v},
            )
        except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
            raise SourceError.of(
                found=f"the table cannot be written as SPSS ({error})",
                where=Path(path).name,
                expected="column names of SPSS: a letter first, then letters, digits, _ . $ # @, at most 64 bytes",
                action="rename the columns",
            ) from error
        content = beside.read_bytes()
    return save_bytes(fixed_date(content), path)


def fixed_date(content: bytes) -> bytes:
    """The bytes of a .sav file with its creation moment set to 01 Jan 80, 00:00:00."""
    return content[:_DATE_AT] + b"01 Jan 80" + b"00:00:00" + content[_TIME_AT + 8 :]


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_bool_dtype(column):
            columns[name] = column.astype("float64")
        elif pd.api.types.is_numeric_dtype(column):
            columns[name] = column.to_numpy(dtype="float64", na_value=np.nan)
        elif pd.api.types.is_datetime64_any_dtype(column):
            columns[name] = column.dt.tz_localize(None) if column.dt.tz is not None else column
        else:
            columns[name] = ["" if pd.isna(value) else str(value) for value in column.astype(object)]
    return pd.DataFrame(columns)
