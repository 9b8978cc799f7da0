"""Names of columns taken apart: words, running numbers and letters, marks of a wave, marks of a reversed item."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass

from dww_analysis.delivery.codes import fold

LONGEST_OURS = 48  # characters; the configuration takes 60
NO_NAMES = frozenset({"true", "false", "yes", "no", "on", "off", "null"})  # words that YAML takes for values
_SAID = r"(?:r|rev|rc|reversed?|recoded?|omgekeerd|omg|omgepoold|gespiegeld|neg|mirrored)"
_REVERSED = rf"(?:[_.\- ]?{_SAID}|[_.\- ]?[(\[]{_SAID}[)\]])"
_NUMBERED = re.compile(rf"^(?P<stem>.*?)(?P<number>\d{{1,3}})(?P<reversed>{_REVERSED})?(?P<close>\]?)$", re.I)
_TAILED = re.compile(r"^(?P<stem>.*?)(?P<number>\d{1,3})(?P<tail>[^\d\]]{2,12})$")
_LETTERED = re.compile(
    rf"^(?P<stem>.*[_.\- \d(\[])(?P<letter>[a-zA-Z])(?P<reversed>[_.\- ]{_SAID})?[)\]]?$", re.I
)
_GRID = (
    re.compile(r"^(?P<stem>.+?)\s*\[(?P<item>[^\[\]]{2,})\]$"),
    re.compile(r"^(?P<stem>.{3,}?)\s+[-–—|>]\s+(?P<item>.{2,})$"),
    re.compile(r"^(?P<stem>[^:.]{3,}):\s+(?P<item>.{2,})$"),
)
_MARK = r"(?:t|w|m|wave|meting|golf|ronde|time|tp|nm|fu)[ _.\-]?\d{1,2}"
_WORD_MARK = r"(?:pre|post|voor|na|voormeting|nameting|nulmeting|tussenmeting|baseline|followup|follow_up|fu)"
_BEFORE = re.compile(
    rf"^(?P<mark>(?:{_MARK}(?=[_.\- ]|[a-z]{{2}})|{_WORD_MARK}(?=[_.\-])))[_.\- ]?(?P<base>.+)$", re.I
)
_BEHIND = re.compile(
    rf"^(?P<base>.+?)(?:[_.\- ](?P<mark>{_MARK}|{_WORD_MARK})|(?<=\d)(?P<bare>[tw]\d))$", re.I
)
_FIRST = ("pre", "voor", "voormeting", "nulmeting", "baseline", "voorjaar", "spring")
_LAST = ("fu", "followup", "follow_up")


@dataclass(frozen=True)
class Place:
    """Where an item stands among its fellows: those with the same `stem` and way of counting."""

    way: str  # "grid", "number", "letter" or "tail"
    stem: str
    tag: str  # the number, letter or words of this item
    reversed: bool = False


def places(name: str) -> list[Place]:
    """The ways in which a name can be one of a row, the surest first."""
    found = [
        Place("grid", match["stem"], match["item"].strip())
        for match in (pattern.match(name) for pattern in _GRID)
        if match and not re.fullmatch(r"[A-Za-z]{0,3}\d+", match["item"].strip())
    ]
    numbered, lettered, tailed = _NUMBERED.match(name), _LETTERED.match(name), _TAILED.match(name)
    if numbered:
        found.append(
            Place("number", numbered["stem"], str(int(numbered["number"])), bool(numbered["reversed"]))
        )
    if lettered:
        found.append(
            Place("letter", lettered["stem"], lettered["letter"].lower(), bool(lettered["reversed"]))
        )
    if tailed:
        found.append(Place("tail", f"{tailed['stem']}#{tailed['tail']}", str(int(tailed["number"]))))
    return found


def says_reversed(name: str, label: str) -> bool:
    """Whether a name or question text says that the item counts the other way."""
    text = re.search(r"\((?:r|rev|-|omgekeerd)\)|\breversed\b|\bomgekeerd\b|\bomgepoold\b", label, re.I)
    return text is not None or any(p.reversed for p in places(name))


def key_of(name: str) -> str:
    """One spelling of a name: case, punctuation and leading zeros of its numbers do not count."""
    return re.sub(r"\d+", lambda m: f"#{int(m[0])}", fold(name)).replace(" ", "")


def parts_of(name: str) -> list[str]:
    """The words of a name in lower case, also where they are joined: `respondentID` -> respondent, id."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return [p.lower() for p in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", plain)]


def squeezed(name: str) -> str:
    """A name without case, accents, spaces and punctuation."""
    return fold(name).replace(" ", "")


@dataclass(frozen=True)
class Marked:
    """A name with the mark of a wave taken off."""

    base: str
    mark: str = ""


def without_mark(name: str) -> Marked:
    """`lpw_1_t0` and `T0_lpw_1` -> `lpw_1` with the mark "t0"; a name without such a mark as it is."""
    for pattern in (_BEHIND, _BEFORE):
        match = pattern.match(name)
        if match and re.search(r"[a-zA-Z]{2}|[a-zA-Z]\d", match["base"]):
            mark = match["mark"] or match.groupdict().get("bare") or ""
            return Marked(match["base"].strip(), fold(mark).replace(" ", ""))
    return Marked(name)


_YEAR = r"(?:19|20)\d{2}"
_MONTHS = (
    *(
        "jan(?:uari|uary)?",
        "feb(?:ruari|ruary)?",
        "maart|mrt|mar(?:ch)?",
        "apr(?:il)?",
        "mei|may",
        "jun[ie]?",
    ),
    *("jul[iy]?", "aug(?:ustus|ust)?", "sep(?:t|tember)?", "okt(?:ober)?|oct(?:ober)?", "nov(?:ember)?"),
    "dec(?:ember)?",
)
_TIMED = re.compile(
    rf"^(?P<base>.+?)[_.\- ](?P<mark>{_YEAR}|{'|'.join(_MONTHS)}|voorjaar|najaar|spring|autumn)$", re.I
)


def without_time(name: str) -> Marked:
    """`lpw1_2023` and `lpw1_juni` -> `lpw1` with the year, month or season; another name as it is."""
    match = _TIMED.match(name)
    return Marked(match["base"].strip(), fold(match["mark"])) if match else Marked(name)


def order_of(mark: str) -> tuple[float, str]:
    """Sorts marks and values of waves: by number, "pre" before and follow-ups after."""
    plain = fold(str(mark)).replace(" ", "_")
    if plain.replace("_", "") in _FIRST or plain in _FIRST:
        return -1.0, plain
    month = next((i for i, text in enumerate(_MONTHS) if re.fullmatch(text, plain)), None)
    if month is not None:
        return float(month), plain
    number = re.search(r"\d+", plain)
    if number:
        return float(number[0]), plain
    return (1e6 if plain in _LAST else 1e5), plain


def identifier(text: str, otherwise: str = "scale") -> str:
    """A name of lower-case letters, digits and underscores that starts with a letter and is no value to YAML."""
    name = re.sub(r"[^a-z0-9]+", "_", "_".join(fold(text).split())).strip("_")[:LONGEST_OURS].strip("_")
    plain = name[:1].isalpha() and name not in NO_NAMES
    return name if plain else f"{otherwise}_{name}" if name else otherwise


def unused(name: str, taken: Container[str]) -> str:
    """`name`, with a number behind it when it is taken."""
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
