"""The only room that opens data files: readers of delivered files, and saving and loading of our own.

The public names are loaded on first use, because readers bring heavy libraries with them.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Table": "tables",
    "read_table": "readers",
    "read_lines": "lines",
    "formats": "readers",
    "OptionNeeded": "needs",
    "needed_options": "needs",
    "option_problems": "register",
    "options_of": "register",
    "far_dates": "bounds",
    "save_frame": "save",
    "load_frame": "save",
    "save_json": "save",
    "load_json": "save",
    "save_text": "save",
    "save_bytes": "save",
    "save_workbook": "save",
    "fixed_times": "save",
    "sha256_of": "save",
    "write_sav": "spss",
    "delivered_path": "delivered",
    "verify_checksum": "delivered",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
