"""Contracts of the tables about workplace learning: every breach at once, and no value shown."""

import pandas as pd
import pytest

from dww_analysis.errors import MeasurementError
from dww_analysis.exposure.contracts import check, contracts

FEATURES = pd.DataFrame(
    {
        "sample": ["main", "main"],
        "person": ["p1", "p2"],
        "wave": pd.array([0, 1], dtype="Int64"),
        "beeps_scheduled": [10, 10],
        "beeps_sent": [10, 9],
        "beeps_answered": [7, 8],
        "beeps_expired": [3, 1],
        "compliance": [0.7, 8 / 9],
    }
)


def test_a_table_that_keeps_its_contract_comes_back():
    assert check(FEATURES, "diary_features") is FEATURES
    assert len(contracts()) == 12


def test_every_breach_is_listed_and_no_value():
    broken = FEATURES.assign(
        person=["p1", "anna@home.example"], beeps_answered=[11, 8], compliance=[1.1, -0.5]
    )
    with pytest.raises(MeasurementError) as error:
        check(broken.drop(columns="beeps_expired").assign(beeps_expired=[-3, 1]), "diary_features")
    found = {
        (p.where.rpartition(" ")[2], p.found.partition("`")[2].rstrip("`")) for p in error.value.problems
    }
    assert found == {
        ("person", "no address"),
        ("compliance", "at most 1"),
        ("compliance", "at least 0"),
        ("beeps_expired", "at least 0"),
    } | {f for f in found if f[1] == "answered and expired are part of sent"}
    assert "anna" not in str(error.value) and "1.1" not in str(error.value)


def test_an_absent_column_and_a_repeated_key():
    with pytest.raises(MeasurementError, match="no column compliance"):
        check(FEATURES.drop(columns="compliance"), "diary_features")
    with pytest.raises(MeasurementError, match="one row for each sample, person, wave"):
        check(pd.concat([FEATURES, FEATURES]), "diary_features")


def test_a_latency_without_an_answer_is_a_breach():
    beeps = pd.DataFrame(
        {
            "sample": ["main"],
            "person": ["p1"],
            "wave": pd.array([0], dtype="Int64"),
            "time": pd.to_datetime(["2026-03-02 09:00"]),
            "day": pd.to_datetime(["2026-03-02"]),
            "status": ["expired"],
            "latency_minutes": [3.0],
            "minutes": [None],
            "lag_beeps": [float("nan")],
            "lag_minutes": [float("nan")],
            "night_minutes": [float("nan")],
        }
    ).astype({"minutes": "float64"})
    with pytest.raises(MeasurementError, match="only answered beeps have a latency"):
        check(beeps, "beeps")
    assert len(check(beeps.assign(latency_minutes=float("nan")), "beeps")) == 1
