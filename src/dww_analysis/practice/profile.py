"""The practice profile as it was used: per function who reached it, who came back, how long an answer took, and use
over the weeks since the first time.

Observed, not tried: who uses a function differs from who does not. What few did, or all but few, is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from dww_analysis.domain.practice import Function, Quantity
from dww_analysis.practice.origin import Origin
from dww_analysis.practice.quantities import in_order
from dww_analysis.practice.shares import wilson
from dww_analysis.practice.shown import HowAsked, is_small

MOST_WEEKS = 12
QUANTILES_FROM = 3  # times the minimum: a median is nearly one person's answer
WEEK = 7  # days
TOGETHER = 4  # weeks that are taken together


def profile_quantities(
    events: pd.DataFrame | None, functions: Sequence[Function], study: str, minimum: int
) -> list[Quantity]:
    """The quantities of every function, subject its id; all are private. [] without events or functions.

    events: columns sample, person, time (local) and verb (as `domain.practice.verb_of` writes it), one row an event of
    the log, also those of other verbs: everybody in it is a user. `reached`: share of the users; `used_again`: of who
    reached it, on another day; `answered`: of who asked, at least once; `answer_hours`: median over persons of their
    own median time from asking to the next answer in their own log; `weekly_use` (subject function:week_3): share of
    who reached it that used it in that week since their first day, of those whom the log follows so long. Where most
    weeks would be hidden it is of four weeks together, and only of these (`four_weekly_use`, function:weeks_1-4): a
    week beside its four weeks would tell what few people did.
    """
    if events is None or events.empty or not functions:
        return []
    rows = events.assign(who=events["sample"].astype(str) + "/" + events["person"].astype(str))
    origin = Origin(study, "study", HowAsked("private", minimum))
    return in_order(
        [q for function in functions if function.events for q in _function(origin, rows, function)]
    )


def silent_verbs(events: pd.DataFrame, functions: Sequence[Function]) -> list[str]:
    """A line for each verb of a function that no event of the log has. events: as for `profile_quantities`."""
    heard = set(events["verb"])
    return [
        f"function {f.id}: no event of the log has the verb {verb}"
        for f in functions
        for verb in (*f.events, *f.answered_by)
        if verb not in heard
    ]


def _function(origin: Origin, events: pd.DataFrame, function: Function) -> Iterator[Quantity]:
    uses = events[events["verb"].isin(function.events)]
    users, reached = events["who"].nunique(), uses["who"].nunique()
    yield _share(origin, "reached", reached, users, function.id)
    asks = bool(function.answered_by)
    if origin.asked.few(reached, users):
        for quantity in ("used_again", *(("answered", "answer_hours") if asks else ())):
            yield origin.hidden(quantity, function.id)
        return
    if not reached:
        return
    days = uses.assign(day=uses["time"].dt.normalize()).groupby("who")["day"]
    yield _share(origin, "used_again", int((days.nunique() > 1).sum()), reached, function.id)
    if asks:
        yield from _answers(origin, events, function, reached)
    yield from _weeks(origin, uses, events["time"].max().normalize(), function.id)


def _answers(origin: Origin, events: pd.DataFrame, function: Function, asked: int) -> Iterator[Quantity]:
    hours = waiting_hours(events, function).groupby(level=0).median()
    share = _share(origin, "answered", len(hours), asked, function.id)
    yield share
    if share.suppressed or (len(hours) and len(hours) < QUANTILES_FROM * origin.asked.minimum):
        yield origin.hidden("answer_hours", function.id)
    elif len(hours):
        yield origin.quantity(
            "answer_hours", float(hours.median()), function.id, n=float(len(hours)), n_possible=float(asked),
            method="median of medians of persons",
        )  # fmt: skip


def waiting_hours(events: pd.DataFrame, function: Function) -> pd.Series:
    """Hours from each use of the function to the next answer in the log of the same person, by person; what was never
    answered is left out. events: columns who, time, verb."""
    rows = events.sort_values(["who", "time"], kind="stable")
    answered = rows["time"].where(rows["verb"].isin(function.answered_by))
    following = answered.groupby(rows["who"]).bfill()
    hours = ((following - rows["time"]) / pd.Timedelta(hours=1))[rows["verb"].isin(function.events)]
    return hours.set_axis(rows.loc[hours.index, "who"]).dropna()


def _weeks(origin: Origin, uses: pd.DataFrame, last: pd.Timestamp, id: str) -> Iterator[Quantity]:
    """Use by week; of four weeks together where most weeks in which somebody came have too few to show."""
    day = uses["time"].dt.normalize()
    first = day.groupby(uses["who"]).transform("min")
    began = first.groupby(uses["who"]).first()
    followed = ((last - began).dt.days + 1) // WEEK - 1  # whole weeks after the first one
    weeks = _how_long(followed, origin.asked.minimum)
    cohort = began.index[followed >= weeks]
    after = uses["who"].isin(cohort)
    week = ((day - first).dt.days // WEEK)[after]
    came = (
        pd.crosstab(uses["who"][after], week).reindex(index=cohort, columns=range(1, weeks + 1), fill_value=0)
        > 0
    )
    counts = came.sum()
    if _mostly_small(counts, len(cohort), origin.asked.minimum) and weeks >= TOGETHER:
        for end in range(TOGETHER, weeks + 1, TOGETHER):
            count = int(came.loc[:, end - TOGETHER + 1 : end].any(axis=1).sum())
            subject = f"{id}:weeks_{end - TOGETHER + 1}-{end}"
            yield _share(origin, "four_weekly_use", count, len(cohort), subject)
        return
    for number, count in counts.items():
        yield _share(origin, "weekly_use", int(count), len(cohort), f"{id}:week_{number}")


def _mostly_small(counts: pd.Series, n: int, minimum: int) -> bool:
    """Whether most of the counts that are not 0 may not be shown."""
    small = is_small(counts.to_numpy(float), n, minimum)
    return bool(2 * small.sum() > (counts > 0).sum())


def _how_long(followed: pd.Series, minimum: int) -> int:
    """The most weeks over which enough persons are followed: all, or all but at least the minimum."""
    for weeks in range(MOST_WEEKS, 0, -1):
        there = int((followed >= weeks).sum())
        rest = len(followed) - there
        if there >= max(minimum, len(followed) / 2) and (rest == 0 or rest >= minimum):
            return weeks
    return 0


def _share(origin: Origin, quantity: str, count: int, n: int, subject: str) -> Quantity:
    if origin.asked.few(count, n):
        return origin.hidden(quantity, subject)
    return origin.share(quantity, wilson(count, n), subject)
