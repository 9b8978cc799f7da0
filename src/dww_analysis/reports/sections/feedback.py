"""What the report says of the sheets that units got: that they got them, when, and what that does to the study."""

from __future__ import annotations

from dww_analysis.domain.sheets import UnitSettings
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.methods import Passage


def feedback_methods(settings: UnitSettings | None, labels: Labels) -> list[Passage]:
    """How units heard about themselves, and what that costs a comparison; nothing where they hear nothing (None, or
    released never)."""
    if settings is None or settings.release == "never":
        return []
    words = labels.words
    told = words(f"feedback.{settings.release}", reason=settings.reason)
    return [Passage(words("feedback.heading"), (told, words("feedback.trade")))]


def feedback_limits(settings: UnitSettings | None, labels: Labels) -> list[str]:
    """That feedback while the study ran is itself an intervention; nothing where it came afterwards, or there was
    none (None)."""
    if settings is None or settings.release != "after_each_wave":
        return []
    return [labels.words("feedback.limit")]
