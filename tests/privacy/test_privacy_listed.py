"""Names that a delivery lists, looked for in what people typed."""

import pandas as pd
import pytest

from dww_analysis.privacy.listed import NOBODY, listed_names

FRAME = pd.DataFrame(
    {
        "Contactpersoon": ["Wobkje van der Turf", "J. Regenwulp-Bos", None],
        "E-mail": ["w.turf@kwik.example", "post@kwik.example", None],
        "Telefoon": ["06-98741233", 31612345678, None],
        "Opmerking": ["Geen", "Fijn dat dit kan", "Mooi Team"],
    }
)
LISTED = listed_names(FRAME, FRAME.columns)


@pytest.mark.parametrize(
    "text",
    [
        "Dat zei Wobkje ook.",
        "Volgens Turf kan het.",
        "Mail w.turf@kwik.example, graag",
        "Bel 06-98741233",
        "Regenwulp-Bos weet het",
    ],
)
def test_a_listed_name_or_address_is_found(text):
    assert LISTED.is_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "Geen bijzonderheden.",
        "Fijn!",
        "Mooi werk van het Team.",
        "turf steken",
        "We gaan van start",
        "w.turf@kwik.examples",
    ],
)
def test_remarks_particles_and_other_words_are_no_names(text):
    assert not LISTED.is_in(text)


def test_a_number_is_found_as_it_is_read_however_a_column_with_blanks_stores_it():
    frame = pd.DataFrame({"Personeelsnummer": [40017523, None], "Naam": ["Ine\u0301s Kievit", None]})
    assert frame["Personeelsnummer"].dtype == "float64"
    found = listed_names(frame, frame.columns)
    assert found.is_in("Vraag het nummer 40017523 maar")
    assert found.is_in("Dat zei In\u00e9s ook"), "an accent that stands apart in the list"
    assert listed_names(pd.DataFrame({"Naam": ["In\u00e9s"]}), ["Naam"]).is_in("Dat zei Ine\u0301s ook")


def test_lists_are_laid_together():
    other = listed_names(pd.DataFrame({"Naam": ["Sietse Kievit"]}), ["Naam"])
    both = LISTED | other | NOBODY
    assert both.is_in("Kievit zag het")
    assert both.is_in("Turf zag het")
    assert not NOBODY.is_in("Turf zag het")
