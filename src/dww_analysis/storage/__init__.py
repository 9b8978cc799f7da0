"""The only room that opens data files: readers of delivered files, and saving and loading of our own.

The public names are loaded on first use, because readers bring heavy libraries with them.
"""

from __future__ import annotations

from dww_analysis.lazy import lazily

_HOME = {
    "Table": "tables",
    "read_table": "readers",
    "read_lines": "lines",
    "formats": "readers",
    "OptionNeeded": "needs",
    "needed_options": "look",
    "option_problems": "register",
    "options_of": "register",
    "file_words": "surroundings",
    "formula_cells": "formulas",
    "save_frame": "save",
    "save_table": "declared",
    "load_table": "declared",
    "load_frame": "save",
    "save_json": "save",
    "load_json": "save",
    "save_text": "save",
    "save_bytes": "save",
    "load_bytes": "save",
    "save_parts": "parts",
    "load_parts": "parts",
    "sha256_of": "save",
    "whole_folder": "folders",
    "write_sav": "spss",
    "delivered_path": "delivered",
    "verify_checksum": "delivered",
    "is_dictionary": "dictionary",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazily(__name__, _HOME)
