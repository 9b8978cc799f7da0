"""Saving and loading: round trips, repeating bytes, no half files, no spreadsheet formulas."""

import math
import os

import numpy as np
import pandas as pd
import pytest

from dww_analysis.errors import SourceError
from dww_analysis.storage import (
    load_frame,
    load_json,
    save_frame,
    save_json,
    save_text,
)


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "person": ["p1", "p2", "p3"],
            "wave": [0, 1, 2],
            "score": [1 / 3, np.nan, -2.5e-7],
            "note": ["", "=SUM(A1)", '- met streepje; é, "x"\nregel'],
            "complete": [True, False, True],
        }
    )


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_round_trip_and_repeating_bytes(frame, tmp_path, suffix):
    first, second = tmp_path / f"a{suffix}", tmp_path / f"deep/er/b{suffix}"
    save_frame(frame, first)
    save_frame(load_frame(first), second)
    assert first.read_bytes() == second.read_bytes()
    back = load_frame(second)
    assert back["note"].tolist() == frame["note"].tolist()
    assert back["complete"].tolist() == [True, False, True]
    assert back["wave"].dtype == "int64"
    np.testing.assert_allclose(back["score"], frame["score"], rtol=1e-9)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"a{suffix}", "deep"]


def test_parquet_keeps_floats_exactly(frame, tmp_path):
    save_frame(frame, tmp_path / "a.parquet")
    assert load_frame(tmp_path / "a.parquet")["score"].iloc[0] == 1 / 3


def test_csv_neutralises_formulas_but_not_numbers(frame, tmp_path):
    save_frame(frame, tmp_path / "a.csv")
    text = (tmp_path / "a.csv").read_text(encoding="utf-8")
    assert "'=SUM(A1)" in text and ",=SUM" not in text
    assert ",-2.5e-07," in text and "0.3333333333," in text


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = save_text("old", tmp_path / "a.txt")

    def fail(*_):
        raise OSError("killed")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError):
        save_text("new", path)
    assert path.read_text() == "old"


def test_json_is_sorted_and_has_no_nan(tmp_path):
    path = save_json(
        {"b": np.float64("nan"), "a": [np.int64(3), math.inf, pd.NA], "ë": {"z", "y"}}, tmp_path / "a.json"
    )
    assert path.read_text(encoding="utf-8").startswith('{\n  "a": [\n    3,')
    assert load_json(path) == {"a": [3, None, None], "b": None, "ë": ["y", "z"]}
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(SourceError, match="not valid JSON"):
        load_json(tmp_path / "bad.json")


def test_unknown_suffix_names_the_known_ones(frame, tmp_path):
    with pytest.raises(SourceError, match=r"\.csv, \.parquet"):
        save_frame(frame, tmp_path / "a.xls")
