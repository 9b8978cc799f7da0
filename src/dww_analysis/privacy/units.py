"""What a team or an organisation may be shown about itself, and how exactly.

A unit's mean needs the minimum of persons and the minimum share of its members. Beside it stand the mean of its
organisation and the published means of arms and of everybody. Where the sum of fewer persons than the minimum follows
from all of these by any subtraction, another unit is hidden, the smallest first. What is left is printed with one
decimal, also where it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.sheets import DECIMALS
from dww_analysis.privacy.gate import is_small

Mask = NDArray[np.bool_]
Key = tuple[str, str]  # level, unit
ATOMS = ("team", "organisation", "arm")


@dataclass(frozen=True)
class Limits:
    """When a unit may be shown: persons who answered, and their share of its members where these are known."""

    minimum: int
    share: float

    def enough(self, n: NDArray[np.float64], members: NDArray[np.float64]) -> Mask:
        """Units with enough answers for themselves, a mask of the rows. n, members: of each; a share is not asked
        where members are NaN."""
        with np.errstate(invalid="ignore", divide="ignore"):
            few = n / members < self.share
        return np.asarray((n >= self.minimum) & ~few)


def shown_rows(rows: pd.DataFrame, scores: pd.DataFrame, limits: Limits) -> Mask:
    """Which rows of one scale's units may be shown.

    rows: level, unit, wave, n, mean, members. scores: person, wave, team, organisation, score, and arm where there are
    arms; one row a person and wave with a score, team and organisation as the rows name them. Of two scores alone
    (0 and 1) a unit needs the minimum of both, or nobody of one.
    """
    enough = limits.enough(*(rows[c].to_numpy("float64") for c in ("n", "members")))
    answers = np.unique(scores["score"].dropna()) if "score" in scores else np.empty(0)
    if len(answers) == 2:
        n, mean = (rows[c].to_numpy("float64") for c in ("n", "mean"))
        yes = np.round(n * (mean - answers[0]) / (answers[1] - answers[0]))
        enough &= ~(is_small(yes, limits.minimum) | is_small(n - yes, limits.minimum))
    shown = enough.copy()
    for wave in rows["wave"].unique():
        at = np.flatnonzero(rows["wave"] == wave)
        keys = list(zip(rows["level"].to_numpy(str)[at], rows["unit"].to_numpy(str)[at], strict=True))
        allowed = {key for key, i in zip(keys, at, strict=True) if enough[i]}
        safe = _safe(scores[scores["wave"] == wave], allowed, limits.minimum)
        shown[at] = [key in safe for key in keys]
    return shown


def _safe(scores: pd.DataFrame, allowed: set[Key], minimum: int) -> set[Key]:
    """The units of one wave that may be shown beside each other and beside the published totals."""
    atoms, shown, hidden = _atoms(scores), set(allowed), []
    while (group := _following(atoms, shown, minimum)) is not None and (
        more := _to_hide(atoms, group, shown)
    ):
        shown.discard(more)
        hidden.append(more)
    for key in reversed(hidden):  # what turns out to protect nobody
        if _following(atoms, shown | {key}, minimum) is None:
            shown.add(key)
    return shown


def _atoms(scores: pd.DataFrame) -> pd.DataFrame:
    """team, organisation, arm and n of every team, and of who has no team in each organisation ("": none).

    A team is in the arm that most of its persons are in.
    """
    texts = {
        c: scores[c].astype("object").where(scores[c].notna(), "").astype("str") for c in ATOMS if c in scores
    }
    rows = pd.DataFrame(texts).assign(**({} if "arm" in texts else {"arm": ""}))
    rows["home"] = rows["team"].where(rows["team"] != "", "\0" + rows["organisation"])
    found = rows.groupby("home").agg(
        team=("team", "first"), organisation=("organisation", "first"), n=("team", "size")
    )
    most = rows.groupby(["home", "arm"]).size().reset_index(name="persons")
    most = most.sort_values(["persons", "arm"], ascending=[False, True], kind="stable")
    arms = most.drop_duplicates("home").set_index("home")["arm"]
    return found.assign(arm=arms.reindex(found.index))[[*ATOMS, "n"]].reset_index(drop=True)


def _following(atoms: pd.DataFrame, shown: set[Key], minimum: int) -> NDArray[np.int_] | None:
    """Hidden teams of fewer persons than the minimum together, whose sum is a combination of shown sums; None: nowhere.

    Shown are teams, organisations, arms and everybody. Of what is hidden that leaves the sum r of each organisation
    (of those that are hidden: together) and the sum c of each arm. Teams in the same two sums cannot be told apart; and
    a combination of such sums that counts every team once or not at all comes apart into combinations of two kinds:
    the r of one organisation; or the c of some arms, less the r of each organisation that has hidden teams in these
    arms alone. So these are all that have to be tried.
    """
    n = atoms["n"].to_numpy()
    if n.sum() < minimum:
        return None
    hidden = np.array([("team", team) not in shown for team in atoms["team"]])
    home = _codes(atoms["organisation"], {unit for level, unit in shown if level == "organisation"})
    sizes = atoms.groupby("arm")["n"].sum()
    arm = _codes(atoms["arm"], set(sizes.index[sizes >= minimum]))
    left = np.zeros((home.max() + 1, arm.max() + 1))
    np.add.at(left, (home[hidden], arm[hidden]), n[hidden])
    for cells in _combinations(left):
        if 0 < left[cells].sum() < minimum:
            return np.flatnonzero(hidden & cells[home, arm])
    return None


def _codes(names: pd.Series, known: set[str]) -> NDArray[np.int_]:
    """A number for each known name, and one for all others."""
    return np.unique(names.where(names.isin(known), "\0").to_numpy(), return_inverse=True)[1]


def _combinations(left: NDArray[np.float64]) -> Iterator[Mask]:
    """Which cells of organisation x arm are in each sum that follows from those of rows and columns."""
    there = left > 0
    totals = left.sum(axis=1)
    for row in np.argsort(totals, kind="stable"):
        yield there & (np.arange(len(left)) == row)[:, None]
    for chosen in product((False, True), repeat=left.shape[1]):
        some = np.array(chosen)
        across = (there & some).any(axis=1) & (there & ~some).any(axis=1)
        yield there & across[:, None] & some


def _to_hide(atoms: pd.DataFrame, group: NDArray[np.int_], shown: set[Key]) -> Key | None:
    """The smallest shown team of the group's organisations, else of its arms, else its smallest shown organisation."""
    own = atoms.iloc[group]
    open_ = atoms[[("team", team) in shown for team in atoms["team"]]]
    for column in ("organisation", "arm"):
        near = open_[open_[column].isin(own[column])].sort_values(["n", "team"])
        if len(near):
            return "team", str(near["team"].iloc[0])
    totals = atoms.groupby("organisation")["n"].sum().sort_values(kind="stable")
    rest = [("organisation", str(o)) for o in totals.index if ("organisation", o) in shown]
    return next((key for key in rest if key[1] in set(own["organisation"])), next(iter(rest), None))


def as_printed(rows: pd.DataFrame, score_range: tuple[float, float]) -> pd.DataFrame:
    """`rows` of one scale as they stand on paper: rounded, and empty where they are not shown.

    The interval is laid around the rounded mean, so that it says nothing more about where the mean is.
    Adds `extreme`: "very_high" or "very_low" in place of numbers and verdict where the mean alone bounds everybody to
    half of the range or less; and `why`: "too_few" or "follows" (from what others see) where nothing is shown.
    """
    n, mean = (rows[c].to_numpy("float64") for c in ("n", "mean"))
    bound = (score_range[1] - score_range[0]) / 2
    high, low = n * (score_range[1] - mean) <= bound, n * (mean - score_range[0]) <= bound
    shown = rows["shown"].to_numpy(bool)
    extreme = np.where(shown & high, "very_high", np.where(shown & low, "very_low", ""))
    told = shown & (extreme == "")
    half = np.round((rows["conf_high"] - rows["conf_low"]).to_numpy("float64") / 2, DECIMALS + 1)
    centre = np.round(mean, DECIMALS)
    printed = {c: np.round(rows[c].to_numpy("float64"), DECIMALS) for c in ("band_low", "band_high")}
    printed |= {"mean": centre, "conf_low": centre - half, "conf_high": centre + half}
    printed = {c: np.where(told, np.round(values, DECIMALS + 1), np.nan) for c, values in printed.items()}
    return rows.assign(
        **printed,
        std_error=np.nan,
        verdict=rows["verdict"].where(told, ""),
        change=rows["change"].where(shown, ""),
        extreme=pd.Series(extreme, rows.index, dtype="str"),
    )


def why_hidden(rows: pd.DataFrame, limits: Limits) -> NDArray[np.str_]:
    """ "" for a row that is shown; else "too_few" for a unit's own sake, "follows" because a smaller group would
    follow. rows: columns n, members and shown."""
    enough = limits.enough(*(rows[c].to_numpy("float64") for c in ("n", "members")))
    return np.where(rows["shown"].to_numpy(bool), "", np.where(enough, "follows", "too_few"))
