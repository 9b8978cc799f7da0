"""The rows of one session, with the order in which its themes are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from dww_analysis.domain.practice import OTHERS, TIERS, Practice, Session
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.quantity_rows import QuantityRows, Row
from dww_analysis.reports.tables import flagged, rows_of

CONTESTED_BELOW = 0.05
OF_THEMES = ("share", "share_equal_weight", "two_step", "dots")  # quantities whose subject is a theme


@dataclass(frozen=True)
class SessionRows(QuantityRows):
    """What is known of one session."""

    session: Session

    def shown(self, quantity: str) -> list[Row]:
        """The rows of one quantity that are not hidden."""
        return [r for r in self.of_quantity(quantity) if not flagged(r)]

    def roles(self, quantity: str) -> list[str]:
        """The roles that stand alone in rows of a quantity, in the order of the study; then the others together."""
        seen = {r["role"] for r in self.of_quantity(quantity)}
        return [r for r in (*self.practice.ids("roles"), OTHERS) if r in seen]

    @cached_property
    def themes(self) -> list[str]:
        """Themes of which something is known: by tier, then by name."""
        known = {r["subject"] for r in self.of_quantity(*OF_THEMES)}
        places = {tier: place for place, tier in enumerate((*TIERS, ""))}
        own = [t for t in self.practice.ids("themes") if t in known]
        return sorted(own, key=lambda t: (places[self.tier(t)], self.name("themes", t).casefold()))

    @property
    def nothing_shown(self) -> bool:
        """Whether people chose, and nothing of it may be shown."""
        return bool(self.themes) and not any(map(self.shown, OF_THEMES))

    def tier(self, theme: str) -> str:
        """How sure the place of a theme is, a tier of `TIERS`; "" where that is not judged, or its row is hidden."""
        row = self.row("share_equal_weight", theme)
        return "" if row is None or flagged(row) else str(row["tier"] or "")

    @property
    def judged(self) -> bool:
        """Whether the place of any theme is."""
        return any(map(self.tier, self.themes))

    @property
    def weighed(self) -> bool:
        """Whether any number takes roles together, each with the same weight."""
        return bool(self.shown("share_equal_weight") or self.shown("two_step"))

    def contested(self, theme: str) -> bool:
        """Whether roles differ on it more than chance gives: Holm's p below `CONTESTED_BELOW`, never where there is
        no test."""
        return self.value("contested_p_holm", theme) < CONTESTED_BELOW

    def orders_differ(self) -> bool:
        """Whether points of the two steps put themes in another order than means over roles; False where a row of
        either is absent or hidden."""
        orders = []
        for quantity in ("share_equal_weight", "two_step"):
            values = pd.Series({t: self.value(quantity, t) for t in self.themes})
            if values.isna().any() or values.empty:
                return False
            orders.append(values.round(9).rank(method="min").tolist())
        return bool(orders[0] != orders[1])

    @property
    def label(self) -> str:
        """What the session is called."""
        return self.labels.words.say(self.session.label)

    @property
    def title(self) -> str:
        """What it is called and when it was."""
        words = self.labels.words
        named = words.capital(self.label)
        return words("priorities.session", session=named, date=words.date(self.session.date))


def ways_to_read(sessions: Sequence[SessionRows], words: Words) -> list[str]:
    """How to read what these sessions show of themes: that roles weigh the same, and what a place is."""
    said = [words("priorities.weigh")] if any(told.weighed for told in sessions) else []
    return [*said, *([words("priorities.how_to_read")] if any(told.judged for told in sessions) else [])]


def rows_of_session(session: Session, table: pd.DataFrame, practice: Practice, labels: Labels) -> SessionRows:
    """The rows of a session in the table of quantities."""
    own = table[(table["unit_level"] == "session") & (table["unit"] == session.id)]
    return SessionRows(practice, rows_of(own), labels, session)
