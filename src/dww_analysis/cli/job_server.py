"""A process with the heavy imports done, from which the jobs of one run on this machine are forked.

`dww run` starts it and Snakemake stays the scheduler: the command of a rule hands its job over (`job_client`) and waits
for the exit code. The server ends when the run ends, however it ends, and takes the jobs it started with it. When the
program's files are no longer those it was started with, jobs are sent back to be done by a new process.
"""

from __future__ import annotations

import atexit
import gc
import os
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from dww_analysis.cli.job_client import ADDRESS

OFF = "DWW_JOB_SERVER_OFF"  # set to do every job in a process of its own
ELSEWHERE = b"elsewhere"
_WARM = (  # what most jobs import; the rest is imported by the few that need it
    *(
        "numpy",
        "pandas",
        "pandas.io.parquet",
        "pandas.core.methods.to_dict",
        "pyarrow.parquet",
        "pyarrow.dataset",
    ),
    *(
        "pyarrow.pandas_compat",
        "scipy.linalg",
        "scipy.optimize",
        "scipy.stats",
        "scipy.sparse",
        "scipy.special",
    ),
    *("threadpoolctl", "numba", "babel.lists", "babel.numbers", "babel.messages.pofile", "pandera.pandas"),
    *("matplotlib.figure", "matplotlib.style", "matplotlib.backends.backend_agg"),
    *("matplotlib.backends.backend_svg", "PIL.PngImagePlugin"),
)
_REQUEST = 1 << 16  # bytes


_ahead: list[Process] = []  # a server that was started before it was known whether a run comes of it


@dataclass(eq=False)
class Process:
    """A server as its run sees it. It ends when the run lets go of it, or is gone."""

    folder: tempfile.TemporaryDirectory[str]
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls) -> Process:
        """Start one, which imports what jobs need while this process goes on."""
        folder = tempfile.TemporaryDirectory(prefix="dww-")
        command = [sys.executable, "-m", "dww_analysis.cli.job_server", str(Path(folder.name) / "jobs")]
        return cls(folder, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL))

    @property
    def address(self) -> str:
        return str(Path(self.folder.name) / "jobs")

    def end(self) -> None:
        """Let it end, with the jobs that it started, and wait for that."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
        self.folder.cleanup()


def start_ahead() -> None:
    """Start the server of a run that is about to come, while this process still imports what it needs itself. Where the
    machine refuses, the run will hear of it."""
    if _forks():
        with suppress(OSError):
            _ahead.append(Process.start())
            atexit.register(end_ahead)


def end_ahead() -> None:
    """End a server that no run came for."""
    while _ahead:
        server = _ahead.pop()
        server.process.terminate()
        server.end()


@contextmanager
def job_server() -> Iterator[dict[str, str]]:
    """Run a server beside a run, the one that was started ahead if there is one; yields the variables by which jobs
    find it. None where forking is not safe."""
    if not _forks():
        yield {}
        return
    server = _ahead.pop() if _ahead else Process.start()
    try:
        yield {ADDRESS: server.address}
    finally:
        server.end()


def _forks() -> bool:
    return sys.platform == "linux" and not os.environ.get(OFF)


class Server:
    """Listens for jobs, forks one process for each, and answers with its exit code."""

    def __init__(self, address: str):
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(address)
        self._listener.listen(64)
        self._selector = selectors.DefaultSelector()
        self._jobs: dict[int, socket.socket] = {}
        self._code = ""
        self._read_ahead = False  # what every job of the run reads, and a fork need not read again

    def warm_up(self) -> None:
        """Import what most jobs need; a library that is not installed is left out (ImportError), as a job would find
        out itself. The code is fingerprinted first, so that what is imported is never newer."""
        gc.disable()  # what is imported is no garbage
        from dww_analysis.stages.closure import package_hash, stage_closure, stage_hashes
        from dww_analysis.stages.heap import collect_seldom
        from dww_analysis.stages.register import STAGES

        self._code = package_hash()
        for name in _WARM:
            _import(name)
        import_module("dww_analysis.cli.stage")
        files = (file for stage in STAGES for file in stage_closure(f"dww_analysis.stages.{stage}"))
        for file in dict.fromkeys(files):
            if file.endswith(".py") and not Path(file).name.startswith("_"):
                _import("dww_analysis." + file.removesuffix(".py").replace("/", "."))
        stage_hashes(f"dww_analysis.stages.{stage}" for stage in STAGES)
        collect_seldom()
        gc.enable()

    def serve(self) -> None:
        """Serve until the run that started this process has ended."""
        wake, woken = socket.socketpair()
        for end in (wake, woken):
            end.setblocking(False)
        signal.set_wakeup_fd(woken.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run decides, by closing our input
        for source in (self._listener, sys.stdin, wake):
            self._selector.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin:
                    return self._end()
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj is wake:
                    with suppress(BlockingIOError):
                        wake.recv(_REQUEST)
                else:
                    self._left(key.fileobj)  # type: ignore[arg-type]
            self._reap()

    def _accept(self) -> None:
        from dww_analysis.stages.closure import package_hash

        client, _ = self._listener.accept()
        request, descriptors, _, _ = socket.recv_fds(client, _REQUEST, 2)
        if not request or package_hash() != self._code:
            client.sendall(ELSEWHERE)
            client.close()
        else:
            self._start(client, *os.fsdecode(request).split("\0"), descriptors=descriptors)
        for descriptor in descriptors:
            os.close(descriptor)

    def _start(self, client: socket.socket, folder: str, *arguments: str, descriptors: list[int]) -> None:
        if not self._read_ahead:
            from dww_analysis.cli.read_ahead import read_ahead

            self._read_ahead = True
            read_ahead(list(arguments), Path(folder))
        pid = os.fork()
        if pid == 0:
            _do_job(folder, list(arguments), descriptors)
        self._jobs[pid] = client
        self._selector.register(client, selectors.EVENT_READ)

    def _left(self, client: socket.socket) -> None:
        """Who asked is gone: its job is ended, as a process of its own would be."""
        for pid, waiting in self._jobs.items():
            if waiting is client:
                os.kill(pid, signal.SIGTERM)
        self._selector.unregister(client)

    def _reap(self) -> None:
        while self._jobs:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            client = self._jobs.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            with suppress(KeyError, ValueError):
                self._selector.unregister(client)
            with suppress(OSError):
                client.sendall(str(code if code >= 0 else 128 - code).encode())
            client.close()

    def _end(self) -> None:
        for pid in self._jobs:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def _import(name: str) -> None:
    """Import a module if it can be; end this process where the run has ended meanwhile."""
    if select.select([sys.stdin], [], [], 0)[0]:  # closed: nothing is ever sent
        raise SystemExit(0)
    with suppress(ImportError):
        import_module(name)


def _do_job(folder: str, arguments: list[str], descriptors: list[int]) -> NoReturn:
    """In the forked process: the job as `python -m dww_analysis` does it, with the output of who asked."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for name in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(name, signal.SIG_DFL)
        for number, descriptor in enumerate(descriptors, start=1):
            os.dup2(descriptor, number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(folder)
        from dww_analysis.cli.stage import main

        code = main(arguments)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main(address: str) -> None:
    """The program that `job_server` starts."""
    server = Server(address)
    server.warm_up()
    server.serve()


if __name__ == "__main__":
    main(sys.argv[1])
