"""Invented identifiers planted in the raw files of the example, so that a test can see that none of them gets out.

Names exist nowhere, e-mail addresses end in .example, IP addresses are from the documentation ranges (RFC 5737), the
mobile numbers are not in use in the Netherlands, and the citizen numbers pass the eleven test from the test series.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Contact:
    """One invented person as contact lists hold them."""

    first_name: str
    last_name: str
    email: str
    phone: str
    bsn: str
    ip: str


@dataclass(frozen=True)
class Canary:
    """One string that stands in the raw file `file` and may stand in no output."""

    file: str
    kind: str
    text: str


def _contact(first: str, last: str, number: int, bsn: str, network: str) -> Contact:
    email = f"{first}.{last}@kwikmail.example".lower()
    return Contact(first, last, email, f"06-9{number:07d}", bsn, f"{network}.{number % 250 + 1}")


CONTACTS = {
    "wave0.sav": (
        _contact("Fennagje", "Kwikstaartsma", 8741233, "999990032", "192.0.2"),
        _contact("Wobkelien", "Ossenkopstra", 8741309, "999991103", "192.0.2"),
    ),
    "wave1_qualtrics.csv": (
        _contact("Quirijnella", "Zandlopersveen", 7712044, "999992168", "198.51.100"),
        _contact("Taddeus", "Brouwketelaar", 7712108, "999993240", "198.51.100"),
        _contact("Jildoutje", "Regenwulpinga", 7712196, "999994311", "198.51.100"),
    ),
    "wave2_limesurvey.csv": (
        _contact("Hendrikje", "Boterbloemsma", 6630417, "999995376", "203.0.113"),
        _contact("Oeds", "Waterlelieveld", 6630588, "999996447", "203.0.113"),
    ),
    "allocation.xlsx": (
        _contact("Gosewijn", "Turfschipperij", 5528190, "999997518", "203.0.113"),
        _contact("Baukelina", "Klokkengieterij", 5528261, "999998572", "203.0.113"),
    ),
    "diary.csv": (
        _contact("Ytsjen", "Veldkeversma", 4417302, "999991619", "198.51.100"),
        _contact("Lubbertus", "Zwaluwstaarten", 4417385, "999992685", "198.51.100"),
    ),
    "app_events.jsonl": (
        _contact("Aukelien", "Sterrenkijkersma", 3306214, "999993756", "203.0.113"),
        _contact("Gerlof", "Dauwdruppeling", 3306297, "999994827", "203.0.113"),
    ),
    "hr.csv": (
        _contact("Doutzina", "Ganzeveerder", 2295103, "999995893", "192.0.2"),
        _contact("Remmelt", "Kruidentuinstra", 2295176, "999996964", "192.0.2"),
        _contact("Tsjikke", "Molenwiekeling", 2295244, "999998031", "192.0.2"),
    ),
    "duiden.csv": (_contact("Popkelien", "Rietzangerstra", 1184102, "999990044", "192.0.2"),),
    "afspraken.xlsx": (_contact("Sjoukelien", "Kievitsbloemsma", 1184177, "999990056", "192.0.2"),),
    "tellingen.csv": (_contact("Harmkina", "Leeuwerikveen", 1184249, "999990068", "192.0.2"),),
    "attendance.xlsx": (
        _contact("Sjoukjelien", "Kievitsbloemstra", 1184020, "999900407", "192.0.2"),
        _contact("Wubbechien", "Oeverzegge", 1184099, "999901825", "192.0.2"),
    ),
    "ballots.csv": (
        _contact("Harmkea", "Distelvinkema", 1184178, "999902799", "198.51.100"),
        _contact("Folkertjan", "Wilgenroosje", 1184257, "999903810", "198.51.100"),
    ),
    "ballots_autumn.csv": (
        _contact("Trijntsjelien", "Zeekraalstra", 1185442, "999950034", "192.0.2"),
        _contact("Auwkje", "Zilverschoonema", 1185513, "999950848", "192.0.2"),
    ),
    "dots.csv": (
        _contact("Geesjelien", "Rietgorsinga", 1184336, "999904747", "203.0.113"),
        _contact("Zwaantsje", "Meerkoetsma", 1184415, "999906239", "203.0.113"),
    ),
    "votes.csv": (
        _contact("Onnechien", "Duindoornstra", 1184494, "999907657", "192.0.2"),
        _contact("Ubeltje", "Slobeendsma", 1184573, "999909149", "192.0.2"),
    ),
    "remarks.csv": (
        _contact("Frouktsje", "Baardmannetjema", 1184652, "999910826", "198.51.100"),
        _contact("Rommertjan", "Visdiefstra", 1184731, "999912318", "198.51.100"),
    ),
    "blocks.csv": (
        _contact("Eelkelien", "Koekoeksbloemsma", 1184810, "999913736", "203.0.113"),
        _contact("Tjibbechien", "Roerdompinga", 1184889, "999915228", "203.0.113"),
    ),
    "agenda.csv": (
        _contact("Wiebrechtje", "Tureluursma", 1184968, "999916609", "192.0.2"),
        _contact("Sietskelien", "Grasmusstra", 1185047, "999918138", "192.0.2"),
    ),
    "network_sessions.csv": (
        _contact("Hiltsjelien", "Watersnipstra", 1186021, "999960003", "198.51.100"),
        _contact("Jorrichien", "Blauwborstsma", 1186100, "999960714", "198.51.100"),
    ),
    "network_ratings.csv": (
        _contact("Meintsjelien", "Kluutenburgsma", 1186179, "999961421", "203.0.113"),
        _contact("Popkechien", "Goudplevierstra", 1186258, "999962127", "203.0.113"),
    ),
    "network_ties.csv": (
        _contact("Sytskelien", "Lepelaarsinga", 1186337, "999962838", "192.0.2"),
        _contact("Durkechien", "Veenmolenaarstra", 1186416, "999963545", "192.0.2"),
    ),
    "network_checklist.csv": (
        _contact("Aaltsjelien", "Boomvalkema", 1186495, "999964252", "198.51.100"),
        _contact("Wytskechien", "Zwartesternstra", 1186574, "999964963", "198.51.100"),
    ),
    "fragments.csv": (
        _contact("Fokjelien", "Bontbekplevierma", 1187021, "999970008", "203.0.113"),
        _contact("Ymkechien", "Kuifleeuweriksma", 1187100, "999970069", "203.0.113"),
    ),
    "app_ratings.csv": (
        _contact("Geeskelien", "Oeverloperinga", 1187179, "999971025", "192.0.2"),
        _contact("Japikjen", "Steenuilstra", 1187258, "999971062", "192.0.2"),
    ),
    "app_remarks.csv": (_contact("Hillechien", "Wielewaalsma", 1187337, "999971098", "198.51.100"),),
}

WITH_ADDRESSES = ("wave1_qualtrics.csv", "wave2_limesurvey.csv", "diary.csv")  # tools that keep IP addresses


def remark(contact: Contact) -> str:
    """A remark as people write them: with far too much about themselves in it."""
    return (
        f"Bel mij gerust op {contact.phone} of mail {contact.email}; mijn BSN is {contact.bsn}. "
        f"Groet, {contact.first_name} {contact.last_name}"
    )


def canaries() -> tuple[Canary, ...]:
    """Every planted string with the file it stands in. Of IP addresses the first three numbers are enough."""
    found = []
    for file, contacts in CONTACTS.items():
        for contact in contacts:
            found += [
                Canary(file, "name", contact.first_name),
                Canary(file, "name", contact.last_name),
                Canary(file, "email", contact.email),
                Canary(file, "phone", contact.phone),
                Canary(file, "bsn", contact.bsn),
            ]
            if file in WITH_ADDRESSES:
                found.append(Canary(file, "ip", contact.ip))
    return tuple(found)
