"""Columns that point at a person directly: they are dropped before anything else looks at a file."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

# names (lower case) that survey tools and HR systems give to columns with direct identifiers
KNOWN = frozenset(
    {
        *("ipaddress", "ipaddr", "ip address", "ip-adres", "recipientlastname", "recipientfirstname"),
        *("recipientemail", "externaldatareference", "locationlatitude", "locationlongitude", "location"),
        *("email", "e-mail", "emailaddress", "email address", "e-mailadres", "emailadres", "mail"),
        *(
            "name",
            "naam",
            "voornaam",
            "achternaam",
            "firstname",
            "first name",
            "lastname",
            "last name",
            "surname",
        ),
        *("full name", "volledige naam", "initials", "voorletters", "tussenvoegsel", "geboortenaam"),
        *("phone", "phonenumber", "phone number", "telefoon", "telefoonnummer", "mobiel", "mobile"),
        *("address", "adres", "street", "straat", "huisnummer", "postcode", "zipcode", "zip", "woonplaats"),
        *(
            "bsn",
            "burgerservicenummer",
            "iban",
            "rekeningnummer",
            "dateofbirth",
            "date of birth",
            "geboortedatum",
        ),
        *("refurl", "referrer url", "latitude", "longitude", "participant email", "recipient email"),
    }
)
EMAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")


def identifying_columns(names: Iterable[str], declared: Iterable[str] = ()) -> list[str]:
    """Those of `names` that are known or declared to hold direct identifiers, in order."""
    also = set(declared)
    return [n for n in names if n in also or str(n).strip().lower() in KNOWN]


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
