"""From plan entries to models to estimates. What is estimated is in the plan; how, is in `multilevel`."""

from __future__ import annotations

from dww_analysis.lazy import lazily

_HOME = {
    "Answered": "answered",
    "EntryData": "fitted",
    "EntryResult": "fitted",
    "adjust_families": "families",
    "answer_table": "answers",
    "covariate_names": "frames",
    "design_table": "designs.table",
    "estimate_entry": "analysis",
    "fit_entry": "estimate",
    "read_estimates": "estimate",
    "sensitivity_of": "sensitivity",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazily(__name__, _HOME)
