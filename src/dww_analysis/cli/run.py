"""`dww run`: check what can be checked at once, let Snakemake do what is missing, and say what came out."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

from dww_analysis.cli.job_server import job_server
from dww_analysis.cli.messages import name_stage, tell
from dww_analysis.cli.opening import UNREADABLE
from dww_analysis.cli.paths import whole_commands
from dww_analysis.cli.privacy_check import public_problems
from dww_analysis.cli.profiles import Profile
from dww_analysis.cli.progress import Progress
from dww_analysis.cli.snakemake_run import Job, Told, planned_jobs, run_snakemake
from dww_analysis.cli.stage import ENDED
from dww_analysis.errors import DisclosureError, raise_all
from dww_analysis.stages.audit import audit_published
from dww_analysis.stages.deliveries import pseudonymiser, refuse_undelivered
from dww_analysis.stages.exit_codes import BAD_INPUT, DONE, INTERNAL, INTERRUPTED, MACHINE, NOT_ALL_ESTIMATED
from dww_analysis.stages.kept import forget_drawn, told_drawn
from dww_analysis.stages.lock import HELD, held_name, one_run
from dww_analysis.stages.machine import refusal_in
from dww_analysis.stages.project import Project
from dww_analysis.stages.workflow import MOVED

_BY_QUEUE = re.compile("'(CANCELLED|TIMEOUT|OUT_OF_MEMORY|PREEMPTED|NODE_FAIL)")  # how Slurm says it


def run_study(project: Project, language: str, cores: int, profile: Profile | None = None) -> int:
    """Run everything that is missing or stale and say what came out; the exit code of `dww run`. profile: where jobs
    are done; None: here, with so many cores. Raises what `make` raises."""
    code = make(project, language, cores, profile=profile)
    return _closing_words(project, language) if code == DONE else code


def make(
    project: Project,
    language: str,
    cores: int,
    targets: Sequence[str] = (),
    more_follows: bool = False,
    profile: Profile | None = None,
) -> int:
    """Make what is missing or stale of these results (all, without), attack what was written, and say how long it
    took; 0, or the exit code of what went wrong.

    more_follows: what is asked for is not made yet; no last words. profile: as `do_jobs` has it. Deliveries with
    problems are refused first (DwwError); a second run of the study waits for this one.
    """
    _check_deliveries(project)
    started = time.monotonic()
    code, told = do_jobs(project, language, cores, ["--", *targets] if targets else [], profile)
    if code != DONE:
        return code
    audit_published(project)
    nothing = not told.jobs
    seconds = f"{time.monotonic() - started:.0f}"
    if not more_follows:
        print(tell(language, "nothing") if nothing else tell(language, "done", seconds=seconds))
    return DONE


def do_jobs(
    project: Project, language: str, cores: int, extra: list[str], profile: Profile | None = None
) -> tuple[int, Told]:
    """Let Snakemake do the jobs that are missing or stale, show how far it is, and say what went wrong; 0, or the exit
    code of that, and what Snakemake told.

    extra: more words for it. profile: where jobs are done; None: here, with so many cores. A second run of the study
    waits for this one.
    """
    busy = lambda: print(tell(language, "busy"), file=sys.stderr, flush=True)  # noqa: E731
    with one_run(project.paths, busy):
        _forget_failures(project)
        forget_drawn(project.paths)
        progress = Progress(language, project.paths.study)
        served: AbstractContextManager[dict[str, str]] = job_server()
        if profile is not None and profile.elsewhere:
            served = nullcontext({})
        try:
            with served as found_by:
                variables = {HELD: held_name(project.paths), **found_by}
                code, told = run_snakemake(project, cores, extra, progress.show, variables, profile)
        except KeyboardInterrupt:
            print(tell(language, "interrupted"), file=sys.stderr)
            return INTERRUPTED, Told()
        finally:
            progress.close()
    say_drawn(project, language)
    return (DONE if code == 0 else _explain_failure(project, language, told)), told


def say_drawn(project: Project, language: str) -> None:
    """Print how many documents were made and kept, a line for each step that leaves what has not changed
    (`stages.kept`)."""
    for id, made, kept in told_drawn(project.paths):
        print(tell(language, f"drawn.{id}", n=made, kept=kept))


def _check_deliveries(project: Project) -> None:
    """All delivered files are there and are the declared ones, and nothing public has persons' codes."""
    refuse_undelivered(project)
    try:
        if not project.of_sessions:
            pseudonymiser(project)
    except DisclosureError as error:
        raise DisclosureError(whole_commands(error.problems, project.paths)) from error
    raise_all(public_problems(project), DisclosureError)


def _failures(project: Project) -> list[dict]:
    folder = project.paths.logs / "failures"
    return [json.loads(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.json"))]


def _forget_failures(project: Project) -> None:
    for path in (project.paths.logs / "failures").glob("*.json"):
        path.unlink(missing_ok=True)


def _explain_failure(project: Project, language: str, told: Told) -> int:
    """Repeat every failure at the end, with where its log is; the worst code of them."""
    failures = _failures(project)
    if not failures:
        return _explain_stop(language, "\n".join(told.lines), _stopped(project, told))
    print(tell(language, "failed", n=len(failures)), file=sys.stderr)
    for failure in failures:
        log = project.paths.logs / f"{failure['stage']}.{failure['name']}.log"
        print(f"\n{name_stage(language, failure['stage'], failure['name'])}", file=sys.stderr)
        if failure["code"] == INTERNAL:
            print(tell(language, "internal"), file=sys.stderr)
        print(failure["message"], file=sys.stderr)
        print(tell(language, "log", path=project.paths.shown(log)), file=sys.stderr)
    codes = {int(f["code"]) for f in failures}
    return next(code for code in (INTERNAL, MACHINE, *codes) if code in codes)


def _stopped(project: Project, told: Told) -> list[Job]:
    """Jobs that were ended from outside: a queue says so, or their logs break off."""
    failed = [(job, told.failed[job.number]) for job in planned_jobs(told) if job.number in told.failed]
    return [job for job, said in failed if _BY_QUEUE.search(said) or _breaks_off(project, job)]


def _breaks_off(project: Project, job: Job) -> bool:
    logs = project.paths.logs.glob(f"{job.rule}.{job.name or '*'}.log")
    said = [log.read_text(encoding="utf-8", errors="replace") for log in logs]
    return bool(said) and not any(ENDED in text or "Traceback" in text for text in said)


def _explain_stop(language: str, said: str, stopped: Sequence[Job] = ()) -> int:
    """No job failed by itself: something moved, the machine refused, jobs were stopped from outside, or Snakemake's own
    last words are all there is."""
    lines = said.split("\n")
    for number, line in enumerate(lines):
        if MOVED in line:
            print("\n".join(lines[number : number + 3]), file=sys.stderr)
            return BAD_INPUT
    _, unreadable, problems = said.partition(f"{UNREADABLE}\n")
    if unreadable:
        print(problems, file=sys.stderr)
        return BAD_INPUT
    refusal = refusal_in(said)
    if refusal is not None:
        print(refusal, file=sys.stderr)
        return MACHINE
    if stopped:
        steps = "; ".join(name_stage(language, job.rule, job.name) for job in stopped)
        print(tell(language, "stopped", steps=steps), file=sys.stderr)
        return MACHINE
    print("\n".join(lines[-30:]), file=sys.stderr)
    print(tell(language, "internal"), file=sys.stderr)
    return INTERNAL


def _closing_words(project: Project, language: str) -> int:
    """Paths of the reports and one line per primary outcome; 3 when something could not be estimated."""
    from dww_analysis.cli.closing import all_estimated, documents, primary_lines, warning_lines

    for line in warning_lines(project, language):
        print(line)
    print(tell(language, "reports"))
    for path in documents(project):
        print(f"  {path}")
    if project.answer_sources():
        print(tell(language, "primary"))
        for line in primary_lines(project, language):
            print(f"  {line}")
    return DONE if all_estimated(project) else NOT_ALL_ESTIMATED
