"""The documents that a person can ask for by name: which results of the workflow they are, and where they lie.

What reports.yaml lists under `documents` is made by the step of that name; other documents are rows of `OTHERS`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from dww_analysis.domain.report import Document
from dww_analysis.domain.sheets import UNIT_LEVELS
from dww_analysis.errors import ConfigError, Problem, raise_all
from dww_analysis.stages.places import Place
from dww_analysis.stages.project import Project
from dww_analysis.stages.register import stage

WHERE = "the command line"
ALL_SIDES = "report"  # the page that remembers what readers have
UNITS = "units: {release: after_last_wave}"


@dataclass(frozen=True)
class Target:
    """A document by its name on the command line.

    stage: the step that makes it. parts: which of its results; all that lie in the reports where none is named. below:
    of a folder, the files that are the document. add: what reports.yaml (or another file) needs for it. published:
    whether it prints what readers of the report get, which the report's page keeps for the next publication.
    comes_with: another document, with which it is made and named where the study has it.
    """

    name: str
    stage: str
    parts: tuple[str, ...] = ()
    below: str = "**/*"
    add: str = ""
    published: bool = True
    comes_with: str = ""

    def places(self, project: Project) -> list[Place]:
        """Where it lies; none where the study does not make it."""
        found = stage(self.stage)
        if not found.names(project):
            return []
        made = {part: place for part, place in found.places(project).items() if place.root == "reports"}
        return [place for part, place in made.items() if part in (self.parts or made)]

    def tracked(self, project: Project) -> list[Place]:
        """By what the workflow knows it: its files, or the record of the job that makes them one by one."""
        made = self.places(project)
        kept = [place for place in made if place.kept]
        known = [place for place in made if not place.kept]
        return [*known, stage(self.stage).places(project)["record"]] if kept else known

    def names(self, project: Project, languages: Sequence[str]) -> list[str]:
        """The jobs that make it: those of these languages, where there is one a language, else all that the stage has
        names for. [] where the study does not make it."""
        names = list(stage(self.stage).names(project))
        known = project.files.reports.languages
        return [name for name in names if name in languages or name not in known]


OTHERS = (
    Target("report", "report", ("pages",), add="sources of answers or of sessions in sources.yaml"),
    Target("article", "article", add="`documents: [report]` in reports.yaml", comes_with="report"),
    *(
        Target(
            level, "sheets", ("sheets",), f"{level}-*/sheet.*", f"`{UNITS}` in reports.yaml", published=False
        )
        for level in UNIT_LEVELS
    ),
    Target("session", "report", ("session_pages",), add="practice.yaml with `sessions`, and their sources"),
    Target("network", "report", ("network_pages",), add="practice.yaml with `networks`, and their sources"),
)


def documents() -> dict[str, Target]:
    """Name -> document, of all that there are: rows of `OTHERS`, and what reports.yaml can list, which a step of that
    name makes."""
    others = {made.name: made for made in OTHERS}
    listed = [Target(name, name, add=f"`documents: [{name}]` in reports.yaml") for name in get_args(Document)]
    return {**others, **{made.name: made for made in listed if made.name not in others}}


@dataclass(frozen=True)
class Request:
    """What somebody wants: documents, languages and units. Built by `asked`, which refuses what the study has not."""

    documents: tuple[Target, ...]
    languages: tuple[str, ...]
    units: tuple[str, ...] = ()

    def targets(self, project: Project) -> list[str]:
        """The results that the workflow is to make, in order and once each; of some units, all that their documents
        are made of: `chosen` says which of them are."""
        if self.units:
            return self._made_of(project)
        wanted = list(self.documents)
        if any(made.published for made in wanted):
            wanted.append(documents()[ALL_SIDES])
        found = [
            place.tracked(project.paths).replace("{name}", name)
            for made in wanted
            for place in made.tracked(project)
            for name in made.names(project, self.languages)
        ]
        return list(dict.fromkeys(found))

    def _made_of(self, project: Project) -> list[str]:
        files = [f for id, name in self.steps(project) for f in stage(id).files_read(project, name)]
        return list(dict.fromkeys(project.paths.shown(file) for file in files))

    def steps(self, project: Project) -> list[tuple[str, str]]:
        """(step, name) of the jobs that make the documents."""
        named = [(one.stage, n) for one in self.documents for n in one.names(project, self.languages)]
        return list(dict.fromkeys(named))

    def chosen(self, folders: Collection[str]) -> list[str]:
        """Those of the folders of units that were asked for; ConfigError for a unit that has none."""
        self._refuse_units(folders)
        return [folder for folder in folders if folder in self._folders]

    def files(self, project: Project) -> list[Path]:
        """The files that were asked for, as they lie there; ConfigError for a unit that has no sheet."""
        found = [path for made in self.documents for path in _files(made, project, self.languages)]
        if not self.units:
            return found
        self._refuse_units({path.parent.name for path in found})
        return [path for path in found if path.parent.name in self._folders]

    @property
    def _folders(self) -> dict[str, str]:
        """Folder -> the unit it is of, for the levels that were asked for."""
        from dww_analysis.reports.documents.sheet import folder_name

        levels = [made.name for made in self.documents]
        return {f"{level}-{folder_name(unit)}": unit for level in levels for unit in self.units}

    def _refuse_units(self, there: Collection[str]) -> None:
        absent = [
            unit for unit in self.units if not any(f in there for f, u in self._folders.items() if u == unit)
        ]
        known = ", ".join(sorted(there)) or "(no unit has a sheet)"
        raise_all(
            [
                Problem(
                    found=f"there is no sheet of `{unit[:100]}`",
                    where=WHERE,
                    expected=f"a unit of which something may be shown: {known}",
                    action="give the name after the level, such as T17 of team-T17",
                )
                for unit in absent
            ],
            ConfigError,
        )


def asked(
    project: Project, names: Sequence[str] = (), units: Sequence[str] = (), languages: Sequence[str] = ()
) -> Request:
    """What is wanted: all that the study makes where nothing is named. ConfigError, with all that is wrong, for a name
    that no document has, a document that the study does not make, and a language or unit where there is none."""
    problems = [*_unknown(names), *_not_made(project, names), *_languages(project, languages)]
    wanted = [made for made in documents().values() if {made.name, made.comes_with} & set(names) or not names]
    made = [one for one in wanted if one.places(project)]
    if units:
        made = [one for one in made if one.name in UNIT_LEVELS]
        problems += _no_units(names, made)
    raise_all(problems, ConfigError)
    return Request(tuple(made), tuple(languages) or project.files.reports.languages, tuple(units))


def _unknown(names: Sequence[str]) -> Iterator[Problem]:
    known = documents()
    for name in (n for n in names if n not in known):
        yield Problem(
            found=f"there is no document `{name[:100]}`",
            where=WHERE,
            expected=f"one of {', '.join(known)}",
            action="check the name after --only",
        )


def _not_made(project: Project, names: Sequence[str]) -> Iterator[Problem]:
    for name, made in documents().items():
        if name in names and not made.places(project):
            yield Problem(
                found=f"the study `{project.paths.study}` makes no {name}",
                where=project.paths.shown(project.paths.config),
                expected=made.add,
                action="add that, and run again",
            )


def _languages(project: Project, languages: Sequence[str]) -> Iterator[Problem]:
    known = project.files.reports.languages
    for language in (found for found in languages if found not in known):
        yield Problem(
            found=f"the reports of `{project.paths.study}` are not in {language!r}",
            where=f"{project.paths.shown(project.paths.config)}/reports.yaml, languages",
            expected=f"one of {', '.join(known)}",
            action="add the language, or leave --lang out",
        )


def _no_units(names: Sequence[str], made: Sequence[Target]) -> Iterator[Problem]:
    other = [name for name in names if name in documents() and name not in UNIT_LEVELS]
    if other or not made:
        yield Problem(
            found=f"{', '.join(other)} is not about a unit"
            if other
            else "no document of this study is about a unit",
            where=f"{WHERE}, --unit",
            expected=f"--unit with {' or '.join(UNIT_LEVELS)}, in a study with `{UNITS}` in reports.yaml",
            action="leave --unit out, or ask for the sheets of units",
        )


def _rank(path: Path) -> tuple[str, int, str]:
    """The order of files in a folder: pages before PDFs before what else there is."""
    forms = (".html", ".pdf")
    return str(path.parent), forms.index(path.suffix) if path.suffix in forms else len(forms), path.name


def _files(made: Target, project: Project, languages: Sequence[str]) -> Iterator[Path]:
    """The files of a document in these languages, pages before PDFs."""
    others = set(project.files.reports.languages) - set(languages)
    for name in made.names(project, languages):
        for place in made.places(project):
            path = place.at(project.paths, name)
            if place.seen_as:
                path = path / place.seen_as
            inside = sorted(path.glob(made.below), key=_rank) if path.is_dir() else [path]
            yield from (p for p in inside if p.is_file() and not others & set(p.name.split(".")))
