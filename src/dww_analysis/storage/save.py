"""Saving and loading of the pipeline's own tables, texts and bytes, atomically and with repeating bytes.

A file is written beside its place and then renamed, so that a killed run leaves the old file or the new one,
never half of one. The same content gives the same bytes: no clock time, fixed order of keys, fixed rounding.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.errors import SourceError
from dww_analysis.opened import note

FLOAT_FORMAT = "%.10g"  # ten significant digits: more than any estimate is known to, and the same everywhere
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # a text cell that starts so is run by spreadsheets
_NEUTRALISED = tuple("'" + start for start in FORMULA_STARTS)
_CHUNK = 1 << 20


def save_bytes(content: bytes, path: str | Path) -> Path:
    """Write `content` to `path`: beside it (suffix .tmp), flushed to disk, then renamed. Makes folders."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".tmp")
    try:
        with open(beside, "wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(beside, path)
    except OSError:  # such as a full disk: no half file stays
        beside.unlink(missing_ok=True)
        raise
    return path


def save_text(text: str, path: str | Path) -> Path:
    """Write `text` as UTF-8 with "\\n" line ends, atomically."""
    return save_bytes(text.replace("\r\n", "\n").encode("utf-8"), path)


def save_json(value: Any, path: str | Path) -> Path:
    """Write `value` as JSON: sorted keys, indent 2, null for NaN and infinity, numpy scalars plain."""
    text = json.dumps(
        _plain(value), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False, default=_plain_scalar
    )
    return save_text(text + "\n", path)


def load_json(path: str | Path) -> Any:
    """The value of a JSON file; a `SourceError` when it is not JSON."""
    note(path)
    try:
        return json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError) as error:
        raise SourceError.of(
            found="the file is not valid JSON",
            where=Path(path).name,
            expected="a JSON file",
            action="make the file again",
        ) from error


def load_bytes(path: str | Path) -> bytes:
    """The content of a file as it is."""
    note(path)
    return Path(path).read_bytes()


def save_frame(frame: pd.DataFrame, path: str | Path) -> Path:
    """Write a table as .parquet or .csv, by the suffix of `path`. The index is not written.

    CSV: UTF-8, "\\n", "," and decimal point, ten significant digits, absent values empty, ISO dates; a text that
    a spreadsheet would run as a formula gets an apostrophe in front (and loses it again in `load_frame`).
    """
    path = Path(path)
    return save_bytes(_by_suffix(_WRITERS, path)(frame), path)


def load_frame(path: str | Path, **options: Any) -> pd.DataFrame:
    """The table that `save_frame` wrote. `options` go to pandas, e.g. columns= (parquet) or dtype= (csv).

    CSV cannot tell an empty text from an absent one: in a column of text both come back as "". A column
    without any value comes back as NaN.
    """
    path = Path(path)
    note(path)
    return _by_suffix(_READERS, path)(path, options)


def sha256_of(path: str | Path) -> str:
    """The SHA-256 checksum of a file, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        while block := handle.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def neutralise(text: pd.Series) -> pd.Series:
    """A column of texts with an apostrophe before what a spreadsheet would run as a formula; other values unchanged."""
    if pd.api.types.is_numeric_dtype(text) or pd.api.types.is_datetime64_any_dtype(text):
        return text
    return _mapped(text, lambda t: "'" + t if isinstance(t, str) and t.startswith(FORMULA_STARTS) else t)


def _restored(text: Any) -> Any:
    """A text without the apostrophe of `neutralise`."""
    return text[1:] if isinstance(text, str) and text.startswith(_NEUTRALISED) else text


def _mapped(text: pd.Series, change: Any) -> pd.Series:
    """Apply `change` to the distinct values only, and only touch the column when one of them changes."""
    distinct = [value for value in pd.unique(text.astype(object)) if isinstance(value, str)]
    changed = {value: change(value) for value in distinct if change(value) != value}
    if not changed:
        return text
    plain = text.astype(object)
    return plain.where(~plain.isin(list(changed)), plain.map(changed))


def _to_csv(frame: pd.DataFrame) -> bytes:
    safe = pd.DataFrame({i: neutralise(frame.iloc[:, i]) for i in range(frame.shape[1])}, index=frame.index)
    safe.columns = neutralise(pd.Series([str(c) for c in frame.columns], dtype=object)).tolist()
    text = safe.to_csv(index=False, float_format=FLOAT_FORMAT, lineterminator="\n")
    return text.encode("utf-8")


def _from_csv(path: Path, options: Mapping[str, Any]) -> pd.DataFrame:
    choices = {"keep_default_na": False, "na_values": [""], "float_precision": "round_trip"} | dict(options)
    try:
        frame = pd.read_csv(path, **choices)
    except pd.errors.EmptyDataError as error:
        raise SourceError.of(
            found="the file is empty",
            where=path.name,
            expected="a table with a header line",
            action="make the file again",
        ) from error
    frame.columns = [_restored(name) for name in frame.columns]
    for name in frame.columns[[_is_text(dtype) for dtype in frame.dtypes]]:
        frame[name] = _mapped(frame[name].fillna(""), _restored)
    return frame


def _is_text(dtype: Any) -> bool:
    return isinstance(dtype, pd.StringDtype) or dtype.kind == "O"


def _to_parquet(frame: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.reset_index(drop=True).to_parquet(buffer, engine="pyarrow", index=False, compression="zstd")
    return buffer.getvalue()


def _from_parquet(path: Path, options: Mapping[str, Any]) -> pd.DataFrame:
    import pyarrow

    try:
        return pd.read_parquet(path, engine="pyarrow", **options)
    except pyarrow.ArrowInvalid as error:
        raise SourceError.of(
            found="the file is not readable parquet",
            where=path.name,
            expected="a table made by this pipeline",
            action="make it again",
        ) from error


_WRITERS = {".csv": _to_csv, ".parquet": _to_parquet}
_READERS = {".csv": _from_csv, ".parquet": _from_parquet}


def _by_suffix(table: Mapping[str, Any], path: Path) -> Any:
    if path.suffix not in table:
        raise SourceError.of(
            found=f"the file name ends in {path.suffix or 'nothing'!r}",
            where=path.name,
            expected="one of " + ", ".join(table),
            action="choose one of these endings",
        )
    return table[path.suffix]


def _plain(value: Any) -> Any:
    """`value` with text keys, lists for sequences and sets, and null for what JSON cannot say."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted(_plain(inner) for inner in value)
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    return _plain_scalar(value)


def _plain_scalar(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float | bool):
        return str(value) if isinstance(value, str) else value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
