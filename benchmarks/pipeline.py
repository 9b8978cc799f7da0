"""What the example costs as a workflow, against the same work in one process (both on this machine, one run).

    python benchmarks/pipeline.py [CORES]

Prints wall and CPU seconds (all processes together) of three ways: every job in one process, `dww run` with jobs forked
from its server, and `dww run` with a process for every job; then, of the first, the CPU seconds of the longest row of
jobs that wait for each other, and those of each kind of step. On a machine that others use as well the CPU seconds are
what to compare.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

IN_ONE_PROCESS = """
import resource, sys
from graphlib import TopologicalSorter
from pathlib import Path
from dww_analysis.stages.job import run_job
from dww_analysis.stages.order import needs
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import open_project

def cpu():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)

paths = Paths(Path(sys.argv[1]), "example")
before = needs(open_project(paths.root, paths.study))
row = {}
for job in TopologicalSorter(before).static_order():
    at = cpu()
    run_job(paths, *job)
    took = cpu() - at
    row[job] = took + max((row[earlier] for earlier in before[job]), default=0)
    print(job[0], took, row[job], flush=True)
"""


@dataclass(frozen=True)
class Took:
    """Seconds."""

    wall: float
    cpu: float
    said: str = ""

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
        done = subprocess.run(
            [part.replace("ROOT", str(root)) for part in command],
            cwd=root,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **environment},
        )
        return Took(time.perf_counter() - started, cpu_of_children() - before, done.stdout)


def by_kind(said: str) -> Iterator[tuple[str, int, float]]:
    """(kind of step, jobs, CPU seconds), the dearest first."""
    spent: dict[str, list[float]] = {}
    for line in said.splitlines():
        kind, seconds, _ = line.split()
        spent.setdefault(kind, []).append(float(seconds))
    for kind, each in sorted(spent.items(), key=lambda item: -sum(item[1])):
        yield kind, len(each), sum(each)


def longest_row(said: str) -> float:
    """CPU seconds of the longest row of jobs that wait for each other: no number of cores does it in less."""
    return max(float(line.split()[2]) for line in said.splitlines())


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
    print(f"longest row of jobs        {longest_row(alone.said):6.1f} s CPU, in one process")
    print("\nstep             jobs    CPU s, in one process")
    for kind, n, seconds in by_kind(alone.said):
        print(f"{kind:16} {n:4} {seconds:8.1f}")


if __name__ == "__main__":
    main()
