"""A first look at a delivered file: which options it needs, between what, and its table under what lies at hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dww_analysis.errors import SourceError
from dww_analysis.storage.needs import Need, OptionNeeded
from dww_analysis.storage.readers import read_table
from dww_analysis.storage.tables import Table

_AT_MOST = 6  # options that one file can need, one after the other


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
