"""The rows of one network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dww_analysis.domain.networks import INTAKE, Checklist, Network
from dww_analysis.domain.practice import OTHERS, Practice
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.quantity_rows import QuantityRows
from dww_analysis.reports.tables import flagged, rows_of


@dataclass(frozen=True)
class NetworkRows(QuantityRows):
    """What is known of one network."""

    network: Network
    checklists: Sequence[Checklist]

    def hidden(self, quantity: str) -> bool:
        """Whether a row of a quantity is there and not shown."""
        return any(map(flagged, self.of_quantity(quantity)))

    def notes(self, *quantities: str) -> tuple[str, ...]:
        """The basis of these quantities in words, and what the mark of a hidden number means where there is one."""
        words, minimum = self.labels.words, self.labels.study.min_cell_size
        own = self.of_quantity(*quantities)
        said = [
            words(f"networks.basis.{basis}", minimum=minimum) for basis in sorted({r["basis"] for r in own})
        ]
        few = [words("table.suppressed_note", minimum=minimum)] if any(map(flagged, own)) else []
        return (*said, *few)

    def subjects(self, quantity: str) -> list[str]:
        """What a quantity is about, numbers as numbers, hidden rows too."""
        found = {str(r["subject"] or "") for r in self.of_quantity(quantity)}
        return sorted(found, key=lambda s: (not s.isdigit(), int(s) if s.isdigit() else 0, s))

    def roles(self, quantity: str, subject: str) -> list[str]:
        """The roles that stand alone, in the order of the study; then the others together."""
        seen = {
            r["role"] for r in self.rows if r["quantity"] == quantity and str(r["subject"] or "") == subject
        }
        return [r for r in (*self.practice.ids("roles"), OTHERS) if r in seen]

    def relation(self, id: str) -> str:
        """What a relation is called."""
        return self.name("relations", id)

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
    return NetworkRows(practice, rows_of(own), labels, network, checklists)
