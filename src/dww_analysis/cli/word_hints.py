"""Answers in words whose numbers stand in the labels of another wave: `dww check` gives the recode."""

from __future__ import annotations

import json
from collections.abc import Sequence

from dww_analysis.domain.measurements import Ingested
from dww_analysis.domain.study import Source
from dww_analysis.errors import DwwError, Problem
from dww_analysis.guess import recode_hints
from dww_analysis.stages.deliveries import Delivery
from dww_analysis.stages.project import Project


def word_problems(project: Project, failed: Sequence[Source], parts: Sequence[Ingested]) -> list[Problem]:
    """For sources that could not be taken in: a Problem with the recode for words that another source has numbers
    for, in columns without a recode. failed: those sources; parts: what was taken in. A file that cannot be read
    gives none."""
    labels = _labels(parts)
    problems: list[Problem] = []
    for source in failed:
        try:
            data = Delivery(project, source).table().data
        except DwwError:
            continue
        columns = {ours: theirs for ours, theirs in source.columns.items() if ours not in source.recode}
        problems += [
            Problem(
                found=(
                    f"the words of {', '.join(hint.columns[:8])} have numbers in the labels of source "
                    f"{hint.known_from}"
                ),
                where=f"{source.file}, source {source.id}",
                expected="numbers",
                action=f"add to source {source.id} in sources.yaml: {hint.text}",
            )
            for hint in recode_hints(data, columns, labels)
        ]
    return problems


def _labels(parts: Sequence[Ingested]) -> dict[str, tuple[str, dict[str, str]]]:
    """Our column -> the source with its labels, and code -> label."""
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for part in parts:
        for row in part.codebook.to_dict("records"):
            given = row["value_labels"]
            labels = json.loads(given) if isinstance(given, str) and given else {}
            if labels:
                found.setdefault(str(row["name"]), (str(row["source"]), labels))
    return found
