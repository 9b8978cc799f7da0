"""What a file needs to be told before it can be read: a sheet, a member of an archive, the line of the header, ...

A reader that cannot choose raises `OptionNeeded`: an error in words that also says, as data, which option would
settle it, between what, and which choice lies at hand. `look.py` collects these for a whole file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dww_analysis.errors import Problem, SourceError


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
