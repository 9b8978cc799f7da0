"""One printed number about a session in which people set priorities, and how sure a theme's place is."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

Tier = Literal["sure_top3", "maybe_top3", "not_top3"]
TIERS: tuple[str, ...] = get_args(Tier)
Basis = Literal["private", "open"]  # asked in confidence, or made together in the room and shown there to all
ALL_ROLES = "all"


@dataclass(frozen=True)
class Quantity:
    """One number that a sentence, figure or page may print. Always true: conf_low <= value <= conf_high where the
    three are known; a suppressed quantity has no value, interval or count.
    """

    id: str
    unit_level: Literal["session", "network", "study"]
    unit: str
    subject: str  # theme, block, or statement:option; "" where the quantity is about the unit as a whole
    role: str  # ALL_ROLES where roles are taken together
    quantity: str
    value: float
    conf_low: float
    conf_high: float
    conf_level: float
    method: str
    n: float  # persons, tables or groups that the number rests on
    n_possible: float
    tier: str = ""  # of TIERS, or "" where the order is not judged
    basis: Basis = "private"
    suppressed: bool = False


QUANTITY_COLUMNS = tuple(f.name for f in fields(Quantity))
