"""The rows of one network: found by quantity, subject and role, with the names that the study gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from dww_analysis.domain.networks import INTAKE, Checklist, Network
from dww_analysis.domain.practice import ALL_ROLES, NAN, OTHERS, Practice
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.sessions.rows import Row
from dww_analysis.reports.tables import flagged, rows_of


@dataclass(frozen=True)
class NetworkRows:
    """What is known of one network."""

    network: Network
    practice: Practice
    checklists: Sequence[Checklist]
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

    def hidden(self, quantity: str) -> bool:
        """Whether a row of a quantity is there and not shown."""
        return any(r["quantity"] == quantity and flagged(r) for r in self.rows)

    def notes(self, *quantities: str) -> tuple[str, ...]:
        """The basis of these quantities in words, and what the mark of a hidden number means where there is one."""
        words, minimum = self.labels.words, self.labels.study.min_cell_size
        own = [r for r in self.rows if r["quantity"] in quantities]
        said = [
            words(f"networks.basis.{basis}", minimum=minimum) for basis in sorted({r["basis"] for r in own})
        ]
        few = [words("table.suppressed_note", minimum=minimum)] if any(map(flagged, own)) else []
        return (*said, *few)

    def subjects(self, quantity: str) -> list[str]:
        """What a quantity is about, numbers as numbers, hidden rows too."""
        found = {str(r["subject"] or "") for r in self.rows if r["quantity"] == quantity}
        return sorted(found, key=lambda s: (not s.isdigit(), int(s) if s.isdigit() else 0, s))

    def roles(self, quantity: str, subject: str) -> list[str]:
        """The roles that stand alone, in the order of the study; then the others together."""
        seen = {
            r["role"] for r in self.rows if r["quantity"] == quantity and str(r["subject"] or "") == subject
        }
        return [r for r in (*self.practice.ids("roles"), OTHERS) if r in seen]

    def role(self, id: str) -> str:
        """What a role is called, also several together."""
        if id == OTHERS:
            return self.labels.words(f"priorities.role.{id}")
        return self._named("roles", id)

    def relation(self, id: str) -> str:
        """What a relation is called."""
        return self._named("relations", id)

    def _named(self, what: str, id: str) -> str:
        texts = {entry.id: entry.label for entry in getattr(self.practice, what)}
        return self.labels.words.say(texts[id]) if id in texts else id

    @property
    def title(self) -> str:
        """What the network is called."""
        return self.labels.words.capital(self.labels.words.say(self.network.label))

    @property
    def filled(self) -> list[Checklist]:
        """The check-lists about the network itself that somebody filled in."""
        ids = {s.split(":")[0] for s in self.subjects("checklist")}
        return [c for c in self.checklists if c.id in ids and c.id != INTAKE]


def rows_of_network(
    network: Network, table: pd.DataFrame, practice: Practice, checklists: Sequence[Checklist], labels: Labels
) -> NetworkRows:
    """The rows of a network in the table of quantities."""
    own = table[(table["unit_level"] == "network") & (table["unit"] == network.id)]
    return NetworkRows(network, practice, checklists, rows_of(own), labels)
