"""Names of persons in free text. They can only be guessed, so every finding is called a "possible name".

A name is announced (a form of address, a role, "ik heet", a greeting), or it has the shape of one (initials before a
family name, a first name before a family name, a tussenvoegsel between two capitals), or it is a common first name.
Places, days, organisations and streets named after persons are no names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files

import yaml

from dww_analysis.privacy.numbers import Span


@cache
def _lists() -> dict[str, frozenset[str]]:
    text = (files("dww_analysis.privacy") / "names.yaml").read_text(encoding="utf-8")
    return {kind: frozenset(map(_bare, words.split())) for kind, words in yaml.safe_load(text).items()}


def _bare(word: str) -> str:
    """Without the 's of a genitive and without diacritics: Aïcha's is Aicha."""
    letters = unicodedata.normalize("NFKD", re.sub(r"['’]s?$", "", word))
    return "".join(c for c in letters if not unicodedata.combining(c))


def _given(word: str) -> bool:
    """A first name that is no ordinary word, or begins with one: Jan-Willem."""
    bare = _bare(word)
    return bare in _lists()["given"] or bare.split("-")[0] in _lists()["given"]


def _first(word: str) -> bool:
    return _given(word) or _bare(word) in _lists()["also_words"]


_FAMILY_ENDS = re.compile(
    r"\w{2,}(?:stra|sma|inga|enga|ema|sema|meijer|meyer|mans|mann|ssen|nsen|tsen|ksen|rsen|enaar|huizen|oglu|oğlu|ović"
    r"|ovic|wicz|wski|ska|ski|ova|veld|hof|inck|huis|beek|kamp|berg|ijk)"
)


def _family(word: str) -> bool:
    """A common family name, or one that ends like many; "de Vries-Bakker" by its first half."""
    bare = _bare(word).split("-")[0]
    return bare in _lists()["family"] or (bare not in _PLAIN and _FAMILY_ENDS.fullmatch(bare) is not None)


_CAP = r"[A-ZÀ-ÞŁŚŞĞİŻČŠŽ][a-zß-ÿıłńśşğżčšž'’]+(?:-[A-ZÀ-Þ][a-zß-ÿ]+)?"
_WEAK = r"(?:(?:[Vv]an(?:\s(?:de|het))?|[Dd]e|[Dd]i|[Dd]a|[Dd]u|[Ll]e)\s)"
_STRONG = (
    r"(?:(?:[Vv]an\s(?:de[nr]|'t|’t)|[Vv]\.?\s?d\.?(?=\s)|[Dd]en|[Tt]en|[Tt]er|[Tt]e|[Vv]on|[Vv]er|[Oo]p\s(?:de|den|'t)|[Ii]n\s(?:'t|’t|den)"
    r"|[Dd]e\s[Ll]a|[Dd]os|[Dd]el|[Ee]l|[Aa]l|[Bb]en|[Bb]in|[Aa]it|[Ii]bn)\s|(?:['’]t)\s|d['’]|[Ee]l[- ]|[Aa]l-)"
)
_PARTICLE = rf"(?:{_STRONG}|{_WEAK})"
_SURNAME = rf"{_PARTICLE}?{_CAP}(?:\s{_PARTICLE}?{_CAP})?"
_INITIALS = r"(?:(?:(?:[A-Z]|Th|Chr|Ph|IJ|Tj|Fr|Joh)\.\s?){1,5})"

# Words with a capital that name no person.
_PLAIN = frozenset(
    """Maandag Dinsdag Woensdag Donderdag Vrijdag Zaterdag Zondag Januari Februari Maart April Mei Juni Juli Augustus
    September Oktober November December Noord Oost Zuid West Midden Noordoost Zuidwest Nederland Nederlandse België Europa
    Amsterdam Rotterdam Utrecht Haag Eindhoven Groningen Tilburg Almere Breda Nijmegen Apeldoorn Arnhem Haarlem Enschede
    Amersfoort Zaanstad Zwolle Leiden Maastricht Dordrecht Ede Alkmaar Delft Emmen Deventer Helmond Hilversum Hengelo
    Friesland Drenthe Overijssel Flevoland Gelderland Zeeland Brabant Limburg Holland Twente Achterhoek Veluwe Hoorn Gouda
    Assen Leeuwarden Middelburg Venlo Roermond Heerlen Lelystad Meppel Sneek Drachten Heerenveen Veenendaal Zeist Houten
    Nieuwegein Purmerend Zaandam Beverwijk Rijswijk Schiedam Vlaardingen Spijkenisse Oss Weert Sittard Kampen Harderwijk
    Team Teams Afdeling Groep Locatie Regio Gemeente Stichting School Jeugd Jeugdzorg Jeugdwet Jeugdhulp Zorg Onderwijs Wet
    Raad Ministerie Hogeschool Universiteit College Lyceum Academie Instituut Bureau Huis Leger Rode Tweede Eerste Derde
    Den Sint San De Het Een Dat Dit Deze Die Ik We Wij Je Jij Jullie U Uw Hij Zij Ze Maar En Of Daarna Dan Als Er In Op Met Voor Van
    Bij Na Om Te Tot Uit Over Onder Zonder Door Mijn Onze Ons Hun Haar Zijn Niet Geen Wel Ook Nog Al Soms Vaak Meestal
    Altijd Nooit Hier Daar Waar Wat Wie Hoe Wanneer Waarom Omdat Doordat Hoewel Toen Nu Straks Later Eerst Veel Weinig
    Meer Minder Alle Alles Iets Niets Iedereen Iemand Niemand Goed Goede Graag Dank Bedankt Beste Geachte Hoi Hallo Ja Nee
    Misschien Helaas Gelukkig Verder Tevens Echter Daarom Dus Volgens Sinds Tijdens Tussen Zo Zeker Prima Heel Erg Te The
    A This That We You He She They It And But Or If Not Scrum Agile Lean Excel Word Outlook Sharepoint Google Microsoft
    Zoom Whatsapp Teamleider Manager Directeur Coach Collega Collega's Gedragswetenschapper Pedagoog Begeleider Groepsleider
    Bestuurder Directie Bestuur Bedrijfsvoering Kwaliteit Personeel Organisatie Ontwikkeling Leren Werk Werken Project
    Methode Training Intervisie Supervisie Casus Overleg Dagstart Weekstart Kerst Pasen Pinksteren Sinterklaas Ramadan
    Corona Covid God Nederlands Engels Engelse Duits Duitse Turks Turkse Marokkaans Marokkaanse Surinaams Fries Friese
    Feedback Leerkracht Leerlingen Ouders Kinderen Cliënten Praktijk Theorie Beleid Rapport Vraag Antwoord Punt Deel Plan
    Fase Stap Blok Module Thema Onderwerp Bijlage Artikel Hoofdstuk Arbo Rijk Provincie Politie Halt Reclassering Kinderhof
    Werkgever Werknemer Nadeel Voordeel Kijken Begin Einde Verzoek Tip Tips Top Ochtend Middag Avond Groet Groeten Groetjes
    Hartelijke Vriendelijke Mvg Bijzonder Kennis Bestaande Andere Nieuwe Oude Grote Kleine Lange Korte Hoge Lage Sommige
    Enkele Beide Ieder Elke Elk Welke Zulke Hartelijk Kort Samen Vooral Naast Behalve Alleen Slechts Zelfs Even Dezelfde
    Dag Week Maand Jaar Nacht Uur Werkveld Werkbeek Gerechtshof Vakgebied Wijkteam Kinderziekenhuis Ziekenhuis Stadhuis Buurthuis Gezinshuis Thuis
    Verpleeghuis Tehuis Kerkhof Arbeidsmarkt Berg Samenwerking Uitleg Contact""".split()
)
# After a name: it is a school, a street, a shop or a prize.
_NAMED_AFTER = re.compile(
    r"[\s-](?:Heijn|Linders|Cruijff|Havelaar|College|Lyceum|Gymnasium|Scholen\w*|School|Instituut|Ziekenhuis|Kinderziekenhuis|Stichting|Fonds"
    r"|Academie|Universiteit|Arena|Kliniek|Hotel|Museum|Bibliotheek|Onderwijs|Zorg|Groep|Bank|Prijs|Modaal|Snot|[Mm]ethode|[Mm]odel|[Ss]chaal|[Tt]est"
    r"|\w*(?:school|straat|laan|plein|weg|kade|gracht|college|huis|stichting|fonds|ziekenhuis|kliniek|park|taal|dag)\b|&|en\sJanneke)"
)
_NAMED_BEFORE = re.compile(
    r"(?:\b(?:[Ss]int|St\.?|[Ss]inte|[Hh]otel|[Ss]tichting|[Ss]chool|[Cc]ollege|[Mm]useum|Jip\sen|[Mm]ethode|[Ii]nstituut|[Kk]liniek|[Kk]oning(?:in)?|[Pp]rins(?:es)?"
    r"|[Tt]ante\sBetje)\s|\w-)$"
)
_TEAM_BEFORE = re.compile(
    r"\b(?:team|groep|unit|locatie|afdeling|huis|villa|zaal|lokaal|ruimte|orkaan|storm)\s$", re.IGNORECASE
)
_COUNTED = re.compile(r"\s?\d{4}|\s\d{1,2}[-/]|\.\s?\d")  # "Jan 2024", "Jan. 12"

_TITLE = (
    r"(?:[Mm]evrouw|[Mm]eneer|[Mm]ijnheer|[Dd]e\sheer|[Dd]e\sheren|[Mm]evr\.?|[Mm]w\.?|[Dd]hr\.?|[Hh]r\.|[Mm]ej\.|[Ff]am\.|[Ff]amilie|[Jj]uf|[Jj]uffrouw|[Mm]eester|[Zz]uster"
    r"|[Bb]roeder|[Dd]okter|[Dd]ominee|[Pp]astoor|[Tt]ante|[Oo]om|[Oo]pa|[Oo]ma|[Dd]r\.?|[Dd]rs\.?|[Ii]r\.|[Ii]ng\.|[Pp]rof\.?|[Pp]rofessor|[Mm]r\.|[Dd]s\."
    r"|[Mm]rs\.?|[Mm]s\.?|[Mm]iss|[Mm]ister)"
)
_ROLE = (
    r"(?:[Cc]ollega|[Tt]eamleider|[Tt]eamleidster|[Mm]anager|[Cc]oach|[Bb]egeleider|[Bb]egeleidster|[Ll]eidinggevende|[Dd]irecteur|[Ss]tagiaire?|[Mm]entor|[Tt]rainer"
    r"|[Dd]ocent|[Pp]sycholoog|[Pp]edagoog|[Gg]edragswetenschapper|[Jj]ongere|[Cc]li[ëe]nt|[Vv]riend(?:in)?|[Zz]oon|[Dd]ochter|[Mm]an|[Vv]rouw|[Pp]artner|[Bb]roer|[Zz]us|[Bb]aas|[Cc]hef"
    r"|[Gg]roepsleider|[Ii]ntern\sbegeleider|[Oo]rthopedagoog|[Vv]oogd|[Bb]estuurder|[Vv]oorzitter|[Ss]upervisor|[Bb]uurvrouw|[Bb]uurman|[Kk]ind|[Mm]oeder|[Vv]ader"
    r"|[Vv]raag\shet\saan|[Oo]verleg(?:gen)?\smet|[Gg]esprek\smet|[Nn]amens|[Aa]anspreekpunt\sis|[Cc]ontactpersoon(?:\sis)?|[Gg]enaamd|[Ww]erkt\smet|[Hh]eet)"
)
_SELF = (
    r"(?:[Ii]k\s(?:heet|ben\sgenaamd)|[Mm]ijn\s(?:volledige\s|eigen\s)?naam\sis|[Nn]aam\s?:|[Ii]ngevuld\sdoor|[Gg]etekend,?|[Oo]ndergetekende,?|[Mm]y\sname\sis|[Aa]fzender:?"
    r"|(?:[Mm]et\s)?(?:[Vv]riendelijke|[Hh]artelijke|[Ww]arme|[Cc]ollegiale)\s(?:groet(?:en)?|groetjes),?|[Gg]roet(?:en|jes)?,?(?:\svan)?|[Mm]vg,?|[Ll]iefs,?|[Hh]eet\sik|[Rr]egards,?)"
)
_SEP = r"[\s:,]{1,3}"


def _says(*tests: tuple[str, Callable[[str], bool]]) -> Callable[[re.Match[str]], bool]:
    """Whether the named groups of a match pass their tests."""
    return lambda match: all(match[group] is None or test(match[group]) for group, test in tests)


def _may_be_family(word: str) -> bool:
    """After a form of address any word with a capital is a name, unless it is known to be another word."""
    return word not in _PLAIN or _bare(word) in _lists()["family"]


def _no_plain(word: str) -> bool:
    return word.split()[-1] not in _PLAIN and word.split()[0] not in _PLAIN


_START = r"(?<![\w'’.-])"
_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    # mevrouw De Boer, dhr. van den Berg, dr. P. van Dam
    (
        re.compile(rf"{_START}{_TITLE}\s(?:{_TITLE}\s)*{_INITIALS}?(?P<name>{_SURNAME})"),
        _says(("name", lambda name: _may_be_family(re.sub(rf"^{_PARTICLE}+", "", name).split()[0]))),
    ),
    # dhr. jansen; meneer van der veen
    (
        re.compile(
            rf"{_START}(?:[Dd]hr\.?|[Mm]evr\.?|[Mm]w\.)\s(?:(?:van|de|den|der|ter|ten)\s)*(?P<name>[a-zà-ÿ]{{3,}})"
        ),
        _says(
            ("name", lambda name: _family(name.capitalize()) or not (name in _LOWER_PLAIN or name[-1] == "t"))
        ),
    ),
    (re.compile(rf"{_START}{_TITLE}\svan\s(?:der|den)\s[a-zà-ÿ]{{3,}}"), lambda _: True),
    # ik heet Fatima, met vriendelijke groet, Kees Mulder
    (
        re.compile(rf"{_START}{_SELF}{_SEP}(?P<first>{_CAP})(?:\s(?P<rest>{_SURNAME}))?"),
        _says(("first", lambda w: w not in _PLAIN)),
    ),
    (
        re.compile(
            rf"{_START}(?:[Ii]k\sheet|[Mm]ijn\snaam\sis)\s(?!niet|geen|bekend|al\b|ook|nog|wel|onbekend|anoniem|verkeerd|fout|ieder|alle|jullie|u\b|je\b|hem|haar|hen\b|de\b|het\b|een\b|nergens|overal)[a-zà-ÿ]{{2,}}\s(?:(?:van|de|der|den|el|ten|ter)\s)*[a-zà-ÿ]{{3,}}"
        ),
        lambda _: True,
    ),
    # collega Wietse de Wit; teamleider Anouk
    (
        re.compile(rf"{_START}{_ROLE}{_SEP}(?P<first>{_CAP})\s(?P<rest>{_SURNAME})"),
        _says(("first", _no_plain), ("rest", _no_plain)),
    ),
    (re.compile(rf"{_START}{_ROLE}{_SEP}(?P<first>{_CAP})"), _says(("first", _first))),
    # A.B. de Vries, J Jansen
    (
        re.compile(rf"{_START}(?P<initials>{_INITIALS})(?P<rest>{_PARTICLE}{{0,2}}{_CAP})"),
        lambda m: _initials_say(m),
    ),
    (
        re.compile(rf"{_START}(?P<initials>[A-Z]{{1,3}}\s)(?P<rest>{_PARTICLE}{{0,2}}{_CAP})"),
        lambda m: _family(m["rest"].split()[-1]) and _initials_say(m),
    ),
    # Vries, A.B. de; Jansen, J.
    (
        re.compile(rf"{_START}(?P<last>{_CAP}),\s?{_INITIALS.replace('{1,5}', '{1,4}')}(?=\s|$|[,;)])"),
        _says(("last", _no_plain)),
    ),
    # Joost van der Linden: a first name nobody knows counts before a tussenvoegsel of two words or a known family name
    (
        re.compile(rf"{_START}(?P<first>{_CAP})\s{_STRONG}(?P<last>{_CAP})"),
        _says(("first", _no_plain), ("last", lambda w: w not in _PLAIN or w == "Berg")),
    ),
    (
        re.compile(rf"{_START}(?P<first>{_CAP})\s{_WEAK}?(?P<last>{_CAP})"),
        lambda m: (
            (_given(m["first"]) and m["last"] not in _PLAIN)
            or (m["first"] not in _PLAIN and _family(m["last"]) and not _starts(m))
        ),
    ),
    (re.compile(rf"{_START}(?P<first>{_CAP})(?:\s[A-Z]\.)+\s?{_SURNAME}"), _says(("first", _first))),
)
_LOWER_PLAIN = frozenset(
    "die dat is was heeft en uit van in op met voor zei had kan wil moet komt of als maar niet ook nog werd wordt zegt vond "
    "vindt gaf geeft zij hij deze dit wie wat waar naar bij aan over onder tot om te voorzitter directeur heer dame".split()
)
_LIST_WORD = re.compile(
    r"(?:optie|groep|vraag|vitamine|plan|type|klasse|team|punt|onderdeel|bijlage|variant|categorie|fase|niveau|deel|lijn|blok|cohort|hepatitis"
    r"|kolom|antwoord|model|locatie|gebouw|vleugel|kamer|artikel|stap|lid|route|versie|conditie|arm|toets|spoor)\s$",
    re.IGNORECASE,
)


def _initials_say(match: re.Match[str]) -> bool:
    """Initials before a family name; not "optie A. Daarna", nor a sentence that ends with one letter."""
    last = match["rest"].split()[-1]
    if _LIST_WORD.search(match.string[: match.start()]) or (last in _PLAIN and last != "Berg"):
        return False
    return match["rest"].split()[0] not in _PLAIN or match["rest"].split()[0] in {
        "De",
        "Van",
        "Te",
        "Op",
        "In",
    }


def _starts(match: re.Match[str]) -> bool:
    """Whether the match begins a sentence with a word of which only the capital speaks for a name."""
    before = match.string[: match.start()].rstrip()
    plain_start = not before or before[-1] in ".!?:\n"
    return plain_start and match["last"].lower() in {
        "groot",
        "wit",
        "groen",
        "post",
        "appel",
        "kort",
        "snel",
        "sterk",
        "storm",
        "klein",
        "lange",
    }


_LOWER_NAME = re.compile(r"\b([a-zà-ÿ]{3,})\s((?:(?:van|de|der|den|el|ten|ter)\s){0,2})([a-zà-ÿ]{3,})\b")
_LOWER_AMBIGUOUS = frozenset(
    "jan hans tim tom kim roy ron job jill sam bob ward noor milan jim ali els els mark mart nel tina rosa iris".split()
)
_SINGLE = re.compile(rf"{_START}{_CAP}")


def find_names(text: str) -> Iterator[Span]:
    """Where a text may name a person: (start, end)."""
    if text.isupper() and " " in text:
        text = (
            "".join(w if len(w) < 2 else w.capitalize() for w in re.split(r"(\W+)", text))
            if len(text) < 400
            else text
        )
    for pattern, says in _PATTERNS:
        for match in pattern.finditer(text):
            if says(match) and not _named_after(text, match.span()):
                yield match.span()
    yield from _lower_names(text)
    if " " in text.strip():
        for match in _SINGLE.finditer(text):
            before = _TEAM_BEFORE.search(text[max(0, match.start() - 20) : match.start()])
            if _given(match.group()) and not before and not _named_after(text, match.span()):
                yield match.span()


def is_single_name(text: str) -> bool:
    """Whether a text of one word is a common first or family name; it says something of a column, not of a cell."""
    word = text.strip().capitalize()
    return " " not in word and (_given(word) or word in _lists()["family"])


def _named_after(text: str, span: Span) -> bool:
    """Whether it is the name of a place, a school, a shop or a date."""
    after = (*_NAMED_AFTER.finditer(text[span[0] : span[1]]), _NAMED_AFTER.match(text, span[1]))
    return (
        any(m is not None and _bare(m.group().strip(" -")) not in _lists()["family"] for m in after)
        or _NAMED_BEFORE.search(text[max(0, span[0] - 20) : span[0]]) is not None
        or (text[span[0] : span[1]] == "Jan" and _COUNTED.match(text, span[1]) is not None)
    )


def _lower_names(text: str) -> Iterator[Span]:
    """ "sanne de wit": a first and a family name that are known, written without capitals."""
    for match in _LOWER_NAME.finditer(text):
        first, link, last = match.groups()
        sure = first not in _LOWER_AMBIGUOUS or link
        if sure and _given(first.capitalize()) and last.capitalize() in _lists()["family"]:
            yield match.span()
