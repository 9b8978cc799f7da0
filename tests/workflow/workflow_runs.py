"""Running the program as a user would, in a root folder of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copy_study(study: str, target: Path) -> Path:
    """config and raw data of one study, in a root of its own."""
    for part in (Path("config") / study, Path("data/raw") / study):
        shutil.copytree(ROOT / part, target / part)
    return target


def dww(root: Path, *arguments: str, timeout: int = 900) -> subprocess.CompletedProcess:
    """The program as a user would call it."""
    command = [sys.executable, "-m", "dww_analysis", "--root", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, cwd=root)


def files_below(folder: Path) -> dict[str, Path]:
    return {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}
