"""Names of the analyses beside the planned one, as sensitivity.csv holds them and reports look them up."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dww_analysis.domain.plan import CR2, PERMUTATION
from dww_analysis.domain.study import Unit

WITHOUT_CARELESS = "without careless answers"
EMPLOYED_ONLY = "employed at the wave only"
BY_THE_MODEL = "Kenward-Roger"  # where another test decides
CUMULATIVE_LOGIT = "cumulative logit"  # of an ordered outcome: log odds of a higher category
ODDS_OF_LEAVING = "odds of leaving in a month"
# methods under which planned estimates are tried on invented trials (column method of calibration.csv)
AS_PLANNED, NORMAL, WITHOUT_UNIT_BY_WAVE = "kenward-roger", "z", "without unit by wave"
UNITS, BETWEEN_WITHIN = "units", "between-within"  # of yes/no and counts: df_method of the planned estimate
OWN_TRIALS = (UNITS, BETWEEN_WITHIN)  # methods of outcomes with trials of their own for every true effect
ESTIMATED = "estimated"  # column components of calibration.csv: the variances that most trials are drawn with
# answers in a fit above which intervals of its variances and correlations are had without refits: a thousand of these
# take a quarter of a minute there, and as much more as there are more answers
LARGE_FIT = 10_000
LEAST_DRAWS = 200  # of a bootstrap of a large fit
STOPPED = "stopped"  # remark: the first trials decided not to go on
IN_OTHER_UNITS = (CUMULATIVE_LOGIT, ODDS_OF_LEAVING)  # and rates by unit: not to be laid beside the estimate


def rate_by(unit: Unit) -> str:
    """Of counts the difference of the units' own rates, each unit counted once: `rate by team`."""
    return f"rate by {unit}"


def in_other_units(analysis: str) -> bool:
    """Whether an analysis has another unit than the estimate that it stands beside."""
    return analysis in IN_OTHER_UNITS or analysis.startswith("rate by ")


def robust_by(unit: Unit) -> str:
    """The planned estimate with cluster-robust (CR2) inference at the unit of allocation: `CR2 by team`."""
    return f"CR2 by {unit}"


def permutation_of(unit: Unit) -> str:
    """The planned estimate under other allocations of the units: `permutation of teams`."""
    return f"permutation of {unit}s"


def deciding_method(entry: Mapping[str, Any]) -> str:
    """The method, as the table of trials names it, by which the planned contrast of a row of estimates, or of a
    headline, is tested; "" where no test of it exists."""
    untested = math.isnan(entry.get("p_value", 1.0)) and math.isfinite(entry.get("estimate", math.nan))
    tested = str(entry.get("df_method"))
    return "" if untested else tested if tested in (CR2, PERMUTATION, *OWN_TRIALS) else AS_PLANNED
