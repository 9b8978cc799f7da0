"""What a quantity is about and how it was asked: one session, network or study, from which every row of it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from dww_analysis.domain.practice import ALL_ROLES, NAN, Quantity, UnitLevel
from dww_analysis.practice.shares import Share
from dww_analysis.practice.shown import OPENLY, HowAsked


class Interval(Protocol):
    """A number with an interval: a share, a mean, a change, an alpha."""

    @property
    def conf_low(self) -> float: ...
    @property
    def conf_high(self) -> float: ...
    @property
    def conf_level(self) -> float: ...


def bounds_of(found: Interval) -> dict[str, Any]:
    """The bounds of an interval and its level, as fields of a Quantity."""
    return {"conf_low": found.conf_low, "conf_high": found.conf_high, "conf_level": found.conf_level}


@dataclass(frozen=True)
class Origin:
    """What was told of, as its rows say it, and how it was asked. possible: how many could tell; NaN where nobody
    knows."""

    unit: str
    level: UnitLevel = "session"
    asked: HowAsked = OPENLY
    possible: float = NAN

    def quantity(
        self, quantity: str, value: float, subject: str = "", role: str = ALL_ROLES, **more: Any
    ) -> Quantity:
        """One quantity; what `more` does not say of it (fields of `Quantity`) is not known."""
        return Quantity(
            id=".".join(part for part in (self.unit, quantity, subject, role) if part),
            unit_level=self.level,
            unit=self.unit,
            subject=subject,
            role=role,
            quantity=quantity,
            value=value,
            basis=self.asked.basis,
            **more,
        )

    def share(self, quantity: str, share: Share, subject: str = "", role: str = ALL_ROLES) -> Quantity:
        """A share with its interval, which is a point where all who could answer did."""
        method = "all who were there" if share.n == share.n_possible else "Wilson"
        own: dict[str, Any] = {"n": share.n, "n_possible": share.n_possible, "method": method}
        return self.quantity(quantity, share.value, subject, role, **bounds_of(share), **own)

    def hidden(self, quantity: str, subject: str = "", role: str = ALL_ROLES) -> Quantity:
        """A quantity that may not be shown: no value, no count."""
        return self.quantity(quantity, NAN, subject, role, suppressed=True)
