"""Sources about what units said, agreed on and counted: free texts are read only where the source declares them."""

from __future__ import annotations

from collections.abc import Iterator

from dww_analysis.config.sources import SourceConfig, SourcesConfig
from dww_analysis.config.units import UnitsConfig
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.cycle import CYCLE_KINDS, FREE_TEXTS
from dww_analysis.errors import Problem


def check_cycle_sources(
    units: UnitsConfig | None, config: SourcesConfig, file: YamlFile
) -> Iterator[Problem]:
    """Free texts that are read without `texts`, `texts` that name none, and agreements and counts that nobody reads:
    a Problem each, with file and line."""
    asked = units is not None and units.release != "never"
    for index, source in enumerate(config.sources):
        if source.kind not in CYCLE_KINDS:
            continue
        at = ("sources", index)
        yield from _texts(source, f"{file.where(at)}, source {source.id}")
        if source.kind != "interpretations" and not asked:
            yield Problem(
                found=f"nobody reads the {source.kind} of `{source.id}`: reports.yaml asks for no sheets",
                where=file.where(at),
                expected="`units` in reports.yaml: sheets print them",
                action="add `units`, or remove the source",
            )


def _texts(source: SourceConfig, where: str) -> Iterator[Problem]:
    free = [name for name in FREE_TEXTS[source.kind] if name in source.columns]
    undeclared = [name for name in free if name not in source.texts]
    if undeclared:
        yield Problem(
            found=f"`columns` names free text that `texts` does not: {', '.join(undeclared)}",
            where=where,
            expected="`texts: [...]` with every column in which people typed what they like and that may be read",
            action="add the columns to `texts` where people agreed to that, or leave them out of `columns`",
        )
    for name in dict.fromkeys(source.texts):
        if name not in free:
            yield Problem(
                found=f"`texts` names `{name}`, which is no column of free text of this source",
                where=where,
                expected="one of " + (", ".join(free) or "(none is in `columns`)"),
                action="correct it, or remove it",
            )
