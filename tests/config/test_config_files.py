"""Reading a study's configuration: what is refused, where the message points, and what a right one becomes."""

import shutil
from pathlib import Path

import pytest
import yaml

from dww_analysis.config import read_study
from dww_analysis.config.strict import expand
from dww_analysis.config.yaml_file import read_yaml
from dww_analysis.errors import ConfigError
from dww_analysis.stages.project import library_keys

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(CONFIG / "example", tmp_path / "example")
    return tmp_path / "example"


def read(folder):
    return read_study(folder, "config/example", library_keys())


def change(folder, name, edit):
    path = folder / f"{name}.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    edit(values)
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")


def problems(folder):
    with pytest.raises(ConfigError) as caught:
        read(folder)
    return caught.value.problems


@pytest.mark.parametrize("study", ["example", "workplace"])
def test_committed_studies_are_valid(study):
    files = read_study(CONFIG / study, f"config/{study}", library_keys())
    assert files.study.id == study
    assert files.plan.entries


def test_unknown_key_names_the_nearest(folder):
    change(folder, "study", lambda v: v.update(desing=v.pop("design")))
    found = problems(folder)
    texts = [str(p) for p in found]
    assert any("unknown key `desing`" in t and "did you mean `design`?" in t for t in texts)
    assert any("`design` is missing" in t for t in texts)


def test_message_points_at_the_line(folder):
    path = folder / "plan.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    number = next(i for i, line in enumerate(lines) if "sesoi:" in line)
    lines[number] = lines[number].split("sesoi:")[0] + "sesoi: -1"
    path.write_text("\n".join(lines), encoding="utf-8")
    (problem,) = problems(folder)
    assert problem.where == f"config/example/plan.yaml, line {number + 1}"


def test_plan_naming_no_scale_is_refused_with_suggestion(folder):
    change(folder, "plan", lambda v: v["entries"][0].update(outcome="learning_potentail"))
    (problem,) = problems(folder)
    assert "learning_potentail" in problem.found
    assert "learning_potential" in problem.action


def test_item_column_nobody_delivers_is_refused(folder):
    change(folder, "scales", lambda v: v["scales"][0].update(items=[f"lpx_{i:02d}" for i in range(1, 13)]))
    assert len(problems(folder)) == 12


def test_problems_of_several_files_come_together(folder):
    change(folder, "plan", lambda v: v["entries"][0].update(family="none_such"))
    change(folder, "sources", lambda v: v["sources"][0].update(wave=9))
    where = {p.where.split(",")[0].rsplit("/", 1)[1] for p in problems(folder)}
    assert where == {"plan.yaml", "sources.yaml"}


def test_absent_files_are_all_named(folder):
    (folder / "plan.yaml").unlink()
    (folder / "scales.yaml").unlink()
    assert {p.where for p in problems(folder)} == {"config/example/plan.yaml", "config/example/scales.yaml"}


def test_file_outside_the_study_is_refused(folder):
    change(folder, "sources", lambda v: v["sources"][0].update(file="../../secret.sav"))
    (problem,) = problems(folder)
    assert "without .." in problem.expected


@pytest.mark.parametrize(
    "text",
    ["a: &x [1]\nb: *x\n", "a: 1\na: 2\n", "a: [1\n", "a: \t1\n  b: 2\n"],
    ids=["alias", "key twice", "open bracket", "indentation"],
)
def test_yaml_that_is_refused(tmp_path, text):
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"x\.yaml, line \d"):
        read_yaml(tmp_path / "x.yaml", "x.yaml")


def test_yaml_bomb_stops_at_once(tmp_path):
    levels = ["a0: &a0 [x, x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    (tmp_path / "bomb.yaml").write_text("\n".join(levels))
    with pytest.raises(ConfigError, match="alias"):
        read_yaml(tmp_path / "bomb.yaml", "bomb.yaml")


def test_dates_stay_text(tmp_path):
    (tmp_path / "x.yaml").write_text("delivered: 2026-06-30\n")
    assert read_yaml(tmp_path / "x.yaml", "x.yaml").values == {"delivered": "2026-06-30"}


def test_expand():
    assert expand("lpw_{01-03}") == ["lpw_01", "lpw_02", "lpw_03"]
    assert expand("Q{9-11}[SQ]") == ["Q9[SQ]", "Q10[SQ]", "Q11[SQ]"]
    assert expand("jobsat") == ["jobsat"]
