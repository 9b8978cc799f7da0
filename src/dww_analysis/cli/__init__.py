"""The command line: the only place that joins rooms. `main` is the program `dww`."""

from __future__ import annotations

import os
import sys

# One BLAS thread per job: jobs run side by side, and sums do not depend on how many cores a machine has.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


def main() -> None:
    """Run the command line and exit with its code: 0 done, 1 internal, 2 bad input, 3 not everything estimated, 4 the
    machine. Arguments with `--study` are a job of the workflow, others a command of a person."""
    if "--study" in sys.argv[1:]:  # only the jobs of the workflow are called so
        sys.exit(_job(sys.argv[1:]))
    if "run" in sys.argv[1:]:  # almost always the command; a server without a run ends with this process
        from dww_analysis.cli.job_server import start_ahead

        start_ahead()
    from dww_analysis.stages.heap import collect_seldom

    collect_seldom()
    from dww_analysis.cli.app import run_app

    sys.exit(run_app())


def _job(arguments: list[str]) -> int:
    """One job of the workflow: by the server of the run when there is one, otherwise here."""
    from dww_analysis.cli.job_client import ADDRESS, ask_server

    code = ask_server(os.environ[ADDRESS], arguments) if ADDRESS in os.environ else None
    if code is None:
        from dww_analysis.cli.stage import main as run_stage

        code = run_stage(arguments)
    return code
