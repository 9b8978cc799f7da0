"""What is remembered of the code and of the configuration never hides a change."""

import os
import shutil
import time

import pytest

from dww_analysis.config.yaml_file import read_yaml
from dww_analysis.stages import closure
from dww_analysis.stages.closure import HOME, package_hash, stage_hash, stage_hashes

STAGE = "dww_analysis.stages.score"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A copy of the package's code whose files count as long unchanged."""
    copy = tmp_path / "dww_analysis"
    shutil.copytree(HOME, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(closure, "SETTLED", -1.0)
    return copy


def test_hashes_are_those_of_the_files_and_are_not_found_twice(home, monkeypatch):
    first = stage_hash(STAGE, home), package_hash(home)
    assert first == (stage_hash(STAGE), package_hash())
    monkeypatch.setattr(closure, "_hashed", lambda *_: pytest.fail("hashed again"))
    assert (stage_hash(STAGE, home), package_hash(home)) == first


@pytest.mark.parametrize("change", ["longer", "same size", "older time", "replaced"])
def test_a_change_of_any_kind_changes_the_hashes(home, change):
    file = home / "scales" / "scoring.py"
    before, text = (stage_hash(STAGE, home), package_hash(home)), file.read_text()
    time.sleep(0.02)  # a tick of the file system's clock
    if change == "replaced":
        file.unlink()
    file.write_text(text + "#" if change == "longer" else text.replace('"""', "'''", 2))
    if change == "older time":
        os.utime(file, (1, 1))
    after = stage_hash(STAGE, home), package_hash(home)
    assert all(new != old for new, old in zip(after, before, strict=True))


def test_nothing_is_remembered_just_after_a_change(home, monkeypatch):
    monkeypatch.setattr(closure, "SETTLED", 60.0)
    assert closure._stamp(home) is None
    assert stage_hash(STAGE, home) == stage_hash(STAGE)


def test_who_changes_what_was_read_changes_nothing_for_the_next_reader(tmp_path):
    (tmp_path / "study.yaml").write_text("waves: [{number: 1}]\n")
    read_yaml(tmp_path / "study.yaml", "study.yaml").values["waves"].append("more")
    again = read_yaml(tmp_path / "study.yaml", "study.yaml")
    assert again.values == {"waves": [{"number": 1}]}
    assert again.where(("waves", 0, "number")) == "study.yaml, line 1"


def test_hashes_of_several_stages_are_those_of_each(home):
    several = [STAGE, "dww_analysis.stages.draw"]
    assert stage_hashes(several, home) == {module: stage_hash(module, home) for module in several}
    assert len(set(stage_hashes(several).values())) == 2


NUMBERS = (
    "ingest",
    "combine",
    "score",
    "analyse",
    "estimate",
    "families",
    "describe",
    "mechanisms",
    "practice",
)


@pytest.mark.parametrize("stage", NUMBERS)
def test_numbers_rest_on_no_phrase_of_a_document(stage):
    """Its correction would fit the models again."""
    found = closure.stage_closure(f"dww_analysis.stages.{stage}")
    assert found and not [name for name in found if name.endswith(".po")]


def test_pages_rest_on_the_phrases_they_print():
    assert "language/nl/report.po" in closure.stage_closure("dww_analysis.stages.report")
