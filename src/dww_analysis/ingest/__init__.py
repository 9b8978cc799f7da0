"""From delivered tables to measurements: our names, typed missing reasons, rules for rows, waves stacked and linked.

Pure functions on tables; nothing here opens a file. Direct identifiers stop at this door.
"""

from __future__ import annotations

from dww_analysis.lazy import lazily

_HOME = {
    "ingest_source": "source",
    "read_allocation": "allocation",
    "combine": "stacking",
    "codebook_table": "codebook",
    "wave_conflicts": "conflicts",
    "link_persons": "linking",
    "compare_linked": "linking",
    "link_study": "linkage",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazily(__name__, _HOME)
