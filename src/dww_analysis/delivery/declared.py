"""The columns that a source declares against those of its file, and the lines that rows came from."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import nearest
from dww_analysis.delivery.identifiers import holds_addresses, identifying_columns
from dww_analysis.domain.study import Source
from dww_analysis.errors import Problem

WHO_AND_WHERE = ("person", "organisation", "team")  # ours; every other declared column is content


def lines_of(data: pd.DataFrame, lines: np.ndarray | None) -> np.ndarray:
    """For each row the line in the delivered file; without `lines` they follow from the first line of the table."""
    if lines is not None and len(lines) == len(data):
        return np.asarray(lines)
    first = int(data.attrs.get("first_line", 1))
    return np.arange(first, first + len(data))


def lacks_columns(data: pd.DataFrame, source: Source) -> bool:
    """Whether declared columns are not there: rules about them meet nothing for that reason."""
    return any(theirs not in data.columns for theirs in source.columns.values())


def column_problems(data: pd.DataFrame, source: Source, needed: Iterable[str] = ()) -> list[Problem]:
    """Declared columns that are not there, needed ones that are not declared, and content that identifies persons."""
    known = [str(name) for name in data.columns]
    absent = [
        Problem(
            found=f"there is no column {theirs!r} ({ours})",
            where=source.file,
            expected="every column that `columns` names" + nearest(theirs, known),
            action="correct `columns` in sources.yaml, or ask for the file with this column",
        )
        for ours, theirs in source.columns.items()
        if theirs not in data.columns
    ]
    undeclared = [
        Problem(
            found=f"`columns` does not say which column is `{ours}`",
            where=source.file,
            expected=f"columns: {{{ours}: ...}}",
            action="name it in sources.yaml",
        )
        for ours in needed
        if ours not in source.columns
    ]
    identifying = set(identifying_columns(known, source.identifiers))
    return [*absent, *undeclared] + [
        Problem(
            found=f"the column {theirs!r} ({ours}) identifies persons",
            where=source.file,
            expected="content without names, addresses or numbers of persons",
            action="leave it out of `columns`",
        )
        for ours, theirs in source.columns.items()
        if ours not in WHO_AND_WHERE
        and theirs in data.columns
        and (theirs in identifying or holds_addresses(data[theirs]))
    ]
