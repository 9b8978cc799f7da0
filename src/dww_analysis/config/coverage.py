"""Fragments of a wave: the score that they offer, and what such a source needs so that its persons can be found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dww_analysis.config.rules import unknown
from dww_analysis.config.sources import SourceConfig, SourcesConfig
from dww_analysis.config.study import StudyConfig
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.coverage import COVERAGE, coverage_scale, coverage_sources
from dww_analysis.domain.scales import Scale
from dww_analysis.errors import Problem


def offered(parts: dict[str, Any], scales: list[Scale]) -> list[Scale]:
    """[the scale of coverage], where the study has fragments of a wave; else []. scales: those of scales.yaml, whose
    ids it may not take."""
    practice = parts.get("practice")
    elements = practice.elements if practice is not None else ()
    found = coverage_scale(parts["sources"].sources, elements, [s.id for s in scales])
    return [found] if found is not None else []


def check_coverage(study: StudyConfig, config: SourcesConfig, file: YamlFile) -> Iterator[Problem]:
    """Fragments of a wave or sample that is not there, or of persons whom no source of answers names by code: a
    Problem each, with file and line."""
    waves = [str(w.number) for w in study.waves]
    for source in coverage_sources(config.sources):
        where = f"{file.where(('sources', config.sources.index(source)))}, source {source.id}"
        if str(source.wave) not in waves:
            yield unknown("wave", str(source.wave), waves, where)
        elif source.sample not in study.samples:
            yield unknown("sample", source.sample, study.samples, where)
        elif not any(_same_persons(s, source) for s in config.sources):
            yield Problem(
                found=f"fragments of wave {source.wave}, and no answers of that wave by codes of persons",
                where=where,
                expected=f"a source of answers of wave {source.wave} and sample {source.sample} with `persons: key`: "
                f"`{COVERAGE}` is a score of persons who answered",
                action="add that source, or leave `wave` out: then there is a map and no score",
            )


def _same_persons(answers: SourceConfig, source: SourceConfig) -> bool:
    same = (answers.wave, answers.sample) == (source.wave, source.sample)
    return answers.kind == "answers" and answers.persons == "key" and same
