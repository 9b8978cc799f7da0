"""The rows of one session: found by quantity, subject and role, with the names and the order that the study gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import pandas as pd

from dww_analysis.domain.practice import ALL_ROLES, NAN, OTHERS, TIERS, Practice, Session
from dww_analysis.language.labels import Labels
from dww_analysis.reports.tables import flagged, rows_of

Row = dict[str, Any]
CONTESTED_BELOW = 0.05
OF_THEMES = ("share", "share_equal_weight", "two_step", "dots")  # quantities whose subject is a theme


@dataclass(frozen=True)
class SessionRows:
    """What is known of one session."""

    session: Session
    practice: Practice
    rows: Sequence[Row]
    labels: Labels

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str, str], Row]:
        return {(r["quantity"], r["subject"] or "", r["role"]): r for r in self.rows}

    def row(self, quantity: str, subject: str, role: str = ALL_ROLES) -> Row | None:
        """One row, also a hidden one; None where there is none."""
        return self._by_name.get((quantity, subject, role))

    def value(self, quantity: str, subject: str, role: str = ALL_ROLES) -> float:
        """The value of a row; NaN where it is not there or not shown."""
        row = self.row(quantity, subject, role)
        return NAN if row is None or flagged(row) else float(row["value"])

    def shown(self, quantity: str) -> list[Row]:
        """The rows of one quantity that are not hidden."""
        return [r for r in self.rows if r["quantity"] == quantity and not flagged(r)]

    def roles(self, quantity: str) -> list[str]:
        """The roles that stand alone, in the order of the study; then the others together."""
        seen = {r["role"] for r in self.rows if r["quantity"] == quantity}
        return [r for r in (*self.practice.ids("roles"), OTHERS) if r in seen]

    @cached_property
    def themes(self) -> list[str]:
        """Themes of which something is known: by tier, then by name."""
        known = {r["subject"] for r in self.rows if r["quantity"] in OF_THEMES}
        places = {tier: place for place, tier in enumerate((*TIERS, ""))}
        own = [t for t in self.practice.ids("themes") if t in known]
        return sorted(own, key=lambda t: (places[self.tier(t)], self.name("themes", t).casefold()))

    def tier(self, theme: str) -> str:
        """How sure its place is; "" where that is not judged."""
        row = self.row("share_equal_weight", theme)
        return "" if row is None or flagged(row) else str(row["tier"] or "")

    @property
    def judged(self) -> bool:
        """Whether the place of any theme is."""
        return any(map(self.tier, self.themes))

    def contested(self, theme: str) -> bool:
        """Whether roles differ on it more than chance gives."""
        return self.value("contested_p_holm", theme) < CONTESTED_BELOW

    def orders_differ(self) -> bool:
        """Whether points of the two steps put themes in another order than means over roles."""
        orders = []
        for quantity in ("share_equal_weight", "two_step"):
            values = pd.Series({t: self.value(quantity, t) for t in self.themes})
            if values.isna().any() or values.empty:
                return False
            orders.append(values.round(9).rank(method="min").tolist())
        return bool(orders[0] != orders[1])

    def name(self, what: Literal["roles", "themes", "blocks"], id: str) -> str:
        """What one entry of practice.yaml is called; its id where it is not there."""
        texts = {entry.id: entry.label for entry in getattr(self.practice, what)}
        return self.labels.words.say(texts[id]) if id in texts else id

    def role(self, id: str) -> str:
        """What a role is called, also several together."""
        if id in (OTHERS, ALL_ROLES):
            return self.labels.words(f"priorities.role.{id}")
        return self.name("roles", id)

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


def rows_of_session(session: Session, table: pd.DataFrame, practice: Practice, labels: Labels) -> SessionRows:
    """The rows of a session in the table of quantities."""
    own = table[(table["unit_level"] == "session") & (table["unit"] == session.id)]
    return SessionRows(session, practice, rows_of(own), labels)
