"""A study's configuration as a whole: all files read, validated and compared with each other before any job.

Problems of all files are raised together. The caller brings the function that loads scoring keys: another room's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dww_analysis.config.about import AboutConfig, check_about
from dww_analysis.config.answered import OF_ANSWERS, check_answered, sessions_only, without_answers
from dww_analysis.config.built_scales import build_scales
from dww_analysis.config.coverage import check_coverage, offered
from dww_analysis.config.cycle import check_cycle_sources
from dww_analysis.config.discussion import discussions_in, read_discussion
from dww_analysis.config.entries import check_start
from dww_analysis.config.files import Keys, StudyFiles
from dww_analysis.config.leaving import check_directions
from dww_analysis.config.linking import check_linking
from dww_analysis.config.lists import as_listed, check_lists, checksum_of_list
from dww_analysis.config.misnamed import check_misnamed
from dww_analysis.config.open_places import open_problems
from dww_analysis.config.participants import check_participants
from dww_analysis.config.plan import PlanConfig
from dww_analysis.config.planned import check_plan, outcomes_of
from dww_analysis.config.practice import PracticeConfig, check_practice, check_practice_sources
from dww_analysis.config.reports import ReportsConfig
from dww_analysis.config.rules import check_rules, unknown, unused
from dww_analysis.config.scales import ScalesConfig
from dww_analysis.config.seal import Seal, read_seal, status_of
from dww_analysis.config.short import check_shorts
from dww_analysis.config.sources import SourcesConfig
from dww_analysis.config.stops import check_stops, declared_stops
from dww_analysis.config.strict import Strict, validate
from dww_analysis.config.study import StudyConfig
from dww_analysis.config.theory import TheoryConfig, check_theory
from dww_analysis.config.units import check_carried, check_units
from dww_analysis.config.yaml_file import YamlFile, read_yaml
from dww_analysis.domain.about import About, Discussion
from dww_analysis.domain.cycle import CYCLE_KINDS
from dww_analysis.domain.exposure import EXPOSURE_KINDS
from dww_analysis.domain.practice import PRACTICE_KINDS
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import LEVELS, Study
from dww_analysis.domain.tables.answers import RESERVED
from dww_analysis.domain.theory import THEORY
from dww_analysis.errors import ConfigError, DwwError, Problem, raise_all

FILES: Mapping[str, type[Strict]] = {
    "study": StudyConfig,
    "sources": SourcesConfig,
    "scales": ScalesConfig,
    "plan": PlanConfig,
    "reports": ReportsConfig,
}
OPTIONAL: Mapping[str, type[Strict]] = {  # a study may do without
    "theory": TheoryConfig,
    "practice": PracticeConfig,
    "about": AboutConfig,
}

Checksum = Callable[[str], str]
PERSONS_KINDS = ("answers", *EXPOSURE_KINDS)  # of sources whose persons belong to a sample


def read_study(folder: Path, shown_folder: str, keys: Keys, checksum: Checksum = lambda _: "") -> StudyFiles:
    """The configuration in `folder`; ConfigError with every problem of every file.

    `shown_folder` is how messages name the folder ("config/example"). checksum: delivered file -> SHA-256, or "".
    """
    files, problems = _read_files(folder, shown_folder)
    parts: dict[str, Any] = {}
    for name, file in files.items():
        parts[name], found = validate({**FILES, **OPTIONAL}[name], file)
        problems += [*open_problems(file), *found]
    if any(parts.get(name) is None for name in (*FILES, *files)):
        raise ConfigError(problems)
    parts["study"], found = as_listed(parts["study"], parts["sources"], files["study"])
    problems += found
    scales, found = build_scales(parts["scales"], files["scales"], keys)
    problems += found
    discussions, found = _discussions(folder, shown_folder)
    problems += [*found, *_check_about(parts, list(discussions), files)]
    scales += offered(parts, scales)
    seal, found = _seal_of(folder, shown_folder)
    sealed = (*seal.entries, THEORY) if seal is not None else ()
    sealed += tuple(d.entry for d in parts["plan"].deviations if found)  # of a seal that cannot be read: any
    problems += [*found, *_cross_check(parts, files, scales, sealed)]
    raise_all(problems, ConfigError)
    files_read = StudyFiles(
        study=_with_checksum(parts["study"].to_domain(), checksum),
        sources=parts["sources"].to_domain(),
        scales=tuple(scales),
        plan=parts["plan"].to_domain(),
        reports=parts["reports"].to_domain(),
        measurement=parts["scales"].measurement,
        theory=parts["theory"].to_domain() if "theory" in parts else None,
        practice=parts["practice"].to_domain() if "practice" in parts else None,
        stops=declared_stops(parts.get("theory")),
        about=parts["about"].to_domain() if "about" in parts else About(),
        list_sha256=checksum_of_list(parts["study"], parts["sources"], checksum),
        discussions=discussions,
    )
    return _with_statuses(files_read, seal)


def _seal_of(folder: Path, shown_folder: str) -> tuple[Seal | None, list[Problem]]:
    """The seal, if there is one, and what is wrong with it."""
    try:
        return read_seal(folder, shown_folder), []
    except DwwError as error:
        return None, list(error.problems)


def _with_checksum(study: Study, checksum: Checksum) -> Study:
    allocation = study.allocation
    if allocation is None or not allocation.listed:
        return study
    found = checksum(allocation.listed)
    return replace(study, allocation=replace(allocation, listed_sha256=found))


def _read_files(folder: Path, shown_folder: str) -> tuple[dict[str, YamlFile], list[Problem]]:
    files: dict[str, YamlFile] = {}
    problems: list[Problem] = []
    there = [name for name in OPTIONAL if (folder / f"{name}.yaml").exists()]
    for name in (*FILES, *there):
        absent = name in OF_ANSWERS and not (folder / f"{name}.yaml").exists()
        if absent and "sources" in files and sessions_only(files["sources"].values):
            files[name] = without_answers(name, folder, shown_folder)
            continue
        try:
            files[name] = read_yaml(folder / f"{name}.yaml", f"{shown_folder}/{name}.yaml")
        except ConfigError as error:
            problems += error.problems
    return files, problems


def _discussions(folder: Path, shown_folder: str) -> tuple[dict[str, Discussion], list[Problem]]:
    """File name -> what people make of the results."""
    found: dict[str, Discussion] = {}
    problems: list[Problem] = []
    for name in discussions_in(folder):
        try:
            found[name] = read_discussion(folder / name, f"{shown_folder}/{name}")
        except ConfigError as error:
            problems += error.problems
    return found, problems


def _check_about(
    parts: Mapping[str, Any], written: list[str], files: Mapping[str, YamlFile]
) -> Iterator[Problem]:
    reports = parts["reports"]
    return check_about("about" in parts, written, reports.documents, reports.languages, files)


def _with_statuses(files: StudyFiles, seal: Seal | None) -> StudyFiles:
    """The same configuration, each entry with what the seal says of it."""
    entries = tuple(replace(e, status=status_of(files, e, seal)) for e in files.plan.entries)
    plan = replace(files.plan, entries=entries, sealed=seal.sealed if seal is not None else None)
    return replace(files, plan=plan)


def _cross_check(
    parts: Mapping[str, Any], files: Mapping[str, YamlFile], scales: list[Scale], sealed: Iterable[str]
) -> list[Problem]:
    """What only shows when the files are laid side by side. `sealed`: ids of the entries that were sealed."""
    return [
        *check_answered(parts, files),
        *_check_sources(parts["study"], parts["sources"], files["sources"]),
        *check_lists(parts["study"], parts["sources"], files["sources"]),
        *_check_samples(parts["study"], parts["sources"], files["study"]),
        *check_rules(parts["sources"], files["sources"]),
        *check_misnamed(parts, scales, files),
        *check_participants(parts["sources"], parts["plan"], files["sources"], files["plan"]),
        *check_coverage(parts["study"], parts["sources"], files["sources"]),
        *check_directions(parts["sources"].sources, files["sources"]),
        *check_linking(parts["study"], parts["sources"], files["study"], files["sources"]),
        *_check_items(parts["sources"], scales, files["scales"], parts["scales"]),
        *check_plan(parts, scales, files["plan"], sealed),
        *check_start(parts["plan"], parts["study"], files["study"]),
        *_check_theory(parts, scales, files),
        *check_stops(parts, scales, files),
        *check_shorts(parts, scales, files),
        *_check_units(parts, files),
        *_check_practice(parts, scales, files),
        *check_cycle_sources(parts["reports"].units, parts["sources"], files["sources"]),
        *_check_repeats(parts, files),
    ]


def _check_sources(study: StudyConfig, config: SourcesConfig, file: YamlFile) -> list[Problem]:
    problems = []
    waves = [str(w.number) for w in study.waves]
    for index, source in enumerate(config.sources):
        where = file.where(("sources", index))
        if source.kind == "answers" and str(source.wave) not in waves:
            problems.append(unknown("wave", str(source.wave), waves, where))
        if source.kind in (*PERSONS_KINDS, "members") and source.sample not in study.samples:
            problems.append(unknown("sample", source.sample, study.samples, where))
        if source.kind in EXPOSURE_KINDS:
            problems += _check_exposure_wave(source.id, source.wave, study, where)
    delivered = {
        ours for s in config.sources if s.kind not in (*PRACTICE_KINDS, *CYCLE_KINDS) for ours in s.columns
    }
    problems += [
        Problem(
            found=f"the background variable `{variable.name}` is in no source",
            where=file.where(("sources",)),
            expected="a column of that name in at least one source",
            action="name its column in `columns`, or remove it from `background` in study.yaml",
        )
        for variable in study.background
        if variable.name not in delivered
    ]
    return problems


def _check_samples(study: StudyConfig, config: SourcesConfig, file: YamlFile) -> list[Problem]:
    """Samples that no source delivers persons of."""
    delivered = {s.sample for s in config.sources if s.kind in PERSONS_KINDS}
    if not delivered and "samples" not in study.model_fields_set:
        return []
    return [
        unused(
            f"the sample `{name}` has no sources",
            file.where(("samples", name)),
            "a sample that a source in sources.yaml names",
            "name it in `sample` of a source",
        )
        for name in study.samples
        if name not in delivered
    ]


def _check_exposure_wave(source: str, wave: int | None, study: StudyConfig, where: str) -> list[Problem]:
    """Diaries, logs and records belong to one wave, or to waves by date."""
    waves = [str(w.number) for w in study.waves]
    if wave is not None:
        return [] if str(wave) in waves else [unknown("wave", str(wave), waves, where)]
    if all(w.date for w in study.waves):
        return []
    return [
        Problem(
            found=f"source `{source}` has no wave, and not every wave in study.yaml has a date",
            where=where,
            expected="a `date` for every wave: what happened up to that date since the wave before belongs to the wave",
            action="add the dates in study.yaml, or give this source a `wave`",
        )
    ]


def _check_items(
    sources: SourcesConfig, scales: list[Scale], file: YamlFile, config: ScalesConfig
) -> list[Problem]:
    """Every item column of a scale is mapped in at least one source of each of its samples."""
    mapped: dict[str, set[str]] = {}
    for source in sources.sources:
        if source.kind not in (*EXPOSURE_KINDS, *PRACTICE_KINDS, *CYCLE_KINDS, "members"):
            columns = set(source.columns) - set(source.kept_apart())
            mapped.setdefault(source.sample, set()).update(columns)
    positions = {s.id: i for i, s in enumerate(config.scales)}
    problems = []
    for scale in (s for s in scales if s.id in positions):
        where = file.where(("scales", positions[scale.id]))
        for sample in scale.samples:
            columns = mapped.get(sample, set())
            wanted = scale.items if scale.key else (str(scale.delivered),)
            known = columns - {*LEVELS, *RESERVED}
            problems += [
                unknown(f"column of sample {sample}", c, known, where) for c in wanted if c not in known
            ]
    return problems


def _check_theory(
    parts: Mapping[str, Any], scales: list[Scale], files: Mapping[str, YamlFile]
) -> list[Problem]:
    if "theory" not in parts:
        return []
    return check_theory(parts, scales, outcomes_of(scales), files["theory"])


def _check_units(parts: Mapping[str, Any], files: Mapping[str, YamlFile]) -> Iterator[Problem]:
    samples, sources = list(parts["study"].samples), parts["sources"]
    units, linking = parts["reports"].units, parts["study"].linking
    yield from check_units(units, samples, sources, files["reports"], files["sources"])
    yield from check_carried(units, linking.came_from if linking else (), sources, files["reports"])


def _check_practice(
    parts: Mapping[str, Any], scales: list[Scale], files: Mapping[str, YamlFile]
) -> Iterator[Problem]:
    practice = parts.get("practice")
    yield from check_practice_sources(practice, parts["sources"], files["sources"])
    if practice is not None:
        yield from check_practice(practice, [scale.id for scale in scales], files["practice"])


def _check_repeats(parts: Mapping[str, Any], files: Mapping[str, YamlFile]) -> list[Problem]:
    """Ids that occur twice within one list."""
    lists = (("sources", "sources"), ("scales", "scales"), ("scales", "own_keys"), ("plan", "entries"))
    problems = []
    for name, key in lists:
        seen: set[str] = set()
        for index, entry in enumerate(getattr(parts[name], key)):
            if entry.id in seen:
                problems.append(
                    Problem(
                        found=f"the id `{entry.id}` occurs twice",
                        where=files[name].where((key, index)),
                        expected="ids once",
                        action="rename one",
                    )
                )
            seen.add(entry.id)
    background = {b.name for b in parts["study"].background}
    problems += [
        Problem(
            found=f"the scale `{scale.id}` has the name of a background variable",
            where=files["scales"].where(("scales", index)),
            expected="one meaning for each name in formulas and exported tables",
            action="rename the scale, or the variable in study.yaml",
        )
        for index, scale in enumerate(parts["scales"].scales)
        if scale.id in background
    ]
    return problems
