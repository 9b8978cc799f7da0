"""`dww seal`: what it says, with and without answers at hand."""

import shutil
import sys
from pathlib import Path

import pytest

from dww_analysis.cli.app import run_app

ROOT = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path):
    shutil.copytree(
        ROOT / "config" / "example",
        tmp_path / "config" / "example",
        ignore=shutil.ignore_patterns("*.seal.yaml"),
    )
    return tmp_path


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("answers", [0, 3])
def test_sealing_says_how_many_entries_and_answers_there_were(root, monkeypatch, capsys, answers, language):
    if answers:
        shutil.copytree(ROOT / "data" / "raw" / "example", root / "data" / "raw" / "example")
    words = ["--root", str(root), "--lang", language, "seal", "example", "--date", "2025-01-10"]
    monkeypatch.setattr(sys, "argv", ["dww", *words])
    assert run_app() == 0
    said = " ".join(capsys.readouterr().out.split())
    assert {"nl": "onderdelen, zegel", "en": "entries, seal"}[language] in said
    after = {"nl": f"er al waren: {answers}", "en": f"there already: {answers}"}[language]
    assert (after in said) == (answers > 0)
