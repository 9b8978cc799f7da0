"""Jobs that are forked from the server of a run end as jobs of their own do: same files, same codes, same words."""

import os
import platform
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dww_analysis.cli.job_client import ADDRESS, ask_server
from dww_analysis.cli.job_server import OFF, end_ahead, job_server, start_ahead

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="jobs are forked on Linux only"),
    pytest.mark.long,
]


@pytest.fixture
def root(tmp_path):
    for part in ("config/example", "data/raw/example"):
        shutil.copytree(ROOT / part, tmp_path / part)
    return tmp_path


def job(root: Path, *words: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "dww_analysis", "--study", "example", "stage", *words]
    environment = {**os.environ, **environment}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=300)


def written(root: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in (root / "data/interim/example/wave1").iterdir()}


@pytest.mark.slow
def test_a_forked_job_gives_the_bytes_of_a_job_of_its_own(root, tmp_path):
    assert job(root, "ingest", "wave1").returncode == 0
    alone = written(root)
    shutil.rmtree(root / "data/interim")
    with job_server() as found_by:
        done = job(root, "ingest", "wave1", **found_by)
        assert done.returncode == 0 and "ingest wave1: exit 0" in done.stdout
        refused = job(root, "ingest", "no_such_wave", **found_by)
        assert refused.returncode == 2 and "what to do:" in refused.stderr
        usage = job(root, "ingest", **found_by)
        assert usage.returncode == 2 and "usage:" in usage.stderr
    assert written(root) == alone


def test_without_a_server_the_job_is_done_here(root):
    gone = str(root / "no_server")
    assert ask_server(gone, ["--study", "example"]) is None
    assert job(root, "ingest", "wave1", **{ADDRESS: gone}).returncode == 0
    assert written(root)


def test_a_server_that_ends_in_the_middle_leaves_the_job_to_its_caller(root):
    address = str(root / "jobs")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(address)
        listener.listen()
        command = [sys.executable, "-m", "dww_analysis", "--study", "example", "stage", "ingest", "wave1"]
        with subprocess.Popen(command, cwd=root, env={**os.environ, ADDRESS: address}) as asking:
            client, _ = listener.accept()
            request = client.recv(1 << 16).decode().split("\0")
            client.close()
        assert request == [str(root), *command[3:]] and asking.returncode == 0
    assert written(root)


def test_the_server_ends_with_the_run(root):
    with job_server() as found_by:
        address = found_by[ADDRESS]
        assert job(root, "ingest", "no_such_wave", **found_by).returncode == 2
    deadline = time.monotonic() + 10
    while Path(address).exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(address).parent.exists()


def test_a_run_takes_the_server_that_was_started_ahead(root):
    start_ahead()
    with job_server() as found_by:
        address = found_by[ADDRESS]
        end_ahead()  # is none any more
        assert job(root, "ingest", "no_such_wave", **found_by).returncode == 2
    assert not Path(address).parent.exists()


def test_a_server_that_no_run_comes_for_ends(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    start_ahead()
    assert list(tmp_path.iterdir())
    end_ahead()
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc")
def test_what_a_job_frees_stays_with_it():
    """Arrays of half a megabyte, made and freed again and again, cost no pages of memory after the first time."""
    code = (
        "import resource, sys\nimport numpy as np\nfrom dww_analysis.stages.heap import keep_freed\n"
        "faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "if sys.argv[1] == 'kept': keep_freed()\n"
        "work = lambda: [np.ones(60_000) + np.ones(60_000) for _ in range(200)] and None\n"
        "work()\nbefore = faults()\nwork()\nprint(faults() - before)"
    )

    def faults(how: str) -> int:
        return int(subprocess.run([sys.executable, "-c", code, how], capture_output=True, text=True).stdout)

    assert faults("kept") < faults("given back") / 10


def test_it_can_be_turned_off(root, monkeypatch):
    monkeypatch.setenv(OFF, "1")
    start_ahead()
    with job_server() as found_by:
        assert found_by == {}
