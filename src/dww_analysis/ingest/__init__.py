"""From delivered tables to measurements: our names, typed missing reasons, rules for rows, waves stacked and linked.

Pure functions on tables; nothing here opens a file. Direct identifiers stop at this door.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "ingest_source": "source",
    "read_allocation": "allocation",
    "combine": "stacking",
    "codebook_table": "codebook",
    "codebook_html": "codebook",
    "wave_conflicts": "conflicts",
    "link_persons": "linking",
    "link_sources": "self_codes",
    "compare_linked": "linking",
    "link_study": "linkage",
    "read_diary": "diary",
    "read_events": "events",
    "with_non_users": "events",
    "read_hr": "hr",
    "read_observations": "observations",
    "placed": "exposed",
    "unknown_teams": "exposed",
    "exposure_tables": "learning_tables",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
