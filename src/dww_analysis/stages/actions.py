"""Stage actions: what units agreed to start, keep, adapt or stop, and how it went."""

from __future__ import annotations

from dww_analysis.stages import places
from dww_analysis.stages.cycles import only_told, stage_of

STAGE = stage_of("actions", {"told": places.CYCLE["actions"]}, only_told)
