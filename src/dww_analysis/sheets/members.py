"""How many people a team and an organisation have at each wave: as delivered, else by contracts running on its date.

Nobody's size is guessed: a unit of which one part is unknown is unknown as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from dww_analysis.sheets.units import Combined, Homes, renamed

COLUMNS = ("level", "unit", "wave", "members")


def contracts_running(
    contracts: pd.DataFrame, dates: Mapping[int, str | None], window: tuple[str, str]
) -> pd.DataFrame:
    """team, wave, members: persons with a contract in the team on the date of the wave.

    contracts: person, team, start, end (NaT: open). window: first and last day on which contracts are seen; a wave
    without a date, or outside it, has no rows.
    """
    found = []
    first, last = (pd.Timestamp(day) for day in window)
    for wave, date in dates.items():
        day = pd.Timestamp(date) if date else None
        if day is None or not first <= day <= last:
            continue
        running = contracts[
            (contracts["start"] <= day) & (contracts["end"].isna() | (contracts["end"] >= day))
        ]
        counts = running.dropna(subset=["team"]).groupby("team")["person"].nunique()
        found.append(counts.rename("members").rename_axis("team").reset_index().assign(wave=wave))
    return _stacked(found)


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    empty = pd.DataFrame({"team": pd.Series(dtype="str"), "wave": pd.Series(dtype="int64")})
    whole = pd.concat(frames, ignore_index=True) if frames else empty.assign(members=0.0)
    return whole[["team", "wave", "members"]]


def members_of(
    teams: pd.DataFrame, homes: Homes, combine: Combined, answered: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """level, unit, wave, members of every unit of known size; and the teams that are smaller than who answered.

    teams: team, wave, members, the first row of a team and wave counts. answered: team, organisation (as they stand on
    sheets), wave, answered: persons who answered anything. A team with more answers than members is of unknown size.
    """
    known = teams.drop_duplicates(["team", "wave"]).astype({"wave": "int64"})
    parts = renamed(combine)
    needed = pd.Series({team: len(combine[name]) for team, name in parts.items()}, dtype="float64")
    own = known.assign(unit=known["team"].replace(parts), parts=known["team"].map(needed).fillna(1.0))
    by_team = own.groupby(["unit", "wave"]).agg(
        members=("members", "sum"), there=("team", "size"), parts=("parts", "first")
    )
    by_team = by_team[by_team["there"] >= by_team["parts"]].reset_index()
    joined = answered.merge(
        by_team, how="left", left_on=["team", "wave"], right_on=["unit", "wave"], suffixes=("", "_of")
    )
    short = joined["members"] < joined["answered"]
    joined["members"] = joined["members"].where(~short)
    teams_found = joined[["team", "wave", "members"]].rename(columns={"team": "unit"}).assign(level="team")
    organisations = _of_organisations(joined, by_team, homes, parts)
    found = pd.concat([teams_found, organisations], ignore_index=True).dropna(subset=["members"])
    return found[list(COLUMNS)], joined.loc[short, ["team", "wave"]].reset_index(drop=True)


def _of_organisations(
    joined: pd.DataFrame, by_team: pd.DataFrame, homes: Homes, parts: Mapping[str, str]
) -> pd.DataFrame:
    """The members of all its teams, also those in which nobody answered; unknown when one with answers is."""
    home = {parts.get(team, team): organisation for team, organisation in homes.items()}
    silent = by_team.merge(
        joined[["team", "wave"]], how="left", left_on=["unit", "wave"], right_on=["team", "wave"]
    )
    silent = silent[silent["team"].isna()].assign(organisation=lambda t: t["unit"].map(home))
    rows = pd.concat(
        [joined[["organisation", "wave", "members"]], silent[["organisation", "wave", "members"]]],
        ignore_index=True,
    ).dropna(subset=["organisation"])
    whole = rows.groupby(["organisation", "wave"])["members"].agg(
        members=lambda m: m.sum() if m.notna().all() else float("nan")
    )
    return whole.reset_index().rename(columns={"organisation": "unit"}).assign(level="organisation")
