"""One run of a study at a time, and folders with single persons that only their owner can open."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dww_analysis.privacy.folders import make_private
from dww_analysis.stages.paths import Paths

HELD = "DWW_RUN_LOCK"  # set for the children of a run: the study whose lock is held
_kept: list[int] = []  # locks held until this process ends


def make_folders(paths: Paths) -> None:
    """Make the folders that hold single persons, or what was said about them, for their owner only."""
    make_private((paths.interim, paths.derived, paths.logs, paths.root / ".snakemake"))


@contextmanager
def one_run(paths: Paths, when_busy: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a study; `when_busy` is called once when another run holds it. The system frees the lock when
    a run is killed."""
    handle = _take(paths, when_busy)
    try:
        yield
    finally:
        os.close(handle)


def hold_until_the_end(paths: Paths, when_busy: Callable[[], None]) -> None:
    """Hold the lock of a study for as long as this process lives, unless the run that started it holds it (its
    environment names it in `HELD`). when_busy is called once where another run has it, which is then waited for;
    OSError where the folders cannot be made."""
    if os.environ.get(HELD) != held_name(paths):
        _kept.append(_take(paths, when_busy))


def held_name(paths: Paths) -> str:
    """How the environment of a run's children names its lock, in `HELD`."""
    return str(_lock_file(paths))


def _take(paths: Paths, when_busy: Callable[[], None]) -> int:
    make_folders(paths)
    handle = os.open(_lock_file(paths), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        when_busy()
        fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _lock_file(paths: Paths) -> Path:
    return paths.logs / "run.lock"
