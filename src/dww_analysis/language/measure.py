"""What a figure says of one outcome, in the language of the reader: its scale, and what one entry found on it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Measure:
    """An outcome on its scale. limits: the lowest and the highest that can be. direction: which of the two is better,
    as `Scale.favourable` says it."""

    id: str
    label: str
    limits: tuple[float, float]
    unit: str = ""
    direction: str = "neutral"


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Model means of one outcome over the waves, and what is compared.

    means: columns arm ("" or absent without arms), wave (int), estimate, conf_low, conf_high, in the score's unit, and
    where known n (persons). differences: the contrast with the reference (or with the first wave) per wave: wave,
    estimate, std_error, conf_low, conf_high; with `from_wave` where arms are compared by how much they changed since
    then. sesoi: the smallest effect of interest. message: a sentence about the finding, "" for none. spread: the SD of
    units at one wave by the model, where it has one; alike: of units of one organisation alone.
    """

    measure: Measure
    means: pd.DataFrame
    differences: pd.DataFrame | None = None
    sesoi: float | None = None
    conf_level: float = 0.95
    message: str = ""
    spread: float | None = None
    alike: bool = False
