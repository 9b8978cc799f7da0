"""How well identifiers are found in Dutch answers: invented texts, half of them hard ones that hold nothing.

corpus.csv was written in three parts; what each part gave when it was first tried is in docs/privacy.md.
"""

import time
from pathlib import Path

import pandas as pd
import pytest

from dww_analysis.privacy.patterns import KINDS, identifiers_of, plain

CORPUS = pd.read_csv(
    Path(__file__).with_name("corpus.csv"), sep=";", dtype=str, keep_default_na=False, quoting=3
)
OURS = {"name": "possible name", "postcode and house number": "postcode"}


@pytest.fixture(scope="module")
def judged():
    return CORPUS.assign(
        true=CORPUS["identifiers"] == "true",
        found=[[kind for kind, _ in identifiers_of(text)] for text in CORPUS["text"]],
    )


def test_the_corpus_has_many_of_each_kind_and_as_many_that_hold_nothing(judged):
    counts = judged[judged["true"]]["kind"].value_counts()
    assert {OURS.get(kind, kind) for kind in counts.index} == {kind.name for kind in KINDS}
    assert judged["true"].sum() > 250 and (~judged["true"]).sum() > 250


def test_recall_and_precision_over_the_corpus(judged):
    found = judged["found"].map(len) > 0
    recall = (found & judged["true"]).sum() / judged["true"].sum()
    precision = (found & judged["true"]).sum() / found.sum()
    wrong = judged[found != judged["true"]]["text"].tolist()
    assert recall >= 0.95 and precision >= 0.97, wrong


def test_every_kind_is_found_as_what_it_is(judged):
    true = judged[judged["true"]]
    right = [OURS.get(kind, kind) in found for kind, found in zip(true["kind"], true["found"], strict=True)]
    by_kind = pd.Series(right, index=true.index).groupby(true["kind"]).mean()
    assert (by_kind >= 0.9).all(), by_kind[by_kind < 0.9]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bel (020) 123 45 67, na 9 uur", "(020) 123 45 67"),
        ("bsn 1234.56.782!", "1234.56.782"),
        ("NL77 TEST 2415 4990 95 storten", "NL77 TEST 2415 4990 95"),
        ("op 192.0.2.44.", "192.0.2.44"),
        ("06\u201112345678", "06\u201112345678"),
        ("jan\uff20voorbeeld.example", "jan\uff20voorbeeld.example"),
        ("zie 2001:db8::1, poort 80", "2001:db8::1"),
    ],
)
def test_what_is_found_is_the_identifier_as_delivered(text, found):
    assert found in [identifier for _, identifier in identifiers_of(text)]


@pytest.mark.parametrize(
    ("real", "nobodys"),
    [
        ("nummer 123456782", "order 123456782"),
        ("123.456.782", "123.456.782 euro"),
        ("3541 KM 12", "1500 km 12 keer"),
        ("2024 XN", "2024 en"),
        ("van 100.20.3.4", "versie 100.20.3.4"),
        ("geboren op 3-4-1985", "begonnen op 3-4-1985"),
        ("Onderlangseweg 2", "Onderweg 2"),
        ("met Sanne", "team Sanne"),
        ("J. Jansen", "optie J. Jansen"),
        ("IBAN NL91ABNA0417164300", "IBAN NL91ABNA0417164301"),
    ],
)
def test_what_stands_beside_a_number_decides(real, nobodys):
    assert list(identifiers_of(real)) and not list(identifiers_of(nobodys))


def test_plain_text_has_the_length_of_the_text_as_delivered():
    text = "a\u00a0b\u2011c\uff20d\u200b\uff11"
    assert plain(text) == "a b-c@d 1" and len(plain(text)) == len(text)


def test_an_identifier_is_found_wherever_it_stands_in_a_long_text():
    for at in (0, 1799, 1895, 1999, 3700, 7990):
        text = "x " * (at // 2) + "06-12345678 " + "y " * 4000
        assert [kind for kind, _ in identifiers_of(text)] == ["telephone number"], at


@pytest.mark.parametrize("part", ["a", "1 ", "A.", "Aa ", "a-", "NL91", "van de ", "0 6", "::", "woon aan "])
def test_the_time_grows_with_the_length_of_a_text(part):
    started = time.monotonic()
    list(identifiers_of("1 " + part * (100_000 // len(part))))
    assert time.monotonic() - started < 20


def test_at_in_the_last_words_of_a_sentence_is_no_address():
    assert not list(
        identifiers_of("People in youth care learn mostly at work. Whether teams need help is not known.")
    )
    assert [kind for kind, _ in identifiers_of("piet.bakker at zorg. nl")] == ["e-mail address"]
    for text in ("j_bakker AT zorg DOT com", "bakker [At] zorg [Punt] nl", "bakker Apenstaartje zorg.nl"):
        assert "e-mail address" in [kind for kind, _ in identifiers_of(text)], text
    assert not list(identifiers_of("Ik leer AT work. Whether it helps is unclear"))
