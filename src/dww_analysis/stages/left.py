"""What pieces of a job left for it: looked through when the job is done, and taken away after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dww_analysis import storage
from dww_analysis.errors import ConfigError
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.pieces import Piece
from dww_analysis.stages.places import PIECE, PIECE_STAGE, record_of

Fits = Callable[[Piece, Any], bool]


@dataclass(frozen=True)
class Left:
    """parts: what came of them, by name, in pieces of however many that were made from what is there now; files: those
    of all pieces of the job."""

    parts: Mapping[str, Any]
    files: frozenset[Path]

    def take_away(self) -> None:
        """Remove the files, when the job they were made for is done."""
        for path in self.files:
            path.unlink(missing_ok=True)


def left_of(paths: Paths, stage: str, name: str, fits: Fits) -> Left:
    """What there is for the job `name` of a stage. fits: whether a piece with that record was made from what there is
    now. A piece that does not fit is named in the log, and its parts are done again."""
    parts: dict[str, Any] = {}
    files: set[Path] = set()
    for piece, own in _there(paths, stage, name):
        record = record_of(PIECE_STAGE, "interim").at(paths, str(piece))
        files |= {own, record}
        if fits(piece, storage.load_json(record) if record.is_file() else None):
            parts |= storage.load_parts(own)
        else:
            print(f"piece {piece} was made from something else: its parts are done again")
    return Left(parts, frozenset(files))


def _there(paths: Paths, stage: str, name: str) -> Iterator[tuple[Piece, Path]]:
    """Every piece of the job with its file."""
    for path in sorted(PIECE.at(paths, "any").parent.glob(f"{stage}-{name}-*")):
        try:
            piece = Piece.parse(path.stem)
        except ConfigError:
            continue  # a file that is being written
        if (piece.stage, piece.name) == (stage, name):
            yield piece, path
