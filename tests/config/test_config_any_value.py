"""Any value in any place of the five files: a study, or a clear refusal in four parts; never an accident."""

import copy
import math
import sys
from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
import yaml

from dww_analysis.config import read_study, whole
from dww_analysis.config.strict import Strict
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.errors import ConfigError
from dww_analysis.stages.project import library_keys
from dww_analysis.stages.slices import slice_hash

sys.path.insert(0, str(Path(__file__).parent))
from whole_study import WHOLE

KEYS = library_keys()
BAD = {
    "nothing": None,
    "list": [],
    "list of lists": [[1]],
    "list of nothing": [None],
    "mapping": {},
    "unknown key": {"unknown": 1},
    "truth": True,
    "huge": 10**30,
    "negative": -1,
    "infinite": math.inf,
    "not a number": math.nan,
    "long": "x" * 5000,
    "half a surrogate": "a\ud800",
    "no such date": "2024-02-31",
    "range": "a_{05-01}",
}


def places(value, at=()):
    """Every location in plain values."""
    yield at
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*at, key))


def changed(at, value):
    """The whole study with another value in one place."""
    name, *path = at
    files = {**WHOLE, name: copy.deepcopy(WHOLE[name])}
    if not path:
        return {**files, name: value}
    here = files[name]
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return files


def read(monkeypatch, values):
    files = {name: YamlFile(Path(name), f"config/whole/{name}.yaml", v, {}) for name, v in values.items()}
    monkeypatch.setattr(whole, "_read_files", lambda *_: (files, []))
    return read_study(Path("nowhere"), "config/whole", KEYS)


def refused_well(error):
    assert error.problems
    for problem in error.problems:
        for part in (problem.found, problem.where, problem.expected, problem.action):
            assert part and len(part) < 2000, part[:200]
        assert problem.where.startswith("config/whole/")
        assert "Input should" not in str(problem) and "String should" not in str(problem)
        str(problem).encode("utf-8")


def test_the_whole_study_is_valid_and_uses_every_key(monkeypatch):
    files = read(monkeypatch, WHOLE)
    assert files.study.id == "whole" and len(files.sources) == 11
    used = {str(key) for name in WHOLE for at in places(WHOLE[name]) for key in at}
    known = {name for model in _models(Strict) for name in model.model_fields}
    doses = {"feature"}  # persons of diaries and logs cannot be known by codes that they made
    lot = {"scheme", "within", "counts", "listed"}  # of allocations by lot, which has no groups to weigh
    assert known - used <= {"from_", "if_", *doses, *lot}, "a new key is not tried: add it to whole_study.py"


def _models(model):
    for child in model.__subclasses__():
        if child.__module__.endswith((".power", ".archive")):  # files that commands of their own read
            continue
        yield child
        yield from _models(child)


def try_all(monkeypatch, tried):
    for at, kind in tried:
        try:
            files = read(monkeypatch, changed(at, BAD[kind]))
            slice_hash(files.study, *files.sources, *files.scales, files.plan, files.reports)
        except ConfigError as error:
            refused_well(error)
        except Exception as error:
            pytest.fail(f"{at}: {kind}: {type(error).__name__}: {ascii(str(error))[:300]}")


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_a_value_of_each_kind_in_some_place_and_one_in_each_place(monkeypatch, name):
    every = list(places(WHOLE[name], (name,)))
    kinds = [list(BAD)[i % len(BAD)] for i in range(len(every))]
    try_all(monkeypatch, zip(every, kinds, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(WHOLE))
def test_any_value_in_any_place(monkeypatch, name):
    try_all(monkeypatch, ((at, kind) for at in places(WHOLE[name], (name,)) for kind in BAD))


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_what_stands_twice_in_a_list_is_refused(monkeypatch, name):
    """The second of two equal parts does nothing, or counts an item double."""
    twice_allowed = {("study", "linking", "elements"), ("sources", "sources", 4, "events", "home_pages")}
    for at in places(WHOLE[name], (name,)):
        here = WHOLE
        for part in at:
            here = here[part]
        if isinstance(here, list) and here and at not in twice_allowed:
            with pytest.raises(ConfigError):
                read(monkeypatch, changed(at, [*here, copy.deepcopy(here[0])]))
                pytest.fail(f"accepted twice: {at}")


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_an_unknown_key_in_any_mapping(monkeypatch, name):
    for at in places(WHOLE[name], (name,)):
        here = reduce(getitem, at, WHOLE)
        for key in ("unknown", 1, None, "\ud800", "x" * 5000) if isinstance(here, dict) else ():
            try:
                read(monkeypatch, changed(at, {**here, key: 1}))
            except ConfigError as error:
                refused_well(error)


@pytest.mark.parametrize(
    "seal",
    ["", "[]", "entries: 1", "entries: [a]", "sealed: x", "entries: {a: [1]}", "entries: {1: 2}", "a: &x 1"],
)
def test_a_damaged_seal_is_refused(tmp_path, seal):
    for name, values in WHOLE.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    (tmp_path / "plan.seal.yaml").write_text(seal, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_study(tmp_path, "config/whole", KEYS)
    refused_well(caught.value)


def test_half_a_character_is_refused_where_it_stands(tmp_path):
    for name, values in WHOLE.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    text = (
        (tmp_path / "study.yaml")
        .read_text(encoding="utf-8")
        .replace("contact: somebody", 'contact: "\\ud800"')
    )
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"study\.yaml, line \d+") as caught:
        read_study(tmp_path, "config/whole", KEYS)
    refused_well(caught.value)
