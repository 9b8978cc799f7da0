"""One finished run of the example in a folder of its own, shared by the tests that only look at it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def copy_study(study: str, target: Path) -> Path:
    """config and raw data of one study, in a root of its own."""
    for part in (Path("config") / study, Path("data/raw") / study):
        shutil.copytree(ROOT / part, target / part)
    return target


def dww(root: Path, *arguments: str, timeout: int = 280) -> subprocess.CompletedProcess:
    """The program as a user would call it."""
    command = [sys.executable, "-m", "dww_analysis", "--root", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, cwd=root)


@pytest.fixture(scope="session")
def finished_example(tmp_path_factory):
    """Root folder and output of `dww run example`."""
    root = copy_study("example", tmp_path_factory.mktemp("example"))
    return root, dww(root, "run", "example", "--cores", "2")
