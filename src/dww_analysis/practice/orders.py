"""Orders of themes: the two steps of priority-setting partnerships, and themes that matter to one role only."""

from __future__ import annotations

import pandas as pd

TOP = 3


def two_step(by_roles: pd.DataFrame) -> pd.Series:
    """Points a theme: ranked within each role (most wanted: as many points as themes; ties share), then added.

    by_roles: roles x themes, a count or share. The interim rule of James Lind Alliance partnerships: each role weighs
    the same, whatever its number of ballots.
    """
    return by_roles.rank(axis=1, method="average").sum(axis=0)


def _top(row: pd.Series) -> set[str]:
    """Themes in the top three of one role; a tie at the edge counts with it, a theme that nobody chose does not."""
    places = row.rank(ascending=False, method="min")
    return {str(theme) for theme in row.index[(places <= TOP) & (row > 0)]}


def of_one_role(by_roles: pd.DataFrame) -> dict[str, str]:
    """Theme -> the only role that has it in its top three, in order of the themes; {} with one role."""
    if len(by_roles) < 2:
        return {}
    tops = {str(role): _top(row) for role, row in by_roles.iterrows()}
    wanting = {str(t): [role for role, top in tops.items() if str(t) in top] for t in by_roles.columns}
    return {theme: found[0] for theme, found in wanting.items() if len(found) == 1}
