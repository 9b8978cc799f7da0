"""Bundles of several regions as one agenda: themes join by id, words and map alike; the stricter minimum counts.

Totals over regions are means of what is shown of each: no total says more than the regions it is made of, so that no
region follows from a total by subtracting others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dww_analysis.domain.bundle import Bundle
from dww_analysis.domain.practice import ALL_ROLES, NAN, OF_SCORES, AgendaItem, Practice, Quantity, RoomVote
from dww_analysis.errors import PracticeError, Problem, raise_all
from dww_analysis.practice.agenda import agenda_quantities
from dww_analysis.practice.quantities import in_order
from dww_analysis.practice.shown import is_small, strictest

ALL_REGIONS = "all_regions"
LISTS = ("roles", "regions", "themes", "national", "votes")
BETWEEN = "."  # between a study and its session, in the id of a session of several studies
OF_PEOPLE = ("share", "vote_share", "share_equal_weight", "block_share")
COUNTS = ("dots", "remarks")
# Orders and what follows from them. Of points and ranks they are of scores, which may tell what few people gave.
ORDERS = (
    "share_equal_weight",
    "two_step",
    "kendall_w",
    "top3_of_one_role",
    "contested_p",
    "contested_p_holm",
)
SAME = 1e-9  # by which a mean and the mean of its parts may differ
OF_MOVES = ("vote_change", "mcnemar_p")  # together they tell how many moved each way


@dataclass(frozen=True)
class Joined:
    """What several regions have together. hidden: studies of which the stricter minimum hid something."""

    practice: Practice
    agenda: tuple[AgendaItem, ...]
    quantities: tuple[Quantity, ...]
    minimum: int
    packages: tuple[str, ...]
    hidden: tuple[str, ...]


def join_bundles(bundles: Sequence[Bundle]) -> Joined:
    """The bundles as one, in the order of their studies, whatever the order in which they are given.

    A theme, role, region or national item that two bundles name must have the same words, and a theme the same national
    item; an agenda item of two bundles must be the same. PracticeError with everything that is not. Sessions are called
    `study.session`. Where minima differ the largest counts for all: of a study with a smaller one a session asked in
    confidence in which any number rests on fewer people, or tells of fewer, is hidden whole; so is one in which nobody
    counted the people, or that tells how many changed their vote, as a bundle does not say how few that may be. Orders
    of points and ranks are hidden then, as a mean score may tell what few people gave, and how few is not in a bundle.
    """
    ordered = sorted(bundles, key=lambda b: b.study)
    raise_all([*_twice(ordered), *_other_words(ordered), *_other_items(ordered)], PracticeError)
    minimum = max(b.minimum for b in ordered)
    shown = {b.study: _as_strict(b, minimum) for b in ordered}
    agenda = tuple(
        sorted({item for b in ordered for item in b.agenda}, key=lambda i: (i.level, i.region, i.item))
    )
    practice = _words(ordered)
    rows = [
        _renamed(q, study)
        for study, own in shown.items()
        for q in own
        if not q.quantity.startswith("agenda_")
    ]
    rows += _over_regions(shown, practice)
    rows += agenda_quantities(agenda, practice.ids("national"), ALL_REGIONS)
    stricter = [b.study for b in ordered if _count_hidden(shown[b.study]) > _count_hidden(b.quantities)]
    packages = tuple(sorted({b.package for b in ordered}))
    return Joined(practice, agenda, tuple(in_order(rows)), minimum, packages, tuple(stricter))


def _count_hidden(rows: Sequence[Quantity]) -> int:
    return sum(q.suppressed for q in rows)


def _twice(bundles: Sequence[Bundle]) -> Iterator[Problem]:
    if len(bundles) < 2:
        yield Problem(
            found=f"{len(bundles)} bundle",
            where="dww agenda",
            expected="bundles of two studies or more",
            action="name each file",
        )
    studies = [b.study for b in bundles]
    for study in sorted({s for s in studies if studies.count(s) > 1}):
        yield Problem(
            found=f"two bundles of the study {study}",
            where="dww agenda",
            expected="one bundle of each study",
            action="leave the older one out",
        )


def _other_words(bundles: Sequence[Bundle]) -> Iterator[Problem]:
    """Ids that two bundles have for other words, or themes that they give to other national items."""
    for what in LISTS:
        seen: dict[str, tuple[str, Any]] = {}
        for bundle in bundles:
            for entry in getattr(bundle.practice, what):
                study, known = seen.setdefault(entry.id, (bundle.study, entry))
                if known != entry:
                    other = "another national item" if _words_of(known) == _words_of(entry) else "other words"
                    yield Problem(
                        found=f"`{entry.id}` of {what} with {other} in two studies",
                        where=f"bundles of {study} and {bundle.study}",
                        expected="one id for one thing: the same words in every language, and the same national item",
                        action="agree in practice.yaml, or give one of the two another id; then make the bundles again",
                    )


def _words_of(entry: Any) -> Any:
    return entry.text if isinstance(entry, RoomVote) else entry.label


def _other_items(bundles: Sequence[Bundle]) -> Iterator[Problem]:
    """Agenda items that two bundles have, and that stand otherwise."""
    seen: dict[str, tuple[str, AgendaItem]] = {}
    for bundle in bundles:
        for item in bundle.agenda:
            study, known = seen.setdefault(item.id, (bundle.study, item))
            if known != item:
                yield Problem(
                    found=f"the agenda item {item.id} with another status, theme or date in two studies",
                    where=f"bundles of {study} and {bundle.study}",
                    expected="one agenda for the country and for each region, the same in every bundle",
                    action="take the newest list in both studies, and make the bundles again",
                )


def _words(bundles: Sequence[Bundle]) -> Practice:
    lists: dict[str, tuple[Any, ...]] = {
        what: tuple({e.id: e for b in bundles for e in getattr(b.practice, what)}.values()) for what in LISTS
    }
    sessions = [
        replace(
            s,
            id=f"{b.study}{BETWEEN}{s.id}",
            label={k: f"{s.label[k]} ({b.title.get(k, b.study)})" for k in s.label},
        )
        for b in bundles
        for s in b.practice.sessions
    ]
    return Practice(**lists, sessions=tuple(sorted(sessions, key=lambda s: (s.date, s.id))))


def _as_strict(bundle: Bundle, minimum: int) -> tuple[Quantity, ...]:
    """The numbers of a study under a minimum that may be larger than its own."""
    if bundle.minimum >= minimum:
        return bundle.quantities
    few = {q.unit for q in bundle.quantities if q.basis == "private" and _of_few(q, minimum)}
    scored = _of_scores(bundle.quantities)
    return tuple(
        _without(q)
        if q.basis == "private" and (q.unit in few or (q.unit in scored and q.quantity in ORDERS))
        else q
        for q in bundle.quantities
    )


def _of_scores(rows: Sequence[Quantity]) -> set[str]:
    """Sessions whose means over roles are of points, ranks or ratings: their method says so, or the mean of the shares
    of these roles is another one."""
    shares: dict[tuple[str, str], list[float]] = {}
    for q in rows:
        if q.quantity == "share" and q.role != ALL_ROLES and not q.suppressed:
            shares.setdefault((q.unit, q.subject), []).append(q.value)
    means = [q for q in rows if q.quantity == "share_equal_weight" and not q.suppressed]
    return {
        q.unit
        for q in means
        if OF_SCORES in q.method or abs(_mean_of(shares, (q.unit, q.subject)) - q.value) > SAME
    }


def _mean_of(shares: Mapping[tuple[str, str], list[float]], key: tuple[str, str]) -> float:
    return float(np.mean(shares[key])) if key in shares else np.inf


def _of_few(quantity: Quantity, minimum: int) -> bool:
    """Whether a number rests on fewer people than the minimum or on nobody knows how many, says what fewer of them did
    or did not, or may say so, as a change does.
    """
    if quantity.suppressed:
        return False
    if not np.isfinite(quantity.n) or quantity.quantity in OF_MOVES:
        return True
    told = np.array([_people(quantity)])
    return 0 < quantity.n < minimum or bool(is_small(np.round(told), quantity.n, minimum)[0])


def _people(quantity: Quantity) -> float:
    """Of how many a number tells what they did."""
    if quantity.quantity in COUNTS:
        return quantity.value
    return quantity.value * quantity.n if quantity.quantity in OF_PEOPLE else quantity.n


def _without(quantity: Quantity) -> Quantity:
    unknown = dict.fromkeys(("value", "conf_low", "conf_high", "conf_level", "n", "n_possible"), NAN)
    return replace(quantity, **unknown, tier="", method="", suppressed=True)  # type: ignore[arg-type]


def _renamed(quantity: Quantity, study: str) -> Quantity:
    unit = quantity.unit if quantity.unit == study else f"{study}{BETWEEN}{quantity.unit}"
    return replace(quantity, id=f"{study}{BETWEEN}{quantity.id}", unit=unit)


def _over_regions(shown: Mapping[str, Sequence[Quantity]], practice: Practice) -> Iterator[Quantity]:
    """Of each theme the mean over the sessions of a study, and over studies; each of them weighs the same.

    Only of themes of which a study shows a share. n: the fewest people that one of the numbers rests on.
    """
    for theme in practice.ids("themes"):
        means = {study: own for study, rows in shown.items() if (own := _of_sessions(rows, theme))}
        for study, own in means.items():
            yield _mean(study, theme, own, f"mean of {len(own)} sessions")
        if len(means) > 1:
            studies = [_mean("", theme, own, "") for own in means.values()]
            yield _mean(ALL_REGIONS, theme, studies, f"mean of {len(studies)} studies")


def _of_sessions(rows: Sequence[Quantity], theme: str) -> list[Quantity]:
    """One share of a theme for each session that shows it: of all roles equally, else of all ballots. A mean score is
    no share."""
    found: dict[str, Quantity] = {}
    scored = _of_scores(rows)
    for quantity in ("share", "share_equal_weight"):
        found |= {
            q.unit: q
            for q in rows
            if not (quantity == "share_equal_weight" and q.unit in scored)
            and (q.subject, q.role, q.quantity, q.unit_level) == (theme, ALL_ROLES, quantity, "session")
            and not q.suppressed
        }
    return list(found.values())


def _mean(unit: str, theme: str, parts: Sequence[Quantity], method: str) -> Quantity:
    return Quantity(
        id=f"{unit}{BETWEEN}share_over_sessions{BETWEEN}{theme}",
        unit_level="study",
        unit=unit,
        subject=theme,
        role=ALL_ROLES,
        quantity="share_over_sessions",
        value=float(np.mean([p.value for p in parts])),
        method=method,
        n=float(min(p.n for p in parts)),
        basis=strictest(p.basis for p in parts),
    )
