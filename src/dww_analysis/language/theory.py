"""What the numbers of a theory of change are, as its picture and its table say it."""

from __future__ import annotations

from dww_analysis.domain.theory import Theory
from dww_analysis.language.words import Words


def points_of(theory: Theory, words: Words) -> str:
    """What one number is: of arrows between scores, and of arrows from the condition where there are any."""
    return words("mechanisms.points_arm" if theory.starts_at_arm else "mechanisms.points")
