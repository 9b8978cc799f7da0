"""The diary, the app log and the personnel records of the example as three systems deliver them, with their mess.

Beeps twice or from a telephone with a wrong clock; statements twice, voided, cut off; contracts that end before they
start. And, as everywhere, things about people that should never have been in the file.
"""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from dww_analysis.domain.exposure import VOIDED
from dww_analysis.simulate.canaries import CONTACTS, Contact, remark
from dww_analysis.simulate.instruments import FUNCTIONS
from dww_analysis.simulate.writers import replace_file

APP = "https://praktijkprofiel.example"
SOURCE_WORDS = {"colleagues": "collega's", "students": "studenten", "clients": "jeugdigen/ouders",
                "trainers": "trainers", "protocols": "richtlijnen", "models": "methodieken"}  # fmt: skip
PROCESS_WORDS = {"trying": "uitproberen", "observing": "afkijken", "exchanging": "overleggen",
                 "feedback": "feedback", "reflecting": "terugblikken", "looking_up": "opzoeken"}  # fmt: skip
DESTINATION_WORDS = {"other_care": "andere werkgever in zorg of welzijn", "outside_care": "werkgever buiten de zorg",
                     "not_employee": "geen werknemer meer", "": ""}  # fmt: skip
REASONS = ("eigen verzoek", "einde tijdelijk contract", "wederzijds goedvinden")
OPEN_END = "31-12-9999"


def write_diary(beeps: pd.DataFrame, path: Path, rng: np.random.Generator) -> None:
    """One row a beep, as an app for experience sampling exports it."""
    contacts = CONTACTS[path.name]
    records = [_beep(beep) for beep in beeps.to_dict("records")]
    answered = [number for number, record in enumerate(records) if record["finished"]]
    for number in rng.choice(answered, size=4, replace=False):  # a telephone with the wrong time
        for name in ("started", "finished"):
            moment = pd.Timestamp(str(records[number][name])) - pd.Timedelta(hours=3)
            records[number][name] = _moment(moment)
    for number, contact in zip(answered[40::300], contacts, strict=False):
        records[number] |= {"alias": f"{contact.first_name} {contact.last_name}", "note": remark(contact)}
        records[number] |= {"ip": contact.ip}
    twice = rng.choice(len(records), size=len(records) // 60, replace=False)
    records += [_first_copy(records[number]) for number in np.sort(twice)]
    records += [record | {"participant": "test1"} for record in records[:6]]
    for number in rng.choice(len(records) - 6, size=5, replace=False):
        records[number] = records[number] | {"participant": ""}
    records.sort(key=lambda record: str(record["scheduled"]))
    write_records(records, path, ",")


def _beep(beep: dict) -> dict[str, object]:
    def joined(name: str, words: dict[str, str]) -> str:
        return "; ".join(words[code] for code in beep[name]) if isinstance(beep[name], list) else ""

    def number(name: str) -> object:
        return "" if pd.isna(beep[name]) else int(beep[name])

    return {
        "participant": beep["code"],
        "alias": "",
        "beep": beep["beep"],
        **{name: _moment(beep[name]) for name in ("scheduled", "sent", "started", "finished", "expired")},
        "energie": number("energy"),
        "werkdruk": number("pressure"),
        "geleerd_van": joined("sources", SOURCE_WORDS),
        "geleerd_door": joined("processes", PROCESS_WORDS),
        "note": "",
        "ip": "",
    }


def _moment(moment: pd.Timestamp) -> str:
    return "" if pd.isna(moment) else f"{moment:%Y-%m-%d %H:%M:%S}"


def _first_copy(record: dict[str, object]) -> dict[str, object]:
    """The row that the app wrote before it had the answer."""
    empty = dict.fromkeys(
        ("started", "finished", "energie", "werkdruk", "geleerd_van", "geleerd_door", "note"), ""
    )
    return record | empty


def write_events(events: pd.DataFrame, path: Path, rng: np.random.Generator) -> None:
    """One xAPI statement a line, in the order in which the store received them."""
    contacts = CONTACTS[path.name]
    statements = [_statement(event, rng) for event in events.to_dict("records")]
    written = [n for n, event in enumerate(events["kind"]) if event == "reflection_written"]
    for number, contact in zip(written[10::60], contacts, strict=False):
        statements[number]["actor"]["name"] = f"{contact.first_name} {contact.last_name}"
        statements[number]["result"]["response"] = remark(contact)
    for number in rng.choice(len(statements), size=3, replace=False):  # a telephone that is a year ahead
        statements[number]["timestamp"] = _utc(
            pd.Timestamp(statements[number]["timestamp"]) + pd.Timedelta(days=365)
        )
    extra = [
        _voiding(statements[number], rng) for number in rng.choice(len(statements), size=6, replace=False)
    ]
    extra += [_tried(contact, n, rng) for n, contact in enumerate(contacts * 2)]
    twice = [statements[number] for number in np.sort(rng.choice(len(statements), size=20, replace=False))]
    statements = sorted([*statements, *extra, *twice], key=lambda statement: str(statement["stored"]))
    lines = [json.dumps(statement, ensure_ascii=False, separators=(",", ":")) for statement in statements]
    lines[len(lines) // 3] = lines[len(lines) // 3][:90]  # the store ran out of space
    replace_file(path, ("\n".join(lines) + "\n").encode("utf-8"))


def _statement(event: dict, rng: np.random.Generator) -> dict:
    delay = (
        int(rng.integers(1, 20)) if rng.random() < 0.9 else int(rng.integers(600, 90_000))
    )  # without network
    what = {"feedback_requested": "person", "feedback_received": "person", "video_reviewed": "recording"}
    statement: dict = {
        "id": _identifier(rng),
        "actor": {"objectType": "Agent", "account": {"homePage": APP, "name": event["code"]}},
        "verb": {"id": f"{APP}/verbs/{event['kind']}"},
        "object": {
            "id": f"{APP}/profile/{rng.integers(1, 9)}",
            "definition": {"type": f"{APP}/types/{what.get(event['kind'], 'profile')}"},
        },
        "context": {"platform": "app"},
        "timestamp": _utc(event["time"]),
        "stored": _utc(event["time"] + pd.Timedelta(seconds=delay)),
    }
    if event["seconds"]:
        statement["result"] = {"completion": True, "duration": _duration(event["seconds"])}
    return statement


def _identifier(rng: np.random.Generator) -> str:
    return str(uuid.UUID(bytes=rng.bytes(16), version=4))


def _utc(moment: pd.Timestamp) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def _duration(seconds: int) -> str:
    return f"PT{seconds // 60}M{seconds % 60}S" if seconds >= 60 else f"PT{seconds}S"


def _voiding(statement: dict, rng: np.random.Generator) -> dict:
    moment = _utc(pd.Timestamp(statement["stored"]) + pd.Timedelta(hours=int(rng.integers(2, 200))))
    return {
        "id": _identifier(rng),
        "actor": {"objectType": "Agent", "account": {"homePage": APP, "name": "beheer"}},
        "verb": {"id": VOIDED},
        "object": {"objectType": "StatementRef", "id": statement["id"]},
        "context": {"platform": "app"},
        "timestamp": moment,
        "stored": moment,
    }


def _tried(contact: Contact, number: int, rng: np.random.Generator) -> dict:
    """What the makers of the app tried out themselves."""
    moment = f"2025-06-2{number}T09:00:00Z"
    return {
        "id": _identifier(rng),
        "actor": {"name": f"{contact.first_name} {contact.last_name}", "mbox": f"mailto:{contact.email}"},
        "verb": {"id": f"{APP}/verbs/profile_viewed"},
        "object": {"id": f"{APP}/profile/1", "definition": {"type": f"{APP}/types/profile"}},
        "context": {"platform": "acceptatie"},
        "timestamp": moment,
        "stored": moment,
    }


def write_hr(contracts: pd.DataFrame, path: Path, rng: np.random.Generator) -> None:
    """One row a contract, as a personnel system exports it: semicolons, Dutch dates, decimal comma, names."""
    contacts = CONTACTS[path.name]
    records = [_contract(contract, rng) for contract in contracts.to_dict("records")]
    for number, contact in zip(
        range(25, len(records), len(records) // len(contacts)), contacts, strict=False
    ):
        records[number] |= {
            "Naam": f"{contact.first_name} {contact.last_name}",
            "BSN": contact.bsn,
            "E-mail": contact.email,
            "Telefoon": contact.phone,
            "Opmerking": remark(contact),
        }
    for number in rng.choice(
        len(records), size=3, replace=False
    ):  # a contract that was never signed, mistyped
        start = datetime.strptime(str(records[number]["In dienst"]), "%d-%m-%Y")
        wrong = records[number] | {"Uit dienst": f"{start.replace(year=start.year - 1, day=1):%d-%m-%Y}"}
        records.append(wrong | {"Naam": "", "BSN": "", "E-mail": "", "Telefoon": "", "Opmerking": ""})
    records += [dict(records[number]) for number in rng.choice(len(records), size=4, replace=False)]
    write_records(records, path, ";")


def _contract(contract: dict, rng: np.random.Generator) -> dict[str, object]:
    lasting = pd.isna(contract["end"])
    number = int(str(contract["organisation"]).removeprefix("org_"))
    leaves = not lasting and not contract["moved"] and bool(contract["over"])
    end = (OPEN_END if number % 2 else "") if lasting else f"{contract['end']:%d-%m-%Y}"
    return {
        "Deelnemerscode": contract["code"],
        "Naam": "",
        "BSN": "",
        "E-mail": "",
        "Telefoon": "",
        "Organisatie": f"Organisatie {number}",
        "Team": contract["team"],
        "Functie": FUNCTIONS[contract["function"]],
        "In dienst": f"{contract['start']:%d-%m-%Y}",
        "Uit dienst": end,
        "FTE": f"{contract['fte']:.2f}".replace(".", ","),
        "Reden uitdienst": str(rng.choice(REASONS)) if leaves else "",
        "Bestemming": DESTINATION_WORDS[contract["destination"]],
        "Interne overplaatsing": "ja" if contract["moved"] else "nee",
        "Opmerking": "",
    }


def write_records(records: Sequence[dict[str, object]], path: Path, delimiter: str) -> None:
    """A text file with the keys of the first record as headings."""
    buffer = io.StringIO()
    out = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
    out.writerow(records[0])
    out.writerows(record.values() for record in records)
    replace_file(path, buffer.getvalue().encode("utf-8"))
