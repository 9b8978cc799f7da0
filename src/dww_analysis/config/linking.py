"""What study.yaml and sources.yaml say together about persons who made their own codes."""

from __future__ import annotations

from collections.abc import Iterator

from dww_analysis.config.sources import SourceConfig, SourcesConfig
from dww_analysis.config.study import StudyConfig
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.exposure import EXPOSURE_KINDS
from dww_analysis.errors import Problem

CODES_ONLY = {"rule", "elements", "margin"}  # of `linking`: for codes that persons made themselves


def check_linking(
    study: StudyConfig, config: SourcesConfig, study_file: YamlFile, file: YamlFile
) -> Iterator[Problem]:
    """Problems of `linking`, `persons: code` and `conflicts: keep_apart` that only show across the files."""
    coded = [s for s in config.sources if s.persons == "code"]
    for name in sorted(CODES_ONLY & (study.linking.model_fields_set if study.linking else set())):
        if not coded:
            yield Problem(
                found=f"`linking.{name}` is declared, but no source has persons whose codes are linked",
                where=study_file.where(("linking", name)),
                expected="a source with `persons: code` in sources.yaml",
                action=f"declare it there, or remove `{name}`",
            )
    known = [s for s in config.sources if s.kind == "answers" and s.persons != "anonymous"]
    yield from _facts(study, coded or known, study_file)
    for index, source in enumerate(config.sources):
        where = file.where(("sources", index))
        yield from _same_rule(source, coded, where)
        yield from _background_apart(source, study, where)


def _facts(study: StudyConfig, linked: list[SourceConfig], study_file: YamlFile) -> Iterator[Problem]:
    background = {b.name for b in study.background}
    for fact in study.linking.facts if study.linking is not None else []:
        where = study_file.where(("linking", "facts"))
        if fact not in background:
            yield Problem(
                found=f"the fact `{fact}` is no background variable",
                where=where,
                expected="one of " + (", ".join(sorted(background)) or "(no background is declared)"),
                action="add it to `background` in study.yaml, or correct the name",
            )
        elif sum(fact in s.columns for s in linked) < 2:
            yield Problem(
                found=f"the fact `{fact}` is asked in fewer than two of the sources that are linked",
                where=where,
                expected="a fact that can be compared between waves",
                action="name its column in sources.yaml, or leave it out of `facts`",
            )


def _same_rule(source: SourceConfig, coded: list[SourceConfig], where: str) -> Iterator[Problem]:
    """Persons of one sample are known in one way: their pseudonyms would not meet otherwise."""
    if source.persons == "code" or source.sample not in {s.sample for s in coded}:
        return
    if source.kind == "answers" or source.kind in EXPOSURE_KINDS:
        yield Problem(
            found=f"source `{source.id}` knows its persons by `{source.persons}`, other sources of sample "
            f"`{source.sample}` by codes that persons made themselves",
            where=where,
            expected="one way of knowing persons in a sample",
            action="declare `persons: code` for this source of answers too, or give it another sample",
        )


def _background_apart(source: SourceConfig, study: StudyConfig, where: str) -> Iterator[Problem]:
    names = {b.name for b in study.background} & set(source.kept_apart())
    for name in sorted(names):
        yield Problem(
            found=f"the background variable `{name}` is to be kept apart",
            where=where,
            expected="items: the background of a person is one answer over all waves",
            action=f"recode it in this source: `recode: {{{name}: ...}}`",
        )
