"""Rows of the quantities: found by quantity, subject and role, with the names that the study gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dww_analysis.domain.practice import ALL_ROLES, NAN, TAKEN_ROLES, Lists, Practice
from dww_analysis.language.labels import Labels
from dww_analysis.reports.tables import flagged

Row = dict[str, Any]


@dataclass(frozen=True)
class QuantityRows:
    """What is known of one session, of one network, or of the study as a whole."""

    practice: Practice
    rows: Sequence[Row]
    labels: Labels

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str, str], Row]:
        return {(r["quantity"], str(r["subject"] or ""), r["role"]): r for r in self.rows}

    def row(self, quantity: str, subject: str = "", role: str = ALL_ROLES) -> Row | None:
        """One row, also a hidden one; None where there is none."""
        return self._by_name.get((quantity, subject, role))

    def value(self, quantity: str, subject: str = "", role: str = ALL_ROLES) -> float:
        """The value of a row; NaN where it is not there or not shown."""
        row = self.row(quantity, subject, role)
        return NAN if row is None or flagged(row) else float(row["value"])

    def of_quantity(self, *quantities: str) -> list[Row]:
        """The rows of these quantities, hidden ones too."""
        return [r for r in self.rows if r["quantity"] in quantities]

    def name(self, what: Lists, id: str) -> str:
        """What one entry of practice.yaml is called; its id where it is not there."""
        texts = {entry.id: entry.label for entry in getattr(self.practice, what)}
        return self.labels.words.say(texts[id]) if id in texts else id

    def role(self, id: str) -> str:
        """What a role is called, also several together."""
        return self.labels.words(f"priorities.role.{id}") if id in TAKEN_ROLES else self.name("roles", id)
