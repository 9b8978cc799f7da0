"""One job, as the rules call it: `python -m dww_analysis --study STUDY stage STAGE NAME`, in the root folder.

Starts without the full command line's imports. A refusal is printed and kept in the logs folder, where `dww run`
finds it; the exit code says whether the input (2), the machine (4) or the program (1) is at fault.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import resource
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dww_analysis.errors import DwwError
from dww_analysis.stages.exit_codes import BAD_INPUT, INTERNAL, MACHINE
from dww_analysis.stages.heap import keep_freed
from dww_analysis.stages.job import Planned, run_job
from dww_analysis.stages.lock import make_folders
from dww_analysis.stages.machine import refusal_of
from dww_analysis.stages.paths import Paths, check_name

_UNIT_OF_RSS = 1 if sys.platform == "darwin" else 1024  # bytes in which the system counts memory
ENDED = ": exit "  # in the last line that a job says, unless it is stopped from outside


def options_of(arguments: list[str], folder: Path) -> argparse.Namespace:
    """The words of a job's command line: root (below `folder` where it is not given), study, stage, name, planned.
    SystemExit for others."""
    parser = argparse.ArgumentParser(prog="dww_analysis")
    parser.add_argument("--root", type=Path, default=folder)
    parser.add_argument("--study", required=True)
    parser.add_argument("command", choices=["stage"])
    parser.add_argument("stage")
    parser.add_argument("name")
    parser.add_argument(
        "--planned", help="what the job is to be made from; refused when it is something else"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run one stage and return the exit code, as `stages.exit_codes` has them. Problems and refusals of the machine
    (OSError) go to standard error; the job's log holds the rest."""
    options = options_of(arguments, Path.cwd())
    keep_freed()
    started = time.monotonic()
    try:
        paths = Paths(options.root.resolve(), check_name(options.study))
        check_name(options.name, "job")
        check_name(options.stage, "stage")
        paths.refuse_links()
        planned = Planned.parse(options.planned) if options.planned else None
        with _alone(paths, options.stage, options.name):
            code = _run(paths, options.stage, options.name, planned)
    except DwwError as error:
        print(f"{error}\n{options.stage} {options.name}{ENDED}{BAD_INPUT}", file=sys.stderr)
        return BAD_INPUT
    except OSError as error:  # not even a log can be written
        refusal = refusal_of(error)
        if refusal is None:
            raise
        print(refusal, file=sys.stderr)
        return MACHINE
    took, busy = time.monotonic() - started, time.process_time()
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT_OF_RSS / 2**30
    print(
        f"{options.stage} {options.name}{ENDED}{code} after {took:.1f} s, {busy:.2f} s of CPU, {held:.2f} GB at most"
    )
    return code


def _run(paths: Paths, stage: str, name: str, planned: Planned | None) -> int:
    failure = failure_file(paths, stage, name)
    failure.unlink(missing_ok=True)
    try:
        run_job(paths, stage, name, planned)
    except DwwError as error:
        return _keep(failure, stage, name, BAD_INPUT, str(error))
    except (
        Exception
    ) as error:  # the outermost edge of a job: kept for the run's last words, and the job fails
        refusal = refusal_of(error)
        if refusal is not None:
            return _keep(failure, stage, name, MACHINE, refusal)
        return _keep(failure, stage, name, INTERNAL, traceback.format_exc(limit=-6))
    return 0


def failure_file(paths: Paths, stage: str, name: str) -> Path:
    """Where a failed job says why, for the last lines of the run: `logs/<study>/failures/<stage>.<name>.json`."""
    return paths.logs / "failures" / f"{stage}.{name}.json"


def _keep(path: Path, stage: str, name: str, code: int, message: str) -> int:
    print(message, file=sys.stderr)
    with suppress(OSError):  # on a full disk the log has to do
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"stage": stage, "name": name, "code": code, "message": message})
        path.write_text(text, encoding="utf-8")
    return code


@contextmanager
def _alone(paths: Paths, stage: str, name: str) -> Iterator[None]:
    """Wait for the same job of an earlier run that was killed; the system frees the lock when a process ends."""
    make_folders(paths)
    folder = paths.logs / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / f"{stage}.{name}.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
