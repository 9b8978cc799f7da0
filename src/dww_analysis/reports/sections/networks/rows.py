"""The rows of one network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dww_analysis.domain.networks import INTAKE, Checklist, Network
from dww_analysis.domain.practice import OTHERS, Practice
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.quantity_rows import QuantityRows
from dww_analysis.reports.tables import rows_of


@dataclass(frozen=True)
class NetworkRows(QuantityRows):
    """What is known of one network."""

    network: Network
    checklists: Sequence[Checklist]

    def roles(self, quantity: str, subject: str) -> list[str]:
        """The roles that stand alone in rows of a quantity, in the order of the study; then the others together."""
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
