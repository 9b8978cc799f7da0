"""What the header rows of an export mean: a plain table, or the layout of Qualtrics, LimeSurvey or Castor.

Each tool has one function that looks at the first records and returns a `Layout`, or None when the file is not
its own; `layouts.py` is the order in which they are asked. Question texts become labels; data rows are untouched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape

_IMPORT_ID = re.compile(r"""["']ImportId["']\s*:\s*["']([^"']*)["']""")
_TIME_ZONE = re.compile(r"""["']timeZone["']\s*:\s*["']([^"']*)["']""")
_BLOCK_TAG = re.compile(r"</?(?:br|p|div|li|ul|ol|tr|td|h\d)\b[^<>]{0,500}>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,500}>")
_UNSEEN = re.compile("[\ufeff\u200b\u200c\u200d\u2060]|_x000D_")  # Excel writes a carriage return as _x000D_
_CODE_AND_TEXT = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*(?:\[[A-Za-z0-9_]+\])*)\.\s(.*)", re.DOTALL)

QUALTRICS_SYSTEM_COLUMNS = frozenset(
    {
        *("StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished"),
        *("RecordedDate", "ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail"),
        *(
            "ExternalReference",
            "LocationLatitude",
            "LocationLongitude",
            "DistributionChannel",
            "UserLanguage",
        ),
        *("ResponseID", "ResponseSet", "Name", "ExternalDataReference", "Email", "EmailAddress"),
    }
)
# heading of a LimeSurvey system column in English and Dutch -> its code
LIMESURVEY_SYSTEM = {
    "response id": "id",
    "respons-id": "id",
    "antwoord-id": "id",
    "antwoord id": "id",
    "date submitted": "submitdate",
    "datum ingezonden": "submitdate",
    "datum van indienen": "submitdate",
    "last page": "lastpage",
    "laatste pagina": "lastpage",
    "start language": "startlanguage",
    "starttaal": "startlanguage",
    "begintaal": "startlanguage",
    "seed": "seed",
    "token": "token",
    "toegangscode": "token",
    "date started": "startdate",
    "datum gestart": "startdate",
    "startdatum": "startdate",
    "date last action": "datestamp",
    "datum laatste actie": "datestamp",
    "ip address": "ipaddr",
    "ip-adres": "ipaddr",
    "referrer url": "refurl",
    "verwijzende url": "refurl",
}
LIMESURVEY_CODES = frozenset(LIMESURVEY_SYSTEM.values())
# Castor writes "user missing" as -95 to -99 in numbers, ##USER_MISSING_95## in texts, 01-01-2995 in dates
CASTOR_MISSING = (95, 96, 97, 98, 99)
CASTOR_COLUMNS = frozenset({"Participant Id", "Record Id", "Participant ID", "Record ID", "Castor Record ID"})
CASTOR_BESIDE = frozenset(
    {
        "Participant Status",
        "Site Abbreviation",
        "Institute Abbreviation",
        "Randomization Id",
        "Randomization Group",
        "Randomized On",
        "Record Status",
        "Survey Instance Id",
        "Repeating Data Creation Date",
        "Participant Creation Date",
        "Record Creation Date",
        "Repeating Data Name",
    }
)


@dataclass(frozen=True)
class Layout:
    """How to read the records of one text file."""

    format: str
    header_rows: int
    names: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)  # column of clock times -> its time zone
    absent: tuple[str, ...] = ()  # texts that stand for "no answer" beside numbers
    not_yet: tuple[str, ...] = ()  # texts that stand for "no moment" in a column of moments
    missing_codes: tuple[float, ...] = ()  # numbers that the tool uses for "no answer"
    missing_dates: tuple[str, ...] = ()  # dates (ISO) that the tool uses for "no answer"
    value_labels: Mapping[str, Mapping[float, str]] = field(default_factory=dict)
    system: frozenset[str] = frozenset()  # columns that the tool adds: no missing codes there
    decimal: str | None = None
    note: str = ""


Records = Sequence[Sequence[str]]


def clean_name(cell: str) -> str:
    """The text of a header cell without blanks around it and without marks that nobody sees."""
    return _UNSEEN.sub("", cell).replace("\xa0", " ").strip()


def plain_words(text: str) -> str:
    """A question text without mark-up and line breaks."""
    return " ".join(unescape(_TAG.sub("", _BLOCK_TAG.sub(" ", text))).split())


def qualtrics(records: Records, delimiter: str) -> Layout | None:
    """Three header rows: tags, question texts, import ids (with the time zone of clock times)."""
    for row in (2, 1):
        if len(records) > row and _share(records[row], _IMPORT_ID) > 0.5:
            return _qualtrics(records, row)
    return None


def _qualtrics(records: Records, import_row: int) -> Layout:
    names = tuple(clean_name(cell) for cell in records[0])
    imports = records[import_row]
    zones = {n: m.group(1) for n, cell in zip(names, imports, strict=False) if (m := _TIME_ZONE.search(cell))}
    texts = records[1] if import_row == 2 else names
    labels = {n: plain_words(text) for n, text in zip(names, texts, strict=False)}
    return Layout(
        "qualtrics",
        import_row + 1,
        names,
        labels,
        zones,
        missing_codes=(-99.0,),
        system=QUALTRICS_SYSTEM_COLUMNS,
        decimal=".",
        note=f"Qualtrics export with {import_row + 1} header rows",
    )


def qualtrics_legacy(records: Records, delimiter: str) -> Layout | None:
    """The older layout with two header rows and no import ids: tags (V1, ...) and texts."""
    if len(records) < 2:
        return None
    first, second = ([clean_name(cell) for cell in record] for record in records[:2])
    if "ResponseID" not in second or "ResponseSet" not in second or first[0] not in ("V1", "ResponseID"):
        return None
    system = {tag: text for tag, text in zip(first, second, strict=False) if re.fullmatch(r"V\d+", tag)}
    names = tuple(system.get(tag, tag) for tag in first)
    labels = {n: plain_words(text) for n, text in zip(names, second, strict=False)}
    return Layout(
        "qualtrics",
        2,
        names,
        labels,
        missing_codes=(-99.0,),
        system=QUALTRICS_SYSTEM_COLUMNS,
        decimal=".",
        note="Qualtrics export in the legacy layout with two header rows",
    )


def limesurvey(records: Records, delimiter: str) -> Layout | None:
    """One header row of question codes, of codes with texts, or of full texts."""
    if not records:
        return None
    header = [clean_name(cell) for cell in records[0]]
    split = [_CODE_AND_TEXT.match(cell) for cell in header]
    codes = [m.group(1) if m else cell for m, cell in zip(split, header, strict=True)]
    if {"id", "submitdate"} <= set(codes) and {"lastpage", "startlanguage", "seed", "token"} & set(codes):
        texts = {c: plain_words(m.group(2)) for c, m in zip(codes, split, strict=True) if m}
        style = "codes and texts" if texts else "codes"
        return _limesurvey(codes, texts, style)
    known = [LIMESURVEY_SYSTEM.get(cell.lower(), "") for cell in header]
    if {"id", "submitdate"} <= set(known):
        names = [code or plain_words(cell) for code, cell in zip(known, header, strict=True)]
        return _limesurvey(
            names, {n: plain_words(c) for n, c in zip(names, header, strict=True)}, "full texts"
        )
    return None


def _limesurvey(names: Sequence[str], labels: Mapping[str, str], style: str) -> Layout:
    return Layout(
        "limesurvey",
        1,
        tuple(names),
        labels,
        absent=("N/A",),
        system=LIMESURVEY_CODES,
        decimal=".",
        note=f"LimeSurvey export with {style} as headings",
    )


def castor(records: Records, delimiter: str) -> Layout | None:
    """One participant (or repeated form, or survey) a row, with Castor's own columns in front."""
    if not records:
        return None
    names = tuple(clean_name(cell) for cell in records[0])
    if not (CASTOR_COLUMNS & set(names) and CASTOR_BESIDE & set(names)):
        return None
    return Layout(
        "castor",
        1,
        names,
        absent=tuple(f"##USER_MISSING_{code}##" for code in CASTOR_MISSING),
        missing_codes=tuple(-float(code) for code in CASTOR_MISSING),
        missing_dates=tuple(f"29{code}-01-01" for code in CASTOR_MISSING),
        system=CASTOR_COLUMNS | CASTOR_BESIDE,
        note="Castor export",
    )


def plain(records: Records, delimiter: str) -> Layout | None:
    """One header row with the column names."""
    if not records:
        return None
    name = "tsv" if delimiter == "\t" else "csv"
    return Layout(name, 1, tuple(clean_name(cell) for cell in records[0]))


def formdesk(records: Records, delimiter: str) -> Layout | None:
    """One header row with the questions; decimal comma, dates as dd-mm-yyyy, Ja and Nee."""
    if not records:
        return None
    names = tuple(clean_name(cell) for cell in records[0])
    return Layout("formdesk", 1, names, decimal=",", note="Formdesk export")


def _share(cells: Sequence[str], pattern: re.Pattern[str]) -> float:
    return sum(bool(pattern.search(cell)) for cell in cells) / max(len(cells), 1)
