"""The list of arms: the study names one source of kind allocation, and that is the only one there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dww_analysis.config.rules import unknown
from dww_analysis.config.sources import SourceConfig, SourcesConfig
from dww_analysis.config.study import AllocationConfig, StudyConfig
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.errors import Problem


def as_listed(study: StudyConfig, config: SourcesConfig, file: YamlFile) -> tuple[StudyConfig, list[Problem]]:
    """The study with the design that its list of arms makes of it (columns arm and start), and what its allocation
    cannot say then: problems, [] for none."""
    named = study.allocation
    columns = {c for s in config.sources if named is not None and s.id == named.source for c in s.columns}
    listed = study.with_list(columns)
    if listed is study or named is None or not named.transition_waves:
        return listed, []
    problem = Problem(
        found="`transition_waves`, and a list of arms without starts",
        where=file.where(("allocation",)),
        expected="waves left out after a start, in a list with a column `start`",
        action="remove `transition_waves`, or give the starts of the units",
    )
    return listed, [problem]


def checksum_of_list(study: StudyConfig, config: SourcesConfig, checksum: Callable[[str], str]) -> str:
    """The checksum of the list that the study's allocation names; "" without one, or while it is not there. checksum:
    of a delivered file, by name."""
    named = study.allocation.source if study.allocation is not None else None
    return next((checksum(s.file) for s in config.sources if s.id == named), "")


def check_lists(study: StudyConfig, config: SourcesConfig, file: YamlFile) -> Iterator[Problem]:
    """Problems of a list that is named and not there, of lists that nobody reads, and of the sample of a list."""
    named = study.allocation
    lists = {index: source for index, source in enumerate(config.sources) if source.kind == "allocation"}
    if named is not None and named.source not in {source.id for source in lists.values()}:
        known = [source.id for source in lists.values()]
        yield unknown("source of kind allocation", named.source, known, file.where(("sources",)))
        return
    for index, source in lists.items():
        where = file.where(("sources", index))
        if named is None or named.source != source.id:
            yield _unread(source.id, named, where)
        elif named.unit == "person":
            if source.sample not in study.samples:
                yield unknown("sample", source.sample, study.samples, where)
        elif "sample" in source.model_fields_set:
            yield _of_nobody(source, named.unit, where)


def _unread(name: str, named: AllocationConfig | None, where: str) -> Problem:
    return Problem(
        found=f"nobody reads the list `{name}`: study.yaml names "
        + (f"`{named.source}`" if named else "no list"),
        where=where,
        expected="one source of kind allocation, the one that `allocation` in study.yaml names",
        action="remove the source, or name it: allocation: {source: " + name + "}",
    )


def _of_nobody(source: SourceConfig, unit: str, where: str) -> Problem:
    return Problem(
        found=f"`sample` in the list `{source.id}`, which lists {unit}s",
        where=where,
        expected="`sample` in a list of persons only: their codes become pseudonyms of that sample",
        action="remove it",
    )
