"""Hostile or careless studies: names and links that lead elsewhere, YAML that explodes, jobs that fail half-way.

Always: exit code 2, a message that says what to do, no traceback, and nothing written outside the study's root.
"""

import os
import shutil
import sys
import time
from pathlib import Path

import pytest
import yaml

HOME = Path(__file__).parents[2]
STUDY = "workplace"
LONGEST_SECONDS = 20  # a refusal takes less than a second on an idle machine; an explosion never ends
RAW = Path("data/raw") / STUDY
SOURCES = Path("config") / STUDY / "sources.yaml"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A root with one intact study, inside a folder that must stay as it is."""
    outer = tmp_path_factory.mktemp("outer")
    for part in (Path("config") / STUDY, RAW):
        shutil.copytree(HOME / part, outer / "root" / part)
    (outer / "secret.csv").write_text("person;answer\na;1\n", encoding="utf-8")
    return outer


@pytest.fixture
def root(prepared):
    """The shared root; what a test changes in its configuration and links is put back."""
    root = prepared / "root"
    texts = {p: p.read_bytes() for p in (root / "config").rglob("*") if p.is_file()}
    before = tree(prepared)
    yield root
    for path, content in texts.items():
        path.write_bytes(content)
    shutil.rmtree(root / "logs", ignore_errors=True)
    for path in set(tree(prepared)) - set(before):
        (prepared / path).unlink(missing_ok=True)


@pytest.fixture
def dww(prepared, root, monkeypatch, capsys, tmp_path):
    """Exit code and messages of the program; fails when anything appears that was not there."""
    monkeypatch.setenv("HOME", str(tmp_path))

    def call(*words):
        from dww_analysis.cli.app import run_app

        before, started = tree(prepared), time.monotonic()
        monkeypatch.setattr(sys, "argv", ["dww", "--root", str(root), *words])
        code = run_app()
        said = "".join(capsys.readouterr())
        assert "Traceback" not in said
        assert time.monotonic() - started < LONGEST_SECONDS
        assert tree(prepared) == before, "something was written"
        assert not list(tmp_path.rglob("*.key")), "a key was written"
        return code, said

    return call


def tree(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir() or p.is_symlink()}


def change(root, edit):
    path = root / SOURCES
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    edit(values["sources"][0])
    path.write_text(yaml.safe_dump(values), encoding="utf-8")


NAMES = (
    "../workplace",
    "..",
    ".",
    "/etc",
    "workplace/",
    "a/b",
    "work place",
    "$(touch x)",
    "x\0y",
    "x" * 300,
)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize(
    "command", [["check"], ["run"], ["explain"], ["export"], ["archive"], ["key", "new"]], ids=" ".join
)
def test_names_that_lead_elsewhere_are_refused(command, name, dww):
    code, said = dww(*command, name)
    assert code == 2
    assert "is not the name of a study" in said and "what to do:" in said


def test_a_name_in_the_general_configuration_is_no_way_out(root, dww):
    (root / "config" / "config.yaml").write_text("study: ../../other/config/workplace\n", encoding="utf-8")
    assert dww("check")[0] == 2
    (root / "config" / "config.yaml").write_text("[1, 2]\n", encoding="utf-8")
    code, said = dww("check")
    assert code == 2 and "config/config.yaml: no settings" in said and "what to do:" in said


@pytest.mark.parametrize("words", [("ingest", "../../x"), ("combine", "a/b")], ids=" ".join)
def test_a_job_with_a_path_for_a_name_is_refused(words, root, prepared, capsys):
    from dww_analysis.cli.stage import main

    before = tree(prepared)
    assert main(["--root", str(root), "--study", STUDY, "stage", *words]) == 2
    assert main(["--root", str(root), "--study", "../x", "stage", "combine", "study"]) == 2
    assert "is not the name of a" in capsys.readouterr().err
    assert tree(prepared) == before


FILES = (
    "../../secret.csv",
    "..\\..\\secret.csv",
    "/etc/passwd",
    "~/secret.csv",
    "C:\\secret.csv",
    "a\0b",
    "",
    "x" * 999,
)


@pytest.mark.parametrize("file", FILES, ids=range(len(FILES)))
def test_files_outside_the_raw_folder_are_refused(file, root, dww):
    change(root, lambda source: source.update(file=file))
    code, said = dww("check", STUDY)
    assert code == 2
    assert "sources.yaml, line" in said and "inside data/raw" in said


@pytest.mark.parametrize("file", ["later {final}.csv", "{}"])
def test_names_that_are_patterns_to_the_workflow_are_refused(file, root, dww):
    change(root, lambda source: source.update(file=file))
    code, said = dww("check", STUDY)
    assert code == 2 and "copy the file to a plain name" in said


@pytest.mark.parametrize("file", [".", "sub", "https://example.org/data.csv", "no_such.csv"])
def test_what_is_no_delivered_file_is_refused(file, root, dww):
    change(root, lambda source: source.update(file=file))
    code, said = dww("check", STUDY)
    assert code == 2 and ("the file is not there" in said or "it is not a file" in said)


def test_a_misspelt_file_is_answered_with_one_that_is_there(root, dww):
    there = min(path.name for path in (root / RAW).glob("*.sav"))
    change(root, lambda source: source.update(file=there[1:]))
    code, said = dww("check", STUDY)
    assert code == 2 and f"did you mean '{there}'" in said


def test_a_symbolic_link_out_of_the_study_is_refused(root, prepared, dww):
    link = root / RAW / "linked.csv"
    link.symlink_to(prepared / "secret.csv")
    change(root, lambda source: source.update(file="linked.csv", sha256=None))
    code, said = dww("check", STUDY)
    assert code == 2
    assert "link leads outside the study's folder" in said and "linked.csv" in said and "answer" not in said
    link.unlink()
    folder = root / RAW / "folder"
    folder.symlink_to(prepared, target_is_directory=True)
    change(root, lambda source: source.update(file="folder/secret.csv"))
    code, said = dww("check", STUDY)
    assert code == 2 and "link leads outside the study's folder" in said


@pytest.mark.parametrize("option", ["structure", "catalog"])
def test_a_further_file_of_a_delivery_stays_inside_too(option, root, dww):
    change(root, lambda source: source.update(options={option: "../../../../secret.csv"}))
    code, said = dww("check", STUDY)
    assert code == 2 and "outside the study's folder" in said


@pytest.mark.parametrize("folder", ["data/derived", "data/interim", "reports", "logs"])
def test_results_are_not_written_through_a_link(folder, root, prepared, dww):
    elsewhere = prepared / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    link = root / folder / STUDY
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere, target_is_directory=True)
    try:
        code, said = dww("run", STUDY)
        assert code == 2 and "out of the root folder" in said
        assert not list(elsewhere.iterdir())
    finally:
        link.unlink()


EXPLOSIONS = {
    "aliases": "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [{', '.join(['*a'] * 9)}]\n" for i in range(20)),
    "nested lists": "[" * 100_000,
    "nested mappings": "{a: " * 20_000,
    "nested items": "- " * 50_000 + "x",
    "a number of a million digits": "a: " + "1" * 900_000,
    "a billion columns": "sources: [{id: a, file: a, wave: 0, columns: {'q_{1-999999999}': 'Q{1-999999999}'}}]",
    "a control character": "a: \x01",
    "a nul": "a: \0",
    "a list as a key": "? [a]\n: 2\n",
    "code": "a: !!python/object/apply:os.system ['true']",
    "two documents": "a: 1\n---\nb: 2",
    "a list": "[1, 2]",
    "words": "hello",
    "nothing": "",
    "two megabytes": "# " + "x" * 2_000_000,
}


@pytest.mark.parametrize("name", EXPLOSIONS)
def test_yaml_that_explodes_is_refused(name, root, dww):
    (root / SOURCES).write_text(EXPLOSIONS[name], encoding="utf-8")
    code, said = dww("check", STUDY)
    assert code == 2
    assert "sources.yaml" in said and "what to do:" in said
    assert len(said) < 3000


def test_yaml_of_other_bytes_is_refused(root, dww):
    (root / SOURCES).write_bytes("sources: []".encode("utf-16"))
    code, said = dww("check", STUDY)
    assert code == 2 and "UTF-8" in said


def test_a_failing_job_leaves_nothing_half_written_and_keeps_what_was_there(root, monkeypatch, capsys):
    """The disk fills up while the third of four tables is written: the old tables stay, no other file appears."""
    from dww_analysis import storage
    from dww_analysis.cli.stage import main

    values = yaml.safe_load((root / SOURCES).read_text(encoding="utf-8"))
    source = values["sources"][0]["id"]
    words = ["--root", str(root), "--study", STUDY, "stage", "ingest", source]
    assert main(words) == 0
    folder = root / "data" / "interim" / STUDY / source
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    replace, calls = os.replace, []

    def full(here, there, **options):
        calls.append(there)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return replace(here, there, **options)

    monkeypatch.setattr(os, "replace", full)
    assert main(words) == 4
    monkeypatch.undo()
    assert len(calls) == 3, "nothing failed"
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    assert storage.load_frame(folder / "answers.parquet") is not None
    capsys.readouterr()
