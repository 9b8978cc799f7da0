"""Which folder and which study are meant when nothing is said, and the example that an empty folder gets."""

import shutil
import sys
from pathlib import Path

import pytest

import dww_analysis
from dww_analysis.cli import bundle as bundle_module
from dww_analysis.cli import paths as paths_module
from dww_analysis.cli.bundle import bundle, put_example
from dww_analysis.cli.paths import default_root, default_study, studies_in
from dww_analysis.errors import ConfigError

HOME = Path(__file__).parents[2]


@pytest.fixture
def started(monkeypatch):
    """The projects that `dww run` would start; nothing is run."""
    seen = []
    monkeypatch.setattr("dww_analysis.cli.run.run_study", lambda project, *_: seen.append(project) or 0)
    return seen


@pytest.fixture
def dww(monkeypatch, capsys):
    def call(folder, *words):
        from dww_analysis.cli.app import run_app

        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["dww", *words])
        code = run_app()
        return code, "".join(capsys.readouterr())

    return call


def make_study(root, name, file="study.yaml"):
    folder = root / "config" / name
    folder.mkdir(parents=True)
    (folder / file).write_text("title: x\n", encoding="utf-8")


def general(root, text):
    (root / "config").mkdir(exist_ok=True)
    (root / "config" / "config.yaml").write_text(text, encoding="utf-8")


def files_in(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def example():
    parts = ("config/example", "data/raw/example")
    return {f"{part}/{name}": content for part in parts for name, content in files_in(HOME / part).items()}


def test_the_clone_keeps_its_files_at_the_top():
    assert bundle() == HOME
    assert not (Path(dww_analysis.__file__).parent / "bundle").exists()


def test_an_installed_package_has_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(paths_module, "PACKAGE", tmp_path / "lib" / "dww_analysis")
    monkeypatch.setattr(bundle_module, "PACKAGE", tmp_path / "lib" / "dww_analysis")
    assert paths_module.clone() is None
    assert bundle() == tmp_path / "lib" / "dww_analysis" / "bundle"


@pytest.mark.parametrize(
    ("place", "expected"),
    [(HOME, HOME), (HOME / "docs", HOME), (HOME / "src" / "dww_analysis" / "cli", HOME)],
    ids=["top", "docs", "code"],
)
def test_everywhere_in_the_clone_the_clone_is_meant(place, expected, monkeypatch):
    monkeypatch.chdir(place)
    assert default_root() == expected


def test_outside_the_clone_the_folder_is_meant(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert default_root() == tmp_path


def test_an_installed_package_means_the_folder_also_in_a_clone(monkeypatch):
    monkeypatch.setattr(paths_module, "PACKAGE", Path(sys.prefix) / "lib" / "dww_analysis")
    monkeypatch.chdir(HOME / "docs")
    assert default_root() == HOME / "docs"


def test_an_empty_folder_gets_the_example(tmp_path, started, dww):
    code, said = dww(tmp_path, "run")
    assert code == 0
    assert [(p.paths.root, p.paths.study) for p in started] == [(tmp_path, "example")]
    assert "config/example" in said and "data/raw/example" in said
    assert files_in(tmp_path) == example()
    assert studies_in(tmp_path) == ["example"]


@pytest.mark.parametrize(
    ("lang", "says"), [("en", "the invented example was put in"), ("nl", "voorbeeldstudie staat nu in")]
)
def test_it_is_said_once_in_both_languages(lang, says, tmp_path, started, dww):
    assert says in dww(tmp_path, "--lang", lang, "run")[1]
    assert says not in dww(tmp_path, "--lang", lang, "run")[1]
    assert [p.paths.study for p in started] == ["example", "example"]


@pytest.mark.parametrize("words", [["run", "example"], ["--root", ".", "run"]], ids=" ".join)
def test_the_example_by_name_and_in_a_named_root(words, tmp_path, started, dww):
    assert dww(tmp_path, *words)[0] == 0
    assert files_in(tmp_path) == example()


@pytest.mark.parametrize("command", ["check", "explain", "export", "archive", "seal"])
def test_only_run_puts_it_there(command, tmp_path, dww):
    code, said = dww(tmp_path, command)
    assert code == 2
    assert "there are no studies" in said and "`dww run`" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["other", "../x", "a/b", "Example"])
def test_another_name_is_refused_and_nothing_is_put(name, tmp_path, started, dww):
    code, said = dww(tmp_path, "run", name)
    assert code == 2 and "what to do:" in said
    assert not list(tmp_path.iterdir()) and not started


def test_a_root_that_is_not_there_is_refused(tmp_path, started, dww):
    code, said = dww(tmp_path, "--root", "typo", "run")
    assert code == 2 and "no such folder" in said
    assert not list(tmp_path.iterdir()) and not started


def test_one_study_is_the_one(tmp_path, started, dww):
    make_study(tmp_path, "mine")
    assert dww(tmp_path, "run")[0] == 0
    assert [p.paths.study for p in started] == ["mine"]
    assert list(files_in(tmp_path)) == ["config/mine/study.yaml"]


@pytest.mark.parametrize("file", ["sources.yaml", "plan.yaml", "scales.yaml", "reports.yaml"])
def test_a_study_half_written_is_a_study(file, tmp_path):
    make_study(tmp_path, "mine", file)
    assert default_study(tmp_path) == "mine"
    assert put_example(tmp_path) is None


def test_several_need_a_name_and_are_listed(tmp_path, started, dww):
    for name in ("second", "first", "third"):
        make_study(tmp_path, name)
    for command in ("run", "check"):
        code, said = dww(tmp_path, command)
        assert code == 2 and "first, second, third" in said and "what to do:" in said
    assert dww(tmp_path, "run", "second")[0] == 0
    assert [p.paths.study for p in started] == ["second"]
    general(tmp_path, "study: third\n")
    assert default_study(tmp_path) == "third"


@pytest.mark.parametrize("text", ["", "# nothing\n", "study:\n", "other: 1\n"])
def test_a_general_configuration_that_names_nothing(text, tmp_path):
    make_study(tmp_path, "mine")
    general(tmp_path, text)
    assert default_study(tmp_path) == "mine"


def test_a_named_study_that_is_not_there_is_not_replaced(tmp_path, started, dww):
    general(tmp_path, "study: mine\n")
    code, said = dww(tmp_path, "run")
    assert code == 2 and "there is no study `mine`" in said
    assert list(files_in(tmp_path)) == ["config/config.yaml"] and not started


def test_folders_without_configuration_are_no_studies(tmp_path):
    (tmp_path / "config" / "schemas").mkdir(parents=True)
    (tmp_path / "config" / "schemas" / "study.schema.json").write_text("{}", encoding="utf-8")
    make_study(tmp_path, ".hidden")
    assert studies_in(tmp_path) == []
    with pytest.raises(ConfigError, match="there are no studies"):
        default_study(tmp_path)


def test_nothing_is_overwritten(tmp_path, dww, started):
    raw = tmp_path / "data" / "raw" / "example"
    raw.mkdir(parents=True)
    for name in ("wave0.sav", "hr.csv"):
        (raw / name).write_text("mine", encoding="utf-8")
    before = files_in(tmp_path)
    code, said = dww(tmp_path, "run")
    assert code == 2
    assert "data/raw/example/wave0.sav" in said and "data/raw/example/hr.csv" in said
    assert files_in(tmp_path) == before and not started


def test_a_copy_that_was_cut_short_goes_on(tmp_path):
    raw = tmp_path / "data" / "raw" / "example"
    shutil.copytree(HOME / "data" / "raw" / "example", raw)
    (raw / "hr.csv").unlink()
    kept = (raw / "wave0.sav").stat().st_mtime_ns
    assert put_example(tmp_path) is not None
    assert files_in(tmp_path) == example()
    assert (raw / "wave0.sav").stat().st_mtime_ns == kept


def test_a_folder_that_cannot_be_written_is_the_machines(tmp_path, started, dww, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied", str(tmp_path / "data"))

    monkeypatch.setattr(Path, "mkdir", refused)
    assert dww(tmp_path, "run")[0] == 4
