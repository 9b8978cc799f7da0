"""`dww add`: files of a later wave, or other records, for a study that is there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from dww_analysis.cli.add_practice import extended
from dww_analysis.cli.known_words import known_lists, known_networks
from dww_analysis.cli.new import look_at, refuse_overwriting, write_study
from dww_analysis.cli.paths import command
from dww_analysis.config.insert import append_entries, append_keys, replace_line
from dww_analysis.domain.study import Source
from dww_analysis.domain.written import is_open
from dww_analysis.errors import ConfigError, Problem, raise_all
from dww_analysis.guess import Delivered, Known, add_to, delivered
from dww_analysis.guess.added import Added, KnownStudy
from dww_analysis.guess.records import Draft
from dww_analysis.guess.roles import ROLES
from dww_analysis.guess.write import design_lines, set_lines, source_lines, wave_line
from dww_analysis.stages.deliveries import Delivery
from dww_analysis.stages.project import Project


def add_files(project: Project, files: Sequence[Path], options: Sequence[str] = ()) -> list[str]:
    """Lines that say what was added. options: readers' options as typed, `FILE:NAME=VALUE` or `NAME=VALUE`.

    Refused with nothing written: a study or a file that cannot be read (ConfigError, SourceError, all problems at
    once), a file that the study has already, records of networks, a second list of teams.
    """
    paths, study = project.paths, project.files.study
    _refuse_known(project, files)
    refuse_overwriting(paths, files, "dww add")
    looked = look_at(files, options)
    looks = looked.looks
    _refuse_open(looks)
    sources = project.files.sources
    known = [_known(project, s) for s in project.answer_sources()]
    lists, networks = known_lists(project), known_networks(project)
    so_far = KnownStudy(len(study.waves), [s.id for s in sources], _sets(project), lists, networks)
    added = add_to(known, looks, so_far)
    _refuse_second_list(project, added)
    practice, told = extended(project, added.practice, added.networks)
    texts = {**_texts(project, added), **practice}
    copied = write_study(paths, looked.files, texts)
    return [
        f"Added to {paths.shown(paths.config)}/sources.yaml: " + ", ".join(s.id for s in added.sources),
        *(f"Added to {paths.shown(paths.config)}/study.yaml: wave {number}" for number in added.waves),
        f"Copied to {paths.shown(paths.raw)}: " + ", ".join(copied),
        *told,
        *looked.said,
        *added.said,
        *_about_plan(project, added),
        "Lines with GUESS are guesses: look at each one, correct it, delete the mark.",
        f"Then: {command(paths.root, 'check', paths.study)}",
    ]


def _refuse_known(project: Project, files: Sequence[Path]) -> None:
    """ConfigError for a file that a source of the study names already."""
    named = {s.file for s in project.files.sources}
    for file in files:
        if file.name in named:
            raise ConfigError.of(
                found=f"the study has a source with the file {file.name}",
                where=project.paths.shown(project.paths.config) + "/sources.yaml",
                expected="files that are new",
                action="leave it out; a new delivery of the same wave takes its place in data/raw, with its own sha256",
            )


def _refuse_open(looks: Sequence[Delivered]) -> None:
    """ConfigError for files that can be read once an option is chosen: nothing of them can be added before."""
    raise_all(
        [
            Problem(
                found=str(said).removeprefix("? "),
                where=f"{file.file}, option {name}",
                expected="one choice",
                action=f"say it: --option {file.file}:{name}=VALUE",
            )
            for file in looks
            if file.data is None
            for name, said in file.options.items()
            if is_open(said)
        ],
        ConfigError,
    )


def _refuse_second_list(project: Project, added: Added) -> None:
    """ConfigError for a list of arms beside another: a study reads one."""
    lists = [s.file for s in project.files.sources if s.kind == "allocation"]
    lists += [s.file for s in added.sources if s.kind == "allocation"]
    if len(lists) > 1:
        raise ConfigError.of(
            found=f"{lists[-1]} is a list of arms, and so is {lists[0]}",
            where=project.paths.shown(project.paths.config) + "/sources.yaml",
            expected="one list of arms, the one that `allocation` in study.yaml names",
            action="leave it out; a new list takes the place of the old one in data/raw, with its own sha256",
        )


def _known(project: Project, source: Source) -> Known:
    """A source of the study as it was delivered."""
    table = Delivery(project, source).table()
    file = delivered(source.file, source.sha256 or "", table.format, table.data, table.variables)
    roles = {role: source.columns[role] for role in ROLES if role in source.columns}
    columns = {source.apart.get(ours, ours): theirs for ours, theirs in source.columns.items()}
    return Known(file, columns, roles, source.recode)


def _sets(project: Project) -> dict[str, dict[str, str]]:
    """The recode sets of sources.yaml, as they are written."""
    values = yaml.safe_load((project.paths.config / "sources.yaml").read_text(encoding="utf-8-sig"))
    sets = values.get("recode_sets") or {}
    return {str(name): {str(k): str(v) for k, v in codes.items()} for name, codes in sets.items()}


def _texts(project: Project, added: Added) -> dict[str, str]:
    """The new texts of study.yaml and sources.yaml."""
    folder = project.paths.config
    study = (folder / "study.yaml").read_text(encoding="utf-8-sig")
    sources = (folder / "sources.yaml").read_text(encoding="utf-8-sig")
    shown = project.paths.shown(folder)
    waves = [wave_line(number) for number in added.waves]
    study = append_entries(study, "waves", waves, f"{shown}/study.yaml")
    if _brings_arms(project, added):
        draft = Draft("", "", (), added.sources, (), arms=added.arms)
        study = replace_line(study, "design", design_lines(draft))
    sources = append_keys(sources, "recode_sets", set_lines(added.words, added.sources))
    lines = [line for source in added.sources for line in source_lines(source)]
    sources = append_entries(sources, "sources", lines, f"{shown}/sources.yaml")
    return {"study.yaml": study, "sources.yaml": sources}


def _brings_arms(project: Project, added: Added) -> bool:
    return added.arms is not None and len(added.arms.arms) == 2 and not project.files.study.has_arms


def _about_plan(project: Project, added: Added) -> list[str]:
    """Entries whose formula is about one wave, now that there are more."""
    one_wave = [e.id for e in project.files.plan.entries if e.formula and "wave" not in e.formula]
    lines = (
        [f"plan.yaml: {', '.join(one_wave[:8])}: the formula has no wave; look at it"]
        if added.waves and one_wave
        else []
    )
    if _brings_arms(project, added):
        lines.append(
            "plan.yaml: without `formula` and `term` an entry gets the model of the design with arms"
        )
    return lines
