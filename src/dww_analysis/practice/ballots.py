"""Ballots side by side: one row a ballot, one column a theme, and which role each ballot is of.

Ballots are ordered by their own id, so that neither the order of rows nor names of themes and roles decide what chance
draws.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from dww_analysis.errors import PracticeError

How = Literal["chosen", "points", "rank", "rating"]


def ballot_scores(values: pd.DataFrame, how: How) -> pd.DataFrame:
    """The score that each ballot gives each theme.

    values: ballots x themes, NaN where a ballot says nothing of a theme. chosen: 1 or 0. points: the part of the
    ballot's own points, so that each ballot weighs the same. rank: (k + 1 - rank) / k of the k themes it ranks.
    rating: ranked within the ballot, the highest first and equal ones sharing their ranks, and then as rank, as one
    person's 6 is another's 8. A theme that is not named scores 0.
    """
    X = values.astype(float)
    if how == "points":
        return X.div(X.sum(axis=1).replace(0, np.nan), axis=0).fillna(0.0)
    if how in ("rank", "rating"):
        X = X.rank(axis=1, ascending=False) if how == "rating" else X
        k = X.notna().sum(axis=1)
        return X.rsub(k + 1, axis=0).div(k.replace(0, np.nan), axis=0).fillna(0.0)
    return X.fillna(0.0)


def chose(values: pd.DataFrame, how: How) -> pd.DataFrame:
    """Which ballots chose which theme: those that named it; of ratings those that rated no theme higher."""
    if how == "rating":
        return values.eq(values.max(axis=1), axis=0)
    return ballot_scores(values, how) > 0


def least_scores(values: pd.DataFrame, how: How) -> pd.Series:
    """The lowest score that each ballot can give a theme that it names, which is also its smallest step."""
    if how == "chosen":
        return pd.Series(1.0, index=values.index)
    steps = values.sum(axis=1) if how == "points" else values.notna().sum(axis=1)
    return 1 / steps.astype(float).replace(0, np.nan)


def by_role(scores: pd.DataFrame, roles: pd.Series) -> dict[str, pd.DataFrame]:
    """The ballots of each role, in order of their ids; roles in order of their first ballot.

    scores: ballots x themes. roles: role of each ballot, by the same index. Refuses ballots that occur twice, or that
    have no role.
    """
    twice = int(scores.index.duplicated().sum())
    if twice or scores.empty:
        raise PracticeError.of(
            found=f"{twice} ballots more than once" if twice else "no ballots",
            where=f"{len(scores)} ballots",
            expected="each ballot once",
            action="remove the second export, or give ballots ids of their own",
        )
    ordered = scores.sort_index()
    of = roles.reindex(ordered.index)
    if of.isna().any():
        raise PracticeError.of(
            found=f"{int(of.isna().sum())} ballots without a role",
            where=f"{len(of)} ballots",
            expected="a role each",
            action="add it",
        )
    return {str(role): ordered[(of == role).to_numpy()] for role in of.drop_duplicates()}
