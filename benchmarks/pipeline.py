"""How long the example takes as a workflow, against the same work in one process (both on this machine, one run).

    python benchmarks/pipeline.py [CORES]

Prints wall and CPU time (all processes together) of three ways: every job in one process, `dww run` with jobs forked
from its server, and `dww run` with a process for every job. Asked of the second, on 2 cores: 28 s and 50 s of CPU.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

IN_ONE_PROCESS = """
import sys
from pathlib import Path
from dww_analysis.stages.job import run_job
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import open_project
from dww_analysis.stages.register import jobs
paths = Paths(Path(sys.argv[1]), "example")
for stage, name in list(jobs(open_project(paths.root, paths.study))):  # in the order of the data
    run_job(paths, stage, name)
"""


@dataclass(frozen=True)
class Took:
    """Seconds."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:6.1f} s   {self.cpu:6.1f} s CPU"


def fresh_root(folder: str) -> Path:
    for part in ("config/example", "data/raw/example"):
        shutil.copytree(ROOT / part, Path(folder) / part)
    return Path(folder)


def cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(command: list[str], **environment: str) -> Took:
    """Run a command in a new root folder, which is its last argument."""
    with tempfile.TemporaryDirectory() as folder:
        root = fresh_root(folder)
        started, before = time.perf_counter(), cpu_of_children()
        subprocess.run(
            [part.replace("ROOT", str(root)) for part in command],
            cwd=root,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **environment},
        )
        return Took(time.perf_counter() - started, cpu_of_children() - before)


def main() -> None:
    cores = sys.argv[1] if len(sys.argv) > 1 else "2"
    run = [sys.executable, "-m", "dww_analysis", "--root", "ROOT", "run", "example", "--cores", cores]
    one = [sys.executable, "-c", IN_ONE_PROCESS, "ROOT"]
    single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    alone, server, plain = timed(one, **single), timed(run), timed(run, DWW_JOB_SERVER_OFF="1")
    print(f"one process                {alone}")
    print(f"dww run, {cores} cores, forked   {server}")
    print(f"dww run, {cores} cores, plain    {plain}")
    print(f"ratio                      {server.wall / alone.wall:6.2f}  (asked: at most 2)")


if __name__ == "__main__":
    main()
