"""Linking persons over waves by the codes they made themselves, with an honest account of how sure the links are.

A code is normalised, compared inside its team, linked when it is the same, and otherwise only when it is off by one
character or one element and each of the two is the other's clear best without a contradiction in facts that do not
change. Codes that occur twice in a team are never linked. After Grube, Morgan and Kearney (1989), Schnell, Bachteler
and Reiher (2010) and Lipp and others (2021).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import code_text, fold
from dww_analysis.domain.measurements import LINKED
from dww_analysis.errors import MeasurementError

Rule = Literal["fuzzy", "exact", "none"]
OUTCOMES = (
    "first",
    "exact",
    "exact, other team",
    "one error",
    "ambiguous",
    "contradiction",
    "duplicate",
    "no code",
    "unlinked",
)
MARGIN = 2  # edits by which the runner-up must be worse
_FAR = 99.0
_PARTICLES = re.compile(r"\b(?:VAN|DE|DER|DEN|HET|TEN|TER|TE|OP|IN|'T|T)\b")
_SEPARATORS = re.compile(r"[\s/\-_.,;:|]+")
_PLACEBO_TEAMS = 20  # other teams that each team is compared with


@dataclass(frozen=True)
class LinkRule:
    """By what persons are linked.

    `facts`: columns that do not change for a person, such as a band of the year of birth; two known and different
    values are a contradiction. `rule`: "exact" links equal codes only, "none" nothing, for sensitivity analyses.
    `elements`: widths of the parts of a code ("one element off" counts as one error); codes with separators show their
    parts themselves. `margin`: edits by which the second best candidate must be worse. `came_from`: team -> teams it
    was made of, so that persons of teams that merged or split are compared; a person whom two teams claim is ambiguous.
    """

    facts: Sequence[str] = ()
    rule: Rule = "fuzzy"
    elements: Sequence[int] | None = None
    margin: int = MARGIN
    came_from: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Linkage:
    """Who is who over the waves.

    `persons`: for every record (same index) a key that is the same for records of one person. `outcomes`: for every
    record wave, team and outcome (one of OUTCOMES; "first" in the first wave, "unlinked" without a partner).
    `report`: counts and shares of outcomes by wave and team (team "" = all), from the second wave on. `placebo`: one
    row a wave: links, placebo_links (between different teams), comparisons, expected_false, false_match_rate.
    """

    persons: pd.Series
    outcomes: pd.DataFrame
    report: pd.DataFrame
    placebo: pd.DataFrame


def normalise_code(code: object) -> str:
    """A code in one spelling: upper case, no accents, "ij" as Y, no particles of names, "?" and "*" as X (unknown);
    "" for None and NaN.

    Separators become one "-", so that elements stay apart.
    """
    if code is None or code != code:
        return ""
    text = code_text(code).replace("ĳ", "ij").replace("Ĳ", "IJ").upper()
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = re.sub(r"[?*]", "X", text.replace("IJ", "Y"))
    text = _PARTICLES.sub("", text) if " " in text else text
    text = "-".join(part for part in _SEPARATORS.split(text) if part)
    return re.sub(r"[^A-Z0-9-]", "", text)


def link_persons(
    records: pd.DataFrame,
    *,
    facts: Sequence[str] = (),
    rule: Rule = "fuzzy",
    elements: Sequence[int] | None = None,
    margin: int = MARGIN,
    with_placebo: bool = True,
    came_from: Mapping[str, Sequence[str]] | None = None,
) -> Linkage:
    """`link_by` for one table of codes; the parameters are the fields of `LinkRule`."""
    by = LinkRule(facts, rule, elements, margin, came_from or {})
    return link_by(records, by, with_placebo=with_placebo)


def link_by(records: pd.DataFrame, by: LinkRule, *, with_placebo: bool = True) -> Linkage:
    """Persons over all waves of `records` (columns wave, team, code, optionally organisation, and the facts).

    Each wave is linked to the roster of everybody seen before, with their latest code. Persons who move team are
    linked by an equal code that is unique in both waves of their organisation, when there is a column organisation.
    `with_placebo`: also compare teams with other teams, which takes most of the time. MeasurementError for columns
    that are not there.
    """
    _check(records, by.facts)
    table = records.reset_index(drop=True)
    table = table.assign(code=[normalise_code(code) for code in table["code"]])
    by = replace(by, came_from=_as_spelled(by.came_from, table["team"]))
    person = np.full(len(table), -1, dtype="int64")
    outcome = np.array(["unlinked"] * len(table), dtype=object)
    latest = np.empty(0, dtype="int64")  # rows: the last record of every person so far
    placebo = []
    for number, wave in enumerate(sorted(table["wave"].unique())):
        rows = np.flatnonzero(table["wave"].to_numpy() == wave)
        if not number:
            outcome[rows] = "first"
        elif by.rule != "none":
            links, outcome[rows] = _link(table, latest, rows, by)
            person[list(links)] = person[list(links.values())] if links else []
            if with_placebo:
                placebo.append([wave, *_placebo(table, latest, rows, by, outcome[rows])])
        new = rows[person[rows] < 0]
        person[new] = person.max(initial=-1) + 1 + np.arange(len(new))
        latest = _updated(latest, rows, person)
    outcomes = pd.DataFrame({"wave": table["wave"], "team": table["team"], "outcome": outcome})
    outcomes.index = records.index
    first = table["wave"] == table["wave"].min()
    report = _report(outcomes[~first.to_numpy()])
    keys = pd.Series([f"person {n}" for n in person], index=records.index, dtype="str")
    columns = ["wave", "links", "placebo_links", "comparisons", "expected_false", "false_match_rate"]
    return Linkage(keys, outcomes, report, pd.DataFrame(placebo, columns=columns))


def _as_spelled(came_from: Mapping[str, Sequence[str]], teams: pd.Series) -> dict[str, list[str]]:
    """`came_from` with the names that the records use; names are compared without case and punctuation."""
    spelled = {fold(name): name for name in pd.unique(teams.dropna())}
    return {
        spelled.get(fold(team), team): [spelled.get(fold(name), name) for name in before]
        for team, before in came_from.items()
    }


def _check(records: pd.DataFrame, facts: Sequence[str]) -> None:
    absent = [name for name in ("wave", "team", "code", *facts) if name not in records.columns]
    if absent:
        raise MeasurementError.of(
            found="columns are not there: " + ", ".join(absent),
            where="the records to link",
            expected="wave, team, code and the facts that do not change",
            action="declare these columns for every wave",
        )


def _updated(latest: np.ndarray, rows: np.ndarray, person: np.ndarray) -> np.ndarray:
    both = np.concatenate([latest, rows])
    newest = pd.Series(both, index=person[both]).groupby(level=0, sort=True).last()
    return newest.to_numpy()


def _link(
    table: pd.DataFrame, earlier: np.ndarray, rows: np.ndarray, by: LinkRule
) -> tuple[dict[int, int], np.ndarray]:
    """Links of this wave's rows to earlier rows, and an outcome for each of this wave's rows."""
    outcome = pd.Series("unlinked", index=rows, dtype=object)
    links: dict[int, int] = {}
    teams = table["team"].to_numpy()
    old_by_team = (
        pd.Series(earlier).groupby(teams[earlier]).apply(np.asarray).to_dict() if len(earlier) else {}
    )
    for team, new in pd.Series(rows).groupby(teams[rows]):
        before = [old_by_team[name] for name in (team, *by.came_from.get(team, ())) if name in old_by_team]
        old = np.concatenate(before) if before else np.empty(0, dtype="int64")
        found, said = link_blocks(table, old, new.to_numpy(), by)
        links |= found
        outcome[new.to_numpy()] = said
    _refuse_shared(links, outcome)
    if "organisation" in table.columns:
        _link_movers(table, earlier, by, links, outcome)
    return links, outcome.to_numpy()


def _refuse_shared(links: dict[int, int], outcome: pd.Series) -> None:
    """Somebody of a team that split, claimed by two of its successors, is linked with neither."""
    claims = pd.Series(links, dtype="int64")
    for row in claims.index[claims.duplicated(keep=False)]:
        del links[row]
        outcome[row] = "ambiguous"


def link_blocks(
    table: pd.DataFrame, old: np.ndarray, new: np.ndarray, by: LinkRule
) -> tuple[dict[int, int], np.ndarray]:
    """Links between the rows `new` and `old` of one team: new row -> old row, and an outcome for each new row."""
    codes = table["code"].to_numpy()
    outcome = np.array(["unlinked"] * len(new), dtype=object)
    unique_old = old[_usable(codes[old])]
    usable = _usable(codes[new])
    outcome[~usable] = "duplicate"
    outcome[[not _is_code(code) for code in codes[new]]] = "no code"
    contradicted = _contradictions(table, unique_old, new, by.facts)
    links: dict[int, int] = {}
    same = (
        codes[unique_old][:, None] == codes[new][None, :]
        if len(unique_old)
        else np.zeros((0, len(new)), bool)
    )
    for i, j in np.argwhere(same & usable):
        outcome[j] = "contradiction" if contradicted[i, j] else "exact"
        if not contradicted[i, j]:
            links[int(new[j])] = int(unique_old[i])
    if by.rule == "fuzzy":
        taken = set(links.values())
        left = np.array([i for i, row in enumerate(unique_old) if row not in taken], dtype="int64")
        open_ = np.flatnonzero(outcome == "unlinked")
        distance = code_distances(codes[unique_old[left]], codes[new[open_]], by.elements)
        distance[contradicted[np.ix_(left, open_)]] = _FAR
        for i, j in _mutual_best(distance, by.margin):
            links[int(new[open_[j]])] = int(unique_old[left[i]])
            outcome[open_[j]] = "one error"
        near = (distance <= 1).any(axis=0) if len(left) else np.zeros(len(open_), bool)
        outcome[open_[near & (outcome[open_] == "unlinked")]] = "ambiguous"
    return links, outcome


def _is_code(code: str) -> bool:
    return bool(code.replace("-", "").strip("X"))


def _usable(codes: np.ndarray) -> np.ndarray:
    """Codes that name one person of the block: filled in and not given twice."""
    counts = pd.Series(codes, dtype=object).map(pd.Series(codes, dtype=object).value_counts())
    return np.array([_is_code(code) for code in codes], dtype=bool) & (counts.to_numpy() == 1)


def _contradictions(
    table: pd.DataFrame, old: np.ndarray, new: np.ndarray, facts: Sequence[str]
) -> np.ndarray:
    result = np.zeros((len(old), len(new)), dtype=bool)
    for name in facts:
        values = table[name]
        number = np.where(values.isna(), -1, pd.factorize(values)[0])
        a, b = number[old][:, None], number[new][None, :]
        result |= (a >= 0) & (b >= 0) & (a != b)
    return result


def code_distances(
    old: Sequence[str], new: Sequence[str], elements: Sequence[int] | None = None
) -> np.ndarray:
    """Distances between codes, shape (old, new): the restricted edit distance (a swap of neighbours is one edit), or
    the number of elements that differ when that is smaller. elements: widths of the parts, None where separators
    show them."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if not len(old) or not len(new):
        return np.zeros((len(old), len(new)))
    plain = [[code.replace("-", "") for code in codes] for codes in (old, new)]
    distance = process.cdist(plain[0], plain[1], scorer=OSA.distance, dtype=np.int32).astype("float64")
    parts = [[_parts(code, elements) for code in codes] for codes in (old, new)]
    for length in {len(p) for p in parts[0]} & {len(p) for p in parts[1]} - {0, 1}:
        i, j = (np.array([k for k, p in enumerate(side) if len(p) == length]) for side in parts)
        off = _elements_off([parts[0][k] for k in i], [parts[1][k] for k in j])
        distance[np.ix_(i, j)] = np.minimum(distance[np.ix_(i, j)], off)
    return distance


def _elements_off(old: list[list[str]], new: list[list[str]]) -> np.ndarray:
    """How many elements differ, for every pair of codes with the same number of elements."""
    off = np.zeros((len(old), len(new)))
    for one, other in zip(zip(*old, strict=True), zip(*new, strict=True), strict=True):
        number = pd.factorize(np.array([*one, *other], dtype=object))[0]
        off += number[: len(one), None] != number[None, len(one) :]
    return off


def _parts(code: str, elements: Sequence[int] | None) -> list[str]:
    if "-" in code:
        return code.split("-")
    if elements is None or sum(elements) != len(code):
        return []
    ends = np.cumsum([0, *elements])
    return [code[a:b] for a, b in pairwise(ends)]


def _mutual_best(distance: np.ndarray, margin: int) -> list[tuple[int, int]]:
    """Pairs at distance 0 or 1 of which each is the other's best by at least `margin`."""
    if not distance.size:
        return []
    pairs = []
    for i, j in np.argwhere(distance <= 1):
        others = np.concatenate([np.delete(distance[i], j), np.delete(distance[:, j], i)])
        if (others >= distance[i, j] + margin).all():
            pairs.append((int(i), int(j)))
    return pairs


def _link_movers(
    table: pd.DataFrame,
    earlier: np.ndarray,
    by: LinkRule,
    links: dict[int, int],
    outcome: pd.Series,
) -> None:
    """Equal codes in another team of the same organisation, unique there in both waves. outcome: of the rows that are
    linked, by their number."""
    rows = outcome.index.to_numpy()
    organisation, exactly = table["organisation"].to_numpy(), replace(by, rule="exact")
    taken = set(links.values())
    for name, new in pd.Series(rows).groupby(organisation[rows]):
        old = np.array([row for row in earlier if organisation[row] == name], dtype="int64")
        found, _ = link_blocks(table, old, new.to_numpy(), exactly)
        for row, partner in found.items():
            if outcome[row] in ("unlinked", "ambiguous") and partner not in taken:
                links[row] = partner
                outcome[row] = "exact, other team"


def _placebo(
    table: pd.DataFrame, earlier: np.ndarray, rows: np.ndarray, by: LinkRule, outcome: np.ndarray
) -> list[float]:
    """How often the same rule links persons who cannot be the same: those of other teams.

    Columns links to false_match_rate of `Linkage.placebo`. The rate per pair of persons, times the pairs inside teams,
    is the number of false links to expect.
    """
    teams = table["team"].to_numpy()
    names = sorted(set(teams[rows].tolist()) & set(teams[earlier].tolist()), key=str)
    old = {t: earlier[teams[earlier] == t] for t in names}
    new = {t: rows[teams[rows] == t] for t in names}
    found, pairs = 0, 0
    for position, team in enumerate(names):
        for step in range(1, min(_PLACEBO_TEAMS, len(names) - 1) + 1):
            other = names[(position + step) % len(names)]
            if other in by.came_from.get(team, ()):
                continue  # the same persons
            found += len(link_blocks(table, old[other], new[team], by)[0])
            pairs += len(old[other]) * len(new[team])
    own_pairs = sum(len(old[t]) * len(new[t]) for t in names)
    links = int(np.isin(outcome, LINKED).sum())
    expected = found / pairs * own_pairs if pairs else np.nan
    return [links, found, pairs, expected, expected / links if links else np.nan]


def _report(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Counts by wave, team ("" = all) and outcome, with the share of the wave's (team's) records."""
    everything = outcomes.assign(team="")
    both = pd.concat([everything, outcomes], ignore_index=True)
    both["team"] = both["team"].fillna("no team").astype("str")
    counts = both.groupby(["wave", "team", "outcome"], sort=True).size().rename("count").reset_index()
    totals = counts.groupby(["wave", "team"])["count"].transform("sum")
    return counts.assign(share=counts["count"] / totals)


def compare_linked(table: pd.DataFrame, linked: np.ndarray, columns: Sequence[str]) -> pd.DataFrame:
    """Linked against unlinked records: for each numeric column n, mean and sd of both, and the standardised difference
    (linked minus unlinked, in units of the pooled sd). A difference says that the linked are a selection."""
    records = []
    for name in columns:
        values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype="float64")
        groups = [values[mask & ~np.isnan(values)] for mask in (linked, ~linked)]
        n = [len(g) for g in groups]
        mean = [g.mean() if len(g) else np.nan for g in groups]
        sd = [g.std(ddof=1) if len(g) > 1 else np.nan for g in groups]
        pooled = (
            np.sqrt(((n[0] - 1) * sd[0] ** 2 + (n[1] - 1) * sd[1] ** 2) / (n[0] + n[1] - 2))
            if min(n) > 1
            else np.nan
        )
        difference = (mean[0] - mean[1]) / pooled if pooled else np.nan
        records.append((name, n[0], mean[0], sd[0], n[1], mean[1], sd[1], difference))
    names = [
        "column",
        "n_linked",
        "mean_linked",
        "sd_linked",
        "n_unlinked",
        "mean_unlinked",
        "sd_unlinked",
        "difference",
    ]
    return pd.DataFrame(records, columns=names)
