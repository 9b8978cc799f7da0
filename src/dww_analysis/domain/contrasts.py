"""What an estimate compares with what, as a record. Words for it are made where it is read, never here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Noun = Literal["effect", "difference", "change", "association"]

PER_WAVE = "wave"  # `per` of a slope over the waves in order
MEAN_EXPOSURE = "mean"  # `exposure`: the mean over the exposure times
CONSTANT_EXPOSURE = "constant"  # `exposure`: one effect assumed to hold at every exposure time
TREND = "trend"  # `reference` without an arm: where the trend of the waves before a start would have led
PER_YEAR = "year"  # `per` of a difference of trends, where waves have dates


@dataclass(frozen=True)
class Contrast:
    """One comparison. Always true: an `arm` comes with its `reference`, and `from_wave` with a `wave`; a `reference`
    without an arm is TREND.

    arm - reference at `wave`, or at `exposure` waves since the start; with `from_wave` the difference of changes from
    that wave on. Without an arm: `wave` minus `from_wave`, or the slope on `per` (a column, or the waves in order);
    against the trend before a start: the level at `wave`, or the slope `per` wave or year.
    """

    arm: str = ""
    reference: str = ""
    wave: int | None = None
    from_wave: int | None = None
    exposure: str = ""  # "" where it plays no part, else a number of waves, "mean" or "constant"
    per: str = ""


COLUMNS = (
    "arm",
    "reference",
    "wave",
    "from_wave",
    "exposure",
    "per",
)  # of a table with a contrast in each row


def contrast_of(row: Mapping[str, Any]) -> Contrast:
    """The contrast in the columns of one row of a table; an absent or empty cell plays no part."""
    texts = [_text(row.get(name)) for name in ("arm", "reference", "exposure", "per")]
    arm, reference, exposure, per = texts
    wave, from_wave = _number(row.get("wave")), _number(row.get("from_wave"))
    return Contrast(arm, reference, wave, from_wave, exposure, per)


def columns_of(contrast: Contrast) -> dict[str, Any]:
    """The cells that hold a contrast in the columns of a table: texts, and wave and from_wave as numbers, NaN where
    absent."""
    numbers = {n: float("nan") if (v := getattr(contrast, n)) is None else v for n in ("wave", "from_wave")}
    return {name: numbers.get(name, getattr(contrast, name)) for name in COLUMNS}


def of_changes(contrast: Contrast) -> bool:
    """Whether arms are compared in how they changed: a ratio is then one of ratios."""
    return bool(contrast.arm) and contrast.from_wave is not None


def noun_of(contrast: Contrast, randomised: bool) -> Noun:
    """What a contrast may be called. An *effect* needs arms given by lot; arms given otherwise make a *difference*;
    without arms an estimate over waves is a *change*, and a slope on anything else an *association*.
    """
    if contrast.arm:
        return "effect" if randomised else "difference"
    return "change" if contrast.per in ("", PER_WAVE) or contrast.reference == TREND else "association"


def _number(value: Any) -> int | None:
    return None if value is None or value == "" or value != value else int(value)


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
