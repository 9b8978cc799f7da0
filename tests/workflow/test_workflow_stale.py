"""What becomes stale after an edit, what happens when something moves during a run, and two runs at once."""

import filecmp
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from self_code_study import STUDY
from workflow_runs import ROOT, dww, files_below

from dww_analysis.cli.messages import name_stage
from dww_analysis.stages.closure import stage_closure
from dww_analysis.stages.project import open_project
from dww_analysis.stages.register import STAGES, jobs, stage
from dww_analysis.stages.workflow import Workflow

pytestmark = pytest.mark.workflow
OWN = "the code it rests on has changed"


@pytest.fixture
def package(tmp_path):
    """A copy of the program, to be edited."""
    home = tmp_path / "program"
    for part in ("src", "workflow", "profiles"):
        shutil.copytree(ROOT / part, home / part, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "Snakefile", home)
    return home


@pytest.fixture
def root(finished_own_codes, tmp_path):
    """A copy of a finished run, time stamps included."""
    return Path(shutil.copytree(finished_own_codes[0], tmp_path / "root", copy_function=shutil.copy2))


def explain(root: Path, package: Path = ROOT) -> dict[str, str]:
    """Step -> why it would run."""
    command = [sys.executable, "-m", "dww_analysis", "--root", str(root), "explain", STUDY]
    environment = {**os.environ, "PYTHONPATH": str(package / "src")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=root, env=environment)
    assert done.returncode == 0, done.stderr
    return dict(line.strip().split(": ", 1) for line in done.stdout.splitlines()[1:])


def add_a_line(file: Path) -> None:
    comment = "<!-- edited -->" if file.suffix == ".html" else "# edited"
    with open(file, "a", encoding="utf-8") as handle:
        handle.write(f"\n{comment}\n")


@pytest.mark.parametrize(
    "file",
    [
        pytest.param("privacy/gate.py", marks=pytest.mark.slow),
        pytest.param("scales/items_matrix.py", marks=pytest.mark.slow),
        pytest.param("language/nl/report.po", marks=pytest.mark.slow),
    ],
)
def test_an_edited_file_makes_stale_every_stage_that_rests_on_it_and_no_other(file, root, package):
    assert explain(root, package) == {}
    add_a_line(package / "src/dww_analysis" / file)
    project = open_project(root, STUDY)
    resting = {id for id in STAGES if file in stage_closure(f"dww_analysis.stages.{id}")}
    expected = {name_stage("en", id, name) for id, name in jobs(project) if id in resting}
    steps = explain(root, package)
    assert expected and expected <= set(steps)
    assert {step for step, why in steps.items() if OWN in why} <= expected
    assert all(OWN in why or "a step before it" in why for why in steps.values())


PLANS = """
import json, sys
from pathlib import Path
from dww_analysis.stages.project import open_project
from dww_analysis.stages.workflow import plans
found = plans(open_project(Path(sys.argv[1]), "example"))
print(json.dumps({f"{stage} {name}": plan for (stage, name), plan in found.items()}))
"""


def example_plans(package: Path) -> dict[str, str]:
    """Job -> plan, of the example with this copy of the program."""
    command = [sys.executable, "-c", PLANS, str(ROOT)]
    environment = {**os.environ, "PYTHONPATH": str(package / "src")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_one_corrected_key_of_the_library_changes_what_rests_on_its_scale_only(package):
    before = example_plans(package)
    path = package / "src/dww_analysis/scales/keys/uwes9.yaml"
    text = path.read_text(encoding="utf-8")
    assert 'version: "1"' in text
    path.write_text(text.replace('version: "1"', 'version: "99"'), encoding="utf-8")
    after = example_plans(package)
    changed = {job for job, plan in before.items() if after[job] != plan}
    numbers = {"score", "analyse"}  # a version decides no number of the engine
    assert {j for j in changed if j.split()[0] in numbers} == {f"{s} work_engagement" for s in numbers}
    pages = {
        "describe",
        "draw",
        "overview",
        "factsheet",
        "article",
        "praatplaat",
        "cards",
        "sheets",
        "report",
    }
    assert {job.split()[0] for job in changed} <= {
        *numbers,
        "estimate",
        "calibrate",
        "impute",
        "curve",
        *pages,
    }
    assert [job for job in changed if job.startswith("draw")] == ["draw work_engagement"]


@pytest.mark.long
def test_a_respelled_label_of_a_wave_reruns_pages_only(root):
    path = root / "config" / STUDY / "study.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    for wave in values["waves"]:
        wave["label"] = {"nl": "meting anders", "en": "wave otherwise"}
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    verbs = {step.split()[0] for step in explain(root)}
    assert verbs <= {"write", "describe", "draw"}, verbs


@pytest.mark.slow
def test_a_delivered_file_put_back_with_an_old_time_stamp_is_seen(root):
    path = root / "config" / STUDY / "sources.yaml"
    raw = next(p for p in sorted((root / "data/raw" / STUDY).iterdir()) if p.suffix == ".csv")
    raw.write_bytes(raw.read_bytes() + b"\n")
    os.utime(raw, (1, 1))
    assert path.is_file()
    assert any("a delivered file has changed" in why for why in explain(root).values())


def score_file(root: Path) -> Path:
    return min((root / "data/derived" / STUDY / "scores").glob("*.parquet"))


def put_back(root: Path) -> Path:
    """A file of scores that holds something else than before, and looks older."""
    one = score_file(root)
    shutil.copy(root / "data/derived" / STUDY / "measurements.parquet", one)
    os.utime(one, (1, 1))
    return one


@pytest.mark.long
def test_what_would_run_is_not_said_where_a_delivered_file_is_gone(root):
    raw = next(p for p in sorted((root / "data/raw" / STUDY).iterdir()) if p.suffix == ".csv")
    raw.unlink()
    for command in ("explain", "run"):
        said = dww(root, command, STUDY)
        assert said.returncode == 2
        assert f"{raw.name}: the file is not there" in said.stderr and "what to do:" in said.stderr
        assert "nakemake" not in said.stderr + said.stdout


@pytest.mark.long
def test_a_file_of_another_step_put_back_with_an_old_time_stamp_is_seen(root):
    """As from a folder that was kept elsewhere: the times say nothing, and what read it has its checksum."""
    flow = Workflow(open_project(root, STUDY))
    assert flow.moved() == {}
    one = put_back(root)
    moved = Workflow(open_project(root, STUDY)).moved()
    reading = {job for job in jobs(flow.project) if one in stage(job[0]).files_read(flow.project, job[1])}
    assert set(moved) == reading and set(moved.values()) == {("read",)}


@pytest.mark.slow
def test_what_reads_a_file_that_was_put_back_runs_again(root, finished_own_codes):
    kept = score_file(root).read_bytes()
    one = put_back(root)
    assert "a file it read of another step holds something else now" in explain(root).values()
    one.write_bytes(kept)
    os.utime(one, (1, 1))
    assert explain(root) == {}


def reversed_item(root: Path) -> None:
    """Another scoring of the study: what a person might try during a run."""
    path = root / "config" / STUDY / "plan.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["conf_level"] = 0.9
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")


@pytest.mark.slow
def test_a_configuration_edited_during_a_run_and_put_back_leaves_nothing_that_counts(
    root, finished_own_codes
):
    shutil.rmtree(root / "data/derived" / STUDY / "estimates")
    shutil.rmtree(root / "data/interim" / STUDY)
    config = root / "config" / STUDY / "plan.yaml"
    before = config.read_bytes()
    command = [sys.executable, "-m", "dww_analysis", "--root", str(root), "run", STUDY, "--cores", "1"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root
    ) as run:
        deadline = time.monotonic() + 300
        while not list((root / "data/interim" / STUDY).glob("*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        reversed_item(root)
        _, said = run.communicate(timeout=600)
    assert run.returncode == 2, said
    assert "changed after the run had been planned" in said and "what to do:" in said
    config.write_bytes(before)
    assert any(step.startswith("estimate") for step in explain(root))
    assert dww(root, "run", STUDY).returncode == 0
    for part in (f"data/derived/{STUDY}/estimates", f"reports/{STUDY}"):
        one, other = files_below(finished_own_codes[0] / part), files_below(root / part)
        other_bytes = {n for n in one if not filecmp.cmp(one[n], other[n], shallow=False)}
        # jobs whose slice the edit did not touch are done; their records name plan.yaml as it was when they opened it
        assert other_bytes <= {"provenance.json"}


@pytest.mark.slow
def test_two_runs_at_once_wait_for_each_other(root):
    shutil.rmtree(root / "reports" / STUDY)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "1"]
    command += ["--workflow-profile", str(ROOT / "profiles" / "default"), "--config", f"study={STUDY}"]
    other = [sys.executable, "-m", "dww_analysis", "--root", str(root), "run", STUDY, "--cores", "1"]
    quiet = {"cwd": root, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    runs = [subprocess.Popen(c, **quiet) for c in (command, command, other)]
    said = [run.communicate(timeout=900)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], "\n".join(said)
    assert sum("still busy" in text for text in said) >= 1


def test_folders_with_single_persons_are_for_their_owner_only(finished_own_codes):
    root = finished_own_codes[0]
    for folder in (f"data/interim/{STUDY}", f"data/derived/{STUDY}", f"logs/{STUDY}", ".snakemake"):
        assert stat.S_IMODE((root / folder).stat().st_mode) == 0o700, folder
