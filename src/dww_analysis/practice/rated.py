"""Ratings of a network as rows that may be printed: means, middles, change, and what people took from examples."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import pandas as pd

from dww_analysis.domain.networks import HIGHEST_RATING, LOWEST_RATING, Network
from dww_analysis.domain.practice import ALL_ROLES, NAN, OTHERS, Quantity
from dww_analysis.practice.origin import Origin, bounds_of
from dww_analysis.practice.rating import (
    Mean,
    in_steps,
    leaves_open,
    mean_interval,
    paired_change,
    quartiles,
    squares,
    tells_single_ratings,
)
from dww_analysis.practice.reading import Counted
from dww_analysis.practice.shown import HowAsked, shown_roles

QUARTILES_FROM = 3  # times the minimum, of what was asked in confidence: quartiles are single answers
FAR = HIGHEST_RATING - LOWEST_RATING
OF_MIDDLE = ("rating_quartile_low", "rating_median", "rating_quartile_high")
# column of a rating -> how the number of persons who wrote something there is called
NOTED_AS = {"strong": "successes", "gap": "problems", "take": "taken", "leave": "left", "step": "first_steps"}


def rating_quantities(counted: Counted, network: Network, asked: HowAsked) -> list[Quantity]:
    """By round: mean, median and quartiles of all, means by role, what was noted; changes since the first round.

    Persons who rated several examples in a round count once, with their mean. Roles of too few are taken together; no
    mean by role where one role is left. A change in confidence is shown only where nobody, or the minimum, rated
    once: the two means and the change would tell these ratings. Of those there is none beside means by role either.
    """
    origin = Origin(network.id, "network", asked, float(len(network.members) or NAN))
    rounds = {name: _by_person(rows) for name, rows in rows_by_round(counted.rows)}
    noted = [q for name, persons in rounds.items() for q in _noted(origin, name, persons)]
    return [*over_rounds(origin, rounds), *noted]


def rows_by_round(rows: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Each round with its rows, in the order of their numbers: 9 before 10."""
    rounds = {str(name): own for name, own in rows.groupby("round")}
    return [(name, rounds[name]) for name in sorted(rounds, key=lambda name: int(name or 0))]


def over_rounds(origin: Origin, rounds: Mapping[str, pd.DataFrame], before: str = "") -> list[Quantity]:
    """`rating_rows` of each round, and the changes since the first. before: of a subject, what precedes the round."""
    found: list[Quantity] = []
    apart = False
    for name, persons in rounds.items():
        means = rating_rows(origin, f"{before}{name}", persons)
        apart |= any(q.role != ALL_ROLES and not q.suppressed for q in means)
        found += means
    ratings = {name: persons["rating"] for name, persons in rounds.items()}
    return [*found, *_changes(origin, ratings, apart, before)]


def rating_rows(origin: Origin, subject: str, persons: pd.DataFrame) -> list[Quantity]:
    """Mean, median and quartiles of all, and means by role. persons: one row each, with rating and role ("": none)."""
    return [*_means(origin, subject, persons), *_middle(origin, subject, persons["rating"])]


def _by_person(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a person: mean rating, role, whether anything was noted, steps done."""
    noted = [name for name in NOTED_AS if name in rows]
    how = {"rating": "mean", "role": "first", "step_done": "max", **dict.fromkeys(noted, "any")}
    return rows.groupby("person").agg(how)


def _means(origin: Origin, subject: str, persons: pd.DataFrame) -> list[Quantity]:
    rated = persons[persons["rating"].notna()]
    if rated.empty:
        return []
    whole = _mean(origin, subject, ALL_ROLES, mean_interval(rated["rating"]))
    groups = shown_roles(rated["role"].replace("", OTHERS), origin.asked)
    if groups is None or groups.nunique() < 2:
        return [whole]
    parts = {str(role): mean_interval(part) for role, part in rated["rating"].groupby(groups)}
    told = {role: _mean(origin, subject, role, mean) for role, mean in parts.items()}
    if any(q.suppressed for q in told.values()):
        return [whole, *(origin.hidden("rating_mean", subject, role) for role in told)]
    found = [whole, *told.values()]
    if origin.asked.private and _told_together(mean_interval(rated["rating"]), parts.values(), origin.asked):
        return [_without_interval(q) for q in found]
    return _all_intervals_or_none(found)


def _told_together(whole: Mean, parts: Collection[Mean], asked: HowAsked) -> bool:
    """Whether the intervals of all and of the parts together, whose sums of squares add up, leave one of these too few
    values."""
    between = sum(part.n * (part.value - whole.value) ** 2 for part in parts)
    bounds = [squares(part) for part in parts]
    least, most = squares(whole)
    lows, highs = (between + sum(b[end] for b in bounds) for end in (0, 1))
    left = [(max(least, lows), min(most, highs))]
    left += [(max(low, least - highs + high), min(high, most - lows + low)) for low, high in bounds]
    return not all(leaves_open(*ends, asked.minimum) for ends in left)


def _all_intervals_or_none(means: list[Quantity]) -> list[Quantity]:
    """Means of all and of each role, without intervals where one has none: with those of the others its SD follows."""
    if all(q.conf_low == q.conf_low for q in means):
        return means
    return [q if q.suppressed else _without_interval(q) for q in means]


def _without_interval(mean: Quantity) -> Quantity:
    return replace(mean, conf_low=NAN, conf_high=NAN, conf_level=NAN, method="mean")


def _mean(origin: Origin, subject: str, role: str, mean: Mean) -> Quantity:
    """A mean with its interval; without one, or not at all, where it would tell single ratings given in confidence."""
    private = origin.asked.private
    alone = private and tells_single_ratings(mean.n, mean.value, NAN)
    if mean.n < origin.asked.fewest or alone:
        return origin.hidden("rating_mean", subject, role)
    wide, method = _interval(origin, mean, "mean, t interval", (LOWEST_RATING, HIGHEST_RATING))
    shown = origin.quantity(
        "rating_mean", mean.value, subject, role, **bounds_of(wide), method=method,
        n=float(mean.n), n_possible=origin.possible if role == ALL_ROLES else NAN,
    )  # fmt: skip
    tells = private and tells_single_ratings(mean.n, mean.value, mean.sd)
    return _without_interval(shown) if tells or wide.conf_low != wide.conf_low else shown


def _interval(origin: Origin, mean: Mean, method: str, ends: tuple[float, float]) -> tuple[Mean, str]:
    """The mean with its interval as it may be shown, and how that is called. ends: of the scale."""
    if not origin.asked.private:
        return mean, method
    return in_steps(mean, *ends, origin.asked.minimum), f"{method} in half points"


def _middle(origin: Origin, subject: str, ratings: pd.Series) -> Iterator[Quantity]:
    n = int(ratings.notna().sum())
    if not n:
        return
    least = origin.asked.fewest * (QUARTILES_FROM if origin.asked.private else 1)
    for quantity, value in zip(OF_MIDDLE, quartiles(ratings), strict=True):
        if n < least:
            yield origin.hidden(quantity, subject)
        else:
            yield origin.quantity(quantity, value, subject, method="type 7", n=float(n))


def _changes(origin: Origin, rounds: Mapping[str, pd.Series], apart: bool, before: str) -> Iterator[Quantity]:
    """From the first round to each later one, of those who rated both times."""
    first, *later = rounds
    start = rounds[first].dropna()
    seen_once: list[frozenset[object]] = []
    for name in later:
        after = rounds[name].dropna()
        change = paired_change(start, after)
        if change.n == 0:
            continue
        once = frozenset(start.index.symmetric_difference(after.index))
        few = change.n < origin.asked.fewest or change.sd != change.sd
        if origin.asked.private:
            others = [once, *(once ^ other for other in seen_once)]
            few |= (
                any(0 < len(part) < origin.asked.hidden_below for part in others)
                or (apart and bool(once))
                or change.sd == 0
            )
        subject = f"{before}{first}-{name}"
        if few:
            yield origin.hidden("rating_change", subject)
            continue
        seen_once.append(once)
        wide, method = _interval(origin, change, "paired t", (-FAR, FAR))
        shown = origin.quantity(
            "rating_change", change.value, subject, **bounds_of(wide), method=method,
            n=float(change.n), n_possible=float(len(start.index.union(after.index))),
        )  # fmt: skip
        yield _without_interval(shown) if wide.conf_low != wide.conf_low else shown


def _noted(origin: Origin, subject: str, persons: pd.DataFrame) -> Iterator[Quantity]:
    """How many persons noted a success, a problem, what they take and leave and a first step; how many did that step.

    Successes and problems are both shown, or neither; so are what was taken and what was left.
    """
    n, few = len(persons), origin.asked.few
    counts = {called: int(persons[name].sum()) for name, called in NOTED_AS.items() if name in persons}
    hidden = {called: few(count, n) for called, count in counts.items()}
    for pair in (("successes", "problems"), ("taken", "left")):
        if any(called not in counts or hidden[called] for called in pair):
            hidden |= dict.fromkeys(pair, True)
    for called, count in counts.items():
        yield _count(origin, subject, called, (count, n), hidden[called])
    if persons["step_done"].notna().any():
        steps = counts.get("first_steps", int(persons["step_done"].notna().sum()))
        done = int((persons["step_done"] == 1).sum())
        gone = hidden.get("first_steps", steps < origin.asked.fewest) or few(done, steps)
        yield _count(origin, subject, "steps_done", (done, steps), gone)


def _count(origin: Origin, subject: str, quantity: str, of: tuple[int, int], hidden: bool) -> Quantity:
    """of: how many persons, and how many could."""
    if hidden:
        return origin.hidden(quantity, subject)
    count, n = of
    return origin.quantity(quantity, float(count), subject, method="persons counted", n=float(n))
