"""Rows of the quantities: found by quantity, subject and role, with the names that the study gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dww_analysis.domain.practice import ALL_ROLES, NAN, TAKEN_ROLES, Lists, Practice
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.cells import Cell, count, nothing
from dww_analysis.reports.tables import cell_of, flagged

Row = dict[str, Any]


def roles_alone(rows: Sequence[Row], words: Words) -> list[str]:
    """From how many people a role stands alone in what was made openly; [] where no row is of a role."""
    apart = any(r["basis"] == "open" and r["role"] != ALL_ROLES for r in rows)
    return [words("networks.roles_alone")] if apart else []


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

    def counted(self, quantity: str, subject: str = "") -> Cell:
        """A count of all roles together, or the mark where it is not shown."""
        row = self.row(quantity, subject)
        return nothing() if row is None else cell_of(row, "value", count)

    def of_quantity(self, *quantities: str) -> list[Row]:
        """The rows of these quantities, hidden ones too."""
        return [r for r in self.rows if r["quantity"] in quantities]

    def hidden(self, quantity: str) -> bool:
        """Whether a row of a quantity is there and not shown."""
        return any(map(flagged, self.of_quantity(quantity)))

    def notes(self, *quantities: str) -> tuple[str, ...]:
        """The basis of these quantities in words (column basis, once each), from how many people a role stands alone
        where one does, and what the mark of a hidden number means where there is one."""
        words, minimum = self.labels.words, self.labels.study.min_cell_size
        own = self.of_quantity(*quantities)
        said = [
            words(f"networks.basis.{basis}", minimum=minimum) for basis in sorted({r["basis"] for r in own})
        ]
        said += roles_alone(own, words)
        few = [words("table.suppressed_note", minimum=minimum)] if any(map(flagged, own)) else []
        return (*said, *few)

    def subjects(self, quantity: str) -> list[str]:
        """What a quantity is about, numbers as numbers, hidden rows too."""
        found = {str(r["subject"] or "") for r in self.of_quantity(quantity)}
        return sorted(found, key=lambda s: (not s.isdigit(), int(s) if s.isdigit() else 0, s))

    def name(self, what: Lists, id: str) -> str:
        """What one entry of practice.yaml is called; its id where it is not there."""
        texts = {entry.id: entry.label for entry in getattr(self.practice, what)}
        return self.labels.words.say(texts[id]) if id in texts else id

    def role(self, id: str) -> str:
        """What a role is called, also several together."""
        return self.labels.words(f"priorities.role.{id}") if id in TAKEN_ROLES else self.name("roles", id)
