"""What one region sends to be joined with others: published numbers of its sessions, its agenda, and their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dww_analysis.domain.practice import AgendaItem, Practice, Quantity
from dww_analysis.domain.study import Text

FORMAT = 1  # of the file; one with a higher number is of a newer program


@dataclass(frozen=True)
class Bundle:
    """The bundle of one study. practice: words of what the numbers are about. minimum: its smallest group."""

    study: str
    title: Text
    data: Literal["invented", "public", "private"]
    delivered: str
    minimum: int
    package: str  # version of the program that made it
    practice: Practice
    quantities: tuple[Quantity, ...]
    agenda: tuple[AgendaItem, ...]
