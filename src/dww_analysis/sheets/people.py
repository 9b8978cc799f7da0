"""The people behind sheets: where each of them was at each wave, and how many answered there."""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.sheets import UNIT_LEVELS
from dww_analysis.sheets.units import Combined, Homes, placed_units


class People:
    """Who is in which unit at which wave, and how many members each has (`members`, as `members_of` gives them);
    `delivered`: team, wave, as the answers have them.

    answers: person, wave, and where the study has them organisation, team, current_team and participated; of one sample
    only. where: the place in the configuration where teams are combined, for messages.
    """

    def __init__(self, answers: pd.DataFrame, homes: Homes, combine: Combined, where: str = "units"):
        self.homes, self.combine, self.where = homes, combine, where
        there = answers[answers["participated"].astype(bool)] if "participated" in answers else answers
        self.placed = self.place(there)
        teams = there.get("current_team", there.get("team", pd.Series(pd.NA, there.index, dtype="str")))
        self.delivered = there[["wave"]].assign(team=teams).dropna().drop_duplicates()
        self.members = pd.DataFrame()

    def place(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows with the team and organisation of their wave, as sheets call them."""
        return placed_units(rows, self.homes, self.combine, self.where)

    @property
    def answered(self) -> pd.DataFrame:
        """Columns level, unit, wave and answered: persons with any answer, a row for each unit and wave."""
        parts = [
            self.placed.dropna(subset=[level]).groupby([level, "wave"])["person"].nunique()
            .rename("answered").rename_axis(["unit", "wave"]).reset_index().assign(level=level)
            for level in UNIT_LEVELS
        ]  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def of_teams(self) -> pd.DataFrame:
        """Columns team, organisation, wave and answered, a row for each team and wave."""
        own = self.placed.dropna(subset=["team"])
        found = own.groupby(["team", "wave"]).agg(
            answered=("person", "nunique"), organisation=("organisation", "first")
        )
        return found.reset_index()

    def scores_of(self, scores: pd.DataFrame, outcome: str) -> pd.DataFrame:
        """The scores of one outcome, where their persons were: columns person, wave, team, organisation, arm (where
        there is one) and score; rows without a score are left out."""
        own = self.place(scores[(scores["scale"] == outcome) & scores["score"].notna()])
        kept = ["person", "wave", "team", "organisation", *(["arm"] if "arm" in own else []), "score"]
        return own[kept].reset_index(drop=True)
