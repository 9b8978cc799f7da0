"""How items become one score and who says so: `ScoringKey`, and a `Scale` of a study that uses one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dww_analysis.domain.study import Text


@dataclass(frozen=True)
class ScoringKey:
    """One instrument's scoring. Always true: reversal inside the range; a reference is given; no item texts."""

    id: str
    version: str
    name: Text
    reference: str
    items: tuple[str, ...]  # item codes in the instrument's order
    minimum: float
    maximum: float
    reversed: tuple[str, ...] = ()
    subscales: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # id -> item codes
    subscale_names: Mapping[str, Text] = field(default_factory=dict)
    total: bool = True  # whether a total over all items is a score of this instrument
    method: Literal["mean", "sum", "top_score", "table"] = "mean"
    min_answered: float | None = (
        None  # share of a (sub)scale's items that must be answered; None: the usual rule
    )
    transform: Mapping[str, Any] = field(
        default_factory=dict
    )  # {"multiply": 4} or {"table": {raw: metric}} ...
    score_range: tuple[float, float] | None = (
        None  # of the final score, when it differs from the items' range
    )
    direction: Literal["higher is better", "lower is better", "neutral"] = "higher is better"
    bands: tuple[
        tuple[str, float, float], ...
    ] = ()  # name, from (inclusive), to (exclusive), on the unrounded score
    text_licence: str = ""
    text_included: bool = False
    verified: bool = False
    checked: str = ""  # what was checked against which source
    notes: str = ""

    def range_of_score(self) -> tuple[float, float]:
        """Lowest and highest possible score."""
        return self.score_range or (self.minimum, self.maximum)


@dataclass(frozen=True)
class MeasurementSettings:
    """How sameness of measurement is judged: cut-offs and estimator of the factor models."""

    cutoffs: Literal["chen2007", "cheung_rensvold2002"] = "chen2007"
    estimator: Literal["ML", "MLR", "WLSMV"] = "MLR"
    missing: Literal["listwise", "fiml"] = "fiml"


@dataclass(frozen=True)
class Scale:
    """One scale of a study: a scoring key with the study's item columns, or a score delivered as such.

    Exactly one of `key` and `delivered` is set.
    """

    id: str
    label: Text
    samples: tuple[str, ...]
    key: ScoringKey | None = None
    items: tuple[str, ...] = ()  # our column of each item, in the order of key.items
    delivered: str | None = None  # our column of a delivered score
    delivered_range: tuple[float, float] | None = None
    direction: Literal["higher is better", "lower is better", "neutral"] = "higher is better"
    team_property: bool = False  # agreement within teams (rwg, ICC2) decides whether a team mean may be used
    unit: Text = field(default_factory=lambda: {"nl": "schaalpunten", "en": "scale points"})

    def columns(self) -> tuple[str, ...]:
        """Our columns that are answered for this scale: its items, or the delivered score."""
        return self.items if self.key is not None else (str(self.delivered),)

    def score_range(self) -> tuple[float, float]:
        """Lowest and highest possible score."""
        if self.key is not None:
            return self.key.range_of_score()
        assert self.delivered_range is not None
        return self.delivered_range
