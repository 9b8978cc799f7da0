"""Nobody's privacy lost: pseudonyms from a key outside the repository, a scan for identifiers, disclosure control."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "key_for": "pseudonyms",
    "new_key": "pseudonyms",
    "key_note": "pseudonyms",
    "pseudonym": "pseudonyms",
    "suppress": "disclosure",
    "small_count": "disclosure",
    "complement": "disclosure",
    "roll_up": "disclosure",
    "refuse_crossing": "disclosure",
    "scan_frame": "scan",
    "scan_files": "scan",
    "scan_words": "scan",
    "make_private": "folders",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
