"""The kinds of outcome: which engine family fits each, which answers it gives, and which values it may have.

The kind is declared with the scale, never guessed from the values that happen to be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["continuous", "yes_no", "ordered", "count", "time_to_event"]
Summary = Literal[
    "mean_difference", "odds_ratio", "risk_difference", "risk_ratio", "rate_ratio", "hazard_ratio"
]


ODDS_RATIO: Summary = "odds_ratio"
RISK_DIFFERENCE: Summary = "risk_difference"
RISK_RATIO: Summary = "risk_ratio"
HAZARD_RATIO: Summary = "hazard_ratio"
RATE_RATIO: Summary = "rate_ratio"
# of summaries with a unit of their own, as the tables have it; the words' key has underscores
SUMMARY_UNITS: Mapping[str, str] = {RISK_DIFFERENCE: "share", RISK_RATIO: "log risk"}


@dataclass(frozen=True)
class OutcomeKind:
    """One kind of outcome. Always true: the first of `summaries` is what the mixed model itself estimates."""

    id: Kind
    family: Literal["gaussian", "binomial", "poisson"]  # of the engine
    unit: str  # key of the words for the model's unit; "" for the outcome's own
    unit_name: str  # the model's unit in the tables, in English; "" for the outcome's own
    summaries: tuple[Summary, ...]
    expected: str  # the values it may have, in words
    fits: Callable[[float], bool]  # whether one value is of this kind
    counts_df: bool = (
        False  # whether tests of its mixed model take between-within df, not the normal distribution
    )

    @property
    def has_shares(self) -> bool:
        """Whether its mean is a share of persons, which is compared by difference and by ratio."""
        return RISK_DIFFERENCE in self.summaries

    @property
    def standardises(self) -> bool:
        """Whether a row in standard deviations has a meaning."""
        return self.family == "gaussian"


KINDS: Mapping[str, OutcomeKind] = {
    kind.id: kind
    for kind in (
        OutcomeKind(
            *("continuous", "gaussian", "", "", ("mean_difference",), "numbers"),
            fits=lambda value: True,
        ),
        OutcomeKind(
            *("yes_no", "binomial", "log_odds", "log odds"),
            summaries=("odds_ratio", "risk_difference", "risk_ratio"),
            expected="0 (no) and 1 (yes)",
            fits=lambda value: value in (0.0, 1.0),
            counts_df=True,
        ),
        OutcomeKind(
            *("ordered", "gaussian", "", "", ("mean_difference", "odds_ratio"), "whole numbers"),
            fits=lambda value: float(value).is_integer(),
        ),
        OutcomeKind(
            *("count", "poisson", "log_rate", "log rate", ("rate_ratio",), "whole numbers from 0"),
            fits=lambda value: value >= 0 and float(value).is_integer(),
            counts_df=True,
        ),
        OutcomeKind(
            *("time_to_event", "binomial", "log_hazard", "log hazard", ("hazard_ratio",), "0 and 1 a period"),
            fits=lambda value: value in (0.0, 1.0),
            counts_df=True,
        ),
    )
}
OF_SHARES = KINDS["yes_no"].summaries  # the ways to compare yes or no


def contradicting(kind: str, values: Iterable[float]) -> list[float]:
    """The distinct values, in order, that an outcome of this kind cannot have; [] where all fit. KeyError for a kind
    that `KINDS` has not."""
    return sorted({float(v) for v in values if not KINDS[kind].fits(float(v))})
