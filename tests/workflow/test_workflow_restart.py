"""A run that was killed and started again ends with the bytes of an unbroken one."""

import filecmp
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from workflow_runs import ROOT, copy_study, files_below

pytestmark = pytest.mark.workflow


def differing(one: Path, other: Path) -> list[str]:
    first, second = files_below(one), files_below(other)
    lonely = sorted(set(first) ^ set(second))
    return lonely + [n for n in first if n in second and not filecmp.cmp(first[n], second[n], shallow=False)]


def test_snakemake_killed_and_started_again_gives_the_same_bytes(finished_workplace, tmp_path):
    root = copy_study("workplace", tmp_path)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
    command += ["--workflow-profile", str(ROOT / "profiles" / "default"), "--config", "study=workplace"]
    quiet = {"cwd": root, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, start_new_session=True, **quiet) as run:
        derived = root / "data" / "derived" / "workplace" / "scores"
        deadline = time.monotonic() + 120
        while not list(derived.glob("*.parquet")) and time.monotonic() < deadline:
            time.sleep(0.1)
        os.killpg(run.pid, signal.SIGKILL)
    assert not (root / "reports" / "workplace" / "index.html").exists(), "killed too late to test anything"
    assert subprocess.run(command, timeout=200, **quiet).returncode == 0
    for part in ("data/derived/workplace", "reports/workplace"):
        assert differing(finished_workplace[0] / part, root / part) == []
