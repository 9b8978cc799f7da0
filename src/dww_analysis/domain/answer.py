"""What a planned outcome says: one record, decided once, read by every figure, table, sentence and document.

Nothing that is shown compares an interval with zero again: it asks the answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

Direction = Literal["higher is better", "lower is better", "neutral"]
# Where an interval lies: by direction, and as higher or lower where neither is better; unclear: zero inside.
Side = Literal["favourable", "unfavourable", "higher", "lower", "unclear"]
# Against the smallest effect of interest: shown to be larger, shown to be smaller, neither; "" without one.
Against = Literal["beyond", "inside", "unclear", ""]
# The row of the table of verdicts. less_sure: off zero, but not after correction for the number of outcomes.
Verdict = Literal["sure", "less_sure", "no_difference", "unclear", "not_measured", "suppressed"]
Everyday = Literal["pairs", "per_100", ""]
CRITERIA = ("by_lot", "enough_units", "alike", "sealed", "checked")
ENOUGH_POWER = 0.80  # chance of finding the smallest effect of interest from which units are called enough
UNSEEN = ("not_measured", "suppressed")  # verdicts without a number to show


@dataclass(frozen=True)
class Criterion:
    """One of the five marks of how firm an answer is: whether it is met, why (or why not), and the number behind it."""

    met: bool
    why: str  # WHY[criterion]
    value: float = math.nan


WHY = {
    "by_lot": ("lot", "chosen", "no_groups", "association"),
    "enough_units": (
        "enough",
        "too_few",
        "enough_tried",  # on invented trials, by the test that decides
        "too_few_tried",
        "no_sesoi",
        "other_scale",
        "no_estimate",
        "no_power",
    ),  # value: power at the SESOI
    "alike": (
        "alike",
        "differs",
        "no_groups",
        "not_recognised",
        "records",  # which miss nobody
        "unknown",
    ),  # value: difference in percentage points
    "sealed": ("registered", "deviation", "sealed_after_data", "planned", "exploratory"),
    "checked": ("verified", "unverified", "delivered", "records"),
}


@dataclass(frozen=True)
class Size:
    """The everyday size, turned so that more is better where a direction is declared, with its interval.

    pairs: of 100 pairs of a person from each arm, in how many the one from the treated arm is better off (or higher,
    where neither end is better). per_100: persons more, of 100, for whom the outcome is favourable.
    """

    kind: Everyday = ""
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Equivalence:
    """The estimate against the smallest effect of interest: larger p of two one-sided tests, and their interval."""

    against: Against = ""
    p_value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    level: float = math.nan  # of the interval: 1 - 2 alpha


@dataclass(frozen=True)
class Answer:
    """One planned outcome. Always true: `id` is its estimate's in the outcome's own unit; a verdict other than
    not_measured has a `plain` and a `corrected` side; `harm` is the plain side being unfavourable."""

    entry: str
    id: str
    outcome: str
    family: str
    status: str
    noun: str
    direction: Direction  # of the estimate: neutral for an association
    plain: Side | Literal[""]
    corrected: Side | Literal[""]  # unclear unless the corrected test holds
    verdict: Verdict
    sesoi: float  # NaN where none is declared on the scale of the estimate
    equivalence: Equivalence
    everyday: Size
    by_lot: Criterion
    enough_units: Criterion
    alike: Criterion
    sealed: Criterion
    checked: Criterion
    n_persons: float
    n_smallest: float

    @property
    def harm(self) -> bool:
        """Whether the whole interval lies on the unfavourable side; a correction never softens it."""
        return self.plain == "unfavourable"

    @property
    def firm(self) -> int:
        """How many of the five criteria are met."""
        return sum(getattr(self, name).met for name in CRITERIA)


def side_of(low: float, high: float, direction: str) -> Side:
    """Where an interval lies; one that touches zero is unclear."""
    if low <= 0 <= high:
        return "unclear"
    if direction == "neutral":
        return "higher" if low > 0 else "lower"
    return "favourable" if (low > 0) == (direction == "higher is better") else "unfavourable"


def said_of(plain: str, corrected: str) -> str:
    """The side that a headline says: that of the corrected test, "unsure" where it does not hold. An unfavourable one
    stays unfavourable: a correction never softens harm."""
    if plain in ("unfavourable", "unclear") or corrected != "unclear":
        return plain
    return "unsure"


def direction_of(noun: str, declared: Direction) -> Direction:
    """The direction of an estimate: more of a predictor is not better or worse by itself."""
    return "neutral" if noun == "association" else declared


def cells_of(answer: Answer) -> dict[str, Any]:
    """The answer as one row of answers.csv."""
    row: dict[str, Any] = {
        name: getattr(answer, name)
        for name in (
            "entry",
            "id",
            "outcome",
            "family",
            "status",
            "noun",
            "direction",
            "plain",
            "corrected",
            "verdict",
        )
    }
    found, size = answer.equivalence, answer.everyday
    row |= {
        "harm": answer.harm,
        "sesoi": answer.sesoi,
        "against": found.against,
        "p_equivalence": found.p_value,
    }
    row |= {"equivalence_low": found.low, "equivalence_high": found.high, "equivalence_level": found.level}
    row |= {"everyday": size.kind, "everyday_size": size.value}
    row |= {"everyday_low": size.low, "everyday_high": size.high}
    for name in CRITERIA:
        criterion: Criterion = getattr(answer, name)
        row |= {name: criterion.met, f"{name}_why": criterion.why}
    row |= {"power": answer.enough_units.value, "dropout_points": answer.alike.value, "firm": answer.firm}
    return row | {"n_persons": answer.n_persons, "n_smallest": answer.n_smallest}
