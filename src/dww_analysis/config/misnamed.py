"""Columns of ours that nothing reads beside an item or background variable that only other waves have: a misspelt name.

Without a name nothing is asked there, so that a scale would silently go without an answer in one wave. A wave that
truly lacks an item has no such column; a column that several waves have is kept on purpose, whatever its name.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from dww_analysis.config.sources import SourceConfig, SourcesConfig
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import LEVELS
from dww_analysis.errors import Problem

NEAR = 0.75  # likeness of two names, as difflib has it


def check_misnamed(
    parts: Mapping[str, Any], scales: Iterable[Scale], files: Mapping[str, YamlFile]
) -> Iterator[Problem]:
    """A Problem for each such column of sources.yaml. parts: study and sources as they are written."""
    read = {*(c for s in scales for c in s.columns()), *(b.name for b in parts["study"].background)}
    return _misnamed(parts["sources"], read, files["sources"])


def _misnamed(config: SourcesConfig, read: Collection[str], file: YamlFile) -> Iterator[Problem]:
    answers = [(i, s) for i, s in enumerate(config.sources) if s.kind == "answers"]
    waves = Counter(
        ours for _, ours in {((s.sample, s.wave), ours) for _, s in answers for ours in s.columns}
    )
    for index, source in answers:
        lacking = _of_other_waves(source, [s for _, s in answers], read)
        own = set(source.columns) - {*read, *LEVELS, "arm", *source.kept_apart()}
        for ours in (o for o in source.columns if o in own and waves[o] == 1):
            near = difflib.get_close_matches(ours, sorted(lacking), n=1, cutoff=NEAR)
            if near:
                yield Problem(
                    found=f"nothing reads the column `{ours}`, and source `{source.id}` has no `{near[0]}`, which "
                    "other files have",
                    where=file.where(("sources", index, "columns", ours)),
                    expected="one name of ours for the same question in every wave",
                    action=f"did you mean `{near[0]}`? If it is another question, remove it from `columns`",
                )


def _of_other_waves(source: SourceConfig, answers: list[SourceConfig], read: Collection[str]) -> set[str]:
    """What is read of other sources of the sample, and not there in this one."""
    others = {ours for s in answers if s.sample == source.sample for ours in s.columns}
    return (others & set(read)) - set(source.columns)
