"""Invented identifiers stand in every raw file, in columns that the configuration does not let through."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest
import yaml

from dww_analysis.simulate import FILES
from dww_analysis.simulate.canaries import CONTACTS, canaries

ROOT = Path(__file__).parents[2]
RAW = ROOT / "data" / "raw" / "example"
SEMICOLONS = ("hr.csv", "duiden.csv", "tellingen.csv")
TOOL_COLUMNS = {"IPAddress", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "ipaddr"}


def read_raw(name: str) -> pd.DataFrame:
    path = RAW / name
    if path.suffix == ".sav":
        frame = pytest.importorskip("pyreadstat").read_sav(path)[0]
    elif path.suffix == ".xlsx":
        frame = pd.read_excel(path)
    elif path.suffix == ".jsonl":
        lines = path.read_text(encoding="utf-8").splitlines()
        whole = [json.loads(line) for line in lines if line.endswith("}")]
        assert len(whole) == len(lines) - 1  # one is cut off, and holds no canary
        frame = pd.json_normalize(whole)
    elif name in SEMICOLONS:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, sep=";")
    else:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return frame.astype(str)


def columns_with(frame: pd.DataFrame, text: str) -> set[str]:
    return {name for name in frame if frame[name].str.contains(text, regex=False).any()}


def passes_eleven_test(number: str) -> bool:
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return len(number) == 9 and sum(w * int(d) for w, d in zip(weights, number, strict=True)) % 11 == 0


def test_the_list_beside_the_tests_is_complete():
    stored = json.loads((Path(__file__).parent / "canaries.json").read_text(encoding="utf-8"))
    assert stored == [asdict(canary) for canary in canaries()]


def test_every_file_holds_every_kind():
    for file in FILES:
        kinds = {canary.kind for canary in canaries() if canary.file == file}
        assert kinds >= {"name", "email", "phone", "bsn"}


def test_they_could_not_be_anybody():
    for contacts in CONTACTS.values():
        for contact in contacts:
            assert contact.email.endswith(".example")
            assert re.fullmatch(r"06-9\d{7}", contact.phone)
            assert passes_eleven_test(contact.bsn)
            assert contact.ip.startswith(("192.0.2.", "198.51.100.", "203.0.113."))


@pytest.mark.parametrize("file", FILES)
def test_every_canary_stands_in_its_file_and_only_in_columns_that_are_dropped(file):
    frame = read_raw(file)
    config = yaml.safe_load((ROOT / "config" / "example" / "sources.yaml").read_text(encoding="utf-8"))
    source = next(source for source in config["sources"] if source["file"] == file)
    dropped = set(source["identifiers"]) | TOOL_COLUMNS
    for canary in canaries():
        if canary.file != file:
            continue
        places = columns_with(frame, canary.text)
        assert places, f"{canary.kind} canary is not in {file}"
        assert places <= dropped
        assert not places & set(source["columns"].values())
