"""The attacker on everything that sheets and the report say about one scale, over waves, units and documents.

Every printed number is a linear statement about the scores of the persons behind it, within half of its last digit;
a word is the inequality it stands for. A linear programme bounds each person's score under all of them. Persons who
answered at the same waves in the same units cannot be told apart, so one of each such class stands for all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.domain.sheets import DECIMALS
from dww_analysis.errors import DisclosureError, Problem, raise_all
from dww_analysis.privacy.linear import Cell, Statement, bounds
from dww_analysis.privacy.moments import tells_single_scores
from dww_analysis.privacy.published import DIGITS, significant

HALF_DIGIT = 0.5 * 10.0**-DECIMALS
NARROWEST = 0.5  # of the range of the scale
SLACK = 1e-6
BAND = "\0band"
REPORT = "the report"
EVERYBODY = ("everybody", "")  # level and unit


@dataclass(frozen=True)
class Said:
    """low <= mean of a unit's persons at a wave <= high; with `since`, of their change since that wave.

    unit BAND: the middle of the reference band, the mean of the means of all teams with two answers or more; followed
    by an organisation, of its teams.
    """

    document: str
    level: str
    unit: str
    wave: int
    low: float
    high: float
    since: int | None = None


def said_of(
    rows: pd.DataFrame,
    score_range: tuple[float, float],
    smallest: float | None,
    since: int,
    homes: Mapping[str, str] | None = None,
) -> Iterator[Said]:
    """What printed rows of one scale (`units.as_printed`) say.

    smallest: the smallest effect of interest; since: the first wave; homes: team -> organisation, where a team's band
    is that of its organisation's teams; None: that of all teams.
    """
    bands: dict[tuple[int, str], tuple[float, float]] = {}
    for row in rows[rows["shown"].astype(bool)].itertuples():
        where = (f"{row.level} {row.unit}", str(row.level), str(row.unit), int(row.wave))
        yield Said(*where, *_level(row, score_range))
        if row.level == "team" and np.isfinite(row.band_low):
            middle = (row.band_low + row.band_high) / 2
            among = "" if homes is None else homes.get(str(row.unit), "")
            bands[int(row.wave), among] = (middle - HALF_DIGIT, middle + HALF_DIGIT)
        change = _change(str(row.change), smallest)
        if change is not None and row.wave != since:
            yield Said(*where, *change, since)
    for (wave, among), (low, high) in bands.items():
        yield Said(f"all teams of {among}" if among else "all teams", "team", BAND + among, wave, low, high)


def said_of_report(scores: pd.DataFrame, score_range: tuple[float, float], minimum: int) -> Iterator[Said]:
    """What the report prints of the same scores: means of arms and of everybody, at every wave at which the gate hides
    none of them. scores: wave, score, and arm where there are arms."""
    for wave, rows in scores.groupby("wave"):
        arms = dict(list(rows.groupby(_texts(rows, "arm")))) if "arm" in rows else {}
        groups = {EVERYBODY: rows, **{("arm", str(arm)): own for arm, own in arms.items() if arm != ""}}
        found = {key: own["score"].agg(["size", "mean", "std"]).to_numpy() for key, own in groups.items()}
        n, mean, sd = np.array(list(found.values()), dtype="float64").T
        low, high = (np.full(len(n), end) for end in score_range)
        if (n < minimum).any() or tells_single_scores(n, low, high, mean, sd).any():
            continue
        for (level, unit), one in zip(found, mean, strict=True):
            yield Said(REPORT, level, unit, int(wave), *_published(float(one)))


def _published(mean: float) -> tuple[float, float]:
    """What a mean with four significant digits says: what would be rounded up to a half was rounded down."""
    near = float(significant(np.array([mean]))[0])
    last = 10.0 ** (np.floor(np.log10(abs(near))) - DIGITS + 1) if near else 10.0**-DIGITS
    return near - last, near + last


def _level(row: Any, score_range: tuple[float, float]) -> tuple[float, float]:
    """Bounds of a mean from the printed number, or the word in its place, and from the verdict."""
    mean = float(row.mean)
    if row.extreme:
        off = (score_range[1] - score_range[0]) / (2 * row.n)
        return (
            (score_range[1] - off, np.inf) if row.extreme == "very_high" else (-np.inf, score_range[0] + off)
        )
    low, high = mean - HALF_DIGIT, mean + HALF_DIGIT
    verdict = _verdict(str(row.verdict), row.band_low, row.band_high, (row.conf_high - row.conf_low) / 2)
    return max(low, verdict[0]), min(high, verdict[1])


def _verdict(word: str, band_low: float, band_high: float, half: float) -> tuple[float, float]:
    """Bounds of a mean from its verdict, when the ends of the band are known within half of their last digit."""
    off = HALF_DIGIT + HALF_DIGIT / 10
    known = {
        "above": (band_high + half - off, np.inf),
        "below": (-np.inf, band_low - half + off),
        "as_others": (band_low + half - off, band_high - half + off),
    }
    return known.get(word, (-np.inf, np.inf))


def _change(word: str, smallest: float | None) -> tuple[float, float] | None:
    margin = (smallest or 0.0) / 2
    known = {"up": (margin, np.inf), "down": (-np.inf, -margin), "same": (-margin, margin)}
    return known.get(word)


def narrowest(
    scores: pd.DataFrame, said: Sequence[Said], score_range: tuple[float, float], enough: float = np.inf
) -> list[tuple[float, str]]:
    """(width of the bounds, documents) of the score of one person of each class at each wave, narrowest first.

    scores: person, wave, team, organisation, and arm where there are arms, of all who answered the scale. enough: only
    those of a smaller width.
    """
    classes = _Classes(scores)
    cells = _Cells(score_range)
    statements, spoken = [], []
    for one in said:
        statement = _statement(one, classes, cells)
        if statement is not None:
            statements.append(statement)
            spoken.append(one)
    found = bounds(statements, cells.limits, cells.singles, enough)
    narrow = {cell: high - low for cell, (low, high) in found.items() if not high - low >= enough}
    told = list(zip(spoken, statements, strict=True))
    return sorted((width, "; ".join(sorted(_documents(cell, told)))) for cell, width in narrow.items())


def _documents(cell: Cell, told: list[tuple[Said, Statement]]) -> set[str]:
    """The documents that speak of a person; where it is the report alone, with those that speak of the same arm."""
    own = [(one, statement) for one, statement in told if cell in statement.cells]
    found = {one.document for one, _ in own}
    if found != {REPORT}:
        return found
    arm = min((statement for _, statement in own), key=lambda statement: len(statement.cells))
    return found | {one.document for one, statement in told if arm.cells.keys() & statement.cells.keys()}


Class = tuple[tuple[int, str, str, str], ...]  # (wave, team, organisation, arm) of every answer


def _texts(scores: pd.DataFrame, name: str) -> pd.Series:
    """A column as texts, "" where it is absent or not there."""
    if name not in scores:
        return pd.Series("", index=scores.index)
    return scores[name].astype("object").where(scores[name].notna(), "").astype("str")


class _Classes:
    """How many persons answered at the same waves in the same units."""

    def __init__(self, scores: pd.DataFrame):
        ordered = scores.sort_values(["person", "wave"], kind="stable")
        units = [_texts(ordered, name) for name in ("team", "organisation", "arm")]
        where = list(zip(ordered["wave"].astype(int), *units, strict=True))
        persons = pd.Series(where, index=ordered.index).groupby(ordered["person"].to_numpy()).agg(tuple)
        self.persons: dict[Class, int] = dict(persons.value_counts(sort=False))
        self._at: dict[tuple[int, str, str], list[Class]] = defaultdict(list)
        for group in self.persons:
            for wave, team, organisation, arm in group:
                self._at[wave, "team", team].append(group)
                self._at[wave, "organisation", organisation].append(group)
                self._at[wave, "arm", arm].append(group)
                self._at[wave, *EVERYBODY].append(group)

    def of(self, level: str, unit: str, waves: Sequence[int]) -> dict[Class, int]:
        """The classes that were in a unit at each of these waves."""
        first, *others = (self._at.get((wave, level, unit), []) for wave in waves)
        return {c: self.persons[c] for c in first if all(c in there for there in others)}


class _Cells:
    """Numbers of the unknowns: of each class and wave one person's score, and the sum of the others."""

    def __init__(self, score_range: tuple[float, float]):
        self.range = score_range
        self.limits: dict[Cell, tuple[float, float]] = {}
        self.singles: list[Cell] = []
        self._at: dict[tuple[Class, int], tuple[Cell, ...]] = {}

    def of(self, group: Class, persons: int, wave: int) -> tuple[Cell, ...]:
        """The unknowns of a class at a wave."""
        if (group, wave) not in self._at:
            low, high = self.range
            first = len(self.limits)
            self.limits[first] = (low, high)
            self.singles.append(first)
            if persons > 1:
                self.limits[first + 1] = ((persons - 1) * low, (persons - 1) * high)
            self._at[group, wave] = (first, first + 1)[: min(persons, 2)]
        return self._at[group, wave]


def _statement(one: Said, classes: _Classes, cells: _Cells) -> Statement | None:
    """What is said, as a statement about the unknowns; None when nobody is behind it."""
    found = _of_band(one, classes, cells) if one.unit.startswith(BAND) else _of_unit(one, classes, cells)
    if not found:
        return None
    low, high = (
        cells.range
        if one.since is None
        else (cells.range[0] - cells.range[1], cells.range[1] - cells.range[0])
    )
    return Statement(found, max(one.low, low), min(one.high, high))


def _of_unit(one: Said, classes: _Classes, cells: _Cells) -> dict[Cell, float]:
    """The mean of a unit's persons, or of their change, as weights of the unknowns."""
    waves = [one.wave] if one.since is None else [one.wave, one.since]
    own = classes.of(one.level, one.unit, waves)
    return {
        cell: sign / sum(own.values())
        for group, persons in own.items()
        for wave, sign in zip(waves, (1.0, -1.0), strict=False)
        for cell in cells.of(group, persons, wave)
    }


def _of_band(one: Said, classes: _Classes, cells: _Cells) -> dict[Cell, float]:
    """The mean of the teams' means, as weights of the unknowns."""
    wave, among = one.wave, one.unit.removeprefix(BAND)
    own = ((c, a) for c in classes.persons for a in c if a[0] == wave and a[1] and among in ("", a[2]))
    teams = {group: answer[1] for group, answer in own}
    sizes: Counter[str] = Counter()
    for group, team in teams.items():
        sizes[team] += classes.persons[group]
    several = {team: n for team, n in sizes.items() if n > 1}
    return {
        cell: 1 / (len(several) * several[team])
        for group, team in teams.items()
        if team in several
        for cell in cells.of(group, classes.persons[group], wave)
    }


def refuse_narrow(
    scale: str, scores: pd.DataFrame, said: Iterable[Said], score_range: tuple[float, float]
) -> None:
    """DisclosureError when a person's score is bounded to less than half of the range; it names documents only."""
    least = NARROWEST * (score_range[1] - score_range[0])
    found = narrowest(scores, list(said), score_range, least - SLACK)
    telling = dict.fromkeys(documents for _, documents in found)
    raise_all(
        [
            Problem(
                found="the sheets together bound single answers to less than half of the range of the scale",
                where=f"scale {scale}, sheets of {documents}",
                expected=f"bounds at least {least:g} wide for everybody",
                action=(
                    "combine these units with others (`units: {combine: ...}` in reports.yaml), or "
                    "raise `min_cell_size`"
                ),
            )
            for documents in telling
        ],
        DisclosureError,
    )
