"""A study on a cluster: the same files as on one machine, also when a job was killed in the middle."""

import filecmp
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import wait_until
from self_code_study import STUDY, make_study
from workflow_runs import ROOT, dww, files_below

pytestmark = pytest.mark.cluster
PARTS = (Path("data/derived") / STUDY, Path("reports") / STUDY)


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """Root of a finished run on this machine."""
    root = tmp_path_factory.mktemp("local")
    make_study(root)
    result = dww(root, "run", STUDY, "--cores", "2")
    assert result.returncode == 0, result.stderr
    return root


def command() -> list[str]:
    """snakemake with the profile for Slurm, where Slurm keeps no accounts."""
    on_slurm = ["--workflow-profile", str(ROOT / "profiles" / "slurm"), "--config", f"study={STUDY}"]
    without_accounts = ["--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "3"]
    return [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(ROOT / "Snakefile"),
        *on_slurm,
        *without_accounts,
    ]


def differing(one: Path, other: Path) -> list[str]:
    first, second = files_below(one), files_below(other)
    return sorted(set(first) ^ set(second)) + [
        name
        for name in first.keys() & second.keys()
        if not filecmp.cmp(first[name], second[name], shallow=False)
    ]


def running() -> list[str]:
    """Numbers of the jobs that Slurm is busy with."""
    found = subprocess.run(["squeue", "-h", "-t", "R", "-o", "%i"], capture_output=True, text=True)
    return found.stdout.split()


def test_a_study_on_slurm_gives_the_files_of_one_machine_also_after_a_killed_job(slurm, local, tmp_path):
    make_study(tmp_path)
    log = tmp_path / "first.log"
    with log.open("w") as out, subprocess.Popen(command(), cwd=tmp_path, stdout=out, stderr=out) as first:
        assert wait_until(running, 300), log.read_text()
        subprocess.run(["scancel", running()[0]], check=True)
        assert first.wait(timeout=900) != 0, "the killed job was not missed"
    assert not (tmp_path / PARTS[1] / "index.html").exists()
    again = subprocess.run(command(), cwd=tmp_path, capture_output=True, text=True, timeout=1800)
    assert again.returncode == 0, again.stderr[-3000:]
    for part in PARTS:
        assert differing(local / part, tmp_path / part) == []
