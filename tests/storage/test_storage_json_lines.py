"""JSON lines: every broken line named at once, lists and answers of learning record stores read as well."""

import json

import pytest

from dww_analysis.errors import SourceError
from dww_analysis.storage import read_json_lines


def test_lines_lists_and_statements(tmp_path):
    objects = [{"id": "1"}, {"id": "é"}]
    path = tmp_path / "e.jsonl"
    path.write_text("\n".join(json.dumps(o) for o in [objects[0]]) + "\n\n" + json.dumps(objects[1]) + "\n")
    assert read_json_lines(path).objects == tuple(objects) and read_json_lines(path).lines == (1, 3)
    for whole in (objects, {"statements": objects, "more": ""}):
        path.write_text(json.dumps(whole, indent=1))
        assert read_json_lines(path).objects == tuple(objects)


def test_broken_lines_are_all_named_or_left_out_by_rule(tmp_path):
    path = tmp_path / "e.jsonl"
    path.write_text('{"a": 1}\n{"a": \n[1]\n{"b": 2}\n"geheim"\n' + "[" * 100_000 + "\n")
    with pytest.raises(SourceError) as error:
        read_json_lines(path)
    assert [p.where for p in error.value.problems] == [f"e.jsonl, line {n}" for n in (2, 3, 5, 6)]
    assert "geheim" not in str(error.value)
    kept = read_json_lines(path, broken="drop")
    assert kept.lines == (1, 4) and kept.broken == (2, 3, 5, 6)


def test_empty_and_absent_files(tmp_path):
    (tmp_path / "e.jsonl").write_text("\n")
    for name in ("e.jsonl", "absent.jsonl"):
        with pytest.raises(SourceError):
            read_json_lines(tmp_path / name)
