"""What the Snakefile knows of a study: the jobs of each stage, what they read and make, and their plans.

Snakemake compares parameters between runs. Each job has one: the plan it was made from (`job.Planned`), so that
changing a colour refits no model, and correcting one key rescores one scale.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from dww_analysis import storage
from dww_analysis.errors import ConfigError
from dww_analysis.stages.job import codes, moved_parts, other_files, plan_of
from dww_analysis.stages.kept import all_there
from dww_analysis.stages.order import Step, urgency
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.places import Place, ledger_of
from dww_analysis.stages.project import Project, open_project
from dww_analysis.stages.register import jobs, stage, stages_of

PLANS = "plans.json"  # in the logs folder: what the run that is busy has planned
READ = "read"  # what moved, where it is a file of another step
MOVED = "was changed while the run was busy"
Wildcards = Any  # of Snakemake: has the attribute `name`


@dataclass(frozen=True)
class Workflow:
    """One study as the rules see it; paths are relative to the working directory."""

    project: Project
    _planned: dict[Step, str] = field(default_factory=dict)

    @classmethod
    def open(cls, study: str, chunks: int = 1, planning: bool = False) -> Workflow:
        """The study with this name, in this folder; ConfigError for a name that is none. chunks: how many pieces a job
        is split into, where its stage can be. planning: what is done before there is a study, instead of it."""
        return cls(open_project(Path.cwd(), study, chunks, planning))

    @property
    def planning(self) -> bool:
        """Whether the study is still planned: rules of its data have no jobs, and cannot be told any."""
        return self.project.planning

    @property
    def study(self) -> str:
        return self._paths.study

    @property
    def same_interpreter(self) -> str:
        """Shell prefix that puts the interpreter that runs Snakemake first; not a parameter, so that another virtual
        environment with the same code makes nothing stale."""
        return f'PATH="{Path(sys.executable).parent}:$PATH"; '

    @property
    def _paths(self) -> Paths:
        return self.project.paths

    def names(self, id: str) -> list[str]:
        """The jobs of a stage; none where the study has no such thing."""
        return list(stage(id).names(self.project))

    def reads(self, id: str) -> Callable[[Wildcards], list[str]]:
        """For a rule's input: wildcards -> the files that a job of the stage reads, delivered ones that are declared,
        those of other stages, and of pieces of it; paths below the root."""
        found = stage(id)

        def files(wildcards: Wildcards) -> list[str]:
            name = self._name(id, wildcards)
            paths = [*found.raw(self.project, name), *found.files_awaited(self.project, name)]
            return [self._paths.shown(path) for path in paths]

        return files

    def makes(self, id: str) -> list[str]:
        """For a rule's output: the files and folders that a stage makes, with the wildcard `{name}` where it has
        several jobs; kept folders are left out."""
        return [self._output(id, place) for place in stage(id).tracked(self.project)]

    def _output(self, id: str, place: Place) -> str:
        from snakemake.io import directory

        one_of = "|".join(re.escape(name) for name in self.names(id)) or "(?!)"
        name = self._only(id) or f"{{name,{one_of}}}"
        path = place.tracked(self._paths).replace("{name}", name)
        return directory(path) if place.folder and not place.seen_as else path

    def _only(self, id: str) -> str:
        """The name of the one job of a stage whose results have no name of their own; "" for other stages."""
        places = stage(id).tracked(self.project)
        several = all("{name}" in place.pattern for place in places)
        return "" if several else next(iter(self.names(id)), "none")

    def _name(self, id: str, wildcards: Wildcards) -> str:
        return self._only(id) or str(wildcards.name)

    def log(self, id: str) -> str:
        """Where a job says what happened, below the root, with the wildcard `{name}` where the stage has several
        jobs."""
        return f"{self._paths.shown(self._paths.logs)}/{id}.{self._only(id) or '{name}'}.log"

    def plan(self, id: str) -> Callable[[Wildcards], str]:
        """For a rule's parameter: wildcards -> the plan of the job, hashes of its configuration, its code and the
        delivered files it reads, as `Planned` writes it."""
        return lambda wildcards: self._plan(id, self._name(id, wildcards))

    def _plan(self, id: str, name: str) -> str:
        if (id, name) not in self._planned:
            self._planned.update(plans(self.project))
        return self._planned[id, name]

    def priority(self, rule: str) -> int:
        """How urgent the jobs of a rule are (`order.urgency`); 0 for a rule that is no stage."""
        return self._urgency.get(rule, 0)

    @cached_property
    def _urgency(self) -> Mapping[str, int]:
        return urgency(self.project)

    def moved(self) -> dict[Step, tuple[str, ...]]:
        """Jobs with results from another plan than now, and which parts of the plan moved (all, when it is not known);
        `READ` alone for jobs of the same plan that read a file of another step which holds something else now.

        Snakemake compares plans by notes of its own, and files by their times; results that came without them (a
        restored folder, an older version) would count as up to date.
        """
        found, checksum = {}, cache(storage.sha256_of)
        for id, name in jobs(self.project):
            path = self.record(id, name)
            if not path.is_file():
                continue
            record, read = storage.load_json(path), stage(id).files_read(self.project, name)
            parts = moved_parts(record, self._plan(id, name))
            if parts or other_files(record, self._paths, read, checksum):
                found[id, name] = parts or (READ,)
        return found

    def record(self, id: str, name: str) -> Path:
        """Where a job says what it was made from."""
        return stage(id).places(self.project)["record"].at(self._paths, name)

    def forget_moved(self) -> None:
        """Take away the records of jobs that moved, and of those whose documents are gone, so that these are done
        again."""
        for id, name in {**self.moved(), **dict.fromkeys(self.without_documents())}:
            self.record(id, name).unlink(missing_ok=True)

    def without_documents(self) -> Iterator[Step]:
        """Jobs of which a document that they made one by one is not there any more."""
        for id, name in jobs(self.project):
            for part, place in stage(id).places(self.project).items():
                ledger = ledger_of(id, part).at(self._paths, name)
                if place.kept and not all_there(place.at(self._paths, name), ledger):
                    yield id, name

    def keep_plans(self) -> None:
        """Write down the plans of all jobs, for processes that do one job of this run on another machine."""
        self._planned.update(plans(self.project))
        kept = {f"{id} {name}": plan for (id, name), plan in self._planned.items()}
        storage.save_json(kept, self._paths.logs / PLANS)

    def take_plans(self) -> None:
        """Use the plans of the run that this process does one job of; without its file they are computed
        (`keep_plans` writes it)."""
        if (self._paths.logs / PLANS).is_file():
            for job, plan in storage.load_json(self._paths.logs / PLANS).items():
                id, _, name = job.partition(" ")
                self._planned[id, name] = plan

    def command(self, id: str) -> str:
        """The shell command of a job, with `{wildcards.name}`, `{params.plan}` and `{log}` for Snakemake to fill. What
        passes has no plan there: Snakemake would remember it and do again for its sake what is long done; the job that
        takes it in looks whether it fits."""
        job = f"--study {self.study} stage {id} {self._only(id) or '{wildcards.name}'}"
        planned = "" if stage(id).passing else " --planned {params.plan}"
        return f"python3 -m dww_analysis {job}{planned} > {{log}} 2>&1"

    def refuse_moved(self) -> None:
        """ConfigError when configuration, code or delivered files are not what they were when the run was planned."""
        now = open_project(self._paths.root, self.study, self.project.chunks, self.planning)
        refuse_moved(self._planned, plans(now))

    def results(self) -> list[str]:
        """All that jobs make and that stays: what a run is for. A result that was taken away is made again."""
        wanted: list[str] = []
        for id, name in jobs(self.project):
            if stage(id).passing:
                continue
            places = stage(id).tracked(self.project)
            wanted += [place.tracked(self._paths).replace("{name}", name) for place in places]
        return wanted


def plans(project: Project) -> Mapping[Step, str]:
    """(stage, name) -> plan, of every job of a study as things are now."""
    code = codes(stages_of(project))
    return {(id, name): str(plan_of(project, stage(id), name, code[id])) for id, name in jobs(project)}


def refuse_moved(before: Mapping[Step, str], after: Mapping[Step, str]) -> None:
    """ConfigError when the plan of a job is not what it was."""
    moved = [f"{id} {name}" for (id, name), plan in before.items() if after.get((id, name)) != plan]
    if moved:
        raise ConfigError.of(
            found=f"the configuration, the code, a delivered file or the key of the pseudonyms {MOVED}",
            where=f"{len(moved)} step(s), such as {moved[0]}",
            expected="the same from the beginning of a run to its end",
            action="run again: the steps that rest on the change are done again",
        )
