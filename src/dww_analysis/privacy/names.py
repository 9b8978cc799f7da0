"""Names of persons in free text. They can only be guessed, so every finding is called a "possible name".

A name is announced (a form of address, a role, "ik heet", a greeting), or it has the shape of one (initials before a
family name, a first name before a family name, a tussenvoegsel between two capitals), or it is a common first name.
Places, days, organisations and streets named after persons are no names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache, partial

from dww_analysis.privacy.numbers import Span
from dww_analysis.privacy.words import one_of, words

_words = partial(words, "names")
_one_of = partial(one_of, "names", capital=True)


@cache
def _bare_words(kind: str) -> frozenset[str]:
    return frozenset(map(_bare, _words(kind)))


def _bare(word: str) -> str:
    """Without the 's of a genitive and without diacritics: Aïcha's is Aicha."""
    letters = unicodedata.normalize("NFKD", re.sub(r"['’]s?$", "", word))
    return "".join(c for c in letters if not unicodedata.combining(c))


def _given(word: str) -> bool:
    """A first name that is no ordinary word, or begins with one: Jan-Willem."""
    bare = _bare(word)
    return bare in _bare_words("given") or bare.split("-")[0] in _bare_words("given")


def _first(word: str) -> bool:
    return _given(word) or _bare(word) in _bare_words("also_words")


def _plain(word: str) -> bool:
    return word in _words("no_name")


_FAMILY_ENDS = re.compile(
    r"\w{2,}(?:stra|sma|inga|enga|ema|sema|meijer|meyer|mans|mann|ssen|nsen|tsen|ksen|rsen|enaar|huizen|oglu|oğlu|ović"
    r"|ovic|wicz|wski|ska|ski|ova|veld|hof|inck|huis|beek|kamp|berg|ijk)"
)


def _known_family(word: str) -> bool:
    return _bare(word) in _bare_words("family")


def _family(word: str) -> bool:
    """A common family name, or one that ends like many; "Vries-Bakker" by its first half."""
    half = _bare(word).split("-")[0]
    return _known_family(half) or (not _plain(half) and _FAMILY_ENDS.fullmatch(half) is not None)


_CAP = r"[A-ZÀ-ÞŁŚŞĞİŻČŠŽ][a-zß-ÿıłńśşğżčšž'’]+(?:-[A-ZÀ-Þ][a-zß-ÿ]+)?"
_LOW = r"[a-zà-ÿ]{3,}"
_WEAK = r"(?:(?:[Vv]an(?:\s(?:de|het))?|[Dd]e|[Dd]i|[Dd]a|[Dd]u|[Ll]e)\s)"
_STRONG = (
    r"(?:(?:[Vv]an\s(?:de[nr]|'t|’t)|[Vv]\.?\s?d\.?(?=\s)|[Dd]en|[Tt]en|[Tt]er?|[Vv]on|[Vv]er|[Oo]p\s(?:den?|'t)"
    r"|[Ii]n\s(?:['’]t|den)|[Dd]e\s[Ll]a|[Dd]os|[Dd]el|[Ee]l|[Aa]l|[Bb]en|[Bb]in|[Aa]it|[Ii]bn)\s"
    r"|['’]t\s|d['’]|[Ee]l[- ]|[Aa]l-)"
)
_PARTICLE = rf"(?:{_STRONG}|{_WEAK})"
_SURNAME = rf"{_PARTICLE}?{_CAP}(?:\s{_PARTICLE}?{_CAP})?"
_LOW_SURNAME = rf"(?:(?:van|de|den|der|el|ter|ten)\s)*{_LOW}"
_INITIALS = r"(?:(?:(?:[A-Z]|Th|Chr|Ph|IJ|Tj|Fr|Joh)\.\s?){1,5})"
_TITLE, _ROLE, _SELF = _one_of("titles"), _one_of("roles"), _one_of("selves")
_SEP = r"[\s:,]{1,3}"
_START = r"(?<![\w'’.-])"
_NO_SELF = (
    r"(?!niet|geen|bekend|al\b|ook|nog|wel|onbekend|anoniem|verkeerd|fout|ieder|alle|jullie|u\b|je\b|hem|haar|hen\b"
    r"|de\b|het\b|een\b|nergens|overal)"
)

# After or before a name: it is the name of something else.
_NAMED_AFTER = re.compile(rf"[\s-]{one_of('names', 'named_after')}")
_NAMED_BEFORE = re.compile(rf"(?:\b{_one_of('named_before')}\s|\w-)$")
_TEAM_BEFORE = re.compile(
    r"\b(?:team|groep|unit|locatie|afdeling|huis|villa|zaal|lokaal|ruimte|orkaan|storm)\s$", re.IGNORECASE
)
_MONTH_JAN = re.compile(r"\s?\d{4}|\s\d{1,2}[-/]|\.\s?\d")  # "Jan 2024", "Jan. 12"
_LIST_WORD = re.compile(rf"{one_of('names', 'lists')}\s$", re.IGNORECASE)  # "optie A. Daarna"


def _surname_may_be(match: re.Match[str]) -> bool:
    """After a form of address any word with a capital is a name, unless it is known to be another word."""
    word = re.sub(rf"^{_PARTICLE}+", "", match["name"]).split()[0]
    return not _plain(word) or _known_family(word)


def _low_surname_may_be(match: re.Match[str]) -> bool:
    """After "dhr." also a word without a capital: a known family name, or what is no verb."""
    name = match["name"]
    return _family(name.capitalize()) or not (name in _words("lower_no_name") or name.endswith("t"))


def _is_no_plain(match: re.Match[str]) -> bool:
    return not any(
        _plain(word) for part in match.groups() if part for word in (part.split()[0], part.split()[-1])
    )


def _initials_say(match: re.Match[str]) -> bool:
    """Initials before a family name; not "optie A. Daarna", nor a sentence that ends with one letter."""
    first, last = match["rest"].split()[0], match["rest"].split()[-1]
    if _LIST_WORD.search(match.string, 0, match.start()) or (_plain(last) and last != "Berg"):
        return False
    return not _plain(first) or first in {"De", "Van", "Te", "Op", "In"}


def _undotted_initials_say(match: re.Match[str]) -> bool:
    return _family(match["rest"].split()[-1]) and _initials_say(match)


def _particle_says(match: re.Match[str]) -> bool:
    """Before "van der" and the like any first name counts."""
    return not _plain(match["first"]) and (not _plain(match["last"]) or match["last"] == "Berg")


def _pair_says(match: re.Match[str]) -> bool:
    """Two capitals of which one is known: "Joost Lindeman", "Wietske Hoekstra"; not the first word of "Heel Groot"."""
    first, last = match["first"], match["last"]
    if _given(first):
        return not _plain(last)
    before = match.string[: match.start()].rstrip()
    starts = not before or before[-1] in ".!?:\n"
    return not _plain(first) and _family(last) and not (starts and last.lower() in _words("weak_family"))


def _always(_: re.Match[str]) -> bool:
    return True


_Shape = tuple[str, Callable[[re.Match[str]], bool]]
_SHAPES: tuple[_Shape, ...] = (
    # mevrouw De Boer, dhr. van den Berg, dr. P. van Dam
    (rf"{_TITLE}\s(?:{_TITLE}\s)*{_INITIALS}?(?P<name>{_SURNAME})", _surname_may_be),
    # dhr. jansen; meneer van der veen
    (
        rf"(?:[Dd]hr\.?|[Mm]evr\.?|[Mm]w\.)\s(?:(?:van|de|den|der|ter|ten)\s)*(?P<name>{_LOW})",
        _low_surname_may_be,
    ),
    (rf"{_TITLE}\svan\s(?:der|den)\s{_LOW}", _always),
    # ik heet Fatima; met vriendelijke groet, Kees Mulder; mijn naam is piet bakker
    (rf"{_SELF}{_SEP}(?P<first>{_CAP})(?:\s{_SURNAME})?", lambda m: not _plain(m["first"])),
    (rf"(?:[Ii]k\sheet|[Mm]ijn\snaam\sis)\s{_NO_SELF}[a-zà-ÿ]{{2,}}\s{_LOW_SURNAME}", _always),
    # collega Wietse de Wit; teamleider Anouk
    (rf"{_ROLE}{_SEP}(?P<first>{_CAP})\s(?P<rest>{_SURNAME})", _is_no_plain),
    (rf"{_ROLE}{_SEP}(?P<first>{_CAP})", lambda m: _first(m["first"])),
    # A.B. de Vries; J Jansen; Jansen, J.
    (rf"{_INITIALS}(?P<rest>{_PARTICLE}{{0,2}}{_CAP})", _initials_say),
    (rf"[A-Z]{{1,3}}\s(?P<rest>{_PARTICLE}{{0,2}}{_CAP})", _undotted_initials_say),
    (rf"(?P<last>{_CAP}),\s?{_INITIALS}(?=\s|$|[,;)])", _is_no_plain),
    # Joost van der Linden; Wietske Hoekstra; Lotte K. de Boer
    (rf"(?P<first>{_CAP})\s{_STRONG}(?P<last>{_CAP})", _particle_says),
    (rf"(?P<first>{_CAP})\s{_WEAK}?(?P<last>{_CAP})", _pair_says),
    (rf"(?P<first>{_CAP})(?:\s[A-Z]\.)+\s?{_SURNAME}", lambda m: _first(m["first"])),
)
_PATTERNS = tuple((re.compile(_START + shape), says) for shape, says in _SHAPES)
_SINGLE = re.compile(_START + _CAP)
_LOWER_NAME = re.compile(rf"\b({_LOW})\s((?:(?:van|de|der|den|el|ten|ter)\s){{0,2}})({_LOW})\b")


def find_names(text: str) -> Iterator[Span]:
    """Where a text may name a person: (start, end) of each place; places may overlap, and none is sure."""
    if text.isupper() and " " in text:
        text = re.sub(r"\w{2,}", lambda m: m.group()[0] + m.group()[1:].lower(), text)
    for pattern, says in _PATTERNS:
        for match in pattern.finditer(text):
            if says(match) and not _named_after(text, match.span()):
                yield match.span()
    yield from _lower_names(text)
    if " " in text.strip():
        yield from _single_names(text)


def is_single_name(text: str) -> bool:
    """Whether a text of one word is a common first or family name; it says something of a column, not of a cell."""
    word = text.strip().capitalize()
    return " " not in word and (_given(word) or _known_family(word))


def _named_after(text: str, span: Span) -> bool:
    """Whether it is the name of a place, a school, a shop or a date."""
    found = text[span[0] : span[1]]
    after = (*_NAMED_AFTER.finditer(found), _NAMED_AFTER.match(text, span[1]))
    return (
        any(m is not None and not _known_family(m.group().strip(" -")) for m in after)
        or _NAMED_BEFORE.search(text[max(0, span[0] - 20) : span[0]]) is not None
        or (found == "Jan" and _MONTH_JAN.match(text, span[1]) is not None)
    )


def _single_names(text: str) -> Iterator[Span]:
    """Common first names with a capital; not "team Merel"."""
    for match in _SINGLE.finditer(text):
        team = _TEAM_BEFORE.search(text[max(0, match.start() - 20) : match.start()])
        if _given(match.group()) and not team and not _named_after(text, match.span()):
            yield match.span()


def _lower_names(text: str) -> Iterator[Span]:
    """ "sanne de wit": a first and a family name that are known, written without capitals."""
    for match in _LOWER_NAME.finditer(text):
        first, link, last = match.groups()
        sure = link or first not in _words("lower_ambiguous")
        if sure and _given(first.capitalize()) and _known_family(last.capitalize()):
            yield match.span()
