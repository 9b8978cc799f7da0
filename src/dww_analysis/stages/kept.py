"""Documents that a job makes one by one: what shows the same as before stays as it is, with its bytes and its times.

A job gives `Document`s for a folder that is kept (`places.Place.kept`). Beside the derived data lies what each of them
was made from, its mark: a hash of all that it shows, of the code and of the versions of libraries. One that cannot be
made is refused by itself, and the others are made. How many were made goes to the logs: it tells of a run, not of a
result.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dww_analysis import storage
from dww_analysis.errors import DwwError, Problem
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.slices import slice_hash
from dww_analysis.stages.stage import save
from dww_analysis.stages.versions import versions

Choice = Callable[[Collection[str]], Collection[str]]  # folders there are -> those that are wanted
Files = Mapping[str, Any]  # file name -> content
RENDERERS = ("jinja2", "typst")  # beside the libraries that numbers rest on


@dataclass(frozen=True)
class Document:
    """One document of a folder: all that it shows, as plain values, and how its files are made of that.

    draw: file name -> text, bytes or JSON value; a DwwError where it cannot be made.
    """

    shows: Any
    draw: Callable[[], Files]

    def mark(self, code: str) -> str:
        """What it is made from, as a short hash of all it shows, of `code` and of the versions of libraries."""
        return slice_hash(self.shows, code, _versions())


@cache
def _versions() -> dict[str, Any]:
    return {**versions(), **{name: version(name) for name in RENDERERS}}


@dataclass
class Drawn:
    """What is to be saved: the files that were made, the marks of all documents that are there, and what was refused.

    marks: folder/document -> {"mark": hash, "files": {file: checksum}}; those of new files get their checksums when
    they are saved. kept: the documents that stay as they are. folders: those that were looked at, None for all.
    """

    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    marks: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    folders: set[str] | None = None

    def counts(self) -> tuple[int, int]:
        """Of how many folders anything was made, and how many stay as they are."""
        made, kept = ({id.split("/")[0] for id in ids} for ids in (self.files, self.kept))
        return len(made), len(kept - made)


def draw(
    documents: Mapping[str, Mapping[str, Document]],
    folder: Path,
    ledger: Path,
    code: str,
    choose: Choice | None = None,
) -> Drawn:
    """Draw the documents that are stale. documents: folder -> document -> what it shows. code: the hash of the job's
    code.

    ledger: the marks of what was made before; one that is absent or cannot be read makes all again. choose: which
    folders are looked at (None: all); of others everything stays, also what is stale. One that cannot be made is kept
    as a problem, and stops no other.
    """
    before = _marks(ledger)
    found = Drawn()
    if choose is not None:
        found.folders = set(choose(documents))
        found.marks = {id: noted for id, noted in before.items() if id.split("/")[0] not in found.folders}
    for of, inside in documents.items():
        for name, document in inside.items() if found.folders is None or of in found.folders else ():
            id, mark = f"{of}/{name}", document.mark(code)
            noted = before.get(id, {})
            if noted.get("mark") == mark and _is_there(folder / of, noted["files"]):
                found.kept.add(id)
                found.marks[id] = noted
            else:
                _draw_one(found, id, mark, document)
    return found


def _draw_one(found: Drawn, id: str, mark: str, document: Document) -> None:
    try:
        found.files[id] = dict(document.draw())
    except DwwError as error:
        found.problems += error.problems
    else:
        found.marks[id] = {"mark": mark}


def _is_there(folder: Path, files: Mapping[str, str]) -> bool:
    """Whether every file lies there as it was made."""
    return all((folder / f).is_file() and storage.sha256_of(folder / f) == sha for f, sha in files.items())


def save_drawn(drawn: Drawn, folder: Path, ledger: Path) -> None:
    """Save what was made, take away what belongs to no document any more, and note what there is.

    A file that a person laid beside a document stays: what is taken away is called like one that is there or was
    noted, or all where neither is known, since an old document tells what may not be told any more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = _marks(ledger)
    for id, files in drawn.files.items():
        of = folder / id.split("/")[0]
        for name, content in files.items():
            save(content, of / name)
        drawn.marks[id]["files"] = {name: storage.sha256_of(of / name) for name in files}
    belongs = _paths(drawn.marks, folder)
    stems = {_stem(path) for path in belongs | _paths(before, folder)}
    for path in sorted(folder.glob("*/*")):
        looked_at = drawn.folders is None or path.parent.name in drawn.folders
        if looked_at and path not in belongs and (_stem(path) in stems or not stems):
            _take_away(path)
    storage.save_json(drawn.marks, ledger)


def all_there(folder: Path, ledger: Path) -> bool:
    """Whether the files of all documents that were made lie there."""
    return ledger.is_file() and all(path.is_file() for path in _paths(_marks(ledger), folder))


def _paths(marks: Mapping[str, Any], folder: Path) -> set[Path]:
    """The files of all documents."""
    return {folder / id.split("/")[0] / name for id, noted in marks.items() for name in noted["files"]}


def _stem(path: Path) -> str:
    """What a file is called before the language and the kind."""
    return path.name.split(".")[0]


def _take_away(path: Path) -> None:
    """A file that no document has: of a unit that gets none any more, or of one that could not be made."""
    if path.is_file() or path.is_symlink():
        path.unlink()
    if not any(path.parent.iterdir()):
        path.parent.rmdir()


def _marks(ledger: Path) -> dict[str, Any]:
    """What the documents that lie there were made from; nothing where that is not known."""
    if not ledger.is_file():
        return {}
    try:
        found = storage.load_json(ledger)
    except DwwError:
        return {}
    return found if isinstance(found, dict) else {}


# --- what a run says of it

TOLD = "drawn"  # folder in the logs


def tell_drawn(paths: Paths, stage: str, name: str, drawn: Iterable[Drawn]) -> None:
    """Note in the logs of how many folders a job made documents, and how many it left; nothing for a job without kept
    folders (no row of `drawn`)."""
    counts = [one.counts() for one in drawn]
    if counts:
        made, kept = (sum(numbers) for numbers in zip(*counts, strict=True))
        storage.save_json({"made": made, "kept": kept}, paths.logs / TOLD / f"{stage}.{name}.json")


def told_drawn(paths: Paths) -> Iterator[tuple[str, int, int]]:
    """(stage, made, kept) of every job that made documents one by one, since `forget_drawn`."""
    for path in sorted((paths.logs / TOLD).glob("*.json")):
        counts = storage.load_json(path)
        yield path.name.split(".")[0], int(counts["made"]), int(counts["kept"])


def forget_drawn(paths: Paths) -> None:
    """Begin anew: take away what `tell_drawn` noted."""
    for path in (paths.logs / TOLD).glob("*.json"):
        path.unlink(missing_ok=True)
