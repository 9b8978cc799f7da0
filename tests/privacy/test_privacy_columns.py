"""Names of columns are judged by their parts, in Dutch and English, however they are written."""

import pandas as pd
import pytest

from dww_analysis.delivery.identifiers import identifying_columns

IDENTIFYING = [
    *(
        "Gebruikersnaam",
        "Username",
        "userName",
        "IP adres",
        "IPAddress",
        "IPaddress",
        "ip_address",
        "ip",
        "ipaddr",
    ),
    *("RecipientPhone", "RecipientLastName", "Recipient Email", "ExternalReference", "ExternalDataReference"),
    *(
        "e_mail",
        "E-mail",
        "E\u2011mail",
        "E-mailadres",
        "Uw e-mailadres",
        "EMAILADRES",
        "emailAddress",
        "privemail",
    ),
    *("Survey Participant Email", "E-mail (werk)", "Emailadres deelnemer", "mail"),
    *(
        "naam",
        "Naam",
        "Uw naam",
        "Wat is uw naam?",
        "naam respondent",
        "NaamMedewerker",
        "naam_1",
        "full name",
    ),
    *(
        "Voornaam respondent",
        "VÓÓRNAAM",
        "Vóórnaam",
        "achternaam",
        "voor- en achternaam",
        "lastname",
        "FIRST_NAME",
    ),
    *(
        "tussenvoegsel",
        "Initialen",
        "Geboortedatum",
        "geb.datum",
        "Geb datum",
        "dateOfBirth",
        "date of birth",
        "DOB",
    ),
    *("telefoonnr", "Telefoonnummer (mobiel)", "tel.", "Mobiel nummer", "mobile", "phone_number", "GSM"),
    *(
        "BSN",
        "bsn_nummer",
        "burgerservicenummer",
        "IBAN-nummer",
        "rekeningnummer",
        "personeelsnummer",
        "EmployeeID",
    ),
    *("Cliëntnummer", "clientnaam", "studentnummer", "kenteken", "BIG-nummer"),
    *(
        "Adres",
        "home address",
        "Straat + huisnummer",
        "huisnr",
        "Postcode",
        "Zip",
        "woonplaats",
        "LocationLatitude",
    ),
    *("Handtekening", "LinkedIn", "refurl", "Vul hier uw e-mailadres in als u verder wilt meedoen"),
]
ORDINARY = [
    *(
        "naam_team",
        "Teamnaam",
        "naam_methode",
        "Naam organisatie",
        "naam van de school",
        "functienaam",
        "schaal_naam",
    ),
    *("email_gebruik", "aantal e-mails", "toestemming e-mail", "emailverkeer", "mailing_1", "bsn_bekend"),
    *(
        "telefonisch_contact_1",
        "telefoongebruik",
        "mobieltijd",
        "mobiliteit",
        "mobiel_werken",
        "adresseren_1",
    ),
    *("schipper", "skip_1", "ip_skills", "ip_1", "tip_2", "trip", "straatbeeld", "postzegel", "naamgeving_1"),
    *(
        "Hoe vaak gebruikt u uw telefoon?",
        "In welke mate deelt u uw e-mailadres met collega's",
        "Ik durf mijn naam te noemen",
    ),
    *(
        "code",
        "team",
        "token",
        "Deelnemerscode",
        "ResponseId",
        "leeftijd",
        "geboortejaar",
        "geboorteland",
        "StartDate",
    ),
    *(
        "clientgericht_3",
        "leerling_1",
        "personeel",
        "location_type",
        "phone_stress",
        "birth_order",
        "",
        "1",
        "???",
    ),
]


@pytest.mark.parametrize("name", IDENTIFYING)
def test_names_that_identify(name):
    assert identifying_columns([name]) == [name]


@pytest.mark.parametrize("name", ORDINARY)
def test_names_that_only_look_like_it(name):
    assert identifying_columns([name]) == []


def test_declared_names_come_along_in_the_order_of_the_file():
    assert identifying_columns(["q2", "Naam", "q1"], declared=["q1"]) == ["Naam", "q1"]


def test_no_name_of_the_scales_is_taken_for_an_identifier():
    from dww_analysis.scales.keys import key_ids, load_key

    names = [item for key in key_ids() for item in load_key(key).items]
    assert len(names) > 50 and identifying_columns(map(str, names)) == []
    assert identifying_columns(pd.Index(["lpw_01", "lead_3", "UWES-9"])) == []
