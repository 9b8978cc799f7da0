"""How far coders agree, for a sentence: alpha with its interval, and whether counts of codes are provisional."""

from __future__ import annotations

from dww_analysis.language import Words
from dww_analysis.reports.sections.measurement import there
from dww_analysis.reports.sections.quantity_rows import Row
from dww_analysis.reports.tables import flagged

PROVISIONAL_BELOW = 0.667  # alpha under which counts of codes are provisional (Krippendorff 2004)


def alpha_of(row: Row, words: Words) -> tuple[str, dict[str, str]]:
    """Which of four phrases says a row of alpha, and the numbers in it."""
    if flagged(row):
        return "alpha_hidden", {}
    if not there(row["value"]):
        return "alpha_none", {}
    return "alpha_provisional" if row["value"] < PROVISIONAL_BELOW else "alpha", {
        "alpha": words.number(row["value"]),
        "interval": words.span(float(row["conf_low"]), float(row["conf_high"])),
        "level": words.level(float(row["conf_level"])),
        "n": words.count(row["n"]),
    }
