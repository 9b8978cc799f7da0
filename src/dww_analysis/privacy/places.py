"""Where somebody lives, and when somebody was born: postcodes, streets with a house number, dates of birth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dww_analysis.privacy.numbers import Span
from dww_analysis.privacy.words import one_of, words

_NO_POSTCODE = words("places", "no_postcode")
_NO_STREET = words("places", "no_street")
_COUNTED = one_of("places", "counted")  # a number before it is no house number
_SUFFIX = one_of("places", "suffixes")
_WEAK_SUFFIX = one_of("places", "weak_suffixes")
_POSTCODE = re.compile(r"(?<![\w.,/-])([1-9]\d{3})([ ]?)([A-Za-z]{2})(?![A-Za-z])")
_AFTER_POSTCODE = re.compile(
    r"[\s,/-]{0,3}(?:(?:huis)?(?:nr|nummer)\.?[\s:]*)?(\d{1,4})(?:\s?-\s?\d{1,4}|\s?[A-Za-z]\b)?(?![\d%:]|[.,]\d)"
)
_POSTCODE_WORD = re.compile(r"postcode|\bpc\b|\bwo(?:on|nen)|adres|huisnummer|zip", re.IGNORECASE)
_NORM = r"iso|nen|norm|artikel|type|model|order|versie|ongeveer|circa|ca\.|zo'n|bijna|ruim|meer dan"
_BEFORE_NUMBER = re.compile(rf"\b(?:{_NORM})\s*$", re.IGNORECASE)
_BEFORE_YEAR = re.compile(
    rf"\b(?:in|sinds|vanaf|jaar|van|tot|t/m|tussen|en|of|na|voor|eind|begin|medio|since|from|{_NORM})\s*$",
    re.IGNORECASE,
)
_HOUSE = (
    r"(?:nr\.?\s?|nummer\s|no\.\s?)?(?P<number>\d{1,4})"
    r"(?P<extra>\s?-\s?\d{1,4}\b|\s?-?\s?[A-Za-z]\b(?!['’])|\s?(?:bis|hs|huis|rood|zwart|boven|beneden|I{1,3})\b)?"
    rf"(?![\d:%]|[.,]\d|\s?(?:{_COUNTED}))"
)
_LINK = r"(?:(?:van|de|der|den|het|'t|ter|ten|te|op|naar|in|la|aan|of)\s+)"
_CAP = r"[A-ZÀ-Þ][\wà-ÿ'’.-]{0,40}"
_STREETS = (
    # Dorpsstraat 12a, burgemeester Jansenlaan 140, De Ruyterweg 3
    re.compile(rf"\b(?P<name>[A-Za-zÀ-ÿ][a-zà-ÿ'’.-]{{0,40}}{_SUFFIX})\s+{_HOUSE}"),
    # Willem Barentsz Straat 3, Laan van Meerdervoort 100, Weg naar Rhijnauwen 3
    re.compile(
        rf"\b{_CAP}\s(?:[A-ZÀ-Þ]?[a-z]+\s)?(?:Straat|Laan|Weg|Plein|Kade|Singel|Dijk|Hof|Pad)\s+{_HOUSE}"
    ),
    re.compile(
        rf"\b{one_of('places', 'street_words', capital=True)}\s{_LINK}{{1,3}}{_CAP}(?:\s{_CAP})?\s+{_HOUSE}"
    ),
    # Oude Gracht 12, Grote Markt 5, 't Zand 3, Lange Voorhout 3
    re.compile(rf"\b{one_of('places', 'street_adjectives')}\s{_LINK}?{_CAP}\s+{_HOUSE}"),
    re.compile(rf"(?<!\w)(?:'t|’t)\s{_CAP}\s+{_HOUSE}"),
    re.compile(r"\b(?:[Pp]lein|[Ss]traat)\s['\d-]{2,5}\s(?:nr\.?|nummer|huisnummer)\s(?P<number>\d{1,4})"),
)
_WEAK_NAME = rf"(?P<name>[A-ZÀ-Þ][a-zà-ÿ-]{{1,40}}{_WEAK_SUFFIX}|Singel|Brink|Markt|Plein|Dam|Dijk)"
_WEAK_STREET = re.compile(rf"\b(?:aan|op|naar|te|bij)\s(?:(?:de|het|'t)\s)?{_WEAK_NAME}\s+{_HOUSE}")
_BARE_STREET = re.compile(rf"^\s*{_WEAK_NAME}\s+{_HOUSE}\s*[.,]?\s*(?:$|,|te\s)")
_AT_HOME = re.compile(
    rf"(?:\b{one_of('places', 'living')}\s(?:\w+\s){{0,3}}?(?:op|aan|naar|at|in)(?:\s(?:de|het|'t))?"
    r"|\b[Aa]dres(?:\sis|\swas|:)+(?:\s(?:de|het))?)\s+"
    rf"(?P<name>{_LINK}{{0,2}}{_CAP}(?:\s{_LINK}?{_CAP}){{0,2}})\s+{_HOUSE}"
)


def find_postcode(text: str) -> Iterator[Span]:
    """Postcodes of six characters, with the house number where there is one; "in 2024 en 2025" is none."""
    named = _POSTCODE_WORD.search(text) is not None
    for match in _POSTCODE.finditer(text):
        house = _AFTER_POSTCODE.match(text, match.end())
        counted = house and re.match(rf"\s?(?:{_COUNTED})", text[house.end() :], re.IGNORECASE)
        if _is_postcode(match, bool(house and not counted), named):
            yield match.start(), house.end() if house and not counted else match.end()


def _is_postcode(match: re.Match[str], house: bool, named: bool) -> bool:
    number, gap, letters = match.groups()
    before = (_BEFORE_YEAR if number.startswith(("19", "20")) else _BEFORE_NUMBER).search(
        match.string, max(0, match.start() - 20), match.start()
    )
    if letters.lower() in _NO_POSTCODE:
        return letters.isupper() and (
            named or (house and not before and letters not in ("EN", "SA", "SD", "SS"))
        )
    if letters.isupper() or named:
        return named or house or not (gap and before)
    return house or (not gap and letters.islower())


def find_street(text: str) -> Iterator[Span]:
    """A street with a house number: by the end of its name, by its first word, or by what the text says of living."""
    for pattern in (*_STREETS, _WEAK_STREET, _BARE_STREET, _AT_HOME):
        for match in pattern.finditer(text):
            if _is_street(match):
                yield match.span()


def _is_street(match: re.Match[str]) -> bool:
    name = (match.groupdict().get("name") or "Oude Gracht").lower()
    *first, last = name.split()
    year = match["number"].startswith(("19", "20")) and len(match["number"]) == 4
    return last not in _NO_STREET and not year and bool(first or re.fullmatch(_SUFFIX, last) is None)


_MONTH = one_of("places", "months") + r"\.?"
_YEAR = r"(?:\d{4}|['’]?\d\d)"
_DAY = (
    rf"(?:\d{{1,2}}\s?[-./ ]\s?\d{{1,2}}\s?[-./ ]\s?{_YEAR}|\d{{4}}[-./]\d{{1,2}}[-./]\d{{1,2}}"
    rf"|\d{{1,2}}(?:e|ste|de|st|nd|rd|th)?[ -]{_MONTH}[ -]{_YEAR}|{_MONTH}\s\d{{1,2}},?\s\d{{4}}"
    r"|(?<!\d)(?:19|20)\d{6})(?!\d)"
)
_BORN = r"\b" + one_of("places", "born")
_BIRTHS = (
    re.compile(rf"{_BORN}[^.!?\n\d]{{0,40}}?(?P<day>(?<!\d){_DAY})", re.IGNORECASE),
    re.compile(rf"(?P<day>(?<!\d){_DAY})[^.!?\n\d]{{0,30}}?{_BORN}", re.IGNORECASE),
)


def find_birth(text: str) -> Iterator[Span]:
    """A full date beside a word for being born; any other date is nobody's in particular."""
    for pattern in _BIRTHS:
        yield from (match.span("day") for match in pattern.finditer(text))
