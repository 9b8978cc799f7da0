"""`dww scales`: the library as a table, and one key explained in Dutch or English."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from dww_analysis.cli.keys_in_words import describe_keys, explain_key
from dww_analysis.scales import key_ids, load_all_keys, load_key


def test_describe_keys_is_one_row_a_key():
    table = describe_keys()
    assert isinstance(table, pd.DataFrame) and list(table["id"]) == list(key_ids())
    assert not table.loc[table["id"] == "lpw12", "verified"].item()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_key_can_be_explained(language):
    for key in load_all_keys().values():
        text = explain_key(key.id, language)
        assert key.reference in text and all(i in text for i in key.items)


def test_explanation_says_what_is_not_verified():
    assert "NOT" not in explain_key("bat12") and "NO:" in explain_key("edmondson7")
    assert "NEE:" in explain_key("edmondson7", "nl")
    assert "safety_1, safety_3, safety_5" in explain_key("edmondson7")


def test_an_own_key_can_be_explained():
    assert "My scale" in explain_key(replace(load_key("edmondson7"), id="own", name={"en": "My scale"}))
