"""Whether persons who are the same over waves can be: how many are seen again, how many changed what rarely changes.

A key that one file spells 0001 and the next 1 makes everybody leave and everybody join. The codes themselves are not
kept: each source leaves, beside the pseudonym, that of the code without what spellings differ in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import fold
from dww_analysis.domain.measurements import NOT_RECOGNISED, Ingested
from dww_analysis.domain.study import Plausible, Study
from dww_analysis.errors import Problem

LEAST_JUDGED = 10  # persons that a share needs before it is judged
SPELLING_COLUMNS = ("sample", "wave", "person", "loose", "taken")
PAIR_COLUMNS = (
    *("sample", "from_wave", "to_wave", "adjacent", "recognisable", "from_persons", "to_persons"),
    *("seen_again", "share_seen_again", "changed_team", "share_changed_team", "two_organisations"),
    *("changed_fact", "share_changed_fact", "fact", "other_spelling", "share_other_spelling", "spelling"),
)
_MARKS = re.compile(r"[\W_]+")
_LETTERS = re.compile(r"^[^\W\d]+(?=\d+$)")
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_AWAY = (
    ("punctuation", _MARKS),
    ("letters in front", _LETTERS),
    ("leading zeros", _ZEROS),
)


def loose_code(code: str) -> tuple[str, str]:
    """A person's code without what spellings differ in, and in words what was taken away."""
    taken = []
    for name, pattern in _AWAY:
        shorter = pattern.sub("", code)
        if shorter != code and shorter:
            code = shorter
            taken.append(name)
    return code, " and ".join(reversed(taken))


def spellings(
    codes: Sequence[str], sample: str, wave: int | None, pseudonymise: Callable[[str], str]
) -> pd.DataFrame:
    """One row per person code: sample, wave, person and loose (pseudonyms), taken (what the loose one lacks)."""
    records = []
    for code in codes:
        loose, taken = loose_code(code)
        person = pseudonymise(code)
        records.append((sample, wave, person, person if loose == code else pseudonymise(loose), taken))
    table = pd.DataFrame(records, columns=list(SPELLING_COLUMNS))
    texts = dict.fromkeys(("sample", "person", "loose", "taken"), "str")
    return table.astype({**texts, "wave": "int64"})


def anonymous_waves(parts: Sequence[Ingested]) -> set[tuple[str, int]]:
    """(sample, wave) of waves with persons who cannot be recognised in another one: rows of the flow that say so."""
    found: set[tuple[str, int]] = set()
    for part in parts:
        rows = part.flow[part.flow["step"] == NOT_RECOGNISED]
        found |= set(zip(rows["sample"], rows["wave"].astype(int), strict=True))
    return found


def link_plausibility(parts: Sequence[Ingested], answers: pd.DataFrame, study: Study) -> pd.DataFrame:
    """One row per sample and pair of waves: how many are seen again, and what changed of them.

    `answers`: of all sources, team, organisation and background as delivered in each wave. Columns: sample, from_wave,
    to_wave, adjacent, recognisable, from_persons, to_persons, seen_again and its share of the smaller wave,
    changed_team (of those with a team in both) and share, two_organisations (seen in another organisation),
    changed_fact (of the fact of `linking.facts` that changed most) and share, other_spelling (persons who would agree
    in another spelling only) and its share of the smaller wave, spelling. Shares are missing where nobody counts.
    """
    anonymous = anonymous_waves(parts)
    spelled = _spelled(parts)
    present = answers[answers["participated"]] if "participated" in answers else answers
    records = []
    for sample, rows in present.groupby("sample", sort=False):
        waves = sorted(rows["wave"].unique())
        by_wave = {wave: part.drop_duplicates("person") for wave, part in rows.groupby("wave")}
        for one, other in combinations(waves, 2):
            pair: dict[str, Any] = {"sample": sample, "from_wave": one, "to_wave": other}
            pair |= {"adjacent": waves.index(other) == waves.index(one) + 1}
            pair |= {"from_persons": len(by_wave[one]), "to_persons": len(by_wave[other])}
            pair["recognisable"] = not {(sample, one), (sample, other)} & anonymous
            if pair["recognisable"]:
                pair |= _pair(by_wave[one], by_wave[other], study)
                pair |= _other_spelling(spelled, str(sample), one, other, by_wave)
            records.append(pair)
    return _typed(pd.DataFrame(records, columns=list(PAIR_COLUMNS)))


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    counts = ("seen_again", "changed_team", "two_organisations", "changed_fact", "other_spelling")
    whole = dict.fromkeys(("from_wave", "to_wave", "from_persons", "to_persons", *counts), "Int64")
    shares = dict.fromkeys((name for name in PAIR_COLUMNS if name.startswith("share")), "float64")
    for name in ("fact", "spelling"):
        table[name] = table[name].astype("object").fillna("")
    texts = dict.fromkeys(("sample", "fact", "spelling"), "str")
    return table.astype({**whole, **shares, **texts, "adjacent": "bool", "recognisable": "bool"})


def _pair(one: pd.DataFrame, other: pd.DataFrame, study: Study) -> dict[str, Any]:
    facts = [name for name in study.linking.facts if name in one]
    names = ["person", "team", "organisation", *facts]
    both = one[names].merge(other[names], on="person", suffixes=("_from", "_to"))
    smaller = min(len(one), len(other))
    found: dict[str, Any] = {"seen_again": len(both), "share_seen_again": len(both) / smaller}
    moved, known = _changed(both, "team", study.linking.came_from)
    found |= {"changed_team": moved, "share_changed_team": moved / known if known else np.nan}
    found["two_organisations"] = _changed(both, "organisation", {})[0]
    shares = {name: _changed(both, name, {}) for name in facts}
    worst = max(shares, key=lambda name: shares[name][0] / max(shares[name][1], 1), default="")
    if worst:
        changed, known = shares[worst]
        found |= {"changed_fact": changed, "fact": worst}
        found["share_changed_fact"] = changed / known if known else np.nan
    return found


def _changed(both: pd.DataFrame, name: str, came_from: Mapping[str, Sequence[str]]) -> tuple[int, int]:
    """Persons with another value in the later wave, and persons with a value in both; spelling does not count."""
    pairs = both[[f"{name}_from", f"{name}_to"]].dropna()
    before, after = (pairs[c].map(lambda v: fold(str(v))) for c in pairs.columns)
    successors = {(fold(old), fold(new)) for new, olds in came_from.items() for old in olds}
    same = [a == b or (a, b) in successors for a, b in zip(before, after, strict=True)]
    return len(pairs) - sum(same), len(pairs)


def _spelled(parts: Sequence[Ingested]) -> pd.DataFrame:
    tables = [part.persons for part in parts if len(part.persons)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(SPELLING_COLUMNS))


def _other_spelling(
    spelled: pd.DataFrame, sample: str, one: int, other: int, by_wave: Mapping[Any, pd.DataFrame]
) -> dict[str, Any]:
    """Persons of two waves who are not the same, but would be in a looser spelling that is unique in each wave."""
    sides = []
    for wave in (one, other):
        rows = spelled[(spelled["sample"] == sample) & (spelled["wave"] == wave)]
        rows = rows[rows["person"].isin(by_wave[wave]["person"])]
        sides.append(rows[~rows["loose"].duplicated(keep=False)])
    if not all(map(len, sides)):
        return {}
    both = sides[0].merge(sides[1], on="loose", suffixes=("_from", "_to"))
    new = both[both["person_from"] != both["person_to"]]
    taken = [[set(text.split(" and ")) for text in new[side]] for side in ("taken_from", "taken_to")]
    words = {
        word for a, b in zip(*taken, strict=True) for word in (a ^ b or a)
    }  # what the two spellings differ in
    smaller = min(len(by_wave[one]), len(by_wave[other]))
    spelling = " and ".join(name for name, _ in reversed(_AWAY) if name in words)
    return {"other_spelling": len(new), "share_other_spelling": len(new) / smaller, "spelling": spelling}


def plausibility_problems(pairs: pd.DataFrame, bounds: Plausible, parts: Sequence[Ingested]) -> list[Problem]:
    """A Problem for every link between a wave and the next that is outside the bounds of `linking: {plausible}`.
    pairs: a row for each two waves of a sample; counts and shares, no persons."""
    problems = []
    for pair in pairs[pairs["adjacent"] & pairs["recognisable"]].to_dict("records"):
        for found, expected, action in _implausible(pair, bounds):
            problems.append(Problem(found=found, where=_where(pair, parts), expected=expected, action=action))
    return problems


def unmet_teams(teams: pd.Series, came_from: Mapping[str, Sequence[str]]) -> list[Problem]:
    """A Problem for every team of `linking: {came_from}` in which nobody answered, however it is spelled.

    teams: team of each answer, as delivered and as it is called over organisations.
    """
    known = {fold(str(team)) for team in teams.dropna().unique()}
    named = dict.fromkeys([*came_from, *(name for before in came_from.values() for name in before)])
    return [
        Problem(
            found=f"nobody answered in the team `{name}` of `linking.came_from`",
            where="study.yaml, linking",
            expected="teams of the answers, after `team_aliases` and `recode`",
            action="correct the name, or remove it",
        )
        for name in named
        if fold(name) not in known
    ]


def _where(pair: Mapping[str, Any], parts: Sequence[Ingested]) -> str:
    names = []
    for wave in (pair["from_wave"], pair["to_wave"]):
        for part in parts:
            mine = part.answers[(part.answers["sample"] == pair["sample"]) & (part.answers["wave"] == wave)]
            names += list(dict.fromkeys(mine["source"]))
    return f"sources {', '.join(dict.fromkeys(names))} (sample {pair['sample']})"


def _implausible(pair: Mapping[str, Any], bounds: Plausible) -> list[tuple[str, str, str]]:
    smaller, seen = min(pair["from_persons"], pair["to_persons"]), pair["seen_again"]
    one, other = pair["from_wave"], pair["to_wave"]
    declared = "or set `linking: {plausible: ...}` in study.yaml when it is right"
    found = []
    spelled = pair["other_spelling"]
    if smaller >= LEAST_JUDGED and _above(pair["share_other_spelling"], bounds.other_spelling):
        found.append(
            (
                f"{seen} of {smaller} persons are seen in wave {one} and in wave {other}; {spelled} more of them "
                f"would agree without {pair['spelling']}",
                "one spelling of the persons' codes in every file",
                f"correct the codes where the files are made, {declared} (other_spelling)",
            )
        )
    elif smaller >= LEAST_JUDGED and pair["share_seen_again"] < bounds.seen_again:
        found.append(
            (
                f"{seen} of {smaller} persons are seen in wave {one} and in wave {other}",
                f"at least {bounds.seen_again:.0%} of the smaller wave",
                "check that `person` names the same code in both files; declare `persons: anonymous` when persons "
                f"cannot be recognised, {declared} (seen_again)",
            )
        )
    if seen >= LEAST_JUDGED and _above(pair["share_changed_team"], bounds.changed_team):
        found.append(
            (
                f"{pair['changed_team']} of {_known(pair, 'changed_team')} persons seen again in wave {other} are in "
                f"another team than in wave {one}",
                f"at most {bounds.changed_team:.0%}",
                f"check the codes of persons and teams, or name merged teams in `came_from`; {declared} (changed_team)",
            )
        )
    if seen >= LEAST_JUDGED and _above(pair["share_changed_fact"], bounds.changed_fact):
        found.append(
            (
                f"{pair['changed_fact']} of {_known(pair, 'changed_fact')} persons seen again in wave {other} have "
                f"another {pair['fact']} than in wave {one}",
                f"at most {bounds.changed_fact:.0%}: a fact that does not change",
                f"check the codes of persons and the recoding of {pair['fact']}; {declared} (changed_fact)",
            )
        )
    return found


def _known(pair: Mapping[str, Any], name: str) -> int:
    """How many the share of `name` is out of."""
    return round(pair[name] / pair[f"share_{name}"])


def _above(share: float, bound: float) -> bool:
    return bool(share == share and share > bound)


def plausibility_lines(pairs: pd.DataFrame) -> list[str]:
    """One line per row of `pairs` whose waves follow each other: how many persons were seen again, and what changed."""
    lines = []
    for pair in pairs[pairs["adjacent"]].to_dict("records"):
        head = f"{pair['sample']}, wave {pair['from_wave']} ({pair['from_persons']} persons) to wave "
        head += f"{pair['to_wave']} ({pair['to_persons']} persons): "
        if not pair["recognisable"]:
            lines.append(head + "persons cannot be recognised")
            continue
        said = [f"seen again {pair['seen_again']} ({pair['share_seen_again']:.0%} of the smaller wave)"]
        if pair["share_changed_team"] == pair["share_changed_team"]:
            said.append(f"in another team {pair['changed_team']} ({pair['share_changed_team']:.0%})")
        if pair["fact"] and pair["share_changed_fact"] == pair["share_changed_fact"]:
            said.append(f"another {pair['fact']} {pair['changed_fact']} ({pair['share_changed_fact']:.0%})")
        if pair["two_organisations"]:
            said.append(f"in two organisations {pair['two_organisations']}")
        if pair["spelling"]:
            said.append(f"{pair['other_spelling']} more without {pair['spelling']}")
        lines.append(head + ", ".join(said))
    return lines
