"""`dww run`: check what can be checked at once, let Snakemake do what is missing, and say what came out."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

from dww_analysis.cli.job_server import job_server
from dww_analysis.cli.messages import name_stage, tell
from dww_analysis.cli.opening import UNREADABLE
from dww_analysis.cli.paths import whole_commands
from dww_analysis.cli.privacy_check import public_problems
from dww_analysis.cli.progress import Progress
from dww_analysis.cli.snakemake_run import Told, run_snakemake
from dww_analysis.errors import DisclosureError, raise_all
from dww_analysis.stages.audit import audit_published
from dww_analysis.stages.deliveries import pseudonymiser, refuse_undelivered
from dww_analysis.stages.exit_codes import BAD_INPUT, DONE, INTERNAL, INTERRUPTED, MACHINE, NOT_ALL_ESTIMATED
from dww_analysis.stages.kept import forget_drawn, told_drawn
from dww_analysis.stages.lock import HELD, held_name, one_run
from dww_analysis.stages.machine import refusal_in
from dww_analysis.stages.project import Project
from dww_analysis.stages.workflow import MOVED


def run_study(project: Project, language: str, cores: int) -> int:
    """Run everything that is missing or stale and say what came out; the exit code of `dww run`. Raises what `make`
    raises."""
    code = make(project, language, cores)
    return _closing_words(project, language) if code == DONE else code


def make(
    project: Project, language: str, cores: int, targets: Sequence[str] = (), more_follows: bool = False
) -> int:
    """Make what is missing or stale of these results (all, without), attack what was written, and say how long it
    took; 0, or the exit code of what went wrong.

    more_follows: what is asked for is not made yet; no last words. Deliveries with problems are refused first
    (DwwError); a second run of the study waits for this one.
    """
    _check_deliveries(project)
    busy = lambda: print(tell(language, "busy"), file=sys.stderr, flush=True)  # noqa: E731
    with one_run(project.paths, busy):
        _forget_failures(project)
        forget_drawn(project.paths)
        started = time.monotonic()
        progress = Progress(language, project.paths.study)
        extra = ["--", *targets] if targets else []
        try:
            with job_server() as found_by:
                variables = {HELD: held_name(project.paths), **found_by}
                code, told = run_snakemake(project, cores, extra, progress.show, variables)
        except KeyboardInterrupt:
            print(tell(language, "interrupted"), file=sys.stderr)
            return INTERRUPTED
        finally:
            progress.close()
    say_drawn(project, language)
    if code != 0:
        return _explain_failure(project, language, told)
    audit_published(project)
    nothing = not told.jobs
    seconds = f"{time.monotonic() - started:.0f}"
    if not more_follows:
        print(tell(language, "nothing") if nothing else tell(language, "done", seconds=seconds))
    return DONE


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
        return _explain_stop(language, "\n".join(told.lines))
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


def _explain_stop(language: str, said: str) -> int:
    """No job failed: something moved, the machine refused, or Snakemake's own last words are all there is."""
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
