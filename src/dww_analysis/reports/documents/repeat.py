"""The script beside the workbook that estimates everything again from the derived data and compares."""

from __future__ import annotations

from collections.abc import Mapping

from dww_analysis.reports.render.html import asset


def build_repeat(study: str, version: str, models: Mapping[str, str]) -> str:
    """The script of one study. models: entry -> formula of its fit, "" for none."""
    listed = "".join(f"    {_quoted(entry)}: {_quoted(formula)},\n" for entry, formula in models.items())
    text = asset("repeat_estimates.txt")
    for place, value in {"study": study, "version": version, "models": listed}.items():
        text = text.replace(f"@{place}@", value)
    return text


def _quoted(text: str) -> str:
    """A text as Python writes it, in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
