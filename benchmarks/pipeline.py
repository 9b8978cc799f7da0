"""How long the example takes as a workflow, against the same work in one process (both on this machine, one run).

    python benchmarks/pipeline.py [CORES]

Prints both wall times and their ratio; asked is at most 2, and at most 60 seconds on 2 cores.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]

IN_ONE_PROCESS = """
import sys
from pathlib import Path
from dww_analysis.cli.paths import Paths
from dww_analysis.cli.project import open_project
from dww_analysis.cli.stage import STAGES, _function
project = open_project(Path(sys.argv[1]), "example")
files = project.files
names = {
    "ingest": [s.id for s in project.answer_sources()],
    "allocate": [files.study.allocation.source],
    "score": [s.id for s in files.scales], "analyse": [s.id for s in files.scales],
    "estimate": [e.id for e in files.plan.entries], "draw": [s.id for s in files.scales],
    "exposure": [s.id for s in project.exposure_sources()],
}
for stage in ("ingest", "allocate", "combine", "careless", "score", "analyse", "estimate", "families", "exposure",
              "exposures", "describe", "draw", "overview", "report"):
    for name in names.get(stage, ["study"]):
        _function(stage)(project, name)
"""


def fresh_root(folder: Path) -> Path:
    for part in ("config/example", "data/raw/example"):
        shutil.copytree(ROOT / part, folder / part)
    return folder


def timed(command: list[str], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    cores = sys.argv[1] if len(sys.argv) > 1 else "2"
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        alone = timed([sys.executable, "-c", IN_ONE_PROCESS, one], fresh_root(Path(one)))
        run = [sys.executable, "-m", "dww_analysis", "--root", other, "run", "example", "--cores", cores]
        workflow = timed(run, fresh_root(Path(other)))
    print(f"one process      {alone:6.1f} s")
    print(f"dww run, {cores} cores {workflow:6.1f} s")
    print(f"ratio            {workflow / alone:6.2f}  (asked: at most 2)")


if __name__ == "__main__":
    main()
