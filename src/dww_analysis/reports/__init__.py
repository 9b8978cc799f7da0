"""Estimates to tables, sentences and one document, in Dutch and English. Pure: returns text, opens no data file.

Words(language)          phrases and the one rounding rule; figures and the terminal use it too
headline_rows(...)       one row per plan entry: the primary contrast with all that is said about it
trajectory_inputs(...)   what the trajectory figure of one entry needs
build_report(...)        {"index.html": text}: both languages in one self-contained file
"""

from __future__ import annotations

from typing import Any

from dww_analysis.reports.words import Words

__all__ = ["FigureRecord", "Words", "build_report", "headline_rows", "trajectory_inputs"]

_HOMES = {
    "FigureRecord": "page",
    "build_report": "build",
    "headline_rows": "headlines",
    "trajectory_inputs": "headlines",
}


def __getattr__(name: str) -> Any:
    """Load pandas and jinja2 only when a report is made: the terminal needs `Words` alone."""
    if name not in _HOMES:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"dww_analysis.reports.{_HOMES[name]}"), name)
