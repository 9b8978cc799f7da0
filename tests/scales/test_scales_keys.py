"""The library of scoring keys, and what a study's own key must say."""

from __future__ import annotations

import copy

import pytest

from dww_analysis.errors import ScaleError
from dww_analysis.scales import key_ids, load_all_keys, load_key, parse_key

GOOD = {
    "id": "mine",
    "version": 1,
    "name": {"nl": "Mijn schaal", "en": "My scale"},
    "reference": "own",
    "items": ["a", "b", "c"],
    "range": [1, 5],
}


def changed(**fields):
    return {**copy.deepcopy(GOOD), **fields}


def test_every_key_of_the_library_reads_and_names_its_file():
    assert len(key_ids()) >= 30
    assert all(id == key.id for id, key in load_all_keys().items())


def test_every_key_gives_reference_licence_and_names_in_both_languages():
    for key in load_all_keys().values():
        assert key.reference and key.text_licence and key.checked, key.id
        assert set(key.name) == {"nl", "en"}, key.id
        assert all(set(n) == {"nl", "en"} for n in key.subscale_names.values()), key.id
        assert not key.text_included, key.id


def test_subscales_share_no_item():
    for key in load_all_keys().values():
        members = [i for s in key.subscales.values() for i in s]
        assert len(members) == len(set(members)), key.id


def test_keys_for_all_public_instruments_are_there():
    wanted = {
        "lpw12", "lcs9", "iwl24", "iwl8", "pam9", "uwes9", "uwes3", "bat12", "bat23", "bat4", "who5",
        "swemwbs", "edmondson7", "sdmq9", "sdmqdoc", "collaborate", "cps1", "wav12", "srs4", "ors4", "sdq",
        "aim", "iam", "fim", "edmondson_learning7", "tlb9", "fes_supervisor21", "fes_coworker21",
    }  # fmt: skip
    assert wanted <= set(key_ids())


def test_own_key_reads_with_defaults():
    key = parse_key(GOOD)
    assert (key.minimum, key.maximum, key.min_answered, key.method) == (1, 5, None, "mean")
    assert key.version == "1"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"revresed": ["a"]}, "did you mean `reversed`"),
        ({"reference": ""}, "no `reference`"),
        ({"reversed": ["d"]}, "`reversed` names item `d`"),
        ({"items": ["a", "b", "a"]}, "twice"),
        ({"range": [5, 1]}, "lowest first"),
        ({"method": "median"}, "mean, sum, top_score, table"),
        ({"min_answered": 0}, "above 0"),
        ({"subscales": {"s": {"items": ["a", "z"]}}}, "names item `z`"),
        ({"total": False}, "without subscales"),
        ({"bands": [{"name": "x", "from": 3, "to": 2}]}, "ascending"),
        ({"transform": {"times": 4}}, "unknown transform `times`"),
        ({"transform": {"multiply": "four"}}, "number or fraction"),
        ({"method": "table"}, "both or neither"),
        ({"verified": True}, "without `checked`"),
        ({"transform": {"differences": {"g": {"of": ["a"]}}}}, "without two subscales"),
    ],
)
def test_a_wrong_key_is_refused_with_the_reason(fields, message):
    with pytest.raises(ScaleError, match=message):
        parse_key(changed(**fields))


def test_all_problems_of_a_key_are_listed_together():
    with pytest.raises(ScaleError) as refusal:
        parse_key(changed(reference=None, reversed=["q"], method="x"))
    assert len(refusal.value.problems) == 3


def test_loading_twice_gives_the_same_key():
    assert load_key("who5") is load_key("who5")
