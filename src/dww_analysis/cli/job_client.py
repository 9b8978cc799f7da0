"""A job handed to the run's server: the other side of `job_server`. Imports nothing that takes time to import."""

from __future__ import annotations

import os
import socket
import sys

ADDRESS = "DWW_JOB_SERVER"  # set for the children of a run: the socket of its server


def ask_server(address: str, arguments: list[str]) -> int | None:
    """The exit code of the job, done by the server; None when there is no server for it and it is to be done here."""
    request = os.fsencode("\0".join([os.getcwd(), *arguments]))
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.connect(address)
            sys.stdout.flush()
            socket.send_fds(server, [request], [1, 2])
            answer = server.recv(64)
    except OSError:
        return None
    return int(answer) if answer.strip().isdigit() else None
