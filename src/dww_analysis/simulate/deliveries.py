"""The four files of the example study: how each tool names, codes and decorates the same questions."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from dww_analysis.simulate.canaries import CONTACTS, Contact, remark
from dww_analysis.simulate.instruments import (
    AGE_BANDS,
    BACKGROUND,
    BACKGROUND_LABELS,
    BLOCKS,
    FUNCTIONS,
    SUPERVISOR_ITEMS,
)
from dww_analysis.simulate.mess import NOT_APPLICABLE, QUESTIONS, SKIPPED
from dww_analysis.simulate.writers import write_limesurvey, write_qualtrics, write_sav, write_xlsx

TEAM_NAMES = (
    "Kompas", "Horizon", "Anker", "Brug", "Vuurtoren", "Zeil", "Haven", "Oever", "Linde", "Eik", "Beuk", "Berk",
    "Ster", "Maan", "Zon", "Wolk", "Noord", "Oost", "Zuid", "West", "Vlinder", "Zwaluw", "Merel", "Uil",
)  # fmt: skip

QUALTRICS_TAGS = {"lpw": "Q6", "ail": "Q7", "uwes": "Q8", "bat": "Q9", "psysafe": "Q10", "jobsat": "Q11",
                  "turnover": "Q12"}  # fmt: skip
QUALTRICS_BACKGROUND = {"age_band": "Q2", "function": "Q3", "years_youth_care": "Q4", "hours": "Q5_1"}
QUALTRICS_REMARK = "Q13"
QUALTRICS_SYSTEM = {  # tag -> (text, import id)
    "StartDate": ("Start Date", "startDate"),
    "EndDate": ("End Date", "endDate"),
    "Status": ("Response Type", "status"),
    "IPAddress": ("IP Address", "ipAddress"),
    "Progress": ("Progress", "progress"),
    "Duration (in seconds)": ("Duration (in seconds)", "duration"),
    "Finished": ("Finished", "finished"),
    "RecordedDate": ("Recorded Date", "recordedDate"),
    "ResponseId": ("Response ID", "_recordId"),
    "RecipientLastName": ("Recipient Last Name", "recipientLastName"),
    "RecipientFirstName": ("Recipient First Name", "recipientFirstName"),
    "RecipientEmail": ("Recipient Email", "recipientEmail"),
    "ExternalReference": ("External Data Reference", "externalDataReference"),
    "LocationLatitude": ("Location Latitude", "locationLatitude"),
    "LocationLongitude": ("Location Longitude", "locationLongitude"),
    "DistributionChannel": ("Distribution Channel", "distributionChannel"),
    "UserLanguage": ("User Language", "userLanguage"),
}
QUALTRICS_CHOICE_OFFSET = (
    3  # recode values that do not start at 1: a first draft of the question was thrown away
)
DENVER_BEHIND_AMSTERDAM = pd.Timedelta(hours=8)

LIME_SYSTEM = ("id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp",
               "ipaddr", "refurl")  # fmt: skip
LIME_GROUPS = {"lpw": "G02Q01", "ail": "G03Q01", "uwes": "G04Q01", "bat": "G05Q01", "psysafe": "G06Q01",
               "jobsat": "G07Q01", "turnover": "G08Q01"}  # fmt: skip
LIME_BACKGROUND = {
    "age_band": "G01Q02",
    "function": "G01Q03",
    "years_youth_care": "G01Q04",
    "hours": "G01Q05",
}
LIME_TEAM, LIME_REMARK, LIME_EMAIL = "G01Q01", "G09Q01", "G09Q02"


def write_wave0(rows: pd.DataFrame, path: Path) -> None:
    """SPSS file: numeric codes with value labels, 98 and 99 declared as user missing."""
    frame = pd.DataFrame({"CODE": _typed_codes(rows), "TEAM": rows["team"].str[1:].astype(float)})
    for name in QUESTIONS:
        frame[_sav_name(name)] = rows[name].replace({SKIPPED: 99.0, NOT_APPLICABLE: 98.0})
    frame["KLAAR"] = (rows["progress"] == 100).astype(float)
    frame["DUUR_SEC"] = rows["seconds"].astype(float)
    frame["OPMERKING"] = _with_canaries(rows, CONTACTS[path.name])
    frame["EMAIL_BON"] = _emails(rows, CONTACTS[path.name])
    labels = {"CODE": "Deelnemerscode", "TEAM": "Team", "KLAAR": "Vragenlijst afgerond",
              "DUUR_SEC": "Invulduur in seconden", "OPMERKING": "Ruimte voor opmerkingen",
              "EMAIL_BON": "E-mailadres voor de cadeaubon",
              **{_sav_name(name): label for name, label in BACKGROUND_LABELS.items()}}  # fmt: skip
    not_given = {99: "niet ingevuld"}
    values: dict[str, dict[int, str]] = {
        "TEAM": {number: f"Team {name}" for number, name in enumerate(TEAM_NAMES, start=1)},
        "AGE_BAND": AGE_BANDS | not_given,
        "FUNCTION": FUNCTIONS | not_given,
        "YEARS_YOUTH_CARE": not_given,
        "HOURS": not_given,
        "KLAAR": {0: "nee", 1: "ja"},
    }
    for block in BLOCKS:
        for item, label in zip(block.items, block.item_labels, strict=True):
            name = _sav_name(item)
            labels[name] = label
            values[name] = block.value_labels() | not_given
            if item in SUPERVISOR_ITEMS:
                values[name] = values[name] | {98: "niet van toepassing"}
    missing = {_sav_name(name): [99] for name in QUESTIONS}
    missing |= {_sav_name(name): [98, 99] for name in SUPERVISOR_ITEMS}
    write_sav(frame, path, labels=labels, value_labels=values, user_missing=missing,
              file_label="Nulmeting, verzonnen gegevens", created=datetime(2025, 6, 24, 9, 0))  # fmt: skip


def _typed_codes(rows: pd.DataFrame) -> list[str]:
    """Codes as people typed them at the first wave: some in capitals, some with a blank in front."""
    codes = [str(code) for code in rows["code"]]
    own = [number for number, test in enumerate(rows["test"]) if codes[number] and not test]
    for number in own[5::37]:
        codes[number] = codes[number].upper()
    for number in own[23::37]:
        codes[number] = f" {codes[number]}"
    return codes


def _sav_name(name: str) -> str:
    """LPW01 for the item lpw_01, AGE_BAND for a background variable."""
    return name.upper() if name in BACKGROUND else name.upper().replace("_", "")


def write_wave1(rows: pd.DataFrame, path: Path, rng: np.random.Generator) -> None:
    """Qualtrics file: values export, -99 for seen but unanswered, contact list and IP addresses included."""
    contacts = CONTACTS[path.name]
    questions = {tag: text for tag, (text, _) in QUALTRICS_SYSTEM.items()}
    questions |= {QUALTRICS_BACKGROUND[name]: f"{label}\n(kies wat het best past)"
                  for name, label in BACKGROUND_LABELS.items()}  # fmt: skip
    tags = _qualtrics_tags()
    for block in BLOCKS:
        for item, label in zip(block.items, block.item_labels, strict=True):
            questions[tags[item]] = (
                f"Geef aan wat voor u geldt, in de afgelopen maand,\nin uw team. - {label}"
            )
    questions |= {QUALTRICS_REMARK: "Ruimte voor opmerkingen", "team": "team"}
    ids = {tag: import_id for tag, (_, import_id) in QUALTRICS_SYSTEM.items()}
    ids |= {
        tag: f"QID{number}" for number, tag in enumerate((t for t in questions if t not in ids), start=20)
    }
    ids["team"] = "team"
    remarks = _with_canaries(rows, contacts)
    records = []
    for number, row in enumerate(rows.to_dict("records")):
        record = _qualtrics_system(row, contacts[number % len(contacts)], number, rng)
        record |= {tags[name]: _qualtrics_value(name, row[name]) for name in QUESTIONS}
        record |= {QUALTRICS_REMARK: remarks[number], "team": row["team"]}
        records.append(record)
    _typing_errors(records, rng)
    write_qualtrics(records, path, questions=questions, import_ids=ids, time_zone="America/Denver")


def _qualtrics_tags() -> dict[str, str]:
    tags = dict(QUALTRICS_BACKGROUND)
    for block in BLOCKS:
        stem = QUALTRICS_TAGS[block.construct]
        numbers = range(1, len(block.items) + 1)
        names = [stem] if len(block.items) == 1 else [f"{stem}_{number}" for number in numbers]
        tags.update(zip(block.items, names, strict=True))
    return tags


def _qualtrics_system(
    row: dict, contact: Contact, number: int, rng: np.random.Generator
) -> dict[str, object]:
    start = row["start"] - DENVER_BEHIND_AMSTERDAM
    end = start + pd.Timedelta(seconds=int(row["seconds"]))
    letters = list("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789")
    network = contact.ip.rsplit(".", 1)[0]
    return {
        "StartDate": f"{start:%Y-%m-%d %H:%M:%S}",
        "EndDate": f"{end:%Y-%m-%d %H:%M:%S}",
        "Status": 1 if row["test"] else 0,
        "IPAddress": contact.ip if number < 6 else f"{network}.{rng.integers(1, 255)}",
        "Progress": row["progress"],
        "Duration (in seconds)": row["seconds"],
        "Finished": 1 if row["progress"] == 100 else 0,
        "RecordedDate": f"{end:%Y-%m-%d %H:%M:%S}",
        "ResponseId": "R_" + "".join(rng.choice(letters, 15)),
        "RecipientLastName": contact.last_name,
        "RecipientFirstName": contact.first_name,
        "RecipientEmail": contact.email,
        "ExternalReference": "" if row["test"] else row["code"],
        "LocationLatitude": f"{rng.uniform(51.5, 53.2):.4f}",
        "LocationLongitude": f"{rng.uniform(4.3, 6.8):.4f}",
        "DistributionChannel": "preview" if row["test"] else "email",
        "UserLanguage": "NL",
    }


def _qualtrics_value(name: str, value: float) -> object:
    if np.isnan(value):
        return ""
    if value in (SKIPPED, NOT_APPLICABLE):
        return int(value)
    offset = QUALTRICS_CHOICE_OFFSET if name in ("age_band", "function") else 0
    return int(value) + offset


def _typing_errors(records: list[dict[str, object]], rng: np.random.Generator) -> None:
    """Two persons typed a zero too many in the open field for hours."""
    tag = QUALTRICS_BACKGROUND["hours"]
    able = [record for record in records if int(record[tag] or 0) > 0 and record["Status"] == 0]  # type: ignore[call-overload]
    for number in rng.choice(len(able), size=2, replace=False):
        able[number][tag] = int(able[number][tag]) * 10  # type: ignore[call-overload]


def write_wave2(rows: pd.DataFrame, path: Path, rng: np.random.Generator) -> None:
    """LimeSurvey file: question codes as headings, N/A where a question was not shown, empty where skipped."""
    contacts = CONTACTS[path.name]
    codes = dict(LIME_BACKGROUND)
    for block in BLOCKS:
        stem = LIME_GROUPS[block.construct]
        numbers = range(1, len(block.items) + 1)
        names = [stem] if len(block.items) == 1 else [f"{stem}[SQ{number:03d}]" for number in numbers]
        codes.update(zip(block.items, names, strict=True))
    columns = [*LIME_SYSTEM, LIME_TEAM, *(codes[name] for name in QUESTIONS), LIME_REMARK, LIME_EMAIL]
    remarks, emails = _with_canaries(rows, contacts), _emails(rows, contacts)
    records = []
    for number, row in enumerate(rows.to_dict("records")):
        record = _lime_system(row, contacts[number % len(contacts)], number, rng)
        record |= {LIME_TEAM: row["team"], LIME_REMARK: remarks[number], LIME_EMAIL: emails[number]}
        record |= {codes[name]: _lime_value(row[name]) for name in QUESTIONS}
        records.append(record)
    write_limesurvey(records, path, columns=columns)


def _lime_system(row: dict, contact: Contact, number: int, rng: np.random.Generator) -> dict[str, object]:
    end = row["start"] + pd.Timedelta(seconds=int(row["seconds"]))
    network = contact.ip.rsplit(".", 1)[0]
    complete = row["progress"] == 100
    return {
        "id": number + 11,
        "submitdate": f"{end:%Y-%m-%d %H:%M:%S}" if complete else "",
        "lastpage": 9 if complete else max(1, round(row["progress"] * 0.09)),
        "startlanguage": "nl",
        "seed": int(rng.integers(10**8, 2 * 10**9)),
        "token": row["code"],
        "startdate": f"{row['start']:%Y-%m-%d %H:%M:%S}",
        "datestamp": f"{end:%Y-%m-%d %H:%M:%S}",
        "ipaddr": contact.ip if number < 6 else f"{network}.{rng.integers(1, 255)}",
        "refurl": "https://enquete.jeugdhulp.example/start" if rng.random() < 0.2 else "",
    }


def _lime_value(value: float) -> object:
    if value == NOT_APPLICABLE:
        return "N/A"
    return "" if np.isnan(value) or value == SKIPPED else int(value)


def write_allocation(teams: pd.DataFrame, path: Path) -> None:
    """The allocation list as a secretary keeps it: every team name typed by hand, with people to call."""
    contacts = CONTACTS[path.name]
    records = []
    for number, team in enumerate(teams.to_dict("records")):
        contact = contacts[number % len(contacts)]
        records.append(
            {
                "Organisatie": f"Organisatie {str(team['organisation']).removeprefix('org_')}",
                "Team": typed_by_hand(number),
                "Conditie": ("controle", "interventie")[int(team["arm"])],
                "Medewerkers bij start": int(team["size"]),
                "Contactpersoon": f"{contact.first_name} {contact.last_name}",
                "E-mail": contact.email,
                "Telefoon": contact.phone,
                "Opmerking": remark(contact) if number < len(contacts) else "",
            }
        )
    write_xlsx(
        records, path, columns=list(records[0]), sheet="toewijzing", created=datetime(2025, 6, 30, 9, 0)
    )


def typed_by_hand(number: int) -> str:
    """The name of team `number` as somebody typed it: full, short, in capitals, abbreviated, with stray blanks."""
    name = TEAM_NAMES[number]
    manners = (f"Team {name}", name, f"team {name.lower()}", name.upper(), f"Tm. {name}", f" Team  {name} ",
               f"{name}-team")  # fmt: skip
    return manners[number * 3 % len(manners)]


def _with_canaries(rows: pd.DataFrame, contacts: tuple[Contact, ...]) -> list[str]:
    """Remarks of all rows; in a few complete rows somebody tells who she is."""
    remarks = rows["remark"].tolist()
    for row, contact in zip(_own_rows(rows, len(contacts)), contacts, strict=True):
        remarks[row] = remark(contact)
    return remarks


def _emails(rows: pd.DataFrame, contacts: tuple[Contact, ...]) -> list[str]:
    emails = [""] * len(rows)
    for row, contact in zip(_own_rows(rows, len(contacts)), contacts, strict=True):
        emails[row] = contact.email
    return emails


def _own_rows(rows: pd.DataFrame, n: int) -> list[int]:
    whole = np.flatnonzero((rows["progress"] == 100) & ~rows["test"])
    return [int(whole[len(whole) * (k + 1) // (n + 1)]) for k in range(n)]
