"""The configuration of the example and of the workplace study fits the files that lie in data/raw."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

ROOT = Path(__file__).parents[2]
STUDIES = ("example", "workplace")
SEMICOLONS = ("hr.csv", "duiden.csv", "tellingen.csv")


def sources_of(study: str) -> list[dict]:
    return yaml.safe_load((ROOT / "config" / study / "sources.yaml").read_text(encoding="utf-8"))["sources"]


EACH_SOURCE = [
    pytest.param(study, source, id=source["id"]) for study in STUDIES for source in sources_of(study)
]


def expand(pattern: str) -> list[str]:
    """Names of a numbered range such as lpw_{01-12}, written out independently of the package."""
    found = re.search(r"\{(\d+)-(\d+)\}", pattern)
    if not found:
        return [pattern]
    width = len(found[1])
    numbers = range(int(found[1]), int(found[2]) + 1)
    return [pattern.replace(found[0], str(number).zfill(width)) for number in numbers]


def headings(path: Path) -> list[str]:
    if path.suffix == ".sav":
        return pytest.importorskip("pyreadstat").read_sav(path, metadataonly=True)[1].column_names
    if path.suffix == ".xlsx":
        book = pytest.importorskip("openpyxl").load_workbook(path, read_only=True)
        return [str(cell) for cell in next(book.active.values)]
    with open(path, encoding="utf-8-sig", newline="") as file:
        if path.suffix == ".jsonl":
            statements = [json.loads(line) for line in file if line.endswith("}\n")]
            return list(pd.json_normalize(statements).columns)
        return next(csv.reader(file, delimiter=";" if path.name in SEMICOLONS else ","))


@pytest.mark.parametrize("study, source", EACH_SOURCE)
def test_checksums_are_those_of_the_files(study, source):
    content = (ROOT / "data" / "raw" / study / source["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == source["sha256"]


@pytest.mark.parametrize("study, source", EACH_SOURCE)
def test_every_declared_column_is_delivered(study, source):
    delivered = set(headings(ROOT / "data" / "raw" / study / source["file"]))
    mapped = [name for pattern in source["columns"].values() for name in expand(pattern)]
    rules = [rule["column"] for rule in source.get("drop_rows", [])]
    complete = [source["complete"]["column"]] if "complete" in source else []
    assert {*mapped, *rules, *complete, *source.get("identifiers", [])} <= delivered
    assert len(set(mapped)) == len(mapped)


def test_all_waves_of_the_example_ask_the_same():
    asked = [
        {name for pattern in source["columns"] for name in expand(pattern)}
        for source in sources_of("example")
        if source.get("kind", "answers") == "answers"
    ]
    assert asked[0] == asked[1] == asked[2] and len(asked[0]) == 2 + 4 + 56


def test_every_typed_team_name_has_an_alias():
    openpyxl = pytest.importorskip("openpyxl")
    rows = list(openpyxl.load_workbook(ROOT / "data" / "raw" / "example" / "allocation.xlsx").active.values)
    typed = {" ".join(row[rows[0].index("Team")].split()) for row in rows[1:]}
    aliases = sources_of("example")[3]["team_aliases"]
    assert typed == set(aliases)
    assert sorted(aliases.values()) == [f"T{number:02d}" for number in range(1, 25)]


def test_nobody_is_out_of_the_declared_ranges_of_the_public_data():
    pyreadstat = pytest.importorskip("pyreadstat")
    ranges = dict.fromkeys(["JOBSAT", "COMMIT", "READY", "COHES", "LEAD"], (1, 5))
    ranges |= {"AGE": (17, 65), "WBEING": (0, 5), "HRS": (0, 24)}
    ranges |= {f"LEAD{number:02d}": (1, 5) for number in range(1, 12)}
    ranges |= {f"TSIG{number:02d}": (1, 5) for number in range(1, 4)}
    ranges |= {f"HOSTIL{number:02d}": (0, 4) for number in range(1, 6)}
    seen = set()
    for source in sources_of("workplace"):
        frame = pyreadstat.read_sav(ROOT / "data" / "raw" / "workplace" / source["file"])[0]
        for name in ranges.keys() & set(frame.columns):
            assert frame[name].dropna().between(*ranges[name]).all(), name
            seen.add(name)
    assert seen == set(ranges)


def test_persons_of_the_three_wave_study_stay_in_their_company():
    """That is why the first observed company of a person is the company of each of her answers."""
    pyreadstat = pytest.importorskip("pyreadstat")
    places: dict[float, set] = {}
    for number in (1, 2, 3):
        frame = pyreadstat.read_sav(ROOT / "data" / "raw" / "workplace" / f"univbct_t{number}.sav")[0]
        assert frame["SUBNUM"].is_unique
        for person, battalion, company in frame[["SUBNUM", "BTN", "COMPANY"]].itertuples(index=False):
            places.setdefault(person, set()).add((battalion, company))
    assert {len(place) for place in places.values()} == {1}
