"""What the terminal says, in English and Dutch. Errors of the rooms stay English; their frame is translated.

The phrases stand in the catalogues `language/<language>/terminal.po`.
"""

from __future__ import annotations

from functools import cache

from dww_analysis.language import LANGUAGES, Words
from dww_analysis.stages.pieces import Piece
from dww_analysis.stages.places import PIECE_STAGE

__all__ = ["LANGUAGES", "name_stage", "tell"]


@cache
def _spoken(language: str) -> Words:
    return Words(language)


def tell(language: str, key: str, **values: object) -> str:
    """One message in one language; a message that counts takes its form from `n`."""
    n = values.pop("n", None)
    if n is None:
        return _spoken(language)(f"terminal.{key}", **values)
    return _spoken(language).many(f"terminal.{key}", str(n), **values)


def name_stage(language: str, rule: str, name: str) -> str:
    """A step in words, e.g. "score work_engagement", from phrase `terminal.stage.<rule>`; a rule without words stays
    as it is, and a piece of a job is the step of that job with which part it is."""
    key = f"terminal.stage.{rule}"
    words = _spoken(language)
    if rule == PIECE_STAGE:
        piece = Piece.parse(name)
        return words(key, step=name_stage(language, piece.stage, piece.name), k=str(piece.k), n=str(piece.n))
    return words(key, name=name) if words.has(key) else rule
