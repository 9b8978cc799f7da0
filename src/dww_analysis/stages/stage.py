"""What a stage is: one declaration, from which rules, paths, hashes, provenance and `dww explain` follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from dww_analysis import storage
from dww_analysis.parts import Work, whole
from dww_analysis.stages.pieces import Piece
from dww_analysis.stages.places import PIECE, Place, record_of, table_at
from dww_analysis.stages.project import Project

Per = Literal["source", "scale", "entry", "study", "piece"]
Reads = Mapping[str, Path | Mapping[str, Path]]
PARTS = ".npz"  # how files of parts end


def where_answered(project: Project, name: str = "study") -> list[str]:
    """One job of that name, in a study with sources of answers; else none ([]). `names` of stages by study."""
    return [name] if project.answer_sources() else []


def _nothing(_: Project, __: str) -> list[Path]:
    return []


def _no_key(_: Project) -> str:
    return ""


@dataclass(frozen=True)
class Split:
    """How the work of a stage falls into parts (`dww_analysis.parts`). work: as `Stage.run`, asking for its parts;
    most: project and name -> how many these can be."""

    work: Callable[[Project, str, Tables], Work[Made]]
    most: Callable[[Project, str], int]

    def run(self, project: Project, name: str, tables: Tables) -> Made:
        """All parts, here."""
        return whole(self.work(project, name, tables))


@dataclass(frozen=True)
class Stage:
    """One kind of job.

    per: what there is one job of. reads: part -> file, or part -> {id: file}, made by other stages. raw: delivered
    files. makes: part -> place. config: the slice of configuration that decides the result; a stage that decides
    numbers gives it without words (`slices.bare`). run: project, name and the tables it reads -> part -> content.
    names: the jobs a study has; without it one, where there are answers. key: a mark of the key by which the stage
    makes pseudonyms (`deliveries.key_mark`), which no file of the study holds. split: how pieces of a job can be jobs
    of their own. passing: what it makes is for one other job, which takes it away. planning: it is done before there is
    a study, of whose configuration it reads nothing; no run of a study does it.
    """

    id: str
    per: Per
    reads: Callable[[Project, str], Reads]
    makes: Mapping[str, Place] | Callable[[Project], Mapping[str, Place]]
    config: Callable[[Project, str], tuple[Any, ...]]
    run: Callable[[Project, str, Tables], Made | Mapping[str, Any]]
    names: Callable[[Project], Sequence[str]] = where_answered
    raw: Callable[[Project, str], Sequence[Path]] = _nothing
    key: Callable[[Project], str] = _no_key
    split: Split | None = None
    passing: bool = False
    planning: bool = False

    def places(self, project: Project) -> dict[str, Place]:
        """part -> place of all that a job makes, its record last."""
        made = self.makes(project) if callable(self.makes) else self.makes
        return {
            **made,
            "record": record_of(self.id, "interim" if self.passing or self.planning else "derived"),
        }

    def tracked(self, project: Project) -> list[Place]:
        """What the workflow knows of all that a job makes: all places but kept folders, whose files the job looks
        after itself (`kept`)."""
        return [place for place in self.places(project).values() if not place.kept]

    def files_read(self, project: Project, name: str) -> list[Path]:
        """Every file of other stages that a job reads, as `reads` declares them; delivered files are in `raw`."""
        files: list[Path] = []
        for part in self.reads(project, name).values():
            files += [part] if isinstance(part, Path) else list(part.values())
        return files

    def files_awaited(self, project: Project, name: str) -> list[Path]:
        """`files_read`, and those of the pieces of a job that the run splits."""
        pieces = (PIECE.at(project.paths, piece) for piece in self.pieces(project, name))
        return [*self.files_read(project, name), *pieces]

    def pieces(self, project: Project, name: str) -> list[str]:
        """Names of the jobs that do the pieces of one job beforehand: as many as the run is split into, or as there are
        parts; none where that is one."""
        if self.split is None or project.chunks == 1:
            return []
        n = min(project.chunks, self.split.most(project, name))
        return [str(Piece(self.id, name, k, n)) for k in range(1, n + 1)] if n > 1 else []


@dataclass(frozen=True)
class Made:
    """What a job made: part -> table, text, bytes, JSON value, {file name: content}, or of a kept folder {folder:
    {document: kept.Document}}; and warnings for its record."""

    parts: Mapping[str, Any]
    warnings: Sequence[str] = field(default_factory=tuple)


class Tables(Mapping[str, Any]):
    """The tables that a job reads, by part, each loaded when it is first asked for."""

    def __init__(self, reads: Reads):
        self._reads = reads
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, part: str) -> Any:
        if part not in self._loaded:
            files = self._reads[part]
            if isinstance(files, Path):
                self._loaded[part] = _load(files)
            else:
                self._loaded[part] = {key: _load(file) for key, file in files.items()}
        return self._loaded[part]

    def __iter__(self) -> Iterator[str]:
        return iter(self._reads)

    def __len__(self) -> int:
        return len(self._reads)


def stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Tables of one declaration below each other; those without rows give their columns only when all are so."""
    return pd.concat([f for f in frames if len(f)] or frames[:1], ignore_index=True)


def _load(path: Path) -> Any:
    """The content of a file; of a folder its path."""
    if not path.suffix:
        return path
    if path.suffix == ".json":
        return storage.load_json(path)
    table = table_at(path)
    return storage.load_frame(path) if table is None else storage.load_table(path, table)


def save(content: Any, path: Path) -> None:
    """Save what a job made as its file's name asks; a folder gets a file for each of its contents. A table that is
    declared for its place is checked against its declaration first (SourceError, nothing written)."""
    if isinstance(content, Mapping) and path.suffix not in (".json", PARTS):
        path.mkdir(parents=True, exist_ok=True)  # also when there is nothing to put into it
        for file, inner in content.items():
            save(inner, path / file)
    elif isinstance(content, bytes):
        storage.save_bytes(content, path)
    elif path.suffix == ".json":
        storage.save_json(content, path)
    elif path.suffix == PARTS:
        storage.save_parts(content, path)
    elif isinstance(content, str):
        storage.save_text(content, path)
    else:
        table = table_at(path)
        if table is None:
            storage.save_frame(content, path)
        else:
            storage.save_table(content, path, table)
