"""Columns that point at a person directly: they are dropped before anything else looks at a file.

A name is judged by its parts, in Dutch and in English and however it is written: `RecipientPhone`, `e_mail`,
`IP adres`, `Uw e-mailadres`. Some parts say enough (`geboortedatum`); others do so only beside words for persons or
beside nothing (`naam`, `naam respondent`, but not `naam_team`). Words for what is done with a thing (`gebruik`,
`bekend`, `hoe vaak`) make a name that of an ordinary question.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files

import pandas as pd
import yaml

_NUMBER = r"(?:nr|nrs|nummer|nummers|no|num|number)"
_PERSONS = (
    r"(?:respondent(?:en)?|deelnemers?|medewerkers?|werknemers?|personeels?|clienten|client|patienten|patient|student"
    r"|studenten|leerlingen|leerling|ouders?|collega|contactpersoon|participant|recipient|employee|user|gebruikers?"
    r"|leidinggevende|begeleider|staff|payroll|klant|klanten|lid|leden)"
)
# Parts that identify, several of them joined: "date of birth" is read as "dateofbirth".
_STRONG = re.compile(
    "|".join(
        (
            r"e?mail(?:adres|adressen|address|addr|id)",
            r"(?:prive|werk|school|zakelijke?|contact)(?:e?mail|telefoon|phone)",
            rf"(?:tel|telefoon|mobiel|mobiele?telefoon|phone|telephone|cell|cellphone|mobile|mobilephone|gsm|fax){_NUMBER}",
            r"(?:mobiele?telefoon|mobilephone|cellphone|telefonnummer|handynummer)",
            r"(?:voor|achter|familie|roep|meisjes|geboorte|gebruikers|inlog|login|doop|eigen)na(?:am|men)",
            r"(?:first|last|sur|family|given|middle|maiden|full|user|login|fore)names?",
            rf"{_PERSONS}s?(?:naam|name|email|mail|phone|telefoon)|(?:naam|email|telefoon){_PERSONS}",
            r"voorletters?|initialen|initials?|tussenvoegsels?|vorname|nachname|prenom",
            rf"bsn{_NUMBER}?|sofi{_NUMBER}|burgerservicenummer|socialsecurity{_NUMBER}|ssn|rijksregisternummer",
            rf"iban{_NUMBER}?|(?:bank)?rekening{_NUMBER}|bankaccount{_NUMBER}?|account{_NUMBER}",
            rf"(?:paspoort|passport|rijbewijs|identiteitsbewijs|idkaart|polis|dossier|big|agb){_NUMBER}|agbcode",
            r"kenteken|kentekenplaat|nummerplaat|licen[cs]eplate|numberplate",
            rf"(?:personeels?|medewerkers?|werknemers?|clienten|client|patienten|patient|studenten|student|leerling"
            rf"|klant|klanten|lid|leden|employee|staff|payroll|user|gebruikers?)(?:{_NUMBER}|id|code)",
            r"(?:geboorte|geb|birth)(?:datum|dat|date|dag|day|plaats|place)|dateofbirth|datumgeboorte|dob|geburtsdatum",
            r"(?:woon|post|huis|thuis|bezoek|home|street|postal|mailing)(?:adres|address)|adresregel|addressline",
            rf"straatnaam|streetname|huis{_NUMBER}|house{_NUMBER}|huisnummertoevoeging|postcode|postalcode"
            r"|zip|zipcode|woonplaats",
            r"ip(?:v4|v6)?(?:adres|address|addr)|mac(?:adres|address)|deviceid|imei",
            r"(?:location)?(?:latitude|longitude)|breedtegraad|lengtegraad|gpscoordina\w+|gpslocati\w+|geolocati\w+",
            r"refurl|referr?erurl|external(?:data)?reference|linkedin(?:profiel|profile|url)?|twitterhandle",
        )
    )
)


@cache
def _words(kind: str) -> frozenset[str]:
    text = (files("dww_analysis.delivery") / "identifiers.yaml").read_text(encoding="utf-8")
    return frozenset(yaml.safe_load(text)[kind].split())


_SHORT = frozenset(("ip", "tel"))
_REQUESTS = frozenset(
    ["uw", "je", "jouw", "your", "vul", "geef", "noteer", "wat", "what", "enter", "provide"]
)
_LONGEST_JOINED = 4  # parts: "date of birth", "e mail adres"
_LONG_NAME = 6  # parts: a longer name is a question, and must ask for the thing

EMAIL = re.compile(r"[\w.%+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")


def identifying_columns(names: Iterable[str], declared: Iterable[str] = ()) -> list[str]:
    """Those of `names` that are known or declared to hold direct identifiers, in order."""
    also = set(declared)
    return [n for n in names if n in also or is_identifying(str(n))]


@lru_cache(maxsize=1 << 16)
def is_identifying(name: str) -> bool:
    """Whether the parts of a column's name say that it holds names, addresses or numbers of persons."""
    return any(_say_enough(parts) for parts in _readings(name))


def _readings(name: str) -> list[tuple[str, ...]]:
    """The parts of a name in lower case without diacritics, cut at capitals and not: `IPaddress` is read both ways."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name[:400]) if not unicodedata.combining(c))
    cut = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", plain)
    whole = re.findall(r"[a-z]+|\d+", plain.lower())
    return list(dict.fromkeys((tuple(part.lower() for part in cut), tuple(whole))))


def _say_enough(parts: Sequence[str]) -> bool:
    if not parts or not _words("about").isdisjoint(parts):
        return False
    if len(parts) > _LONG_NAME and _REQUESTS.isdisjoint(parts):
        return False
    strong, rest = _without(parts, lambda joined: _STRONG.fullmatch(joined) is not None)
    if strong:
        return True
    weak, rest = _without(rest, _words("weak").__contains__)
    if any(p.isdigit() for p in rest) and not _SHORT.isdisjoint(parts):
        return False  # ip_1, tel_2: items
    return weak and all(p.isdigit() or p in _words("persons") or p in _words("fillers") for p in rest)


def _without(parts: Sequence[str], matches: Callable[[str], bool]) -> tuple[bool, list[str]]:
    """Whether any run of joined parts matches, and the parts outside such runs."""
    rest: list[str] = []
    at, found = 0, False
    while at < len(parts):
        longest = next(
            (
                n
                for n in range(_LONGEST_JOINED, 0, -1)
                if matches("".join(parts[at : at + n])) and at + n <= len(parts)
            ),
            0,
        )
        found |= longest > 0
        rest += [] if longest else [parts[at]]
        at += longest or 1
    return found, rest


def holds_addresses(column: pd.Series) -> bool:
    """Whether a column of text holds anything that looks like an e-mail address."""
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        return False
    return any(isinstance(text, str) and EMAIL.search(text) for text in pd.unique(column.dropna()))


LONGEST_NAME = 40  # characters of the longest team name that a message repeats


def is_plain_name(text: str) -> bool:
    """Whether a text can be the name of a team, so that a message may repeat it; a remark or a phone number cannot."""
    digits = sum(c.isdigit() for c in text)
    return len(text) <= LONGEST_NAME and digits <= 5 and EMAIL.search(text) is None and "\n" not in text
