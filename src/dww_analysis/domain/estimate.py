"""One named quantity with its uncertainty: the columns of the estimates table, and what one row promises."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Estimate:
    """Always true: conf_low <= estimate <= conf_high, and p value and interval share one covariance and df."""

    id: str  # <entry>.<contrast>[.sd]
    outcome: str
    term: str
    contrast: str  # in words of the design, e.g. "intervention - control, wave 2"
    estimate: float
    std_error: float
    df: float
    statistic: float
    p_value: float
    conf_low: float
    conf_high: float
    conf_level: float
    df_method: str
    family: str
    p_adjusted: float
    adjust_method: str
    n_obs: int
    n_persons: int
    n_teams: int
    n_organisations: int
    unit: str
    sd_used: float  # NaN for a row in the outcome's own unit
    status: str
    flags: str  # semicolon-separated: boundary (component), fallback (what), not_converged; empty when none


COLUMNS = tuple(f.name for f in fields(Estimate))
