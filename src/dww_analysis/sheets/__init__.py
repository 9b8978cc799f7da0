"""What a team or an organisation is told about itself: means with how far they may be off, verdicts, change in words.

Pure functions on scores and counts of members; nothing here opens a file, decides what may be shown (`privacy`) or
writes a sentence (`reports`).
"""

from __future__ import annotations

from dww_analysis.lazy import lazily

_HOME = {
    "unit_rows": "rows",
    "ScaleFacts": "rows",
    "People": "people",
    "placed_units": "units",
    "members_of": "members",
    "read_members": "delivered",
    "ToldRows": "cycles",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazily(__name__, _HOME)
