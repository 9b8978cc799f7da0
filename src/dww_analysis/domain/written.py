"""How the configuration is written: places left open, and records that are written as they are meant.

A record is declared once, with a sentence and bounds a field; the check of the configuration and its schema read these,
and `config` declares only what is written in another form.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import MISSING, field
from types import MappingProxyType
from typing import Any

WRITTEN: dict[str, Any] = {"extra": "forbid", "allow_inf_nan": False, "str_strip_whitespace": True}
SHARE = {"ge": 0, "le": 1}
LONGEST_MINUTES = 366 * 24 * 60  # a year
OPEN = "?"  # begins a value that waits for somebody who knows
# Where "?" alone waits; elsewhere it is a text.
CODES = ("recode_sets", "recode", "columns", "options", "rows")


def is_open(value: Any, location: Collection[str | int] = ()) -> bool:
    """Whether a value is a place left open: "? " and what has to be filled in, or "?" where codes and columns stand."""
    if not isinstance(value, str):
        return False
    bare = value.strip() == OPEN and any(str(part) in CODES for part in location)
    return bare or (value.startswith(OPEN + " ") and len(value.strip()) > 1)


def said(sentence: str, default: Any = MISSING, more: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """A field of a record with the sentence that describes it, and bounds such as {"ge": 0}."""
    return field(default=default, metadata={"description": sentence, **more})
