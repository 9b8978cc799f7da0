"""Names of the analyses beside the planned one, as sensitivity.csv holds them and reports look them up."""

from __future__ import annotations

from dww_analysis.domain.study import Unit

WITHOUT_CARELESS = "without careless answers"


def robust_by(unit: Unit) -> str:
    """The planned estimate with cluster-robust (CR2) inference at the unit of allocation: `CR2 by team`."""
    return f"CR2 by {unit}"


def permutation_of(unit: Unit) -> str:
    """The planned estimate under other allocations of the units: `permutation of teams`."""
    return f"permutation of {unit}s"
