"""Progress on the terminal: stage names, how much is left, and about how long; plain lines when piped to a file."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from dww_analysis.cli.messages import name_stage, tell
from dww_analysis.cli.snakemake_run import Job, Told, planned_jobs


class Progress:
    """Shows what Snakemake tells. A bar in a terminal, with the step that was begun last; otherwise one line per
    finished step."""

    def __init__(self, language: str, study: str):
        self._language, self._study = language, study
        self._console = Console(stderr=True)
        self._bar: Bar | None = None
        self._task = TaskID(0)
        self._started = time.monotonic()
        self._told_start = False
        self._shown = -1

    def show(self, told: Told) -> None:
        """Bring the display up to date: a bar on a terminal, else a line when `done` has moved."""
        total, done = max(told.total - 1, 1), min(told.done, max(told.total - 1, 1))  # without rule all
        if not self._told_start:
            self._told_start = True
            self._console.print(tell(self._language, "start", study=self._study, jobs=total), highlight=False)
        if done == self._shown:
            return
        self._shown = done
        jobs = list(planned_jobs(told))
        left = self._left(done, total)
        if self._console.is_terminal:
            self._show_bar(done, total, self._named(jobs[-1] if jobs else None), left)
        else:
            what = self._named(told.ended)
            line = tell(self._language, "step", done=done, total=total, what=what, left=left)
            self._console.print(line, highlight=False, markup=False)

    def _named(self, job: Job | None) -> str:
        return "" if job is None else name_stage(self._language, job.rule, job.name)

    def _left(self, done: int, total: int) -> str:
        if done == 0 or done >= total:
            return ""
        seconds = (time.monotonic() - self._started) / done * (total - done)
        return tell(self._language, "left", seconds=max(1, round(seconds)))

    def _show_bar(self, done: int, total: int, what: str, left: str) -> None:
        if self._bar is None:
            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
            self._bar = Bar(*columns, console=self._console, transient=True)
            self._bar.start()
            self._task = self._bar.add_task(what, total=total)
        self._bar.update(self._task, completed=done, total=total, description=f"{what} {left}")

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
