"""The themes that people in a session chose most, for who has room for five: of the latest session that has any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dww_analysis.domain.practice import TIERS, Practice
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.sessions.rows import SessionRows, rows_of_session
from dww_analysis.reports.sections.sessions.tables import KEY, of_scores
from dww_analysis.reports.tables import is_number, refuse_small

MOST_THEMES = 5
SHARES = ("share_equal_weight", "share")  # the first that a session has


@dataclass(frozen=True)
class Theme:
    """One theme: the share that chose it (of 1), how sure its place is ("" where that is not judged), all in words.

    name: in short, where it has a short form; `said` has its whole name.
    """

    name: str
    share: float
    tier: str
    said: str


@dataclass(frozen=True)
class Chosen:
    """Where and by whom was chosen, and what."""

    source: str
    themes: Sequence[Theme]


def chosen_of(table: pd.DataFrame | None, practice: Practice | None, labels: Labels) -> Chosen | None:
    """The themes of the latest session in which any may be shown; None without.

    Sessions with points, ranks or ratings have mean scores, which are no shares of people, and are passed over.
    """
    if table is None or practice is None or table.empty:
        return None
    refuse_small(table[table["basis"] != "open"], KEY, "n", ("value",), labels.study.min_cell_size)
    for session in sorted(practice.sessions, key=lambda s: s.date, reverse=True):
        found = _of_session(rows_of_session(session, table, practice, labels))
        if found is not None:
            return found
    return None


def _of_session(told: SessionRows) -> Chosen | None:
    words = told.labels.words
    if any(map(of_scores, told.shown("share_equal_weight"))):
        return None
    quantity = next((q for q in SHARES if told.shown(q)), "")
    shares = {t: told.value(quantity, t) for t in told.themes if is_number(told.value(quantity, t))}
    if not shares:
        return None
    places = {tier: place for place, tier in enumerate((*TIERS, ""))}
    order = sorted(shares, key=lambda t: (places[told.tier(t)], -shares[t], told.name("themes", t)))[
        :MOST_THEMES
    ]
    row = told.row(quantity, order[0])
    source = words.many(
        "praatplaat.themes_source",
        row["n"] if row is not None else 0,
        session=words.capital(told.label),
        date=words.date(told.session.date),
    )
    return Chosen(source, [_theme(t, shares[t], told) for t in order])


def _theme(id: str, share: float, told: SessionRows) -> Theme:
    words, tier = told.labels.words, told.tier(id)
    name = words.capital(told.name("themes", id))
    blanks = {"theme": name, "share": words.percent(share)}
    short = next((words.say(t.short) for t in told.practice.themes if t.id == id and t.short), name)
    if not tier:
        return Theme(words.capital(short), share, tier, words("praatplaat.theme", **blanks))
    said = words("praatplaat.theme_tier", tier=words(f"praatplaat.tier.{tier}"), **blanks)
    return Theme(words.capital(short), share, tier, said)
