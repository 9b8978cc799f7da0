"""Learning at work as it happened: diaries, app events, personnel records, observations; one module each.

Pure functions on delivered tables; nothing here opens a file. Direct identifiers stop at this door.
"""

from __future__ import annotations

from dww_analysis.lazy import lazily

_HOME = {
    "read_diary": "diary",
    "read_events": "events",
    "with_non_users": "events",
    "read_hr": "hr",
    "read_observations": "observations",
    "months_at_risk": "leaving",
    "left_by_wave": "leaving",
    "employed_at_waves": "employed",
    "placed": "exposed",
    "in_groups": "exposed",
    "unknown_teams": "exposed",
    "exposure_tables": "learning_tables",
    "app_periods": "over_time",
    "leaving_periods": "over_time",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazily(__name__, _HOME)
