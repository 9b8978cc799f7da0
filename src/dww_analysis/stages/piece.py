"""Stage piece: some of the parts of a job whose work can be split, done beforehand for the job that joins them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.errors import ConfigError
from dww_analysis.parts import share
from dww_analysis.stages import places
from dww_analysis.stages.calibrate import STAGE as CALIBRATE
from dww_analysis.stages.curve import STAGE as CURVE
from dww_analysis.stages.impute import STAGE as IMPUTE
from dww_analysis.stages.pieces import Piece
from dww_analysis.stages.power import STAGE as POWER
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import Reads, Split, Stage, Tables

SPLIT = {stage.id: stage for stage in (CALIBRATE, CURVE, IMPUTE, POWER)}


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """What came of the parts of one piece; what is refused is left to the job that joins them."""
    from dww_analysis.effects.refusals import REFUSALS

    piece = Piece.parse(name)
    work = _split(piece).work(project, piece.name, tables)
    return {"piece": share(work, piece.k, piece.n, REFUSALS)}


def _stage(piece: Piece) -> Stage:
    if piece.stage not in SPLIT:
        raise ConfigError.of(
            found=f"there is no stage `{piece.stage}` with pieces",
            where="the command line",
            expected=f"one of {', '.join(SPLIT)}",
            action="write a piece as calibrate-burnout-2of3",
        )
    return SPLIT[piece.stage]


def _split(piece: Piece) -> Split:
    split = _stage(piece).split
    assert split is not None  # or it would not be in SPLIT
    return split


def _reads(project: Project, name: str) -> Reads:
    piece = Piece.parse(name)
    return _stage(piece).reads(project, piece.name)


def _config(project: Project, name: str) -> tuple[Any, ...]:
    piece = Piece.parse(name)
    return _stage(piece).config(project, piece.name)


def _names(project: Project) -> list[str]:
    if project.chunks == 1:
        return []
    stages = (stage for stage in SPLIT.values() if stage.planning == project.planning)
    whole = ((stage, name) for stage in stages for name in stage.names(project))
    return [str(piece) for stage, name in whole for piece in stage.pieces(project, name)]


STAGE = Stage(
    places.PIECE_STAGE,
    per="piece",
    reads=_reads,
    makes={"piece": places.PIECE},
    config=_config,
    run=_run,
    names=_names,
    passing=True,
)
