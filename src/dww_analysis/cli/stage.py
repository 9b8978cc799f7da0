"""One job, as the rules call it: `python -m dww_analysis --study STUDY stage STAGE NAME`, in the root folder.

Starts without the full command line's imports. A refusal is printed and kept in the logs folder, where `dww run`
finds it; the exit code says whether the input (2) or the program (1) is at fault.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from dww_analysis.cli.paths import Paths, check_name
from dww_analysis.errors import DwwError

BAD_INPUT, INTERNAL = 2, 1

# stage -> module and function; every function takes the project and the job's name
STAGES = {
    "ingest": ("ingest", "run_ingest"),
    "allocate": ("ingest", "run_allocate"),
    "combine": ("ingest", "run_combine"),
    "link": ("link", "run_link"),
    "linkage": ("link", "run_linkage"),
    "exposure": ("exposure", "run_exposure"),
    "exposures": ("exposure", "run_exposures"),
    "score": ("scales", "run_score"),
    "analyse": ("scales", "run_analyse"),
    "careless": ("scales", "run_careless"),
    "estimate": ("effects", "run_estimate"),
    "families": ("effects", "run_families"),
    "describe": ("report", "run_describe"),
    "draw": ("report", "run_draw"),
    "overview": ("report", "run_overview"),
    "report": ("report", "run_report"),
}


def main(arguments: list[str]) -> int:
    """Run one stage and return the exit code."""
    parser = argparse.ArgumentParser(prog="dww_analysis")
    parser.add_argument("--root", type=Path, default=Path.cwd())
    parser.add_argument("--study", required=True)
    parser.add_argument("command", choices=["stage"])
    parser.add_argument("stage", choices=sorted(STAGES))
    parser.add_argument("name")
    options = parser.parse_args(arguments)
    try:
        paths = Paths(options.root.resolve(), check_name(options.study))
        check_name(options.name, "job")
        paths.refuse_links()
    except DwwError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    started = time.monotonic()
    with _alone(paths, options.stage, options.name):
        code = _run(paths, options.stage, options.name)
    print(f"{options.stage} {options.name}: exit {code} after {time.monotonic() - started:.1f} s")
    return code


def _run(paths: Paths, stage: str, name: str) -> int:
    failure = failure_file(paths, stage, name)
    failure.unlink(missing_ok=True)
    try:
        _function(stage)(_project(paths), name)
    except DwwError as error:
        _keep(failure, stage, name, BAD_INPUT, str(error))
        return BAD_INPUT
    except Exception:  # the outermost edge of a job: kept for the run's last words, and the job fails
        _keep(failure, stage, name, INTERNAL, traceback.format_exc(limit=-6))
        return INTERNAL
    return 0


def _project(paths: Paths):  # type: ignore[no-untyped-def]
    from dww_analysis.cli.project import open_project

    return open_project(paths.root, paths.study)


def _function(stage: str) -> Callable[..., None]:
    module, name = STAGES[stage]
    return getattr(import_module(f"dww_analysis.cli.stages.{module}"), name)


def failure_file(paths: Paths, stage: str, name: str) -> Path:
    """Where a failed job says why."""
    return paths.logs / "failures" / f"{stage}.{name}.json"


def _keep(path: Path, stage: str, name: str, code: int, message: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps({"stage": stage, "name": name, "code": code, "message": message}), encoding="utf-8"
    )
    print(message, file=sys.stderr)


@contextmanager
def _alone(paths: Paths, stage: str, name: str) -> Iterator[None]:
    """Wait for the same job of an earlier run that was killed; the system frees the lock when a process ends."""
    folder = paths.logs / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f"{stage}.{name}.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
