"""Running Snakemake as a child process and reading, line by line, what it is doing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dww_analysis.cli.bundle import bundle
from dww_analysis.privacy.folders import make_private
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project

_RULE = re.compile(r"^(?:local)?(?:rule|checkpoint) (\w+):$")
_WILDCARD = re.compile(r"^\s+wildcards: \w+=(\S+)")
_NUMBER = re.compile(r"^\s+jobid: (\d+)$")
_ENDED = re.compile(r"^Finished jobid: (\d+)")
_REASON = re.compile(r"^\s+reason: (.+)$")
_DONE = re.compile(r"^(\d+) of (\d+) steps \(.*\) done$")
_TOTAL = re.compile(r"^total\s+(\d+)$")


@dataclass
class Job:
    """One job that Snakemake announced."""

    rule: str
    name: str = ""
    reason: str = ""
    number: str = ""  # by which Snakemake says that it ended


@dataclass
class Told:
    """What Snakemake has said so far."""

    total: int = 0
    done: int = 0
    jobs: list[Job] = field(default_factory=list)
    ended: Job | None = None  # the last one
    lines: list[str] = field(default_factory=list)


def run_snakemake(
    project: Project,
    cores: int,
    extra: list[str],
    on_change: Callable[[Told], None] | None = None,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, Told]:
    """Exit code of Snakemake and what it told; `on_change` is called whenever a job starts or ends.

    environment: variables for Snakemake and its jobs, beside those of this process.
    """
    told, paths = Told(), project.paths
    make_private((paths.root / ".snakemake",))  # before Snakemake makes it for everyone to read
    with subprocess.Popen(
        _command(paths, cores, [*_split(project.chunks), *extra]),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=paths.root,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        start_new_session=True,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    ) as child:
        assert child.stdout is not None
        try:
            for line in child.stdout:
                if _listen(line.rstrip("\n"), told) and on_change is not None:
                    on_change(told)
        except BaseException:
            os.killpg(child.pid, signal.SIGTERM)
            raise
    return child.returncode, told


def _end_with_parent() -> None:
    """Ask Linux to tell this child when `dww run` is killed, so that it does not go on alone."""
    import ctypes

    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def _command(paths: Paths, cores: int, extra: list[str]) -> list[str]:
    home = bundle()
    return [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(home / "Snakefile"),
        "--directory",
        str(paths.root),
        "--workflow-profile",
        str(home / "profiles" / "default"),
        "--cores",
        str(cores),
        "--nocolor",
        "--config",
        f"study={paths.study}",
        *extra,
    ]


def _split(chunks: int) -> list[str]:
    """More of `--config`; nothing where no job is split."""
    return [f"chunks={chunks}"] if chunks > 1 else []


def _listen(line: str, told: Told) -> bool:
    """Take one line in; True when it changed what is known of the progress."""
    told.lines.append(line)
    if match := _TOTAL.match(line):
        told.total = told.total or int(match.group(1))
    elif match := _RULE.match(line):
        told.jobs.append(Job(match.group(1)))
    elif (match := _WILDCARD.match(line)) and told.jobs:
        told.jobs[-1].name = match.group(1)
    elif (match := _NUMBER.match(line)) and told.jobs:
        told.jobs[-1].number = match.group(1)
    elif match := _ENDED.match(line):
        told.ended = next((job for job in told.jobs if job.number == match.group(1)), None)
    elif (match := _REASON.match(line)) and told.jobs:
        told.jobs[-1].reason = match.group(1)
    elif match := _DONE.match(line):
        told.done, told.total = int(match.group(1)), int(match.group(2))
        return True
    return False


def planned_jobs(told: Told) -> Iterator[Job]:
    """The jobs announced, without the rule that only names targets."""
    return (job for job in told.jobs if job.rule != "all")
