"""Where somebody lives, and when somebody was born: postcodes, streets with a house number, dates of birth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dww_analysis.privacy.numbers import Span

# Two letters after four digits that are a word or a unit: "2024 en 2025", "1500 km", "1000 mg".
_NO_POSTCODE = frozenset(
    "en of in op is km kg mg ml cm mm dl kb mb gb tb kw mw hz pk we ik je te de me ze hij er al om na nu ja aan uur wo bc "
    "as at an it to or so by on no be us am pm eu vs nl be hr mt mr ms ie ea nr ca st th nd rd fl ct ha to tv jr sr bv nv "
    "bn mo it ic ok sa sd ss".split()
)
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
# What is counted: a number before it is no house number.
_COUNTED = (
    r"(?:keer|x\b|maal|uur|uren|u\b|dag|week|weken|maand|jaar|jaren|minu|min\b|km\b|kilom|meter|m\b|m2|mm|cm|kg|euro|€|%"
    r"|procent|pers|mensen|collega|kind|team|leden|punt|van de|tot\b|t/m|of\b|en\s\d|stuks|auto|kam|locatie|vest|sess"
    r"|bijeen|gesprek|stap|vrag|deel|groep|jong|cli[eë]nt|gezin|huis|woning|lokal|klas|leer|stud|docent"
    r"|plaats|times|years|hours|days|people|weeks)"
)
_HOUSE = (
    r"(?:nr\.?\s?|nummer\s|no\.\s?)?(?P<number>\d{1,4})"
    r"(?P<extra>\s?-\s?\d{1,4}\b|\s?-?\s?[A-Za-z]\b(?!['’])|\s?(?:bis|hs|huis|rood|zwart|boven|beneden|I{1,3})\b)?"
    rf"(?![\d:%]|[.,]\d|\s?(?:{_COUNTED}))"
)
_SUFFIX = r"(?:straat|str\.|straatje|laan|weg|plein|gracht|kade|singel|dreef|steeg|plantsoen|dijk|boulevard|allee|avenue)"
_WEAK_SUFFIX = (
    r"(?:hof|hofje|pad|markt|baan|park|veld|hoek|wal|erf|akker|zoom|burgwal|haven|poort|brink|weide|meent|kamp|horst"
    r"|werf|oord|donk|beek|vaart|sloot|hout|berg|ring|wijk|stede|gaarde|rade|steeg|brug|kwartier|eiland|einde|voort|dam|es)"
)
_NO_STREET = frozenset(
    "onderweg halverweg snelweg autoweg omweg uitweg doorweg tussenweg middenweg voorrangsweg spoorweg luchtweg wandelweg "
    "leerweg kortweg ronduitweg schoolplein speelplein leerplein werkplein kennisplein zorgplein blokkade slaan verslaan "
    "opslaan overslaan inslaan toeslaan aanslaan afslaan omslaan uitslaan doorslaan neerslaan goedslaan zwijg terugweg "
    "heenweg levensweg rondweg winkelstraat woonstraat hoofdweg zijstraat zijweg fietsstraat dorpsstraatje marktplein "
    "parkeerplein bedreef gedreef overdreef terugslaan gadeslaan vastslaan stilslaan van".split()
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
        r"\b(?:[Ll]aan|[Pp]lein|[Ww]eg|[Hh]of|[Kk]ade|[Ss]ingel|[Mm]arkt|[Bb]rink|[Dd]am|[Dd]ijk|[Pp]ad|[Dd]reef|[Bb]oulevard|[Ss]traat|Huis)\s"
        rf"{_LINK}{{1,3}}{_CAP}(?:\s{_CAP})?\s+{_HOUSE}"
    ),
    # Oude Gracht 12, Grote Markt 5, 't Zand 3, Lange Voorhout 3
    re.compile(
        r"\b(?:Oude|Nieuwe|Lange|Korte|Grote|Kleine|Hoge|Lage|Eerste|Tweede|Derde|Sint|St\.|Groene|Rode|Witte|Zwarte|Achter|Voor"
        rf"|Nieuwezijds|Oudezijds|Burgemeester|Prins|Prinses|Koningin|Koning|Dr\.|Prof\.|Pastoor|Generaal)\s(?:{_LINK})?{_CAP}"
        rf"\s+{_HOUSE}"
    ),
    re.compile(rf"(?<!\w)(?:'t|’t)\s{_CAP}\s+{_HOUSE}"),
    re.compile(r"\b(?:[Pp]lein|[Ss]traat)\s['\d-]{2,5}\s(?:nr\.?|nummer|huisnummer)\s(?P<number>\d{1,4})"),
)
_WEAK_STREET = re.compile(
    rf"\b(?:aan|op|naar|te|bij)\s(?:(?:de|het|'t)\s)?(?P<name>[A-ZÀ-Þ][a-zà-ÿ-]{{1,40}}{_WEAK_SUFFIX}|Singel|Brink|Markt|Plein|Dam|Dijk)\s+{_HOUSE}"
)
_BARE_STREET = re.compile(
    rf"^\s*(?P<name>[A-ZÀ-Þ][a-zà-ÿ-]{{1,40}}{_WEAK_SUFFIX}|Singel|Brink|Markt|Plein)\s+{_HOUSE}\s*[.,]?\s*(?:$|,|te\s)"
)
_AT_HOME = re.compile(
    r"(?:\b(?:woon|woont|wonen|wonend|wonende|woonachtig|verhuisd|verhuis|thuis|huis|kantoor|live|living|werk|bezorgen|gevestigd|opsturen)"
    r"\s(?:\w+\s){0,3}?(?:op|aan|naar|at|in)(?:\s(?:de|het|'t))?|\b[Aa]dres(?:\sis|\swas|:)+(?:\s(?:de|het))?)\s+"
    rf"(?P<name>(?:{_LINK}){{0,2}}{_CAP}(?:\s(?:{_LINK})?{_CAP}){{0,2}})\s+{_HOUSE}"
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


_MONTH = (
    r"(?:jan(?:uari)?|feb(?:r(?:uari)?)?|maart|mrt|apr(?:il)?|mei|juni?|juli?|aug(?:ustus)?|sep(?:t(?:ember)?)?|okt(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?|january|february|march|may|june|july|august|october)\.?"
)
_DAY = (
    rf"(?:\d{{1,2}}\s?[-./ ]\s?\d{{1,2}}\s?[-./ ]\s?(?:\d{{4}}|'?\d\d)|\d{{4}}[-./]\d{{1,2}}[-./]\d{{1,2}}"
    rf"|\d{{1,2}}(?:e|ste|de|st|nd|rd|th)?[ -]{_MONTH}[ -](?:\d{{4}}|['’]?\d\d)|{_MONTH}\s\d{{1,2}},?\s\d{{4}}|(?<!\d)(?:19|20)\d{{6}})(?!\d)"
)
_BORN = r"\b(?:geboren|gebore|geb\b\.?|geboortedatum|geboortedag|geb\.?\s?datum|gebdat(?:um)?|verjaardag|jarig|date of birth|dob|born|birthday|birth date|d\.o\.b\.)"
_BIRTHS = (
    re.compile(rf"{_BORN}[^.!?\n\d]{{0,40}}?(?P<day>(?<!\d){_DAY})", re.IGNORECASE),
    re.compile(rf"(?P<day>(?<!\d){_DAY})[^.!?\n\d]{{0,30}}?{_BORN}", re.IGNORECASE),
)


def find_birth(text: str) -> Iterator[Span]:
    """A full date beside a word for being born; any other date is nobody's in particular."""
    for pattern in _BIRTHS:
        yield from (match.span("day") for match in pattern.finditer(text))
