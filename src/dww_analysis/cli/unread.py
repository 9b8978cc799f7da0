"""What a study declares and nothing in it uses: columns that nothing reads, files and waves without answers.

Nothing is wrong with them, so they are lines of `dww check`; a misspelt name is seen there.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from dww_analysis.config import StudyFiles
from dww_analysis.domain.exposure import EXPOSURE_KINDS
from dww_analysis.domain.study import LEVELS, Source

MOST_NAMED = 8  # columns that one line names


def unread_lines(files: StudyFiles) -> list[str]:
    """A line for each source of answers with columns that nothing reads, or no others; for waves without a source."""
    return [*_columns(files), *_waves(files)]


def _columns(files: StudyFiles) -> Iterator[str]:
    read = {c for s in files.scales for c in s.columns()}
    known = read | {b.name for b in files.study.background}
    for source in files.sources:
        if source.kind != "answers":
            continue
        if source.columns and not read & {_asked(ours, source) for ours in source.columns}:
            yield f"{source.id}: no column of this source is an item or a score of a scale"
        unread = [ours for ours in source.columns if _asked(ours, source) not in {*known, *LEVELS, "arm"}]
        if unread:
            absent = known - set(source.columns)
            named = ", ".join(_named(ours, absent) for ours in unread[:MOST_NAMED])
            more = f" and {len(unread) - MOST_NAMED} more" if len(unread) > MOST_NAMED else ""
            yield f"{source.id}: columns that no scale and no background variable reads: {named}{more}"


def _asked(ours: str, source: Source) -> str:
    """The name that a column has in other waves, where this source keeps it apart."""
    return source.apart.get(ours, ours)


def _named(ours: str, absent: set[str]) -> str:
    """The name, with one that this source does not have and that is spelled nearly so."""
    near = difflib.get_close_matches(ours, sorted(absent), n=1, cutoff=0.75)
    return f"{ours} (did you mean {near[0]}?)" if near else ours


def _waves(files: StudyFiles) -> Iterator[str]:
    waves = {s.wave for s in files.sources if s.kind == "answers" or s.kind in EXPOSURE_KINDS}
    for wave in files.study.waves:
        if None not in waves and wave.number not in waves:
            yield f"wave {wave.number}: no source in sources.yaml is of this wave"
