"""The priority matrix of a session: themes by roles, a dot for each share, in order of tier, then of the alphabet."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from math import sqrt

from dww_analysis.domain.practice import ALL_ROLES, TIERS
from dww_analysis.reports.picture import Mark, Picture
from dww_analysis.reports.sections.measurement import there
from dww_analysis.reports.sections.sessions.rows import SessionRows
from dww_analysis.reports.tables import flagged

NAME_WIDTH, COLUMN, ROW, HEAD = 220.0, 88.0, 44.0, 46.0
LARGEST, RING = 17.0, 6.0  # radius of a dot of everybody, and of a ring
NAME_CHARACTERS, HEAD_CHARACTERS = 27, 13


def matrix_of(told: SessionRows) -> Picture | None:
    """The picture of a session; None where nothing was chosen. The area of a dot is the share that chose the theme."""
    quantity = (
        "share"
        if any(told.row("share", t, r) is not None for t in told.themes for r in _roles(told, "share"))
        else "dots"
    )
    roles = _roles(told, quantity)
    if not told.themes or not roles:
        return None
    words = told.labels.words
    marks = tuple(_marks(told, quantity, roles))
    return Picture(
        id=f"matrix-{told.session.id}",
        title=words(f"priorities.matrix_{quantity}", session=told.label),
        alt=_alt(told, quantity),
        caption=words(f"matrix.caption_{quantity}"),
        lines=tuple(_line(told, quantity, theme, roles) for theme in told.themes),
        width=NAME_WIDTH + COLUMN * len(roles),
        height=max(m.y for m in marks) + ROW / 2,
        marks=marks,
    )


def _roles(told: SessionRows, quantity: str) -> list[str]:
    """The roles that stand alone; all together where none does."""
    alone = told.roles(quantity)
    counted = any(told.row(quantity, t) is not None for t in told.themes)
    return alone or ([ALL_ROLES] if counted else [])


def _marks(told: SessionRows, quantity: str, roles: list[str]) -> Iterator[Mark]:
    words = told.labels.words
    for place, role in enumerate(roles):
        lines = textwrap.wrap(words.capital(told.role(role)), HEAD_CHARACTERS)
        for number, line in enumerate(lines[-3:]):
            y = HEAD - 12 * (len(lines[-3:]) - 1 - number) - 6
            yield Mark("text", _x(place), y, 11.5, line, "middle")
    y, before = HEAD, None
    most = _most(told, quantity, roles)
    for theme in told.themes:
        tier = told.tier(theme)
        if told.judged and tier != before:
            yield Mark("rule", 0, y + 4, NAME_WIDTH + COLUMN * len(roles))
            yield Mark("text", 0, y + 19, 11.5, words(f"matrix.tier.{tier or 'none'}"), strong=True)
            y += 22
        yield from _row(told, quantity, theme, roles, y, most)
        y, before = y + ROW, tier


def _row(
    told: SessionRows, quantity: str, theme: str, roles: list[str], y: float, most: float
) -> Iterator[Mark]:
    words, middle = told.labels.words, y + ROW / 2
    mark = words("matrix.contested") + " " if told.contested(theme) else ""
    named = mark + words.capital(told.name("themes", theme))
    lines = textwrap.wrap(named, NAME_CHARACTERS, max_lines=2, placeholder="…")
    for number, line in enumerate(lines):
        at = middle + 4 + 14 * (number - (len(lines) - 1) / 2)
        yield Mark("text", 0, at, 13, line, strong=told.contested(theme))
    for place, role in enumerate(roles):
        row = told.row(quantity, theme, role)
        if row is None:
            yield Mark("text", _x(place), middle + 4, 11, "–", "middle")
        elif flagged(row):
            yield Mark("ring", _x(place), middle, RING)
        else:
            radius = LARGEST * sqrt(max(float(row["value"]), 0) / most)
            yield Mark("dot", _x(place) - 15, middle, round(radius, 1))
            yield Mark("text", _x(place) + 6, middle + 4, 11, _written(told, quantity, theme, role))


def _x(place: int) -> float:
    return NAME_WIDTH + COLUMN * (place + 0.5)


def _most(told: SessionRows, quantity: str, roles: list[str]) -> float:
    """What the largest dot stands for: everybody, or the most dots of a role."""
    if quantity == "share":
        return 1.0
    return (
        max([v for t in told.themes for r in roles if there(v := told.value(quantity, t, r))] or [1.0]) or 1.0
    )


def _written(told: SessionRows, quantity: str, theme: str, role: str) -> str:
    words, row = told.labels.words, told.row(quantity, theme, role)
    if row is None:
        return "–"
    if flagged(row):
        return words("matrix.too_few")
    return words.count(row["value"]) if quantity == "dots" else words.percent(float(row["value"]))


def _line(told: SessionRows, quantity: str, theme: str, roles: list[str]) -> str:
    """One theme in words: its tier, whether roles differ, and every share."""
    words, tier = told.labels.words, told.tier(theme)
    notes = [words(f"matrix.tier.{tier}")] if tier in TIERS else []
    notes += [words("matrix.is_contested")] if told.contested(theme) else []
    shares = (
        words("matrix.of_role", role=told.role(role), value=_written(told, quantity, theme, role))
        for role in roles
    )
    named = words.capital(told.name("themes", theme))
    return words(
        "matrix.line",
        theme=f"{named} ({words.listing(n[0].lower() + n[1:] for n in notes)})" if notes else named,
        shares="; ".join(shares),
    )


def _alt(told: SessionRows, quantity: str) -> str:
    """What is sure, and on what roles differ; the list below the picture says the rest."""
    words = told.labels.words
    sure = [words.quoted(told.name("themes", t)) for t in told.themes if told.tier(t) == "sure_top3"]
    divided = [words.quoted(told.name("themes", t)) for t in told.themes if told.contested(t)]
    said = [words(f"matrix.alt_{quantity}", n=words.count(len(told.themes)))]
    said += [words("priorities.are_sure_top3", themes=words.listing(sure))] if sure else []
    said += [words("priorities.are_contested", themes=words.listing(divided))] if divided else []
    return " ".join([*said, words("matrix.alt_list")])
