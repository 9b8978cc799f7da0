"""Who belongs to which unit at which wave: the team an answer came from, its organisation, and teams taken together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from dww_analysis.errors import ConfigError, Problem, raise_all

Homes = Mapping[str, str]  # team -> organisation
Combined = Mapping[str, tuple[str, ...]]  # name -> teams


def homes_of(*frames: pd.DataFrame) -> dict[str, str]:
    """Team -> organisation, from tables with both columns; the first that names a team counts."""
    found: dict[str, str] = {}
    for frame in frames:
        if {"team", "organisation"} <= set(frame.columns):
            known = frame.dropna(subset=["team", "organisation"]).drop_duplicates("team")
            found = dict(zip(known["team"], known["organisation"], strict=True)) | found
    return found


def combination_problems(combine: Combined, teams: Mapping[str, str | None], where: str) -> Iterator[Problem]:
    """A Problem for each combination of teams that are not there, that are in several organisations, or with the
    name of a team. teams: team -> its organisation, None where it is not known."""
    alone = set(teams) - {team for parts in combine.values() for team in parts}
    for name, parts in combine.items():
        unknown = [team for team in parts if team not in teams]
        if unknown:
            found = (
                f"`{name}` combines {', '.join(unknown)}, which gave no answers and is no team of the study"
            )
            yield Problem(
                found=found,
                where=where,
                expected="ids of teams as the answers have them",
                action="correct the name",
            )
        elif len({teams[team] for team in parts}) > 1:
            found = f"`{name}` combines teams of several organisations"
            yield Problem(
                found=found,
                where=where,
                expected="teams of one organisation",
                action="combine within an organisation",
            )
        if name in alone:
            found = f"`{name}` is also the name of a team that is not part of it"
            yield Problem(
                found=found, where=where, expected="a name of its own", action="rename the combination"
            )


def placed_units(rows: pd.DataFrame, homes: Homes, combine: Combined, where: str = "units") -> pd.DataFrame:
    """`rows` with the team of each answer's wave and its organisation, teams that stand together under one name.

    rows: person, wave, and where the study has them current_team, team and organisation (of the first observation).
    ConfigError for combinations that cannot be made.
    """
    team = rows.get("current_team", rows.get("team", pd.Series(pd.NA, rows.index, dtype="str")))
    first = rows.get("organisation", pd.Series(pd.NA, rows.index, dtype="str"))
    organisation = team.map(homes).astype("str")
    organisation = organisation.where(team.map(homes).notna(), first.astype("str"))
    known = {str(t): homes.get(str(t)) for t in {*team.dropna().unique(), *homes}}
    raise_all(combination_problems(combine, known, where), ConfigError)
    return rows.assign(team=team.replace(renamed(combine)), organisation=organisation)


def origins_of(
    answered: pd.DataFrame, combine: Combined, came_from: Mapping[str, tuple[str, ...]], teams: pd.DataFrame
) -> dict[str, list[tuple[str, int]]]:
    """Unit -> the teams that it was made of, each with the first round whose words are not that team's before the unit.

    answered: level, unit, wave, as sheets call units. teams: team, wave of every answer, as delivered. A team that goes
    on beside the one made of it has what it said before the other was there; of one that is there no more all counts.
    """
    last = int(answered["wave"].max()) + 1 if len(answered) else 0
    own = answered[answered["level"] == "team"].groupby("unit")["wave"].min()
    still = set(teams.loc[teams["wave"] == last - 1, "team"].astype(str))
    found = {name: [(team, last) for team in parts] for name, parts in combine.items()}
    for unit, parts in came_from.items():
        before = [team for team in parts if team != unit]
        first = int(own.get(unit, last))
        found[unit] = found.get(unit, []) + [(team, first if team in still else last) for team in before]
    return found


def renamed(combine: Combined) -> dict[str, str]:
    """Team -> the name under which it stands, of teams that stand together."""
    return {team: name for name, parts in combine.items() for team in parts}
