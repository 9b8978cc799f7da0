"""Stages as they are declared: what a job rests on is found out by running it, and compared with what is computed."""

import ast
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from workflow_runs import ROOT, copy_study

import dww_analysis
from dww_analysis.cli.run import _explain_stop
from dww_analysis.domain.plan import Missing
from dww_analysis.domain.study import Linking, Plausible
from dww_analysis.errors import ConfigError, MeasurementError
from dww_analysis.stages import closure as closure_module
from dww_analysis.stages.closure import HOME, closure, facts_of, stage_closure
from dww_analysis.stages.job import Planned, plan_of, run_job
from dww_analysis.stages.places import record_of
from dww_analysis.stages.project import Project, open_project
from dww_analysis.stages.register import STAGES, jobs, stage
from dww_analysis.stages.slices import slice_hash
from dww_analysis.stages.workflow import MOVED, Workflow, refuse_moved

PRINT_WORDS = {
    *("codebook", "linkage", "describe", "draw", "overview", "factsheet", "article", "sheets", "report"),
    *("praatplaat", "cards", "workbook"),
    *("interpretations", "actions", "counts"),  # read words of the study that its forms print
}

RUN_AND_LIST = """
import json, sys
sys.argv = ["dww_analysis", *sys.argv[1:]]
from dww_analysis.cli.stage import main
code = main(sys.argv[1:])
names = [getattr(m, "__file__", None) for n, m in sys.modules.items() if n.split(".")[0] == "dww_analysis"]
print(json.dumps([code, [n for n in names if n]]))
"""


@pytest.fixture(scope="module")
def example() -> Project:
    return open_project(ROOT, "example")


def full_imports(module: str) -> set[tuple[str, str]]:
    """Imports of ours by a walk over the whole syntax tree: the slow way."""
    path = closure_module._file(module, HOME)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {(a.name, "") for a in node.names if a.name.split(".")[0] == "dww_analysis"}
        elif isinstance(node, ast.ImportFrom):
            home = closure_module._absolute(node, package)
            found |= {(home, a.name) for a in node.names if home.split(".")[0] == "dww_analysis"}
    return found


def all_modules() -> list[str]:
    names = [p.relative_to(HOME).with_suffix("").parts for p in sorted(HOME.rglob("*.py"))]
    return [".".join(("dww_analysis", *(n[:-1] if n[-1] == "__init__" else n))) for n in names]


def test_every_import_of_every_module_is_seen():
    for module in all_modules():
        assert full_imports(module) <= set(facts_of(module).imports), module


def test_a_name_that_a_room_loads_lazily_counts_as_its_module(tmp_path):
    home = tmp_path / "dww_analysis"
    (home / "room").mkdir(parents=True)
    (home / "__init__.py").write_text("")
    (home / "lazy.py").write_text("def lazily(room, homes): ...\n")
    (home / "room" / "__init__.py").write_text(
        "from dww_analysis.lazy import lazily\n"
        "_H = {'a': 'one', 'b': 'two'}\n"
        "__getattr__, __dir__ = lazily(__name__, _H)\n"
    )
    (home / "room" / "one.py").write_text("def f():\n    from dww_analysis.room import three\n")
    (home / "room" / "two.py").write_text("")
    (home / "room" / "three.py").write_text("from importlib.resources import files\n")
    (home / "room" / "words.yaml").write_text("")
    (home / "user.py").write_text("def g():\n    from dww_analysis import room\n    return room.a\n")
    found = closure("dww_analysis.user", home=home)
    assert {"room/one.py", "room/three.py", "room/words.yaml"} <= set(found)
    assert "room/two.py" not in found


def test_how_figures_look_makes_no_estimate_stale():
    found = stage_closure("dww_analysis.stages.estimate")
    assert "multilevel/result.py" in found
    assert [f for f in found if f.startswith("multilevel/plots/") or f == "analyst/look.py"] == []
    assert "analyst/look.py" in stage_closure("dww_analysis.stages.draw")


def test_no_estimate_rests_on_the_commands():
    found = stage_closure("dww_analysis.stages.estimate")
    assert {f for f in found if f.startswith("cli/")} == {
        "cli/__init__.py",
        "cli/job_client.py",
        "cli/stage.py",
    }


@pytest.fixture(scope="module")
def done_again(finished_example, finished_own_codes, tmp_path_factory):
    """The two finished studies in folders of their own: jobs that are done again give files new times."""
    homes = [tmp_path_factory.mktemp("done") / "study" for _ in range(2)]
    for (root, _), home in zip((finished_example, finished_own_codes), homes, strict=True):
        shutil.copytree(root, home)
    return homes


@pytest.mark.workflow
@pytest.mark.parametrize("id", STAGES)
@pytest.mark.slow
def test_every_module_a_job_imports_is_in_its_closure(id, done_again):
    root = done_again[1 if id in ("link", "linkage") else 0]
    study = "own_codes" if id in ("link", "linkage") else "example"
    study = next(p.name for p in (root / "config").iterdir() if p.is_dir())
    project = open_project(root, study)
    names = stage(id).names(project)
    if not names:
        pytest.skip("the study has no such job")
    name = names[0]
    command = [sys.executable, "-c", RUN_AND_LIST, "--root", str(root), "--study", study, "stage", id, name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    code, files = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stderr
    imported = {Path(f).relative_to(Path(dww_analysis.__file__).parent).as_posix() for f in files}
    assert imported - set(stage_closure(f"dww_analysis.stages.{id}")) == set()


def test_no_place_is_said_twice(example):
    places = [p for id in STAGES for p in stage(id).places(example).values()]
    patterns = [(p.root, p.pattern) for p in places if p.pattern != "figures/{name}"]
    assert len(patterns) == len(set(patterns))
    literals = {p.pattern for p in places if p.pattern}
    for path in (*HOME.glob("stages/*.py"), *HOME.glob("cli/*.py"), *ROOT.glob("workflow/rules/*.smk")):
        if path.name != "places.py":
            text = path.read_text(encoding="utf-8")
            assert not [p for p in literals if "/" in p and p in text], path.name


def test_what_a_job_reads_is_made_by_a_job_or_delivered(example):
    made = {
        place.at(example.paths, name)
        for id, name in jobs(example)
        for place in stage(id).places(example).values()
    }
    for id, name in jobs(example):
        assert set(stage(id).files_read(example, name)) <= made, (id, name)


def respelled(value):
    """The same configuration with every word in it spelled otherwise."""
    if isinstance(value, dict) and value and set(value) <= {"nl", "en"}:
        return {language: f"{text} anders" for language, text in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: respelled(getattr(value, f.name)) for f in fields(value) if f.init}
        prose = {f.name for f in fields(value) if f.type in ("Prose", "Prose | None")}
        return replace(value, **changes | {name: changes[name] + " anders" for name in prose})
    if isinstance(value, dict):
        return {key: respelled(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(respelled(inner) for inner in value)
    return value


def with_files(project: Project, files) -> Project:
    other = Project(project.paths)
    other.__dict__["files"] = files
    return other


def test_words_change_no_slice_that_decides_numbers(example):
    files = respelled(example.files)

    def with_units(new, old):  # the English unit is a column of the estimates
        return tuple(replace(n, unit=o.unit) for n, o in zip(new, old, strict=True))

    scales = with_units(files.scales, example.files.scales)
    plan = replace(files.plan, entries=with_units(files.plan.entries, example.files.plan.entries))
    other = with_files(example, replace(files, scales=scales, plan=plan))
    changed = {
        id
        for id, name in jobs(example)
        if slice_hash(*stage(id).config(example, name)) != slice_hash(*stage(id).config(other, name))
    }
    assert changed == PRINT_WORDS - {"linkage"}


def test_each_number_in_the_configuration_is_in_some_slice_that_decides_numbers(example):
    files = example.files
    first = files.scales[0]
    assert first.key is not None
    turned = replace(first, key=replace(first.key, reversed=(first.key.items[0],)))
    other = with_files(example, replace(files, scales=(turned, *files.scales[1:])))
    changed = {
        (id, name)
        for id, name in jobs(example)
        if id not in PRINT_WORDS
        and slice_hash(*stage(id).config(example, name)) != slice_hash(*stage(id).config(other, name))
    }
    own = [e.id for e in files.plan.entries if e.outcome == first.id]
    steps = ("estimate", "calibrate", "impute", "curve")
    entries = {(id, e) for id in steps for e in own if e in stage(id).names(example)}
    theory = ("mechanisms", "theory")  # whose parts say that they deviate from what was sealed
    assert changed == {("score", first.id), ("analyse", first.id), theory, *entries}


def test_the_order_of_categories_is_in_the_slices_of_what_shows_or_models_them(example):
    """The first category is the one that odds are compared with; tables and figures show them in this order."""
    study, missing = example.files.study, Missing(participation=("age_band",))
    background = tuple(
        replace(b, categories=dict(reversed(list(b.categories.items())))) for b in study.background
    )
    plan = replace(example.files.plan, missing=missing)
    one = with_files(example, replace(example.files, plan=plan))
    other = with_files(one, replace(one.files, study=replace(study, background=background)))
    for id in ("participation", "describe"):
        (name,) = stage(id).names(one)
        before, after = (slice_hash(*stage(id).config(p, name)) for p in (one, other))
        assert before != after, id


def test_what_a_key_reverses_is_compared_with_the_labels_by_the_job_that_reads_both(example):
    """A corrected key leaves `ingest` up to date, so the labels are looked at where the key decides numbers."""
    scale = example.files.scales[0]
    labels = json.dumps({"1": "Eens", "2": "Neutraal", "3": "Oneens"})
    book = pd.DataFrame({"name": scale.items, "value_labels": labels, "missing_codes": ""})
    read = stage("score").reads(example, scale.id)["codebook"]
    assert set(read) == {"wave0", "wave1", "wave2"}
    with pytest.raises(MeasurementError, match="run downwards"):
        stage("score").run(example, scale.id, {"codebook": dict.fromkeys(read, book)})
    settled = tuple(replace(s, conflicts=dict.fromkeys(scale.items, "same")) for s in example.files.sources)
    other = with_files(example, replace(example.files, sources=settled))
    assert stage("score").config(other, scale.id) != stage("score").config(example, scale.id)


@pytest.mark.parametrize(
    "linking",
    [
        Linking(facts=("age_band",)),
        Linking(came_from={"T01": ("T02",)}),
        Linking(plausible=Plausible(seen_again=0.2)),
    ],
    ids=["facts", "came_from", "plausible"],
)
def test_what_links_are_judged_by_is_in_the_slice_of_the_stage_that_judges(example, linking):
    study = replace(example.files.study, linking=linking)
    other = with_files(example, replace(example.files, study=study))
    before, after = (slice_hash(*stage("combine").config(p, "")) for p in (example, other))
    assert before != after


def test_an_older_file_with_other_content_changes_the_plan(tmp_path):
    copy_study("example", tmp_path)
    project = open_project(tmp_path, "example")
    raw = tmp_path / "data/raw/example/wave2_limesurvey.csv"
    before = plan_of(project, stage("ingest"), "wave2")
    raw.write_bytes(raw.read_bytes() + b"\n")
    os.utime(raw, (1, 1))
    after = plan_of(project, stage("ingest"), "wave2")
    assert before.raw != after.raw
    assert replace(before, raw="") == replace(after, raw="")


def test_a_job_says_with_which_versions_it_ran(tmp_path, monkeypatch):
    copy_study("example", tmp_path)
    project = open_project(tmp_path, "example")
    monkeypatch.setattr("dww_analysis.stages.versions.version", lambda name: f"{name} of yesterday")
    run_job(project.paths, "allocate", "allocation")
    record = json.loads(record_of("allocate").at(project.paths, "allocation").read_text())
    assert record["python"] == platform.python_version()
    assert record["packages"]["numpy"] == "numpy of yesterday"


def drawn_again(project: Project, files) -> set[str]:
    """The scales with figures that are drawn again under another configuration."""
    draw, other = stage("draw"), with_files(project, files)
    return {
        name
        for name in draw.names(project)
        if slice_hash(*draw.config(project, name)) != slice_hash(*draw.config(other, name))
    }


def test_figures_of_a_scale_rest_on_its_own_entries_and_on_what_the_study_calls_its_levels(example):
    files = example.files
    plan = replace(
        files.plan,
        primary="other",
        conf_level=0.9,
        sealed="2020-01-01",
        calibration=None,
        missing=replace(files.plan.missing, participation=("hours",)),
        families={},
    )
    assert drawn_again(example, replace(files, plan=plan)) == set()
    first = files.plan.entries[0]
    sized = replace(files.plan, entries=(replace(first, sesoi=0.123), *files.plan.entries[1:]))
    assert drawn_again(example, replace(files, plan=sized)) == {first.outcome}
    renamed = replace(files.study, level_labels={"person": {"nl": "deelnemer", "en": "participant"}})
    assert drawn_again(example, replace(files, study=renamed)) == {s.id for s in files.scales}


def test_a_plan_survives_the_command_line(example):
    plan = plan_of(example, stage("score"), "burnout")
    assert Planned.parse(str(plan)) == plan


def test_the_end_of_a_run_is_refused_when_a_plan_moved():
    before = {("score", "a"): "1-2-3", ("score", "b"): "1-2-3"}
    refuse_moved(before, dict(before))
    with pytest.raises(ConfigError, match="score b") as refused:
        refuse_moved(before, before | {("score", "b"): "1-2-4"})
    assert MOVED in str(refused.value)
    assert _explain_stop("en", f"Finished\n{refused.value}\nComplete log") == 2


def test_a_process_on_another_machine_uses_the_plans_of_its_run(tmp_path):
    copy_study("example", tmp_path)
    project = open_project(tmp_path, "example")
    flow = Workflow(project)
    flow.keep_plans()
    path = tmp_path / "config/example/plan.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("conf_level: 0.95", "conf_level: 0.9"), encoding="utf-8"
    )
    elsewhere = Workflow(open_project(tmp_path, "example"))
    elsewhere.take_plans()
    (found,) = [elsewhere.plan("estimate")(SimpleNamespace(name="burnout"))]
    assert found == str(plan_of(project, stage("estimate"), "burnout"))
    assert found != str(plan_of(elsewhere.project, stage("estimate"), "burnout"))
