"""The wheel holds what the clone keeps above src/, and works from an empty folder without the clone."""

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile

import pytest
from workflow_runs import ROOT, files_below, run_notebook

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(importlib.util.find_spec("hatchling") is None, reason="hatchling builds the wheel"),
]

BUNDLE = "dww_analysis/bundle/"
PARTS = (
    "Snakefile",
    "workflow",
    "profiles",
    "config/example",
    "data/raw/example",
    "notebooks",
    "requirements.lock",
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, built as pip would, without looking anything up."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stderr
    return next(folder.glob("dww_analysis-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel laid out as an installation does."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return tmp_path_factory.mktemp("empty").resolve()


def python(installed, empty, *arguments):
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True, timeout=300)


def contents(part):
    path = ROOT / part
    if path.is_file():
        return {part: path.read_bytes()}
    return {f"{part}/{name}": file.read_bytes() for name, file in files_below(path).items()}


def test_the_bundle_is_that_of_the_clone_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        found = {n.removeprefix(BUNDLE): archive.read(n) for n in archive.namelist() if n.startswith(BUNDLE)}
    expected = {name: content for part in PARTS for name, content in contents(part).items()}
    assert sorted(found) == sorted(expected)
    assert found == expected


def test_the_package_is_whole(wheel):
    package = {
        f"dww_analysis/{n}" for n in files_below(ROOT / "src" / "dww_analysis") if "__pycache__" not in n
    }
    with zipfile.ZipFile(wheel) as archive:
        names = {n for n in archive.namelist() if not n.startswith(BUNDLE) and ".dist-info/" not in n}
    assert names == package


@pytest.mark.slow
def test_the_notebooks_for_beginners_run_from_an_installed_package(installed, tmp_path):
    """From the folder that the wheel holds, with the code of the wheel."""
    folder = tmp_path / "notebooks"
    shutil.copytree(installed / BUNDLE / "notebooks", folder)
    run_notebook(folder / "04_what_a_team_sheet_may_say.py", PYTHONPATH=str(installed))
    place = tmp_path / "place"
    run_notebook(folder / "03_your_first_report.py", PYTHONPATH=str(installed), DWW_PLACE=str(place))
    assert (place / "study" / "reports" / "mine" / "index.html").is_file()


@pytest.mark.slow  # .ci/run does the same with the built wheel
def test_it_works_in_an_empty_folder(installed, empty):
    where = "from dww_analysis.cli.bundle import bundle; print(bundle())"
    assert python(installed, empty, "-c", where).stdout.strip() == str(installed / BUNDLE.rstrip("/"))

    nothing = python(installed, empty, "-m", "dww_analysis", "check")
    assert nothing.returncode == 2 and "there are no studies" in nothing.stderr

    put = "from pathlib import Path; from dww_analysis.cli.bundle import put_example; put_example(Path.cwd())"
    assert python(installed, empty, "-c", put).returncode == 0
    assert python(installed, empty, "-m", "dww_analysis", "check").returncode == 0

    plan = python(installed, empty, "-m", "dww_analysis", "explain")  # reads Snakefile, rules and profile
    assert plan.returncode == 0, plan.stderr
    assert len(plan.stdout.splitlines()) > 30

    job = python(installed, empty, "-m", "dww_analysis", "--study", "example", "stage", "ingest", "wave1")
    assert job.returncode == 0, job.stderr
