"""What came of parts of a job, kept for the job that joins them: arrays with every bit, and plain values."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.errors import SourceError
from dww_analysis.storage.save import load_bytes, save_bytes

Arrays = dict[str, NDArray[Any]]
PLAIN, ARRAY = "plain", "array"  # the file's own member, and the key that stands for one of the others


def save_parts(parts: Mapping[str, Any], path: str | Path) -> Path:
    """Write values by name as .npz, the same bytes for the same values. A value is an array, a number, a text, a bool,
    None, or a list or mapping of such; numbers of numpy come back as Python's, and tuples as lists. TypeError for
    others."""
    arrays: Arrays = {}
    plain = json.dumps(_taken_apart(dict(parts), arrays), ensure_ascii=False)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{PLAIN: np.array(plain)}, **arrays)
    return save_bytes(buffer.getvalue(), path)


def load_parts(path: str | Path) -> dict[str, Any]:
    """The values that `save_parts` wrote; SourceError for another file."""
    try:
        with np.load(io.BytesIO(load_bytes(path)), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        found: dict[str, Any] = _together(json.loads(str(arrays[PLAIN])), arrays)
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise SourceError.of(
            found="the file does not hold parts of a job",
            where=Path(path).name,
            expected="a file that a piece of a job left",
            action="take it away: it is made again",
        ) from error
    return found


def _taken_apart(value: Any, arrays: Arrays) -> Any:
    if isinstance(value, np.ndarray):
        name = f"{ARRAY}{len(arrays)}"
        arrays[name] = value
        return {ARRAY: name}
    if isinstance(value, Mapping):
        return {"of": {str(key): _taken_apart(inner, arrays) for key, inner in value.items()}}
    if isinstance(value, list | tuple):
        return [_taken_apart(inner, arrays) for inner in value]
    return value.item() if isinstance(value, np.generic) else value


def _together(value: Any, arrays: Arrays) -> Any:
    if isinstance(value, list):
        return [_together(inner, arrays) for inner in value]
    if not isinstance(value, dict):
        return value
    if ARRAY in value:
        return arrays[value[ARRAY]]
    return {key: _together(inner, arrays) for key, inner in value["of"].items()}
