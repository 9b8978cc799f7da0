"""A delivered file that several steps of one command read: a table for each, and what is in the file now."""

import os
from types import SimpleNamespace

import pytest

from dww_analysis.domain.study import Source
from dww_analysis.stages.deliveries import Delivery


@pytest.fixture
def delivery(tmp_path):
    (tmp_path / "wave.csv").write_text("code,q1\na,1\nb,2\n", encoding="utf-8")
    project = SimpleNamespace(paths=SimpleNamespace(raw=tmp_path), kept={})
    return Delivery(
        project, Source("wave", "wave.csv", None, "answers", "csv", "main", 0, {"person": "code"})
    )


def test_who_changes_a_table_changes_nobody_else_s(delivery):
    first = delivery.table()
    first.data.loc[0, "q1"] = 9
    first.data.attrs["first_line"] = 7
    first.variables.loc[0, "label"] = "other"
    first.lines[0] = 99
    first.recognised["delimiter"] = "|"
    again = delivery.table()
    assert again.data["q1"].astype(str).tolist() == ["1", "2"] and again.data.attrs["first_line"] != 7
    assert again.variables["label"].tolist() == ["", ""] and again.lines[0] != 99
    assert again.recognised["delimiter"] == ","


def test_a_file_that_is_replaced_meanwhile_is_read_again_whatever_its_time(delivery):
    file = delivery.file()
    state = file.stat()
    assert len(delivery.table().data) == 2
    other = file.with_name("other.csv")
    other.write_text("code,q1\na,3\nb,4\n", encoding="utf-8")
    os.utime(other, ns=(state.st_atime_ns, state.st_mtime_ns))
    other.replace(file)
    assert file.stat().st_mtime_ns == state.st_mtime_ns and file.stat().st_size == state.st_size
    assert delivery.table().data["q1"].astype(str).tolist() == ["3", "4"]
