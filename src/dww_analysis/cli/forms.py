"""`dww forms`: a workbook for every unit, in which it writes back what it says, agrees on and counts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from dww_analysis import storage
from dww_analysis.cli.forms_kept import filled_in, merged
from dww_analysis.config.rules import unknown
from dww_analysis.config.yaml_file import text_of
from dww_analysis.domain.cycle import FREE_TEXTS, Action, CycleLevel
from dww_analysis.domain.sheets import UNIT_LEVELS
from dww_analysis.errors import ConfigError
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.documents.form import FormFor, FormSheet, build_form
from dww_analysis.reports.documents.sheet import folder_name
from dww_analysis.reports.render.form_book import form_book
from dww_analysis.stages import places
from dww_analysis.stages.cycles import outcome_names, units_of
from dww_analysis.stages.project import Project
from dww_analysis.stages.sheets import sample_of, settings_of

FOLDER = "forms"  # below the study's reports; no step makes it
HEAD = "# Add what came back to sources.yaml, below `sources:`.\n"


@dataclass(frozen=True)
class Forms:
    """The forms that a call made, those that it left alone because somebody had filled them in, and the lines for
    sources.yaml."""

    made: tuple[Path, ...]
    kept: tuple[Path, ...]
    sources: Path


def write_forms(project: Project, language: str | None, unit: str = "", round: int | None = None) -> Forms:
    """The forms, and beside them what to add to sources.yaml when they come back; the same bytes again.

    language: that of the report's first page where it is None. A form that was filled in where it lies stays, and so
    do lines that earlier calls proposed. ConfigError with all that is wrong: no run yet, a unit or a round that is not
    there.
    """
    language = language or project.files.reports.languages[0]
    answers = _answers(project)
    wave = _wave(project, answers, round)
    labels = Labels(project.files.study, project.files.outcomes(), Words(language))
    actions, outcomes = _actions(project), tuple(_outcomes(project))
    folder = project.paths.reports / FOLDER
    made, kept, proposed = [], [], {}
    for level, name in _units(project, answers, unit):
        own = actions[(actions["level"] == level) & (actions["unit"] == name)]
        sheets = level in UNIT_LEVELS and settings_of(project) is not None
        form = build_form(FormFor(level, name, wave, outcomes, tuple(_as_actions(own)), sheets), labels)
        file = f"{_named(level, name)}-r{wave}.{language}.xlsx"  # next to the form of another round
        if filled_in(folder / file):
            kept.append(folder / file)
        else:
            made.append(storage.save_bytes(form_book(form), folder / file))
        for sheet in form.sheets:
            id = _source_id(sheet, level, name, wave)
            proposed[id] = _source(sheet, id, file)
    sources = folder / f"sources.{language}.yaml"
    earlier = text_of(sources, project.paths.shown(sources)) if sources.is_file() else ""
    text = merged(earlier, proposed, HEAD)
    if text != earlier:
        storage.save_text(text, sources)
    return Forms(tuple(made), tuple(kept), sources)


def _answers(project: Project) -> pd.DataFrame:
    """The Measurements of the people whom teams are made of."""
    if project.of_sessions:
        raise ConfigError.of(
            found="a study of sessions only has nobody who writes back",
            where=project.paths.shown(project.paths.config),
            expected="answers, which say which teams and organisations there are",
            action="use the documents of its sessions",
        )
    path = places.MEASUREMENTS.at(project.paths)
    if not path.is_file():
        raise ConfigError.of(
            found="there are no measurements yet",
            where=project.paths.shown(path),
            expected="a finished run: it says which teams and organisations there are",
            action=f"dww run {project.paths.study}",
        )
    answers = storage.load_frame(path)
    return answers[answers["sample"] == sample_of(project)]


def _wave(project: Project, answers: pd.DataFrame, wanted: int | None) -> int:
    if wanted is None:
        return int(answers["wave"].max())
    waves = [w.number for w in project.files.study.waves]
    if wanted not in waves:
        raise ConfigError([unknown("round", str(wanted), map(str, waves), "--round")])
    return wanted


def _units(project: Project, answers: pd.DataFrame, wanted: str) -> list[tuple[CycleLevel, str]]:
    """(level, name) of every unit, or of those with one name; the study last."""
    path = places.ALLOCATION.at(project.paths)
    allocation = storage.load_frame(path) if project.files.study.has_arms else None
    units, _ = units_of(project, answers, allocation)
    every: list[tuple[CycleLevel, str]] = [("team", n) for n in units["team"]]
    every += [("organisation", n) for n in units["organisation"]]
    every.append(("study", project.files.study.id))
    found = [(level, name) for level, name in every if wanted in ("", name)]
    if not found:
        raise ConfigError([unknown("unit", wanted, [name for _, name in every], "--unit")])
    return found


def _actions(project: Project) -> pd.DataFrame:
    """What units agreed on before, as the run read it; empty where none did."""
    place = places.CYCLE["actions"]
    path = place.at(project.paths)
    if not project.cycle_sources("actions") or not path.is_file():
        return pd.DataFrame(columns=list(place.declared().names))
    return storage.load_table(path, place.declared())


def _as_actions(rows: pd.DataFrame) -> Iterator[Action]:
    return (Action(**{**row, "round": int(row["round"])}) for row in rows.to_dict("records"))


def _outcomes(project: Project) -> Iterator[str]:
    """Scales, and of those without a total their subscales: what a sheet shows."""
    whole = {s.id for s in project.files.outcomes() if s.key is None or s.key.total}
    for name in outcome_names(project):
        scale = name.split(".")[0]
        if (name == scale) == (scale in whole):
            yield name


def _named(level: str, unit: str) -> str:
    return f"{level}-{folder_name(unit)}"


def _source_id(sheet: FormSheet, level: str, unit: str, wave: int) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", f"{sheet.kind}_{_named(level, unit)}_r{wave}".lower())


def _source(sheet: FormSheet, id: str, file: str) -> str:
    """The lines of sources.yaml for one sheet of a form that came back."""
    columns = ", ".join(f"{c.ours}: {_quoted(c.heading)}" for c in sheet.columns)
    texts = ", ".join(FREE_TEXTS[sheet.kind])
    return (
        f"  - id: {id}\n    file: {file}\n    kind: {sheet.kind}\n    options: {{sheet: {_quoted(sheet.name)}}}\n"
        f"    columns: {{{columns}}}\n    texts: [{texts}]\n"
    )


def _quoted(text: str) -> str:
    """A text as YAML in double quotes."""
    return json.dumps(text, ensure_ascii=False)
