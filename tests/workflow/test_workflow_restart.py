"""A run that was killed and started again ends with the bytes of an unbroken one."""

import filecmp
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from self_code_study import STUDY, make_study
from workflow_runs import ROOT, files_below

pytestmark = pytest.mark.workflow


def differing(one: Path, other: Path) -> list[str]:
    first, second = files_below(one), files_below(other)
    lonely = sorted(set(first) ^ set(second))
    return lonely + [n for n in first if n in second and not filecmp.cmp(first[n], second[n], shallow=False)]


@pytest.mark.slow
def test_snakemake_killed_and_started_again_gives_the_same_bytes(finished_own_codes, tmp_path):
    root = tmp_path
    make_study(root)
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--cores", "2"]
    command += ["--workflow-profile", str(ROOT / "profiles" / "default"), "--config", f"study={STUDY}"]
    quiet = {"cwd": root, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    derived, reports = Path("data/derived") / STUDY, Path("reports") / STUDY
    with subprocess.Popen(command, start_new_session=True, **quiet) as run:
        deadline = time.monotonic() + 120
        while not list((root / derived / "scores").glob("*.parquet")) and time.monotonic() < deadline:
            time.sleep(0.1)
        os.killpg(run.pid, signal.SIGKILL)
    assert not (root / reports / "index.html").exists(), "killed too late to test anything"
    assert subprocess.run(command, timeout=200, **quiet).returncode == 0
    for part in (derived, reports):
        assert differing(finished_own_codes[0] / part, root / part) == []
