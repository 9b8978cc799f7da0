"""What a session says, as rows that a page may print: shares, orders, agreement, votes. No Quantity, no sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from dww_analysis.domain.practice import ALL_ROLES, NAN, OF_SCORES, OTHERS, RATED_HIGHEST, Quantity
from dww_analysis.practice.agreement import kendall_w
from dww_analysis.practice.ballots import How, ballot_scores, chose, least_scores
from dww_analysis.practice.orders import of_one_role, two_step
from dww_analysis.practice.origin import Origin, bounds_of
from dww_analysis.practice.ranking import tiers
from dww_analysis.practice.reading import MOMENTS, Counted
from dww_analysis.practice.shares import equal_weight, role_means, wilson
from dww_analysis.practice.shown import HowAsked, hidden_counts, is_small, shown_roles
from dww_analysis.practice.shuffling import contested
from dww_analysis.practice.votes import vote_change


def of_roles(n: int) -> str:
    """How a mean over roles came about."""
    return f"mean of {n} roles"


def ballot_quantities(
    counted: Counted,
    every_theme: tuple[str, ...],
    asked: HowAsked,
    present: Mapping[tuple[str, str], float] = MappingProxyType({}),
    together: Collection[str] = (),
) -> list[Quantity]:
    """The quantities of every session of these ballots, in order of session, quantity, subject and role.

    every_theme: those of the study, in its order; `offered` says which a session had. present: (session, role) ->
    how many were there, where that may be shown. together: roles of which it may not, which do not stand alone here
    either. Roles of too few voters are taken together; a session of too few has suppressed rows only. What was
    asked in confidence is shown by role only where no role has a theme that few of it chose, or all but few (of
    points and ranks also: gave the most or the least): means over roles, orders and p values tell the counts behind
    them. Otherwise there are totals. Orders and means over roles are of scores: of points, ranks and ratings too;
    shares are of ballots that named a theme, of ratings of those that rated no theme higher.
    """
    found: list[Quantity] = []
    for name, rows in counted.rows.groupby("session"):
        origin, themes = Origin(str(name), asked=asked), offered(rows, every_theme, counted.how)
        told = Told.of(rows, counted.how, themes)
        groups = shown_roles(told.roles, asked, together)
        if groups is None:
            found += [origin.hidden("share", theme) for theme in themes]
        elif _tells(told, groups, asked.hidden_below):
            found += _totals(origin, told, present.get((origin.unit, ALL_ROLES), NAN))
        else:
            there = {
                role: present.get((origin.unit, str(role)), NAN) for role in groups.unique() if role != OTHERS
            }
            found += _session(origin, told, groups, there)
    return in_order([_of_ratings(q) for q in found] if counted.how == "rating" else found)


@dataclass(frozen=True, eq=False)
class Told:
    """Ballots x themes: the scores they give and whether they chose a theme; the least that each can give, its role,
    and whether scores are more than chosen or not."""

    scores: pd.DataFrame
    chosen: pd.DataFrame
    least: pd.Series
    roles: pd.Series
    scored: bool = False

    @classmethod
    def of(cls, rows: pd.DataFrame, how: How, themes: tuple[str, ...]) -> Told:
        wide = rows.pivot(index="ballot", columns="theme", values="value").reindex(columns=list(themes))
        roles = rows.groupby("ballot")["role"].first()
        scores, chosen = ballot_scores(wide, how), chose(wide, how)
        return cls(scores, chosen, least_scores(wide, how), roles, how != "chosen")


def _of_ratings(quantity: Quantity) -> Quantity:
    """A share of ratings with a word about what choosing is there."""
    if quantity.suppressed or quantity.quantity != "share":
        return quantity
    return replace(quantity, method=f"{quantity.method}; {RATED_HIGHEST}")


def offered(rows: pd.DataFrame, every_theme: tuple[str, ...], how: How = "chosen") -> tuple[str, ...]:
    """The themes that could be chosen in a session: all, unless its rows also say what was not chosen, or rate it."""
    if how != "rating" and ((rows["value"] > 0) & rows["value"].notna()).all():
        return every_theme
    named = set(rows["theme"])
    return tuple(theme for theme in every_theme if theme in named)


def _tells(told: Told, roles: pd.Series, minimum: int) -> bool:
    """Whether numbers by role would tell what few people chose.

    A mean score of points or ranks tells it too, where it is a few steps from the most that all could give, or from the
    least that those who named the theme could.
    """
    scores, least = told.scores, told.least
    from_most = (1 - scores).div(least, axis=0)
    from_least = (scores.div(least, axis=0) - 1).where(scores > 0)
    for _, part in told.chosen.groupby(roles):
        sums = pd.concat([far.loc[part.index].sum() for far in (from_most, from_least)])
        steps = np.ceil(sums.round(6))  # ratings that are equal lie half a step apart
        few = is_small(part.sum().to_numpy(float), len(part), minimum).any()
        if few or ((steps > 0) & (steps < minimum)).any():
            return True
    return False


def _totals(origin: Origin, told: Told, there: float) -> Iterator[Quantity]:
    """Shares of all together, of what was asked in confidence."""
    counts, n = told.chosen.sum(), len(told.chosen)
    hidden = hidden_counts(counts, n, origin.asked.hidden_below)
    for theme, count in counts.items():
        if hidden[theme]:
            yield origin.hidden("share", str(theme))
        else:
            yield origin.share("share", wilson(int(count), n, there), str(theme))


def _session(origin: Origin, told: Told, roles: pd.Series, there: Mapping[str, float]) -> Iterator[Quantity]:
    scores = told.scores
    means, n = role_means(scores, roles), len(scores)
    sure, points = tiers(scores, roles), two_step(means)
    of = f" {OF_SCORES}" if told.scored else ""
    for theme, mean in equal_weight(means).items():
        name = str(theme)
        for role, part in told.chosen[name].groupby(roles):
            share = wilson(int(part.sum()), len(part), there.get(str(role), NAN))
            yield origin.share("share", share, name, str(role))
        method = f"{of_roles(len(means))}{of}; max-t bootstrap"
        yield origin.quantity("share_equal_weight", mean, name, n=n, tier=str(sure.tier[name]), method=method)
        yield origin.quantity("two_step", float(points[name]), name, n=n, method="two-step")
    if len(means) > 1:
        yield from _between(origin, scores, roles, means)


def _between(
    origin: Origin, scores: pd.DataFrame, roles: pd.Series, means: pd.DataFrame
) -> Iterator[Quantity]:
    """What roles agree and differ on."""
    n, named = len(scores), named_roles(means)
    yield from concordance(origin, named, n)
    for theme, role in of_one_role(named).items():
        value = float(named.loc[role, theme])
        yield origin.quantity("top3_of_one_role", value, theme, role, n=n, method="mean score")
    for theme, row in contested(scores, roles).iterrows():
        for quantity, p in (("contested_p", row["p_value"]), ("contested_p_holm", row["p_holm"])):
            yield origin.quantity(quantity, float(p), str(theme), n=n, method=str(row["method"]))


def named_roles(by_roles: pd.DataFrame) -> pd.DataFrame:
    """Roles x themes without the other roles together, which are no role that could agree."""
    return by_roles.drop(index=OTHERS, errors="ignore")


def concordance(origin: Origin, named: pd.DataFrame, n: float) -> Iterator[Quantity]:
    """How far roles have one order; nothing with one role or one theme."""
    if min(named.shape) > 1:
        w = kendall_w(named)
        yield origin.quantity("kendall_w", w.value, n=n, method=w.method)


def vote_quantities(
    counted: Counted, options: Mapping[str, tuple[str, ...]], asked: HowAsked
) -> list[Quantity]:
    """Shares of the options of each statement before and after, and with ballot codes what changed.

    options: statement -> its options. All roles together. A vote of too few has suppressed rows only; of what was asked
    in confidence options of too few are hidden as well, and changes from which it follows what few people did.
    """
    found: list[Quantity] = []
    for (session, name), rows in counted.rows.groupby(["session", "statement"]):
        origin, statement = Origin(str(session), asked=asked), str(name)
        shares: dict[str, list[Quantity]] = {}
        for moment in MOMENTS:
            counts = rows[rows["moment"] == moment].groupby("option")["n"].sum()
            counts = counts.reindex(list(options[statement]), fill_value=0)
            shares[moment] = list(_vote(origin, statement, moment, counts)) if counts.sum() else []
        changes = list(_changes(origin, statement, rows, options[statement]))
        found += [*shares["before"], *_without_change(origin, shares, changes), *changes]
    return in_order(found)


def _without_change(
    origin: Origin, shares: Mapping[str, list[Quantity]], changes: list[Quantity]
) -> list[Quantity]:
    """The shares after; hidden where before and after would tell a change that is."""
    told = any(q.suppressed for q in changes) and not all(q.suppressed for q in shares["before"])
    if not told:
        return shares["after"]
    return [origin.hidden(q.quantity, q.subject, q.role) for q in shares["after"]]


def _vote(origin: Origin, statement: str, moment: str, counts: pd.Series) -> Iterator[Quantity]:
    n = int(counts.sum())
    hidden = hidden_counts(counts, n, origin.asked.hidden_below) | (n < origin.asked.fewest)
    for option, count in counts.items():
        subject = f"{statement}:{option}:{moment}"
        if hidden[option]:
            yield origin.hidden("vote_share", subject)
        else:
            yield origin.share("vote_share", wilson(int(count), n), subject)


def _changes(
    origin: Origin, statement: str, rows: pd.DataFrame, options: tuple[str, ...]
) -> Iterator[Quantity]:
    coded = rows[rows["ballot"] != ""]
    before, after = (coded[coded["moment"] == m].set_index("ballot")["option"] for m in MOMENTS)
    changes = {option: vote_change(before, after, option) for option in options}
    known = {option: change for option, change in changes.items() if change is not None}
    hidden = any(c.n < origin.asked.fewest for c in known.values())
    hidden |= _few_moved_or_stayed(before, after, options, origin.asked.hidden_below)
    for option, change in known.items():
        subject, n = f"{statement}:{option}", change.n
        if hidden:
            yield origin.hidden("vote_change", subject)
            continue
        yield origin.quantity(
            "vote_change", change.value, subject, **bounds_of(change), method="Agresti-Min", n=n
        )
        yield origin.quantity("mcnemar_p", change.p_value, subject, method="exact McNemar", n=n)


def _few_moved_or_stayed(before: pd.Series, after: pd.Series, options: tuple[str, ...], minimum: int) -> bool:
    """Whether few stayed with an option, stayed away from it, came or left, or voted once only and chose it.

    Shares before and after with a change tell all of these: what is left of a share without those who voted twice is
    the share of those who did not.
    """
    both = before.index.intersection(after.index)
    was, now = before.loc[both], after.loc[both]
    counts = [votes.drop(both).value_counts() for votes in (before, after)]
    counts += [pd.crosstab(was == option, now == option).stack() for option in options]
    return any(bool(((n > 0) & (n < minimum)).any()) for n in counts)


def in_order(found: list[Quantity]) -> list[Quantity]:
    """Rows in an order that the delivered file does not decide."""
    return sorted(found, key=lambda q: (q.unit, q.quantity, q.subject, q.role))
