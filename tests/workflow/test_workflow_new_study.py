"""A researcher's own files: first configuration, check, key, run; and what a run says when not all can be estimated."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A root and a home of its own, and two waves of a small survey with four items and a constant set."""
    folder = tmp_path_factory.mktemp("mine")
    rng = np.random.default_rng(20250101)
    trait = rng.normal(0, 1, 60)
    for wave in (0, 1):
        frame = pd.DataFrame(
            {"code": [f"c{i:03d}" for i in range(60)], "team": [f"t{i % 6}" for i in range(60)]}
        )
        for item in range(1, 5):
            answers = np.round(3 + 0.2 * wave + 0.8 * trait + rng.normal(0, 0.8, 60))
            frame[f"Q{item}"] = np.clip(answers, 1, 5).astype(int)
        for item in range(1, 4):
            frame[f"same{item}"] = 3
        frame.to_csv(folder / f"wave{wave}.csv", index=False)
    return folder


def dww(place, *arguments):
    environment = {**os.environ, "HOME": str(place / "home")}
    command = [sys.executable, "-m", "dww_analysis", "--root", str(place / "root"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, env=environment, cwd=place)


@pytest.mark.slow
def test_new_check_key_run(place):
    files = [str(place / f"wave{w}.csv") for w in (0, 1)]
    made = dww(place, "new", "mine", *files)
    assert made.returncode == 0, made.stderr
    config = place / "root" / "config" / "mine"
    assert "# GUESS" in (config / "scales.yaml").read_text(encoding="utf-8")

    again = dww(place, "new", "mine", *files)
    assert again.returncode == 2
    assert "exists already" in again.stderr

    without_key = dww(place, "check", "mine")
    assert without_key.returncode == 2
    assert "key new mine" in without_key.stderr

    assert dww(place, "key", "new", "mine").returncode == 0
    key = place / "home" / ".config" / "dww" / "mine.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert dww(place, "check", "mine").returncode == 0

    run = dww(place, "run", "mine", "--cores", "2")
    assert run.returncode == 0, run.stderr
    lines = [line for line in run.stdout.splitlines() if line.startswith("  q:")]
    assert len(lines) == 1
    assert "95 % CI" in lines[0]
    assert "change" in lines[0]
    report = place / "root" / "reports" / "mine" / "index.html"
    assert report.is_file()

    again = dww(place, "run", "mine")
    assert again.returncode == 0
    assert "nothing to do" in again.stdout


@pytest.mark.slow
def test_a_file_lost_between_two_jobs_is_code_1(place):
    """Nobody's bad input: a table that an earlier job made has gone. Needs the run of the test above."""
    derived = place / "root" / "data" / "derived" / "mine"
    if not derived.is_dir():
        pytest.skip("needs the run of the test above")
    (derived / "flow.csv").unlink()
    assert dww(place, "--study", "mine", "stage", "describe", "study").returncode == 1
