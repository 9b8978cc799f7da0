"""How an entry about yes or no is answered: which summary, and whose shares it compares.

At one wave and with few units the difference of the units' shares answers, each counted once (`shares`), unless the
plan asks for another summary: that keeps its level (Thompson, Leyrat et al. 2022), where the mixed model's odds ratio
rejects too often when units differ in size. Over several waves, or with many units, shares are standardised from the
mixed model (`standardised`), which takes what answers of one unit and one person have in common from all of them. The
plan may say which with `average`.
"""

from __future__ import annotations

from dataclasses import dataclass

from dww_analysis.domain.outcomes import KINDS, ODDS_RATIO, RISK_DIFFERENCE, RISK_RATIO, Summary
from dww_analysis.effects.fitted import EntryData

MOST_UNITS = 30  # up to which units are compared, each counted once


@dataclass(frozen=True)
class Way:
    """One way to answer. by_unit: whether shares are those of units, each counted once, or standardised."""

    summary: Summary
    by_unit: bool

    @property
    def of_units(self) -> bool:
        """Whether the planned answer itself is one of the units' shares."""
        return self.by_unit and self.summary != ODDS_RATIO


BY_UNIT = Way(RISK_DIFFERENCE, True)  # what answers where a model, or a ratio, cannot
UNIT_RATIO = Way(RISK_RATIO, True)


def compares_shares(data: EntryData) -> bool:
    """Whether the outcome is yes or no, and conditions or waves are compared by the design's own model."""
    return KINDS[data.scale.measure].has_shares and data.entry.formula is None


def planned_way(data: EntryData) -> Way:
    """What the plan asks for; of an outcome of which `compares_shares` holds."""
    usual = RISK_DIFFERENCE if data.study.groups and _few_at_one_wave(data) else ODDS_RATIO
    return Way(data.entry.summary or usual, _by_unit(data))


def odds_of_few(data: EntryData) -> bool:
    """Whether the plan itself asks for an odds ratio where units are few and answered at one wave."""
    return data.entry.summary == ODDS_RATIO and data.study.unit != "person" and _few_at_one_wave(data)


def _by_unit(data: EntryData) -> bool:
    entry = data.entry
    if not data.study.groups:
        return False
    if entry.average is not None:
        return entry.average == "cluster"
    return entry.baseline == "ancova" or _few_at_one_wave(data)


def _few_at_one_wave(data: EntryData) -> bool:
    entry, unit = data.entry, data.study.unit
    own = (data.scores["scale"] == entry.outcome) & (data.scores["sample"] == entry.sample)
    scored = data.scores[own & data.scores["score"].notna()]
    few = unit == "person" or scored[unit].nunique() <= MOST_UNITS
    return few and scored["wave"].nunique() < 2
