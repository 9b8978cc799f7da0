"""Records that are written in the configuration as they are meant: declared once, with a sentence and bounds a field.

The check of the configuration and its schema read these; `config` declares only what is written in another form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, field
from types import MappingProxyType
from typing import Any

WRITTEN: dict[str, Any] = {"extra": "forbid", "allow_inf_nan": False, "str_strip_whitespace": True}
SHARE = {"ge": 0, "le": 1}
LONGEST_MINUTES = 366 * 24 * 60  # a year


def said(sentence: str, default: Any = MISSING, more: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """A field of a record with the sentence that describes it, and bounds such as {"ge": 0}."""
    return field(default=default, metadata={"description": sentence, **more})
