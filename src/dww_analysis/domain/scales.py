"""How items become one score and who says so: `ScoringKey`, and a `Scale` of a study that uses one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dww_analysis.domain.outcomes import Kind
from dww_analysis.domain.study import Prose, Text
from dww_analysis.domain.written import WRITTEN

TOTAL = ""  # name of the total among the scores of a key
USUAL_SHARE = 0.8  # of the items, where a key does not say how many must be answered


@dataclass(frozen=True)
class ScoringKey:
    """One instrument's scoring. Always true: reversal inside the range; a reference is given; no item texts."""

    id: str
    version: str
    name: Text
    reference: Prose
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
    text_licence: Prose = ""
    text_included: bool = False
    verified: bool = False
    checked: Prose = ""  # what was checked against which source
    notes: Prose = ""

    def items_of(self, name: str) -> tuple[str, ...]:
        """Item codes behind one score: the total (`TOTAL`), a subscale, or a difference, whose subscales it joins."""
        if name in self.subscales:
            return tuple(self.subscales[name])
        parts = self._parts_of(name)
        return tuple(i for s in parts for i in self.subscales[s]) if parts else self.items

    def items_needed(self, name: str = TOTAL) -> int:
        """How many items behind one score must be answered: the share of them rounded up; without a share .8, and two
        of three items. Of a score made from subscales: what these need together."""
        parts = () if name in self.subscales else self._parts_of(name)
        if parts:
            return sum(self.items_needed(part) for part in parts)
        n_items = len(self.items_of(name))
        if self.min_answered is None and n_items == 3:
            return 2
        share = USUAL_SHARE if self.min_answered is None else self.min_answered
        return min(n_items, math.ceil(share * n_items - 1e-9))

    def _parts_of(self, name: str) -> tuple[str, ...]:
        """Subscales whose scores make up a difference or the total; none where items do."""
        own = self.transform.get("differences", {}).get(name, {}).get("of")
        return tuple(own or self.transform.get("total_of") or ())

    def range_of_score(self, name: str = TOTAL) -> tuple[float, float]:
        """Lowest and highest possible value of one score."""
        if name in self.transform.get("differences", {}):
            plus, minus = (self.range_of_score(s) for s in self.transform["differences"][name]["of"])
            return plus[0] - minus[1], plus[1] - minus[0]
        if name == TOTAL and self.score_range:
            return self.score_range
        if name == TOTAL and "total_of" in self.transform:
            parts = [self.range_of_score(s) for s in self.transform["total_of"]]
            return sum(p[0] for p in parts), sum(p[1] for p in parts)
        if self.method == "top_score":
            return 0.0, 1.0
        if self.method == "table":
            values = self.transform["table"].values()
            return min(values), max(values)
        n = 1 if self.method == "mean" else len(self.items_of(name))
        factor = n * self.transform.get("multiply", 1.0)
        low, high = sorted((self.minimum * factor, self.maximum * factor))
        return low, high


@dataclass(frozen=True)
class MeasurementSettings:
    """How sameness of measurement is judged: cut-offs and estimator of the factor models."""

    __pydantic_config__ = WRITTEN
    cutoffs: Literal["chen2007", "cheung_rensvold2002"] = "chen2007"
    estimator: Literal["ML", "MLR", "WLSMV"] = "MLR"
    missing: Literal["listwise", "fiml", "pairwise"] = "fiml"


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
    measure: Kind = "continuous"  # kind of its scores as outcomes
    unit: Text = field(default_factory=lambda: {"nl": "schaalpunten", "en": "scale points"})
    short: Text = field(default_factory=dict)  # the label for narrow places

    def columns(self) -> tuple[str, ...]:
        """Our columns that are answered for this scale: its items, or the delivered score."""
        return self.items if self.key is not None else (str(self.delivered),)

    def favourable(self) -> Literal["higher is better", "lower is better", "neutral"]:
        """Which end of the score is better: as the key says, or as was declared of a delivered score."""
        return self.direction if self.key is None else self.key.direction

    def score_range(self, label: str = "") -> tuple[float, float]:
        """Lowest and highest possible score; `label`: of a subscale, as scores name it (<scale>.<subscale>)."""
        if self.key is not None:
            return self.key.range_of_score(label.removeprefix(self.id).removeprefix("."))
        assert self.delivered_range is not None
        return self.delivered_range
