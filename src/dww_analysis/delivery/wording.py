"""Value labels as meanings: what is left of a label without its marks, its number in front and its cut-off end.

"1 Oneens", "[1] Oneens" and "<b>Oneens</b>" mean the same; ".." between two worded ends means nothing at all.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from dww_analysis.delivery.codes import fold

_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->")
_IN_FRONT = re.compile(r"^[^\w]*(\w+?)(?:\s*[^\w\s]+\s*|\s+)(?=\S)")
SHORTEST_CUT = 15  # characters that a label must keep to be recognised after it was cut off
LEAST_SIMILAR = 90.0  # of 100: spelling mistakes, but not another word
_NO_ANSWER = re.compile(
    r"\b(n v t|nvt|n a|niet van toepassing|not applicable|weet (ik )?(het )?niet|don ?t know|do not know|"
    r"geen (antwoord|mening|idee|ervaring)|no (answer|opinion)|onbekend|unknown|missing|refus\w*|weiger\w*|"
    r"prefer not.*|liever niet.*|wil .*niet.*|niet (beantwoord|ingevuld|gezien)|not (answered|asked|seen)|"
    r"overgeslagen|skipped|blanco|blank)\b"
)


def without_marks(label: str) -> str:
    """A label without the marks of HTML."""
    return html.unescape(_TAG.sub(" ", html.unescape(label))).strip()


def meanings(labels: Mapping[str, str]) -> dict[str, str]:
    """Code -> what its label means, for comparing; codes whose label is empty, dots or only a number are left out.

    Case, accents, punctuation and HTML do not count, nor a number in front that counts the labels.
    """
    plain = {code: without_marks(text) for code, text in labels.items()}
    stripped = _without_numbers(plain)
    folded = {code: fold(text) for code, text in stripped.items()}
    return {
        code: text for code, text in folded.items() if text and not (text.isdigit() and text == fold(code))
    }


def _without_numbers(plain: Mapping[str, str]) -> dict[str, str]:
    """The labels without their numbers in front, when these only count and the labels stay different."""
    worded = {code: text for code, text in plain.items() if fold(text) and not fold(text).isdigit()}
    found = {code: _IN_FRONT.match(text) for code, text in worded.items()}
    if not found or not all(found.values()):
        return dict(plain)
    front = {code: match[1] for code, match in found.items() if match}
    rest = {code: worded[code][match.end() :] for code, match in found.items() if match}
    counts = all(text == code for code, text in front.items()) or _consecutive(list(front.values()))
    different = len({fold(text) for text in rest.values()}) == len(rest)
    letters = all(re.match(r"[^\W\d]", fold(text)) for text in rest.values())
    return {**plain, **rest} if counts and different and letters else dict(plain)


def _consecutive(numbers: list[str]) -> bool:
    if len(numbers) < 3 or not all(text.isdigit() and len(text) < 4 for text in numbers):
        return False
    values = sorted(map(int, numbers))
    return values == list(range(values[0], values[0] + len(values)))


def same_meaning(one: str, other: str) -> bool:
    """Whether two meanings are equal, or one is the other cut off at an old width."""
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= SHORTEST_CUT and long.startswith(short))


def alike(one: str, other: str) -> bool:
    """Whether two names say the same: equal, one the beginning of the other, or a spelling mistake apart."""
    from rapidfuzz import fuzz

    short, long = sorted((one, other), key=len)
    if re.findall(r"\d+", one) != re.findall(r"\d+", other):
        return False
    return one == other or (
        len(short) >= 5 and (long.startswith(short) or fuzz.ratio(one, other) >= LEAST_SIMILAR)
    )


def is_no_answer(label: str) -> bool:
    """Whether a label says that there is no answer, such as "weet niet"."""
    return _NO_ANSWER.search(fold(without_marks(label))) is not None


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEGATIONS = _words("niet not geen no nee never nooit none niets nothing")
_LOW = _words(
    "oneens disagree zelden rarely seldom slecht poor bad ontevreden dissatisfied laag low lowest weinig little onwaar "
    "untrue false nauwelijks hardly onbelangrijk unimportant onwaarschijnlijk unlikely zwak weak"
)
_HIGH = _words(
    "eens agree altijd always vaak often goed good excellent uitstekend tevreden satisfied hoog high highest veel much "
    "waar true ja yes toepassing belangrijk important waarschijnlijk likely sterk strong dagelijks daily "
    "volledig completely"
)


def pole(label: str) -> int:
    """-1 for a label of the low end ("oneens", "nooit"), 1 for one of the high end, 0 when that cannot be told."""
    words = set(fold(without_marks(label)).split())
    if words & (_NEGATIONS | _LOW):
        return -1
    return 1 if words & _HIGH else 0
