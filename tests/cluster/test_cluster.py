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


@pytest.fixture
def profile(tmp_path) -> Path:
    """The profile for Slurm, for a cluster without accounts: with the lines that it has as a remark."""
    text = (ROOT / "profiles/slurm/config.yaml").read_text(encoding="utf-8")
    folder = tmp_path / "profile"
    folder.mkdir()
    (folder / "config.yaml").write_text(text.replace("# slurm-", "slurm-"), encoding="utf-8")
    return folder


def test_a_study_on_slurm_gives_the_files_of_one_machine_also_after_a_killed_job(
    slurm, local, profile, tmp_path
):
    make_study(tmp_path)
    log = tmp_path / "first.log"
    with log.open("w") as out, subprocess.Popen(command(), cwd=tmp_path, stdout=out, stderr=out) as first:
        assert wait_until(running, 300), log.read_text()
        subprocess.run(["scancel", running()[0]], check=True)
        assert first.wait(timeout=900) != 0, "the killed job was not missed"
    assert not (tmp_path / PARTS[1] / "index.html").exists()
    again = dww(tmp_path, "run", STUDY, "--profile", str(profile), timeout=1800)
    assert again.returncode == 0, again.stderr[-3000:]
    assert "index.html" in again.stdout
    for part in PARTS:
        assert differing(local / part, tmp_path / part) == []


CALIBRATION = [
    f"data/derived/example/estimates/burnout.{part}.csv" for part in ("calibration", "calibration_bins")
]
PIECE = "calibrate-burnout-2of3"


def running_piece(piece: str) -> list[str]:
    """Numbers of the jobs that Slurm is busy with and that do the piece."""
    asked = ["squeue", "-h", "-t", "R", "-o", "%i %k"]  # %k: the comment, which names rule and wildcards
    lines = subprocess.run(asked, capture_output=True, text=True).stdout.splitlines()
    return [line.split()[0] for line in lines if piece in line]


def test_a_piece_that_was_killed_on_slurm_is_made_again_and_no_other(slurm, tmp_path):
    here, there = (copy_study("example", tmp_path / name) for name in ("here", "there"))
    local = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
    local += ["--workflow-profile", str(ROOT / "profiles" / "default"), "--config", "study=example"]
    subprocess.run([*local, "--", *CALIBRATION], cwd=here, capture_output=True, timeout=900, check=True)
    in_pieces = [*command("example", "chunks=3"), "--keep-going", "--", *CALIBRATION]
    log = tmp_path / "first.log"
    with log.open("w") as out, subprocess.Popen(in_pieces, cwd=there, stdout=out, stderr=out) as first:
        assert wait_until(lambda: running_piece(PIECE), 600), log.read_text()
        subprocess.run(["scancel", running_piece(PIECE)[0]], check=True)
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


# --- a grid of power, before there is a study

GRID = {"teams": "12,16,20,24", "icc": ".02,.05,.08,.10", "cac": ".6,.8", "dropout": ".1,.2"}  # 64 cells
ASKED = {"design": "stepped_wedge", "waves": "5", "trials": "200", **GRID}
KILLED = "power-grid-2of4"


def power(root: Path, *more: str) -> list[str]:
    options = [word for name, values in ASKED.items() for word in (f"--{name}", values)]
    return [sys.executable, "-m", "dww_analysis", "--root", str(root), "power", "trial", *options, *more]


def test_a_grid_of_power_on_slurm_is_that_of_one_machine_also_after_a_killed_job(slurm, profile, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    for root in (here, there):
        root.mkdir()
    local = subprocess.run(
        power(here, "--chunks", "2"), capture_output=True, text=True, timeout=600, check=True
    )
    on_slurm = power(there, "--chunks", "4", "--profile", str(profile))
    log = tmp_path / "first.log"
    with log.open("w") as out, subprocess.Popen(on_slurm, stdout=out, stderr=out) as first:
        assert wait_until(lambda: running_piece(KILLED), 600), log.read_text()
        subprocess.run(["scancel", running_piece(KILLED)[0]], check=True)
        assert first.wait(timeout=900) == 4, log.read_text()
    said = log.read_text()
    assert "Stopped before it was done" in said and "part 2 of 4. Run the same command again" in said, said
    left = {p.stem for p in (there / "data/interim/trial/pieces").iterdir()}
    assert (
        left == {f"power-grid-{k}of4" for k in (1, 3, 4)}
        and not (there / "data/derived/trial/power").exists()
    )
    again = subprocess.run(on_slurm, capture_output=True, text=True, timeout=900)
    assert again.returncode == 0, again.stderr[-3000:]
    assert "2 steps to do" in again.stderr and again.stderr.count(", part ") == 1
    table = (here / "data/derived/trial/power/power.csv").read_text(encoding="utf-8")
    assert len(table.splitlines()) == 1 + 64
    assert differing(here / "data/derived/trial/power", there / "data/derived/trial/power") == []
    assert again.stdout == local.stdout.replace(str(here), str(there))
    assert not list(there.glob("data/interim/trial/pieces/*"))
