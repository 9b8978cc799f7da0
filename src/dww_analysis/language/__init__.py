"""All words that readers see, in Dutch and English, and the one place where numbers and dates become text.

Words(language, levels)   phrases of one language, with what a study calls its organisations, teams and persons
Labels(study, scales, words)   names in the reader's language for what tables hold as ids
LANGUAGES                 the languages there are
decimals_for(std_error)   the rounding rule of estimates
decimals_for_interval(low, high)   the same, of an estimate without its standard error
half_up(value, decimals)  a number as it is printed

A phrase is an entry of a gettext catalogue `<language>/<part>.po`: its msgid is a key that code names, its msgstr the
phrase with {blanks}. An entry that counts has one form a plural (msgstr[0], msgstr[1]). Both languages have the same
keys and the same blanks. Nothing is compiled: Babel reads a catalogue when its first phrase is asked for.
"""

from __future__ import annotations

from dww_analysis.language.numbers import MINUS, decimals_for, decimals_for_interval, half_up
from dww_analysis.language.words import LANGUAGES, Words
from dww_analysis.lazy import lazily

__all__ = ["LANGUAGES", "MINUS", "Labels", "Words", "decimals_for", "decimals_for_interval", "half_up"]

_HOMES = {"Labels": "labels"}
__getattr__, __dir__ = lazily(__name__, _HOMES)
