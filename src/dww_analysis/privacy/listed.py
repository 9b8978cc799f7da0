"""Names of persons that a delivery lists in its identifying columns, and whether a text that people typed holds one.

The list is made in memory and stored nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from dww_analysis.delivery.codes import code_text
from dww_analysis.privacy.names import is_single_name
from dww_analysis.privacy.patterns import NAME, identifiers_of

_NAMED = re.compile(r"na+m|name|contact", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
LONGEST = 5  # words of a name
SHORTEST = 3  # letters of a part of a name that is looked for alone
SHORTEST_WHOLE = 6  # characters of an address or a number


@dataclass(frozen=True)
class Listed:
    """parts: first and family names, as written. whole: addresses and numbers, in lower case."""

    parts: frozenset[str]
    whole: frozenset[str]

    def __or__(self, other: Listed) -> Listed:
        return Listed(self.parts | other.parts, self.whole | other.whole)

    def is_in(self, text: str) -> bool:
        """Whether a text holds a name of the list, with a capital as names have, or one of the addresses."""
        text = code_text(text)
        if not self.parts.isdisjoint(_WORDS.findall(text)):
            return True
        lower = text.lower()
        held = (value for value in self.whole if value in lower)
        return any(re.search(rf"(?<!\w){re.escape(value)}(?!\w)", lower) for value in held)


NOBODY = Listed(frozenset(), frozenset())


def listed_names(frame: pd.DataFrame, identifying: Iterable[str]) -> Listed:
    """What the identifying columns of one delivered table list. Remarks in such a column are no names.

    A value is a name when it has few words, no digits, and its column says so or it looks like one; of it each part
    counts that begins with a capital. A value with a digit or an @ counts as a whole.
    """
    parts: set[str] = set()
    whole: set[str] = set()
    for column in identifying:
        for value in pd.unique(frame[column].dropna()):
            text = code_text(value)
            if "@" in text or any(c.isdigit() for c in text):
                whole |= (
                    {text.lower()} if len(text) >= SHORTEST_WHOLE and len(text.split()) <= LONGEST else set()
                )
            elif _is_name(text, str(column)):
                parts |= {w for w in _WORDS.findall(text) if w[0].isupper() and len(w) >= SHORTEST}
    return Listed(frozenset(parts), frozenset(whole))


def _is_name(text: str, column: str) -> bool:
    if not text or len(text.split()) > LONGEST:
        return False
    said = _NAMED.search(column) is not None or is_single_name(text)
    return said or any(kind == NAME for kind, _ in identifiers_of(text))
