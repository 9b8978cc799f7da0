"""One named quantity with its uncertainty: the columns of the estimates table, and what one row promises."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

SEPARATOR = "; "  # between the parts of a cell that lists
TIE = 1e-9  # what the machine may have wrong of a level
EXACT = "exact"  # df method of a difference of arms in each of which all units are at a share of 0, or of 1


@dataclass(frozen=True)
class Estimate:
    """Always true: conf_low <= estimate <= conf_high; p value and interval share one covariance and df; the planned
    contrast in the outcome's own unit (primary and not standardised) has the entry's id.

    arm to per are the columns of a contrast (domain.contrasts).
    """

    # <entry>; other contrasts <entry>.wave<n>, the other way to compare <entry>.<summary>; standardised: .sd behind it
    id: str
    entry: str
    outcome: str
    kind: str  # of outcome: domain.outcomes.KINDS
    summary: str  # domain.outcomes.Summary: on which scale arms or waves are compared
    term: str
    noun: str  # domain.contrasts.Noun
    arm: str
    reference: str
    wave: float  # NaN where the contrast has none
    from_wave: float
    exposure: str
    per: str
    primary: bool  # whether this is the planned contrast of its entry
    standardised: bool  # in units of sd_used
    estimate: float
    std_error: float
    df: float
    statistic: float
    p_value: float
    conf_low: float
    conf_high: float
    conf_level: float
    df_method: str
    family: str  # of the planned contrast; "" for others
    p_adjusted: float
    adjust_method: str
    n_obs: int
    n_persons: int
    n_smallest: int  # in the smallest group that the contrast rests on
    n_teams: int
    n_organisations: int
    unit: str
    sd_used: float  # NaN for a row in the outcome's own unit
    status: str
    converged: bool
    boundary: str  # groups with a variance (or correlation) at its limit, listed; "" when none
    fallback: str  # methods used instead of the planned ones, listed; "" when none


COLUMNS = tuple(f.name for f in fields(Estimate))


def rejects(p_value: Any, alpha: float) -> Any:
    """Whether p (a number or an array) is at most the level, which a permutation of few units can meet exactly; NaN is
    not."""
    return p_value <= alpha + TIE


def listed(parts: Iterable[str]) -> str:
    """Several names as one cell."""
    return SEPARATOR.join(parts)


def parts_of(cell: Any) -> tuple[str, ...]:
    """The names in a cell that lists; () for an empty or absent one (None, NaN)."""
    return tuple(p for p in cell.split(SEPARATOR) if p) if isinstance(cell, str) else ()


def truth(value: Any) -> bool | None:
    """What a cell that holds yes or no says: True, False, or None when it holds neither."""
    known = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
    return known.get(str(value).lower())
