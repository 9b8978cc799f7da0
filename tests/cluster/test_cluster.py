"""A study on a cluster: the same files as on one machine, also when a job was killed in the middle."""

import filecmp
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import wait_until
from self_code_study import STUDY, make_study
from workflow_runs import ROOT, copy_study, dww, files_below

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


def command(study: str = STUDY, *more: str) -> list[str]:
    """snakemake with the profile for Slurm, where Slurm keeps no accounts; more: of `--config`."""
    on_slurm = ["--workflow-profile", str(ROOT / "profiles" / "slurm"), "--config", f"study={study}", *more]
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


CALIBRATION = [
    f"data/derived/example/estimates/burnout.{part}.csv" for part in ("calibration", "calibration_bins")
]
PIECE = "calibrate-burnout-2of3"


def running_piece() -> list[str]:
    """Numbers of the jobs that Slurm is busy with and that do the piece."""
    asked = ["squeue", "-h", "-t", "R", "-o", "%i %k"]  # %k: the comment, which names rule and wildcards
    lines = subprocess.run(asked, capture_output=True, text=True).stdout.splitlines()
    return [line.split()[0] for line in lines if PIECE in line]


def test_a_piece_that_was_killed_on_slurm_is_made_again_and_no_other(slurm, tmp_path):
    here, there = (copy_study("example", tmp_path / name) for name in ("here", "there"))
    local = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
    local += ["--workflow-profile", str(ROOT / "profiles" / "default"), "--config", "study=example"]
    subprocess.run([*local, "--", *CALIBRATION], cwd=here, capture_output=True, timeout=900, check=True)
    in_pieces = [*command("example", "chunks=3"), "--keep-going", "--", *CALIBRATION]
    log = tmp_path / "first.log"
    with log.open("w") as out, subprocess.Popen(in_pieces, cwd=there, stdout=out, stderr=out) as first:
        assert wait_until(running_piece, 600), log.read_text()
        subprocess.run(["scancel", running_piece()[0]], check=True)
        assert first.wait(timeout=900) != 0, "the killed piece was not missed"
    left = {p.stem for p in (there / "data/interim/example/pieces").iterdir()}
    assert left == {"calibrate-burnout-1of3", "calibrate-burnout-3of3"}
    again = subprocess.run(in_pieces, cwd=there, capture_output=True, text=True, timeout=900)
    assert again.returncode == 0, again.stderr[-3000:]
    said = again.stdout + again.stderr
    assert said.count("rule piece:") == 1 and f"name={PIECE}" in said
    for file in CALIBRATION:
        assert (here / file).read_bytes() == (there / file).read_bytes()
    assert not list(there.glob("data/interim/example/pieces/*"))
