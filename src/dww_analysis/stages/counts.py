"""Stage counts: what units counted of their own work."""

from __future__ import annotations

from dww_analysis.stages import places
from dww_analysis.stages.cycles import only_told, stage_of

STAGE = stage_of("counts", {"told": places.CYCLE["counts"]}, only_told)
