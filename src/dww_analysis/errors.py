"""One small error tree. Every message has four parts: what was found, where, what was expected, what to do.

Problems of one file are collected as `Problem`s and raised together, so that a researcher sees them all at once.
Nothing here ever holds a person's identifier or a valid answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

NOT_ESTIMATED = "the model could not be estimated"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong, in four parts."""

    found: str  # what was found
    where: str  # file, column, wave, line or count of rows; never a person's identifier
    expected: str  # what was expected there
    action: str  # what the user can do about it
    detail: str = ""  # what a model said of the answers: for the terminal and the log, never for a document

    def __str__(self) -> str:
        found = f"{self.found}: {self.detail}" if self.detail else self.found
        return f"{self.where}: {found}\n    expected: {self.expected}\n    what to do: {self.action}"


class DwwError(Exception):
    """A refusal with a reason. `problems` lists everything that was wrong, in order."""

    def __init__(self, message: str | Problem | Iterable[Problem]):
        if isinstance(message, str):
            self.problems: tuple[Problem, ...] = ()
            super().__init__(message)
            return
        self.problems = (message,) if isinstance(message, Problem) else tuple(message)
        super().__init__("\n".join(str(p) for p in self.problems))

    @classmethod
    def of(cls, *, found: str, where: str, expected: str, action: str, detail: str = "") -> Self:
        """The error with one problem, given by its four parts and what a model said."""
        return cls(Problem(found=found, where=where, expected=expected, action=action, detail=detail))


class ConfigError(DwwError):
    """A study's configuration cannot be read or contradicts itself."""


class SourceError(DwwError):
    """A delivered file cannot be read or is not the file that was declared."""


class MeasurementError(DwwError):
    """Answers that cannot be laid out as measurements: range, key, linkage, allocation."""


class ScaleError(DwwError):
    """A scoring key or a psychometric analysis that its data cannot carry."""


class PlanError(DwwError):
    """A plan entry that does not resolve or whose contrast is not estimable."""


class FitError(DwwError):
    """A model that could not be estimated."""


class PracticeError(DwwError):
    """Ballots, votes or coded remarks of sessions that cannot be counted."""


class DisclosureError(DwwError):
    """Output that would say too much about too few persons."""


class ReportError(DwwError):
    """A report that cannot be made from what was estimated."""


def amount(n: int, one: str, many: str) -> str:
    """A number with the words that go with it, for notes of the program: `1 row is`, `3 rows are`."""
    return f"{n} {one if n == 1 else many}"


def openly(error: Exception) -> str:
    """What documents and published tables may say of a refusal, in a line: where, and all that was found there, without
    what a model said of the answers. Of a refusal without these parts, such as an engine's, only that there was one."""
    found: dict[str, list[str]] = {}
    for problem in error.problems if isinstance(error, DwwError) else ():
        found.setdefault(problem.where, []).append(problem.found)
    said = (f"{where}: {', and '.join(dict.fromkeys(own))}" for where, own in found.items())
    return "; ".join(said) or NOT_ESTIMATED


def raise_all(problems: Iterable[Problem], kind: type[DwwError]) -> None:
    """Raise one error of `kind` with all problems; do nothing when there are none."""
    found = tuple(problems)
    if found:
        raise kind(found)
