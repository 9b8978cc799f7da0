"""How long and how much memory a region takes, from delivered files to report (one run on this machine).

    python benchmarks/region.py [TEAMS] [CORES]

Draws a region of TEAMS teams (3 000), runs it, and prints of each step, the dearest first, CPU time and the most memory
that it held; then wall and CPU time of all processes together, the largest memory that they held at one time, and rows
delivered. Asked on 2 cores: 15 minutes and 6 GB. Found in November 2026: 137 s, 194 s of CPU, and 2.4 GB; the dearest
steps are the measurement of twelve items (60 s, 2.1 GB) and the two estimates (43 s and 1.3 GB each).
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

POLL = 0.5  # seconds between two looks at memory


class Memory(threading.Thread):
    """Watches how much memory the processes below this one hold together (proportional share, Linux)."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most = 0  # bytes
        self._stop_now = threading.Event()

    def run(self) -> None:
        while not self._stop_now.wait(POLL):
            self.most = max(self.most, held_by(children()))

    def end(self) -> int:
        self._stop_now.set()
        self.join()
        return self.most


def children() -> set[int]:
    """Processes that this one started, and those that they started."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, new = set(), {int(Path("/proc/self").resolve().name)}
    while new:
        new = {process for process, parent in parents.items() if parent in new} - found
        found |= new
    return found


def held_by(processes: set[int]) -> int:
    total = 0
    for process in processes:
        try:
            text = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        held = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        total += 1024 * int(held.group(1)) if held else 0
    return total


@dataclass(frozen=True)
class Step:
    """What a step's log says that it took, in seconds and GB."""

    name: str
    wall: float
    cpu: float
    memory: float


def steps(logs: Path) -> list[Step]:
    """Of each step, the dearest first."""
    line = re.compile(
        r"^(.+): exit 0 after ([\d.]+) s, ([\d.]+) s of CPU, ([\d.]+) GB at most$", re.MULTILINE
    )
    found = [m for log in logs.glob("*.log") for m in line.finditer(log.read_text(encoding="utf-8"))]
    return sorted((Step(m[1], *(float(m[i]) for i in (2, 3, 4))) for m in found), key=lambda s: -s.cpu)


def main() -> None:
    teams = sys.argv[1] if len(sys.argv) > 1 else "3000"
    cores = sys.argv[2] if len(sys.argv) > 2 else "2"
    with tempfile.TemporaryDirectory() as folder:
        dww = [sys.executable, "-m", "dww_analysis", "--root", folder]
        subprocess.run([*dww, "simulate", "region", "--teams", teams], check=True, stdout=subprocess.DEVNULL)
        rows = sum(
            sum(1 for _ in file.open("rb")) - 1 for file in Path(folder).glob("data/raw/region/wave*.csv")
        )
        memory, before, started = Memory(), resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        memory.start()
        subprocess.run([*dww, "run", "region", "--cores", cores], check=True)
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        for step in steps(Path(folder) / "logs" / "region"):
            print(f"{step.name:36} {step.wall:6.1f} s wall  {step.cpu:6.1f} s CPU  {step.memory:5.2f} GB")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{teams} teams, {rows} rows of answers, {cores} cores")
    print(f"{wall:6.0f} s wall   {cpu:6.0f} s CPU   {memory.end() / 2**30:5.2f} GB at most")
    print("asked of 3000 teams: 900 s and 6 GB")


if __name__ == "__main__":
    main()
