"""Codes for "no answer" in the type of their column: dates for dates, texts for texts, letters beside numbers."""

import datetime as dt

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from dww_analysis.errors import SourceError
from dww_analysis.storage import read_table

EPOCH = dt.datetime(1582, 10, 14)


def facts(table, name):
    return table.variables.set_index("name").loc[name]


def seconds(*moment):
    return (dt.datetime(*moment) - EPOCH).total_seconds()


@pytest.mark.parametrize(
    ("written", "kind"), [("DATE11", "date"), ("EDATE10", "date"), ("DATETIME20", "datetime")]
)
def test_user_missing_dates_of_spss(tmp_path, written, kind):
    frame = pd.DataFrame({"d": [seconds(1900, 1, 1), seconds(2024, 5, 1), seconds(1899, 6, 1), np.nan]})
    ranges = {"d": [seconds(1900, 1, 1), {"lo": -1.7976931348623157e308, "hi": seconds(1899, 12, 31)}]}
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_format={"d": written}, missing_ranges=ranges)
    table = read_table(tmp_path / "a.sav")
    assert facts(table, "d")["type"] == kind
    assert sorted(facts(table, "d")["missing_values"]) == [
        pd.Timestamp("1899-06-01"),
        pd.Timestamp("1900-01-01"),
    ]
    ((low, high),) = facts(table, "d")["missing_ranges"]
    assert low < pd.Timestamp("0003-01-01") and high == pd.Timestamp("1899-12-31")
    assert table.data["d"].isin(facts(table, "d")["missing_values"]).tolist() == [True, False, True, False]


def test_user_missing_times_texts_and_labels_of_spss(tmp_path):
    frame = pd.DataFrame({"t": [3600.0, 356400.0], "s": ["XX", "ab"], "n": [1.0, 99.0]})
    pyreadstat.write_sav(
        frame,
        tmp_path / "a.sav",
        variable_format={"t": "TIME8"},
        missing_ranges={"t": [356400.0], "s": ["XX  "], "n": [{"lo": 90, "hi": 99}]},
        variable_value_labels={"s": {"XX": "weigert"}, "n": {99.0: "weet niet"}},
    )
    table = read_table(tmp_path / "a.sav")
    assert facts(table, "t")["missing_values"] == [pd.Timedelta(hours=99)]
    assert facts(table, "s")["missing_values"] == ["XX"] and facts(table, "s")["value_labels"] == {
        "XX": "weigert"
    }
    assert facts(table, "n")["missing_ranges"] == [(90, 99)] and facts(table, "n")["missing_values"] == []


def test_a_labelled_missing_date_of_spss_is_a_date(tmp_path):
    frame = pd.DataFrame({"d": [dt.date(1900, 1, 1), dt.date(2024, 5, 1)]})
    pyreadstat.write_sav(
        frame, tmp_path / "a.sav", variable_value_labels={"d": {dt.date(1900, 1, 1): "onbekend"}}
    )
    assert facts(read_table(tmp_path / "a.sav"), "d")["value_labels"] == {
        pd.Timestamp("1900-01-01"): "onbekend"
    }


def test_lettered_codes_of_stata_beside_dates(tmp_path):
    frame = pd.DataFrame(
        {"d": pd.Series([23000.0, "a", None], dtype=object), "n": pd.Series([1.0, "z", 2.0], dtype=object)}
    )
    pyreadstat.write_dta(
        frame,
        tmp_path / "a.dta",
        version=15,
        missing_user_values={"d": ["a"], "n": ["z"]},
        variable_format={"d": "%td"},
    )
    table = read_table(tmp_path / "a.dta")
    day = pd.Timestamp("1960-01-01") + pd.Timedelta(days=23000)  # Stata counts days from 1 January 1960
    assert table.data["d"].tolist()[:2] == [day, "a"] and facts(table, "d")["type"] == "date"
    assert facts(table, "d")["missing_values"] == ["a"] and facts(table, "n")["missing_values"] == ["z"]


@pytest.mark.parametrize("code", [95, 96, 97, 98, 99])
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_user_missing_of_castor_in_every_type(tmp_path, write_rows, suffix, code):
    rows = [
        ["Participant Id", "Participant Status", "datum", "tekst", "cijfer", "getal"],
        [1, "Not Set", f"01-01-29{code}", f"##USER_MISSING_{code}##", -code, f"##USER_MISSING_{code}##"],
        [2, "Not Set", "05-01-2024", "geen", 7, "8"],
    ]
    table = read_table(write_rows(tmp_path / f"c.{suffix}", rows))
    word = f"##USER_MISSING_{code}##"
    assert table.format == "castor"
    assert facts(table, "datum")["missing_values"] == [pd.Timestamp(f"29{code}-01-01")]
    assert facts(table, "tekst")["missing_values"] == [word] and facts(table, "getal")["missing_values"] == [
        word
    ]
    assert facts(table, "cijfer")["missing_values"] == [-code]
    assert table.data["getal"].tolist() == [word, 8] and facts(table, "getal")["type"] == "number"


def test_not_applicable_beside_dates_of_limesurvey(tmp_path):
    """A question with a date that was not shown to somebody stopped the whole file."""
    (tmp_path / "l.csv").write_text("id;submitdate;token;d\n1;2024-01-05 10:00:00;a;N/A\n2;;b;2024-01-07\n")
    table = read_table(tmp_path / "l.csv")
    assert table.data["d"].tolist() == ["N/A", pd.Timestamp("2024-01-07")]
    assert facts(table, "d")["missing_values"] == ["N/A"] and facts(table, "d")["type"] == "date"


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e300, -1e200])
@pytest.mark.parametrize("written", ["DATE11", "TIME8", "DATETIME20"])
def test_moments_that_no_calendar_holds(tmp_path, value, written):
    pyreadstat.write_sav(
        pd.DataFrame({"d": [value, 1.0]}), tmp_path / "a.sav", variable_format={"d": written}
    )
    with pytest.raises(SourceError, match=r"a\.sav, column d: a date or time that no calendar holds"):
        read_table(tmp_path / "a.sav")


@pytest.mark.parametrize(
    "text", ["2024-02-30", "0000-00-00", "31-02-2024", "2024-13-01", "2024-01-01 25:00:00"]
)
def test_dates_that_do_not_exist_stay_text(tmp_path, text):
    (tmp_path / "a.csv").write_text(f"id,d\n1,{text}\n2,2024-01-01\n")
    assert facts(read_table(tmp_path / "a.csv"), "d")["type"] == "text"
