"""Teams of persons: one id a team over all files, the team a person was first observed in, and the team's arm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import fold, nearest
from dww_analysis.delivery.identifiers import is_plain_name
from dww_analysis.domain.design import arm_at
from dww_analysis.domain.study import Study
from dww_analysis.errors import Problem


def qualify_teams(
    answers: pd.DataFrame, allocation: pd.DataFrame | None
) -> tuple[pd.DataFrame, pd.DataFrame | None, list[Problem]]:
    """Answers and allocation (None without one) with team ids that are unique over organisations, in columns team.

    Where one team code occurs in more than one organisation of a sample (company A of two battalions), every team of
    that sample becomes "organisation/team"; otherwise codes stay as they are. A problem for each team that is listed in
    several organisations, where not all answers say of which they come.
    """
    if allocation is not None:
        if not _ambiguous(allocation):
            return answers, allocation, []
        silent = answers[answers["organisation"].isna()]
        if len(silent):
            return answers, allocation, _of_several(allocation, silent)
        return answers.assign(team=_joined(answers)), allocation.assign(team=_joined(allocation)), []
    teams = answers["team"]
    for sample, rows in answers.groupby("sample", sort=False):
        if _ambiguous(rows):
            teams = teams.where(answers["sample"] != sample, _joined(answers))
    return answers.assign(team=teams), allocation, []


def _of_several(allocation: pd.DataFrame, silent: pd.DataFrame) -> list[Problem]:
    """Teams that are listed in several organisations. silent: the answers without an organisation."""
    pairs = allocation[["organisation", "team"]].dropna().drop_duplicates()
    sources = ", ".join(dict.fromkeys(silent["source"].astype(str)))
    return [
        Problem(
            found=f"the team {team!r} is listed in the organisations {' and '.join(rows['organisation'])}",
            where=f"allocation; answers without an organisation in {sources}",
            expected="each team in one organisation, or the organisation beside every answer",
            action="correct the list, or add `organisation` to the columns of these sources",
        )
        for team, rows in pairs.groupby("team", sort=True)
        if len(rows) > 1
    ]


def _ambiguous(table: pd.DataFrame) -> bool:
    pairs = table[["organisation", "team"]].dropna().drop_duplicates()
    return bool(pairs["team"].duplicated().any())


def _joined(table: pd.DataFrame) -> pd.Series:
    joined = table["organisation"] + "/" + table["team"]
    return joined.where(joined.notna(), table["team"])


def settle_units(
    answers: pd.DataFrame, allocation: pd.DataFrame, unit: str
) -> tuple[pd.DataFrame, list[Problem]]:
    """Answers whose team (organisation), the column `unit`, is spelled as in the allocation; a Problem for every
    unknown name, and for a team in another organisation than listed."""
    by_fold: dict[str, set[str]] = {}
    for name in allocation[unit].dropna():
        by_fold.setdefault(fold(name), set()).add(name)
    known = set(allocation[unit].dropna())
    spelled = {
        name: name if name in known else next(iter(by_fold.get(fold(name), {name})))
        for name in pd.unique(answers[unit].dropna())
    }
    settled = answers.assign(
        **{unit: answers[unit].map(spelled).astype("str").where(answers[unit].notna(), None)}
    )
    problems = _unknown_problems(settled, known, unit)
    if unit == "team":
        problems += _organisation_problems(settled, allocation)
    return settled, problems


def _unknown_problems(answers: pd.DataFrame, known: set[str], unit: str) -> list[Problem]:
    unknown = answers[answers[unit].notna() & ~answers[unit].isin(known)]
    counts = unknown.groupby([unit, "source"], sort=True).size()
    silent = sorted(known - set(answers[unit].dropna()))
    without = (
        f" (without any answers now: {', '.join(silent[:8])}{', ...' * (len(silent) > 8)})" if silent else ""
    )
    named = [(name, source, n) for (name, source), n in counts.items() if is_plain_name(name)]
    problems = [
        Problem(
            found=f"the {unit} {name!r} ({count} answers) is not in the allocation",
            where=f"source {source}",
            expected=f"{_one(unit)} of the allocation list{without}" + nearest(name, sorted(known)),
            action=f"add it to the allocation, or to {_RENAMED[unit]} of this source: {{{name!r}: the {unit}'s id}}",
        )
        for name, source, count in named
    ]
    return problems + _no_names(counts, unit)


_RENAMED = {"team": "team_aliases", "organisation": "recode: organisation"}


def _one(unit: str) -> str:
    return f"an {unit}" if unit == "organisation" else f"a {unit}"


def _no_names(counts: pd.Series, unit: str) -> list[Problem]:
    """One problem per source whose column of teams holds texts that are no names; they are not repeated."""
    texts: dict[str, int] = {}
    for (name, source), count in counts.items():
        if not is_plain_name(name):
            texts[source] = texts.get(source, 0) + int(count)
    return [
        Problem(
            found=(
                f"{count} answers have a text as {unit} that is too long or too personal to be a "
                "name; it is not shown"
            ),
            where=f"source {source}",
            expected=f"{_one(unit)} of the allocation list",
            action=f"check which column `{unit}` points at in sources.yaml",
        )
        for source, count in texts.items()
    ]


def _organisation_problems(answers: pd.DataFrame, allocation: pd.DataFrame) -> list[Problem]:
    """Teams that the answers place in another organisation than the allocation does."""
    home = allocation.dropna(subset=["team", "organisation"]).drop_duplicates("team")
    listed = answers["team"].map(home.set_index("team")["organisation"])
    both = answers["organisation"].notna() & listed.notna()
    other = both & (
        answers["organisation"].map(fold, na_action="ignore") != listed.map(fold, na_action="ignore")
    )
    counts = (
        answers[other]
        .assign(listed=listed[other])
        .groupby(["team", "organisation", "listed"], sort=True)
        .size()
    )
    return [
        Problem(
            found=f"the team {team!r} answers from the organisation {there!r} ({count} answers)",
            where="answers and allocation",
            expected=f"{listed!r}, as in the allocation",
            action="correct the allocation or the answers, or map the name with recode",
        )
        for (team, there, listed), count in counts.items()
    ]


def first_given(answers: pd.DataFrame, person: np.ndarray, column: str) -> pd.Series:
    """For every row the first value that its person gave over the waves (rows in order of wave), or missing."""
    values = answers[column]
    given = np.flatnonzero(values.notna().to_numpy())
    order = given[np.argsort(answers["wave"].to_numpy()[given], kind="stable")]
    who, first = np.unique(person[order], return_index=True)
    at = np.full(int(person.max()) + 1 if len(person) else 0, -1, dtype="int64")
    at[who] = order[first]
    rows = at[person]
    result = values.take(np.where(rows < 0, 0, rows)).reset_index(drop=True)
    return result.where(rows >= 0)


def with_teams(
    answers: pd.DataFrame, allocation: pd.DataFrame | None, study: Study, person: np.ndarray
) -> tuple[pd.DataFrame, list[Problem]]:
    """Answers with columns current_team, team and organisation of the first observation, and arm (and start) of that
    team; problems for answers without a listed unit. person: a number for each row, the same for one person."""
    answers = answers.assign(current_team=answers["team"])
    if allocation is not None and allocation["team"].notna().any():
        home = allocation.dropna(subset=["team"]).drop_duplicates("team").set_index("team")
        listed = answers["team"].map(home["organisation"])
        answers["organisation"] = listed.where(listed.notna(), answers["organisation"])
    answers["team"] = first_given(answers, person, "team")
    answers["organisation"] = first_given(answers, person, "organisation")
    if allocation is None or not study.has_arms:
        return answers, []
    unit = study.unit
    units = allocation.dropna(subset=[unit]).drop_duplicates(unit).set_index(unit)
    known = answers[unit].isin(units.index)
    if study.starts:
        answers["start"] = answers[unit].map(units["start"]).astype(float)
        cells = zip(answers["start"], answers["wave"], strict=True)
        arms = pd.Series([arm_at(study, s, w) for s, w in cells], index=answers.index, dtype="str")
        answers["arm"] = arms.where(known, None)
    else:
        answers["arm"] = answers[unit].map(units["arm"]).astype("str").where(known, None)
    return answers, _without_unit(answers, unit, listed=allocation["team"].notna().any())


def _without_unit(answers: pd.DataFrame, unit: str, listed: bool) -> list[Problem]:
    """Problems of answers without a unit, by source. listed: whether the allocation says which teams there are."""
    absent = answers[answers[unit].isna()].groupby("source", sort=True).size()
    teams = unit == "organisation" and not listed and answers["team"].notna().any()
    place = "give the allocation the teams of every organisation (column `team`), or " if teams else ""
    return [
        Problem(
            found=f"{count} answers of persons without {_one(unit)} at any wave",
            where=f"source {source}",
            expected=f"{_one(unit)} for every person, because the {unit} says which arm a person is in",
            action=(
                f"{place}complete the column, or leave such rows out with drop_rows: "
                f'[{{column: ..., values: [""], reason: no '
                f"{unit}}}]"
            ),
        )
        for source, count in absent.items()
    ]
