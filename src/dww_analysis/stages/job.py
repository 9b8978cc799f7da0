"""One job: check that it is the planned one, load, call the stage, check again, save, and write its record.

A job's plan is three short hashes: of its slice of the configuration and the names of the files it reads, of the code
it rests on, and of the delivered files it reads (with the key of their pseudonyms). The workflow hands the planned ones
over; a job that finds others refuses, so that nothing made from a configuration that was there for a moment can count
as up to date.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import dww_analysis
from dww_analysis import storage
from dww_analysis.errors import ConfigError, ReportError, raise_all
from dww_analysis.opened import recording
from dww_analysis.parts import whole
from dww_analysis.stages import places
from dww_analysis.stages.closure import stage_hashes
from dww_analysis.stages.kept import Choice, Drawn, draw, save_drawn, tell_drawn
from dww_analysis.stages.left import Left, left_of
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.pieces import Piece
from dww_analysis.stages.places import PIECE_STAGE, Place
from dww_analysis.stages.project import Project, open_project
from dww_analysis.stages.slices import slice_hash
from dww_analysis.stages.stage import Made, Stage, Tables, save
from dww_analysis.stages.texts import texts_held
from dww_analysis.stages.versions import versions

ABSENT = "absent"  # in place of the checksum of a delivered file that is not there


@dataclass(frozen=True)
class Planned:
    """What a job is to be made from, as short hashes; `str` gives the form of the command line."""

    config: str
    code: str
    raw: str

    def __str__(self) -> str:
        return f"{self.config}-{self.code}-{self.raw}"

    @classmethod
    def parse(cls, text: str) -> Planned:
        """The plan in the form of the command line; ConfigError for another text."""
        parts = text.split("-")
        if len(parts) != len(fields(cls)) or not all(parts):
            raise ConfigError.of(
                found=f"the plan {text[:80]!r} is not one",
                where="--planned",
                expected="three hashes",
                action="leave it out to run by hand",
            )
        return cls(*parts)


@dataclass(frozen=True)
class Job:
    """One job of a project: a stage, and for which of its names."""

    project: Project
    stage: Stage
    name: str

    def at(self, place: Place) -> Path:
        """Where a result of it lies."""
        return place.at(self.project.paths, self.name)

    @property
    def places(self) -> Mapping[str, Place]:
        """Part -> where the stage keeps it."""
        return self.stage.places(self.project)


def load_stage(id: str) -> Stage:
    """The declaration of a stage; ConfigError for a name that is no stage."""
    try:
        found: Stage = import_module(f"dww_analysis.stages.{id}").STAGE
    except (ImportError, AttributeError):
        raise ConfigError.of(
            found=f"there is no stage `{id[:100]}`",
            where="the command line",
            expected="a stage of the workflow, such as score",
            action="`dww explain` names the steps of a study",
        ) from None
    return found


def plan_of(project: Project, stage: Stage, name: str, code: str = "") -> Planned:
    """What one job would be made from now: hashes of its slice of configuration and the names of what it reads of other
    stages, of its code, and of the delivered files it reads. code: the hash of its code, where it is known ("" else). A
    delivered file that is not there counts as absent."""
    read = sorted(project.paths.shown(path) for path in stage.files_read(project, name))
    return Planned(
        config=slice_hash(*stage.config(project, name), read),
        code=code or _code(stage),
        raw=raw_hash(project, stage, name),
    )


def codes(ids: Iterable[str]) -> Mapping[str, str]:
    """Stage -> the hash of its code now, from one look at the package. ids: of `register.STAGES`."""
    modules = {id: f"dww_analysis.stages.{id}" for id in ids}
    found = stage_hashes(modules.values())
    return {id: found[module] for id, module in modules.items()}


def _code(stage: Stage) -> str:
    return codes([stage.id])[stage.id]


def raw_hash(project: Project, stage: Stage, name: str) -> str:
    """A hash of the delivered files a job reads: their names and contents, whatever their time stamps. And of the key,
    where it gives their persons pseudonyms."""
    digest = hashlib.sha256(stage.key(project).encode())
    for path in stage.raw(project, name):
        found = storage.sha256_of(path) if path.is_file() else ABSENT
        digest.update(f"{project.paths.shown(path)}\0{found}\n".encode())
    return digest.hexdigest()[:16]


def run_job(
    paths: Paths, id: str, name: str, planned: Planned | None = None, choose: Choice | None = None
) -> None:
    """Do one job and save what it makes. ConfigError when it is not, or no longer, the planned one.

    Documents that are made one by one: those that cannot be made are refused when all others are saved. choose: of
    these, the folders that are wanted; then nothing but them is saved, and the job counts as not done.
    """
    stage = load_stage(id)
    with ExitStack() as held:
        with recording() as opened:
            project = _opened(paths, stage, name)
            held.enter_context(texts_held([*stage.files_read(project, name), *stage.raw(project, name)]))
            job, found = Job(project, stage, name), plan_of(project, stage, name)
            refuse_moved(planned or found, found, stage, name)
            left = _left(job)
            made = _made(job, left)
        drawn = _drawn(job, made, found.code, choose)
        now = replace(found, code=_code(stage), raw=raw_hash(project, stage, name))
        refuse_moved(found, now, stage, name)
        _save(job, made, drawn, choose)
        if choose is None:
            record = record_of_job(job, opened - left.files, found, made.warnings)
            storage.save_json(record, job.at(job.places["record"]))
            left.take_away()


def _opened(paths: Paths, stage: Stage, name: str) -> Project:
    """The study of a job; the job says whether that is still planned, and a piece is as its whole."""
    whole = load_stage(Piece.parse(name).stage) if stage.id == PIECE_STAGE else stage
    return open_project(paths.root, paths.study, planning=whole.planning)


def _save(job: Job, made: Made, drawn: Mapping[str, Drawn], choose: Choice | None) -> None:
    """Save what a job made, all but the record of it."""
    for part, documents in drawn.items():
        save_drawn(documents, job.at(job.places[part]), job.at(places.ledger_of(job.stage.id, part)))
    tell_drawn(job.project.paths, job.stage.id, job.name, drawn.values())
    if choose is None:
        _save_all(job, made)
    if choose is None and any(one.problems for one in drawn.values()):
        job.at(job.places["record"]).unlink(missing_ok=True)  # it is not done
    raise_all(dict.fromkeys(problem for one in drawn.values() for problem in one.problems), ReportError)


def _made(job: Job, left: Left) -> Made:
    """What the stage makes; of a job that was split, the parts that pieces left are taken from there."""
    stage, tables = job.stage, Tables(job.stage.reads(job.project, job.name))
    if stage.split is not None:
        return whole(stage.split.work(job.project, job.name, tables), left.parts)
    made = stage.run(job.project, job.name, tables)
    return made if isinstance(made, Made) else Made(made)


def _left(job: Job) -> Left:
    """What pieces of the job left for it; nothing of a stage that is not split."""
    if job.stage.split is None:
        return Left({}, frozenset())
    project, paths = job.project, job.project.paths
    read, checksum = job.stage.files_read(project, job.name), cache(storage.sha256_of)

    def fits(piece: Piece, record: Any) -> bool:
        pieces = load_stage(PIECE_STAGE)  # with all stages that are split: only where something was left
        if moved_parts(record, str(plan_of(project, pieces, str(piece)))):
            return False
        here = versions()  # the record of the job says that it rests on these alone
        return here.items() <= record.items() and not other_files(record, paths, read, checksum)

    return left_of(paths, job.stage.id, job.name, fits)


def _drawn(job: Job, made: Made, code: str, choose: Choice | None) -> dict[str, Drawn]:
    """Part -> what is stale of its documents, drawn."""
    return {
        part: draw(
            made.parts[part],
            job.at(place),
            job.at(places.ledger_of(job.stage.id, part)),
            code,
            choose,
        )
        for part, place in job.places.items()
        if place.kept
    }


def _save_all(job: Job, made: Made) -> None:
    for part, place in job.places.items():
        if part != "record" and not place.kept:
            save(made.parts[part], job.at(place))


def record_of_job(
    job: Job, opened: Iterable[Path], planned: Planned, warnings: Iterable[str]
) -> dict[str, Any]:
    """What a job says about itself: every file it opened with its checksum, the configuration and code it used, and
    the versions of the libraries it ran with.

    Values stage, name, inputs (path below the root -> SHA-256), config, code, raw, package, python, packages, seed
    and warnings. No clock time, host or absolute path is in it: those go to the log.
    """
    paths = job.project.paths
    return {
        "stage": job.stage.id,
        "name": job.name,
        "inputs": _checksums(
            paths, {*opened} - {places.PUBLISHED.at(paths)}
        ),  # what this run itself replaces
        "config": planned.config,
        "code": planned.code,
        "raw": planned.raw,
        "package": dww_analysis.__version__,
        **versions(),
        "seed": None if job.project.planning else job.project.files.study.seed,
        "warnings": list(warnings),
    }


def moved_parts(record: Any, planned: str) -> tuple[str, ...]:
    """Which parts of a job's plan (config, code, raw) are not what its record says; all where it does not say."""
    now = Planned.parse(planned)
    noted = record if isinstance(record, Mapping) else {}
    return tuple(f.name for f in fields(Planned) if noted.get(f.name) != getattr(now, f.name))


def other_files(
    record: Any, paths: Paths, read: Iterable[Path], checksum: Callable[[Path], str]
) -> list[str]:
    """Of the files of other stages that a job read, those that hold something else now than its record says, however
    old they look: put back from elsewhere, or edited. read: the declared ones; a file that is gone, or that the job did
    not open, is none of them."""
    inputs = record.get("inputs", {}) if isinstance(record, Mapping) else {}
    noted = {path: inputs.get(paths.shown(path)) for path in read if path.is_file()}
    return [paths.shown(path) for path, known in noted.items() if known and checksum(path) != known]


def _checksums(paths: Paths, opened: Iterable[Path]) -> Mapping[str, str]:
    return {paths.shown(path): storage.sha256_of(path) for path in sorted(opened) if path.is_file()}


def refuse_moved(planned: Planned, found: Planned, stage: Stage, name: str) -> None:
    """ConfigError when what the job would be made from is not what was planned; says which of the three it is."""
    moved = [words for part, words in _MOVED.items() if getattr(planned, part) != getattr(found, part)]
    if moved:
        raise ConfigError.of(
            found=f"{' and '.join(moved)} changed after the run had been planned",
            where=f"step {stage.id} {name}",
            expected="the same from the beginning of a run to its end",
            action="run again; nothing made from the change is kept",
        )


_MOVED = {
    "config": "the configuration",
    "code": "the code of the program",
    "raw": "a delivered file, or the key of the pseudonyms,",
}
