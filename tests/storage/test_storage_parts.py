"""Parts of a job in a file: every bit comes back, the bytes repeat, and nothing else can be put into it."""

import numpy as np
import pytest

from dww_analysis.errors import SourceError
from dww_analysis.storage import load_parts, save_parts

PARTS = {
    "numbers": {"estimate": np.array([0.1, np.nan, -0.0]), "converged": np.array([True, False, True])},
    "rows": [
        {"name": "ü", "n": 3, "p": 0.1 + 0.2, "none": None, "array": "no array"},
        np.arange(6).reshape(2, 3),
    ],
    "of": {"of": {"array": 1}},
    "nothing": {},
}


def test_what_is_saved_comes_back_to_the_last_bit(tmp_path):
    found = load_parts(save_parts(PARTS, tmp_path / "a.npz"))
    assert list(found) == list(PARTS) and found["of"] == PARTS["of"] and found["nothing"] == {}
    for name, values in PARTS["numbers"].items():
        assert found["numbers"][name].tobytes() == values.tobytes()
        assert found["numbers"][name].dtype == values.dtype
    row, array = found["rows"]
    assert row == PARTS["rows"][0] and (array == PARTS["rows"][1]).all()
    assert (tmp_path / "a.npz").read_bytes() == save_parts(PARTS, tmp_path / "b.npz").read_bytes()


def test_numbers_of_numpy_come_back_as_plain_ones_and_tuples_as_lists(tmp_path):
    given = {"a": np.float64(0.1), "b": np.int64(2), "c": np.bool_(True), "d": (1, 2), "e": float("nan")}
    found = load_parts(save_parts(given, tmp_path / "a.npz"))
    assert {k: found[k] for k in "abcd"} == {"a": 0.1, "b": 2, "c": True, "d": [1, 2]}
    assert np.isnan(found["e"])


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([object()])])
def test_other_values_are_refused_and_nothing_is_written(tmp_path, value):
    with pytest.raises((TypeError, ValueError)):
        save_parts({"a": value}, tmp_path / "a.npz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut short"])
def test_another_file_is_refused(tmp_path, content):
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(SourceError, match="parts of a job"):
        load_parts(tmp_path / "a.npz")
