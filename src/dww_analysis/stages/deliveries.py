"""Delivered files as stages meet them: the declared file, its table, and the pseudonyms of its persons."""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd

from dww_analysis import storage
from dww_analysis.delivery.rows import rows_of_source
from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.study import Source
from dww_analysis.errors import DwwError, Problem, SourceError, raise_all
from dww_analysis.stages.project import Project

BESIDE = ("structure", "catalog")  # options that name further files of the same delivery
KEPT_BYTES = 4_000_000  # of a delivery that is kept in memory once it was read


@dataclass(frozen=True)
class Delivery:
    """One declared source of a project, opened: where its file is and how it is read."""

    project: Project
    source: Source

    @classmethod
    def of(cls, project: Project, name: str) -> Delivery:
        """The delivery of the source of that id; ConfigError for an id that sources.yaml has not."""
        return cls(project, project.source(name))

    @property
    def files(self) -> list[Path]:
        """The delivered file, and further files that its options name. They need not be there."""
        return [self.project.paths.raw / name for name in (self.source.file, *self._beside)]

    @property
    def _beside(self) -> list[str]:
        return [str(self.source.options[b]) for b in BESIDE if b in self.source.options]

    def file(self) -> Path:
        """The delivered file, inside the study's raw folder and with the declared checksum; SourceError otherwise."""
        path = storage.delivered_path(self.project.paths.raw, self.source.file)
        if self.source.sha256 is not None:
            storage.verify_checksum(path, self.source.sha256)
        return path

    def beside(self) -> list[Path]:
        """Further files that its options name, inside the study's raw folder; SourceError for one that is not there."""
        return [storage.delivered_path(self.project.paths.raw, name) for name in self._beside]

    def table(self) -> storage.Table:
        """The delivered table, with variables and lines of the file. A small file is read once for a project; who
        asks gets a table of its own. SourceError for a file that is not there, is another than its sha256 says, or
        cannot be read under its options."""
        path = self.file()
        files = [path, *self.beside()]
        states = [file.stat() for file in files]
        if sum(state.st_size for state in states) > KEPT_BYTES:
            return self._read(path)
        # by the time of any change: a file that was put back with an old time stamp is another
        when = tuple((str(f), s.st_ctime_ns, s.st_ino, s.st_size) for f, s in zip(files, states, strict=True))
        key = (when, self.source.format, repr(self.source.options), repr(self.source.rows))
        kept = self.project.kept
        if key not in kept:
            kept[key] = self._read(path)
        return deepcopy(kept[key])

    def delivered(self) -> DeliveredTable:
        """The same with the source that declares it."""
        table = self.table()
        return DeliveredTable.of(table.data, self.source, table.variables, table.lines)

    def _read(self, path: Path) -> storage.Table:
        options = dict(self.source.options)
        if self.source.format != "auto":
            options["format"] = self.source.format
        table = storage.read_table(path, **options)
        return table if self.source.rows is None else rows_of(table, self.source)

    def lines(self) -> list[str]:
        """The delivered lines of an app log, as text without line ends. SourceError as for `table`."""
        return storage.read_lines(self.file(), **self.source.options)

    def frame(self) -> pd.DataFrame:
        """The file as a table; of an app log one row a statement, with paths such as actor.name as columns."""
        if self.source.kind != "events":
            return self.table().data
        from dww_analysis.exposure.statements import flattened

        return flattened(self.lines())

    @property
    def person_column(self) -> str | None:
        """The column of `frame` with the codes of persons."""
        return "actor.account.name" if self.source.kind == "events" else self.source.columns.get("person")

    def pseudonymise(self) -> Callable[[str], str]:
        """code -> pseudonym, for the persons of this source's sample. DisclosureError where a private study has no
        key that is safe."""
        return partial(pseudonymiser(self.project), self.source.sample)


def rows_of(table: storage.Table, source: Source) -> storage.Table:
    """The rows of a table that belong to the source, in a file with several waves below each other."""
    keep = rows_of_source(table.data, source)
    data = table.data[keep].reset_index(drop=True)
    data.attrs.update(table.data.attrs, delivered_rows=len(keep))
    lines = table.lines[keep] if len(table.lines) == len(keep) else table.lines
    return replace(table, data=data, lines=lines)


def raw_files(project: Project, name: str) -> list[Path]:
    """What one source's job reads of the delivery; the files need not be there. `raw` of stages with a job per
    source."""
    return Delivery.of(project, name).files


def key_mark(project: Project) -> str:
    """Which key makes the pseudonyms of the study, for the plans of stages that make them: a mark that tells keys
    apart and nothing else of them. `key` of these stages."""
    from dww_analysis.privacy import pseudonyms

    return pseudonyms.key_mark(project.files.study, os.environ, Path.home())


def pseudonymiser(project: Project) -> Callable[[str, str], str]:
    """(sample, code) -> pseudonym, with the study's key. DisclosureError where a private study has no key that is
    safe."""
    from dww_analysis.privacy import pseudonyms

    key = pseudonyms.key_for(project.files.study, os.environ, Path.home())
    return partial(pseudonyms.pseudonym, key)


def refuse_undelivered(project: Project) -> None:
    """SourceError, with all problems at once, where a delivered file, or one that its options name, is not there or is
    another than its sha256 says."""
    problems: list[Problem] = []
    for source in project.files.sources:
        delivery = Delivery(project, source)
        for look in (delivery.file, delivery.beside):
            try:
                look()
            except DwwError as error:
                problems += error.problems
    raise_all(dict.fromkeys(problems), SourceError)
