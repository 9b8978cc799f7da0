"""A Slurm of one node on this machine, for the tests of this folder: Debian's slurm-wlm and munge."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

WHERE = Path("/etc/slurm/slurm.conf")  # jobs start without the variables of Slurm, so they look here
CONFIGURATION = """\
ClusterName=one_node
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/controller.pid
SlurmdPidFile={folder}/node.pid
SlurmctldLogFile={folder}/controller.log
SlurmdLogFile={folder}/node.log
SlurmctldPort=16817
SlurmdPort=16818
ReturnToService=2
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory=6000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def wait_until(true: object, seconds: float) -> bool:
    """Whether `true()` became so in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.1)
    return False


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A running node; skipped where Slurm is not installed, not ours to start, or configured by somebody else."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("munged", "slurmctld", "slurmd", "sbatch"))):
        pytest.skip("needs root, and slurm-wlm and munge of Debian")
    if WHERE.exists():
        pytest.skip(f"{WHERE} is there already")
    folder = tmp_path_factory.mktemp("slurm")
    for part in ("state", "spool"):
        (folder / part).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    host = socket.gethostname().split(".")[0]
    text = CONFIGURATION.format(host=host, folder=folder, cores=os.cpu_count())
    WHERE.parent.mkdir(exist_ok=True)
    WHERE.write_text(text, encoding="utf-8")
    files = {name: folder / f"munge.{name}" for name in ("socket", "pid", "log", "seed")}
    munge = ["munged", "--force", f"--key-file={key}"]
    munge += [f"--{name}{'' if name == 'socket' else '-file'}={file}" for name, file in files.items()]
    try:
        for command in (munge, ["slurmctld"], ["slurmd"]):
            subprocess.run(command, check=True, capture_output=True)
        assert wait_until(_idle, 30), (folder / "controller.log").read_text()
        yield
        subprocess.run(["scancel", "--user", "root"], capture_output=True)
    finally:
        WHERE.unlink()
        for name in ("node.pid", "controller.pid", "munge.pid"):
            if (folder / name).exists():
                os.kill(int((folder / name).read_text()), signal.SIGTERM)


def _idle() -> bool:
    found = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True)
    return found.stdout.strip() == "idle"
