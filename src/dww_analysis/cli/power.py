"""`dww power`: what a trial of this design could find, before there are data. Nothing about persons is read."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from dww_analysis import storage
from dww_analysis.cli.messages import tell
from dww_analysis.cli.paths import Paths
from dww_analysis.cli.pool import done_in_pieces
from dww_analysis.config.power import LISTS as VARIED
from dww_analysis.errors import ConfigError, Problem, raise_all
from dww_analysis.language import Words
from dww_analysis.stages import power
from dww_analysis.stages.exit_codes import DONE
from dww_analysis.stages.project import Project, open_project
from dww_analysis.stages.stage import save

FILE = "power.yaml"
WHOLE = ("teams", "persons", "waves", "strata")
ONCE = {  # options of one number: what it may be, and an example
    "share": ("one number between 0 and 1", "0.3"),
    "rate": ("one number above 0", "2.4"),
    "dispersion": ("one number from 1", "1.5"),
}


@dataclass(frozen=True, eq=False)
class PowerFound:
    """The table, sentences in one language, and the files that were written; code: the exit code of jobs that were not
    all done, and then there is nothing else."""

    table: pd.DataFrame
    sentences: list[str]
    files: list[Path]
    code: int = DONE


def power_study(
    root: Path, study: str, given: Mapping[str, str], language: str, chunks: int = 1, profile: str = ""
) -> PowerFound:
    """Compute and write data/derived/<study>/power/: power.csv, a row for each combination, and a curve in each
    language.

    given: options of the command line as written ("12,16,24"); they go before power.yaml, and that before study.yaml.
    chunks: into how many pieces the grid is split; the files are the same. profile: of Snakemake, which does the
    pieces as jobs (`profiles.profile_of`); "": processes of this machine do. ConfigError, with all problems at once,
    for values that cannot be.
    """
    project = open_project(root, study, chunks, planning=True)
    settings = _settings(project.paths, given)
    varied = [[name, getattr(settings, name)] for name in VARIED]
    assumed = {"design": settings.design, "teams": settings.teams[0], **_same_for_all(settings)}
    tries = {"trials": settings.trials, "seed": settings.seed} if settings.trials else None
    grid = {"assumed": assumed, "varied": varied, "tries": tries}
    if profile:
        code = _by_jobs(project, grid, language, profile)
        if code != DONE:
            return PowerFound(pd.DataFrame(), [], [], code)
    else:
        _here(project, grid)
    files = [
        place.at(project.paths) for part, place in power.STAGE.places(project).items() if part != "record"
    ]
    table = storage.load_frame(files[0])
    return PowerFound(table, list(_sentences(table, settings, language)), files)


def _here(project: Project, grid: Mapping[str, Any]) -> None:
    """Do the grid in processes of this machine. The record of jobs goes: the files are not theirs any more."""
    import dww_analysis.effects.power_grid  # noqa: F401 - before processes are forked, which then have it

    made = done_in_pieces(partial(power.power_made, project, power.NAME, {"grid": grid}), project.chunks)
    for part, place in power.STAGE.places(project).items():
        path = place.at(project.paths, power.NAME)
        if part == "record":
            path.unlink(missing_ok=True)
        else:
            save(made.parts[part], path)


def _by_jobs(project: Project, grid: Mapping[str, Any], language: str, profile: str) -> int:
    """Let Snakemake do the grid, whose jobs read what is written down for them; its exit code. A piece that cannot be
    done stops no other."""
    from dww_analysis.cli.profiles import profile_of
    from dww_analysis.cli.run import do_jobs

    where = profile_of(profile)
    power.keep_grid(project, grid)
    code, _ = do_jobs(project, language, os.cpu_count() or 1, ["--keep-going"], where)
    return code


def _sentences(table: pd.DataFrame, settings: Any, language: str) -> Iterator[str]:
    """For every set of assumptions: the power with the most teams asked for, and how many teams 80 % takes."""
    from dww_analysis.figures.power import counted_level, power_lines

    words = Words(language)
    level = counted_level(table)
    for assumed, rows in power_lines(table, words):
        row = rows.loc[rows["teams"].idxmax()].to_dict()
        units = words.amount(level, row["teams"])
        if settings.unit == "person":
            persons = words.amount("person", row["persons"])
            units = tell(language, "power_drawn_persons", units=units, persons=persons)
        said = tell(
            language,
            f"power_said.{settings.design}",
            assumed=words.capital(assumed),
            units=units,
            effect=_size(row["effect"], settings, language, words),
            percent=words.percent(row["power"]),
        )
        said = f"{said} {_smallest(row, settings, level, language, words)}"
        if "trials" in row:
            said = f"{said} {_tried(row, settings, language, words)}"
        if pd.notna(row["teams_needed"]):
            needed = words.amount(level, int(row["teams_needed"]))
            yield f"{said} {tell(language, 'power_needed', needed=needed)}"
        else:
            yield f"{said} {tell(language, 'power_never', units=words.level_names(level))}"


def _smallest(row: Mapping[str, Any], settings: Any, level: str, language: str, words: Words) -> str:
    """The effect of which 80 % is found; or that no shares or rates differ by so much."""
    if not math.isnan(row["smallest_effect"]):
        smallest = _size(row["smallest_effect"], settings, language, words)
        units = words.level_names(level)
        return tell(language, f"power_smallest.{settings.design}", smallest=smallest, level=units)
    largest = -(settings.share or settings.rate) if row["effect"] < 0 else 1 - settings.share
    return tell(language, "power_no_smallest", largest=_size(largest, settings, language, words))


def _tried(row: Mapping[str, Any], settings: Any, language: str, words: Words) -> str:
    """What trials found, with two standard errors of it; where (nearly) all agree, with the share that as many trials
    miss once in twenty times (3 / trials, Hanley & Lippman-Hand 1983)."""
    margin = words.number(max(200 * row["error_of_trials"], 300 / row["trials"]), 1)
    trials, percent = words.count(int(row["trials"])), words.percent(row["power_in_trials"])
    effect = _size(row["effect"], settings, language, words)
    return tell(
        language,
        f"power_tried.{settings.design}",
        trials=trials,
        percent=percent,
        effect=effect,
        margin=margin,
    )


def _size(size: float, settings: Any, language: str, words: Words) -> str:
    """An effect in SD, as percentage points with the shares that it leads from and to (of leaving as a hazard ratio
    too), or as counts with both rates and their ratio."""
    if settings.share is not None:
        return _points(size, settings.share, bool(settings.hazard_ratio), language, words)
    if settings.rate is None:
        return f"{words.number(size, 2)} SD"
    rates = {
        "size": words.number(size, 2),
        "low": words.number(settings.rate, 2),
        "high": words.number(settings.rate + size, 2),
    }
    return tell(language, "power_rate", ratio=words.number(1 + size / settings.rate, 2), **rates)


def _points(size: float, share: float, hazards: bool, language: str, words: Words) -> str:
    near_an_end = any(0 < min(x, 1 - x) < 0.01 for x in (share, share + size))  # 0.2 % is not 0 %
    decimals = 1 if near_an_end or abs(size) < 0.01 else 0
    shares = {"low": words.percent(share, decimals), "high": words.percent(share + size, decimals)}
    said = tell(language, "power_points", points=words.number(100 * size, decimals), **shares)
    if not hazards or abs(share + size - 0.5) == 0.5:  # nobody leaves, or all: no ratio
        return said
    ratio = math.log1p(-share - size) / math.log1p(-share)
    return tell(language, "power_hazard", ratio=words.number(ratio, 2), points=said)


def _same_for_all(settings: Any) -> dict[str, Any]:
    """What is assumed once, not as a list."""
    drawn, transition = settings.unit or "team", settings.transition_waves or 0
    counts = {"rate": settings.rate, "dispersion": settings.dispersion or 1.0}
    same = {"alpha": settings.alpha, "share": settings.share, **counts}
    return {**same, "unit": drawn, "transition_waves": transition}


def _settings(paths: Paths, given: Mapping[str, str]) -> Any:
    from dww_analysis.config.power import PowerConfig
    from dww_analysis.config.strict import validate
    from dww_analysis.config.yaml_file import YamlFile, read_yaml

    target = paths.config / FILE
    name = paths.shown(target)
    file = read_yaml(target, name) if target.is_file() else YamlFile(target, name, {}, {})
    values = {} if file.values is None else file.values
    written = {k: v for k, v in given.items() if v}
    raise_all([p for k, v in written.items() for p in _unread(k, v)], ConfigError)
    if isinstance(values, dict):  # else it is refused as it stands
        values = {**values, **{k: _read(k, v) for k, v in written.items()}}
    where = f"options of `dww power`, or {name}" if written else name
    settings, problems = validate(PowerConfig, YamlFile(target, where, values, file.lines))
    raise_all(problems, ConfigError)
    assert settings is not None  # or there were problems
    return _of_outcome(_as_the_study(paths, _one_answer(settings)), where)


def _one_answer(settings: Any) -> Any:
    """Of leaving one wave, where none is given: whether somebody left is known once."""
    return settings.model_copy(update={"waves": settings.waves or [1]}) if settings.hazard_ratio else settings


def _of_outcome(settings: Any, where: str) -> Any:
    """The settings with the effect that a hazard ratio has on the share that leaves; and of counts, without `iac`, a
    person's correlation of at most what their dispersion allows. ConfigError where leaving cannot be compared so."""
    if settings.rate is not None and "iac" not in settings.model_fields_set:
        beyond_chance = 1 - 1 / (settings.dispersion or 1.0)
        return settings.model_copy(update={"iac": [min(*settings.iac, beyond_chance)]})
    if not settings.hazard_ratio:
        return settings
    if settings.design != "parallel_cluster" or settings.waves != [1]:
        waves = ", ".join(map(str, settings.waves))
        raise ConfigError.of(
            found=f"`hazard_ratio` with design {settings.design} and {waves} {'wave' if waves == '1' else 'waves'}",
            where=where,
            expected="design parallel_cluster and one wave: leaving is compared between arms side by side, and "
            "whether a person left over the follow-up is known once",
            action="give `--design parallel_cluster --waves 1`, or leave `hazard_ratio` out",
        )
    stay = 1 - settings.share
    return settings.model_copy(update={"effect": [stay - stay**ratio for ratio in settings.hazard_ratio]})


def _as_the_study(paths: Paths, settings: Any) -> Any:
    """Design, number of waves, what is drawn and the waves in transition as study.yaml has them, where they are not
    given; nothing else of the study is read."""
    from dww_analysis.config.strict import validate
    from dww_analysis.config.study import StudyConfig
    from dww_analysis.config.yaml_file import read_yaml

    target = paths.config / "study.yaml"
    absent = [f"--{name}" for name in ("design", "waves") if not getattr(settings, name)]
    if not target.is_file() and not absent:
        return settings
    if not target.is_file():
        raise ConfigError.of(
            found=f"no {' and no '.join(absent)}, and no study.yaml that has them",
            where=f"dww power; {paths.shown(paths.config / FILE)}",
            expected="a design and a number of waves",
            action=f"give {' and '.join(absent)}, e.g. `--design parallel_cluster --waves 2`, or write power.yaml",
        )
    study, problems = validate(StudyConfig, read_yaml(target, paths.shown(target)))
    raise_all(problems, ConfigError)
    assert study is not None  # or there were problems
    own = {
        "design": settings.design or study.design,
        "waves": settings.waves or [len(study.waves)],
        "unit": settings.unit or (study.allocation.unit if study.allocation else None),
    }
    if (
        settings.transition_waves is None
        and own["design"] == study.design == "stepped_wedge"
        and study.allocation
    ):
        own["transition_waves"] = study.allocation.transition_waves
    return settings.model_copy(update=own)


def _read(name: str, written: str) -> Any:
    if name in ("design", "unit"):
        return written
    if name in ONCE:
        return float(written)
    if name == "trials":
        return int(written)
    return [int(v) if name in WHOLE else float(v) for v in written.split(",")]


def _unread(name: str, written: str) -> Iterator[Problem]:
    try:
        _read(name, written)
    except ValueError:
        expected, example = "numbers with commas between them", "0.02,0.05"
        if name in ONCE:
            expected, example = ONCE[name]
        elif name == "trials":
            expected, example = "one whole number", "1000"
        elif name in WHOLE:
            expected, example = "whole numbers with commas between them", "12,16,24"
        option = f"--{name.replace('_', '-')}"
        yield Problem(
            found=f"{option} {written}",
            where="dww power",
            expected=expected,
            action=f"e.g. {option} {example}",
        )
