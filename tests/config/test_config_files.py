"""Reading a study's configuration: what is refused, where the message points, and what a right one becomes."""

import copy
import shutil
from pathlib import Path

import pytest
import yaml

from dww_analysis.config import read_study
from dww_analysis.config.scales import ScaleConfig
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


def test_a_kind_of_outcome_that_the_ends_of_the_range_cannot_be_of_is_refused(folder):
    """Yes and no from 1 to 2 passed the check, and the estimate refused them; counts begin at 0."""
    change(folder, "scales", lambda v: v["scales"][5].update(measure="yes_no"))
    change(folder, "scales", lambda v: v["scales"][6].update(measure="count"))
    problem = next(p for p in problems(folder) if "`measure: yes_no`" in p.found)
    assert "`job_satisfaction` has `measure: yes_no` and scores from 1 to" in problem.found
    assert "recode" in problem.action and problem.where.startswith("config/example/scales.yaml, line ")


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


def first_entry(**values):
    return "plan", lambda plan: plan["entries"][0].update(values)


def formula_entry(**values):
    return "plan", lambda plan: plan["entries"][-1].update(values)


def plan(**values):
    return "plan", lambda v: v.update(values)


def study(**values):
    return "study", lambda v: v.update(values)


def background(position, **values):
    return "study", lambda v: v["background"][position].update(values)


def scale(position, **values):
    return "scales", lambda v: v["scales"][position].update(values)


def own_key(**values):
    return "scales", lambda v: v["own_keys"].append({**copy.deepcopy(v["own_keys"][0]), **values})


DELIVERED = {"id": "grade", "label": "grade", "delivered": "lpw_02", "range": [1, 5]}
REASON = {"entry": "burnout", "why": "fewer teams"}
REFUSED = {
    "a wave beside a formula": (formula_entry(wave=1), "`term` says what a `formula` estimates"),
    "an exposure beside a formula": (
        formula_entry(exposure="mean"),
        "`term` says what a `formula` estimates",
    ),
    "team_by_wave beside a formula": (formula_entry(team_by_wave=False), "names its own random terms"),
    "a part of a name as mediator": (formula_entry(mediators=["years"]), "mediator `years`"),
    "a covariate without a score": (
        ("plan", lambda v: v["entries"][3].update(covariates=["agency_in_learning.nonsense"])),
        "the covariate `agency_in_learning.nonsense`",
    ),
    "a covariate twice": (first_entry(covariates=["hours", "hours"]), "every name once"),
    "trials of an effect nobody named": (
        ("plan", lambda v: [entry.pop("sesoi", None) for entry in v["entries"]]),
        "no planned entry has one",
    ),
    "a family without entries": (
        ("plan", lambda v: v["families"].update(other={"adjust": "holm", "label": "other"})),
        "the family `other` has no entries",
    ),
    "a reason twice": (plan(deviations=[REASON, {**REASON}]), "every name once"),
    "a reason on no day": (plan(deviations=[{**REASON, "when": "2025-13-45"}]), "a date that exists"),
    "a registration on no day": (
        plan(registered_at={"registry": "OSF", "id": "abc", "date": "2025-02-30"}),
        "a date that exists",
    ),
    "a reason of tomorrow": (
        plan(deviations=[{**REASON, "when": "2099-01-01"}]),
        "the day 2099-01-01 of `deviations` is after today",
    ),
    "a registration of tomorrow": (
        plan(registered_at={"registry": "OSF", "id": "abc", "date": "2099-01-01"}),
        "the day 2099-01-01 of `registered_at` is after today",
    ),
    "waves backwards": (
        ("study", lambda v: v["waves"][1].update(date="2020-01-01")),
        "waves whose dates do not run backwards",
    ),
    "a sample without sources": (
        study(samples={"main": "main", "ghost": "ghost"}),
        "the sample `ghost` has no sources",
    ),
    "categories of a number": (background(-1, categories={"1": "a"}), "`categories` for `kind: category`"),
    "a unit of a category": (background(0, unit="hours"), "`unit` for `kind: number`"),
    "a range beside a key": (scale(0, range=[0, 100]), "`range` and `direction` beside `delivered`"),
    "a direction beside a key": (
        scale(0, direction="lower is better"),
        "`range` and `direction` beside `delivered`",
    ),
    "items of a delivered score": (
        ("scales", lambda v: v["scales"].append({**DELIVERED, "items": ["lpw_01"]})),
        "`items` beside `key`",
    ),
    "a sample of a scale twice": (scale(0, samples=["main", "main"]), "every name once"),
    "an own key nobody uses": (own_key(id="nobody"), "`nobody` is used by no scale"),
    "an own key twice": (own_key(), "occurs twice"),
    "an own key of the library": (own_key(id="lpw12"), "has the id of a key of the library"),
    "a language twice": (("reports", lambda v: v.update(languages=["nl", "nl"])), "every name once"),
    "a document twice": (
        ("reports", lambda v: v.update(documents=["factsheet", "factsheet"])),
        "every name once",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_nobody_would_read_is_refused(folder, name):
    (file, edit), words = REFUSED[name]
    change(folder, file, edit)
    (problem,) = problems(folder)
    assert words in f"{problem.found} {problem.expected}"
    assert file in problem.where


def test_a_wave_may_have_the_date_of_the_one_before_or_none(folder):
    def edit(values):
        values["waves"][1]["date"] = values["waves"][0]["date"]
        del values["waves"][2]["date"]
        values["waves"].append({"number": 3, "label": "later", "date": values["waves"][0]["date"]})

    change(folder, "study", edit)
    change(
        folder, "sources", lambda v: v.update(sources=v["sources"][:4], recode_sets={})
    )  # records need all dates
    change(folder, "practice", lambda v: v.pop("functions"))  # of an app whose log is cut off
    assert len(read(folder).study.waves) == 4


def test_a_plan_that_only_explores_needs_no_primary_entries(folder):
    def edit(values):
        for entry in values["entries"]:
            entry |= {"status": "exploratory", "family": "exploratory"}
        del values["families"]["secondary"], values["calibration"], values["curve"]

    change(folder, "plan", edit)
    assert read(folder).plan.primary == "primary"


@pytest.mark.parametrize(
    ("declared", "of_item", "kind"),
    [
        ({"key": "k", "items": ["a"]}, (0, 1), "yes_no"),
        ({"key": "k", "items": ["a"]}, (1, 5), "continuous"),
        ({"key": "k", "items": ["a"], "measure": "continuous"}, (0, 1), "continuous"),
        ({"delivered": "a", "range": [0, 1]}, None, "yes_no"),
        ({"delivered": "a", "range": [0, 10]}, None, "continuous"),
    ],
)
def test_scores_of_two_values_are_yes_or_no_unless_declared_otherwise(declared, of_item, kind):
    assert ScaleConfig(id="s", label="s", **declared).kind(of_item) == kind


@pytest.mark.parametrize(
    ("own", "kind"),
    [({}, "yes_no"), ({"transform": {"multiply": 100}}, "continuous"), ({"range": [1, 5]}, "continuous")],
)
def test_a_single_item_is_yes_or_no_where_its_scores_are_0_and_1(folder, own, kind):
    """Scores of 0 and 100 were called yes or no, and then refused for it."""
    key = {"id": "one", "version": "1", "name": {"en": "one"}, "reference": "none", "items": ["a"], "range": [0, 1],
           "direction": "higher is better", "text_licence": "none"}  # fmt: skip

    def edit(scales):
        scales["own_keys"].append(key | own)
        scales["scales"].append({"id": "one", "label": "one", "key": "one", "items": ["lpw_02"]})

    change(folder, "scales", edit)
    found = {scale.id: scale for scale in read(folder).scales}
    assert found["one"].measure == kind
