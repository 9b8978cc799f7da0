"""Answers in words: listed once, numbered where something says how, otherwise left open."""

import pytest
from tables import AGREE, file_of, items, people

from dww_analysis.guess import draft_study, recode_hints
from dww_analysis.guess.words import number_words


def worded(names, words, n=40):
    return {
        name: [words[(i * (j + 1) + i // 7) % len(words)] for i in range(n)] for j, name in enumerate(names)
    }


def draft(*files):
    return draft_study("s", list(files), "2026-01-31")


def test_words_of_a_set_are_one_set_of_words():
    words = ["helemaal oneens", "oneens", "neutraal", "eens", "helemaal eens"]
    found = draft(file_of({**people(), **worded(["Ik lees", "Ik schrijf", "Ik luister"], words)}))
    (only,) = found.words
    assert dict(only.numbers) == dict(zip(words, "12345", strict=True))
    assert set(found.sources[0].recode.values()) == {only.id} and len(found.sources[0].recode) == 3


def test_words_take_the_numbers_of_a_labelled_wave():
    names = ["v1", "v2", "v3"]
    first = file_of({**people(), **items(names, top=4)}, "w0.sav", labels=dict.fromkeys(names, AGREE))
    second = file_of({**people(), **worded(names, list(AGREE.values()))}, "w1.csv")
    found = draft(first, second)
    assert dict(found.words[0].numbers) == {text: str(code) for code, text in AGREE.items()}
    assert not found.sources[0].recode and len(found.sources[1].recode) == 3


def test_words_take_the_digits_of_the_codes_that_a_structure_gives_them():
    codes = dict(
        zip(("A1", "A2", "A3", "A4", "A10"), ("Nooit", "Soms", "Vaak", "Vaker", "Altijd"), strict=True)
    )
    words = ["Altijd", "Nooit", "Soms", "Vaak", "Vaker"]
    numbers, why = number_words(words, [("lime.lss", codes)])
    assert (
        numbers == {"Nooit": "1", "Soms": "2", "Vaak": "3", "Vaker": "4", "Altijd": "10"}
        and "lime.lss" in why
    )
    names = ["G1[S1]", "G1[S2]", "G1[S3]"]
    found = draft(file_of({**people(), **worded(names, words)}, labels=dict.fromkeys(names, codes)))
    assert dict(found.words[0].numbers) == numbers


def test_codes_that_are_no_numbers_leave_the_words_open():
    numbers, _ = number_words(["Blauw", "Groen"], [("lime.lss", {"BL": "Blauw", "GR": "Groen"})])
    assert numbers == {"Blauw": "?", "Groen": "?"}


def test_codes_of_a_tool_take_their_digits():
    found = draft(file_of({**people(), **worded(["G1[S1]", "G1[S2]", "G1[S3]"], ["A1", "A2", "A3", "A4"])}))
    assert dict(found.words[0].numbers) == {"A1": "1", "A2": "2", "A3": "3", "A4": "4"}


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["1 Nooit", "2", "3 - Vaak"], ["1", "2", "3"]),
        (["slecht (0)", "kan ermee door (1)", "goed (2)"], ["0", "1", "2"]),
        (["Strongly agree", "Agree", "Disagree", "Strongly disagree", "Neutral"], ["5", "4", "2", "1", "3"]),
        (["nee", "ja"], ["0", "1"]),
    ],
)
def test_numbers_that_the_words_tell(words, numbers):
    found, _ = number_words(words, [])
    assert [found[w] for w in words] == numbers


@pytest.mark.parametrize(
    "words",
    [
        ["Zonnig", "Bewolkt", "Regen"],
        ["Helemaal oneens", "Oneens", "Eens", "Helemaal eens"],  # the middle may not have been chosen
        ["Oneens", "Neutraal", "Eens"],  # or the ends
    ],
)
def test_words_that_nothing_numbers_stay_open(words):
    found, _ = number_words(words, [])
    assert set(found) == set(words) and set(found.values()) == {"?"}


def test_words_for_no_answer_are_no_answers():
    words = ["Nooit", "Zelden", "Soms", "Vaak", "Altijd", "Weet ik niet"]
    found = draft(file_of({**people(), **worded(["h1", "h2", "h3"], words)}))
    assert "Weet ik niet" not in found.words[0].numbers
    assert dict(found.sources[0].missing_codes) == {"Weet ik niet": "skipped"}


def test_a_hint_is_ready_to_paste():
    data = file_of({**people(), **worded(["x1", "x2", "x3"], ["Eens", "Oneens"])}).data
    labels = {f"ab_0{i}": ("before", {str(k): v for k, v in AGREE.items()}) for i in (1, 2, 3)}
    (hint,) = recode_hints(data, {"ab_01": "x1", "ab_02": "x2", "ab_03": "x3", "age": "team"}, labels)
    assert hint.known_from == "before"
    assert hint.text == (
        'recode: {"ab_{01-03}": {"Oneens": "1", "Beetje oneens": "2", "Beetje eens": "3", "Eens": "4"}}'
    )
    assert recode_hints(data, {"ab_01": "team"}, labels) == []


def test_answers_of_signs_alone_stay_apart():
    stars = ["\u2605" * n for n in range(1, 5)]
    found = draft(file_of({**people(), **worded(["r1", "r2", "r3"], stars)}))
    assert list(found.words[0].numbers) == stars
