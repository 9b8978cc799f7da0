"""Numbers that point at one person: citizen, bank, telephone, client and plate numbers, and addresses of devices.

Where a number carries its own proof that proof decides: the eleven-test of a BSN, the remainder of 97 of an IBAN, the
grammar of an IP address. Where it does not, the words beside it do: "order 100000009", "versie 1.2.3.4" and
"12.345.678 euro" are nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address

Span = tuple[int, int]

# Length of an account number by country (registry of ISO 13616).
_IBAN_LENGTHS = {
    code: int(length)
    for length, codes in {
        "15": "NO",
        "16": "BE",
        "18": "NL DK FI FO GL",
        "19": "MK SI",
        "20": "AT BA EE KZ LT LU XK",
        "21": "CH HR LI LV",
        "22": "BG BH CR DE GB GE IE ME RS VA",
        "23": "AE GI IL IQ TL",
        "24": "AD CZ ES MD PK RO SA SE SK TN VG",
        "25": "PT",
        "26": "IS TR",
        "27": "FR GR IT MC MR SM",
        "28": "AL AZ CY DO GT HU LB PL",
        "29": "BR PS QA UA",
        "30": "JO KW MU",
        "31": "MT SC",
    }.items()
    for code in codes.split()
}
_NOBODYS = re.compile(
    r"(?:€|\b(?:order|bestelling|bestel|factuur|artikel|ticket|zaak|kenmerk|referentie|serie|product|versie|isbn|kvk"
    r"|budget|bedrag|omzet|kosten|begroting|subsidie|euro|eur|barcode|invoice|item|case|melding|incident|pagina)"
    r"(?:nummer|nr|no|number|s)?\.?\s?(?:is|was|van|:|#)?)\s*$",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"\s?(?:euro|eur\b|€|miljoen|duizend|procent|%|stuks|keer|,-|,\d)", re.IGNORECASE)
_BSN_WORD = re.compile(r"\b(?:bsn|sofi|burgerservice)", re.IGNORECASE)
_BSN = re.compile(r"(?<![\d,])(?<!\d[./-])(?:\d{8,9}|\d{2,5}(?:[ ./-]\d{2,5}){1,3})(?!\d|[,/-]\d|\.\d{3})")
_DATE = re.compile(r"\d{1,2}([-./ ])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d([-./ ])[01]?\d\2[0-3]?\d")


def is_bsn(text: str) -> bool:
    """Whether a number passes the eleven-test: 9 a + 8 b + ... + 2 h - i is a multiple of 11 (nine digits)."""
    digits = [int(c) for c in text if c.isdigit()]
    if len(digits) == 8:
        digits = [0, *digits]
    if len(digits) != 9 or not any(digits):
        return False
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(w * d for w, d in zip(weights, digits, strict=True)) % 11 == 0


def is_iban(text: str) -> bool:
    """Whether an account number leaves remainder 1 at 97, with its first four characters put last (ISO 13616)."""
    plain = re.sub(r"[\s.-]", "", text).upper()
    if not (15 <= len(plain) <= 34 and plain.isascii() and plain.isalnum()):
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def find_bsn(text: str) -> Iterator[Span]:
    """Nine digits in any grouping that pass the eleven-test; eight only where the text speaks of a BSN."""
    for match in _BSN.finditer(text):
        named = (
            _BSN_WORD.search(text, max(0, match.start() - 60), min(len(text), match.end() + 40)) is not None
        )
        digits = sum(c.isdigit() for c in match.group())
        if digits != 9 and not (named and digits == 8):
            continue
        if is_bsn(match.group()) and (named or not _is_nobodys(text, match)):
            yield match.span()


def _is_nobodys(text: str, match: re.Match[str]) -> bool:
    return (
        _NOBODYS.search(text, max(0, match.start() - 30), match.start()) is not None
        or _AMOUNT.match(text, match.end()) is not None
        or _DATE.match(match.group()) is not None
    )


_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[ ]?\d{2}(?=[ .-]?[A-Za-z0-9])")


def find_iban(text: str) -> Iterator[Span]:
    """Account numbers of the length of their country that pass the test, with or without spaces, dots and hyphens."""
    for match in _IBAN_START.finditer(text):
        length = _IBAN_LENGTHS.get(match.group()[:2].upper())
        if length is None:
            continue
        whole = re.compile(rf"(?:[A-Za-z0-9][ .-]?){{{length - 1}}}[A-Za-z0-9](?![A-Za-z0-9])").match(
            text, match.start()
        )
        if whole and is_iban(whole.group()):
            yield whole.span()


_AREA = (
    r"(?:1[035]|2[0346]|3[03568]|4[0356]|5[0358]|7\d|8[45678]|9[17]"  # three digits with the 0
    r"|1[124678]\d|2[25]\d|29\d|3[14]\d|4[1789]\d|5[124679]\d|6[67]\d|80\d)"  # four digits
)
_GAP = r"[ ./-]{0,3}"
_DUTCH = re.compile(
    rf"(?<![\dA-Za-z.,+])(?<!\d[-/ ])(?:"
    rf"\(?(?:\+|00)[ ]?31\)?{_GAP}(?:\(0\){_GAP}|0)?\(?[1-9](?:{_GAP}\)?\d){{8}}"
    rf"|\(?06\)?{_GAP}(?:\d{_GAP}){{7}}\d"
    rf"|\(?0{_AREA}\)?{_GAP}(?:\d{_GAP}){{5,6}}\d"
    rf")(?![\d]|[.,]\d)"
)
_ABROAD = re.compile(
    r"(?<![\w.])(?:\+|00)(?!31)[1-9]\d{0,2}[ .-]?(?:\(0\)[ ]?)?\d{1,4}(?:[ ./-]?\d{2,4}){2,4}(?!\d|[.,]\d)"
)
_NAMED_PHONE = re.compile(
    r"\b(?:tel(?:efoon)?(?:nummer|nr)?|mobiel(?:e nummer)?|bel(?: me| mij)?(?: op)?|app(?: me| mij)?(?: op)?"
    r"|06-?nummer|bereikbaar (?:op|via)|phone|whatsapp)(?:\s(?:is|op|:))*[.:]?\s*"
    r"(\+?[0-9][0-9 ./()-]{4,16}\d)",
    re.IGNORECASE,
)


def find_telephone(text: str) -> Iterator[Span]:
    """Dutch numbers of ten digits (or nine after +31) in any notation, and numbers abroad with their + or 00."""
    for match in _DUTCH.finditer(text):
        digits = sum(c.isdigit() for c in match.group())
        local = match.group().lstrip("(").startswith("0") and not match.group().lstrip("(").startswith("00")
        if (not local or digits == 10) and not _DATE.match(match.group()):
            yield match.span()
    for match in _ABROAD.finditer(text):
        if 9 <= sum(c.isdigit() for c in match.group()) <= 15:
            yield match.span()
    for match in _NAMED_PHONE.finditer(text):
        if sum(c.isdigit() for c in match.group(1)) in (9, 10, 11) and not _DATE.match(match.group(1)):
            yield match.span(1)


_IPV4 = re.compile(r"(?<![\d.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?!\d|\.\d)")
_IPV6 = re.compile(
    r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?!\w)"
)
_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![\w:-])")
_VERSION = re.compile(
    r"(?:\b(?:versie|version|release|firmware|build|update|paragraaf|artikel|art\.|hoofdstuk|bijlage|onderdeel|punt|vraag"
    r"|item|opdracht|module|norm|stap|sectie|v|ios|android|windows|app)\s*(?:nr\.?|nummer|is|:)?|§|v)\s*$",
    re.IGNORECASE,
)
_IP_WORD = re.compile(r"\bip\b|ip-?adres|server|netwerk|inlog|verbonden|router", re.IGNORECASE)


def find_ip(text: str) -> Iterator[Span]:
    """IPv4 that is no version or section number, IPv6 of the right grammar, and addresses of network cards."""
    for match in _IPV4.finditer(text):
        short = len(match.group()) == len("1.2.3.4") and _IP_WORD.search(text) is None
        if not short and not _VERSION.search(text, max(0, match.start() - 25), match.start()):
            yield match.span()
    for match in _IPV6.finditer(text):
        if any(c.isdigit() for c in match.group()) and _is_ipv6(match.group()):
            yield match.span()
    yield from (match.span() for match in _MAC.finditer(text))


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return len([part for part in text.split(":") if part]) > 1 or text == "::1"


_PERSONS_NUMBER = re.compile(
    r"\b(?:personeels?|medewerkers?|werknemers?|cli[eë]nt(?:en)?|pati[eë]nt(?:en)?|student(?:en)?|leerling(?:en)?"
    r"|klant(?:en)?|lidmaatschaps?|leden|lid|polis|dossier|paspoort|rijbewijs|identiteitskaart|id-kaart|big|agb|badge|staff"
    r"|employee|payroll|client|patient|student)[- ]?(?:nummer|nr|no|number|code|id)?\.?\s?(?:is|was|:|=|#)*\s*"
    r"((?:[A-Za-z]{1,3}[- ]?)?\d[\d.-]{2,12}\d\b|[A-Z]{1,2}[A-Z0-9]{6}\d\b)",
    re.IGNORECASE,
)
_NUMBER_WORD = re.compile(
    r"(?:nummer|nr|no|number|code|id)\b|big\b|agb\b|paspoort|rijbewijs|[:#=]", re.IGNORECASE
)


def find_persons_number(text: str) -> Iterator[Span]:
    """Numbers that an organisation gives to one person: of staff, clients, patients, students, documents."""
    for match in _PERSONS_NUMBER.finditer(text):
        if _NUMBER_WORD.search(match.group()[: match.start(1) - match.start()]):
            yield match.span(1)


# Letters (X) and digits (9) of the Dutch plates since 1951, by series.
_SERIES = (
    *("XX-99-99", "99-99-XX", "99-XX-99", "XX-99-XX", "XX-XX-99", "99-XX-XX", "99-XXX-9", "9-XXX-99"),
    *("XX-999-X", "X-999-XX", "XXX-99-X", "X-99-XXX", "9-XX-999", "999-XX-9"),
)
_PLATE_WORD = re.compile(
    r"kenteken|nummerplaat|\bauto\b|\bmotor\b|parkeer|license plate|\bbus\b|bestelbus", re.IGNORECASE
)


def _plates(gap: str) -> str:
    forms = (gap.join(p.replace("X", "[A-Z]").replace("9", r"\d") for p in s.split("-")) for s in _SERIES)
    return r"(?<![\w-])(?:" + "|".join(forms) + r")(?![\w-])"


_PLATE = re.compile(_plates("-"))
_LOOSE_PLATE = re.compile(_plates("[- ]?"), re.IGNORECASE)


def find_plate(text: str) -> Iterator[Span]:
    """Dutch number plates: with hyphens anywhere, otherwise where the text speaks of a car or a plate."""
    named = _PLATE_WORD.search(text) is not None
    yield from (match.span() for match in (_LOOSE_PLATE if named else _PLATE).finditer(text))
