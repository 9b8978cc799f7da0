"""How the Snakefile opens a study: which one, and alone."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from dww_analysis.cli.messages import tell
from dww_analysis.cli.paths import Paths, check_name, default_study
from dww_analysis.errors import ConfigError, DwwError
from dww_analysis.stages.exit_codes import BAD_INPUT, MACHINE
from dww_analysis.stages.heap import collect_seldom
from dww_analysis.stages.lock import hold_until_the_end
from dww_analysis.stages.machine import refusal_of
from dww_analysis.stages.pieces import check_chunks
from dww_analysis.stages.register import ONLY_POWER
from dww_analysis.stages.workflow import Workflow

UNREADABLE = "The study cannot be read:"  # before the problems, by which `dww run` finds them
# calls of snakemake that make nothing
LOOKS = {
    *(
        "--dry-run",
        "--dryrun",
        "--lint",
        "--list",
        "--list-rules",
        "-l",
        "--summary",
        "--detailed-summary",
        "-S",
    ),
    *("--dag", "--rulegraph", "--filegraph", "--unlock", "--list-changes", "--containerize"),
}


def open_workflow(config: Mapping[str, Any], snakemake: Any) -> Workflow:
    """The study that `--config study=...` or config/config.yaml names, in this folder; `--config chunks=...` says how
    many pieces a job is split into, `only=power` that a study is still planned.

    snakemake: its workflow object. A run that makes something waits until no other run of the study is busy; one that
    only looks, or that does one job of another run, does not. SystemExit after a message: for a study
    that cannot be read (exit code 2), as when it was changed after `dww run` had looked at it, and where the machine
    refuses (4).
    """
    collect_seldom()
    try:
        return _open(config, snakemake)
    except DwwError as error:
        print(f"{UNREADABLE}\n{error}", file=sys.stderr, flush=True)
        raise SystemExit(BAD_INPUT) from None
    except OSError as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        print(refusal, file=sys.stderr, flush=True)
        raise SystemExit(MACHINE) from None


def _open(config: Mapping[str, Any], snakemake: Any) -> Workflow:
    root = Path.cwd()
    study = check_name(str(config.get("study") or default_study(root)))
    paths = Paths(root, study)
    planning = _planning(config)
    runs = (planning or paths.config.is_dir()) and snakemake.is_main_process and not _only_looks(snakemake)
    if runs:
        hold_until_the_end(paths, lambda: print(tell("en", "busy"), file=sys.stderr, flush=True))
    flow = Workflow.open(study, check_chunks(config.get("chunks", 1)), planning)
    if runs:
        flow.keep_plans()
        flow.forget_moved()
    elif not snakemake.is_main_process:
        flow.take_plans()
    return flow


def _planning(config: Mapping[str, Any]) -> bool:
    only = str(config.get("only", ""))
    if only not in ("", ONLY_POWER):
        raise ConfigError.of(
            found=f"{only[:100]!r} alone",
            where="--config only=",
            expected=ONLY_POWER,
            action="leave it out: then all that the study makes is made",
        )
    return bool(only)


def start_workflow(snakemake: Any) -> None:
    """Where jobs run on this machine: no limit to how many are started in a second, for which Snakemake would look at
    all ready jobs once a second more for every job that has ended. A queue of a cluster keeps the limit, and so does a
    version of Snakemake that calls it otherwise."""
    with suppress(AttributeError):
        if snakemake.local_exec and snakemake.scheduler.job_rate_limiter is not None:
            snakemake.scheduler.job_rate_limiter = None


def end_workflow(flow: Workflow) -> None:
    """Raise SystemExit (exit code 2) with a message when something was changed while the run was busy; else nothing."""
    try:
        flow.refuse_moved()
    except DwwError as error:
        print(error, file=sys.stderr, flush=True)
        raise SystemExit(BAD_INPUT) from None


def _only_looks(snakemake: Any) -> bool:
    short = any(a.startswith("-") and not a.startswith("--") and "n" in a for a in sys.argv[1:])
    return bool(snakemake.dryrun) or short or bool(LOOKS & set(sys.argv))
