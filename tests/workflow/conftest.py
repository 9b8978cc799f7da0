"""Finished runs, shared by the tests that only look at them and made beside the tests that come before.

The runs begin when the tests have been collected (with several workers: when the first test of a worker begins that
needs them), one after the other in a thread of their own; a test that needs one waits for it.
"""

import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from self_code_study import STUDY, make_study
from worker_groups import group_of, runs_of_group
from workflow_runs import copy_made, copy_study, dww

_pool = ThreadPoolExecutor(max_workers=1)
_needed: set[str] = set()
_started: dict[str, Future] = {}
_folders: list[tempfile.TemporaryDirectory] = []


def run_study(study: str, root: Path):
    """Root folder and output of `dww run` of a study in the repository: of what a run there made, where that is up to
    date; else from nothing, since what an older run published would decide what may be shown now."""
    here = copy_study(study, root / "of_the_repository")
    if copy_made(study, here):
        result = dww(here, "run", study, "--cores", "2")
        if result.returncode == 0 and "nothing to do" in result.stdout:
            return here, result
    new = copy_study(study, root / "new")
    return new, dww(new, "run", study, "--cores", "2")


def run_own_codes(root: Path):
    """Root folder and output of a run of an invented study with codes that persons made themselves; and their truth."""
    truth = make_study(root)
    result = dww(root, "run", STUDY, "--cores", "2")
    assert result.returncode == 0, result.stderr
    return root, truth, result


RUNS = {  # in the order in which the tests ask for them
    "finished_example": lambda root: run_study("example", root),
    "finished_own_codes": run_own_codes,
    "finished_workplace": lambda root: run_study("workplace", root),
}


def pytest_collection_finish(session):
    """Start the runs that the chosen tests need."""
    _needed.update(name for item in session.items for name in getattr(item, "fixturenames", ()))
    if not session.config.option.collectonly and not hasattr(session.config, "workerinput"):
        _start()


def pytest_runtest_setup(item):
    """In a worker: start the runs that the tests of the first one's group need."""
    if hasattr(item.config, "workerinput"):
        _start(runs_of_group(group_of(item.path)))


def _start(wanted=tuple(RUNS)):
    for name in wanted:
        run = RUNS[name]
        if name in _needed and name not in _started:
            _folders.append(tempfile.TemporaryDirectory(prefix=f"{name}-", ignore_cleanup_errors=True))
            _started[name] = _pool.submit(run, Path(_folders[-1].name).resolve())


def pytest_sessionfinish():
    _pool.shutdown(wait=True, cancel_futures=True)
    for folder in _folders:
        folder.cleanup()


@pytest.fixture(scope="session")
def finished_example():
    return _started["finished_example"].result()


@pytest.fixture(scope="session")
def finished_workplace():
    return _started["finished_workplace"].result()


@pytest.fixture(scope="session")
def finished_own_codes():
    return _started["finished_own_codes"].result()[:2]


@pytest.fixture(scope="session")
def said_of_own_codes(finished_own_codes):
    """What the run said in the terminal."""
    return _started["finished_own_codes"].result()[2]
