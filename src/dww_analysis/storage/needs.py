"""What a file needs to be told before it can be read: a sheet, a member of an archive, the line of the header, ...

A reader that cannot choose raises `OptionNeeded`: an error in words that also says, as data, which option would
settle it, between what, and which choice lies at hand. `needed_options` collects these for a whole file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dww_analysis.errors import Problem, SourceError
from dww_analysis.storage.tables import Table

_AT_MOST = 6  # options that one file can need, one after the other


@dataclass(frozen=True)
class Need:
    """One option that a file needs: its name, the choices there are, and the one that lies at hand (or None)."""

    option: str
    choices: tuple[Any, ...]
    suggested: Any = None
    said: str = ""  # what was found, in words


class OptionNeeded(SourceError):
    """A file that can be read once an option says how. `needs` says which options, as data."""

    needs: tuple[Need, ...] = ()

    @classmethod
    def to_choose(cls, problems: Problem | Iterable[Problem], need: Need) -> OptionNeeded:
        """The error of `problems` that `need` would settle."""
        error = cls(problems)
        error.needs = (need,)
        return error


@dataclass(frozen=True, eq=False)
class Look:
    """What a first look at a file gave: the options it needs, its table under the suggested choices, or why not."""

    needs: tuple[Need, ...]
    table: Table | None
    error: SourceError | None = None

    @property
    def suggested(self) -> dict[str, Any]:
        """The options with the choices that lie at hand; those without one are left out."""
        return {need.option: need.suggested for need in self.needs if need.suggested is not None}


def needed_options(path: str | Path, **options: Any) -> Look:
    """The options that the file needs beside `options`, each with its choices; its table where these settle it.

    Nothing is raised for a file that cannot be read: `error` holds the refusal.
    """
    from dww_analysis.storage.readers import read_table

    needs: list[Need] = []
    tried = dict(options)
    for _ in range(_AT_MOST):
        try:
            return Look(tuple(needs), read_table(path, **tried))
        except OptionNeeded as error:
            open_ = [n for n in error.needs if n.option not in tried]
            needs += open_
            if not open_ or any(n.suggested is None for n in open_):
                return Look(tuple(needs), None, error)
            tried |= {n.option: n.suggested for n in open_}
        except SourceError as error:
            return Look(tuple(needs), None, error)
    return Look(tuple(needs), None, SourceError("the file needs more options than can be told"))
