"""Students beside professionals: one type of participant a sample, and effects of students only where a plan names
them."""

from __future__ import annotations

from collections.abc import Iterator

from dww_analysis.config.plan import PlanConfig
from dww_analysis.config.sources import SourcesConfig
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.errors import Problem


def check_participants(
    sources: SourcesConfig, plan: PlanConfig, of_sources: YamlFile, of_plan: YamlFile
) -> Iterator[Problem]:
    """Samples with two types of participants, and entries about students that do not name their sample: a Problem
    each, with file and line."""
    types: dict[str, set[str]] = {}
    for index, source in enumerate(sources.sources):
        if source.kind != "answers":
            continue
        own = types.setdefault(source.sample, set())
        own.add(source.participant)
        if len(own) > 1:
            yield Problem(
                found=f"students and others in the sample `{source.sample}`",
                where=f"{of_sources.where(('sources', index))}, source {source.id}",
                expected="one type of participant in a sample",
                action="give the students a sample of their own in study.yaml, and name it here",
            )
            own.discard(source.participant)
    for number, entry in enumerate(plan.entries):
        if types.get(entry.sample) == {"student"} and "sample" not in entry.model_fields_set:
            yield Problem(
                found=f"the entry `{entry.id}` is about students and does not say so",
                where=of_plan.where(("entries", number)),
                expected=f"`sample: {entry.sample}` where effects of students are meant",
                action="name the sample in the entry",
            )
