"""The raw files of the example: the same bytes every time, and as messy as was promised."""

from __future__ import annotations

import csv
import hashlib
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.simulate import EXAMPLE, EXAMPLE_SEED, FILES, simulate_example
from dww_analysis.simulate.deliveries import typed_by_hand
from dww_analysis.simulate.instruments import BACKGROUND_LABELS, BLOCKS, ITEMS

RAW = Path(__file__).parents[2] / "data" / "raw" / "example"
QUALTRICS_HEADER_ROWS = 3


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw")
    return {path.name: path for path in simulate_example(EXAMPLE_SEED, folder)}


@pytest.fixture(scope="module")
def sav():
    pyreadstat = pytest.importorskip("pyreadstat")
    return pyreadstat.read_sav(RAW / "wave0.sav", user_missing=True)


@pytest.fixture(scope="module")
def first_codes(sav):
    """Codes of the first wave in one spelling: people typed them themselves."""
    return sav[0]["CODE"].str.strip().str.lower()


@pytest.fixture(scope="module")
def qualtrics():
    with open(RAW / "wave1_qualtrics.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    return rows[:QUALTRICS_HEADER_ROWS], pd.DataFrame(rows[QUALTRICS_HEADER_ROWS:], columns=rows[0])


@pytest.fixture(scope="module")
def limesurvey():
    return pd.read_csv(RAW / "wave2_limesurvey.csv", dtype=str, keep_default_na=False)


@pytest.mark.parametrize("name", FILES)
def test_the_committed_files_are_reproduced_byte_for_byte(simulated, name):
    assert simulated[name].read_bytes() == (RAW / name).read_bytes()


@pytest.mark.long
def test_another_seed_gives_other_answers(tmp_path):
    other = {path.name: path.read_bytes() for path in simulate_example(EXAMPLE_SEED + 1, tmp_path)}
    alike = {name for name in FILES if other[name] == (RAW / name).read_bytes()}
    assert alike == {"attendance.xlsx", "agenda.csv", "network_sessions.csv"}, "what was agreed is not drawn"


def test_the_diary_the_log_and_the_records_have_a_random_stream_of_their_own(simulated):
    """They came later: the answers, which have checksums in many places, stayed as they were."""
    assert hashlib.sha256(simulated["wave0.sav"].read_bytes()).hexdigest().startswith("a262007894a3c9cc")
    assert (
        hashlib.sha256(simulated["wave2_limesurvey.csv"].read_bytes())
        .hexdigest()
        .startswith("15329c948b7936e9")
    )


def test_nothing_else_is_left_in_the_folder(simulated):
    folder = simulated["wave0.sav"].parent
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)


def test_no_clock_in_the_files(sav):
    assert sav[1].creation_time == pd.Timestamp("2025-06-24 09:00")
    with zipfile.ZipFile(RAW / "allocation.xlsx") as book:
        assert {member.date_time for member in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "2025-06-30T09:00:00Z" in book.read("docProps/core.xml").decode()


def test_sav_has_labels_and_user_missing_codes(sav):
    frame, meta = sav
    assert meta.column_names_to_labels["LPW01"] == "Leerpotentieel, reflectie, item 1"
    assert meta.variable_value_labels["UWES01"][0.0] == "nooit"
    assert meta.missing_ranges["LPW10"] == [{"lo": 98.0, "hi": 98.0}, {"lo": 99.0, "hi": 99.0}]
    assert (frame["LPW10"] == 98).any()
    items = frame[[name for name in frame if re.fullmatch(r"(LPW|AIL|UWES|BAT|PSYSAFE|TURNOVER)\d\d", name)]]
    assert 0.01 < (items == 99).to_numpy().mean() < 0.06


def test_qualtrics_has_three_header_rows(qualtrics):
    (tags, texts, ids), rows = qualtrics
    assert tags[:3] == ["StartDate", "EndDate", "Status"]
    assert any("\n" in text and "," in text for text in texts)
    assert ids[0] == '{"ImportId":"startDate","timeZone":"America/Denver"}'
    assert ids[tags.index("ResponseId")] == '{"ImportId":"_recordId"}'
    assert (rows["Status"] == "1").sum() == 2  # previews
    assert (rows["Q6_1"] == "-99").any()
    assert (pd.to_numeric(rows["Q5_1"]) > 100).sum() == 2  # hours with a zero too many
    assert (rows["Progress"].astype(int) < 100).sum() >= 5


def test_limesurvey_has_system_columns_and_unfinished_rows(limesurvey):
    assert list(limesurvey)[:4] == ["id", "submitdate", "lastpage", "startlanguage"]
    assert (limesurvey["submitdate"] == "").sum() >= 5
    assert set(limesurvey["G02Q01[SQ010]"]) <= {"", "N/A", *"12345"}
    assert (limesurvey["G02Q01[SQ010]"] == "N/A").any()
    assert limesurvey["token"].str.startswith("test").sum() == 2


@pytest.mark.parametrize("wave", [0, 1, 2])
def test_every_wave_has_duplicates_test_rows_and_rows_without_a_code(
    wave, first_codes, qualtrics, limesurvey
):
    codes = (first_codes, qualtrics[1]["ExternalReference"], limesurvey["token"])[wave]
    own = codes[(codes != "") & ~codes.str.startswith("test")]
    assert 2 <= own.duplicated().sum() <= 12
    assert (codes == "").any()
    assert own.str.fullmatch(r"([a-z]\d){3}").all()


def test_codes_were_typed_by_hand_at_the_first_wave(sav, first_codes):
    assert 3 <= (sav[0]["CODE"] != first_codes).sum() <= 20


def test_the_cohort_is_open(first_codes, limesurvey):
    first, last = set(first_codes), set(limesurvey["token"])
    both = first & last - {"", "test1", "test2"}
    assert 0.5 < len(both) / len(first) < 0.9  # leavers and non-response
    assert len(last - first) > 20  # newcomers and late answerers


def test_some_persons_change_team(sav, first_codes, limesurvey):
    then = {code: f"T{int(team):02d}" for code, team in zip(first_codes, sav[0]["TEAM"], strict=True)}
    moved = [
        then[c] != t for c, t in zip(limesurvey["token"], limesurvey["G01Q01"], strict=True) if c in then
    ]
    assert 3 <= sum(moved) <= 30


def test_some_answer_carelessly(limesurvey):
    uwes = limesurvey[[f"G04Q01[SQ{n:03d}]" for n in range(1, 10)]]
    psysafe = limesurvey[[f"G06Q01[SQ{n:03d}]" for n in range(1, 8)]]
    # One answer to all statements of a block, the reversed ones too, cannot be meant.
    careless = (uwes.nunique(axis=1) == 1) & (psysafe.nunique(axis=1) == 1)
    assert 2 <= careless.sum() <= 20


def test_twenty_four_teams_are_allocated_within_organisations():
    openpyxl = pytest.importorskip("openpyxl")
    rows = list(openpyxl.load_workbook(RAW / "allocation.xlsx").active.values)
    table = pd.DataFrame(rows[1:], columns=rows[0])
    assert len(table) == EXAMPLE.organisations * EXAMPLE.teams_per_organisation == 24
    counts = table.groupby(["Organisatie", "Conditie"]).size()
    assert counts.eq(2).all() and len(counts) == 12
    assert table["Medewerkers bij start"].between(6, 16).all()
    assert np.isclose(table["Medewerkers bij start"].mean(), 11, atol=1.5)


def test_team_names_are_typed_in_many_ways_and_stay_different():
    names = [typed_by_hand(number) for number in range(24)]
    assert len({name.strip().lower() for name in names}) == 24
    assert any(name != name.strip() for name in names) and any(name.isupper() for name in names)


def test_labels_are_neutral():
    """A label is construct, facet and number: there is no room in it for the wording of an instrument."""
    assert len(ITEMS) == 12 + 12 + 9 + 12 + 7 + 1 + 3
    for block in BLOCKS:
        for facet, label in zip(block.facets, block.item_labels, strict=True):
            parts = [block.label, *([facet] if facet else [])]
            assert re.fullmatch(re.escape(", ".join(parts)) + r"(, item \d)?", label)
            assert len(label.split()) <= 9


def test_delivered_labels_are_the_neutral_ones(sav, qualtrics):
    neutral = {label for block in BLOCKS for label in block.item_labels} | set(BACKGROUND_LABELS.values())
    other = {"Deelnemerscode", "Team", "Vragenlijst afgerond", "Invulduur in seconden",
             "Ruimte voor opmerkingen", "E-mailadres voor de cadeaubon"}  # fmt: skip
    assert set(sav[1].column_labels) == neutral | other
    texts = [
        text
        for tag, text in zip(*qualtrics[0][:2], strict=True)
        if re.fullmatch(r"Q(6|7|8|9|10|11|12)(_\d+)?", tag)
    ]
    assert {text.split(" - ")[1] for text in texts} <= neutral
